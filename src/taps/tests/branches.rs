//! Networks that branch: detectors, gates, several towers, decoders with long skip connections.

use super::*;
use crate::model::encode::Message;

fn conv(from: &str, to: &str, stride: i64) -> Message {
    ints(node("Conv", to, &[from, "w"], &[to]), "strides", &[stride, stride])
}

/// A stem and residual stages `s1`, `s2`, … at falling resolutions.
fn trunk(stages: usize) -> Vec<Message> {
    let mut nodes = vec![conv("x", "stem", 1), node("Relu", "", &["stem"], &["s0"])];
    for stage in 1..=stages {
        let [input, base, side, sum, out] = ["s", "base", "side", "sum", "s"].map(|part| part.to_owned());
        let (input, out) = (format!("{input}{}", stage - 1), format!("{out}{stage}"));
        let [base, side, sum] = [base, side, sum].map(|part| format!("{part}{stage}"));
        let down = format!("down{stage}");
        nodes.extend([
            conv(&input, &down, 2),
            node("Relu", "", &[&down], &[&base]),
            conv(&base, &side, 1),
            node("Add", "", &[&side, &base], &[&sum]),
            node("Relu", "", &[&sum], &[&out]),
        ]);
    }
    nodes
}

fn parts(nodes: Vec<Message>, output: &str) -> Parts {
    Parts {
        nodes,
        initializers: vec![weight("w", &[3, 3, 1, 1]), weight("v", &[3, 3])],
        inputs: vec![value("x", 1, &[-1, 3, 64, 64])],
        outputs: vec![value(output, 1, &[])],
    }
}

#[test]
fn the_boxes_of_a_detector_are_its_answer_and_no_stage() {
    let mut nodes = trunk(3);
    nodes.extend([
        conv("s2", "head2", 1),
        conv("s3", "head3", 1),
        int(node("Flatten", "", &["head2"], &["flat2"]), "axis", 2),
        int(node("Flatten", "", &["head3"], &["flat3"]), "axis", 2),
        int(node("Concat", "", &["flat2", "flat3"], &["raw"]), "axis", 1),
        node("Sigmoid", "", &["raw"], &["boxes"]),
    ]);
    assert_eq!(tensors(&parts(nodes, "boxes")), (Family::ConvNet, vec!["s1".into(), "s2".into(), "s3".into()]));
}

#[test]
fn a_decoder_with_long_skip_connections_leaves_the_stages_on_the_way_down() {
    let mut nodes = trunk(3);
    for stage in [2, 1] {
        let [from, up, joined, out] = ["u", "up", "joined", "u"].map(str::to_owned);
        let from = if stage == 2 { "s3".to_owned() } else { format!("{from}{}", stage + 1) };
        let [up, joined, out] = [up, joined, out].map(|part| format!("{part}{stage}"));
        nodes.extend([
            node("Resize", "", &[&from], &[&up]),
            int(node("Concat", "", &[&up, &format!("s{stage}")], &[&joined]), "axis", 1),
            conv(&joined, &out, 1),
        ]);
    }
    assert_eq!(tensors(&parts(nodes, "u1")), (Family::ConvNet, vec!["s1".into(), "s2".into(), "s3".into()]));
}

#[test]
fn squeeze_and_excitation_is_a_gate_and_not_a_layer() {
    let mut nodes = Vec::new();
    for layer in 0..2 {
        let name = |part: &str| format!("{part}{layer}");
        let input = if layer == 0 { "x".to_owned() } else { "g0".to_owned() };
        nodes.extend([
            conv(&input, &name("c"), 2),
            node("Relu", "", &[&name("c")], &[&name("r")]),
            node("GlobalAveragePool", "", &[&name("r")], &[&name("p")]),
            conv(&name("p"), &name("squeezed"), 1),
            node("Relu", "", &[&name("squeezed")], &[&name("q")]),
            conv(&name("q"), &name("excited"), 1),
            node("Sigmoid", "", &[&name("excited")], &[&name("s")]),
            node("Mul", "", &[&name("s"), &name("r")], &[&name("g")]),
        ]);
    }
    nodes.extend([
        node("GlobalAveragePool", "", &["g1"], &["p"]),
        node("Flatten", "", &["p"], &["f"]),
        node("Gemm", "", &["f", "v"], &["y"]),
    ]);
    assert_eq!(tensors(&parts(nodes, "y")), (Family::Chain, vec!["c0".into(), "c1".into()]));
}

