//! `probe compare LABEL=MODEL…`: several variants over the same inputs, one model after another.
//!
//! A variant is a model, a saved run or a file of activations, or several of them as training seeds of one recipe. Each model is
//! fed as the files next to it say; models with equal files share one preparation of the inputs. Of a model only its
//! measures outlive its turn: its activations are dropped before those of the next one are captured.

use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::rc::Rc;

use crate::Error;
use crate::activations::{self, Activations};
use crate::base::share::{Place, Shard, Share};
use crate::cli::Console;
use crate::cli::exit::Outcome;
use crate::cli::settings::CompareCommand;
use crate::comparison::{self, Alignment, Observed, Variant, gates, observed, scores};
use crate::inputs::{self, Inputs, Provenance};
use crate::measures::{self, Binning, Measures};
use crate::report::build::BuiltRun;
use crate::report::compared::CompareReport;
use crate::report::examples::Examples;
use crate::report::figures::Figures;
use crate::report::{self, json, page, saved};
use crate::runtime::Runtime;
use crate::store::{Batch, RunFolder, names};

use super::deliver::{into_io, open_page, print_result, print_words, save, skipped_lines};
use super::dry_run::{self, Plan};
use super::member::Member;
use super::run_model::{FinishedRun, Subject, capture, run_model};
use super::unlike::{self, Told};
use super::{Clock, found, parts_key, replaced, same_inputs, shard};

/// Compares the variants, writes and prints the result.
pub fn compare(command: &CompareCommand) -> Result<Outcome, Error> {
    let console = Console::open(&command.run.output)?;
    if command.run.output.dry_run {
        let mut variants = open(command)?;
        align(command, &mut variants)?;
        return dry_run_of(command, &variants, &console);
    }
    if let Share::Of(shard) = command.run.output.share {
        share(command, shard, &console)?;
        return shard::finish(shard, &console, &command.run.output);
    }
    let mut files = console.folder().map(RunFolder::batch);
    let (mut report, finished) = run(command, &console, files.as_mut())?;
    let outcome = if report.trips.is_empty() { Outcome::Done } else { Outcome::Tripped };
    outcome.after(deliver(&mut report, &finished, command, &console, files))
}

/// Compares the variants for another program, and writes the comparison's folder, if there is one. Of every variant its
/// models come in the order given.
///
/// # Errors
/// A variant cannot be used, or the variants do not match.
pub fn compared(command: &CompareCommand, console: &Console) -> Result<(CompareReport, Vec<Vec<Kept>>), Error> {
    let mut files = console.folder().map(RunFolder::batch);
    let (mut report, finished) = run(command, console, files.as_mut())?;
    if let Some(files) = files {
        keep(&mut report, &finished, files, console)?;
    }
    Ok((report, finished))
}

/// Writes the folder of a comparison whose models' files have not been written yet.
///
/// # Errors
/// The folder cannot be written.
pub fn save_all(report: &CompareReport, finished: &[Vec<Kept>], console: &Console) -> Result<(), Error> {
    let Some(mut files) = console.folder().map(RunFolder::batch) else { return Ok(()) };
    let mut report = report.clone();
    for (variant, kept) in report.variants.iter_mut().zip(finished) {
        for (replicate, (model, in_report)) in kept.iter().zip(&mut variant.replicates).enumerate() {
            let within = saved::model_folder(&variant.label, replicate, kept.len());
            let mut built = model.built.clone();
            save(&mut built, &model.figures(), None, &mut files, &within)?;
            *in_report = built.report;
        }
    }
    keep(&mut report, finished, files, console)
}

