//! What can go wrong between us and ONNX Runtime.

use std::path::PathBuf;

use super::attempt::{Attempt, Place};
use super::refusal::Refusal;
use crate::base::advise::{Advise, FEWER_THREADS, Fault, LESS_MEMORY};

/// What can go wrong between us and ONNX Runtime.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// None of the places holds a library that can be used.
    #[error("no usable ONNX Runtime library was found{}", refused(tried))]
    NotFound { tried: Vec<Attempt> },
    /// The library that was chosen by hand cannot be used; no other is tried in its stead.
    #[error("the ONNX Runtime library {} ({place}) cannot be used: {refusal}", path.display())]
    Chosen { place: Place, path: PathBuf, refusal: Refusal },
    /// A process can load one library only.
    #[error("{} cannot be loaded, because {} is in use already", asked.display(), loaded.display())]
    AlreadyLoaded { asked: PathBuf, loaded: PathBuf },
    /// The execution provider is not part of this library.
    #[error("this ONNX Runtime has no provider '{asked}'; it has {}", available.join(", "))]
    NoProvider { asked: String, available: Vec<String> },
    /// The execution provider is part of the library, but cannot be started.
    #[error("the provider '{asked}' cannot be started: {message}")]
    Provider { asked: String, message: String },
    /// The model asks for operators of a standard newer than the library.
    #[error("the model uses opset {asked} of {domain}; ONNX Runtime {version} knows opsets up to {supported}")]
    NewerOpset { domain: String, asked: u64, supported: u64, version: String },
    /// The model file's format is newer than the library.
    #[error("the model has IR version {asked}; ONNX Runtime {version} reads IR versions up to {supported}")]
    NewerIr { asked: u64, supported: u64, version: String },
    /// The library does not know an operator. `node` is empty where the library does not say which.
    #[error("{} uses the op {op} of the domain '{domain}', which ONNX Runtime {version} does not have{}",
        node_name(node), detail.as_ref().map(|d| format!(" ({d})")).unwrap_or_default())]
    UnknownOp { node: Option<String>, op: String, domain: String, version: String, detail: Option<String> },
    /// The library knows the operator, and cannot compute it in this version of the standard with these element types.
    #[error(
        "the node '{node}' uses the op {op} as operator set {since} of {domain} has it, which ONNX Runtime {version} \
        cannot compute with the element types that the node has"
    )]
    NoKernel { node: String, op: String, domain: String, since: u64, version: String },
    /// The library refuses the model for another reason.
    #[error("ONNX Runtime {version} cannot load the model: {message}")]
    Model { message: String, version: String },
    /// The system does not let ONNX Runtime start its threads.
    #[error("ONNX Runtime {version} cannot start a thread: {message}")]
    Thread { message: String, version: String },
    /// The system does not give the memory that the model or a batch needs.
    #[error("ONNX Runtime {version} cannot get the memory that it needs: {message}")]
    Memory { message: String, version: String },
    /// An output that was asked for is not there.
    #[error("the model has no output '{name}'; it has {}", available.join(", "))]
    NoOutput { name: String, available: Vec<String> },
    /// The model was given something else than it takes.
    #[error("the model does not take these inputs: {problem}; it takes {}, and was given {}", expected.join(", "), given.join(", "))]
    Inputs { problem: String, expected: Vec<String>, given: Vec<String> },
    /// A run failed.
    #[error("ONNX Runtime {version} failed to run the model: {message}")]
    Run { message: String, version: String },
    /// A run failed on another provider than the CPU's.
    #[error("ONNX Runtime {version} failed to run the model on the provider '{provider}': {message}")]
    ProviderRun { provider: String, message: String, version: String },
    /// A pooled output is not [batch, neurons] of float32.
    #[error("the output '{name}' is {found}, where float32 [batch, neurons] was expected")]
    Output { name: String, found: String },
    /// The user stopped the load or the run.
    #[error("interrupted while the model was loaded or run")]
    Interrupted,
}

impl Error {
    /// Fills in the node of an unknown op from whoever can see the graph: ONNX Runtime names the op of a custom domain
    /// and not the node.
    pub fn with_node(mut self, find: impl FnOnce(&str, &str) -> Option<String>) -> Self {
        if let Error::UnknownOp { node: node @ None, op, domain, .. } = &mut self {
            *node = find(op, domain);
        }
        self
    }
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::NotFound { .. }
            | Error::Chosen { .. }
            | Error::AlreadyLoaded { .. }
            | Error::Provider { .. }
            | Error::ProviderRun { .. }
            | Error::Thread { .. }
            | Error::Memory { .. } => Fault::Environment,
            Error::NoProvider { .. } => Fault::Usage,
            Error::Interrupted => Fault::Interrupted,
            _ => Fault::Input,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(match self {
            Error::NotFound { tried } => {
                let places: String = tried.iter().map(|attempt| format!("\n  {attempt}")).collect();
                format!("{HOW_TO_GET_ONE}\nThese places were tried:{places}")
            }
            Error::Chosen { place: Place::Variable, .. } => {
                "unset ORT_DYLIB_PATH to let probe look for a library, or point it to another one".into()
            }
            Error::Chosen { .. } => {
                format!("leave --onnxruntime out to let probe look for a library. {HOW_TO_GET_ONE}")
            }
            Error::NoProvider { .. } => {
                "choose one of these, or use a build of ONNX Runtime that has it (--onnxruntime PATH)".into()
            }
            Error::Provider { .. } => "check its driver and libraries, or run with `--provider cpu`".into(),
            Error::ProviderRun { .. } => {
                "run with `--provider cpu`; if that works, the provider, its driver or its libraries are at fault".into()
            }
            Error::NewerOpset { .. } | Error::NewerIr { .. } => {
                "update ONNX Runtime, or export the model again with an older opset".into()
            }
            Error::UnknownOp { domain, .. } if domain == "ai.onnx" => {
                "the operator set that the model imports does not have it; `onnx.checker.check_model` tells more".into()
            }
            Error::NoKernel { .. } => {
                "convert the model to a newer operator set (`onnx.version_converter.convert_version`), or export it in \
                 float32"
                    .into()
            }
            Error::UnknownOp { .. } => {
                "export the model without custom operators; probe loads no operator libraries".into()
            }
            Error::Thread { .. } => FEWER_THREADS.into(),
            Error::Memory { .. } => LESS_MEMORY.into(),
            Error::Model { .. } => "`onnx.checker.check_model` tells whether the file is sound; if it is, export it with another operator set".into(),
            _ => return None,
        })
    }
}

const HOW_TO_GET_ONE: &str =
    "Get one with `scripts/fetch-onnxruntime` or `pip install onnxruntime`, or name one with --onnxruntime PATH.";

/// The reasons among the attempts that are more than "nothing there", for the one-line message.
fn refused(tried: &[Attempt]) -> String {
    let reasons: Vec<String> = tried.iter().filter(|attempt| attempt.is_refused()).map(Attempt::to_string).collect();
    if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) }
}

fn node_name(node: &Option<String>) -> String {
    match node.as_deref() {
        Some("") => "an unnamed node".into(),
        Some(name) => format!("the node '{name}'"),
        None => "the model".into(),
    }
}
