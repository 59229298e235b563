//! From a model file and inputs to activations, through a real ONNX Runtime: equal to what PyTorch's hooks saw, and the
//! same bytes after a broken run.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ndarray::{Array2, s};
use ndarray_npy::NpzReader;
use probe::internals::activations::{self, Activations, Fed, Precision};
use probe::internals::base::job::{Job, Stage};
use probe::internals::inputs::{Feed, Inputs, Samples, Settings, Source};
use probe::internals::model::Model;
use probe::internals::runtime::{Runtime, Session, SessionOptions};
use probe::internals::store::{self, Parts, RunFolder};
use probe::internals::taps::{self, Overlay, Request, Taps};

fn repo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A model ready to run, with its inputs.
struct Ready {
    taps: Taps,
    overlay: Overlay,
    session: Session,
    inputs: Inputs,
    feed: Feed,
}

impl Ready {
    fn new(model: &str, settings: &Settings) -> Ready {
        let model = Model::open(&repo(model)).unwrap();
        let (taps, overlay) = taps::expose(&model.graph, &Request::default()).unwrap();
        let bytes = model.session_bytes(&overlay.bytes, false).unwrap();
        let folder = bytes.external.then_some(bytes.folder.as_path());
        let runtime = Runtime::find(None).unwrap();
        let session = runtime.session(&bytes.bytes, folder, &overlay.outputs, &SessionOptions::default()).unwrap();
        let inputs = Inputs::open(settings, &model).unwrap();
        let feed = Feed::of(&inputs, &model.graph).unwrap();
        Ready { taps, overlay, session, inputs, feed }
    }

    fn capture(&mut self, job: &dyn Job) -> Result<Activations, activations::Error> {
        let fed =
            Fed { inputs: &self.inputs, feed: &self.feed, extra: &self.overlay.extra_inputs, most_skipped: 100.0 };
        activations::capture(&mut self.session, &self.taps, &fed, activations::CapturePlan::default(), job)
    }
}

fn texts(folder: &Path, count: usize) -> Settings {
    let path = folder.join("texts.txt");
    let all = fs::read_to_string(repo("fixtures/reviews.txt")).unwrap();
    fs::write(&path, all.lines().take(count).flat_map(|line| [line, "\n"]).collect::<String>()).unwrap();
    Settings { samples: Samples::All, ..Settings::new(Source::Texts(vec![path])) }
}

/// The largest difference from a golden file, over all layers and the inputs in it.
fn largest_difference(activations: &Activations, golden: &str) -> f32 {
    let mut golden = NpzReader::new(File::open(repo("fixtures/golden").join(golden)).unwrap()).unwrap();
    let mut largest = 0.0f32;
    for layer in &activations.layers {
        let expected: Array2<f32> = golden.by_name(&layer.label).unwrap();
        let got = activations.layer(layer).reversed_axes();
        assert_eq!(got.ncols(), expected.ncols(), "{}", layer.label);
        let difference = &got.slice(s![..expected.nrows(), ..]) - &expected;
        // Unlike a fold with `f32::max`, this keeps a NaN.
        let farther = |most: f32, &d: &f32| if d.abs() > most || d.is_nan() { d.abs() } else { most };
        largest = difference.iter().fold(largest, farther);
    }
    largest
}

#[test]
fn activations_of_texts_are_those_of_pytorch() {
    let folder = tempfile::tempdir().unwrap();
    for model in ["base", "heuristic"] {
        let mut ready = Ready::new(&format!("models/reviews/{model}.onnx"), &texts(folder.path(), 60));
        let activations = ready.capture(&()).unwrap();
        assert_eq!(activations.layers.len(), 4);
        assert_eq!(activations.samples, 60);
        let largest = largest_difference(&activations, &format!("reviews_{model}.npz"));
        assert!(largest < 1e-4, "{model}: {largest}");
    }
}

#[test]
fn activations_of_arrays_are_those_of_pytorch_from_both_exporters() {
    for (model, golden) in [("colored_a1.00_s0", "colored_a1.00_s0"), ("colored_a1.00_s0.dynamo", "colored_a1.00_s0")] {
        let settings =
            Settings { samples: Samples::All, ..Settings::new(Source::Arrays(repo("fixtures/digits_colored.npz"))) };
        let mut ready = Ready::new(&format!("models/digits-mlp/{model}.onnx"), &settings);
        let activations = ready.capture(&()).unwrap();
        assert_eq!((activations.layers.len(), activations.samples), (3, 1000));
        let largest = largest_difference(&activations, &format!("digits_{golden}.npz"));
        assert!(largest < 1e-4, "{model}: {largest}");
    }
}

/// Keeps parts on the disk, and asks to stop when some inputs are done.
struct Stopping<'a> {
    parts: &'a Parts,
    after: u64,
    done: AtomicU64,
    stop: AtomicBool,
}

impl<'a> Stopping<'a> {
    fn after(parts: &'a Parts, after: u64) -> Self {
        Stopping { parts, after, done: AtomicU64::new(0), stop: AtomicBool::new(false) }
    }
}

impl Job for Stopping<'_> {
    fn advance(&self, by: u64) {
        if self.done.fetch_add(by, Ordering::Relaxed) + by >= self.after {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn kept(&self, stage: Stage, section: &str, index: u64) -> Option<Vec<u8>> {
        self.parts.kept(stage, section, index, &|ignored| panic!("{ignored}"))
    }

    fn keep(&self, stage: Stage, section: &str, index: u64, bytes: &[u8]) -> io::Result<()> {
        Ok(self.parts.keep(stage, section, index, bytes)?)
    }
}

fn saved(activations: &Activations) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    activations.save(&mut file, Precision::F32).unwrap();
    file.into_inner()
}

#[test]
fn a_stopped_run_goes_on_from_its_folder_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let settings = texts(folder.path(), 400);
    let whole = Ready::new("models/reviews/base.onnx", &settings).capture(&()).unwrap();
    let run = RunFolder::create(&folder.path().join("run")).unwrap();
    let depends = BTreeMap::from([("model".to_owned(), "base".to_owned())]);
    for after in [100, 250] {
        let parts = Parts::resume(&run, depends.clone()).unwrap();
        let stopped = Ready::new("models/reviews/base.onnx", &settings).capture(&Stopping::after(&parts, after));
        assert!(matches!(stopped, Err(activations::Error::Interrupted)), "{stopped:?}");
        assert!(store::has_parts(run.path()));
    }
    let parts = Parts::resume(&run, depends).unwrap();
    let resumed =
        Ready::new("models/reviews/base.onnx", &settings).capture(&Stopping::after(&parts, u64::MAX)).unwrap();
    assert_eq!(saved(&resumed), saved(&whole));
    assert_eq!((resumed.digest, &resumed.kept_rows), (whole.digest, &whole.kept_rows));
    // Each of the stopped runs kept its parts, and the last one had more to do.
    let parts = resumed.resumed.unwrap();
    assert!(parts.kept >= 2 && parts.kept < parts.total, "{parts:?}");
}
