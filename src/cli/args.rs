//! What can be typed, and nothing else: names, help and the forms of values. Meaning is given in [`super::settings`].

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum, ValueHint};

use super::threads;

use crate::inputs::Samples;
use crate::inputs::images::Filter;
use crate::measures::{PairNeurons, Settings};

const EXAMPLES: &str = "\
Examples:
  probe --model roberta.onnx --texts bios.txt
  probe --model resnet18.onnx --images photos/ -o run/
  probe compare base=a.onnx debiased=b.onnx --texts bios.txt
";

/// Read memorization off the neurons of any ONNX model, with no labels.
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
    disable_help_subcommand = true,
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
            Some(Sub::Examples(args)) => args.terminal,
            Some(Sub::Report(args)) => args.terminal,
            Some(Sub::Doctor(args)) => args.terminal,
            Some(Sub::Completions { .. } | Sub::Man) => TerminalArgs::default(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Sub {
    /// Compare variants of one network over the same inputs: which leans on a shortcut, which memorized?
    Compare(Box<CompareArgs>),
    /// Show the layers that would be tapped in a model, and why.
    Layers(LayersArgs),
    /// Measure activations that come from elsewhere.
    Measure(Box<MeasureFileArgs>),
    /// Show the inputs that activate a run's neurons most.
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
    #[arg(value_name = "LABEL=MODEL", required = true, num_args = 2..)]
    pub variants: Vec<String>,
    /// The variant that the others are held against [default: the first]
    #[arg(long, value_name = "LABEL")]
    pub baseline: Option<String>,
    /// Go on with the layers that the variants have in common.
    #[arg(long)]
    pub align: bool,
    /// Exit with 1 where a verdict is in the list, or a measure crosses a threshold (`entropy<1.2`).
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub fail_if: Vec<String>,
    /// Scores that you have (label, value) to hold the ranking against: .csv or .tsv.
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
    /// Every float tensor, not only the layers.
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
    /// Activations: .npz with one [inputs, neurons] array a layer, or .npy.
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Inputs used, drawn with the seed, or `all`.
    #[arg(long, value_name = "N|all", default_value = "2500", value_parser = samples)]
    pub samples: Samples,
    /// Seed of every draw.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Threads [default: the cores of this machine]
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
pub struct ExamplesArgs {
    /// The folder of a run (from `-o`).
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// One neuron: its layer and its index in it.
    #[arg(long, value_name = "LAYER:INDEX")]
    pub neuron: Option<String>,
    /// Inputs a neuron, at most ten.
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
    /// Where the page goes [default: report.html in the run's folder, or here for several]
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
    /// Texts: .txt (one a line), .csv, .tsv or .jsonl, also .gz of each; `-` for standard input.
    #[arg(long, value_name = "FILE", num_args = 1.., group = "source", value_hint = ValueHint::FilePath)]
    pub texts: Vec<PathBuf>,
    /// Every image below a folder.
    #[arg(long, value_name = "DIR", group = "source", value_hint = ValueHint::DirPath)]
    pub images: Option<PathBuf>,
    /// An .npy array, or an .npz with one array a model input.
    #[arg(long, value_name = "FILE", group = "source", value_hint = ValueHint::FilePath)]
    pub arrays: Option<PathBuf>,
    /// Inputs used, drawn with the seed, or `all`.
    #[arg(long, value_name = "N|all", default_value = "2500", value_parser = samples)]
    pub samples: Samples,
    /// Seed of every draw.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// The column of a table that holds the texts [default: guessed when one is obvious]
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// The column that holds each text's second sentence.
    #[arg(long, value_name = "NAME")]
    pub text_pair_column: Option<String>,
    /// Take invalid UTF-8 with its broken bytes replaced, instead of skipping the line.
    #[arg(long)]
    pub lossy: bool,
    /// A tokenizer.json, or the folder of a tokenizer [default: found beside the model]
    #[arg(long, value_name = "PATH")]
    pub tokenizer: Option<PathBuf>,
    /// Most tokens of a text [default: what the model can take]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_length: Option<u32>,
    /// Inputs a batch [default: fitted to the inputs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub batch_size: Option<u32>,
    /// Height and width that images are brought to [default: what the model's configuration says]
    #[arg(long, value_name = "N|HxW", value_parser = image_size)]
    pub image_size: Option<(usize, usize)>,
    /// The share of the resized image that the centre crop keeps.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub crop_pct: Option<f64>,
    /// The filter of the resize.
    #[arg(long, value_name = "NAME", value_parser = filter)]
    pub interpolation: Option<Filter>,
    /// Mean of each channel, from 0 to 1.
    #[arg(long, value_name = "R,G,B", value_parser = channels)]
    pub image_mean: Option<[f32; 3]>,
    /// Standard deviation of each channel.
    #[arg(long, value_name = "R,G,B", value_parser = channels)]
    pub image_std: Option<[f32; 3]>,
    /// Stop with exit 3 where more than this share of the drawn inputs is skipped.
    #[arg(long, value_name = "PCT", default_value_t = 1.0, value_parser = percent)]
    pub max_skipped: f64,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Layers")]
pub struct TapArgs {
    /// A layer's label or a tensor's name, or a glob over them; repeatable [default: one a block]
    #[arg(long, value_name = "PATTERN")]
    pub layers: Vec<String>,
    /// How a tensor's positions become one number a neuron.
    #[arg(long, value_enum, default_value_t = Pool::Auto)]
    pub pool: Pool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Measures")]
pub struct MeasureArgs {
    /// The form of both measures: as published, or mended where that is fragile.
    #[arg(long, value_enum, default_value_t = EstimatorArg::Paper)]
    pub estimator: EstimatorArg,
    /// Bins of the entropy.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=Settings::MOST_BINS as i64))]
    pub bins: u32,
    /// What the bins span: all chosen layers, each layer, each neuron, or all variants of a comparison.
    #[arg(long, value_enum, default_value_t = BinningArg::Global)]
    pub binning: BinningArg,
    /// How the entropy of a neuron is estimated.
    #[arg(long, value_enum, default_value_t = EntropyArg::Binned)]
    pub entropy: EntropyArg,
    /// How the mutual information of a pair is estimated.
    #[arg(long, value_enum, default_value_t = MiArg::Nearest)]
    pub mutual_information: MiArg,
    /// Neighbours of the nearest-neighbour estimator.
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub neighbors: u32,
    /// Neurons of each layer whose pairs are measured: the first N, `random:N`, or `all`.
    #[arg(long, value_name = "N|all|random:N", default_value = "64", value_parser = pair_neurons)]
    pub mi_neurons: PairNeurons,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Runtime")]
pub struct RuntimeArgs {
    /// The ONNX Runtime library to use [default: found; see `probe doctor`]
    #[arg(long, value_name = "PATH")]
    pub onnxruntime: Option<PathBuf>,
    /// The execution provider: cpu, cuda, coreml, …
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    pub provider: String,
    /// Threads [default: the cores of this machine]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=threads::MOST))]
    pub threads: Option<u16>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// The run's folder: report.json, report.html, measures.npz, skipped.jsonl.
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Also keep the activations, as activations.npz.
    #[arg(long, requires = "out")]
    pub save_activations: bool,
    /// Go on from what a broken run left in the folder.
    #[arg(long, requires = "out")]
    pub resume: bool,
    /// Say what would be run, and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the report as JSON and nothing else.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, Default, clap::Args)]
#[command(next_help_heading = "Terminal")]
pub struct TerminalArgs {
    /// No progress and no warnings.
    #[arg(short, long)]
    pub quiet: bool,
    /// Say more about what is done.
    #[arg(short, long)]
    pub verbose: bool,
    /// Colours.
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
pub enum EstimatorArg {
    Paper,
    Robust,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BinningArg {
    Global,
    Layer,
    Neuron,
    Shared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EntropyArg {
    /// Plug-in over the bins, as published.
    Binned,
    /// The same, with Miller and Madow's correction.
    MillerMadow,
    /// Kozachenko and Leonenko's, from nearest neighbours.
    KozachenkoLeonenko,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MiArg {
    /// Kraskov's first estimator, as published (in `robust`, its form for mixtures).
    Nearest,
    /// Plug-in over equal-width bins.
    Binned,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Csv,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    #[default]
    Auto,
    Always,
    Never,
}

fn samples(text: &str) -> Result<Samples, String> {
    match text {
        "all" => Ok(Samples::All),
        _ => match text.parse() {
            Ok(0) | Err(_) => Err("a number from 1 on, or 'all'".into()),
            Ok(count) => Ok(Samples::Count(count)),
        },
    }
}

fn pair_neurons(text: &str) -> Result<PairNeurons, String> {
    let wrong = || "a number from 1 on, 'random:N', or 'all'".to_string();
    let count = |text: &str| text.parse().ok().filter(|&n: &usize| n > 0).ok_or_else(wrong);
    match text.strip_prefix("random:") {
        Some(drawn) => Ok(PairNeurons::Random(count(drawn)?)),
        None if text == "all" => Ok(PairNeurons::All),
        None => Ok(PairNeurons::First(count(text)?)),
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').parse::<f64>() {
        Ok(share) if (0.0..=100.0).contains(&share) => Ok(share),
        _ => Err("a share from 0 to 100".into()),
    }
}

fn image_size(text: &str) -> Result<(usize, usize), String> {
    let (height, width) = text.split_once(['x', 'X']).unwrap_or((text, text));
    match (height.parse(), width.parse()) {
        (Ok(height @ 1..=16_384), Ok(width @ 1..=16_384)) => Ok((height, width)),
        _ => Err("a side, or HEIGHTxWIDTH, of at most 16384 pixels".into()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|share| (0.01..=1.0).contains(share)).ok_or_else(|| "a share from 0.01 to 1".into())
}

fn filter(text: &str) -> Result<Filter, String> {
    Filter::from_name(text).ok_or_else(|| "nearest, box, bilinear, hamming, bicubic or lanczos".into())
}

fn channels(text: &str) -> Result<[f32; 3], String> {
    let values: Vec<f32> = text.split(',').map_while(|value| value.trim().parse().ok()).collect();
    let three = <[f32; 3]>::try_from(values).ok();
    three.filter(|values| values.iter().all(|value| value.is_finite())).ok_or_else(|| "three numbers: R,G,B".into())
}