#[test]
fn both_towers_of_a_network_of_texts_and_images_are_measured() {
    let mut both = encoder();
    let named = |prefix: &str| {
        let mut nodes = Vec::new();
        for layer in 0..2 {
            let name = |part: &str| format!("{prefix}{part}{layer}");
            let (input, out) = (format!("{prefix}h{layer}"), format!("{prefix}h{}", layer + 1));
            nodes.extend([
                node("MatMul", "", &[&input, "wq"], &[&name("q")]),
                node("MatMul", "", &[&name("q"), &input], &[&name("qk")]),
                node("Softmax", "", &[&name("qk")], &[&name("soft")]),
                node("MatMul", "", &[&name("soft"), &input], &[&name("mix")]),
                node("Add", "", &[&name("mix"), &input], &[&name("sum")]),
                node("MatMul", "", &[&name("sum"), "wq"], &[&name("up")]),
                node("Add", "", &[&name("up"), &name("sum")], &[&out]),
            ]);
        }
        nodes
    };
    both.nodes.push(node("MatMul", "", &["image", "wq"], &["ih0"]));
    both.nodes.extend(named("i"));
    both.nodes.push(node("MatMul", "", &["logits", "ih2"], &["likeness"]));
    both.inputs.push(value("image", 1, &[-1, 9, 4]));
    both.outputs = vec![value("likeness", 1, &[])];
    let taps = choose(&both.read(17), &Request::default()).unwrap();
    assert_eq!(taps.tensors(), ["h1", "h2", "ih1", "ih2"]);
    assert_eq!(taps.labels(), ["layer.0", "layer.1", "image.layer.0", "image.layer.1"]);
}

