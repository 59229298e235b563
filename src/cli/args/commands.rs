//! The flags of each command.

use std::path::PathBuf;

use clap::ValueHint;

use super::groups::{InputArgs, MeasureArgs, OutputArgs, RuntimeArgs, TapArgs, TerminalArgs};
use crate::ablation;
use crate::cli::{threads, values};
use crate::comparison::Rule;
use crate::inputs::Samples;
use crate::labels;
use crate::report::export::Format;

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
pub struct AblateArgs {
    /// The model: an .onnx file or an exporter's folder.
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub model: PathBuf,
    /// The neurons: lowest-entropy:N, highest-mi:N, random:N, or a file with one LAYER:INDEX per line.
    ///
    /// They are switched off in this order: the first one, then two, four and so on, and at last all of them.
    #[arg(long, value_name = "RULE:N|FILE")]
    pub neurons: ablation::Which,
    /// A layer whose neurons may be switched off, by its label; repeatable [default: all layers that are measured]
    #[arg(long, value_name = "LABEL")]
    pub layer: Vec<String>,
    /// What a neuron gives that is switched off: zero, its mean over the inputs, or the bias of its dense layer.
    ///
    /// `published` is what a row of zeros in the weights gives: the bias stays, and what is added behind the layer. It is for
    /// dense layers only.
    #[arg(long, value_enum, default_value_t = ablation::How::Zero)]
    pub how: ablation::How,
    /// Number of random choices of as many neurons, of the same layers, to compare with.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(2..=1000))]
    pub draws: u16,
    /// The output that is the model's answer [default: logits, or the first with one row of numbers per input]
    ///
    /// The answer is the place of the largest number, or for a single number whether it is above 0 (above 0.5 behind a
    /// sigmoid).
    #[arg(long, value_name = "OUTPUT")]
    pub answer: Option<String>,
    /// Labels, for the accuracy: .txt (one per line), .csv, .tsv, .json, .jsonl or .parquet, or the word `folders`.
    ///
    /// As in `probe labels`. A label is a number from 0, a name in id2label of the config.json next to the model, or
    /// the folder of an image.
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    pub labels: Vec<PathBuf>,
    /// The column of labels [default: the one called label, or the only one]
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,
    /// Groups of inputs, two of them, for the gaps between them: a file as for --labels, or the word `folders`.
    ///
    /// With labels, the result then has the gaps of the true-positive rate and of sufficiency, before and after.
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    pub groups: Vec<PathBuf>,
    /// The column of groups, of --groups or of the table of inputs.
    #[arg(long, value_name = "NAME")]
    pub group_column: Option<String>,

    #[command(flatten)]
    pub inputs: InputArgs,
    #[command(flatten)]
    pub taps: TapArgs,
    #[command(flatten)]
    pub measures: MeasureArgs,
    #[command(flatten)]
    pub runtime: RuntimeArgs,
    /// Folder of the run with all neurons on, as `probe --out` writes it, with ablation.json beside.
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Print the result as JSON and nothing else.
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
