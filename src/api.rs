//! The public face: what the command line does, for programs.
//!
//! In: paths or arrays, and [`Options`]. Out: a [`Run`] or a [`CompareReport`], with the same figures as the command line.

use std::path::{Path, PathBuf};

use ndarray::ArrayView2;

use crate::Error;
use crate::activations::{Activations, Values};
use crate::cli::settings::{CompareCommand, MeasureCommand, RunSettings, RuntimeSettings};
use crate::cli::{Console, OutputSettings, resolve};
use crate::commands::{self, Clock, FinishedRun};
use crate::inputs::{self, Samples};
use crate::measures;
use crate::taps;

pub use crate::inputs::Source;
pub use crate::measures::Estimator;
pub use crate::report::compared::CompareReport;
pub use crate::report::schema::Report;

/// The settings of a run. The defaults are those of the command line.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many inputs to draw with the seed; all of them if `None`.
    pub samples: Option<usize>,
    /// Seed of every random choice.
    pub seed: u64,
    /// Labels, tensor names or globs of the layers; the tool's own choice if empty.
    pub layers: Vec<String>,
    /// The estimator that the report leads with.
    pub estimator: Estimator,
    /// Threads; the cores of this machine if `None`.
    pub threads: Option<u16>,
}

impl Default for Options {
    fn default() -> Self {
        Options { samples: Some(2500), seed: 0, layers: Vec::new(), estimator: Estimator::Paper, threads: None }
    }
}

impl Options {
    fn samples(&self) -> Samples {
        self.samples.map_or(Samples::All, Samples::Count)
    }

    fn measures(&self) -> measures::Settings {
        measures::Settings { estimators: vec![self.estimator], seed: self.seed, ..measures::Settings::default() }
    }

    fn measure(&self) -> MeasureCommand {
        MeasureCommand {
            file: "arrays".into(),
            samples: self.samples(),
            threads: resolve::threads(self.threads),
            measures: self.measures(),
            output: OutputSettings::silent(),
        }
    }

    fn run(&self, source: Option<Source>) -> RunSettings {
        let inputs = source.map(|source| inputs::Settings {
            samples: self.samples(),
            seed: self.seed,
            ..inputs::Settings::new(source)
        });
        RunSettings {
            inputs,
            samples: self.samples(),
            max_skipped: 1.0,
            allow_random: false,
            taps: taps::Request { patterns: self.layers.clone(), pooling: None },
            measures: self.measures(),
            runtime: RuntimeSettings {
                onnxruntime: None,
                provider: "cpu".into(),
                threads: resolve::threads(self.threads),
            },
            output: OutputSettings::silent(),
        }
    }
}

/// What was measured on one model, or on one file of activations.
pub struct Run {
    finished: FinishedRun,
}

impl Run {
    /// The report, as `report.json` has it.
    pub fn report(&self) -> &Report {
        &self.finished.built.report
    }

    /// The entropy of every neuron, N numbers in the order of the report's layers; nats. A neuron with a non-finite activation
    /// has NaN.
    pub fn entropy(&self) -> &[f64] {
        &self.finished.measures.leading().entropy
    }

    /// The mutual information of neurons `i` and `j` of the M whose pairs were measured; nats.
    pub fn mutual_information(&self, i: usize, j: usize) -> f64 {
        self.finished.measures.leading().mutual_information.get(i, j)
    }
}

/// Scores one model over its inputs.
///
/// # Errors
/// The model, the inputs or ONNX Runtime cannot be used; [`crate::Advise`] says what to do.
pub fn score(model: impl AsRef<Path>, inputs: Source, options: &Options) -> Result<Run, Error> {
    let run = options.run(Some(inputs));
    let finished = commands::scored(model.as_ref(), &run, &Console::silent())?;
    Ok(Run { finished })
}

/// Measures activations, one float32 array [inputs, neurons] per layer, each with its label.
///
/// # Errors
/// The arrays have different numbers of inputs, or too few.
pub fn measure(layers: &[(&str, ArrayView2<'_, f32>)], options: &Options) -> Result<Run, Error> {
    let console = Console::silent();
    let clock = Clock::start();
    let layers: Vec<(&str, Values<'_>)> = layers.iter().map(|(label, values)| (*label, Values::F32(*values))).collect();
    let draw = |rows: usize| inputs::positions(rows, options.samples(), options.seed);
    let activations = Activations::from_arrays(&layers, &draw, &console)?;
    let finished = commands::measured(&options.measure(), activations, clock, &console)?;
    Ok(Run { finished })
}

/// Compares variants over the same inputs. Each has a label and its models, saved runs or files of activations; several are
/// training seeds of one recipe. The first variant is the baseline.
///
/// # Errors
/// As [`score`]; the variants do not match.
pub fn compare(
    variants: &[(&str, Vec<PathBuf>)],
    inputs: Option<Source>,
    options: &Options,
) -> Result<CompareReport, Error> {
    let variants: Vec<(String, Vec<PathBuf>)> =
        variants.iter().map(|(label, paths)| ((*label).to_owned(), paths.clone())).collect();
    let command = CompareCommand::new(variants, options.run(inputs))?;
    Ok(commands::compared(&command, &Console::silent())?.0)
}
