//! Captures of a made-up model over made-up inputs, so that what comes out is known: values, order, skips, resuming.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ndarray::{Array2, ArrayD, IxDyn, s};

use super::*;
use crate::base::job::{Job, Stage};
use crate::base::share::{Shard, Share};
use crate::inputs::{self, Batch, Cut, Part, Skipped};
use crate::runtime::{self, Tensor};
use crate::taps::{Family, Pooling, Tap, Taps};

const DRAWN: usize = 23;
const BATCH: usize = 4;

/// Two layers of 2 and 1 neurons: 10 x, -x, and x².
fn taps() -> Taps {
    let tap = |label: &str| Tap {
        label: label.into(),
        tensor: format!("{label}_output"),
        op: "Relu".into(),
        shape: None,
        element: crate::model::ElementType::F32,
        axes: vec![crate::taps::Axis::Batch, crate::taps::Axis::Neuron],
        pooling: Pooling::None,
        recomputed: Vec::new(),
        auto: true,
        reason: String::new(),
    };
    Taps { family: Family::Chain, taps: vec![tap("first"), tap("second")] }
}

/// What input number `row` looks like.
fn x(row: usize) -> f32 {
    (row as f32 * 0.7).sin() * 3.0
}

/// Inputs in batches, each a window; those of a batch come in falling order, as texts sorted by length might.
#[derive(Clone, Copy)]
struct Made {
    skip: fn(usize) -> bool,
    /// Rows that the model's fixed batch size asks for.
    padded: Option<usize>,
    /// Inputs of a part.
    part: usize,
    /// Every row is what the row modulo this is.
    same: usize,
    keeps_repeats: bool,
}

const PLAIN: Made = Made { skip: |_| false, padded: None, part: BATCH, same: DRAWN, keeps_repeats: true };

impl Source for Made {
    fn drawn(&self) -> usize {
        DRAWN
    }

    fn keeps_repeats(&self) -> bool {
        self.keeps_repeats
    }

    fn cut(&self) -> Cut {
        Cut::into_parts_of(self.part, DRAWN, BATCH)
    }

    fn sizes(&self, block: usize) -> Result<Vec<Vec<usize>>, inputs::Error> {
        let rows = |window| BATCH.min(DRAWN - window * BATCH);
        Ok(self.cut().windows(block).map(|window| vec![rows(window)]).collect())
    }

    fn batches(&self, wanted: Vec<Part>) -> Box<dyn Iterator<Item = Result<Batch, inputs::Error>> + Send + '_> {
        let cut = self.cut();
        let mut places = Vec::new();
        for Part { block, nth } in wanted {
            let parts = cut.parts(block, &self.sizes(block).unwrap());
            let Some(batches) = parts.get(nth) else { continue };
            for (place, (window, _)) in batches.iter().enumerate() {
                let ends = (place + 1 == batches.len(), nth + 1 == parts.len());
                places.push((*window, cut.number(block, nth), ends));
            }
        }
        Box::new(places.into_iter().enumerate().map(|(index, (window, part, (ends_part, ends_block)))| {
            let all = (window * BATCH..DRAWN.min((window + 1) * BATCH)).rev();
            let (skipped, rows): (Vec<usize>, Vec<usize>) = all.partition(|&row| (self.skip)(row));
            let skipped = skipped.into_iter().map(|row| Skipped {
                source: "made".into(),
                line: Some(row as u64 + 1),
                reason: "unlucky".into(),
            });
            Ok(Batch {
                index: index as u64,
                part,
                ends_part,
                ends_block,
                digests: rows.iter().map(|&row| [row as u8; 32]).collect(),
                alike: rows.iter().map(|&row| [(row % self.same) as u8; 16]).collect(),
                truncated: rows.iter().copied().filter(|row| row % 2 == 0).collect(),
                rows,
                prepared: None,
                skipped: skipped.collect(),
            })
        }))
    }

    fn tensors(&self, batch: &mut Batch) -> Result<Vec<(String, Tensor)>, inputs::Error> {
        let rows = self.padded.unwrap_or(batch.rows.len());
        let values = (0..rows).map(|place| batch.rows.get(place).map_or(99.0, |&row| x(row)));
        Ok(vec![("x".into(), Tensor::F32(ArrayD::from_shape_vec(IxDyn(&[rows]), values.collect()).unwrap()))])
    }
}

/// Counts its runs, and fails at one of them.
#[derive(Default)]
struct Model {
    runs: usize,
    fails_at: Option<usize>,
    wider_at: Option<usize>,
    flat: bool,
    /// Divides by the largest value of the batch, as dynamic quantisation does.
    scaled: bool,
    /// Adds another number at every run.
    random: bool,
    /// Has no neurons in its second layer.
    empty: bool,
}

