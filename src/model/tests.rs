//! One test for each way a file can be no model, or a model be malformed.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use crate::base::advise::{Advise, Fault};

use super::encode::Message;
use super::error::ExternalFault;
use super::testing::{Parts, indices, ints, node, parse, value, weight};
use super::*;

fn small() -> Parts {
    Parts {
        nodes: vec![ints(node("Conv", "c", &["x", "w"], &["y"]), "strides", &[2, 2])],
        initializers: vec![weight("w", &[2, 3, 1, 1]), indices("shape", &[0, -1])],
        inputs: vec![value("x", 1, &[-1, 3, 8, 8]), value("w", 1, &[2, 3, 1, 1])],
        outputs: vec![value("y", 1, &[-1, 2, 4, 4])],
    }
}

fn opened(bytes: &[u8]) -> Result<Model, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    fs::write(&path, bytes).unwrap();
    Model::open(&path)
}

/// A float initializer of `dims` whose data lies in `location`.
fn outside(name: &str, dims: &[i64], location: &str, offset: &str, length: Option<&str>) -> Message {
    let entry = |key: &str, value: &str| Message::new().text(1, key).text(2, value);
    let message = dims.iter().fold(Message::new(), |m, &d| m.int(1, d)).int(2, 1).text(8, name).int(14, 1);
    let message = message.message(13, entry("location", location)).message(13, entry("offset", offset));
    length.iter().fold(message, |m, l| m.message(13, entry("length", l)))
}

fn with_outside(tensors: Vec<Message>) -> Vec<u8> {
    Parts { initializers: tensors, ..small() }.model(17)
}

#[test]
fn a_graph_is_read_without_its_weights() {
    let graph = small().read(17);
    assert_eq!((graph.opset, graph.ir_version, graph.producer.as_str()), (17, 8, "tests"));
    assert_eq!(graph.nodes[0].ints("strides"), Some(&[2, 2][..]));
    assert_eq!(graph.nodes[0].inputs, ["x", "w"]);
    let names: Vec<&str> = graph.inputs.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["x"], "an initializer is not fed, though old files list it as an input");
    let axes = [Dim::Named("axis1".into()), Dim::Fixed(3), Dim::Fixed(8), Dim::Fixed(8)];
    assert_eq!(graph.inputs[0].shape.as_deref(), Some(&axes[..]));
    assert_eq!(graph.initializers[0].dims, [2, 3, 1, 1]);
    assert!(matches!(graph.initializers[0].storage, Storage::Raw { length: 24, .. }));
    assert_eq!(graph.initializers[1].ints.as_deref(), Some(&[0, -1][..]));
}

#[test]
fn subgraphs_tell_what_they_take_from_outside() {
    let inner = Parts {
        nodes: vec![node("Add", "", &["outer", "own"], &["out"])],
        initializers: vec![weight("own", &[1])],
        outputs: vec![value("out", 1, &[])],
        ..Parts::default()
    };
    let branch = Message::new().text(1, "then_branch").message(6, inner.graph()).int(20, 5);
    let mut parts = small();
    parts.nodes.push(node("If", "if", &["cond"], &["z"]).message(5, branch));
    assert_eq!(parts.read(17).nodes[1].captured, ["outer"]);
}

#[test]
fn every_prefix_of_a_model_is_an_error() {
    let bytes = small().model(17);
    for cut in 0..bytes.len() {
        let error = opened(&bytes[..cut]).expect_err("a part is not the whole");
        assert_eq!(error.fault(), Fault::Input);
        assert!(!error.to_string().contains('\n'));
    }
    assert!(
        matches!(opened(&bytes[..bytes.len() / 2]), Err(Error::CutShort { len, .. }) if len == bytes.len() as u64 / 2)
    );
    assert!(opened(&bytes).is_ok());
}

