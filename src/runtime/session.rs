//! A model that is ready to run, and gives the pooled outputs only.

use std::path::Path;
use std::sync::Arc;

use ndarray::Array2;
use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::session::builder::{AutoDevicePolicy, GraphOptimizationLevel, LoadCanceler, SessionBuilder};
use ort::session::{IoBinding, NoSelectedOutputs, RunOptions};
use ort::value::{Outlet, PrimitiveTensorElementType, Value, ValueType};

use super::error::Error;
use super::load::Runtime;
use super::tensor::{Tensor, each_type};
use super::{provider, reply};

/// How a session uses the machine.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    /// Threads inside an operator; `None` is one per core.
    pub threads: Option<usize>,
    /// `cpu`, `cuda`, `coreml`, …; `None` is the CPU.
    pub provider: Option<String>,
    /// Without blocked layouts of channels. With them, an op between two convolutions changes the order in which
    /// numbers are added up, and with it the last bits of what follows.
    pub plain_layout: bool,
}

/// A model loaded into ONNX Runtime.
pub struct Session {
    inner: ort::session::Session,
    outputs: Vec<String>,
    options: Arc<RunOptions<NoSelectedOutputs>>,
    memory: MemoryInfo<'static>,
    /// What the model takes, in words, for messages.
    expected: Vec<String>,
    version: String,
    /// The provider it runs on, where that is not the CPU's.
    provider: Option<String>,
}

/// Stops the run of a [`Session`] from another thread.
#[derive(Clone)]
pub struct Canceller(Arc<RunOptions<NoSelectedOutputs>>);

impl Canceller {
    /// Ends the current run between two operators, and every later one at its start.
    pub fn cancel(&self) {
        // It can fail only if the library is broken; then the run continues to its end.
        let _ = self.0.terminate();
    }
}

/// A session that is about to be made.
pub struct Loading<'a> {
    runtime: &'a Runtime,
    builder: SessionBuilder,
    outputs: &'a [String],
    provider: Option<String>,
}

/// Gives up making a session, from another thread.
pub struct LoadCanceller(LoadCanceler);

impl LoadCanceller {
    /// Makes [`Loading::finish`] give [`Error::Interrupted`] soon, or at once where it has not begun.
    pub fn cancel(&self) {
        // It can fail only if the library is broken; then the model is loaded to the end.
        let _ = self.0.cancel();
    }
}

impl Runtime {
    /// Loads a model. Relative paths of external data start at `external_folder`; `outputs` are what
    /// [`Session::run`] gives, in this order.
    ///
    /// # Errors
    /// Those of the model ([`Error::NewerOpset`], [`Error::UnknownOp`], …), an output that is not there, or a provider
    /// that this library does not have.
    #[cfg(any(test, feature = "internals"))]
    pub fn session(
        &self,
        model: &[u8],
        external_folder: Option<&Path>,
        outputs: &[String],
        options: &SessionOptions,
    ) -> Result<Session, Error> {
        self.loading(external_folder, outputs, options)?.finish(model)
    }

    /// The first half of [`Runtime::session`]: all but the work.
    pub fn loading<'a>(
        &'a self,
        external_folder: Option<&Path>,
        outputs: &'a [String],
        options: &SessionOptions,
    ) -> Result<Loading<'a>, Error> {
        let builder = self.configured(external_folder, options)?;
        let provider = options.provider.as_deref().map(provider::short).filter(|name| name != "cpu");
        Ok(Loading { runtime: self, builder, outputs, provider })
    }

    fn configured(&self, external_folder: Option<&Path>, options: &SessionOptions) -> Result<SessionBuilder, Error> {
        // Recovering from an option that cannot be set makes no sense here, so the builder inside the error is dropped.
        let plain = |error: ort::Error<SessionBuilder>| -> Error { self.setup_failed(&error.to_string()) };
        let asked = options.provider.as_deref().unwrap_or("cpu");
        let provider = provider::choose(asked, &self.providers)?;
        let threads = options.threads.filter(|&threads| threads > 0).unwrap_or_else(cores);
        let mut builder = ort::session::Session::builder(&self.environment)
            .map_err(|error| self.setup_failed(&error.to_string()))?
            .with_intra_threads(threads)
            .map_err(plain)?
            .with_inter_threads(1)
            .map_err(plain)?
            // Threads that spin while we prepare the next batch take the cores from the preparation.
            .with_intra_op_spinning(false)
            .map_err(plain)?
            // Left alone, `ort` asks for the most frugal device, which may be an NPU with other numbers.
            .with_auto_device(AutoDevicePolicy::PreferCPU)
            .map_err(plain)?;
        if options.plain_layout {
            builder = builder.with_optimization_level(GraphOptimizationLevel::Level2).map_err(plain)?;
        }
        if std::env::var_os("ORT_LOG").is_none() {
            builder = builder.with_log_level(ort::logging::LogLevel::Fatal).map_err(plain)?;
        }
        if let Some(folder) = external_folder {
            let folder = folder.to_str().ok_or_else(|| Error::Model {
                message: format!("the folder of its external data, {}, is not named in UTF-8", folder.display()),
                version: self.version.clone(),
            })?;
            builder = builder
                .with_config_entry("session.model_external_initializers_file_folder_path", folder)
                .map_err(plain)?;
        }
        if let Some(provider) = provider {
            builder = builder.with_execution_providers([provider]).map_err(|error| Error::Provider {
                asked: asked.to_owned(),
                message: reply::one_line(&error.to_string()),
            })?;
        }
        Ok(builder)
    }

    fn setup_failed(&self, message: &str) -> Error {
        reply::lack_of_means(message, &self.version)
            .unwrap_or_else(|| Error::Model { message: reply::one_line(message), version: self.version.clone() })
    }
}