impl Forward for Model {
    fn run(&mut self, inputs: Vec<(String, Tensor)>) -> Result<Vec<Array2<f32>>, runtime::Error> {
        let [(_, Tensor::F32(x))] = &inputs[..] else { panic!("one float input") };
        self.runs += 1;
        if self.fails_at == Some(self.runs) {
            return Err(runtime::Error::Run { message: "broken".into(), version: "1".into() });
        }
        let rows = if self.flat { 1 } else { x.len() };
        let scale = if self.scaled { x.iter().fold(0.0f32, |most, value| most.max(value.abs())) } else { 1.0 };
        let noise = if self.random { self.runs as f32 } else { 0.0 };
        let x = x.mapv(|value| value / scale + noise);
        let first = Array2::from_shape_fn((rows, 2), |(row, neuron)| [10.0, -1.0][neuron] * x[row]);
        let width = if self.wider_at == Some(self.runs) { 2 } else { usize::from(!self.empty) };
        Ok(vec![first, Array2::from_shape_fn((rows, width), |(row, _)| x[row] * x[row])])
    }

    fn stopper(&self) -> Box<dyn Fn() + Send> {
        Box::new(|| {})
    }
}

/// Keeps parts in memory, and asks to stop after some of them.
#[derive(Default)]
struct Kept {
    parts: Mutex<BTreeMap<(String, u64), Vec<u8>>>,
    stop_after: Option<usize>,
    stopped: AtomicBool,
    full: bool,
    share: Share,
    advanced: AtomicUsize,
    warnings: Mutex<Vec<String>>,
}

impl Job for Kept {
    fn advance(&self, by: u64) {
        self.advanced.fetch_add(by as usize, Ordering::Relaxed);
    }

    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn warn(&self, message: &str) {
        self.warnings.lock().unwrap().push(message.into());
    }

    fn share(&self) -> Share {
        self.share
    }

    fn kept(&self, _: Stage, section: &str, index: u64) -> Option<Vec<u8>> {
        self.parts.lock().unwrap().get(&(section.to_owned(), index)).cloned()
    }

