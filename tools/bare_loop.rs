//! What probe costs beside ONNX Runtime: two ways to do the same work, taken in turns, in one process.
//!
//! ```text
//! cargo run --release --example bare_loop -- capture|padding|taps MODEL (--texts FILE | --images DIR) [--samples N] [--rounds R]
//! ```
//!
//! - `capture`: probe's whole capture (read, prepare, run, keep) against a bare loop over batches prepared before
//! - `padding`: batches by length against texts in the file's order, each padded to the longest of all
//! - `taps`: a session that exposes the chosen taps against one of the untouched model, batch by batch
//!
//! Prints one line of JSON a round: seconds by the wall's clock and of this process's cores (all threads) for both.
//! On a machine that others use too, only the second says much. `scripts/throughput` makes ratios of them.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use ndarray::Array2;
use probe::internals::activations::{self, Fed};
use probe::internals::inputs::{Batch, Feed, Inputs, Samples, Settings, Source, TokenRows};
use probe::internals::model::Model;
use probe::internals::runtime::{Runtime, Session, SessionOptions, Tensor};
use probe::internals::taps::{self, Overlay, Request, Taps};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;
type Tensors = Vec<(String, Tensor)>;

fn main() -> ExitCode {
    match Setting::from_arguments().and_then(|setting| run(&setting)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Setting {
    what: String,
    model: Model,
    inputs: Settings,
    rounds: usize,
}

impl Setting {
    fn from_arguments() -> Result<Self, Failure> {
        let usage =
            "usage: bare_loop capture|padding|taps MODEL (--texts FILE | --images DIR) [--samples N] [--rounds R]";
        let mut arguments = std::env::args().skip(1);
        let (what, model) = arguments.next().zip(arguments.next()).ok_or(usage)?;
        let (mut source, mut samples, mut rounds) = (None, Samples::All, 3);
        while let (Some(flag), Some(value)) = (arguments.next(), arguments.next()) {
            match flag.as_str() {
                "--texts" => source = Some(Source::Texts(vec![PathBuf::from(value)])),
                "--images" => source = Some(Source::Images(PathBuf::from(value))),
                "--samples" => samples = Samples::Count(value.parse()?),
                "--rounds" => rounds = value.parse()?,
                _ => return Err(usage.into()),
            }
        }
        let inputs = Settings { samples, ..Settings::new(source.ok_or(usage)?) };
        Ok(Setting { what, model: Model::open(model.as_ref())?, inputs, rounds })
    }
}

fn run(setting: &Setting) -> Result<(), Failure> {
    let runtime = Runtime::find(None)?;
    let (taps, overlay) = taps::expose(&setting.model.graph, &Request::default())?;
    let bench = Bench { setting, runtime, taps, overlay };
    match setting.what.as_str() {
        "capture" => bench.capture(),
        "padding" => bench.padding(),
        "taps" => bench.taps(),
        other => Err(format!("no comparison is called '{other}'").into()),
    }
}

struct Bench<'a> {
    setting: &'a Setting,
    runtime: Runtime,
    taps: Taps,
    overlay: Overlay,
}

impl Bench<'_> {
    /// A session as probe makes it, giving `outputs`.
    fn session(&self, overlay: &[u8], outputs: &[String]) -> Result<Session, Failure> {
        let bytes = self.setting.model.session_bytes(overlay, false)?;
        let folder = bytes.external.then_some(bytes.folder.as_path());
        Ok(self.runtime.session(&bytes.bytes, folder, outputs, &SessionOptions::default())?)
    }

    fn tapped(&self) -> Result<Session, Failure> {
        self.session(&self.overlay.bytes, &self.overlay.outputs)
    }

    fn feed(&self, inputs: &Inputs) -> Result<Feed, Failure> {
        Ok(Feed::of(inputs, &self.setting.model.graph)?)
    }

    /// The inputs, opened again: nothing is prepared, and nothing is remembered.
    fn inputs(&self) -> Result<Inputs, Failure> {
        Ok(Inputs::open(&self.setting.inputs, &self.setting.model)?)
    }

    fn batches(&self) -> Result<(Inputs, Vec<Batch>), Failure> {
        let inputs = self.inputs()?;
        let batches = inputs.all_batches().collect::<Result<_, _>>()?;
        Ok((inputs, batches))
    }

    fn tensors(&self, inputs: &Inputs, batches: &mut [Batch]) -> Result<Vec<Tensors>, Failure> {
        let feed = self.feed(inputs)?;
        batches.iter_mut().map(|batch| Ok(feed.tensors(batch, &self.overlay.extra_inputs)?)).collect()
    }

    fn capture(&self) -> Result<(), Failure> {
        let (inputs, mut batches) = self.batches()?;
        let prepared = self.tensors(&inputs, &mut batches)?;
        let mut session = self.tapped()?;
        warm(&mut session, &prepared)?;
        for round in 0..self.setting.rounds {
            let mut turns = [Lap::default(), Lap::default()];
            let mut opening = Lap::default();
            for turn in in_turns(round) {
                // The copies are part of the preparation.
                let copies = if turn == 0 { prepared.clone() } else { Vec::new() };
                let start = Lap::now();
                if turn == 0 {
                    copies.into_iter().try_for_each(|tensors| session.run(tensors).map(drop))?;
                    turns[0] = start.until_now();
                } else {
                    let inputs = self.inputs()?;
                    opening = start.until_now();
                    let start = Lap::now();
                    let feed = self.feed(&inputs)?;
                    let extra = &self.overlay.extra_inputs;
                    let fed = Fed { inputs: &inputs, feed: &feed, extra, most_skipped: 1.0 };
                    activations::capture(&mut session, &self.taps, &fed, activations::CapturePlan::default(), &())?;
                    turns[1] = start.until_now();
                }
            }
            let rows: usize = batches.iter().map(|batch| batch.rows.len()).sum();
            println!(
                "{}",
                json!({ "inputs": rows, "bare": turns[0].json(), "probe": turns[1].json(), "opening": opening.json() })
            );
        }
        Ok(())
    }

    fn padding(&self) -> Result<(), Failure> {
        let (inputs, mut sorted) = self.batches()?;
        let (mut in_order, longest) = in_file_order(&sorted)?;
        let by_length = self.tensors(&inputs, &mut sorted)?;
        let padded = self.tensors(&inputs, &mut in_order)?;
        let mut session = self.tapped()?;
        warm(&mut session, &by_length)?;
        for round in 0..self.setting.rounds {
            let mut turns = [Lap::default(), Lap::default()];
            for turn in in_turns(round) {
                let batches = if turn == 0 { padded.clone() } else { by_length.clone() };
                let start = Lap::now();
                batches.into_iter().try_for_each(|tensors| session.run(tensors).map(drop))?;
                turns[turn] = start.until_now();
            }
            let counts = |batches: &[Tensors]| batches.iter().map(elements).sum::<usize>();
            println!(
                "{}",
                json!({ "inputs": inputs.drawn(), "longest": longest,
                    "tokens_by_length": counts(&by_length), "tokens_padded": counts(&padded),
                    "padded": turns[0].json(), "by_length": turns[1].json() })
            );
        }
        Ok(())
    }

    fn taps(&self) -> Result<(), Failure> {
        let (inputs, mut batches) = self.batches()?;
        let given = self.tensors(&inputs, &mut batches)?;
        let own: Vec<String> = self.setting.model.graph.outputs.iter().map(|output| output.name.clone()).collect();
        let both: Vec<String> = own.iter().chain(&self.overlay.outputs).cloned().collect();
        // The untouched model is fetched its own outputs, ours the pooled taps: what each is run for.
        let mut sessions = [self.session(&[], &own)?, self.tapped()?];
        // A mask that pooling adds is no input of the untouched model.
        let taken = |session: &Session, tensors: &Tensors| -> Tensors {
            let names = session.input_names();
            tensors.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect()
        };
        let mut checking = self.session(&self.overlay.bytes, &both)?;
        let mut worst = 0.0f64;
        for tensors in given.iter().take(4) {
            let plain = sessions[0].run(taken(&sessions[0], tensors))?;
            let tapped = checking.run(tensors.clone())?;
            worst = plain.iter().zip(&tapped).map(|(a, b)| difference(a, b)).fold(worst, f64::max);
        }
        drop(checking);
        for session in &mut sessions {
            let tensors = taken(session, &given[0]);
            session.run(tensors)?;
        }
        for round in 0..self.setting.rounds {
            let mut turns = [Lap::default(), Lap::default()];
            for (nth, tensors) in given.iter().enumerate() {
                for turn in in_turns(round + nth) {
                    let tensors = taken(&sessions[turn], tensors);
                    let start = Lap::now();
                    sessions[turn].run(tensors)?;
                    turns[turn] = turns[turn].and(start.until_now());
                }
            }
            println!(
                "{}",
                json!({ "inputs": inputs.drawn(), "taps": self.overlay.outputs.len(), "difference": worst,
                    "untouched": turns[0].json(), "tapped": turns[1].json() })
            );
        }
        Ok(())
    }
}