/// The comparison, and what stays of each member; the files of each member are written into `files`.
fn run(
    command: &CompareCommand,
    console: &Console,
    mut files: Option<&mut Batch>,
) -> Result<(CompareReport, Vec<Vec<Kept>>), Error> {
    let gates = gates::parse(&command.fail_if)?;
    let scores = command.scores.as_deref().map(scores::read).transpose()?;
    let mut variants = open(command)?;
    let alignment = align(command, &mut variants)?;
    let prepared = prepare(command, &variants)?;
    let runtime = runtime(command, &prepared)?;
    keep_parts(command, &variants, &prepared, runtime.as_ref(), console)?;

    let models: usize = variants.iter().map(|variant| variant.members.len()).sum();
    // For one range over all of them each is run once before.
    console.begin_models(if command.shared_range { 2 * models } else { models });
    let pass = Pass { command, runtime: runtime.as_ref(), console };
    let binning = pass.binning(&variants, &prepared)?;
    let settings = measures::Settings { binning, ..command.run.measures.clone() };
    let mut observed = Vec::new();
    let mut finished = Vec::new();
    for (variant, (inputs, places)) in variants.iter().zip(prepared.iter().zip(places(&variants))) {
        let mut replicates = Vec::new();
        let mut kept = Vec::new();
        for (replicate, (member, (inputs, place))) in variant.members.iter().zip(inputs.iter().zip(places)).enumerate()
        {
            let model = pass
                .turn(member, inputs.as_deref(), (variant, replicate), &settings, files.as_deref_mut())
                .map_err(|error| of_member(error, place))?;
            replicates.push(observe(member, &model));
            kept.push(model);
        }
        observed.push(Variant { label: variant.label.clone(), replicates });
        finished.push(kept);
    }
    let members = variants.iter().zip(&finished).flat_map(|(variant, kept)| {
        let members = variant.members.iter().zip(kept).filter(|(member, _)| !matches!(member, Member::File { .. }));
        members.map(|(_, kept)| (variant.label.as_str(), &kept.built.report))
    });
    same_inputs::check(members)?;
    let mut told: Vec<Told> = (variants.iter().zip(&mut finished))
        .flat_map(|(variant, kept)| {
            variant.members.iter().zip(kept).map(|(member, kept)| (&variant.label, member, kept))
        })
        .map(|(label, member, kept)| Told { label, member, report: &mut kept.built.report })
        .collect();
    unlike::warn(&command.baseline, &mut told)?;
    let chosen = comparison::Settings {
        baseline: Some(command.baseline.clone()),
        rule: command.verdict,
        dropped: alignment.dropped,
    };
    let comparison = comparison::compare(&observed, &chosen)?;
    let trips = gates::tripped(&gates, &comparison);
    let agreement = match (scores, &command.scores) {
        (Some(scores), Some(path)) => Some(scores::agreement(&scores, &comparison, &path.display().to_string())?),
        _ => None,
    };
    let reports = finished.iter().map(|kept| kept.iter().map(|model| model.built.report.clone()).collect()).collect();
    Ok((CompareReport { agreement, trips, ..CompareReport::new(comparison, reports) }, finished))
}

/// A part that is missing of a member is one that the member's shard has to make.
fn of_member(error: Error, place: Place) -> Error {
    let missing = vec![place];
    match error {
        Error::Activations(error) if matches!(*error, activations::Error::Missing { .. }) => {
            activations::Error::Missing { missing }.into()
        }
        Error::Measures(error) if matches!(*error, measures::Error::Missing { .. }) => {
            measures::Error::Missing { missing }.into()
        }
        other => other,
    }
}

/// ONNX Runtime, where any member is a model.
fn runtime(command: &CompareCommand, prepared: &PreparedInputs) -> Result<Option<Runtime>, Error> {
    match prepared.iter().flatten().any(Option::is_some) {
        true => Ok(Some(Runtime::find(command.run.runtime.onnxruntime.as_deref())?)),
        false => Ok(None),
    }
}

/// Captures and measures the members that are one shard's share. Only their parts are kept.
fn share(command: &CompareCommand, shard: Shard, console: &Console) -> Result<(), Error> {
    let mut variants = open(command)?;
    align(command, &mut variants)?;
    let prepared = prepare(command, &variants)?;
    let runtime = runtime(command, &prepared)?;
    keep_parts(command, &variants, &prepared, runtime.as_ref(), console)?;
    console.set_share(Share::All);
    let pass = Pass { command, runtime: runtime.as_ref(), console };
    let places = places(&variants);
    for (variant, (inputs, places)) in variants.iter().zip(prepared.iter().zip(places)) {
        for (replicate, (member, (inputs, place))) in variant.members.iter().zip(inputs.iter().zip(places)).enumerate()
        {
            if Share::Of(shard).takes(place) {
                pass.turn(member, inputs.as_deref(), (variant, replicate), &command.run.measures, None)?;
            }
        }
    }
    Ok(())
}

