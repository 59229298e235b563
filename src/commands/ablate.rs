//! `probe ablate`: neurons are switched off inside the graph, and the model is run and measured again.

use crate::Error;
use crate::ablation::{self, Ablation, AnswerOutput, Answers, Curve, Labels, Masked, Neuron, OffNeuron, Pass, Scope};
use crate::activations::Fed;
use crate::base::warning::Warning;
use crate::cli::Console;
use crate::cli::exit::Outcome;
use crate::cli::settings::AblateCommand;
use crate::inputs::Feed;
use crate::report::ablation::AblationReport;
use crate::report::build::{BuiltRun, Origin, RanModel, RunResults, build};
use crate::report::figures::Figures;
use crate::report::json;
use crate::report::schema::{self, Timing};
use crate::store::names;

use super::Clock;
use super::before::Before;
use super::deliver::{into_io, open_page, print_result, print_words, save};
use super::maskable::Maskable;
use super::run_model::{capture_through, give_back};

/// Switches neurons off, compares with before, keeps the result where that is asked for, and prints it.
pub fn ablate(command: &AblateCommand) -> Result<Outcome, Error> {
    let console = Console::open(&command.run.output)?;
    let report = ablated(command, &console)?;
    let next = console.folder().map(open_page);
    print_result(&command.run.output, |export, to| export.ablation(&report, to))?;
    print_words(&command.run.output, report.warnings.iter().map(|warning| (None, warning)), next.as_deref())?;
    Ok(Outcome::Done)
}

/// Switches neurons off, compares with before, and keeps the result where that is asked for.
///
/// # Errors
/// Those of the stages; neurons of a layer cannot be switched off; labels and groups do not go with the model or each
/// other.
pub fn ablated(command: &AblateCommand, console: &Console) -> Result<AblationReport, Error> {
    let mut clock = Clock::start();
    let (model, mut session, inputs) = Maskable::open(command, console)?;
    clock.loaded();
    let mut masked = Masked::new(&mut session, &model.tapped.masks.masks);
    let before = Before::of(&model, &mut masked, inputs, command, console)?;
    clock.captured();
    let ablation = compared(&model, &before, &mut masked, command, console)?;
    give_back(Some(session), &model.tapped)?;

    let mut built = built(&model, &before, command, clock.timing(&before.measures))?;
    let layers = &before.ran.activations.layers;
    let candidates = model.masked.iter().map(|&layer| layers[layer].neurons.len()).sum();
    let raised = warnings(&model, &ablation, schema::Kind::from(before.ran.inputs.kind()).noun(1));
    let report = AblationReport::new(&built.report, candidates, command.resolved(), ablation, &raised);
    if let Some(folder) = console.folder() {
        let figures = Figures::of(&before.measures, &before.ran.activations.ranges());
        let mut files = folder.batch();
        files.write(names::ABLATION, |file| json::write(&report, file).map_err(into_io))?;
        save(&mut built, &figures, None, &mut files, "")?;
        console.commit(files)?;
    }
    Ok(report)
}

/// Switches the neurons off and looks at what changes.
fn compared(
    model: &Maskable,
    before: &Before,
    masked: &mut Masked,
    command: &AblateCommand,
    console: &Console,
) -> Result<Ablation, Error> {
    let AblateCommand { ablation: settings, run, .. } = command;
    let ran = &before.ran;
    let (ranges, rows) = (ran.activations.ranges(), ran.activations.rows());
    let scope = Scope { labels: &ran.labels, ranges: &ranges, masked: &model.masked };
    let chosen = ablation::choose(&settings.neurons, &scope, before.measures.leading(), settings.seed)?;
    let fillings = ablation::fillings(settings.how, &scope, rows);
    let Curve { points, classes, gaps } = curve(model, before, masked, (&scope, &chosen, &fillings), command, console)?;

    masked.switch_off(&scope.off(&chosen), &fillings)?;
    let mut off = capture_through(Some(masked), &model.tapped, &ran.inputs, run, console)?.activations;
    if ran.answers.is_some() {
        off.take_last();
    }
    let layers = ablation::downstream(&scope, &chosen, rows, off.rows(), &run.measures, console)?;
    let labels = ran.answers.as_ref().zip(before.truth.as_ref()).map(|((answers, _), truth)| Labels {
        column: truth.column.clone(),
        missing: truth.of.len() - truth.known(),
        accuracy: ablation::accuracy(answers, truth),
    });
    let answer = model.answer.as_ref().zip(ran.answers.as_ref());
    let answer =
        answer.map(|(answer, (_, classes))| AnswerOutput { output: answer.tap.label.clone(), classes: *classes });
    let neurons = described(before, &scope, &chosen);
    Ok(Ablation { neurons, answer, labels, curve: points, classes, gaps, layers })
}