/// The first run of a session makes room for the later ones.
fn warm(session: &mut Session, batches: &[Tensors]) -> Result<(), Failure> {
    batches.first().map_or(Ok(()), |tensors| Ok(session.run(tensors.clone()).map(drop)?))
}

/// Who goes first changes with the round.
fn in_turns(round: usize) -> [usize; 2] {
    if round.is_multiple_of(2) { [0, 1] } else { [1, 0] }
}

/// The same texts in the file's order, each padded to the longest of all, with at most as many tokens per batch as ours.
fn in_file_order(sorted: &[Batch]) -> Result<(Vec<Batch>, usize), Failure> {
    let mut rows: Vec<(usize, Vec<u32>)> = Vec::new();
    let mut padding = 0;
    let mut budget = 0;
    for batch in sorted {
        let Some(TokenRows { ids, pad, .. }) = batch.prepared_as() else { return Err("padding is for texts".into()) };
        padding = *pad;
        budget = budget.max(ids.len() * ids.iter().map(Vec::len).max().unwrap_or(0));
        rows.extend(batch.rows.iter().copied().zip(ids.iter().cloned()));
    }
    rows.sort_unstable_by_key(|(row, _)| *row);
    let longest = rows.iter().map(|(_, ids)| ids.len()).max().ok_or("there are no texts")?;
    let batches = rows.chunks((budget / longest).max(1)).enumerate().map(|(index, rows)| Batch {
        index: index as u64,
        rows: rows.iter().map(|(row, _)| *row).collect(),
        prepared: Some(Box::new(TokenRows {
            // Padding counts as text here, which costs the runtime the same.
            ids: rows
                .iter()
                .map(|(_, ids)| ids.iter().copied().chain(std::iter::repeat(padding)).take(longest).collect())
                .collect(),
            segments: vec![Vec::new(); rows.len()],
            pad: padding,
        })),
        digests: vec![[0; 32]; rows.len()],
        alike: vec![[0; 16]; rows.len()],
        ..Batch::default()
    });
    Ok((batches.collect(), longest))
}

fn elements(tensors: &Tensors) -> usize {
    tensors.first().map_or(0, |(_, tensor)| tensor.shape().iter().product())
}

/// The largest difference, as a share of the largest value.
fn difference(a: &Array2<f32>, b: &Array2<f32>) -> f64 {
    let scale = a.iter().fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
    a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs() / scale)).fold(0.0, f64::max)
}

/// Seconds by the wall's clock, and of all threads of this process together.
#[derive(Clone, Copy, Default)]
struct Lap {
    wall: f64,
    cores: f64,
}

struct Start(Instant, f64);

impl Lap {
    fn now() -> Start {
        Start(Instant::now(), cores())
    }

    fn and(self, other: Lap) -> Lap {
        Lap { wall: self.wall + other.wall, cores: self.cores + other.cores }
    }

    fn json(self) -> Value {
        json!({ "wall": self.wall, "cores": self.cores })
    }
}

impl Start {
    fn until_now(&self) -> Lap {
        Lap { wall: self.0.elapsed().as_secs_f64(), cores: cores() - self.1 }
    }
}

fn cores() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
