//! What is a neuron follows from the op that makes a layer.

use super::*;
use Axis::{Batch, Neuron, Place, Token};

/// The axes and the number of neurons of every layer, and how each is pooled.
fn layers(parts: &Parts) -> Vec<(Vec<Axis>, Option<usize>, Pooling)> {
    let taps = choose(&parts.read(17), &Request::default()).unwrap();
    taps.taps.into_iter().map(|tap| (tap.axes.clone(), tap.neurons(), tap.pooling)).collect()
}

fn chain(nodes: Vec<Message>, initializers: Vec<Message>, input: Message) -> Parts {
    Parts { nodes, initializers, inputs: vec![input], outputs: vec![value("y", 1, &[])] }
}

use crate::model::encode::Message;
use crate::model::testing::indices;

fn attribute(node: Message, name: &str, text: &str) -> Message {
    node.message(5, Message::new().text(1, name).text(4, text).int(20, 3))
}

#[test]
fn channels_are_the_neurons_of_convolutions_over_time_and_over_volumes() {
    for (kernel, places) in [(vec![3], 1), (vec![3, 3, 3], 3)] {
        let free = vec![9; places];
        let weights = |name: &str, out: i64, width: i64| weight(name, &[&[out, width][..], &kernel].concat());
        let parts = chain(
            vec![
                node("Conv", "", &["x", "w1"], &["a"]),
                node("Relu", "", &["a"], &["b"]),
                node("Conv", "", &["b", "w2"], &["c"]),
                node("Relu", "", &["c"], &["d"]),
                node("GlobalAveragePool", "", &["d"], &["p"]),
                node("Flatten", "", &["p"], &["f"]),
                node("Gemm", "", &["f", "w3"], &["y"]),
            ],
            vec![weights("w1", 16, 3), weights("w2", 32, 16), weight("w3", &[32, 2])],
            value("x", 1, &[&[-1, 3][..], &free].concat()),
        );
        let axes = [vec![Batch, Neuron], vec![Place; places]].concat();
        let expected = [16, 32].map(|neurons| (axes.clone(), Some(neurons), Pooling::Mean));
        assert_eq!(layers(&parts), expected);
    }
}

/// Two residual stages with channels last, as a converter from TensorFlow writes them; `between` stands around each
/// activation.
fn channels_last(cast: bool) -> Parts {
    let mut nodes = vec![ints(node("Transpose", "", &["x"], &["in"]), "perm", &[0, 3, 1, 2])];
    let mut initializers = Vec::new();
    let mut convolved = |nodes: &mut Vec<Message>, from: &str, to: &str, shape: [i64; 2], stride: i64| {
        let [first, inner, weights] = ["first", "inner", "w"].map(|part| format!("{to}.{part}"));
        if from == "in" {
            nodes.push(node("Identity", "", &["in"], &[&first]));
        } else {
            nodes.push(ints(node("Transpose", "", &[from], &[&first]), "perm", &[0, 3, 1, 2]));
        }
        nodes.push(ints(node("Conv", "", &[&first, &weights], &[&inner]), "strides", &[stride, stride]));
        nodes.push(ints(node("Transpose", "", &[&inner], &[to]), "perm", &[0, 2, 3, 1]));
        initializers.push(weight(&weights, &[shape[0], shape[1], 1, 1]));
    };
    let activated = |nodes: &mut Vec<Message>, from: &str, to: &str| {
        let [before, after] = [format!("{to}.before"), format!("{to}.after")];
        if cast {
            nodes.push(int(node("Cast", "", &[from], &[&before]), "to", 1));
            nodes.push(node("Relu", "", &[&before], &[&after]));
            nodes.push(int(node("Cast", "", &[&after], &[to]), "to", 1));
        } else {
            nodes.push(node("Relu", "", &[from], &[to]));
        }
    };
    convolved(&mut nodes, "in", "stem", [16, 3], 1);
    activated(&mut nodes, "stem", "s0");
    for (stage, (width, out)) in [(16, 16), (16, 24)].into_iter().enumerate() {
        let name = |part: &str| format!("{part}{stage}");
        let input = if stage == 0 { "s0".to_owned() } else { "out0".to_owned() };
        convolved(&mut nodes, &input, &name("down"), [out, width], 1 + stage as i64);
        activated(&mut nodes, &name("down"), &name("base"));
        convolved(&mut nodes, &name("base"), &name("side"), [out, out], 1);
        nodes.push(node("Add", "", &[&name("side"), &name("base")], &[&name("sum")]));
        activated(&mut nodes, &name("sum"), &name("out"));
    }
    let mean = int(ints(node("ReduceMean", "", &["out1"], &["mean"]), "axes", &[1, 2]), "keepdims", 0);
    nodes.extend([mean, node("Gemm", "", &["mean", "fc"], &["y"])]);
    initializers.push(weight("fc", &[24, 3]));
    chain(nodes, initializers, value("x", 1, &[-1, 20, 20, 3]))
}

