//! From what was typed to what the stages take: defaults filled in, choices that do not go together refused.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value};

use super::args::{self, Args, Sub};
use super::error::Error;
use super::output::OutputSettings;
use super::supervisor::Subject;
use super::variants::{label_of, replicates};
use crate::base::share::Share;
use crate::comparison::Rule;
use crate::inputs::{self, Samples, Source, images};
use crate::labels;
use crate::measures::{self, Binning};
use crate::report::export::Format;
use crate::taps::{self, Pooling};

/// A command whose settings are resolved.
#[derive(Debug)]
pub enum Command {
    Score(Box<ScoreCommand>),
    Compare(Box<CompareCommand>),
    Layers(LayersCommand),
    Measure(Box<MeasureCommand>),
    Labels(Box<LabelsCommand>),
    Merge(MergeCommand),
    Examples(ExamplesCommand),
    Report(ReportCommand),
    Doctor(DoctorCommand),
    Completions(clap_complete::Shell),
    Man,
}

impl Command {
    /// The threads that the command may use, where it has much to do.
    pub fn threads(&self) -> Option<usize> {
        match self {
            Command::Score(score) => Some(score.run.runtime.threads),
            Command::Compare(compare) => Some(compare.run.runtime.threads),
            Command::Measure(measure) => Some(measure.threads),
            Command::Labels(labels) => Some(labels.threads),
            _ => None,
        }
    }

    /// What to name if the process that runs this command dies. `None` where no foreign code is loaded and no file is read
    /// in place.
    pub fn subject(&self) -> Option<Subject> {
        let of = |name: String, output: &OutputSettings| Some(Subject { name, folder: output.out.clone() });
        match self {
            Command::Score(score) => of(score.model.display().to_string(), &score.run.output),
            Command::Compare(compare) => {
                let models = compare.variants.iter().flat_map(|(_, models)| models);
                let names: Vec<String> = models.map(|model| model.display().to_string()).collect();
                of(names.join(", "), &compare.run.output)
            }
            Command::Measure(measure) => of(measure.file.display().to_string(), &measure.output),
            Command::Labels(labels) => of(labels.activations.display().to_string(), &labels.output),
            Command::Merge(merge) => Some(Subject { name: merge.run.display().to_string(), folder: None }),
            Command::Doctor(_) => Some(Subject { name: "ONNX Runtime".into(), folder: None }),
            _ => None,
        }
    }
}

/// `probe --model …`
#[derive(Debug, Clone)]
pub struct ScoreCommand {
    pub model: PathBuf,
    pub run: RunSettings,
}

/// What scoring and comparing have in common.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// Nothing where saved activations are compared; [`RunSettings::inputs`] asks for them.
    pub inputs: Option<inputs::Settings>,
    /// How many inputs to draw.
    pub samples: Samples,
    /// The share of drawn inputs, in percent, that may be skipped.
    pub max_skipped: f64,
    /// Whether a model that gives other values for the same inputs each time is measured.
    pub allow_random: bool,
    pub taps: taps::Request,
    pub measures: measures::Settings,
    pub runtime: RuntimeSettings,
    pub output: OutputSettings,
}

impl RunSettings {
    /// The inputs to run through a model.
    ///
    /// # Errors
    /// None were given.
    pub fn inputs(&self) -> Result<&inputs::Settings, Error> {
        self.inputs.as_ref().ok_or(Error::NoInputs)
    }

    /// Every resolved setting under its name on the command line, for the report and for the key of kept parts.
    pub fn resolved(&self) -> Map<String, Value> {
        let mut settings = Map::new();
        settings.insert("samples".into(), serde_json::to_value(self.samples).unwrap_or_default());
        if let Some(inputs) = &self.inputs {
            add(&mut settings, inputs);
        }
        add(&mut settings, &self.taps);
        add(&mut settings, &self.measures);
        add(&mut settings, &self.runtime);
        settings.insert("max_skipped".into(), self.max_skipped.into());
        settings.insert("allow_random".into(), self.allow_random.into());
        settings
    }
}

impl MeasureCommand {
    /// As [`RunSettings::resolved`].
    pub fn resolved(&self) -> Map<String, Value> {
        let mut settings = Map::new();
        add(&mut settings, &self.measures);
        settings.insert("samples".into(), serde_json::to_value(self.samples).unwrap_or_default());
        settings.insert("threads".into(), self.threads.into());
        settings
    }
}

impl CompareCommand {
    /// A comparison with the first variant as the baseline.
    ///
    /// # Errors
    /// There is no variant.
    pub fn new(variants: Vec<(String, Vec<PathBuf>)>, mut run: RunSettings) -> Result<Self, Error> {
        let baseline = variants.first().map(|(label, _)| label.clone()).ok_or_else(|| Error::Variant(String::new()))?;
        run.measures.read_all();
        Ok(CompareCommand {
            variants,
            baseline,
            align: false,
            fail_if: Vec::new(),
            scores: None,
            verdict: Rule::Calibrated,
            shared_range: false,
            run,
        })
    }
}

/// The settings of one stage under the names of the command line.
pub fn named(of_stage: &impl Serialize) -> Map<String, Value> {
    let mut settings = Map::new();
    add(&mut settings, of_stage);
    settings
}

/// Adds the fields of a stage's settings, which are named as on the command line.
fn add(settings: &mut Map<String, Value>, of_stage: &impl Serialize) {
    if let Ok(Value::Object(fields)) = serde_json::to_value(of_stage) {
        settings.extend(fields);
    }
}

