//! The rules on small networks built by hand.

mod ablation;
mod axes;
mod branches;
mod quantised;
mod refusals;

use crate::model::testing::{Parts, int, ints, node, parse, scopes, value, weight};

use crate::base::advise::{Advise, Fault};

use super::*;

fn tensors(parts: &Parts) -> (Family, Vec<String>) {
    let taps = choose(&parts.read(17), &Request::default()).unwrap();
    (taps.family, taps.taps.into_iter().map(|t| t.tensor).collect())
}

/// An MLP of three Gemms; `name(i)` names what layer i gives.
fn mlp() -> Parts {
    Parts {
        nodes: vec![
            node("Gemm", "/fc1/Gemm", &["x", "fc1.weight", "fc1.bias"], &["a"]),
            node("Relu", "/Relu", &["a"], &["b"]),
            node("Gemm", "/fc2/Gemm", &["b", "fc2.weight", "fc2.bias"], &["c"]),
            node("Relu", "/Relu_1", &["c"], &["d"]),
            node("Gemm", "/out/Gemm", &["d", "out.weight", "out.bias"], &["y"]),
            node("Softmax", "/Softmax", &["y"], &["p"]),
        ],
        initializers: ["fc1", "fc2", "out"]
            .iter()
            .flat_map(|n| [weight(&format!("{n}.weight"), &[4, 4]), weight(&format!("{n}.bias"), &[4])])
            .collect(),
        inputs: vec![value("x", 1, &[-1, 4])],
        outputs: vec![value("p", 1, &[-1, 4])],
    }
}

/// A pre-norm encoder of two layers with a mask, names without meaning.
fn encoder() -> Parts {
    let mut nodes = vec![
        node("Gather", "0", &["words", "ids"], &["h0"]),
        node("Shape", "1", &["ids"], &["s"]),
        node("Cast", "2", &["mask"], &["m"]),
    ];
    for layer in 0..2 {
        let name = |part: &str| format!("{part}{layer}");
        let (input, sum, out) = (format!("h{layer}"), name("sum"), format!("h{}", layer + 1));
        nodes.push(node("LayerNormalization", "n", &[&input, "g"], &[&name("n")]));
        nodes.push(node("MatMul", "q", &[&name("n"), "wq"], &[&name("q")]));
        nodes.push(node("MatMul", "k", &[&name("n"), "wk"], &[&name("k")]));
        nodes.push(node("MatMul", "qk", &[&name("q"), &name("k")], &[&name("qk")]));
        nodes.push(node("Add", "masked", &[&name("qk"), "m"], &[&name("masked")]));
        nodes.push(node("Softmax", "soft", &[&name("masked")], &[&name("soft")]));
        nodes.push(node("MatMul", "mix", &[&name("soft"), &name("n")], &[&name("mix")]));
        nodes.push(node("Add", "sum", &[&name("mix"), &input], &[&sum]));
        nodes.push(node("MatMul", "up", &[&sum, "wq"], &[&name("up")]));
        nodes.push(node("Add", "out", &[&name("up"), &sum], &[&out]));
    }
    nodes.push(node("LayerNormalization", "final", &["h2", "g"], &["normed"]));
    nodes.push(node("MatMul", "head", &["normed", "wq"], &["logits"]));
    Parts {
        nodes,
        initializers: vec![weight("words", &[10, 4]), weight("g", &[4]), weight("wq", &[4, 4]), weight("wk", &[4, 4])],
        inputs: vec![value("ids", 7, &[-1, -2]), value("mask", 7, &[-1, -2])],
        outputs: vec![value("logits", 1, &[-1, -2, 4])],
    }
}

/// Two residual stages behind a stem.
fn convnet() -> Parts {
    let conv = |name: &str, from: &str, to: &str, stride: i64| {
        ints(node("Conv", name, &[from, "w"], &[to]), "strides", &[stride, stride])
    };
    Parts {
        nodes: vec![
            conv("stem", "x", "stem", 2),
            conv("a1", "stem", "a1", 1),
            node("Add", "a2", &["a1", "stem"], &["a2"]),
            node("Relu", "a3", &["a2"], &["a3"]),
            conv("b1", "a3", "b1", 2),
            conv("b2", "a3", "b2", 2),
            node("Add", "b3", &["b1", "b2"], &["b3"]),
            node("Relu", "b4", &["b3"], &["b4"]),
            node("GlobalAveragePool", "pool", &["b4"], &["pool"]),
            node("Flatten", "flat", &["pool"], &["flat"]),
            node("Gemm", "fc", &["flat", "fc"], &["y"]),
        ],
        initializers: vec![weight("w", &[3, 3, 1, 1]), weight("fc", &[3, 3])],
        inputs: vec![value("x", 1, &[-1, 3, 8, 8])],
        outputs: vec![value("y", 1, &[-1, 3])],
    }
}