#[test]
fn an_activation_that_an_optimiser_wrote_into_a_convolution_still_ends_a_block() {
    // An inverted residual block, one that halves the resolution and has no sum, and the head.
    let network = |fused: bool| {
        let bent = |input: &str, weights: &str, output: &str| match fused {
            true => {
                let activation = Message::new().text(1, "activation").text(4, "Relu").int(20, 3);
                vec![
                    node("FusedConv", "", &[input, weights], &[output]).text(7, "com.microsoft").message(5, activation),
                ]
            }
            false => {
                let straight = format!("{output}.conv");
                vec![node("Conv", "", &[input, weights], &[&straight]), node("Relu", "", &[&straight], &[output])]
            }
        };
        let halved = ints(node("Conv", "", &["e2", "w4"], &["p2"]), "strides", &[2, 2]);
        let nodes = [
            bent("x", "w0", "c"),
            bent("c", "w1", "e1"),
            vec![node("Conv", "", &["e1", "w2"], &["p1"]), node("Add", "", &["p1", "c"], &["a"])],
            bent("a", "w3", "e2"),
            vec![halved],
            bent("p2", "w5", "h"),
            vec![
                node("GlobalAveragePool", "", &["h"], &["g"]),
                node("Flatten", "", &["g"], &["f"]),
                node("Gemm", "", &["f", "w6"], &["y"]),
            ],
        ];
        let kernel = |name: &str, out: i64, width: i64| weight(name, &[out, width, 1, 1]);
        let parts = Parts {
            nodes: nodes.concat(),
            initializers: vec![
                kernel("w0", 4, 3),
                kernel("w1", 12, 4),
                kernel("w2", 4, 12),
                kernel("w3", 12, 4),
                kernel("w4", 8, 12),
                kernel("w5", 32, 8),
                weight("w6", &[32, 2]),
            ],
            inputs: vec![value("x", 1, &[-1, 3, 8, 8])],
            outputs: vec![value("y", 1, &[])],
        };
        choose(&parts.read(17), &Request::default())
            .unwrap()
            .tensors()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(network(false), ["a", "p2"]);
    assert_eq!(network(true), network(false));
}

#[test]
fn channels_that_are_shuffled_behind_a_block_belong_to_it() {
    let shuffle = |from: &str, [apart, exchanged, flat]: [&str; 3]| {
        [
            node("Reshape", "", &[from, "v"], &[apart]),
            ints(node("Transpose", "", &[apart], &[exchanged]), "perm", &[0, 2, 1, 3, 4]),
            node("Reshape", "", &[exchanged, "v"], &[flat]),
        ]
    };
    let mut nodes = trunk(1);
    nodes.extend(shuffle("s1", ["apart", "exchanged", "flat1"]));
    nodes.extend([
        conv("flat1", "down", 2),
        node("Relu", "", &["down"], &["base"]),
        conv("base", "side", 1),
        node("Add", "", &["side", "base"], &["sum"]),
    ]);
    nodes.extend(shuffle("sum", ["a", "b", "flat2"]));
    nodes.push(node("GlobalAveragePool", "", &["flat2"], &["y"]));
    assert_eq!(tensors(&parts(nodes, "y")), (Family::ConvNet, vec!["flat1".into(), "flat2".into()]));
}

/// Layers that keep tokens last and turn them around for their norms; behind the last nobody turns them back.
#[test]
fn the_last_norm_of_a_network_with_tokens_last_belongs_to_its_layer() {
    let turn = |from: &str, to: &str| ints(node("Transpose", "", &[from], &[to]), "perm", &[0, 2, 1]);
    let mut nodes = vec![node("Gather", "", &["words", "ids"], &["h"]), turn("h", "h0")];
    for layer in 0..3 {
        let name = |part: &str| format!("{part}{layer}");
        nodes.extend([
            node("MatMul", "", &[&name("h"), "w"], &[&name("q")]),
            node("MatMul", "", &[&name("h"), "w"], &[&name("k")]),
            node("MatMul", "", &[&name("q"), &name("k")], &[&name("qk")]),
            node("Softmax", "", &[&name("qk")], &[&name("soft")]),
            node("MatMul", "", &[&name("soft"), &name("h")], &[&name("mix")]),
            node("Add", "", &[&name("mix"), &name("h")], &[&name("sum")]),
            turn(&name("sum"), &name("turned")),
            node("LayerNormalization", "", &[&name("turned"), "g"], &[&name("normed")]),
        ]);
        if layer < 2 {
            nodes.push(turn(&name("normed"), &format!("h{}", layer + 1)));
        }
    }
    nodes.extend([node("Gather", "", &["normed2", "g"], &["first"]), node("Gemm", "", &["first", "w"], &["y"])]);
    let parts = Parts {
        nodes,
        initializers: vec![weight("words", &[10, 4]), weight("g", &[4]), weight("w", &[4, 4])],
        inputs: vec![value("ids", 7, &[-1, -2])],
        outputs: vec![value("y", 1, &[-1, 4])],
    };
    assert_eq!(tensors(&parts), (Family::Transformer, vec!["h1".into(), "h2".into(), "normed2".into()]));
}

/// Inverted bottlenecks end in a convolution without an activation; a converter may move the channels last in between.
#[test]
fn a_narrow_end_is_one_however_its_channels_are_moved() {
    let mut nodes = vec![
        conv("x", "wide", 1),
        node("Relu", "", &["wide"], &["bent"]),
        conv("bent", "narrow", 1),
        ints(node("Transpose", "", &["narrow"], &["last"]), "perm", &[0, 2, 3, 1]),
        ints(node("Transpose", "", &["last"], &["second"]), "perm", &[0, 3, 1, 2]),
        conv("second", "down", 2),
        node("Relu", "", &["down"], &["base"]),
        conv("base", "side", 1),
        node("Add", "", &["side", "base"], &["sum"]),
        conv("sum", "end", 1),
    ];
    nodes.push(node("GlobalAveragePool", "", &["end"], &["y"]));
    assert_eq!(tensors(&parts(nodes, "y")), (Family::ConvNet, vec!["narrow".into(), "sum".into()]));
}