/// Where each member stands among all, for sharing them out.
fn places(variants: &[Opened]) -> Vec<Vec<Place>> {
    let members = variants.iter().map(|variant| variant.members.len()).sum();
    let mut next = 0..members;
    let mut of =
        |variant: &Opened| next.by_ref().take(variant.members.len()).map(|nth| Place::alone(nth, members)).collect();
    variants.iter().map(&mut of).collect()
}

/// What the comparison needs to know of a member.
fn observe(member: &Member, kept: &Kept) -> Observed {
    let mut observed = Observed::new(&kept.measures, kept.layers());
    if let Some(tapped) = member.model() {
        observed.architecture = tapped.architecture();
        observed.file = Some(tapped.file());
    }
    observed
}

/// Says what would be run, from the first batch of every model.
fn dry_run_of(command: &CompareCommand, variants: &[Opened], console: &Console) -> Result<Outcome, Error> {
    let run = &command.run;
    let prepared = prepare(command, variants)?;
    let runtime = runtime(command, &prepared)?;
    let mut plans = Vec::new();
    for (variant, inputs) in variants.iter().zip(&prepared) {
        for (replicate, (member, inputs)) in variant.members.iter().zip(inputs).enumerate() {
            let name = variant.section(replicate);
            plans.push(match (member, inputs, &runtime) {
                (Member::Model(tapped), Some(inputs), Some(runtime)) => {
                    Plan::of_model(name, tapped.session(runtime, run, console)?, tapped, inputs, run)?
                }
                _ => {
                    let activations = member.load(run.samples, run.measures.seed, console)?;
                    Plan::of_activations(name, &activations, &run.measures)?
                }
            });
        }
    }
    dry_run::show_all(&plans, run.runtime.threads, if command.shared_range { 2 } else { 1 })
}

/// A variant's members, opened.
struct Opened {
    label: String,
    members: Vec<Member>,
}

impl Opened {
    /// The name under which the parts of one member are kept.
    fn section(&self, replicate: usize) -> String {
        match self.members.len() {
            1 => self.label.clone(),
            _ => format!("{} {replicate}", self.label),
        }
    }
}

/// Opens every member before the first is run, so that what does not match is known at once.
fn open(command: &CompareCommand) -> Result<Vec<Opened>, Error> {
    let open = |(label, paths): &(String, Vec<PathBuf>)| {
        let members = paths.iter().map(|path| Member::open(path, &command.run.taps)).collect::<Result<_, Error>>()?;
        Ok(Opened { label: label.clone(), members })
    };
    let variants: Vec<Opened> = command.variants.iter().map(open).collect::<Result<_, Error>>()?;
    let saved = variants.iter().flat_map(|variant| {
        let reports = variant.members.iter().filter_map(Member::saved);
        reports.map(|report| (variant.label.as_str(), report))
    });
    same_inputs::check(saved)?;
    Ok(variants)
}

/// Matches the layers of all members with the baseline's; with `--align` the layers that are not common are dropped.
fn align(command: &CompareCommand, variants: &mut [Opened]) -> Result<Alignment, Error> {
    let mut members: Vec<(&str, Vec<observed::Layer>)> = variants
        .iter()
        .flat_map(|variant| variant.members.iter().map(|member| (variant.label.as_str(), member.layers())))
        .collect();
    // The baseline comes first; the sort is stable.
    members.sort_by_key(|(label, _)| *label != command.baseline);
    let members: Vec<(&str, &[observed::Layer])> =
        members.iter().map(|(label, layers)| (*label, &layers[..])).collect();
    let alignment = comparison::align(&members, command.align)?;
    if !alignment.dropped.is_empty() {
        for member in variants.iter_mut().flat_map(|variant| &mut variant.members) {
            member.keep(&alignment.common)?;
        }
    }
    Ok(alignment)
}

