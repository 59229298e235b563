//! Quantised copies have the layers of their originals.

use super::*;
use crate::model::encode::Message;

/// A zero point: one uint8.
fn zero_point(name: &str, value: u8) -> Message {
    Message::new().int(2, 2).text(8, name).bytes(9, &[value])
}

fn scale(name: &str) -> Message {
    Message::new().int(2, 1).text(8, name).bytes(9, &0.5f32.to_le_bytes())
}

/// `tensor` to integers and back, under its name with `.d` behind.
fn through_integers(tensor: &str, zero: &str) -> [Message; 2] {
    let [integers, back] = [format!("{tensor}.q"), format!("{tensor}.d")];
    [
        node("QuantizeLinear", "", &[tensor, "s", zero], &[&integers]),
        node("DequantizeLinear", "", &[&integers, "s", zero], &[&back]),
    ]
}

fn constants() -> Vec<Message> {
    let weights = (1..=3).map(|layer| weight(&format!("fc{layer}.weight"), &[4, 4]));
    weights.chain([scale("s"), zero_point("low", 0), zero_point("middle", 128)]).collect()
}

fn model(nodes: Vec<Message>) -> Parts {
    Parts {
        nodes,
        initializers: constants(),
        inputs: vec![value("x", 1, &[-1, 4])],
        outputs: vec![value("y", 1, &[-1, 4])],
    }
}

#[test]
fn a_layer_lies_behind_its_way_through_integers() {
    let mut nodes = vec![node("MatMul", "", &["x", "fc1.weight"], &["a"])];
    nodes.extend(through_integers("a", "middle"));
    nodes.extend([node("Tanh", "", &["a.d"], &["b"]), node("MatMul", "", &["b", "fc2.weight"], &["y"])]);
    let taps = choose(&model(nodes).read(17), &Request::default()).unwrap();
    assert_eq!((taps.tensors(), taps.labels()), (vec!["a.d"], vec!["fc1"]));
}

/// Two layers of a QDQ file, as ONNX Runtime computes with integers: floats, an op, integers again.
fn qdq(zero: &str) -> Parts {
    let mut nodes = through_integers("x", "middle").to_vec();
    for (layer, from) in [(1, "x.d"), (2, "a1.d")] {
        let (weight, to) = (format!("fc{layer}.weight"), format!("a{layer}"));
        nodes.extend(through_integers(&weight, "middle"));
        nodes.push(node("MatMul", "", &[from, &format!("{weight}.d")], &[&to]));
        nodes.extend(through_integers(&to, zero));
    }
    nodes.push(node("MatMul", "", &["a2.d", "fc3.weight"], &["y"]));
    model(nodes)
}

#[test]
fn what_is_computed_with_integers_is_not_disturbed() {
    let steps = |tap: &Tap| tap.recomputed.iter().map(|step| step.op).collect::<Vec<_>>();
    // Behind the integers, and where these hold a ReLU as well, before them.
    for (zero, tensors, ops) in [
        ("middle", ["a1.d", "a2.d"], &["Cast", "Cast", "Sub", "Mul"][..]),
        ("low", ["a1", "a2"], &["Cast", "Cast", "Sub", "Mul", "MatMul"]),
    ] {
        let taps = choose(&qdq(zero).read(17), &Request::default()).unwrap();
        assert_eq!(taps.tensors(), tensors);
        for tap in &taps.taps {
            assert_eq!(steps(tap), ops);
            let reads =
                |name: &str| tap.recomputed.iter().any(|s| s.inputs.contains(&Operand::Tensor(name.to_owned())));
            assert!(!reads("x.d") && !reads("a1.d"), "its integers are read, and not the floats that are merged away");
        }
    }
}

#[test]
fn a_sum_that_reads_a_tensor_a_thousand_times_is_not_written_out() {
    let mut nodes = through_integers("x", "middle").to_vec();
    for (from, to) in [("x.d", "a"), ("a", "b"), ("b", "c")] {
        nodes.push(node("Add", "", &[from; 1000], &[to]));
    }
    nodes.extend(through_integers("c", "middle"));
    nodes.push(node("MatMul", "", &["c.d", "fc1.weight"], &["y"]));
    let all = candidates(&model(nodes).read(17));
    let steps = |tensor: &str| all.iter().find(|tap| tap.tensor == tensor).map(|tap| tap.recomputed.len());
    assert_eq!((steps("c"), steps("c.d")), (Some(0), Some(4)));
}

#[test]
fn a_float_that_no_integers_are_made_of_is_taken_where_it_is() {
    let mut nodes = through_integers("x", "middle").to_vec();
    nodes.push(node("MatMul", "", &["x.d", "fc1.weight"], &["a"]));
    // The values in between are read by another op first: the product is not computed with integers.
    nodes.push(node("Erf", "", &["a"], &["b"]));
    nodes.push(node("MatMul", "", &["b", "fc2.weight"], &["y"]));
    let taps = choose(&model(nodes).read(17), &Request::default()).unwrap();
    assert_eq!(taps.tensors(), ["a"]);
    assert!(taps.taps[0].recomputed.is_empty());
}

