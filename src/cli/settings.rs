//! The commands with their settings: what the stages take, and what reports say of it.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::Error;
use super::output::OutputSettings;
use super::supervisor::Subject;
use crate::ablation;
use crate::base::share::Share;
use crate::comparison::Rule;
use crate::inputs::{self, Samples};
use crate::labels;
use crate::measures;
use crate::report::export::Format;
use crate::taps;

/// A command whose settings are resolved.
#[derive(Debug)]
pub enum Command {
    Score(Box<ScoreCommand>),
    Compare(Box<CompareCommand>),
    Layers(LayersCommand),
    Measure(Box<MeasureCommand>),
    Labels(Box<LabelsCommand>),
    Ablate(Box<AblateCommand>),
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
            Command::Ablate(ablate) => Some(ablate.run.runtime.threads),
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
            Command::Ablate(ablate) => of(ablate.model.display().to_string(), &ablate.run.output),
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

/// `probe ablate …`
#[derive(Debug, Clone)]
pub struct AblateCommand {
    pub model: PathBuf,
    pub ablation: ablation::Settings,
    /// Where labels come from, if there are any.
    pub labels: Option<labels::Source>,
    /// The column of labels; the usual one if `None`.
    pub column: Option<String>,
    /// Where the groups of inputs come from, if there are any, and their column.
    pub groups: Option<labels::Source>,
    pub group_column: Option<String>,
    pub run: RunSettings,
}

impl AblateCommand {
    /// As [`RunSettings::resolved`].
    pub fn resolved(&self) -> Map<String, Value> {
        let mut settings = self.run.resolved();
        add(&mut settings, &self.ablation);
        settings.insert("labels".into(), self.labels.as_ref().map(ToString::to_string).into());
        settings.insert("column".into(), self.column.clone().into());
        settings.insert("groups".into(), self.groups.as_ref().map(ToString::to_string).into());
        settings.insert("group_column".into(), self.group_column.clone().into());
        settings
    }
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
        output.out = Some(run);
        output.share = Share::Nothing;
        output.resume = false;
        (output.format, output.quiet, output.verbose) = (format, quiet, verbose);
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