#[test]
fn an_mlp_is_tapped_before_its_activations() {
    let taps = choose(&mlp().read(17), &Request::default()).unwrap();
    assert_eq!(taps.family, Family::Chain);
    assert_eq!(taps.labels(), ["fc1", "fc2"]);
    assert_eq!(taps.tensors(), ["a", "c"]);
    assert!(taps.taps.iter().all(|t| t.pooling == Pooling::None && t.axes == [Axis::Batch, Axis::Neuron]));
}

#[test]
fn a_transformer_is_tapped_before_the_next_attention() {
    let taps = choose(&encoder().read(17), &Request::default()).unwrap();
    assert_eq!(taps.family, Family::Transformer);
    assert_eq!(taps.tensors(), ["h1", "h2"]);
    assert_eq!(taps.labels(), ["layer.0", "layer.1"]);
    assert!(
        taps.taps.iter().all(|t| t.pooling == Pooling::First && t.axes == [Axis::Batch, Axis::Token, Axis::Neuron])
    );
}

#[test]
fn a_convnet_is_tapped_at_the_end_of_its_stages() {
    assert_eq!(tensors(&convnet()), (Family::ConvNet, vec!["a3".into(), "b4".into()]));
}

#[test]
fn a_fused_activation_is_taken_off_again() {
    let mut parts = mlp();
    let fused = |name: &str, from: &str, to: &str| {
        let weights = [from, &format!("{name}.weight"), &format!("{name}.bias")].map(str::to_owned);
        let inputs: Vec<&str> = weights.iter().map(String::as_str).collect();
        let activation = crate::model::encode::Message::new().text(1, "activation").text(4, "Relu").int(20, 3);
        int(node("FusedGemm", name, &inputs, &[to]).text(7, "com.microsoft").message(5, activation), "transB", 1)
    };
    parts.nodes.splice(0..4, [fused("fc1", "x", "b"), fused("fc2", "b", "d")]);
    let graph = parts.read(17);
    let (taps, overlay) = expose(&graph, &Request::default()).unwrap();
    assert_eq!(taps.tensors(), ["b:linear", "d:linear"]);
    let again = &taps.taps[0].recomputed[0];
    assert_eq!((again.op, again.attributes.len()), ("Gemm", 1), "the activation is dropped, the transposition kept");
    let mut bytes = parts.model(17);
    bytes.extend_from_slice(&overlay.bytes);
    assert_eq!(parse(&bytes).nodes.iter().filter(|n| n.is("Gemm")).count(), 3);
}

#[test]
fn a_last_sum_fused_with_its_norm_is_added_up_again() {
    let mut parts = encoder();
    let (last, norm) = (parts.nodes.len() - 3, parts.nodes.len() - 2);
    let skip = node("SkipLayerNormalization", "s", &["up1", "sum1", "g", "g", "bias"], &["normed"]);
    parts.nodes.splice(last..=norm, [skip.text(7, "com.microsoft")]);
    let taps = choose(&parts.read(17), &Request::default()).unwrap();
    assert_eq!(taps.tensors(), ["h1", "normed:sum"]);
    let summed = ["up1", "sum1", "bias"].map(|name| Operand::Tensor(name.into()));
    assert_eq!(taps.taps[1].recomputed[0].inputs, summed);
}

#[test]
fn order_in_the_file_and_names_do_not_matter() {
    let mut shuffled = encoder();
    shuffled.nodes.reverse();
    assert_eq!(tensors(&shuffled), tensors(&encoder()));
}

#[test]
fn weights_computed_from_constants_are_no_layers() {
    let mut parts = mlp();
    parts.nodes.insert(0, node("MatMul", "w", &["left", "right"], &["fc2.weight"]));
    parts.initializers.remove(2);
    parts.initializers.extend([weight("left", &[4, 2]), weight("right", &[2, 4])]);
    assert_eq!(tensors(&parts), tensors(&mlp()));
}

#[test]
fn outputs_that_are_hidden_states_already_change_nothing() {
    let mut parts = encoder();
    parts.outputs.extend([value("h1", 1, &[]), value("h2", 1, &[])]);
    assert_eq!(tensors(&parts), tensors(&encoder()));
}