/// `probe compare …`
#[derive(Debug, Clone)]
pub struct CompareCommand {
    /// Label and models; several models are replicates of one recipe.
    pub variants: Vec<(String, Vec<PathBuf>)>,
    pub baseline: String,
    pub align: bool,
    pub fail_if: Vec<String>,
    pub scores: Option<PathBuf>,
    /// The rule that decides.
    pub verdict: Rule,
    /// Bins span the range of all variants together.
    pub shared_range: bool,
    pub run: RunSettings,
}

#[derive(Debug, Clone)]
pub struct LayersCommand {
    pub model: PathBuf,
    pub all: bool,
    pub taps: taps::Request,
    pub json: bool,
}

#[derive(Debug, Clone)]
pub struct MeasureCommand {
    pub file: PathBuf,
    pub samples: Samples,
    pub threads: usize,
    pub measures: measures::Settings,
    pub output: OutputSettings,
}

/// `probe labels …`
#[derive(Debug, Clone)]
pub struct LabelsCommand {
    /// A run's folder, or a file of activations.
    pub activations: PathBuf,
    pub source: labels::Source,
    /// The columns of labels; the usual one if empty.
    pub columns: Vec<String>,
    pub settings: labels::Settings,
    pub threads: usize,
    pub output: OutputSettings,
}

/// `probe merge DIR`
#[derive(Debug, Clone)]
pub struct MergeCommand {
    pub run: PathBuf,
    /// Otherwise those of the shards' command.
    pub threads: Option<u16>,
    pub format: Format,
    pub quiet: bool,
    pub verbose: bool,
}

impl MergeCommand {
    /// Turns the command of a shard into the one that puts all of them together.
    pub fn put_together(&self, command: &mut Command) {
        let (output, threads) = match command {
            Command::Score(score) => (&mut score.run.output, &mut score.run.runtime.threads),
            Command::Compare(compare) => (&mut compare.run.output, &mut compare.run.runtime.threads),
            Command::Measure(measure) => (&mut measure.output, &mut measure.threads),
            _ => return,
        };
        let MergeCommand { run, format, quiet, verbose, .. } = self.clone();
        *output =
            OutputSettings { out: Some(run), share: Share::Nothing, format, quiet, verbose, resume: false, ..*output };
        if let Some(asked) = self.threads {
            *threads = asked.into();
        }
    }
}

#[derive(Debug, Clone)]
pub struct ExamplesCommand {
    pub run: PathBuf,
    /// `LAYER:INDEX`.
    pub neuron: Option<String>,
    pub top: usize,
    pub json: bool,
}

#[derive(Debug, Clone)]
pub struct ReportCommand {
    pub runs: Vec<PathBuf>,
    pub out: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct DoctorCommand {
    pub onnxruntime: Option<PathBuf>,
    pub json: bool,
}

/// How models are run. The path of the library is not a setting of the figures: its version is, and the report has both.
#[derive(Debug, Clone, Serialize)]
pub struct RuntimeSettings {
    #[serde(skip)]
    pub onnxruntime: Option<PathBuf>,
    pub provider: String,
    pub threads: usize,
}

/// Resolves what was parsed.
pub fn resolve(args: Args) -> Result<Command, Error> {
    Ok(match args.command {
        None => Command::Score(Box::new(score(args.score)?)),
        Some(Sub::Compare(args)) => Command::Compare(Box::new(compare(*args)?)),
        Some(Sub::Layers(args)) => Command::Layers(LayersCommand {
            model: args.model,
            all: args.all,
            taps: request(args.taps),
            json: args.json,
        }),
        Some(Sub::Measure(args)) => Command::Measure(Box::new(MeasureCommand {
            file: args.file,
            samples: args.samples,
            threads: threads(args.threads),
            measures: one_model(measure_settings(&args.measures, args.seed))?,
            output: output(args.output, args.terminal)?,
        })),
        Some(Sub::Labels(args)) => Command::Labels(Box::new(labels_of(*args))),
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

fn score(args: args::ScoreArgs) -> Result<ScoreCommand, Error> {
    let run = one_model(run(args.run)?)?;
    run.inputs()?;
    // clap requires the model wherever there is no subcommand.
    Ok(ScoreCommand { model: args.model.unwrap_or_default(), run })
}

/// The settings of a run, and whether bins are to span all variants.
fn run(args: args::RunArgs) -> Result<(RunSettings, bool), Error> {
    let (measures, shared_range) = measure_settings(&args.measures, args.inputs.seed);
    let run = RunSettings {
        max_skipped: args.inputs.max_skipped,
        allow_random: args.inputs.allow_random,
        measures,
        samples: args.inputs.samples,
        inputs: input_settings(args.inputs),
        taps: request(args.taps),
        runtime: runtime(args.runtime),
        output: output(args.output, args.terminal)?,
    };
    let from_stdin = run.inputs.as_ref().is_some_and(|inputs| inputs.source.is_stdin());
    if from_stdin && run.output.share != Share::All {
        return Err(Error::ShardOfStdin);
    }
    Ok((run, shared_range))
}

fn compare(args: args::CompareArgs) -> Result<CompareCommand, Error> {
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
    let (mut run, shared_range) = run(args.run)?;
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
    let source = match &args.labels[..] {
        [] => labels::Source::Run,
        [word] if word.as_os_str() == "folders" => labels::Source::Folders,
        _ => labels::Source::Files(args.labels),
    };
    LabelsCommand {
        activations: args.activations,
        source,
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

/// As asked for, or one a core.
pub fn threads(asked: Option<u16>) -> usize {
    asked.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

fn output(args: args::OutputArgs, terminal: args::TerminalArgs) -> Result<OutputSettings, Error> {
    let shard = args.shard.map(|asked| asked.resolve(&|name| std::env::var(name).ok())).transpose()?;
    Ok(OutputSettings {
        out: args.out,
        save_activations: args.save_activations,
        resume: args.resume,
        share: shard.map_or(Share::All, Share::Of),
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
