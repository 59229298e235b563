//! For other languages: what the commands do, with their settings given as on the command line.
//!
//! In: flags, so that every language has the names, the checks and the defaults of the command line, and a [`Job`] that hears
//! of progress and may stop the work. Out: a [`Run`], a [`Comparison`] or [`Captured`] activations.
//!
//! Everything runs in the calling process, ONNX Runtime included: nothing starts the current executable again, which is another
//! program here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use ndarray::{Array2, ArrayView2};

use crate::Error;
use crate::activations::Activations;
use crate::base::job::Job;
use crate::cli::settings::{self, OutputSettings};
use crate::cli::{self, Args, Command, Console};
use crate::commands::{self, Clock, Kept};
use crate::inputs;
use crate::report::build::BuiltRun;
use crate::report::compared::CompareReport;
use crate::report::examples::Examples;
use crate::report::figures::{Figures, Neuron};
use crate::report::saved::{Saved, SavedRun, model_folder};
use crate::report::schema::Report;
use crate::report::{self, json, page};

pub use crate::activations::Values;
pub use crate::runtime::{NO_TELEMETRY, module_is_in};

/// Who hears of progress, and may stop the work.
pub type Caller = Arc<dyn Job + Send>;

/// What was measured on one model, or on activations.
pub struct Run(Held);

enum Held {
    Measured { kept: Kept, activations: Activations },
    Saved(SavedRun),
}

/// What was found of several variants.
pub struct Comparison {
    report: CompareReport,
    /// In the order of the report's variants and their models.
    members: Members,
}

enum Members {
    Compared(Vec<Vec<Kept>>),
    Saved(Vec<Vec<SavedRun>>),
}

/// What a folder held.
pub enum Loaded {
    Run(Run),
    Comparison(Comparison),
}

/// One model's results, wherever they are kept.
pub struct RunView<'a> {
    report: &'a Report,
    examples: Option<&'a Examples>,
    figures: Figures<'a>,
}

/// A square or a list of figures with the place of every neuron: indices into the report's layers, and into the layer.
pub struct Placed<T> {
    /// Nats.
    pub values: T,
    pub layer: Vec<i64>,
    pub neuron: Vec<i64>,
}

/// The activations of one model over its inputs.
pub struct Captured(Activations);

/// Scores one model; `flags` are those of `probe --model …`.
///
/// # Errors
/// The flags are refused; the model, the inputs or ONNX Runtime cannot be used.
pub fn score(flags: Vec<OsString>, caller: Caller) -> Result<Run, Error> {
    let Command::Score(command) = command(&[], flags)? else { return Err(not_this_command()) };
    let console = console(command.run.runtime.threads, &command.run.output, caller)?;
    let mut finished = commands::scored(&command.model, &command.run, &console)?;
    commands::keep(&mut finished, &console, command.run.output.save_activations)?;
    Ok(Run::of(finished))
}

