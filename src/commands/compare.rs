//! `probe compare LABEL=MODEL…`: several variants over the same inputs, one model after another.
//!
//! A variant is a model, or several models as training seeds of one recipe. Each model is
//! fed as the files next to it say; models with equal files share one preparation of the inputs. Of a model only its
//! measures outlive its turn: its activations are dropped before those of the next one are captured.

use std::ops::Range;
use std::path::PathBuf;
use std::rc::Rc;

use crate::Error;
use crate::cli::Console;
use crate::cli::exit::Outcome;
use crate::cli::settings::CompareCommand;
use crate::comparison::{self, Alignment, Observed, Variant, gates, observed, scores};
use crate::inputs::{self, Inputs};
use crate::measures::{self, Binning, Measures};
use crate::report::build::BuiltRun;
use crate::report::compared::CompareReport;
use crate::report::examples::Examples;
use crate::report::figures::Figures;
use crate::report::{json, page, saved};
use crate::runtime::Runtime;
use crate::store::RunFolder;

use super::deliver::{into_io, open_page, print_result, print_words, save, skipped_lines};
use super::run_model::{FinishedRun, Subject, capture, run_model};
use super::{Clock, Tapped, dry_run, found, parts_key};

/// Compares the variants.
pub fn compare(command: &CompareCommand) -> Result<Outcome, Error> {
    let run = &command.run;
    let gates = gates::parse(&command.fail_if)?;
    let scores = command.scores.as_deref().map(scores::read).transpose()?;
    let console = Console::open(&run.output)?;
    let runtime = Runtime::find(run.runtime.onnxruntime.as_deref())?;
    let mut variants = open(command)?;
    let alignment = align(command, &mut variants)?;
    let prepared = prepare(command, &variants)?;
    if run.output.dry_run {
        let (first, inputs) = (&variants[0].models[0], &prepared[0][0]);
        return dry_run::of_model(first.session(&runtime, run, &console)?, first, inputs, run);
    }
    keep_parts(command, &variants, &prepared, &runtime, &console)?;

    let pass = Pass { command, runtime: &runtime, console: &console };
    let settings = measures::Settings { binning: pass.binning(&variants, &prepared)?, ..run.measures.clone() };
    let mut observed = Vec::new();
    let mut finished = Vec::new();
    for (variant, inputs) in variants.iter().zip(&prepared) {
        let mut replicates = Vec::new();
        let mut kept = Vec::new();
        for (replicate, (tapped, inputs)) in variant.models.iter().zip(inputs).enumerate() {
            let model = pass.turn(tapped, inputs, variant, replicate, &settings)?;
            replicates.push(Observed::new(&model.measures, model.layers()));
            kept.push(model);
        }
        observed.push(Variant { label: variant.label.clone(), replicates });
        finished.push(kept);
    }
    let chosen = comparison::Settings {
        baseline: Some(command.baseline.clone()),
        dropped: alignment.dropped,
        ..comparison::Settings::default()
    };
    let comparison = comparison::compare(&observed, &chosen)?;
    let trips = gates::tripped(&gates, &comparison);
    let agreement = match (scores, &command.scores) {
        (Some(scores), Some(path)) => Some(scores::agreement(&scores, &comparison, &path.display().to_string())?),
        _ => None,
    };
    let reports = finished.iter().map(|kept| kept.iter().map(|model| model.built.report.clone()).collect()).collect();
    let report = CompareReport { agreement, trips, ..CompareReport::new(comparison, reports) };
    deliver(&report, &finished, command, &console)?;
    Ok(if report.trips.is_empty() { Outcome::Done } else { Outcome::Tripped })
}

/// A variant's models, opened.
struct Opened {
    label: String,
    models: Vec<Tapped>,
}

impl Opened {
    /// The name under which the parts of one model are kept.
    fn section(&self, replicate: usize) -> String {
        match self.models.len() {
            1 => self.label.clone(),
            _ => format!("{} {replicate}", self.label),
        }
    }
}

/// Opens every model before the first is run, so that what does not match is known at once.
fn open(command: &CompareCommand) -> Result<Vec<Opened>, Error> {
    let open = |(label, paths): &(String, Vec<PathBuf>)| {
        let models = paths.iter().map(|path| Tapped::open(path, &command.run.taps)).collect::<Result<_, Error>>()?;
        Ok(Opened { label: label.clone(), models })
    };
    command.variants.iter().map(open).collect()
}

/// Matches the layers of all models with the baseline's; with `--align` the taps that are not common are dropped.
fn align(command: &CompareCommand, variants: &mut [Opened]) -> Result<Alignment, Error> {
    let mut models: Vec<(&str, Vec<observed::Layer>)> = variants
        .iter()
        .flat_map(|variant| variant.models.iter().map(|tapped| (variant.label.as_str(), tapped.layers())))
        .collect();
    // The baseline comes first; the sort is stable.
    models.sort_by_key(|(label, _)| *label != command.baseline);
    let models: Vec<(&str, &[observed::Layer])> = models.iter().map(|(label, layers)| (*label, &layers[..])).collect();
    let alignment = comparison::align(&models, command.align)?;
    if !alignment.dropped.is_empty() {
        for tapped in variants.iter_mut().flat_map(|variant| &mut variant.models) {
            tapped.keep(&alignment.common)?;
        }
    }
    Ok(alignment)
}

