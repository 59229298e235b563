//! The chosen taps against PyTorch's hidden states, in a real ONNX Runtime.

use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, Array3, Array4, ArrayD, s};
use ndarray_npy::NpzReader;

use probe::internals::inputs::images::decode::decode;
use probe::internals::model::encode::Message;
use probe::internals::model::{ElementType, Model};
use probe::internals::runtime::{Runtime, SessionOptions, Tensor};
use probe::internals::taps::{Axis, Family, Pooling, Request, Tap, Taps, expose, overlay};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn golden(file: &str, name: &str) -> Array2<f32> {
    let mut npz = NpzReader::new(std::fs::File::open(here("fixtures/golden").join(file)).unwrap()).unwrap();
    npz.by_name(name).unwrap()
}

/// The pooled taps of a model for one batch, with the weights inside or as references.
fn run(
    model: &str,
    pooling: Option<Pooling>,
    references: bool,
    inputs: &[(&str, Tensor)],
) -> Vec<(String, Array2<f32>)> {
    let model = Model::open(&here(model)).unwrap();
    let (taps, overlay) = expose(&model.graph, &Request { pooling, ..Request::default() }).unwrap();
    let bytes = model.session_bytes(&overlay.bytes, references).unwrap();
    assert_eq!(bytes.external, references);
    let runtime = Runtime::find(None).unwrap();
    let folder = bytes.external.then_some(bytes.folder.as_path());
    let mut session = runtime.session(&bytes.bytes, folder, &overlay.outputs, &SessionOptions::default()).unwrap();
    let outputs = session.run(inputs.iter().map(|(n, t)| (n.to_string(), t.clone())).collect()).unwrap();
    taps.labels().into_iter().map(str::to_owned).zip(outputs).collect()
}

fn assert_close(label: &str, have: &Array2<f32>, want: &Array2<f32>) {
    assert_eq!(have.dim(), want.dim(), "{label}");
    let largest = have.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest < 1e-4, "{label}: {largest}");
}

#[test]
fn every_model_gets_the_layers_of_its_map() {
    let map = std::fs::read_to_string(here("fixtures/golden/taps.json")).unwrap();
    let map: serde_json::Value = serde_json::from_str(&map).unwrap();
    let mut seen = 0;
    for (file, layers) in map.as_object().unwrap() {
        let model = Model::open(&here("models").join(file)).unwrap();
        let taps = probe::internals::taps::choose(&model.graph, &Request::default()).unwrap();
        let wanted: Vec<&str> = layers.as_object().unwrap().values().map(|t| t.as_str().unwrap()).collect();
        assert_eq!(taps.tensors(), wanted, "{file}");
        assert!(taps.taps.iter().all(|t| t.neurons().is_some()), "{file}");
        seen += 1;
    }
    assert!(seen >= 11);
}

#[test]
fn texts_give_pytorchs_hidden_states() {
    let mut npz = NpzReader::new(std::fs::File::open(here("fixtures/golden/reviews_base_mean.npz")).unwrap()).unwrap();
    let ids: Array2<i64> = npz.by_name("input_ids").unwrap();
    let mask = ids.mapv(|id| i64::from(id != 1));
    let counts: Array1<i64> = npz.by_name("token_counts").unwrap();
    assert_eq!(mask.sum_axis(ndarray::Axis(1)), counts);
    let inputs = [("input_ids", Tensor::I64(ids.into_dyn())), ("attention_mask", Tensor::I64(mask.into_dyn()))];
    for references in [false, true] {
        for (pooling, file) in [(None, "reviews_base.npz"), (Some(Pooling::Mean), "reviews_base_mean.npz")] {
            let layers = run("models/reviews/base.onnx", pooling, references, &inputs);
            assert_eq!(layers.len(), 4);
            for (label, have) in layers {
                assert_close(&label, &have, &golden(file, &label));
            }
        }
    }
}

