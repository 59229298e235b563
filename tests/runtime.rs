//! A real ONNX Runtime, found and used: what it says of models made to be refused, and what it gives for good ones.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ndarray::{arr2, array};
use probe::internals::runtime::{Error, Outcome, Runtime, Session, SessionOptions, Tensor};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/runtime").join(name)
}

fn session(name: &str, outputs: &[&str], options: &SessionOptions) -> Result<Session, Error> {
    let runtime = Runtime::find(None).unwrap();
    let outputs: Vec<String> = outputs.iter().map(|&name| name.to_owned()).collect();
    let model = std::fs::read(fixture(name)).unwrap();
    runtime.session(&model, fixture("").to_str().map(Path::new), &outputs, options)
}

fn refused(name: &str) -> String {
    match session(name, &[], &SessionOptions::default()) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{name} was accepted"),
    }
}

fn x(array: ndarray::Array2<f32>) -> Vec<(String, Tensor)> {
    vec![("x".into(), Tensor::F32(array.into_dyn()))]
}

#[test]
fn the_library_says_where_it_comes_from() {
    let runtime = Runtime::find(None).unwrap();
    assert!(runtime.library.is_file());
    assert!(runtime.version.starts_with("1."), "{}", runtime.version);
    assert!(runtime.providers.contains(&"cpu".to_owned()));
    let last = runtime.tried.last().unwrap();
    assert_eq!((last.place, &last.outcome, &last.path), (runtime.why, &Outcome::Used, &runtime.library));
    // A second library cannot be loaded; the same can be asked for again.
    assert!(Runtime::find(Some(&runtime.library)).is_ok());
    assert!(matches!(Runtime::find(Some(&fixture("weights.bin"))), Err(Error::AlreadyLoaded { .. })));
}

#[test]
fn a_load_can_be_given_up() {
    let runtime = Runtime::find(None).unwrap();
    let loading = runtime.loading(None, &[], &SessionOptions::default()).unwrap();
    loading.canceller().cancel();
    let model = std::fs::read(fixture("two-outputs.onnx")).unwrap();
    assert!(matches!(loading.finish(&model), Err(Error::Interrupted)));
}

#[test]
fn outputs_come_in_the_order_asked_and_alone() {
    let mut session =
        session("two-outputs.onnx", &["product", "positive", "product"], &SessionOptions::default()).unwrap();
    for rows in [2, 1] {
        let batch = arr2(&[[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]]);
        let outputs = session.run(x(batch.slice(ndarray::s![..rows, ..]).to_owned())).unwrap();
        // x · [[0, 1], [2, 3], [4, 5]]
        let product = array![[8.0, 10.0], [-4.0, -4.5]];
        let positive = array![[1.0, 0.0, 3.0], [0.5, 0.0, 0.0]];
        assert_eq!(outputs.len(), 3);
        assert_eq!(outputs[0], product.slice(ndarray::s![..rows, ..]));
        assert_eq!(outputs[1], positive.slice(ndarray::s![..rows, ..]));
        assert_eq!(outputs[2], outputs[0]);
    }
}

#[test]
fn every_element_type_arrives() {
    let mut session = session("every-type.onnx", &["sum"], &SessionOptions::default()).unwrap();
    let half = half::f16::from_f32;
    let inputs = vec![
        ("f32".into(), Tensor::F32(array![[1.0f32, 2.0]].into_dyn())),
        ("f64".into(), Tensor::F64(array![[10.0f64, 20.0]].into_dyn())),
        ("f16".into(), Tensor::F16(array![[half(100.0), half(200.0)]].into_dyn())),
        ("i64".into(), Tensor::I64(array![[1_000i64, 2_000]].into_dyn())),
        // Not in standard layout: a transposed array must not arrive transposed back.
        ("i32".into(), Tensor::I32(array![[10_000i32], [20_000]].reversed_axes().into_dyn())),
        ("u8".into(), Tensor::U8(array![[3u8, 4]].into_dyn())),
        ("i8".into(), Tensor::I8(array![[-1i8, -2]].into_dyn())),
        ("bool".into(), Tensor::Bool(array![[true, false]].into_dyn())),
    ];
    assert_eq!(session.run(inputs).unwrap()[0], array![[11_114.0, 22_224.0]]);
}