/// Measures activations, one array [inputs, neurons] per layer; `flags` are those of `probe measure` without the file.
///
/// # Errors
/// The flags are refused; the arrays have different numbers of inputs, or too few.
pub fn measure(layers: &[(&str, Values<'_>)], flags: Vec<OsString>, caller: Caller) -> Result<Run, Error> {
    let Command::Measure(command) = command(&["measure", "arrays"], flags)? else { return Err(not_this_command()) };
    let console = console(command.threads, &command.output, caller)?;
    let clock = Clock::start();
    let draw = |rows: usize| inputs::positions(rows, command.samples, command.measures.seed);
    let activations = Activations::from_arrays(layers, &draw, &console)?;
    let mut finished = commands::measured(&command, activations, clock, &console)?;
    commands::keep(&mut finished, &console, command.output.save_activations)?;
    Ok(Run::of(finished))
}

/// Compares variants with the one whose label is `baseline`, else with the first. `flags` are those of `probe compare`, and
/// `variants` are labels with the models, saved runs or files of activations of each.
///
/// # Errors
/// As [`score`]; the variants do not match.
pub fn compare(
    variants: Vec<(String, Vec<PathBuf>)>,
    baseline: Option<String>,
    flags: Vec<OsString>,
    caller: Caller,
) -> Result<Comparison, Error> {
    // On a command line a path may be a pattern, and a label has no equals sign; here both are taken as they are.
    let typed: Vec<OsString> = (0..variants.len()).map(|variant| format!("{variant}=…").into()).collect();
    let Command::Compare(mut command) = command(&["compare"], [typed, flags].concat())? else {
        return Err(not_this_command());
    };
    let labels = || variants.iter().map(|(label, _)| label.clone());
    command.baseline = match baseline {
        Some(baseline) if labels().all(|label| label != baseline) => {
            return Err(cli::Error::Baseline { baseline, labels: labels().collect() }.into());
        }
        Some(baseline) => baseline,
        None => labels().next().unwrap_or_default(),
    };
    command.variants = variants;
    let console = console(command.run.runtime.threads, &command.run.output, caller)?;
    let (report, finished) = commands::compared(&command, &console)?;
    Ok(Comparison { report, members: Members::Compared(finished) })
}

/// Captures the activations of one model and measures nothing; `flags` are those of `probe --model …`.
///
/// # Errors
/// As [`score`].
pub fn capture(flags: Vec<OsString>, caller: Caller) -> Result<Captured, Error> {
    let Command::Score(command) = command(&[], flags)? else { return Err(not_this_command()) };
    let console = console(command.run.runtime.threads, &OutputSettings::silent(), caller)?;
    Ok(Captured(commands::captured(&command.model, &command.run, &console)?))
}

/// Reads the folder that a run or a comparison was saved in.
///
/// # Errors
/// It is not such a folder, or its files do not belong together.
pub fn load(folder: &Path) -> Result<Loaded, Error> {
    let saved = match Saved::read(folder)? {
        Saved::Run(run) => return Ok(Loaded::Run(Run(Held::Saved(*run)))),
        Saved::Comparison(comparison) => comparison.report,
    };
    let of_variant = |variant: &report::compared::ComparedVariant| {
        let models = variant.replicates.len();
        (0..models).map(|model| SavedRun::read(&folder.join(model_folder(&variant.label, model, models)))).collect()
    };
    let members = saved.variants.iter().map(of_variant).collect::<Result<_, report::Error>>()?;
    Ok(Loaded::Comparison(Comparison { report: saved, members: Members::Saved(members) }))
}

/// The command that the flags make.
fn command(first: &[&str], flags: Vec<OsString>) -> Result<Command, Error> {
    let words = ["probe"].iter().chain(first).map(OsString::from).chain(flags);
    let args = Args::try_parse_from(words).map_err(|error| cli::Error::Flags(cli::misuse::in_one_line(&error)))?;
    Ok(settings::resolve(args)?)
}

/// A flag made another command of this one.
fn not_this_command() -> Error {
    cli::Error::Flags("these flags belong to another command".into()).into()
}

/// Our own threads are as many as the first call asks for, and ONNX Runtime's as each call does. The figures are the same for
/// any number.
fn console(threads: usize, output: &OutputSettings, caller: Caller) -> Result<Console, Error> {
    cli::threads::limit(threads)?;
    Ok(Console::for_caller(output, caller)?)
}

impl Run {
    fn of(finished: commands::FinishedRun) -> Run {
        let commands::FinishedRun { built, measures, activations } = finished;
        let kept = Kept { built, measures, ranges: activations.ranges() };
        Run(Held::Measured { kept, activations })
    }

    /// Its results.
    pub fn view(&self) -> RunView<'_> {
        match &self.0 {
            Held::Measured { kept, .. } => RunView::of(kept),
            Held::Saved(run) => RunView::of_saved(run),
        }
    }

    /// The activations that were measured: per layer its label and float32 [inputs, neurons]. Of a run that was loaded they lie
    /// in its folder, if they were saved, and are not read.
    pub fn activations(&self) -> Vec<(&str, ArrayView2<'_, f32>)> {
        match &self.0 {
            Held::Measured { activations, .. } => per_layer(activations),
            Held::Saved(_) => Vec::new(),
        }
    }

    /// Writes the folder that `probe --out` writes. A run that was loaded has its folder already, and is not written.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save(&self, folder: &Path, with_activations: bool) -> Result<(), Error> {
        match &self.0 {
            Held::Measured { kept, activations } => save(kept, with_activations.then_some(activations), folder),
            Held::Saved(_) => Ok(()),
        }
    }
}

impl Comparison {
    /// The report, as `report.json` has it.
    ///
    /// # Errors
    /// None in practice.
    pub fn report(&self) -> Result<String, Error> {
        as_json(&self.report)
    }

