//! From what was typed to what the stages take: defaults filled in, choices that do not go together refused.

use std::ffi::OsString;
use std::path::PathBuf;

use super::args::{self, Args, Sub};
use super::error::Error;
use super::output::OutputSettings;
use super::settings::{
    AblateCommand, Command, CompareCommand, DoctorCommand, ExamplesCommand, LabelsCommand, LayersCommand,
    MeasureCommand, MergeCommand, ReportCommand, RunSettings, RuntimeSettings, ScoreCommand,
};
use super::variants::{label_of, replicates};
use crate::ablation;
use crate::base::share::Share;
use crate::inputs::{self, Source, images};
use crate::labels;
use crate::measures::{self, Binning};
use crate::report::export::Format;
use crate::taps::{self, Pooling};

/// Resolves what was parsed.
pub fn resolve(args: Args) -> Result<Command, Error> {
    Ok(match args.command {
        None => Command::Score(Box::new(score(args.score, args.typed)?)),
        Some(Sub::Compare(compared)) => Command::Compare(Box::new(compare(*compared, args.typed)?)),
        Some(Sub::Layers(args)) => Command::Layers(LayersCommand {
            model: args.model,
            all: args.all,
            taps: request(args.taps),
            json: args.json,
        }),
        Some(Sub::Measure(measured)) => Command::Measure(Box::new(MeasureCommand {
            file: measured.file,
            samples: measured.samples,
            threads: threads(measured.threads),
            measures: one_model(measure_settings(&measured.measures, measured.seed))?,
            output: output(measured.output, measured.terminal, args.typed)?,
        })),
        Some(Sub::Labels(args)) => Command::Labels(Box::new(labels_of(*args))),
        Some(Sub::Ablate(args)) => Command::Ablate(Box::new(ablate(*args)?)),
        Some(Sub::Merge(args)) => Command::Merge(MergeCommand {
            run: args.run,
            threads: args.threads,
            format: if args.json { Format::Json } else { args.format },
            quiet: args.terminal.quiet,
            verbose: args.terminal.verbose,
        }),
        Some(Sub::Examples(args)) => Command::Examples(ExamplesCommand {
            run: args.run,
            neuron: args.neuron,
            top: usize::from(args.top),
            json: args.json,
        }),
        Some(Sub::Report(args)) => Command::Report(ReportCommand { runs: args.runs, out: args.out }),
        Some(Sub::Doctor(args)) => Command::Doctor(DoctorCommand { onnxruntime: args.onnxruntime, json: args.json }),
        Some(Sub::Completions { shell }) => Command::Completions(shell),
        Some(Sub::Man) => Command::Man,
    })
}

fn score(args: args::ScoreArgs, typed: Vec<OsString>) -> Result<ScoreCommand, Error> {
    let run = one_model(run(args.run, typed)?)?;
    run.inputs()?;
    // clap requires the model wherever there is no subcommand.
    Ok(ScoreCommand { model: args.model.unwrap_or_default(), run })
}

/// The settings of a run, and whether bins are to span all variants.
fn run(args: args::RunArgs, typed: Vec<OsString>) -> Result<(RunSettings, bool), Error> {
    let (measures, shared_range) = measure_settings(&args.measures, args.inputs.seed);
    let run = RunSettings {
        max_skipped: args.inputs.max_skipped,
        allow_random: args.inputs.allow_random,
        measures,
        samples: args.inputs.samples,
        inputs: input_settings(args.inputs),
        taps: request(args.taps),
        runtime: runtime(args.runtime),
        output: output(args.output, args.terminal, typed)?,
    };
    let from_stdin = run.inputs.as_ref().is_some_and(|inputs| inputs.source.is_stdin());
    if from_stdin && run.output.share != Share::All {
        return Err(Error::ShardOfStdin);
    }
    Ok((run, shared_range))
}