    fn keep(&self, _: Stage, section: &str, index: u64, bytes: &[u8]) -> io::Result<()> {
        if self.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let mut parts = self.parts.lock().unwrap();
        parts.insert((section.to_owned(), index), bytes.to_owned());
        if self.stop_after.is_some_and(|after| parts.len() >= after) {
            self.stopped.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// A model that was checked before.
const NO_CHECK: CapturePlan = CapturePlan {
    rounding: 1e-3,
    allow_random: false,
    known: Some(SelfCheck { inputs: 3, alone: 0.0, again: 0.0, rounding: 1e-3 }),
};

fn run(model: &mut Model, source: &Made, job: &dyn Job) -> Result<Activations, Error> {
    capture(model, &taps(), source, NO_CHECK, job)
}

fn some_skipped() -> Made {
    Made { skip: |row| row % 7 == 2 || (8..12).contains(&row), ..PLAIN }
}

fn bytes(activations: &Activations) -> Vec<u8> {
    let mut file = io::Cursor::new(Vec::new());
    activations.save(&mut file, Precision::F32).unwrap();
    file.into_inner()
}

/// Everything that a result is made of.
fn same(a: &Activations, b: &Activations) -> bool {
    bytes(a) == bytes(b)
        && (&a.layers, a.samples, &a.kept_rows, &a.skipped, a.truncated, a.digest)
            == (&b.layers, b.samples, &b.kept_rows, &b.skipped, b.truncated, b.digest)
}

#[test]
fn every_input_is_in_its_column_and_skipped_ones_are_not() {
    let source = some_skipped();
    let job = Kept::default();
    let activations = run(&mut Model::default(), &source, &job).unwrap();
    let kept: Vec<usize> = (0..DRAWN).filter(|&row| !(source.skip)(row)).collect();
    assert_eq!(activations.kept_rows, kept);
    assert_eq!(activations.samples, kept.len());
    let expected = Array2::from_shape_fn((3, kept.len()), |(neuron, column)| {
        let x = x(kept[column]);
        [10.0 * x, -x, x * x][neuron]
    });
    assert_eq!(activations.rows(), expected);
    assert_eq!(activations.layer(&activations.layers[1]), expected.slice(s![2..3, ..]));
    assert_eq!(activations.ranges(), [0..2, 2..3]);
    assert_eq!(activations.layers[0].tensor, "first_output");
    assert_eq!(activations.skipped.len(), DRAWN - kept.len());
    assert_eq!(job.advanced.load(Ordering::Relaxed), DRAWN);
    let mut hasher = blake3::Hasher::new();
    kept.iter().for_each(|&row| {
        hasher.update(&[row as u8; 32]);
    });
    assert_eq!(activations.digest, *hasher.finalize().as_bytes());
    // The third batch is skipped whole, and is no run.
    assert_eq!(activations.resumed, Some(Resume { kept: 0, total: 6 }));
}

#[test]
fn a_run_broken_anywhere_goes_on_to_the_same_bytes() {
    let source = some_skipped();
    let whole = run(&mut Model::default(), &source, &()).unwrap();
    for parts in 0..=6 {
        // As after a kill: the first parts are there, and nothing else.
        let job = Kept::default();
        run(&mut Model::default(), &source, &job).unwrap();
        job.parts.lock().unwrap().retain(|(_, index), _| *index < parts);
        let mut model = Model::default();
        let resumed = run(&mut model, &source, &job).unwrap();
        assert!(same(&whole, &resumed), "{parts} parts");
        assert_eq!(resumed.resumed, Some(Resume { kept: parts, total: 6 }));
        // Six batches, of which the third is skipped whole.
        assert_eq!(model.runs, [5, 4, 3, 3, 2, 1, 0][parts as usize]);
    }
}

#[test]
fn stopping_keeps_what_is_finished() {
    let source = some_skipped();
    let whole = run(&mut Model::default(), &source, &()).unwrap();
    let job = Kept { stop_after: Some(2), ..Kept::default() };
    assert!(matches!(run(&mut Model::default(), &source, &job), Err(Error::Interrupted)));
    let job = Kept { parts: job.parts, ..Kept::default() };
    let resumed = run(&mut Model::default(), &source, &job).unwrap();
    assert!(same(&whole, &resumed));
    assert_eq!(resumed.resumed, Some(Resume { kept: 2, total: 6 }));
}

#[test]
fn a_failing_run_keeps_the_parts_that_came_before() {
    let job = Kept::default();
    let mut model = Model { fails_at: Some(3), ..Model::default() };
    let source = Made { part: 8, ..some_skipped() };
    let error = run(&mut model, &source, &job).unwrap_err();
    assert!(matches!(error, Error::Runtime(runtime::Error::Run { .. })), "{error}");
    // The third run is of the fourth batch, since the third batch is skipped whole.
    assert_eq!(job.parts.lock().unwrap().len(), 1);
    let resumed = run(&mut Model::default(), &source, &job).unwrap();
    assert_eq!(resumed.resumed, Some(Resume { kept: 1, total: 3 }));
    assert!(same(&run(&mut Model::default(), &source, &()).unwrap(), &resumed));
}

#[test]
fn only_parts_that_are_missing_or_do_not_fit_are_computed_again() {
    let source = some_skipped();
    let whole = run(&mut Model::default(), &source, &()).unwrap();
    let job = Kept::default();
    run(&mut Model::default(), &source, &job).unwrap();
    {
        let mut parts = job.parts.lock().unwrap();
        let second = parts[&(String::new(), 1)].clone();
        // The second again where the fourth should be: its inputs are not of that block.
        parts.insert((String::new(), 3), second);
        parts.remove(&(String::new(), 0));
    }
    let mut model = Model::default();
    let resumed = run(&mut model, &source, &job).unwrap();
    assert!(same(&whole, &resumed));
    assert_eq!((resumed.resumed, model.runs), (Some(Resume { kept: 4, total: 6 }), 2));
    assert_eq!(job.warnings.lock().unwrap().len(), 1);
}

#[test]
fn shards_make_the_parts_of_one_process_and_are_put_together_without_a_model() {
    for part in [1, 8, 100] {
        let source = Made { part, ..some_skipped() };
        let one = Kept::default();
        let whole = run(&mut Model::default(), &source, &one).unwrap();
        for of in [1, 2, 3, 7, 16] {
            let job = Kept::default();
            let mut runs = 0;
            // The last shard first: the order makes no difference.
            for index in (0..of).rev() {
                let shard = Kept { share: Share::Of(Shard { index, of }), ..Kept::default() };
                let mut model = Model::default();
                capture_share(&mut model, &taps(), &source, NO_CHECK, &shard).unwrap();
                runs += model.runs;
                job.parts.lock().unwrap().extend(shard.parts.into_inner().unwrap());
            }
            assert_eq!(runs, 5, "no batch is run twice");
            assert_eq!(*job.parts.lock().unwrap(), *one.parts.lock().unwrap(), "{of} shards");
            let joined = join(&taps(), &source, NO_CHECK, &job).unwrap();
            assert!(same(&whole, &joined), "{of} shards");
        }
    }
}

#[test]
fn what_is_missing_is_named_by_its_place() {
    let source = Made { part: 8, ..some_skipped() };
    let job = Kept::default();
    run(&mut Model::default(), &source, &job).unwrap();
    job.parts.lock().unwrap().remove(&(String::new(), 1));
    let Err(Error::Missing { missing }) = join(&taps(), &source, NO_CHECK, &job) else { panic!("a part is missing") };
    assert_eq!(missing, [crate::base::share::Place::alone(1, 3)]);
}

#[test]
fn what_repeats_is_counted_and_left_out_unless_it_is_kept() {
    let kept = run(&mut Model::default(), &Made { same: 10, ..PLAIN }, &()).unwrap();
    assert_eq!((kept.samples, kept.repeated, kept.truncated), (DRAWN, 13, 12));
    let once = run(&mut Model::default(), &Made { same: 10, keeps_repeats: false, ..PLAIN }, &()).unwrap();
    assert_eq!((once.samples, once.repeated, once.truncated), (10, 13, 5));
    assert_eq!(once.kept_rows, (0..10).collect::<Vec<_>>());
    assert_eq!(once.rows(), kept.rows().slice(s![.., ..10]));
}

#[test]
fn a_model_of_fixed_batch_size_gets_more_rows_than_it_gives() {
    let padded = Made { padded: Some(BATCH), ..PLAIN };
    let plain = run(&mut Model::default(), &PLAIN, &()).unwrap();
    assert!(same(&plain, &run(&mut Model::default(), &padded, &()).unwrap()));
}

#[test]
fn outputs_that_are_not_one_row_an_input_are_refused() {
    let source = some_skipped();
    let error = run(&mut Model { flat: true, ..Model::default() }, &source, &()).unwrap_err();
    assert_eq!(error.to_string(), "layer 'first' gave 1 rows for a batch of 3 inputs: its first axis is not the batch");
    let error = run(&mut Model { wider_at: Some(2), ..Model::default() }, &source, &()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer 'second' has 2 neurons in batch 1, and had 1 before: its width depends on the input"
    );
}

#[test]
fn a_layer_without_neurons_is_refused() {
    let error = run(&mut Model { empty: true, ..Model::default() }, &some_skipped(), &()).unwrap_err();
    assert_eq!(error.to_string(), "layer 'second' has 0 neurons: one of its axes is empty");
}

#[test]
fn nothing_usable_and_a_full_disk_are_errors() {
    let nothing = run(&mut Model::default(), &Made { skip: |_| true, ..PLAIN }, &()).unwrap_err();
    assert_eq!(nothing.to_string(), "none of the 23 inputs could be used; the first: unlucky");
    let full = run(&mut Model::default(), &some_skipped(), &Kept { full: true, ..Kept::default() }).unwrap_err();
    assert!(matches!(full, Error::Keep(_)));
    assert_eq!(crate::Advise::fault(&full), crate::Fault::Environment);
}

#[test]
fn what_is_saved_is_what_numpy_reads() {
    let activations = run(&mut Model::default(), &some_skipped(), &()).unwrap();
    let mut npz = ndarray_npy::NpzReader::new(io::Cursor::new(bytes(&activations))).unwrap();
    let mut names = npz.names().unwrap();
    names.sort();
    assert_eq!(names, ["first", "second"]);
    let first: Array2<f32> = npz.by_name("first").unwrap();
    assert_eq!(first, activations.rows().slice(s![0..2, ..]).reversed_axes());
}

#[test]
fn the_self_check_finds_a_batch_that_decides_and_a_model_that_is_random() {
    let plan = CapturePlan::default();
    let source = some_skipped();
    let check = |model: &mut Model, plan| capture(model, &taps(), &source, plan, &Kept::default());
    let steady = check(&mut Model::default(), plan).unwrap().self_check.unwrap();
    assert_eq!((steady.inputs, steady.alone, steady.again), (3, 0.0, 0.0));

    let mut scaled = Model { scaled: true, ..Model::default() };
    let Err(Error::DependsOnBatch(found)) = check(&mut scaled, plan) else { panic!("the batch decides") };
    assert!(found.alone > 0.1 && found.again == 0.0, "{found:?}");
    // Known to depend on its batch, and given what makes it steady, it is run.
    assert!(check(&mut scaled, CapturePlan { known: Some(found), ..plan }).is_ok());

    let mut random = Model { random: true, ..Model::default() };
    assert!(matches!(check(&mut random, plan), Err(Error::Random { .. })));
    let allowed = check(&mut random, CapturePlan { allow_random: true, ..plan }).unwrap();
    assert!(allowed.self_check.unwrap().is_random());
}

#[test]
fn the_self_check_is_kept_for_a_run_that_is_resumed() {
    let job = Kept::default();
    capture(&mut Model::default(), &taps(), &some_skipped(), CapturePlan::default(), &job).unwrap();
    let kept = job.kept(Stage::Capture, SELF_CHECK, 0).unwrap();
    assert_eq!(SelfCheck::read(&kept).unwrap().inputs, 3);
}