#[test]
fn digits_give_pytorchs_hidden_states() {
    for (model, images) in [
        ("colored_a0.00_s0", "digits_colored"),
        ("colored_a1.00_s0", "digits_colored"),
        ("colored_a1.00_s0.dynamo", "digits_colored"),
        ("shuffled_b1.00_s0", "digits_shuffled"),
    ] {
        let mut npz = NpzReader::new(std::fs::File::open(here(&format!("fixtures/{images}.npz"))).unwrap()).unwrap();
        let all: Array4<f32> = npz.by_name("image").unwrap();
        let first = all.slice(s![..16, .., .., ..]).to_owned().into_dyn();
        let layers = run(&format!("models/digits-mlp/{model}.onnx"), None, false, &[("image", Tensor::F32(first))]);
        assert_eq!(layers.len(), 3);
        for (label, have) in layers {
            let file = format!("digits_{}.npz", model.trim_end_matches(".dynamo"));
            assert_close(&label, &have, &golden(&file, &label));
        }
    }
}

#[test]
fn images_give_pytorchs_hidden_states() {
    let root = here("fixtures/objects");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folders[0]).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let (mean, deviation) = ([0.485f32, 0.456, 0.406], [0.229f32, 0.224, 0.225]);
    let mut pixels = Array4::<f32>::zeros((files.len(), 3, 64, 64));
    for (i, file) in files.iter().enumerate() {
        let mut rgb = Vec::new();
        assert_eq!(decode(&std::fs::read(file).unwrap(), &mut rgb), Ok((64, 64)));
        for (at, value) in rgb.iter().enumerate() {
            let (y, x, c) = (at / 3 / 64, at / 3 % 64, at % 3);
            pixels[[i, c, y, x]] = (f32::from(*value) / 255.0 - mean[c]) / deviation[c];
        }
    }
    let count = files.len();
    let layers = run("models/objects/base.onnx", None, true, &[("pixel_values", Tensor::F32(pixels.into_dyn()))]);
    assert_eq!(layers.len(), 4);
    for (label, have) in layers {
        let want = golden("objects_base.npz", &label).slice(s![..count, ..]).to_owned();
        assert_close(&label, &have, &want);
    }
}

/// A model that gives back what it is fed, cast to `element`: `hidden` [batch, sequence, 2] with ids, and a mask or none.
fn echo(opset: i64, element: ElementType, masked: bool) -> Vec<u8> {
    let value = |name: &str, element: i64, free: usize, last: Option<i64>| {
        let dims = (0..free).map(|i| Message::new().text(2, ["batch", "sequence"][i]));
        let shape = Message::new().messages(1, dims).messages(1, last.map(|d| Message::new().int(1, d)));
        let kind = Message::new().message(1, Message::new().int(1, element).message(2, shape));
        Message::new().text(1, name).message(2, kind)
    };
    let to = Message::new().text(1, "to").int(3, element.number().into()).int(20, 2);
    let node = Message::new().text(1, "hidden").text(2, "h").text(4, "Cast").message(5, to);
    let same = Message::new().text(1, "ids").text(2, "same").text(4, "Identity");
    let mut graph = Message::new().messages(1, [node, same]).text(2, "echo");
    graph = graph.message(11, value("hidden", 1, 2, Some(2))).message(11, value("ids", 7, 2, None));
    if masked {
        graph = graph.message(11, value("attention_mask", 7, 2, None));
        graph = graph.message(1, Message::new().text(1, "attention_mask").text(2, "m").text(4, "Identity"));
        graph = graph.message(12, value("m", 7, 2, None));
    }
    graph = graph.message(12, value("same", 7, 2, None));
    let imports = Message::new().text(1, "").int(2, opset);
    Message::new().int(1, 8).message(7, graph).message(8, imports).into_bytes()
}

