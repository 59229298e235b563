//! What can be typed, and nothing else: names, help and the forms of values. Meaning is given in [`super::settings`].

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum, ValueHint};

use super::{shard, threads, values};
use crate::comparison::Rule;
use crate::inputs::Samples;
use crate::inputs::images::Filter;
use crate::labels;
use crate::measures::{self, EntropyEstimator, Estimator, MiEstimator, PairNeurons};
use crate::report::export::Format;

const EXAMPLES: &str = "\
Examples:
  probe --model roberta.onnx --texts bios.txt
  probe --model resnet18.onnx --images photos/ -o run/
  probe compare base=a.onnx debiased=b.onnx --texts bios.txt
";

/// Measure memorization in the neurons of any ONNX model, without labels.
///
/// Runs the model over in-distribution inputs, captures what each neuron of each layer does, and prints the entropy of
/// every neuron and the mutual information of every pair, in nats.
#[derive(Debug, Parser)]
#[command(
    name = "probe",
    version,
    before_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Sub>,

    #[command(flatten)]
    pub score: ScoreArgs,
}

impl Args {
    /// How to speak to the terminal, whatever the command is.
    pub fn terminal(&self) -> TerminalArgs {
        match &self.command {
            None => self.score.run.terminal,
            Some(Sub::Compare(args)) => args.run.terminal,
            Some(Sub::Layers(args)) => args.terminal,
            Some(Sub::Measure(args)) => args.terminal,
            Some(Sub::Labels(args)) => args.terminal,
            Some(Sub::Merge(args)) => args.terminal,
            Some(Sub::Examples(args)) => args.terminal,
            Some(Sub::Report(args)) => args.terminal,
            Some(Sub::Doctor(args)) => args.terminal,
            Some(Sub::Completions { .. } | Sub::Man) => TerminalArgs::default(),
        }
    }

    /// Leaves out `--shard`, to put together what all shards made.
    pub fn forget_shard(&mut self) {
        match &mut self.command {
            None => self.score.run.output.shard = None,
            Some(Sub::Compare(args)) => args.run.output.shard = None,
            Some(Sub::Measure(args)) => args.output.shard = None,
            Some(_) => {}
        }
    }

