//! Flags that several commands share, under the headings of the help.

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};

use crate::activations::Precision;
use crate::cli::{shard, threads, values};
use crate::inputs::Samples;
use crate::inputs::images::Filter;
use crate::measures::{self, EntropyEstimator, Estimator, MiEstimator, PairNeurons};
use crate::report::export::Format;

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
    /// Also save the activations, as activations.npz, in float32 or in float16.
    ///
    /// f16 takes half the room and rounds to 11 significant bits. A layer with a value beyond 65,504 is saved as float32, and a
    /// warning names it. Without a value it is f32.
    #[arg(long, requires = "out", value_name = "f16|f32", num_args = 0..=1, require_equals = true, default_missing_value = "f32")]
    pub save_activations: Option<Precision>,
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
