//! Graphs without layers that can be measured are refused with the true reason.

use super::*;
use crate::model::encode::Message;

fn refusal(parts: &Parts, patterns: &[&str]) -> String {
    let request = Request { patterns: patterns.iter().map(|p| p.to_string()).collect(), pooling: None };
    choose(&parts.read(17), &request).unwrap_err().to_string()
}

fn plain(nodes: Vec<Message>, element: i64, dims: &[i64]) -> Parts {
    Parts {
        nodes,
        initializers: vec![weight("w", &[4, 4])],
        inputs: vec![value("x", element, dims)],
        outputs: vec![value("y", element, dims)],
    }
}

#[test]
fn a_graph_without_weights_is_said_to_have_none() {
    let parts = plain(vec![node("Relu", "", &["x"], &["y"])], 1, &[-1, 4]);
    assert_eq!(
        refusal(&parts, &[]),
        "the graph has no layers: none of its 1 nodes multiplies by weights that are stored in the file"
    );
}

#[test]
fn a_single_product_is_the_answer_and_not_a_hidden_layer() {
    let parts = plain(vec![node("MatMul", "only", &["x", "w"], &["y"])], 1, &[-1, 4]);
    assert_eq!(
        refusal(&parts, &[]),
        "the graph has no hidden layers: the node 'only' (MatMul), its only product with weights, makes the model's own answer"
    );
}

#[test]
fn what_lies_before_the_first_weights_is_not_a_layer() {
    let nodes = vec![
        node("Relu", "", &["x"], &["a"]),
        node("Relu", "", &["a"], &["b"]),
        node("MatMul", "one", &["b", "w"], &["c"]),
        node("MatMul", "two", &["b", "w"], &["d"]),
        node("Add", "", &["c", "d"], &["y"]),
    ];
    assert_eq!(
        refusal(&plain(nodes, 1, &[-1, 4]), &[]),
        "no layers were found in the graph: between its 2 nodes with weights lies no tensor that all paths from the inputs \
         to the output cross"
    );
}

#[test]
fn a_network_inside_a_condition_is_named() {
    let body = Message::new().messages(1, [node("MatMul", "", &["x", "w"], &["z"])]).message(12, value("z", 1, &[]));
    let branch = |name: &str| Message::new().text(1, name).message(6, body.clone()).int(20, 5);
    let choose =
        node("If", "choose", &["c"], &["y"]).message(5, branch("then_branch")).message(5, branch("else_branch"));
    let parts = plain(vec![node("Greater", "", &["x", "x"], &["c"]), choose], 1, &[-1, 4]);
    assert_eq!(
        refusal(&parts, &[]),
        "the network lies inside the node 'choose' (If), and tensors in there cannot be given out"
    );
}

#[test]
fn blocked_channels_are_refused_whatever_is_asked_for() {
    let blocked = node("Conv", "stem", &["x", "w"], &["y"]).text(7, "com.microsoft.nchwc");
    for patterns in [&[][..], &["*"]] {
        let message = refusal(&plain(vec![blocked.clone()], 1, &[1, 4, 8, 8]), patterns);
        assert!(message.contains("com.microsoft.nchwc") && message.contains("'stem'"), "{message}");
    }
}

#[test]
fn a_graph_of_integers_is_said_to_compute_no_floats() {
    let parts = plain(vec![node("Add", "", &["x", "x"], &["y"])], 5, &[-1, 4]);
    for patterns in [&[][..], &["*"]] {
        assert_eq!(
            refusal(&parts, patterns),
            "the graph computes no floating-point tensors, and only these are measured (its outputs are int16)"
        );
    }
}

#[test]
fn a_tensor_is_refused_for_the_rank_that_it_has() {
    let ranks: [(&[i64], &str); 3] = [
        (&[], "it is a single number, with no axis of inputs and no axis of neurons"),
        (&[60], "it has one axis, and a layer has two at least: inputs and neurons"),
        (&[2, 2, 2, 2, 2, 2], "it has 6 axes, and which of them are its neurons does not follow from the graph"),
    ];
    for (dims, why) in ranks {
        let parts = plain(vec![node("Relu", "", &["x"], &["y"])], 1, dims);
        for pattern in ["y", "*"] {
            assert_eq!(refusal(&parts, &[pattern]), format!("the tensor 'y' cannot be measured: {why}"));
        }
    }
}

#[test]
fn a_glob_leaves_out_what_cannot_be_measured() {
    let mut parts = mlp();
    parts.nodes.push(int(node("ReduceSum", "", &["d"], &["total"]), "keepdims", 0));
    parts.outputs.push(value("total", 1, &[]));
    let request = Request { patterns: vec!["[bt]*".into()], pooling: None };
    assert_eq!(choose(&parts.read(17), &request).unwrap().tensors(), ["b"]);
    assert!(refusal(&parts, &["total"]).contains("it is a single number"));
}