#[test]
fn external_data_is_found_in_its_folder() {
    let mut session = session("external.onnx", &["y"], &SessionOptions::default()).unwrap();
    assert_eq!(session.run(x(array![[1.0, -2.0, 3.0]])).unwrap()[0], array![[8.0, 10.0]]);
}

#[test]
fn models_it_cannot_load_are_explained() {
    assert!(refused("newer-opset.onnx").starts_with("the model uses opset 99 of ai.onnx; ONNX Runtime 1."));
    assert!(refused("newer-ir.onnx").starts_with("the model has IR version 99; ONNX Runtime 1."));
    let unknown = refused("unknown-op.onnx");
    assert!(unknown.starts_with("the node 'frob_1' uses the op Frobnicate of the domain 'ai.onnx'"), "{unknown}");
    let custom = refused("custom-op.onnx");
    assert!(custom.contains("the op Frobnicate of the domain 'com.acme'"), "{custom}");
    assert!(refused("weights.bin").contains("cannot load the model"));
}

#[test]
fn wrong_inputs_are_named_with_what_the_model_takes() {
    let mut session = session("two-outputs.onnx", &["product"], &SessionOptions::default()).unwrap();
    let mut said = |inputs| session.run(inputs).unwrap_err().to_string();
    assert_eq!(
        said(vec![("z".into(), Tensor::I64(array![[1i64, 2]].into_dyn()))]),
        "the model does not take these inputs: 'x' is missing; it takes x float32 [batch, 3], and was given z int64 [1, 2]"
    );
    let shape = said(x(array![[1.0, 2.0, 3.0, 4.0]]));
    assert!(
        shape.contains("Got: 4 Expected: 3; it takes x float32 [batch, 3], and was given x float32 [1, 4]"),
        "{shape}"
    );
    let element = said(vec![("x".into(), Tensor::F64(array![[1.0f64, 2.0, 3.0]].into_dyn()))]);
    assert!(element.contains("it takes x float32 [batch, 3], and was given x float64 [1, 3]"), "{element}");
}

#[test]
fn outputs_that_are_not_rows_of_neurons_are_refused() {
    let missing = session("two-outputs.onnx", &["absent"], &SessionOptions::default()).map(|_| ()).unwrap_err();
    assert_eq!(missing.to_string(), "the model has no output 'absent'; it has positive, product");
    let mut deep = session("rank-three.onnx", &["y"], &SessionOptions::default()).unwrap();
    let error = deep.run(x(array![[1.0, 2.0, 3.0]])).unwrap_err();
    assert!(matches!(&error, Error::Output { name, .. } if name == "y"), "{error}");
}

#[test]
fn a_provider_that_is_not_there_is_an_error() {
    let options = SessionOptions { provider: Some("abacus".into()), ..SessionOptions::default() };
    let error = session("two-outputs.onnx", &["product"], &options).map(|_| ()).unwrap_err();
    assert!(error.to_string().starts_with("this ONNX Runtime has no provider 'abacus'; it has "), "{error}");
    let cpu =
        SessionOptions { provider: Some("CPUExecutionProvider".into()), threads: Some(1), ..SessionOptions::default() };
    assert!(session("two-outputs.onnx", &["product"], &cpu).is_ok());
}

#[test]
fn a_run_can_be_cancelled_from_another_thread() {
    let mut session =
        session("endless.onnx", &["y"], &SessionOptions { threads: Some(1), ..SessionOptions::default() }).unwrap();
    let canceller = session.canceller();
    let timer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        canceller.cancel();
    });
    let start = Instant::now();
    let error = session.run(x(ndarray::Array2::zeros((64, 64)))).unwrap_err();
    timer.join().unwrap();
    assert!(matches!(error, Error::Interrupted), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
}
