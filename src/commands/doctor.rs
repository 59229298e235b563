//! `probe doctor`: which ONNX Runtime is used, why, and what was tried.

use crate::Error;
use crate::cli::exit::Outcome;
use crate::cli::settings::DoctorCommand;
use crate::report::schema::{Doctor, DoctorRuntime, Tried};
use crate::report::terminal;
use crate::runtime::{self, Attempt, Runtime};

use super::{print, print_json, style};

/// Prints what was found. Without a runtime it fails as every other command would, after it has said what was tried.
pub fn doctor(settings: &DoctorCommand) -> Result<Outcome, Error> {
    let found = Runtime::find(settings.onnxruntime.as_deref());
    let (runtime, tried) = match &found {
        Ok(runtime) => (Some(describe(runtime)), runtime.tried.as_slice()),
        Err(runtime::Error::NotFound { tried, .. }) => (None, tried.as_slice()),
        Err(_) => (None, [].as_slice()),
    };
    let report = Doctor {
        probe_version: env!("CARGO_PKG_VERSION").into(),
        onnxruntime: runtime,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        tried: tried.iter().map(tried_place).collect(),
    };
    match settings.json {
        true => print_json(&report)?,
        false => print(&terminal::doctor(&report, &style()))?,
    }
    found?;
    Ok(Outcome::Done)
}

fn describe(runtime: &Runtime) -> DoctorRuntime {
    DoctorRuntime {
        version: runtime.version.clone(),
        path: runtime.library.display().to_string(),
        why: runtime.why.to_string(),
        providers: runtime.providers.clone(),
    }
}

fn tried_place(attempt: &Attempt) -> Tried {
    let whole = attempt.to_string();
    let place = attempt.place.to_string();
    let outcome = whole.strip_prefix(&format!("{place}: ")).unwrap_or(&whole).to_string();
    Tried { place, outcome, used: attempt.outcome == runtime::Outcome::Used }
}