impl Loading<'_> {
    /// What gives this up while [`Loading::finish`] is at work.
    pub fn canceller(&self) -> LoadCanceller {
        LoadCanceller(self.builder.canceler())
    }

    /// Reads the model and makes it ready: seconds, where it is large.
    pub fn finish(mut self, model: &[u8]) -> Result<Session, Error> {
        let version = &self.runtime.version;
        let refused = |error: ort::Error| reply::model_error(&error.to_string(), version);
        let inner = self.builder.commit_from_memory(model).map_err(|error| match error.to_string() {
            message if message.contains("by user request") || message.contains("due to user request") => {
                Error::Interrupted
            }
            message => reply::model_error(&message, version),
        })?;
        let available = || inner.outputs().iter().map(|output| output.name().to_owned()).collect();
        for name in self.outputs {
            if !inner.outputs().iter().any(|output| output.name() == name) {
                return Err(Error::NoOutput { name: name.clone(), available: available() });
            }
        }
        let expected = inner.inputs().iter().map(describe).collect();
        Ok(Session {
            inner,
            expected,
            outputs: self.outputs.to_vec(),
            options: Arc::new(RunOptions::new().map_err(refused)?),
            memory: MemoryInfo::new(AllocationDevice::CPU, 0, AllocatorType::Device, MemoryType::CPUOutput)
                .map_err(refused)?,
            version: version.clone(),
            provider: self.provider,
        })
    }
}

impl Session {
    /// The names of the model's inputs, in its order.
    #[cfg(any(test, feature = "internals"))]
    pub fn input_names(&self) -> Vec<&str> {
        self.inner.inputs().iter().map(Outlet::name).collect()
    }

    /// A handle that stops this session's runs from another thread.
    pub fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(&self.options))
    }

    /// Runs one batch. Gives the outputs asked for when the session was made, in that order, each [batch, neurons];
    /// nothing else leaves the runtime.
    ///
    /// # Errors
    /// [`Error::Inputs`] if the model takes something else, [`Error::Run`] with ONNX Runtime's reason,
    /// [`Error::Interrupted`] after [`Canceller::cancel`].
    pub fn run(&mut self, inputs: Vec<(String, Tensor)>) -> Result<Vec<Array2<f32>>, Error> {
        let given: Vec<String> =
            inputs.iter().map(|(name, tensor)| format!("{name} {} {:?}", tensor.element(), tensor.shape())).collect();
        self.check_names(&inputs, &given)?;
        // A binding keeps the shapes of the run before, so each batch has its own; it costs microseconds.
        let failed = |error: ort::Error| {
            let error = run_error(&error.to_string(), &self.version, &self.expected, &given);
            on_provider(error, self.provider.as_deref())
        };
        let binding = self.bind(inputs).map_err(failed)?;
        let outputs = self.inner.run_binding_with_options(&binding, &self.options).map_err(failed)?;
        self.outputs
            .iter()
            .map(|name| {
                let missing = || Error::Output { name: name.clone(), found: "missing".into() };
                rows(name, outputs.get(name).ok_or_else(missing)?)
            })
            .collect()
    }

    fn bind(&self, inputs: Vec<(String, Tensor)>) -> ort::Result<IoBinding> {
        let mut binding = self.inner.create_binding()?;
        for (name, tensor) in inputs {
            each_type!(tensor, array => binding.bind_input(name, &value(array)?)?);
        }
        for (i, name) in self.outputs.iter().enumerate() {
            if !self.outputs[..i].contains(name) {
                binding.bind_output_to_device(name.as_str(), &self.memory)?;
            }
        }
        Ok(binding)
    }

    fn check_names(&self, inputs: &[(String, Tensor)], given: &[String]) -> Result<(), Error> {
        let expected = self.inner.inputs();
        let missing = expected.iter().find(|outlet| !inputs.iter().any(|(name, _)| name == outlet.name()));
        let unknown = inputs.iter().find(|(name, _)| !expected.iter().any(|outlet| outlet.name() == name));
        let problem = match (missing, unknown) {
            (Some(outlet), _) => format!("'{}' is missing", outlet.name()),
            (None, Some((name, _))) => format!("there is no input '{name}'"),
            (None, None) => return Ok(()),
        };
        Err(Error::Inputs { problem, expected: self.expected.clone(), given: given.to_vec() })
    }
}