#[test]
fn channels_that_stand_last_are_found_through_casts_and_in_the_last_stage() {
    for cast in [false, true] {
        let axes = vec![Batch, Place, Place, Neuron];
        let expected = [16, 24].map(|neurons| (axes.clone(), Some(neurons), Pooling::Mean));
        assert_eq!(layers(&channels_last(cast)), expected, "cast: {cast}");
    }
}

#[test]
fn a_recurrence_is_pooled_over_time_and_its_directions_are_neurons() {
    let rnn = |op: &str, from: &str, to: &str, number: usize| {
        let weights = [format!("w{number}"), format!("r{number}")];
        int(node(op, "", &[from, &weights[0], &weights[1]], &[to]), "hidden_size", 8)
    };
    let parts = chain(
        vec![
            ints(node("Transpose", "", &["x"], &["turned"]), "perm", &[1, 0, 2]),
            attribute(rnn("LSTM", "turned", "y0", 0), "direction", "bidirectional"),
            ints(node("Transpose", "", &["y0"], &["t0"]), "perm", &[0, 2, 1, 3]),
            node("Reshape", "", &["t0", "flat"], &["s0"]),
            rnn("GRU", "s0", "y1", 1),
            node("Squeeze", "", &["y1", "one"], &["s1"]),
            ints(node("Transpose", "", &["s1"], &["b1"]), "perm", &[1, 0, 2]),
            int(node("Gather", "", &["b1", "last"], &["state"]), "axis", 1),
            node("MatMul", "", &["state", "fc"], &["h"]),
            node("Relu", "", &["h"], &["a"]),
            node("MatMul", "", &["a", "out"], &["y"]),
        ],
        vec![
            weight("w0", &[2, 32, 6]),
            weight("r0", &[2, 32, 8]),
            weight("w1", &[1, 24, 16]),
            weight("r1", &[1, 24, 8]),
            weight("fc", &[8, 14]),
            weight("out", &[14, 2]),
            indices("flat", &[0, 0, -1]),
            indices("one", &[1]),
            Message::new().int(2, 7).text(8, "last").bytes(9, &(-1i64).to_le_bytes()),
        ],
        value("x", 1, &[-1, 12, 6]),
    );
    let states = vec![Place, Neuron, Batch, Neuron];
    let expected = [
        (states.clone(), Some(16), Pooling::Mean),
        (states, Some(8), Pooling::Mean),
        (vec![Batch, Neuron], Some(14), Pooling::None),
    ];
    assert_eq!(layers(&parts), expected);
}

#[test]
fn the_width_of_a_layer_behind_a_recurrence_is_known() {
    let graph = chain(
        vec![
            int(node("LSTM", "", &["x", "w", "r"], &["y0", "h0"]), "hidden_size", 8),
            int(node("RNN", "", &["x", "w", "r"], &["z0", "z1"]), "hidden_size", 5),
            node("Identity", "", &["z1"], &["y"]),
        ],
        vec![weight("w", &[1, 32, 6]), weight("r", &[1, 32, 8])],
        value("x", 1, &[7, -1, 6]),
    );
    let all = candidates(&graph.read(17));
    let shapes: Vec<_> = all.into_iter().take(4).map(|tap| (tap.tensor.clone(), tap.neurons())).collect();
    let expected = [("y0", 8), ("h0", 8), ("z0", 5), ("z1", 5)].map(|(name, width)| (name.to_owned(), Some(width)));
    assert_eq!(shapes, expected);
}

#[test]
fn a_dense_layer_that_runs_over_tokens_is_pooled_by_their_mean() {
    let parts = chain(
        vec![
            node("MatMul", "", &["x", "w1"], &["a"]),
            node("Relu", "", &["a"], &["b"]),
            node("MatMul", "", &["b", "w2"], &["y"]),
        ],
        vec![weight("w1", &[12, 16]), weight("w2", &[16, 3])],
        value("x", 1, &[-1, 9, 12]),
    );
    assert_eq!(layers(&parts), [(vec![Batch, Place, Neuron], Some(16), Pooling::Mean)]);
}