#[test]
fn newer_exporters_are_labelled_by_their_scopes() {
    let mut parts = mlp();
    parts.nodes[0] = scopes(node("Gemm", "n1", &["x", "fc1.weight", "fc1.bias"], &["a"]), "['', 'fc1', 'linear']");
    parts.nodes[2] = scopes(node("Gemm", "n2", &["b", "fc2.weight", "fc2.bias"], &["c"]), "['', 'fc2', 'linear_1']");
    assert_eq!(choose(&parts.read(18), &Request::default()).unwrap().labels(), ["fc1", "fc2"]);
}

#[test]
fn weights_name_layers_where_nodes_do_not() {
    let mut parts = mlp();
    parts.nodes[0] = node("Gemm", "n1", &["x", "fc1.weight", "fc1.bias"], &["a"]);
    parts.nodes[2] = node("Gemm", "n2", &["b", "fc2.weight", "fc2.bias"], &["c"]);
    assert_eq!(choose(&parts.read(18), &Request::default()).unwrap().labels(), ["fc1", "fc2"]);
}

#[test]
fn patterns_pick_by_label_name_and_glob() {
    let graph = mlp().read(17);
    let pick = |pattern: &str| {
        let request = Request { patterns: vec![pattern.into()], pooling: None };
        choose(&graph, &request).map(|t| t.tensors().into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    assert_eq!(pick("fc2").unwrap(), ["c"]);
    assert_eq!(pick("fc*").unwrap(), ["a", "c"]);
    assert_eq!(pick("b").unwrap(), ["b"]);
    assert_eq!(pick("[bd]").unwrap(), ["b", "d"]);
    let error = pick("fc9").unwrap_err();
    assert!(error.to_string().contains("fc1"), "{error}");
    assert_eq!(error.fault(), Fault::Usage);
    assert!(matches!(pick("[").unwrap_err(), Error::Pattern { .. }));
}

#[test]
fn an_overlay_reads_back_as_part_of_the_model() {
    for (parts, pooling) in
        [(mlp(), None), (encoder(), None), (encoder(), Some(Pooling::Mean)), (convnet(), Some(Pooling::Max))]
    {
        for opset in [9, 12, 13, 17, 18, 26] {
            let graph = parts.read(opset);
            let request = Request { pooling, ..Request::default() };
            let (taps, overlay) = expose(&graph, &request).unwrap();
            let mut bytes = parts.model(opset);
            bytes.extend_from_slice(&overlay.bytes);
            let merged = parse(&bytes);
            assert_eq!(merged.nodes[..graph.nodes.len()].len(), graph.nodes.len());
            let outputs: Vec<&str> = merged.outputs.iter().map(|o| o.name.as_str()).collect();
            assert!(overlay.outputs.iter().all(|o| outputs.contains(&o.as_str())));
            assert_eq!(overlay.outputs.len(), taps.taps.len());
            // The choice does not change for a model that already carries taps.
            assert_eq!(choose(&merged, &Request::default()).unwrap().tensors(), taps.tensors());
        }
    }
}

#[test]
fn a_model_without_a_mask_gets_one_where_padding_matters() {
    let mut parts = encoder();
    parts.inputs.pop();
    parts.nodes.remove(2);
    parts.initializers.push(weight("m", &[1]));
    let request = Request { pooling: Some(Pooling::Mean), ..Request::default() };
    let (_, overlay) = expose(&parts.read(17), &request).unwrap();
    assert_eq!(overlay.extra_inputs.len(), 1);
    assert_eq!(overlay.extra_inputs[0].element, crate::model::ElementType::I64);
    let (_, first) = expose(&parts.read(17), &Request::default()).unwrap();
    assert!(first.extra_inputs.is_empty());
}

#[test]
fn pooling_that_makes_no_sense_is_refused() {
    let request = Request { pooling: Some(Pooling::First), ..Request::default() };
    assert!(matches!(expose(&convnet().read(17), &request), Err(Error::Pooling { .. })));
    let request = Request { pooling: Some(Pooling::Last), ..Request::default() };
    assert!(matches!(expose(&encoder().read(9), &request), Err(Error::Pooling { .. })));
}

#[test]
fn cycles_and_loose_ends_do_not_hang() {
    let parts = Parts {
        nodes: vec![
            node("Add", "a", &["b", "x"], &["a"]),
            node("Add", "b", &["a", "x"], &["b"]),
            int(node("Concat", "c", &["b", "nowhere"], &["c"]), "axis", 0),
        ],
        inputs: vec![value("x", 1, &[-1])],
        outputs: vec![value("c", 1, &[])],
        ..Parts::default()
    };
    assert!(matches!(choose(&parts.read(17), &Request::default()), Err(Error::NoWeights { nodes: 3 })));
    candidates(&parts.read(17));
}