#[test]
fn every_pooling_counts_real_tokens_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.onnx");
    let runtime = Runtime::find(None).unwrap();
    let hidden = Array3::from_shape_vec((2, 3, 2), vec![1., -1., 2., -2., 3., -3., 4., -4., 9., -9., 7., 7.]).unwrap();
    let mask = ndarray::arr2(&[[1i64, 1, 1], [1, 1, 0]]);
    let wanted = [
        (Pooling::First, [[1., -1.], [4., -4.]]),
        (Pooling::Last, [[3., -3.], [9., -9.]]),
        (Pooling::Mean, [[2., -2.], [6.5, -6.5]]),
        (Pooling::Max, [[3., -1.], [9., -4.]]),
    ];
    for (opset, element, masked) in [
        // Operator set 6 does not broadcast, and has no comparison.
        (6, ElementType::F32, true),
        (9, ElementType::F32, true),
        (11, ElementType::F32, true),
        (12, ElementType::F64, false),
        (13, ElementType::F16, true),
        (17, ElementType::F32, false),
        (18, ElementType::F16, false),
        (21, ElementType::F32, true),
        (22, ElementType::Bf16, true),
    ] {
        std::fs::write(&path, echo(opset, element, masked)).unwrap();
        let model = Model::open(&path).unwrap();
        for (pooling, want) in wanted {
            let tap = Tap {
                label: "h".into(),
                tensor: "h".into(),
                op: "Cast".into(),
                shape: None,
                element,
                axes: vec![Axis::Batch, Axis::Token, Axis::Neuron],
                pooling,
                recomputed: Vec::new(),
                auto: false,
                reason: String::new(),
            };
            let overlay = overlay(&model.graph, &Taps { family: Family::Unknown, taps: vec![tap] });
            if pooling == Pooling::Max && opset < 9 || pooling == Pooling::Last && opset < 11 {
                let refused = overlay.unwrap_err().to_string();
                assert!(refused.contains("needs operator set"), "{refused}");
                continue;
            }
            let overlay = overlay.unwrap();
            let bytes = model.session_bytes(&overlay.bytes, false).unwrap().bytes;
            let mut session = runtime.session(&bytes, None, &overlay.outputs, &SessionOptions::default()).unwrap();
            let ids: ArrayD<i64> = mask.clone().into_dyn();
            let mut inputs = vec![
                ("hidden".to_owned(), Tensor::F32(hidden.clone().into_dyn())),
                ("ids".to_owned(), Tensor::I64(ids.clone())),
            ];
            if masked {
                inputs.push(("attention_mask".into(), Tensor::I64(ids.clone())));
            }
            inputs.extend(overlay.extra_inputs.iter().map(|i| (i.name.clone(), Tensor::I64(ids.clone()))));
            let have = session.run(inputs).unwrap().remove(0);
            assert_close(&format!("{pooling} {opset} {element}"), &have, &ndarray::arr2(&want));
        }
    }
}

/// An initializer of floats.
fn floats(name: &str, dims: &[i64], values: &[f32]) -> Message {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    dims.iter().fold(Message::new(), |m, &d| m.int(1, d)).int(2, 1).text(8, name).bytes(9, &bytes)
}

fn node(op: &str, inputs: &[&str], output: &str, attributes: Vec<Message>) -> Message {
    let node = inputs.iter().fold(Message::new(), |m, input| m.text(1, input));
    node.text(2, output).text(4, op).messages(5, attributes)
}

/// A model of one float input `x`, whose first axis is free, and one output of rank 2.
fn graph(nodes: Vec<Message>, constants: Vec<Message>, x: &[i64], output: (&str, i64)) -> Vec<u8> {
    let value = |name: &str, rest: &[i64]| {
        let dims = rest.iter().map(|&extent| Message::new().int(1, extent));
        let shape = Message::new().message(1, Message::new().text(2, "batch")).messages(1, dims);
        let kind = Message::new().message(1, Message::new().int(1, 1).message(2, shape));
        Message::new().text(1, name).message(2, kind)
    };
    let graph = Message::new().messages(1, nodes).text(2, "by hand").messages(5, constants);
    let graph = graph.message(11, value("x", x)).message(12, value(output.0, &[output.1]));
    let imports = Message::new().text(1, "").int(2, 17);
    Message::new().int(1, 8).message(7, graph).message(8, imports).into_bytes()
}

/// What a tap and the model's own output hold for `x`.
fn tap_and_output(bytes: &[u8], tap: &str, pooling: Option<Pooling>, x: ArrayD<f32>, own: &str) -> [Array2<f32>; 2] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, bytes).unwrap();
    let model = Model::open(&path).unwrap();
    let request = Request { patterns: vec![tap.to_owned()], pooling };
    let (_, overlay) = expose(&model.graph, &request).unwrap();
    let wanted: Vec<String> = overlay.outputs.iter().cloned().chain([own.to_owned()]).collect();
    let bytes = model.session_bytes(&overlay.bytes, false).unwrap().bytes;
    let runtime = Runtime::find(None).unwrap();
    let mut session = runtime.session(&bytes, None, &wanted, &SessionOptions::default()).unwrap();
    session.run(vec![("x".to_owned(), Tensor::F32(x))]).unwrap().try_into().unwrap()
}

