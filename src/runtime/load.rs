//! Loading the library, once a process.

use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ort::LoadDynamicError;
use ort::environment::Environment;
use ort::logging::LogLevel;

use super::attempt::{Attempt, Place};
use super::refusal::{OLDEST_VERSION, Refusal};
use super::{library, provider, reply};

/// What keeps ONNX Runtime's telemetry off altogether, where a process starts with it in its environment. From 1.29 on the
/// official libraries write an identifier into the user's cache folder and report the process as soon as they are set
/// up, before `load` can turn their telemetry off. The second name is that of the first releases that had one.
pub const NO_TELEMETRY: [(&str, &str); 2] = [("ORT_DISABLE_TELEMETRY", "1"), ("ORT_TELEMETRY_DISABLED", "1")];

/// ONNX Runtime, loaded.
#[derive(Clone)]
pub struct Runtime {
    pub library: PathBuf,
    /// The release, as `1.32.0`.
    pub version: String,
    /// The kind of place where it was found.
    pub why: Place,
    /// The execution providers it offers, by short name (`cuda`, `coreml`, `cpu`).
    pub providers: Vec<String>,
    /// Every place that was looked into, in order; the last is the one in use.
    pub tried: Vec<Attempt>,
    pub(super) environment: Environment,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ONNX Runtime {} at {}", self.version, self.library.display())
    }
}

/// The runtime of this process. It is never unloaded: its threads and the values it handed out may outlive any owner.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

pub fn loaded() -> Option<Runtime> {
    LOADED.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
}

/// Keeps the runtime for later calls, with the places that led to it.
pub fn remember(runtime: &Runtime) {
    *LOADED.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(runtime.clone());
}

/// Checks the file and loads it.
pub fn load(place: Place, path: &Path) -> Result<Runtime, Refusal> {
    // Two threads that both find a library at the same time must not both build the environment.
    static LOADING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = LOADING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(runtime) = loaded() {
        return Ok(runtime);
    }
    // `ort` takes a relative path to start from the executable's folder; people mean their own.
    let path = std::path::absolute(path).map_err(|error| Refusal::Unreadable(error.to_string()))?;
    let version = library::check(&path)?;
    if let Some(version) = version.as_ref().filter(|version| is_too_old(version)) {
        return Err(Refusal::TooOld { version: version.clone() });
    }
    let builder = ort::init_from(&path).map_err(refusal)?;
    let environment = builder
        .with_name("probe")
        .with_telemetry(false)
        .build()
        .map_err(|error| Refusal::Loader(reply::one_line(&error.to_string())))?;
    // Its errors come back to us as results; on stderr they would be said twice.
    if std::env::var_os("ORT_LOG").is_none() {
        environment.set_log_level(LogLevel::Fatal);
    }
    let runtime = Runtime {
        library: path,
        version: version.or_else(release_in_build_info).unwrap_or_else(|| format!("{OLDEST_VERSION} or newer")),
        why: place,
        providers: provider::available(),
        tried: Vec::new(),
        environment,
    };
    remember(&runtime);
    Ok(runtime)
}

fn is_too_old(version: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> { text.split('.').map_while(|part| part.parse().ok()).collect() };
    numbers(version) < numbers(OLDEST_VERSION)
}

fn refusal(error: LoadDynamicError) -> Refusal {
    match error {
        // The loader's own words are in the source; the outer message only says that it failed.
        LoadDynamicError::Dlopen { error, .. } => Refusal::Loader(reply::one_line(
            &error.source().map_or_else(|| error.to_string(), |source| source.to_string()),
        )),
        LoadDynamicError::MissingApi { .. } => Refusal::NotOnnxRuntime,
        LoadDynamicError::BadVersion { version_str, .. } => Refusal::TooOld { version: version_str },
        LoadDynamicError::InvalidVersionString => Refusal::NotOnnxRuntime,
    }
}

/// Builds from a release branch say so: `git-branch=rel-1.30.0`.
fn release_in_build_info() -> Option<String> {
    let (_, rest) = ort::info().split_once("git-branch=rel-")?;
    rest.split([',', ' ']).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_too_old("1.9.1") && is_too_old("1.21.3") && is_too_old("0.5"));
        assert!(!is_too_old("1.22.0") && !is_too_old("1.100.0") && !is_too_old("2.0.0"));
    }
}