#[test]
fn every_flipped_byte_is_read_or_refused() {
    let bytes = small().model(17);
    for at in 0..bytes.len() {
        for bit in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= bit;
            let contents = read::read(Cursor::new(&damaged));
            if contents.error.is_none() {
                let _ = crate::taps::choose(&contents.graph, &crate::taps::Request::default());
            }
        }
    }
}

#[test]
fn other_files_are_named_for_what_they_are() {
    let lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    assert!(matches!(opened(lfs), Err(Error::LfsPointer(_))));
    assert!(opened(lfs).unwrap_err().advice().unwrap().contains("git lfs pull"));
    assert!(matches!(opened(b"\n<!DOCTYPE html><html>"), Err(Error::WebPage(_))));
    assert!(matches!(opened(b""), Err(Error::Empty(_))));
    for (bytes, what) in [
        (&b"PK\x03\x04rest"[..], "zip"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"{\"a\": 1}", "JSON"),
        (b"\x08\0\0\0ORTM1234", ".ort"),
        (b"\x10\0\0\0\0\0\0\0{\"a\":1}", "safetensors"),
        (b"\x93NUMPY\x01", "NumPy"),
    ] {
        let error = opened(bytes).unwrap_err();
        assert!(matches!(error, Error::OtherFormat { .. }) && error.to_string().contains(what), "{error}");
    }
    for garbage in [&b"hello world, this is text"[..], &[0xff; 64], &[0; 64], &[0x3a, 0xff, 0xff, 0xff, 0x7f]] {
        assert!(matches!(opened(garbage), Err(Error::NotOnnx { .. })), "{garbage:?}");
    }
}

#[test]
fn folders_lead_to_their_model() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Model::open(&folder.path().join("none")), Err(Error::Missing(_))));
    assert!(matches!(Model::open(folder.path()), Err(Error::NoModelInFolder { below, .. }) if below.is_empty()));
    fs::write(folder.path().join("config.json"), r#"{"model_type": "bert", "vocab_size": 30}"#).unwrap();
    fs::create_dir(folder.path().join("onnx")).unwrap();
    fs::write(folder.path().join("onnx/model.onnx"), small().model(17)).unwrap();
    let model = Model::open(folder.path()).unwrap();
    assert_eq!(model.config().unwrap().vocab_size, Some(30), "one level up");
    fs::write(folder.path().join("a.onnx"), small().model(17)).unwrap();
    assert!(Model::open(folder.path()).unwrap().file.ends_with("a.onnx"));
    fs::write(folder.path().join("b.onnx"), small().model(17)).unwrap();
    assert!(matches!(Model::open(folder.path()), Err(Error::SeveralModels { .. })));
    assert!(matches!(Model::open(&folder.path().join("config.json")), Err(Error::OtherFormat { .. })));
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(matches!(Model::open(&pipe), Err(Error::NotAFile { .. })));
    assert!(matches!(Model::open(Path::new("/dev/zero")), Err(Error::NotAFile { .. })));
}