/// The error behind the message with which a run failed.
fn run_error(message: &str, version: &str, expected: &[String], given: &[String]) -> Error {
    if message.contains("terminate flag") {
        return Error::Interrupted;
    }
    let inputs_refused = ["Got invalid dimensions for input", "Invalid rank for input", "Unexpected input data type"];
    if inputs_refused.iter().any(|words| message.contains(words)) {
        let problem = reply::one_line(message);
        let problem = problem.trim_end_matches("Please fix either the inputs/outputs or the model.").trim();
        return Error::Inputs { problem: problem.to_owned(), expected: expected.to_vec(), given: given.to_vec() };
    }
    reply::lack_of_means(message, version)
        .unwrap_or_else(|| Error::Run { message: reply::one_line(message), version: version.to_owned() })
}

/// A run that failed on another provider than the CPU's is no sign that the model is at fault.
fn on_provider(error: Error, provider: Option<&str>) -> Error {
    match (error, provider) {
        (Error::Run { message, version }, Some(provider)) => {
            Error::ProviderRun { provider: provider.to_owned(), message, version }
        }
        (error, _) => error,
    }
}

/// An array as ONNX Runtime takes it, without a copy where it is contiguous already.
fn value<T>(array: ndarray::ArrayD<T>) -> ort::Result<ort::value::Tensor<T>>
where
    T: PrimitiveTensorElementType + std::fmt::Debug + Clone + 'static,
{
    let array = if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() };
    Value::from_array(array)
}

fn rows(name: &str, value: &ort::value::DynValue) -> Result<Array2<f32>, Error> {
    let unexpected = || Error::Output { name: name.to_owned(), found: value.dtype().to_string() };
    let array = value.try_extract_array::<f32>().map_err(|_| unexpected())?;
    Ok(array.into_dimensionality::<ndarray::Ix2>().map_err(|_| unexpected())?.to_owned())
}

/// `input_ids int64 [batch, 128]`
fn describe(outlet: &Outlet) -> String {
    match outlet.dtype() {
        ValueType::Tensor { ty, shape, dimension_symbols } => {
            let extents: Vec<String> = shape
                .iter()
                .enumerate()
                .map(|(i, &extent)| match dimension_symbols.get(i).map(String::as_str) {
                    _ if extent >= 0 => extent.to_string(),
                    Some(symbol) if !symbol.is_empty() => symbol.to_owned(),
                    _ => "?".to_owned(),
                })
                .collect();
            format!("{} {} [{}]", outlet.name(), numpy_name(&ty.to_string()), extents.join(", "))
        }
        other => format!("{} {other}", outlet.name()),
    }
}

/// `ort` writes `f32` and `i64`; the people who exported the model know `float32` and `int64`.
fn numpy_name(short: &str) -> String {
    match short.split_at_checked(1) {
        Some(("f", bits)) if bits.parse::<u8>().is_ok() => format!("float{bits}"),
        Some(("i", bits)) if bits.parse::<u8>().is_ok() => format!("int{bits}"),
        Some(("u", bits)) if bits.parse::<u8>().is_ok() => format!("uint{bits}"),
        _ => short.to_owned(),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::advise::{Advise, Fault};

    #[test]
    fn the_cpu_is_the_cpu_by_any_name() {
        for (asked, name) in [("cpu", "cpu"), ("CPUExecutionProvider", "cpu"), (" CUDA ", "cuda")] {
            assert_eq!(provider::short(asked), name);
        }
    }

    /// As a library of CUDA's that lacks a kernel makes it say.
    #[test]
    fn a_provider_that_fails_is_not_the_models_fault() {
        let said =
            "Non-zero status code returned while running Equal node. Status Message: CUDA error cudaErrorUnknown";
        let failed = |provider| on_provider(run_error(said, "1.31.1", &[], &[]), provider);
        assert_eq!(failed(None).fault(), Fault::Input);
        let error = failed(Some("cuda"));
        assert_eq!(error.fault(), Fault::Environment);
        assert!(
            error.to_string().contains("on the provider 'cuda'") && error.advice().unwrap().contains("--provider cpu")
        );
        assert!(matches!(on_provider(Error::Interrupted, Some("cuda")), Error::Interrupted));
    }
}