fn compare(args: args::CompareArgs, typed: Vec<OsString>) -> Result<CompareCommand, Error> {
    let mut variants: Vec<(String, Vec<PathBuf>)> = Vec::new();
    for text in &args.variants {
        let (label, pattern) = match text.split_once('=') {
            Some((label, pattern)) => (label, pattern),
            None => (label_of(text), text.as_str()),
        };
        if label.is_empty() || pattern.is_empty() {
            return Err(Error::Variant(text.clone()));
        }
        if variants.iter().any(|(other, _)| other == label) {
            return Err(Error::SameLabel(label.into()));
        }
        variants.push((label.into(), replicates(pattern)?));
    }
    let baseline = args.baseline.unwrap_or_else(|| variants[0].0.clone());
    if variants.iter().all(|(label, _)| *label != baseline) {
        return Err(Error::Baseline { baseline, labels: variants.into_iter().map(|(label, _)| label).collect() });
    }
    let (mut run, shared_range) = run(args.run, typed)?;
    if shared_range && run.output.share != Share::All {
        return Err(Error::ShardOfSharedRange);
    }
    run.measures.read_all();
    Ok(CompareCommand {
        variants,
        baseline,
        align: args.align,
        fail_if: args.fail_if,
        scores: args.scores,
        verdict: args.verdict,
        shared_range,
        run,
    })
}

fn input_settings(args: args::InputArgs) -> Option<inputs::Settings> {
    let source = match (args.texts, args.images, args.arrays) {
        (texts, None, None) if !texts.is_empty() => Source::Texts(texts),
        (_, Some(images), _) => Source::Images(images),
        (_, _, Some(arrays)) => Source::Arrays(arrays),
        _ => return None,
    };
    Some(inputs::Settings {
        source,
        samples: args.samples,
        seed: args.seed,
        text_column: args.text_column,
        text_pair_column: args.text_pair_column,
        lossy: args.lossy,
        tokenizer: args.tokenizer,
        max_length: args.max_length.map(|n| n as usize),
        batch_size: args.batch_size.map(|n| n as usize),
        keep_repeats: args.keep_repeats,
        images: images::Overrides {
            size: args.image_size,
            crop_pct: args.crop_pct,
            interpolation: args.interpolation,
            mean: args.image_mean,
            std: args.image_std,
        },
        keep_pixels: false,
    })
}

fn request(args: args::TapArgs) -> taps::Request {
    let pooling = match args.pool {
        args::Pool::Auto => None,
        args::Pool::First => Some(Pooling::First),
        args::Pool::Last => Some(Pooling::Last),
        args::Pool::Mean => Some(Pooling::Mean),
        args::Pool::Max => Some(Pooling::Max),
    };
    taps::Request { patterns: args.layers, pooling }
}

/// The settings, and whether bins are to span all variants.
fn measure_settings(args: &args::MeasureArgs, seed: u64) -> (measures::Settings, bool) {
    let settings = measures::Settings {
        bins: args.bins as usize,
        binning: match args.binning {
            args::BinningArg::Global | args::BinningArg::Shared => Binning::Global,
            args::BinningArg::Layer => Binning::Layer,
            args::BinningArg::Neuron => Binning::Neuron,
        },
        neighbors: args.neighbors as usize,
        estimators: vec![args.estimator],
        entropy: args.entropy,
        mutual_information: args.mutual_information,
        pair_neurons: args.mi_neurons,
        seed,
        ..measures::Settings::default()
    };
    (settings, args.binning == args::BinningArg::Shared)
}

/// Settings that go with one model: there is nothing that its range could be shared with.
fn one_model<T>((settings, shared): (T, bool)) -> Result<T, Error> {
    if shared { Err(Error::NothingShared) } else { Ok(settings) }
}

fn runtime(args: args::RuntimeArgs) -> RuntimeSettings {
    RuntimeSettings { onnxruntime: args.onnxruntime, provider: args.provider, threads: threads(args.threads) }
}

fn labels_of(args: args::LabelsArgs) -> LabelsCommand {
    LabelsCommand {
        activations: args.activations,
        source: source_of(args.labels).unwrap_or(labels::Source::Run),
        columns: args.column,
        settings: labels::Settings {
            blocks: args.blocks,
            units: args.units,
            l2: args.l2,
            orders: usize::from(args.orders),
            seed: args.seed,
            drop_rare: args.drop_rare,
        },
        threads: threads(args.threads),
        output: OutputSettings {
            out: args.out,
            format: if args.json { Format::Json } else { args.format },
            quiet: args.terminal.quiet,
            verbose: args.terminal.verbose,
            ..OutputSettings::silent()
        },
    }
}