#[test]
fn rows_that_hold_inputs_and_tokens_are_taken_apart_before_they_are_measured() {
    let parts = chain(
        vec![
            node("Reshape", "", &["x", "rows"], &["r"]),
            node("MatMul", "", &["r", "w1"], &["m"]),
            node("Reshape", "", &["m", "tokens"], &["a"]),
            node("Relu", "", &["a"], &["b"]),
            node("MatMul", "", &["b", "w2"], &["y"]),
        ],
        vec![
            weight("w1", &[12, 16]),
            weight("w2", &[16, 3]),
            indices("rows", &[-1, 12]),
            indices("tokens", &[-1, 9, 16]),
        ],
        value("x", 1, &[-1, 9, 12]),
    );
    let taps = choose(&parts.read(17), &Request::default()).unwrap();
    assert_eq!(taps.tensors(), ["a"]);
    assert_eq!(taps.taps[0].axes, [Batch, Place, Neuron]);
}

#[test]
fn an_image_transformer_without_a_class_token_is_pooled_by_the_mean() {
    let with_token = |token: bool| {
        let mut parts = encoder();
        let patches = [
            node("Conv", "", &["pixels", "patch"], &["p"]),
            node("Reshape", "", &["p", "flat"], &["q"]),
            ints(node("Transpose", "", &["q"], &["h"]), "perm", &[0, 2, 1]),
        ];
        let joined = match token {
            true => int(node("Concat", "", &["class", "h"], &["h0"]), "axis", 1),
            false => node("Identity", "", &["h"], &["h0"]),
        };
        parts.nodes.splice(0..1, patches.into_iter().chain([joined]));
        parts.initializers.extend([
            weight("patch", &[4, 3, 8, 8]),
            weight("class", &[1, 1, 4]),
            indices("flat", &[0, 4, -1]),
        ]);
        parts.inputs[0] = value("pixels", 1, &[-1, 3, 32, 32]);
        parts.nodes.retain(|node| !node.clone().into_bytes().windows(5).any(|bytes| bytes == b"Shape"));
        choose(&parts.read(17), &Request::default()).unwrap().taps[0].pooling
    };
    assert_eq!([with_token(true), with_token(false)], [Pooling::First, Pooling::Mean]);
}

#[test]
fn tokens_stay_tokens_through_padded_convolutions_only() {
    let mut parts = encoder();
    let turned = |from: &str, to: &str| ints(node("Transpose", "", &[from], &[to]), "perm", &[0, 2, 1]);
    let conv = |pads: i64| ints(node("Conv", "", &["t", "kernel"], &["c"]), "pads", &[pads, pads]);
    parts
        .nodes
        .splice(0..1, [node("Gather", "0", &["words", "ids"], &["e"]), turned("e", "t"), conv(1), turned("c", "h0")]);
    parts.initializers.push(weight("kernel", &[4, 4, 3]));
    let first = |parts: &Parts| choose(&parts.read(17), &Request::default()).unwrap().taps[0].axes[1];
    assert_eq!(first(&parts), Token);
    parts.nodes[2] = conv(0);
    assert_eq!(first(&parts), Place);
}

#[test]
fn tokens_stay_tokens_through_rows_and_next_to_their_neighbours() {
    let first = |nodes: Vec<Message>, initializers: Vec<Message>| {
        let mut parts = encoder();
        parts.nodes.splice(0..1, nodes);
        parts.initializers.extend(initializers);
        choose(&parts.read(17), &Request::default()).unwrap().taps[0].axes[1]
    };
    let embedding = || node("Gather", "0", &["words", "ids"], &["e"]);
    // As OPT: a product over rows, and back.
    let rows = [
        node("Reshape", "", &["e", "rows"], &["r"]),
        node("MatMul", "", &["r", "square"], &["m"]),
        node("Reshape", "", &["m", "apart"], &["h0"]),
    ];
    let shapes = vec![indices("rows", &[-1, 4]), indices("apart", &[-1, 9, 4]), weight("square", &[4, 4])];
    assert_eq!(first([&[embedding()], &rows[..]].concat(), shapes), Token);
    // As MobileBERT: the neighbours of a token next to it, each moved by one with a pad.
    let moved = [
        int(node("Pad", "", &["e", "pads"], &["before"]), "unused", 0),
        int(node("Concat", "", &["before", "e"], &["c"]), "axis", 2),
        node("MatMul", "", &["c", "narrow"], &["h0"]),
    ];
    let shapes = vec![indices("pads", &[0, 1, 0, 0, -1, 0]), weight("narrow", &[8, 4])];
    assert_eq!(first([&[embedding()], &moved[..]].concat(), shapes), Token);
}