    /// Whether JSON was asked for.
    pub fn json(&self) -> bool {
        match &self.command {
            None => self.score.run.output.json,
            Some(Sub::Compare(args)) => args.run.output.json,
            Some(Sub::Layers(args)) => args.json,
            Some(Sub::Measure(args)) => args.output.json,
            Some(Sub::Labels(args)) => args.json,
            Some(Sub::Merge(args)) => args.json,
            Some(Sub::Examples(args)) => args.json,
            Some(Sub::Doctor(args)) => args.json,
            Some(Sub::Report(_) | Sub::Completions { .. } | Sub::Man) => false,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Sub {
    /// Compare variants of one network over the same inputs: which one leans on a shortcut, which one memorized?
    Compare(Box<CompareArgs>),
    /// Show which layers of a model would be measured, and why.
    Layers(LayersArgs),
    /// Measure activations that another program captured.
    Measure(Box<MeasureFileArgs>),
    /// Show what can be read off each layer about labels of the inputs, as the length of a code.
    Labels(Box<LabelsArgs>),
    /// Put the parts together that `--shard` made: the result is that of one process.
    Merge(MergeArgs),
    /// Show the inputs that activate the neurons of a run most.
    Examples(ExamplesArgs),
    /// Write the HTML page of one or more saved runs again.
    Report(ReportArgs),
    /// Show which ONNX Runtime is used, and why.
    Doctor(DoctorArgs),
    /// Print completions for a shell.
    Completions { shell: clap_complete::Shell },
    /// Print the manual page.
    #[command(hide = true)]
    Man,
}

#[derive(Debug, clap::Args)]
pub struct ScoreArgs {
    /// The model: an .onnx file or an exporter's folder.
    #[arg(short, long, value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    pub model: Option<PathBuf>,

    #[command(flatten)]
    pub run: RunArgs,
}

/// What scoring and comparing have in common.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub inputs: InputArgs,
    #[command(flatten)]
    pub taps: TapArgs,
    #[command(flatten)]
    pub measures: MeasureArgs,
    #[command(flatten)]
    pub runtime: RuntimeArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// Variants: a label and a model, or a quoted glob whose matches are training seeds of one recipe.
    ///
    /// Each model is fed as the tokenizer or image configuration next to it says. Quote a glob, so that the shell passes it
    /// on: `debiased='runs/debiased-s*.onnx'`.
    #[arg(value_name = "LABEL=MODEL", required = true, num_args = 2..)]
    pub variants: Vec<String>,
    /// The variant that the others are compared with [default: the first one]
    #[arg(long, value_name = "LABEL")]
    pub baseline: Option<String>,
    /// Compare only the layers that all variants have.
    ///
    /// Without it, variants with different layers are an error, and the error names the layers that differ.
    #[arg(long)]
    pub align: bool,
    /// Exit with code 1 if a verdict is in the list or a measure crosses a threshold.
    ///
    /// The list holds verdicts (`heuristic`, `example-level`, `mixed`) and thresholds (`entropy<1.2`), separated by commas. The
    /// exit code is decided before anything is printed.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub fail_if: Vec<String>,
    /// Which rule decides: calibrated against seeds and inputs, or as published.
    ///
    /// `calibrated` reads H, I and R under `robust`, relative to their size, and allows for the inputs drawn and for how far
    /// seeds of one recipe are apart; two of the three must agree. `published` reads H and I under `paper` and allows for the
    /// inputs alone, so that two seeds of one recipe usually differ. Both stand in the report.
    #[arg(long, value_enum, default_value_t = Rule::Calibrated)]
    pub verdict: Rule,
    /// Scores of the variants (label, value) to compare the ranking with: .csv or .tsv.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub scores: Option<PathBuf>,

    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Debug, clap::Args)]
pub struct LayersArgs {
    /// The model: an .onnx file or an exporter's folder.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub model: PathBuf,
    /// Show every float tensor, not only the layers.
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub taps: TapArgs,
    /// Print JSON and nothing else.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

#[derive(Debug, clap::Args)]
pub struct MeasureFileArgs {
    /// Activations: an .npz with one [inputs, neurons] array per layer, or an .npy.
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Number of inputs to draw with the seed, or `all`.
    ///
    /// The drawn inputs keep their order. An input that turns out unusable is skipped and not replaced.
    #[arg(long, value_name = "N|all", default_value = "2500")]
    pub samples: Samples,
    /// Seed of every random choice.
    ///
    /// It decides which inputs and, with `--mi-neurons random:N`, which neurons are drawn, and the subsamples behind the
    /// intervals. The same seed gives the same bytes.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Number of threads [default: the cores of this machine]
    ///
    /// The results are the same for any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=threads::MOST))]
    pub threads: Option<u16>,
    #[command(flatten)]
    pub measures: MeasureArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

#[derive(Debug, clap::Args)]
pub struct LabelsArgs {
    /// The folder of a run (from `-o`, with --save-activations), or an .npz of activations, one row per input.
    #[arg(value_name = "RUN|ACTS.npz", value_hint = ValueHint::AnyPath)]
    pub activations: PathBuf,
    /// Labels: .txt (one per line), .csv, .tsv, .json, .jsonl or .parquet, or the word `folders` [default: the tables of
    /// the run's texts, or the folders of its images]
    ///
    /// Record n is the label of input n of the whole file, whichever inputs were drawn; of an .npz, row n. For images, a
    /// table names each by its path, and `folders` takes the folder that each image lies in. An empty cell is a missing
    /// label.
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    pub labels: Vec<PathBuf>,
    /// A column of labels; repeatable [default: the one called label, or the only one]
    #[arg(long, value_name = "NAME")]
    pub column: Vec<String>,
    /// Leave out the inputs of classes that are too rare to code (fewer than 4 inputs).
    #[arg(long)]
    pub drop_rare: bool,
    /// Ends of the blocks in percent of the inputs, rising to 100.
    ///
    /// The labels of a block are coded by a probe that learned from all blocks before it. Blocks that would end before there
    /// are two inputs per class are part of the next one.
    #[arg(long, value_name = "LIST", default_value_t = labels::Blocks::default())]
    pub blocks: labels::Blocks,
    /// What a codelength is counted in: bits, or as the published programs add it up (bits and nats).
    #[arg(long, value_enum, default_value_t = labels::Units::Bits)]
    pub units: labels::Units,
    /// Strength of the probe's L2 penalty; scikit-learn's 1/C.
    #[arg(long, value_name = "L2", default_value_t = 1.0, value_parser = values::above_zero)]
    pub l2: f64,
    /// Number of random orders of the inputs; intervals are over them.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub orders: u16,
    /// Seed of the orders and of the control's permutations.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Number of threads [default: the cores of this machine]
    ///
    /// The results are the same for any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=threads::MOST))]
    pub threads: Option<u16>,
    /// A run's folder to keep the codelengths in: RUN itself, or another that becomes a copy of it.
    ///
    /// report.json and the page then have them.
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Print the codelengths as JSON and nothing else.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Format of the printed result.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

#[derive(Debug, clap::Args)]
pub struct MergeArgs {
    /// The folder that all shards wrote into (their --out).
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// Number of threads [default: the cores of this machine]
    ///
    /// The results are the same for any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=threads::MOST))]
    pub threads: Option<u16>,
    /// Print the report as JSON and nothing else.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Format of the printed result.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

#[derive(Debug, clap::Args)]
pub struct ExamplesArgs {
    /// The folder of a run (from `-o`).
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// One neuron: its layer and its index in it.
    #[arg(long, value_name = "LAYER:INDEX")]
    pub neuron: Option<String>,
    /// Inputs per neuron, at most ten.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=10))]
    pub top: u8,
    /// Print JSON and nothing else.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Folders of runs (from `-o`); several are shown side by side.
    #[arg(required = true, value_hint = ValueHint::DirPath)]
    pub runs: Vec<PathBuf>,
    /// The page to write [default: report.html in the run's folder, or in this folder for several runs]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// The ONNX Runtime library to use.
    #[arg(long, value_name = "PATH")]
    pub onnxruntime: Option<PathBuf>,
    /// Print JSON and nothing else.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Inputs")]
pub struct InputArgs {
    /// Texts: .txt (one per line), .csv, .tsv, .json, .jsonl or .parquet; `-` for standard input.
    ///
    /// All but .parquet may be gzipped. A pattern in quotes stands for the files that match it. A table needs a column of
    /// texts: see --text-column.
    #[arg(long, value_name = "FILE", num_args = 1.., group = "source", value_hint = ValueHint::FilePath)]
    pub texts: Vec<PathBuf>,
    /// Every image below a folder.
    #[arg(long, value_name = "DIR", group = "source", value_hint = ValueHint::DirPath)]
    pub images: Option<PathBuf>,
    /// An .npy array, or an .npz with one array per model input.
    #[arg(long, value_name = "FILE", group = "source", value_hint = ValueHint::FilePath)]
    pub arrays: Option<PathBuf>,
    /// Number of inputs to draw with the seed, or `all`.
    ///
    /// The drawn inputs keep their order. An input that turns out unusable is skipped and not replaced.
    #[arg(long, value_name = "N|all", default_value = "2500")]
    pub samples: Samples,
    /// Seed of every random choice.
    ///
    /// It decides which inputs and, with `--mi-neurons random:N`, which neurons are drawn, and the subsamples behind the
    /// intervals. The same seed gives the same bytes.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// The column of a table that holds the texts [default: the one whose values look like texts]
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// The column that holds each text's second sentence.
    #[arg(long, value_name = "NAME")]
    pub text_pair_column: Option<String>,
    /// Replace invalid UTF-8 instead of skipping the text.
    #[arg(long)]
    pub lossy: bool,
    /// A tokenizer.json or its folder [default: found next to the model]
    #[arg(long, value_name = "PATH")]
    pub tokenizer: Option<PathBuf>,
    /// Maximum number of tokens per text; longer texts are truncated [default: what the model can take]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_length: Option<u32>,
    /// Inputs per batch [default: fitted to the inputs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub batch_size: Option<u32>,
    /// Measure inputs that occur more than once as often as they occur, instead of once.
    #[arg(long)]
    pub keep_repeats: bool,
    /// Height and width of the images that the model gets [default: what the model's configuration says]
    #[arg(long, value_name = "N|HxW", value_parser = values::image_size)]
    pub image_size: Option<(usize, usize)>,
    /// Share of the resized image that the centre crop keeps, from 0.01 to 1.
    #[arg(long, value_name = "SHARE", value_parser = values::share)]
    pub crop_pct: Option<f64>,
    /// Filter of the resize: nearest, bilinear, bicubic, lanczos, box or hamming.
    #[arg(long, value_name = "NAME", value_parser = values::filter)]
    pub interpolation: Option<Filter>,
    /// Mean of each colour channel, from 0 to 1.
    #[arg(long, value_name = "R,G,B", value_parser = values::channels)]
    pub image_mean: Option<[f32; 3]>,
    /// Standard deviation of each colour channel.
    #[arg(long, value_name = "R,G,B", value_parser = values::channels)]
    pub image_std: Option<[f32; 3]>,
    /// Measure a model that gives other values for the same inputs each time, instead of refusing it.
    #[arg(long)]
    pub allow_random: bool,
    /// Stop with exit code 3 if more than this percentage of the drawn inputs is skipped.
    #[arg(long, value_name = "PCT", default_value_t = 1.0, value_parser = values::percent)]
    pub max_skipped: f64,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Layers")]
pub struct TapArgs {
    /// A layer's label or a tensor's name, or a glob over them; repeatable [default: one layer per block]
    ///
    /// `probe layers MODEL` shows the labels, and `probe layers MODEL --all` shows every tensor.
    #[arg(long, value_name = "PATTERN")]
    pub layers: Vec<String>,
    /// How to pool tokens or pixels into one value per neuron.
    ///
    /// `auto` takes the first token of a transformer and the mean over height and width of a convolution.
    #[arg(long, value_enum, default_value_t = Pool::Auto)]
    pub pool: Pool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Measures")]
pub struct MeasureArgs {
    /// paper: as published; robust: rank-based mutual information and quantile-range entropy.
    ///
    /// `paper` is Kraskov's first estimator and bins between the smallest and the largest activation. One outlier decides
    /// those bins, and tied values (ReLU zeros) push the mutual information below zero. `robust` bins between the 0.5 and
    /// 99.5 % quantiles and measures normal scores with an estimator that allows ties.
    #[arg(long, value_enum, default_value_t = Estimator::Paper)]
    pub estimator: Estimator,
    /// Number of bins of the entropy.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=measures::Settings::MOST_BINS as i64))]
    pub bins: u32,
    /// Range of the bins: over all chosen layers, per layer, per neuron, or over all variants of a comparison.
    ///
    /// `shared` (all variants) measures the scale of the activations more than anything else, and no verdict reads it.
    #[arg(long, value_enum, default_value_t = BinningArg::Global)]
    pub binning: BinningArg,
    /// Estimator of a neuron's entropy.
    #[arg(long, value_enum, default_value_t = EntropyEstimator::Binned)]
    pub entropy: EntropyEstimator,
    /// Estimator of a pair's mutual information.
    #[arg(long, value_enum, default_value_t = MiEstimator::Nearest)]
    pub mutual_information: MiEstimator,
    /// Number of neighbours k of the nearest-neighbour estimators.
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub neighbors: u32,
    /// Neurons of each layer whose pairs are measured: the first N, `random:N`, or `all`.
    ///
    /// The published recipe is the first 64. A layer with fewer neurons gives all of them.
    #[arg(long, value_name = "N|all|random:N", default_value = "64")]
    pub mi_neurons: PairNeurons,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Runtime")]
pub struct RuntimeArgs {
    /// The ONNX Runtime library to use [default: found; see `probe doctor`]
    #[arg(long, value_name = "PATH")]
    pub onnxruntime: Option<PathBuf>,
    /// Execution provider of ONNX Runtime: cpu, cuda, coreml, …
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    pub provider: String,
    /// Number of threads [default: the cores of this machine]
    ///
    /// The results are the same for any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=threads::MOST))]
    pub threads: Option<u16>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Folder of the run: report.json, report.html, measures.npz, skipped.jsonl.
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Also save the activations, as activations.npz.
    #[arg(long, requires = "out")]
    pub save_activations: bool,
    /// Resume an interrupted run in this folder.
    ///
    /// Finished parts are used again if the models, inputs and settings are the same; otherwise everything is computed
    /// again, and a warning names what differs.
    #[arg(long, requires = "out")]
    pub resume: bool,
    /// Make one shard's part of the run; `probe merge DIR` puts the parts of all N together.
    ///
    /// I counts from 0, and N stands for 0, so that tasks numbered from 1 work as well. `auto` takes I from the scheduler:
    /// HQ_TASK_ID, JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID. A shard that is run again makes what is missing.
    #[arg(long, value_name = "I/N", requires = "out", conflicts_with = "dry_run")]
    pub shard: Option<shard::Asked>,
    /// Print what would be run and how long it would take, and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the report as JSON and nothing else.
    ///
    /// An error is a line of JSON on stderr, with `message`, `advice` and `exit_code`.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Format of the printed result.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, Default, clap::Args)]
#[command(next_help_heading = "Terminal")]
pub struct TerminalArgs {
    /// Print only the result and errors.
    #[arg(short, long)]
    pub quiet: bool,
    /// Also print what was found and chosen: files, layers, batches, provider.
    #[arg(short, long)]
    pub verbose: bool,
    /// When to use colours.
    #[arg(long, value_enum, default_value_t = ColorArg::Auto, value_name = "WHEN")]
    pub color: ColorArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pool {
    Auto,
    First,
    Last,
    Mean,
    Max,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BinningArg {
    Global,
    Layer,
    Neuron,
    Shared,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    #[default]
    Auto,
    Always,
    Never,
}