/// The inputs of every model, prepared as the files next to it say. Models whose files say the same share their inputs.
fn prepare(command: &CompareCommand, variants: &[Opened]) -> Result<Vec<Vec<Rc<Inputs>>>, Error> {
    let settings = inputs::Settings { keep_pixels: true, ..command.run.inputs.clone() };
    let mut known: Vec<Rc<Inputs>> = Vec::new();
    let mut of_model = |tapped: &Tapped| -> Result<Rc<Inputs>, Error> {
        let inputs = Inputs::open(&settings, &tapped.model)?;
        if let Some(same) = known.iter().find(|other| other.prepared() == inputs.prepared()) {
            return Ok(Rc::clone(same));
        }
        known.push(Rc::new(inputs));
        Ok(Rc::clone(&known[known.len() - 1]))
    };
    variants.iter().map(|variant| variant.models.iter().map(&mut of_model).collect()).collect()
}

/// From here on finished parts are kept, under a key of all models and their inputs.
fn keep_parts(
    command: &CompareCommand,
    variants: &[Opened],
    prepared: &[Vec<Rc<Inputs>>],
    runtime: &Runtime,
    console: &Console,
) -> Result<(), Error> {
    let sections: Vec<(String, &Tapped, &Inputs)> = (variants.iter().zip(prepared))
        .flat_map(|(variant, inputs)| {
            let models = variant.models.iter().zip(inputs).enumerate();
            models.map(|(replicate, (tapped, inputs))| (variant.section(replicate), tapped, &**inputs))
        })
        .collect();
    let named: Vec<(&str, &Tapped, &Inputs)> = sections.iter().map(|(name, t, i)| (name.as_str(), *t, *i)).collect();
    let key = parts_key::of_models(&named, &command.run.resolved(), &runtime.version);
    Ok(console.keep_parts(command.run.output.resume, key)?)
}

/// What every model's turn has in common.
struct Pass<'a> {
    command: &'a CompareCommand,
    runtime: &'a Runtime,
    console: &'a Console,
}

/// What stays of a model after its turn.
struct Kept {
    built: BuiltRun,
    measures: Measures,
    /// The rows of each layer.
    ranges: Vec<Range<usize>>,
}

impl Kept {
    fn layers(&self) -> Vec<observed::Layer> {
        let layers = self.built.report.layers.iter();
        layers.map(|layer| observed::Layer { label: layer.label.clone(), neurons: layer.neurons }).collect()
    }

    fn figures(&self) -> Figures<'_> {
        Figures::of(&self.measures.primary, &self.ranges)
    }
}

impl Pass<'_> {
    /// The binning asked for. A range over all variants takes a run of each model before anything can be binned.
    fn binning(&self, variants: &[Opened], prepared: &[Vec<Rc<Inputs>>]) -> Result<Binning, Error> {
        let run = &self.command.run;
        if !self.command.shared_range {
            return Ok(run.measures.binning);
        }
        let (mut min, mut max) = (f32::INFINITY, f32::NEG_INFINITY);
        for (variant, inputs) in variants.iter().zip(prepared) {
            for (replicate, (tapped, inputs)) in variant.models.iter().zip(inputs).enumerate() {
                self.console.begin_model(&variant.section(replicate));
                let session = tapped.session(self.runtime, run, self.console)?;
                let activations = capture(session, tapped, inputs, run, self.console)?;
                for value in activations.rows().iter().copied().filter(|value| value.is_finite()) {
                    min = min.min(value);
                    max = max.max(value);
                }
            }
        }
        Ok(Binning::Shared { min, max })
    }

    /// One model's turn, up to its own files.
    fn turn(
        &self,
        tapped: &Tapped,
        inputs: &Inputs,
        variant: &Opened,
        replicate: usize,
        settings: &measures::Settings,
    ) -> Result<Kept, Error> {
        let run = &self.command.run;
        let mut clock = Clock::start();
        self.console.begin_model(&variant.section(replicate));
        let session = tapped.session(self.runtime, run, self.console)?;
        found::say(tapped, inputs, self.runtime, run);
        clock.loaded();
        let subject = Subject::Model { session, tapped, inputs, runtime: self.runtime, run };
        let FinishedRun { built, measures, activations } =
            run_model(subject, settings, run.resolved(), run.output.resume, clock, self.console)?;
        let kept = Kept { built, measures, ranges: activations.ranges() };
        if let Some(folder) = self.console.folder() {
            let place = saved::model_folder(folder.path(), &variant.label, replicate, variant.models.len());
            let activations = run.output.save_activations.then_some(&activations);
            save(&kept.built, &kept.figures(), activations, &RunFolder::create(&place)?)?;
        }
        Ok(kept)
    }
}

/// Writes the comparison's folder, if there is one, and prints what was asked for.
fn deliver(
    report: &CompareReport,
    finished: &[Vec<Kept>],
    command: &CompareCommand,
    console: &Console,
) -> Result<(), Error> {
    let figures: Vec<Vec<Figures>> = finished.iter().map(|kept| kept.iter().map(Kept::figures).collect()).collect();
    if let Some(folder) = console.folder() {
        let firsts =
            finished.iter().zip(&figures).filter_map(|(kept, figures)| Some((kept.first()?, figures.first()?)));
        let drawn: Vec<(&Figures, Option<&Examples>)> =
            firsts.map(|(first, figures)| (figures, first.built.examples.as_ref())).collect();
        let mut files = folder.batch();
        if let Some(first) = finished.iter().flatten().next() {
            files.write(super::deliver::SKIPPED, |file| skipped_lines(&first.built.skipped, file))?;
        }
        files.write(saved::PAGE, |file| page::write_comparison(report, &drawn, file).map_err(into_io))?;
        files.write(saved::REPORT, |file| json::write(report, file).map_err(into_io))?;
        files.commit()?;
        console.clear_parts()?;
    }
    let output = &command.run.output;
    print_result(output, |export, to| export.comparison(report, &figures, to))?;
    let next = console.folder().map(open_page);
    print_words(output, report.warnings().into_iter(), next.as_deref())
}