/// The states of all steps come from ONNX Runtime's own output [time, directions, batch, states], and are pooled here.
#[test]
fn a_recurrence_is_pooled_over_its_steps_with_both_directions() {
    let (batch, steps, features, states) = (3, 5, 2, 4);
    let some = |count: usize| (0..count).map(|i| (i as f32 * 0.7).sin()).collect::<Vec<f32>>();
    let weights =
        |name: &str, inner: usize| floats(name, &[2, 4 * states as i64, inner as i64], &some(2 * 4 * states * inner));
    let shape = Message::new().int(1, 2).int(2, 7).text(8, "rows").int(7, -1).int(7, states as i64);
    let hidden = Message::new().text(1, "hidden_size").int(3, states as i64).int(20, 2);
    let both = Message::new().text(1, "direction").text(4, "bidirectional").int(20, 3);
    let turned = [1, 0, 2].iter().fold(Message::new().text(1, "perm"), |m, &axis| m.int(8, axis)).int(20, 7);
    let bytes = graph(
        vec![
            node("Transpose", &["x"], "t", vec![turned]),
            node("LSTM", &["t", "w", "r"], "y", vec![hidden, both]),
            node("Reshape", &["y", "rows"], "all", Vec::new()),
        ],
        vec![weights("w", features), weights("r", states), shape],
        &[steps as i64, features as i64],
        ("all", states as i64),
    );
    let x = Array3::from_shape_fn((batch, steps, features), |(b, t, f)| ((b * 31 + t * 7 + f) as f32).cos()).into_dyn();
    for pooling in [Pooling::Mean, Pooling::Last] {
        let [have, all] = tap_and_output(&bytes, "y", Some(pooling), x.clone(), "all");
        let all = all.into_shape_with_order((steps, 2, batch, states)).unwrap();
        let pooled = match pooling {
            Pooling::Mean => all.mean_axis(ndarray::Axis(0)).unwrap(),
            _ => all.index_axis(ndarray::Axis(0), steps - 1).to_owned(),
        };
        let want = Array2::from_shape_fn((batch, 2 * states), |(b, n)| pooled[[n / states, b, n % states]]);
        assert_close(&pooling.to_string(), &have, &want);
    }
}

/// q = clip(round(x / scale) + zero point, 0, 255), and a neuron is (q - zero point) scale.
#[test]
fn integers_are_measured_as_the_numbers_that_they_stand_for() {
    let byte = |name: &str, value: u8| Message::new().int(2, 2).text(8, name).bytes(9, &[value]);
    let identity = [2u8, 0, 0, 2];
    let bytes = graph(
        vec![
            node("QuantizeLinear", &["x", "sx", "zx"], "q", Vec::new()),
            node("QLinearMatMul", &["q", "sx", "zx", "w", "sx", "zero", "sh", "zh"], "h", Vec::new()),
            node("DequantizeLinear", &["h", "sh", "zh"], "d", Vec::new()),
            node("MatMul", &["d", "last"], "y", Vec::new()),
        ],
        vec![
            floats("sx", &[], &[0.5]),
            byte("zx", 128),
            Message::new().int(1, 2).int(1, 2).int(2, 2).text(8, "w").bytes(9, &identity),
            byte("zero", 0),
            floats("sh", &[], &[0.25]),
            byte("zh", 100),
            floats("last", &[2, 2], &[1.0, 0.0, 0.0, 1.0]),
        ],
        &[2],
        ("y", 2),
    );
    // The last one lies beyond what eight bits hold: (255 - 100) / 4.
    let x = ndarray::arr2(&[[1.5f32, -3.0], [0.0, 20.5], [-12.5, 60.0]]);
    let want = ndarray::arr2(&[[1.5f32, -3.0], [0.0, 20.5], [-12.5, 38.75]]);
    let [have, _] = tap_and_output(&bytes, "h", None, x.into_dyn(), "y");
    assert_eq!(have, want);
}
