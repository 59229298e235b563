//! What can go wrong when taps are chosen.

use crate::base::advise::{Advise, Fault};

use super::tap::Pooling;

/// What can go wrong when taps are chosen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `--layers` matched nothing.
    #[error("no layer matches '{pattern}'; the nearest names are {}", nearest.join(", "))]
    NoMatch { pattern: String, nearest: Vec<String> },
    /// `--layers` is no glob.
    #[error("'{pattern}' is not a pattern: {why}")]
    Pattern { pattern: String, why: String },
    /// A tensor was named that cannot be measured.
    #[error("the tensor '{tensor}' cannot be measured: {why}")]
    NotNeurons { tensor: String, why: String },
    /// `--pool` does not fit a tensor.
    #[error("cannot pool tensor '{tensor}' by {pooling}: {why}")]
    Pooling { tensor: String, pooling: Pooling, why: &'static str },
    /// Integers, strings and truth values only.
    #[error("the graph computes no floating-point tensors, and only these are measured{}", what(outputs))]
    NoFloats { outputs: Vec<String> },
    /// No weights anywhere.
    #[error("the graph has no layers: none of its {nodes} nodes multiplies by weights that are stored in the file")]
    NoWeights { nodes: usize },
    /// One product with weights, which is the answer.
    #[error("the graph has no hidden layers: {node}, its only product with weights, makes the model's own answer")]
    OnlyAnswer { node: String },
    /// Weights, but nothing between them that everything passes through.
    #[error(
        "no layers were found in the graph: between its {weighted} nodes with weights lies no tensor that all paths \
         from the inputs to the output cross"
    )]
    NoCut { weighted: usize },
    /// The weights are inside a control-flow node.
    #[error("the network lies inside {node}, and tensors in there cannot be given out")]
    Inside { node: String, op: String },
    /// The weights are inside model-local functions.
    #[error("the network lies inside the file's own functions ({names}), and tensors in there cannot be given out")]
    Functions { names: String },
    /// An input of the model holds strings.
    #[error("the model's input '{input}' takes strings, which cannot be given to it")]
    Strings { input: String },
    /// Saved with ONNX Runtime's blocked layout.
    #[error(
        "the file was optimised by ONNX Runtime for one kind of processor: {node} keeps channels in blocks \
         (com.microsoft.nchwc), which are not the network's own layers"
    )]
    Blocked { node: String },
    /// `--answer` names no output.
    #[error("the model has no output '{wanted}'; it has {}", outputs.join(", "))]
    NoOutput { wanted: String, outputs: Vec<String> },
    /// `--answer` names an output that is no row of numbers per input.
    #[error("the output '{output}' does not hold one row of numbers per input, so its largest is no answer")]
    NotAnAnswer { output: String, others: Vec<String> },
    /// Neurons of a layer are to be switched off, and that cannot be done in this graph.
    #[error("neurons of '{layer}' cannot be switched off: {why}")]
    Ablation { layer: String, why: String, advice: &'static str },
}

fn what(outputs: &[String]) -> String {
    if outputs.is_empty() { String::new() } else { format!(" (its outputs are {})", outputs.join(", ")) }
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::NoMatch { .. } | Error::Pattern { .. } | Error::Pooling { .. } | Error::NotNeurons { .. } => {
                Fault::Usage
            }
            Error::NoOutput { .. } | Error::NotAnAnswer { .. } => Fault::Usage,
            _ => Fault::Input,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::NoOutput { .. } => "name one of them with --answer".into(),
            Error::NotAnAnswer { others, .. } => format!("name another output with --answer; there are {}", others.join(", ")),
            Error::Ablation { advice, .. } => (*advice).into(),
            Error::NoMatch { .. } => "`probe layers MODEL --all` lists every tensor that can be chosen".into(),
            Error::Pattern { .. } => "a pattern is a label, a tensor name, or a glob such as 'encoder.layer.*'".into(),
            Error::NotNeurons { .. } => "`probe layers MODEL --all` lists every tensor that can be chosen".into(),
            Error::Pooling { .. } => "choose another --pool, or other --layers".into(),
            Error::NoFloats { .. } => "give a model that computes with floating-point numbers".into(),
            Error::NoWeights { .. } => "give a trained network; a graph of pre- or post-processing has no neurons".into(),
            Error::OnlyAnswer { .. } => "to measure the answer itself, name its tensor with --layers".into(),
            Error::NoCut { .. } => "choose tensors by name: `probe layers MODEL --all` lists them".into(),
            Error::Inside { op, .. } => match op.as_str() {
                "If" => "export the model without the condition: one branch as a graph of its own".into(),
                _ => "export the model without the loop: one step as a graph of its own, or unrolled".into(),
            },
            Error::Functions { .. } => "write the functions out first: `onnx.inliner.inline_local_functions(model)`".into(),
            Error::Strings { .. } => "export the network behind the tokenizer, with token ids as its input".into(),
            Error::Blocked { .. } => {
                "give the file from before it was optimised, or save it at the extended level (ORT_ENABLE_EXTENDED) at most"
                    .into()
            }
        })
    }
}