    /// The results of one model of a variant; `None` where there is none.
    pub fn view(&self, variant: usize, model: usize) -> Option<RunView<'_>> {
        Some(match &self.members {
            Members::Compared(kept) => RunView::of(kept.get(variant)?.get(model)?),
            Members::Saved(runs) => RunView::of_saved(runs.get(variant)?.get(model)?),
        })
    }

    /// The page, one file of HTML.
    ///
    /// # Errors
    /// The page cannot be made.
    pub fn page(&self) -> Result<String, Error> {
        let mut bytes = Vec::new();
        match &self.members {
            Members::Compared(kept) => commands::page_of(&self.report, kept, &mut bytes)?,
            Members::Saved(runs) => {
                let firsts = || runs.iter().filter_map(|models| models.first());
                let drawn: Vec<_> = firsts().map(|run| (&run.figures, run.examples.as_ref())).collect();
                page::write_comparison(&self.report, &drawn, &mut bytes)?;
            }
        }
        Ok(text(bytes))
    }

    /// Writes the folder that `probe compare --out` writes. What was loaded has its folder already, and is not written.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        match &self.members {
            Members::Compared(kept) => commands::save_all(&self.report, kept, &into(folder)?),
            Members::Saved(_) => Ok(()),
        }
    }

    /// As [`Run::save`], of one model of a variant.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save_member(&self, variant: usize, model: usize, folder: &Path) -> Result<(), Error> {
        match &self.members {
            Members::Compared(kept) => match kept.get(variant).and_then(|models| models.get(model)) {
                Some(kept) => save(kept, None, folder),
                None => Ok(()),
            },
            Members::Saved(_) => Ok(()),
        }
    }
}

impl Captured {
    /// Per layer its label and float32 [inputs, neurons].
    pub fn layers(&self) -> Vec<(&str, ArrayView2<'_, f32>)> {
        per_layer(&self.0)
    }
}

impl<'a> RunView<'a> {
    fn of(kept: &'a Kept) -> Self {
        let BuiltRun { report, examples, .. } = &kept.built;
        RunView { report, examples: examples.as_ref(), figures: kept.figures() }
    }

    fn of_saved(run: &'a SavedRun) -> Self {
        let SavedRun { report, figures, examples, .. } = run;
        RunView { report, examples: examples.as_ref(), figures: figures.borrowed() }
    }

    /// The report, as `report.json` has it.
    ///
    /// # Errors
    /// None in practice.
    pub fn report(&self) -> Result<String, Error> {
        as_json(self.report)
    }

    /// The page, one file of HTML.
    ///
    /// # Errors
    /// The page cannot be made.
    pub fn page(&self) -> Result<String, Error> {
        let mut bytes = Vec::new();
        page::write_run(self.report, &self.figures, self.examples, &mut bytes)?;
        Ok(text(bytes))
    }

    /// The entropy of every neuron, [N] nats; NaN for one with a non-finite activation.
    pub fn entropy(&self) -> Placed<Vec<f64>> {
        let (layer, neuron) = places(&self.figures.neurons);
        Placed { values: self.figures.entropy.clone(), layer, neuron }
    }

    /// The mutual information of every pair of the M neurons that were chosen, [M, M] nats, diagonal included.
    pub fn mutual_information(&self) -> Placed<Array2<f64>> {
        let pairs = &self.figures.mutual_information;
        let mut values = Array2::zeros((pairs.len(), pairs.len()));
        for (i, mut row) in values.rows_mut().into_iter().enumerate() {
            // Rows of an array made in standard order lie in one piece.
            if let Some(row) = row.as_slice_mut() {
                pairs.copy_row(i, row);
            }
        }
        let (layer, neuron) = places(&self.figures.pair_neurons);
        Placed { values, layer, neuron }
    }
}

fn places(neurons: &[Neuron]) -> (Vec<i64>, Vec<i64>) {
    neurons.iter().map(|neuron| (neuron.layer as i64, neuron.index as i64)).unzip()
}

fn per_layer(activations: &Activations) -> Vec<(&str, ArrayView2<'_, f32>)> {
    let layer = |layer| activations.layer(layer).reversed_axes();
    activations.layers.iter().map(|of| (of.label.as_str(), layer(of))).collect()
}

fn save(kept: &Kept, activations: Option<&Activations>, folder: &Path) -> Result<(), Error> {
    let console = into(folder)?;
    let Some(mut files) = console.folder().map(|folder| folder.batch()) else { return Ok(()) };
    commands::save(&mut kept.built.clone(), &kept.figures(), activations, &mut files, "")?;
    Ok(console.commit(files)?)
}

/// A console whose run's folder is this one.
fn into(folder: &Path) -> Result<Console, Error> {
    let output = OutputSettings { out: Some(folder.to_owned()), ..OutputSettings::silent() };
    Ok(Console::for_caller(&output, Arc::new(()))?)
}

fn as_json(value: &impl serde::Serialize) -> Result<String, Error> {
    let mut bytes = Vec::new();
    json::write(value, &mut bytes)?;
    Ok(text(bytes))
}

/// Ours is UTF-8 throughout.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