/// The inputs of every model, prepared as the files next to it say; nothing for activations that exist already.
type PreparedInputs = Vec<Vec<Option<Rc<Inputs>>>>;

/// Opens the inputs of every model. Models whose files say the same share their inputs, and so one preparation.
fn prepare(command: &CompareCommand, variants: &[Opened]) -> Result<PreparedInputs, Error> {
    let mut known: Vec<(Provenance, Rc<Inputs>)> = Vec::new();
    let mut of_member = |member: &Member| -> Result<Option<Rc<Inputs>>, Error> {
        let Some(tapped) = member.model() else { return Ok(None) };
        let settings = inputs::Settings { keep_pixels: true, ..command.run.inputs()?.clone() };
        let provenance = Inputs::provenance_of(&settings, &tapped.model)?;
        if let Some((_, same)) = known.iter().find(|(other, _)| other.differences(&provenance).is_empty()) {
            return Ok(Some(Rc::clone(same)));
        }
        let inputs = Rc::new(Inputs::open(&settings, &tapped.model)?);
        known.push((provenance, Rc::clone(&inputs)));
        Ok(Some(inputs))
    };
    variants.iter().map(|variant| variant.members.iter().map(&mut of_member).collect()).collect()
}

/// From here on finished parts are kept, under a key of all members and their inputs.
fn keep_parts(
    command: &CompareCommand,
    variants: &[Opened],
    prepared: &PreparedInputs,
    runtime: Option<&Runtime>,
    console: &Console,
) -> Result<(), Error> {
    let mut members = Vec::new();
    for (variant, inputs) in variants.iter().zip(prepared) {
        for (replicate, (member, inputs)) in variant.members.iter().zip(inputs).enumerate() {
            members.push((variant.section(replicate), parts_key::of_member(member, inputs.as_deref())?));
        }
    }
    let models = variants.iter().flat_map(|variant| &variant.members);
    let hashes: Option<Vec<String>> = models.map(|m| Some(m.model()?.digest.hash.to_hex().to_string())).collect();
    if let Some(hashes) = hashes {
        replaced::say(console, &hashes);
    }
    let version = runtime.map_or("none", |runtime| runtime.version.as_str());
    let key = parts_key::of_run(members, &command.run.resolved(), version);
    console.keep_parts(&command.run.output, key)
}

/// What every member's turn has in common.
struct Pass<'a> {
    command: &'a CompareCommand,
    runtime: Option<&'a Runtime>,
    console: &'a Console,
}

/// What stays of a model after its turn.
pub struct Kept {
    pub built: BuiltRun,
    pub measures: Measures,
    /// The rows of each layer.
    pub ranges: Vec<Range<usize>>,
}

impl Kept {
    fn layers(&self) -> Vec<observed::Layer> {
        let layers = self.built.report.layers.iter();
        layers.map(|layer| observed::Layer { label: layer.label.clone(), neurons: layer.neurons }).collect()
    }

    /// Its figures one by one.
    pub fn figures(&self) -> Figures<'_> {
        Figures::of(&self.measures, &self.ranges)
    }
}