#[test]
fn bombs_are_refused_in_bounded_memory() {
    // Graphs within graphs.
    let mut graph = small().graph();
    for _ in 0..1000 {
        let branch = Message::new().text(1, "body").message(6, graph).int(20, 5);
        graph = Message::new().message(1, node("If", "", &["c"], &["o"]).message(5, branch));
    }
    let deep = Message::new().int(1, 8).message(7, graph).into_bytes();
    assert!(matches!(opened(&deep), Err(Error::Damaged { .. })));
    // A shape of 2^80 elements with no data behind it.
    let huge = Message::new().int(1, 1 << 40).int(1, 1 << 40).int(2, 1).text(8, "w").bytes(9, &[0; 4]);
    let parts = Parts { initializers: vec![huge], ..small() };
    assert!(matches!(opened(&parts.model(17)), Err(Error::Damaged { .. })));
    // A length that nothing backs.
    let mut bytes = small().model(17);
    bytes.extend_from_slice(&[0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
    assert!(matches!(opened(&bytes), Err(Error::CutShort { .. })));
    // A child longer than its parent.
    let lying = Message::new().int(1, 8).bytes(7, &[0x0a, 0x70, 0x01]).into_bytes();
    assert!(
        matches!(opened(&lying), Err(Error::Damaged { .. })) || matches!(opened(&lying), Err(Error::CutShort { .. }))
    );
}

#[test]
fn external_data_has_to_lie_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(folder.path().join("secret"), [0; 64]).unwrap();
    fs::write(inner.join("data"), [0; 64]).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../secret", inner.join("link")).unwrap();
        std::os::unix::fs::symlink("data", inner.join("alias")).unwrap();
        fs::hard_link(folder.path().join("secret"), inner.join("hard")).unwrap();
    }
    let path = inner.join("model.onnx");
    let fault = |tensors: Vec<Message>| {
        fs::write(&path, with_outside(tensors)).unwrap();
        match Model::open(&path) {
            Ok(_) => None,
            Err(Error::External { tensor, fault, .. }) => Some((tensor, fault)),
            Err(other) => panic!("{other}"),
        }
    };
    let one = |location: &str, offset: &str, length: Option<&str>| {
        fault(vec![outside("w", &[4], location, offset, length)]).map(|(tensor, fault)| {
            assert_eq!(tensor, "w");
            fault
        })
    };
    assert_eq!(one("data", "0", Some("16")), None);
    assert_eq!(one("./data", "48", None), None);
    assert_eq!(one("alias", "0", Some("16")), None);
    assert_eq!(one("hard", "0", Some("16")), None);
    assert_eq!(one("", "0", None), Some(ExternalFault::NoLocation));
    assert_eq!(one("../secret", "0", None), Some(ExternalFault::Climbs));
    assert_eq!(one("a/../../secret", "0", None), Some(ExternalFault::Climbs));
    assert_eq!(one("a\\..\\secret", "0", None), Some(ExternalFault::Climbs));
    assert_eq!(one("/etc/passwd", "0", None), Some(ExternalFault::Absolute));
    assert_eq!(one("C:\\data", "0", None), Some(ExternalFault::Absolute));
    assert!(matches!(one("link", "0", None), Some(ExternalFault::LeadsOut(_))));
    assert!(matches!(one("nowhere", "0", None), Some(ExternalFault::Missing(_))));
    assert_eq!(one("data", "52", None), Some(ExternalFault::Short { needed: 68, len: 64 }));
    assert_eq!(one("data", "18446744073709551615", None), Some(ExternalFault::Short { needed: u64::MAX, len: 64 }));
    assert_eq!(one("data", "0", Some("8")), Some(ExternalFault::Size { length: 8, expected: 16 }));
    let two = |a: &str, b: &str| fault(vec![outside("u", &[4], "data", a, None), outside("w", &[4], "data", b, None)]);
    assert_eq!(two("0", "16"), None);
    assert_eq!(two("16", "16"), None, "tied weights");
    assert!(matches!(two("0", "8"), Some((_, ExternalFault::Overlap { .. }))));
}

#[cfg(unix)]
#[test]
fn a_hub_cache_of_links_is_followed() {
    let cache = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(cache.path()).unwrap();
    fs::create_dir_all(root.join("blobs")).unwrap();
    fs::create_dir_all(root.join("snapshots/abc")).unwrap();
    fs::write(root.join("blobs/1111"), with_outside(vec![outside("w", &[2, 3, 1, 1], "model.onnx_data", "0", None)]))
        .unwrap();
    fs::write(root.join("blobs/2222"), [1; 24]).unwrap();
    fs::write(root.join("blobs/3333"), "{}").unwrap();
    for (link, blob) in [("model.onnx", "1111"), ("model.onnx_data", "2222"), ("tokenizer.json", "3333")] {
        std::os::unix::fs::symlink(format!("../../blobs/{blob}"), root.join("snapshots/abc").join(link)).unwrap();
    }
    let model = Model::open(&root.join("snapshots/abc")).unwrap();
    assert_eq!(model.folder, root.join("blobs"));
    assert!(model.side_file("tokenizer.json").is_some());
    // The runtime refuses links, so the bytes name the blob.
    let session = model.session_bytes(&[], false).unwrap();
    assert_eq!(session.folder, root.join("blobs"));
    assert_eq!(parse(&session.bytes).external[0].location, "2222");
}

