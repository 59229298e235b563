//! What can be typed, and nothing else: names, help and the forms of values. Meaning is given in [`super::settings`].
//!
//! - `groups`: flags that several commands share
//! - `commands`: the flags of each command

use std::ffi::{OsStr, OsString};

use clap::{Parser, Subcommand};

mod commands;
mod groups;

pub use commands::{
    AblateArgs, CompareArgs, DoctorArgs, ExamplesArgs, LabelsArgs, LayersArgs, MeasureFileArgs, MergeArgs, ReportArgs,
    RunArgs, ScoreArgs,
};
pub use groups::{BinningArg, ColorArg, InputArgs, MeasureArgs, OutputArgs, Pool, RuntimeArgs, TapArgs, TerminalArgs};

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

    /// What was typed, without the name of the program.
    #[arg(skip)]
    pub typed: Vec<OsString>,
}

impl Args {
    /// Reads what was typed, the name of the program included.
    ///
    /// # Errors
    /// It is not what can be typed, or it asks for the help.
    pub fn read(words: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Args, clap::Error> {
        let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
        let typed = words.iter().skip(1).cloned().collect();
        Ok(Args { typed, ..Args::try_parse_from(joined(words.into_iter()))? })
    }

    /// How to speak to the terminal, whatever the command is.
    pub fn terminal(&self) -> TerminalArgs {
        match &self.command {
            None => self.score.run.terminal,
            Some(Sub::Compare(args)) => args.run.terminal,
            Some(Sub::Layers(args)) => args.terminal,
            Some(Sub::Measure(args)) => args.terminal,
            Some(Sub::Labels(args)) => args.terminal,
            Some(Sub::Ablate(args)) => args.terminal,
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
            Some(Sub::Ablate(args)) => args.json,
            Some(Sub::Merge(args)) => args.json,
            Some(Sub::Examples(args)) => args.json,
            Some(Sub::Doctor(args)) => args.json,
            Some(Sub::Report(_) | Sub::Completions { .. } | Sub::Man) => false,
        }
    }
}

/// Joins `--save-activations f16` to one word. The parser would take the next word for the value of a flag that may stand
/// without one, whatever it is: that of `--save-activations run.npz` names a file.
fn joined(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    const FLAG: &str = "--save-activations";
    let is_value = |word: &OsStr| ["f16", "f32"].iter().any(|value| word == *value);
    let (mut joined, mut flags) = (Vec::<OsString>::new(), true);
    for word in words {
        flags &= word != "--";
        match joined.last_mut() {
            Some(flag) if flags && flag.as_os_str() == FLAG && is_value(&word) => {
                flag.push("=");
                flag.push(word);
            }
            _ => joined.push(word),
        }
    }
    joined
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
    /// Switch neurons off and see what changes: the answers, the accuracy, the later layers.
    Ablate(Box<AblateArgs>),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activations::Precision;

    fn precision(line: &str) -> Option<Precision> {
        let args = Args::read(line.split_whitespace()).unwrap();
        match args.command {
            Some(Sub::Measure(measure)) => measure.output.save_activations,
            Some(Sub::Compare(compare)) => compare.run.output.save_activations,
            _ => args.score.run.output.save_activations,
        }
    }

    #[test]
    fn activations_are_saved_in_the_precision_that_is_typed_and_else_in_float32() {
        let (half, single) = (Some(Precision::F16), Some(Precision::F32));
        let score = |flag: &str| precision(&format!("probe -m a.onnx --texts t.txt -o run {flag}"));
        assert_eq!(score(""), None);
        assert_eq!(score("--save-activations"), single);
        assert_eq!(score("--save-activations --resume"), single);
        for (typed, expected) in [("f16", half), ("f32", single)] {
            assert_eq!(score(&format!("--save-activations {typed}")), expected);
            assert_eq!(score(&format!("--save-activations={typed} -q")), expected);
        }
        // The word after the flag is a file.
        assert_eq!(precision("probe measure -o run --save-activations f.npz"), single);
        assert_eq!(precision("probe compare -o run --save-activations a=f16 b=f32"), single);
        assert_eq!(precision("probe measure -o run --save-activations -- f16"), single);
        assert!(Args::read("probe -m a.onnx --texts t.txt -o run --save-activations=f8".split(' ')).is_err());
        assert!(
            Args::read("probe -m a.onnx --texts t.txt --save-activations f16".split(' ')).is_err(),
            "without a folder"
        );
    }
}
