//! Execution providers by the names that people use.

use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch};

use super::error::Error;

/// One row per provider: the name on the command line, and the type that asks for it and starts it.
macro_rules! providers {
    ($($name:literal => $provider:ident),* $(,)?) => {
        /// The providers of the loaded library, by short name; `cpu` is last and always there.
        pub fn available() -> Vec<String> {
            let mut names: Vec<String> = Vec::new();
            $(if ep::$provider::is_available().unwrap_or(false) {
                names.push($name.into());
            })*
            names.push("cpu".into());
            names
        }

        fn start(name: &str) -> Option<ExecutionProviderDispatch> {
            match name {
                $($name => Some(ep::$provider::default().build().error_on_failure()),)*
                _ => None,
            }
        }
    };
}

providers! {
    "tensorrt" => TensorRT,
    "cuda" => CUDA,
    "migraphx" => MIGraphX,
    "rocm" => ROCm,
    "openvino" => OpenVINO,
    "directml" => DirectML,
    "coreml" => CoreML,
    "qnn" => QNN,
    "webgpu" => WebGPU,
    "xnnpack" => XNNPACK,
}

/// The short name of a provider: `cuda` for `CUDAExecutionProvider` too.
pub fn short(asked: &str) -> String {
    let name = asked.trim().to_ascii_lowercase();
    name.strip_suffix("executionprovider").unwrap_or(&name).to_owned()
}

/// The provider that was asked for, or `None` for the CPU's, which is there without asking.
pub fn choose(asked: &str, available: &[String]) -> Result<Option<ExecutionProviderDispatch>, Error> {
    let name = short(asked);
    let missing = || Error::NoProvider { asked: asked.to_owned(), available: available.to_vec() };
    if !available.contains(&name) {
        return Err(missing());
    }
    if name == "cpu" { Ok(None) } else { start(&name).map(Some).ok_or_else(missing) }
}