/// Where labels come from, if it is said.
fn source_of(labels: Vec<PathBuf>) -> Option<labels::Source> {
    match &labels[..] {
        [] => None,
        [word] if word.as_os_str() == "folders" => Some(labels::Source::Folders),
        _ => Some(labels::Source::Files(labels)),
    }
}

fn ablate(args: args::AblateArgs) -> Result<AblateCommand, Error> {
    let output = OutputSettings {
        out: args.out,
        format: if args.json { Format::Json } else { args.format },
        quiet: args.terminal.quiet,
        verbose: args.terminal.verbose,
        ..OutputSettings::silent()
    };
    let seed = args.inputs.seed;
    let run = RunSettings {
        max_skipped: args.inputs.max_skipped,
        allow_random: args.inputs.allow_random,
        measures: one_model(measure_settings(&args.measures, seed))?,
        samples: args.inputs.samples,
        inputs: input_settings(args.inputs),
        taps: request(args.taps),
        runtime: runtime(args.runtime),
        output,
    };
    let from_stdin = run.inputs()?.source.is_stdin();
    // A column alone is one of the inputs' own table.
    let own = |column: &Option<String>| column.is_some().then_some(labels::Source::Run);
    let labels = source_of(args.labels).or_else(|| own(&args.column));
    let groups = source_of(args.groups).or_else(|| own(&args.group_column));
    if from_stdin && [&labels, &groups].contains(&&Some(labels::Source::Run)) {
        return Err(Error::ColumnOfStdin);
    }
    Ok(AblateCommand {
        model: args.model,
        ablation: ablation::Settings {
            neurons: args.neurons,
            layers: args.layer,
            how: args.how,
            draws: usize::from(args.draws),
            answer: args.answer,
            seed,
        },
        labels,
        column: args.column,
        groups,
        group_column: args.group_column,
        run,
    })
}

/// As asked for, or one a core.
pub fn threads(asked: Option<u16>) -> usize {
    asked.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

fn output(args: args::OutputArgs, terminal: args::TerminalArgs, typed: Vec<OsString>) -> Result<OutputSettings, Error> {
    let shard = args.shard.map(|asked| asked.resolve(&|name| std::env::var(name).ok())).transpose()?;
    Ok(OutputSettings {
        out: args.out,
        save_activations: args.save_activations,
        resume: args.resume,
        share: shard.map_or(Share::All, Share::Of),
        typed,
        dry_run: args.dry_run,
        format: if args.json { Format::Json } else { args.format },
        quiet: terminal.quiet,
        verbose: terminal.verbose,
    })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::inputs::Samples;
    use crate::measures::Estimator;

    fn resolved(line: &str) -> Result<Command, Error> {
        resolve(Args::try_parse_from(line.split_whitespace()).unwrap())
    }

    #[test]
    fn the_arguments_are_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_main_job_has_the_published_defaults() {
        let Command::Score(score) = resolved("probe -m a.onnx --texts b.txt").unwrap() else { panic!("no score") };
        assert_eq!(score.run.samples, Samples::Count(2500));
        let measures::Settings { bins, neighbors, estimators, .. } = score.run.measures;
        assert_eq!((bins, neighbors, estimators), (100, 3, vec![Estimator::Paper]));
    }

    #[test]
    fn variants_that_cannot_be_told_apart_are_refused() {
        let of = |line: &str| resolved(&format!("probe compare {line} --texts t.txt"));
        assert!(matches!(of("a=x.onnx a=y.onnx"), Err(Error::SameLabel(_))));
        assert!(matches!(of("a=x.onnx b="), Err(Error::Variant(_))));
        let Command::Compare(paths) = of("models/base models/heuristic.onnx").unwrap() else { panic!("no comparison") };
        let labels: Vec<&str> = paths.variants.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["base", "heuristic"], "a path without a label has its name");
        assert!(matches!(of("a=x.onnx b=y.onnx --baseline c"), Err(Error::Baseline { .. })));
        assert!(matches!(resolved("probe -m a.onnx --texts b.txt --binning shared"), Err(Error::NothingShared)));
        assert!(matches!(resolved("probe -m a.onnx"), Err(Error::NoInputs)));
    }
}