#[test]
fn integers_that_begin_at_zero_hold_the_activation_and_the_layer_lies_before() {
    let mut nodes = vec![node("MatMul", "", &["x", "fc1.weight"], &["a"])];
    nodes.extend(through_integers("a", "low"));
    nodes.push(node("MatMul", "", &["a.d", "fc2.weight"], &["y"]));
    assert_eq!(tensors(&model(nodes)).1, ["a"]);
}

/// Three layers that compute with integers; those of `zero` hold a ReLU or do not.
fn operators(zero: &str) -> Parts {
    let mut nodes = vec![node("QuantizeLinear", "", &["x", "s", "middle"], &["h0"])];
    for layer in 1..=3 {
        let [from, to, weight] = [format!("h{}", layer - 1), format!("h{layer}"), format!("w{layer}")];
        nodes.push(node("QuantizeLinear", "", &[&format!("fc{layer}.weight"), "s", "middle"], &[&weight]));
        nodes.push(node("QLinearMatMul", "", &[&from, "s", "middle", &weight, "s", "middle", "s", zero], &[&to]));
    }
    nodes.push(node("DequantizeLinear", "", &["h3", "s", "middle"], &["y"]));
    model(nodes)
}

#[test]
fn integers_are_measured_in_the_units_that_they_stand_for() {
    let taps = choose(&operators("middle").read(17), &Request::default()).unwrap();
    assert_eq!((taps.tensors(), taps.labels()), (vec!["h1", "h2"], vec!["fc1", "fc2"]));
    for (tap, tensor) in taps.taps.iter().zip(["h1", "h2"]) {
        let operands = [tensor, "s", "middle"].map(|name| Operand::Tensor(name.to_owned()));
        assert_eq!(tap.recomputed, [Step { op: "DequantizeLinear", inputs: operands.to_vec(), attributes: vec![] }]);
    }
    assert_eq!(numbers(&operators("middle").read(17), &taps.taps), Numbers::Quantised);
}

#[test]
fn a_product_that_is_quantised_together_with_its_relu_is_computed_again_without() {
    let taps = choose(&operators("low").read(17), &Request::default()).unwrap();
    assert_eq!(taps.tensors(), ["h1:linear", "h2:linear"]);
    let ops: Vec<&str> = taps.taps[0].recomputed.iter().map(|step| step.op).collect();
    assert_eq!(ops, ["DequantizeLinear", "DequantizeLinear", "MatMul"]);
}

#[test]
fn integers_without_a_scale_are_never_candidates() {
    let mut parts = mlp();
    parts.nodes.insert(1, int(node("Cast", "", &["a"], &["whole"]), "to", 7));
    parts.nodes.insert(2, int(node("Cast", "", &["whole"], &["again"]), "to", 1));
    parts.nodes[3] = node("Relu", "/Relu", &["again"], &["b"]);
    let all = candidates(&parts.read(17));
    assert!(all.iter().any(|tap| tap.tensor == "again") && all.iter().all(|tap| tap.tensor != "whole"));
    let request = Request { patterns: vec!["whole".into()], pooling: None };
    let error = choose(&parts.read(17), &request).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the tensor 'whole' cannot be measured: it holds int64, and only floating-point numbers are activations"
    );
}

/// Of what is put together from integers, each part comes with a scale and a zero point of its own (Fire blocks as QOperator).
#[test]
fn integers_that_are_put_side_by_side_are_channels() {
    let conv =
        |from: &str, to: &str| node("QLinearConv", "", &[from, "s", "middle", "w", "s", "middle", "s", "low"], &[to]);
    let nodes = vec![
        node("QuantizeLinear", "", &["x", "s", "middle"], &["xq"]),
        conv("xq", "a"),
        conv("xq", "b"),
        int(node("QLinearConcat", "", &["s", "low", "a", "s", "low", "b", "s", "low"], &["ab"]), "axis", 1),
        ints(node("MaxPool", "", &["ab"], &["pooled"]), "strides", &[2, 2]),
        conv("pooled", "yq"),
        node("DequantizeLinear", "", &["yq", "s", "middle"], &["y"]),
    ];
    let parts = Parts {
        nodes,
        initializers: vec![weight("w", &[3, 3, 1, 1]), scale("s"), zero_point("low", 0), zero_point("middle", 128)],
        inputs: vec![value("x", 1, &[-1, 3, 8, 8])],
        outputs: vec![value("y", 1, &[-1, 3, 4, 4])],
    };
    let all = candidates(&parts.read(17));
    let tap = all.iter().find(|tap| tap.tensor == "ab").unwrap();
    assert_eq!((tap.neurons(), &tap.axes[..]), (Some(6), &[Axis::Batch, Axis::Neuron, Axis::Place, Axis::Place][..]));
}
