//! Layers whose neurons can be switched off, and those whose neurons cannot.

use super::*;
use crate::model::encode::Message;

fn masked(parts: &Parts, opset: i64, filling: Filling, patterns: &[&str]) -> Result<Masks, Error> {
    let graph = parts.read(opset);
    let request = Request { patterns: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(), pooling: None };
    masks(&graph, &choose(&graph, &request).unwrap().taps, filling)
}

fn refused(parts: &Parts, opset: i64, filling: Filling, patterns: &[&str]) -> (String, String) {
    let error = masked(parts, opset, filling, patterns).unwrap_err();
    assert!(matches!(error, Error::Ablation { .. }) && error.fault() == Fault::Input, "{error}");
    (error.to_string(), error.advice().unwrap())
}

#[test]
fn a_mask_has_one_entry_per_neuron_wherever_their_axis_is() {
    let shape = |parts: &Parts| {
        let masks = masked(parts, 17, Filling::Fed, &[]).unwrap();
        (masks.masks[0].shape(4), masks.masks[0].shape_of_all())
    };
    assert_eq!(shape(&mlp()), (vec![1, 4], vec![1, 4]));
    assert_eq!(shape(&encoder()).0, [1, 1, 4]);
    assert_eq!(shape(&convnet()).0.len(), 4);
}

#[test]
fn a_bias_is_that_of_a_dense_layer() {
    let graph = mlp().read(17);
    let structure = structure::Structure::of(&graph);
    assert_eq!(dense::bias(&structure, &graph.nodes[0]), Ok(dense::Bias::Tensor { name: "fc1.bias", factor: 1.0 }));
    assert!(dense::bias(&structure, &graph.nodes[1]).unwrap_err().contains("Relu"));
    let half = Message::new().text(1, "beta").float(2, 0.5).int(20, 1);
    let graph = Parts {
        nodes: vec![
            node("Gemm", "", &["x", "w", "b"], &["a"]).message(5, half),
            node("Gemm", "", &["a", "w"], &["c"]),
            node("MatMul", "", &["c", "w"], &["d"]),
            node("Add", "", &["b", "d"], &["e"]),
            node("MatMul", "", &["e", "e"], &["f"]),
            node("Add", "", &["f", "b"], &["y"]),
        ],
        initializers: vec![weight("w", &[4, 4]), weight("b", &[4])],
        inputs: vec![value("x", 1, &[-1, 4])],
        outputs: vec![value("y", 1, &[-1, 4])],
    }
    .read(17);
    let structure = structure::Structure::of(&graph);
    let bias = |node: usize| dense::bias(&structure, &graph.nodes[node]);
    assert_eq!(bias(0), Ok(dense::Bias::Tensor { name: "b", factor: 0.5 }));
    assert_eq!([bias(1), bias(2)], [Ok(dense::Bias::None), Ok(dense::Bias::None)]);
    assert_eq!(bias(3), Ok(dense::Bias::Tensor { name: "b", factor: 1.0 }));
    assert!(bias(4).is_err() && bias(5).is_err(), "an attention's product has no weights");
}

#[test]
fn what_a_graph_does_not_allow_is_refused_with_what_to_do() {
    let (message, advice) = refused(&encoder(), 17, Filling::Bias, &[]);
    assert!(message.contains("no dense layer") && advice.contains("--how zero or mean"), "{message}");
    let (message, advice) = refused(&mlp(), 8, Filling::Fed, &[]);
    assert!(message.contains("operator set 8") && advice.contains("operator set 9"), "{message}");

    let through = |parts: &mut Parts| {
        parts.nodes.insert(1, node("QuantizeLinear", "", &["a", "s"], &["q"]));
        parts.initializers.push(Message::new().int(2, 1).text(8, "s").bytes(9, &0.5f32.to_le_bytes()));
    };
    let mut quantised = mlp();
    through(&mut quantised);
    let (message, advice) = refused(&quantised, 17, Filling::Fed, &[]);
    assert!(message.contains("quantised") && advice.contains("before it was quantised"), "{message}");

    // A fused skip connection hands on the sum, and beside it the sum normalised for the next block.
    let mut twice = mlp();
    twice.nodes[2] =
        node("SkipLayerNormalization", "skip", &["b", "b", "fc2.bias"], &["n", "", "", "c"]).text(7, "com.microsoft");
    twice.nodes.push(node("Relu", "", &["n"], &["other"]));
    let (message, advice) = refused(&twice, 17, Filling::Fed, &["c"]);
    assert!(message.contains("a second time, as 'n'") && advice.contains("before it was optimised"), "{message}");
}

#[test]
fn a_fused_layer_has_no_tensor_to_switch_off() {
    let tap = |recomputed| Tap { recomputed, ..choose(&mlp().read(17), &Request::default()).unwrap().taps[0].clone() };
    let step = Step { op: "Gemm", inputs: Vec::new(), attributes: Vec::new() };
    let graph = mlp().read(17);
    assert!(masks(&graph, &[tap(Vec::new())], Filling::Fed).is_ok());
    let error = masks(&graph, &[tap(vec![step])], Filling::Fed).unwrap_err();
    assert!(error.to_string().contains("fused"), "{error}");
}

#[test]
fn the_answer_is_an_output_with_a_row_per_input() {
    let of = |outputs: Vec<Message>, named: Option<&str>| {
        answer(&Parts { outputs, ..mlp() }.read(17), named).map(|answer| answer.map(|answer| answer.tap.tensor))
    };
    let rows = || vec![value("c", 1, &[-1, -2, 4]), value("y", 1, &[-1, 4]), value("p", 1, &[-1, 4])];
    assert_eq!(of(rows(), None).unwrap().unwrap(), "y");
    assert_eq!(of(rows(), Some("p")).unwrap().unwrap(), "p");
    assert!(matches!(of(rows(), Some("c")), Err(Error::NotAnAnswer { .. })));
    assert!(matches!(of(rows(), Some("z")), Err(Error::NoOutput { .. })));
    assert_eq!(of(vec![value("c", 1, &[-1, -2, 4]), value("p", 7, &[-1, 4])], None).unwrap(), None);
    let flat = |dims: &[i64]| answer(&Parts { outputs: vec![value("p", 1, dims)], ..mlp() }.read(17), None).unwrap();
    assert!(flat(&[-1, 4]).unwrap().tap.recomputed.is_empty());
    assert_eq!(flat(&[-1]).unwrap().tap.recomputed[0].op, "Flatten");
    assert_eq!(flat(&[-1, 4, 1, 1]).unwrap().tap.recomputed[0].op, "Flatten");
    let mut sigmoid = Parts { outputs: vec![value("p", 1, &[-1, 1])], ..mlp() };
    assert_eq!(answer(&sigmoid.read(17), None).unwrap().unwrap().threshold, 0.0);
    sigmoid.nodes[5] = node("Sigmoid", "", &["y"], &["p"]);
    assert_eq!(answer(&sigmoid.read(17), None).unwrap().unwrap().threshold, 0.5);
}