impl Pass<'_> {
    /// The binning asked for. A range over all variants takes a run of each model before anything can be binned.
    fn binning(&self, variants: &[Opened], prepared: &PreparedInputs) -> Result<Binning, Error> {
        if !self.command.shared_range {
            return Ok(self.command.run.measures.binning);
        }
        let (mut min, mut max) = (f32::INFINITY, f32::NEG_INFINITY);
        for (variant, inputs) in variants.iter().zip(prepared) {
            for (replicate, (member, inputs)) in variant.members.iter().zip(inputs).enumerate() {
                self.console.begin_model(&variant.section(replicate));
                let activations = self.activations(member, inputs.as_deref())?;
                for value in activations.rows().iter().copied().filter(|value| value.is_finite()) {
                    min = min.min(value);
                    max = max.max(value);
                }
            }
        }
        Ok(Binning::Shared { min, max })
    }

    /// The activations of a member, captured now or loaded.
    fn activations(&self, member: &Member, inputs: Option<&Inputs>) -> Result<Activations, Error> {
        let run = &self.command.run;
        match (member, inputs, self.runtime) {
            (Member::Model(tapped), Some(inputs), Some(runtime)) => {
                let session = tapped.session(runtime, run, self.console)?;
                Ok(capture(Some(session), tapped, inputs, run, self.console)?.activations)
            }
            _ => member.load(run.samples, run.measures.seed, self.console),
        }
    }

    /// One member's turn, up to its own files.
    fn turn(
        &self,
        member: &Member,
        inputs: Option<&Inputs>,
        (variant, replicate): (&Opened, usize),
        settings: &measures::Settings,
        files: Option<&mut Batch>,
    ) -> Result<Kept, Error> {
        let run = &self.command.run;
        let mut clock = Clock::start();
        self.console.begin_model(&variant.section(replicate));
        let load = || member.load(run.samples, run.measures.seed, self.console);
        let subject = match (member, inputs, self.runtime) {
            (Member::Model(tapped), Some(inputs), Some(runtime)) => {
                found::say(tapped, inputs, runtime, run);
                // Where shards are put together, all of it has been captured.
                let session = match run.output.share {
                    Share::Nothing => None,
                    Share::All | Share::Of(_) => Some(tapped.session(runtime, run, self.console)?),
                };
                Subject::Model { session, tapped, inputs, runtime, run }
            }
            (Member::Saved(saved), ..) => Subject::Saved { run: &saved.run, activations: load()? },
            (Member::File { path, .. }, ..) => Subject::File { path, activations: load()? },
            // `prepare` has opened the inputs of every model, and the runtime is there where any has inputs.
            (Member::Model(_), ..) => return Err(crate::cli::Error::NoInputs.into()),
        };
        clock.loaded();
        let FinishedRun { built, measures, activations } =
            run_model(subject, settings, run.resolved(), run.output.resume, clock, self.console)?;
        let mut kept = Kept { built, measures, ranges: activations.ranges() };
        if let Some(files) = files {
            let within = saved::model_folder(&variant.label, replicate, variant.members.len());
            let activations = run.output.save_activations.map(|precision| (&activations, precision));
            let figures = Figures::of(&kept.measures, &kept.ranges);
            save(&mut kept.built, &figures, activations, files, &within)?;
        }
        Ok(kept)
    }
}

/// Writes the comparison's folder, if there is one, and prints what was asked for.
fn deliver(
    report: &mut CompareReport,
    finished: &[Vec<Kept>],
    command: &CompareCommand,
    console: &Console,
    files: Option<Batch>,
) -> Result<(), Error> {
    if let Some(files) = files {
        keep(report, finished, files, console)?;
    }
    let figures: Vec<Vec<Figures>> = finished.iter().map(|kept| kept.iter().map(Kept::figures).collect()).collect();
    let output = &command.run.output;
    print_result(output, |export, to| export.comparison(report, &figures, to))?;
    let next = console.folder().map(open_page);
    print_words(output, report.warnings().into_iter(), next.as_deref())
}

/// Writes what the folder of a comparison holds besides the folders of its models.
fn keep(report: &mut CompareReport, finished: &[Vec<Kept>], mut files: Batch, console: &Console) -> Result<(), Error> {
    if let Some(first) = finished.iter().flatten().next() {
        files.write(names::SKIPPED, |file| skipped_lines(&first.built.skipped, file))?;
    }
    files.write(names::PAGE, |file| page_of(report, finished, file).map_err(into_io))?;
    report.files = files.files("");
    files.write(names::REPORT, |file| json::write(report, file).map_err(into_io))?;
    Ok(console.commit(files)?)
}

/// Writes the page of a comparison, which draws the neurons of each variant's first model.
///
/// # Errors
/// Writing fails.
pub fn page_of(report: &CompareReport, finished: &[Vec<Kept>], to: impl Write) -> Result<(), report::Error> {
    let firsts = || finished.iter().filter_map(|kept| kept.first());
    let figures: Vec<Figures> = firsts().map(Kept::figures).collect();
    let drawn: Vec<(&Figures, Option<&Examples>)> =
        figures.iter().zip(firsts()).map(|(figures, first)| (figures, first.built.examples.as_ref())).collect();
    page::write_comparison(report, &drawn, to)
}