#[test]
fn references_keep_everything_but_the_weights() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    let mut parts = small();
    parts.initializers.push(weight("large", &[64, 64]));
    let bytes = parts.model(17);
    fs::write(&path, &bytes).unwrap();
    let model = Model::open(&path).unwrap();
    let overlay = Message::new().message(7, Message::new().message(12, Message::new().text(1, "w"))).into_bytes();
    let plain = model.session_bytes(&overlay, false).unwrap();
    assert_eq!(plain.bytes, [bytes.clone(), overlay.clone()].concat());
    let session = model.session_bytes(&overlay, true).unwrap();
    assert!(session.external && session.bytes.len() < bytes.len() - 64 * 64 * 4 + 200);
    let graph = parse(&session.bytes);
    let mut original = model.graph.clone();
    original.outputs.push(TensorInfo { name: "w".into(), element: ElementType::Other(0), shape: None });
    let names = |g: &Graph| g.initializers.iter().map(|i| (i.name.clone(), i.dims.clone())).collect::<Vec<_>>();
    assert_eq!(names(&graph), names(&original));
    assert_eq!(graph.outputs, original.outputs);
    let [claim] = &graph.external[..] else { panic!("{:?}", graph.external) };
    assert_eq!(
        (claim.tensor.as_str(), claim.location.as_str(), claim.length),
        ("large", "model.onnx", Some(64 * 64 * 4))
    );
    let Storage::Raw { offset, length } = model.graph.initializers[2].storage else { panic!() };
    assert_eq!((claim.offset, claim.length), (offset, Some(length)));
}

#[test]
fn the_digest_covers_external_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    fs::write(&path, small().model(17)).unwrap();
    assert_eq!(Model::open(&path).unwrap().digest().unwrap().hash, blake3::hash(&small().model(17)));
    fs::write(folder.path().join("data"), [0; 16]).unwrap();
    fs::write(&path, with_outside(vec![outside("w", &[4], "data", "0", None)])).unwrap();
    let before = Model::open(&path).unwrap().digest().unwrap().hash;
    fs::write(folder.path().join("data"), [1; 16]).unwrap();
    assert_ne!(Model::open(&path).unwrap().digest().unwrap().hash, before);
}

#[test]
fn what_is_not_onnx_is_met_with_the_command_that_exports_it() {
    let folder = tempfile::tempdir().unwrap();
    let advice = |path: &Path| crate::Advise::advice(&Model::open(path).unwrap_err()).unwrap();
    fs::write(folder.path().join("model.safetensors"), "").unwrap();
    let said = advice(folder.path());
    assert!(said.starts_with("model.safetensors is not ONNX") && said.contains("optimum-cli export onnx"), "{said}");
    fs::create_dir_all(folder.path().join("run/base")).unwrap();
    fs::write(folder.path().join("run/base/net.onnx"), "").unwrap();
    let said = advice(folder.path());
    assert!(said.starts_with("name one of") && said.ends_with("run/base/net.onnx"), "{said}");
    let said = advice(Path::new("some-org/some-name"));
    assert!(said.contains("`optimum-cli export onnx --model some-org/some-name some-name-onnx`"), "{said}");
    for path in ["some-folder/model.onnx", "/nowhere/model", "./model"] {
        assert!(!advice(Path::new(path)).contains("optimum"), "{path}");
    }
}