/// The answers by the number of neurons that are off; empty where the model has no answer.
fn curve(
    model: &Maskable,
    before: &Before,
    masked: &mut Masked,
    (scope, chosen, fillings): (&Scope, &[Neuron], &[Vec<f32>]),
    command: &AblateCommand,
    console: &Console,
) -> Result<Curve, Error> {
    let Before { ran, truth, groups, .. } = before;
    let (Some((answers, _)), Some(answer)) = (&ran.answers, &model.answer) else { return Ok(Curve::default()) };
    let AblateCommand { ablation: settings, run, .. } = command;
    let draws = ablation::draws(chosen, scope, settings.draws, settings.seed);
    let counts = ablation::counts(chosen.len());
    let sets = || [chosen].into_iter().chain(draws.iter().map(Vec::as_slice));
    let choices: Vec<_> =
        counts.iter().flat_map(|&count| sets().map(move |neurons| scope.off(&neurons[..count]))).collect();
    let feed = Feed::of(&ran.inputs, &model.tapped.model.graph)?;
    let extra = &model.tapped.overlay.extra_inputs;
    let source = Fed { inputs: &ran.inputs, feed: &feed, extra, most_skipped: run.max_skipped };
    let pass = Pass {
        source: &source,
        kept_rows: &ran.activations.kept_rows,
        output: scope.labels.len(),
        threshold: answer.threshold,
        job: console,
    };
    let off = ablation::pass(masked, &pass, fillings, &choices)?;
    let off: Vec<&[Answers]> = off.chunks(settings.draws + 1).collect();
    Ok(ablation::curve(answers, truth.as_ref(), groups.clone(), &counts, &off))
}

/// The neurons with what was measured of them.
fn described(before: &Before, scope: &Scope, chosen: &[Neuron]) -> Vec<OffNeuron> {
    let reading = before.measures.leading();
    let means = ablation::mean_mi(reading);
    let one = |&neuron: &Neuron| OffNeuron {
        layer: scope.labels[neuron.layer].clone(),
        neuron: neuron.index,
        entropy: reading.entropy[scope.row(neuron)],
        mutual_information: means[scope.row(neuron)],
    };
    chosen.iter().map(one).collect()
}

/// The run of the model as it is.
fn built(model: &Maskable, before: &Before, command: &AblateCommand, timing: Timing) -> Result<BuiltRun, Error> {
    let run = &command.run;
    Ok(build(RunResults {
        origin: Origin::Model(RanModel {
            runtime: &model.runtime,
            provider: &run.runtime.provider,
            path: &run.inputs()?.source.to_string(),
            model: &model.tapped.model,
            hash: model.tapped.digest.hash,
            taps: &model.layers,
            inputs: &before.ran.inputs,
        }),
        activations: &before.ran.activations,
        measures: &before.measures,
        settings: &run.measures,
        resolved: run.resolved(),
        timing,
        resumed: false,
        raised: before.ran.raised.clone(),
    })?)
}

/// What a reader of the result must know besides.
fn warnings(model: &Maskable, ablation: &Ablation, noun: &'static str) -> Vec<Warning> {
    let outputs = || model.tapped.model.graph.outputs.iter().map(|output| output.name.clone()).collect();
    let no_answer = model.answer.is_none().then(|| Warning::NoAnswer { outputs: outputs() });
    let missing = ablation.labels.as_ref().filter(|labels| labels.missing > 0);
    let missing = missing.map(|labels| Warning::MissingLabels {
        column: labels.column.clone(),
        count: labels.missing,
        total: labels.missing + labels.accuracy.of,
        noun,
    });
    no_answer.into_iter().chain(missing).collect()
}
