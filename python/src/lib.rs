//! The native half of the package `onnxprobe`: `probe::bindings` for Python.
//!
//! In: flags of the command line and arrays of numpy. Out: results, arrays, the text of JSON, and exceptions with advice.
//!
//! - `errors`: errors as exceptions
//! - `work`: work on a thread of its own, while this one looks for Ctrl-C and shows progress
//! - `arrays`: arrays of numpy, to and from
//! - `results`: runs, comparisons and activations as objects
//!
//! The package's Python files turn what people pass into these forms.

use std::ffi::OsString;
use std::path::PathBuf;

use probe::bindings::{self, Loaded};
use pyo3::prelude::*;

mod arrays;
mod errors;
mod results;
mod work;

use results::{Activations, Comparison, Run};

/// Scores one model; `flags` are those of `probe --model …`.
#[pyfunction]
fn score(py: Python<'_>, flags: Vec<OsString>, progress: Option<Py<PyAny>>) -> PyResult<Run> {
    work::run(py, progress, |caller| bindings::score(flags, caller)).map(Run::from)
}

/// Arrays [inputs, neurons] of numpy, one per label.
type Layers<'py> = Vec<(String, Bound<'py, PyAny>)>;

/// Measures float32 or float64 arrays [inputs, neurons], one per label.
#[pyfunction]
fn measure(py: Python<'_>, layers: Layers<'_>, flags: Vec<OsString>, progress: Option<Py<PyAny>>) -> PyResult<Run> {
    let held = arrays::held(&layers)?;
    let values = arrays::values(&layers, &held);
    work::run(py, progress, |caller| bindings::measure(&values, flags, caller)).map(Run::from)
}

/// Compares variants: labels with the models, runs or files of activations of each.
#[pyfunction]
fn compare(
    py: Python<'_>,
    variants: Vec<(String, Vec<PathBuf>)>,
    baseline: Option<String>,
    flags: Vec<OsString>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Comparison> {
    work::run(py, progress, |caller| bindings::compare(variants, baseline, flags, caller)).map(Comparison::from)
}

/// Captures the activations of one model; `flags` are those of `probe --model …`.
#[pyfunction]
fn capture(py: Python<'_>, flags: Vec<OsString>, progress: Option<Py<PyAny>>) -> PyResult<Activations> {
    work::run(py, progress, |caller| bindings::capture(flags, caller)).map(Activations::from)
}

/// Codes labels from what lies on the disk; `flags` are those of `probe labels`, the path first. Gives its JSON.
#[pyfunction]
fn labels(py: Python<'_>, flags: Vec<OsString>, progress: Option<Py<PyAny>>) -> PyResult<String> {
    work::run(py, progress, |caller| bindings::labels(flags, caller))
}

/// Codes labels from a run in memory; `flags` are those of `probe labels` without the path. Gives its JSON.
#[pyfunction]
fn labels_of_run(
    py: Python<'_>,
    run: &Bound<'_, Run>,
    flags: Vec<OsString>,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    let run = run.get().measured()?;
    work::run(py, progress, |caller| bindings::labels_of_run(run, flags, caller))
}

/// Codes labels from float32 or float64 arrays [inputs, neurons], one per label of a layer. Gives the JSON of `probe labels`.
#[pyfunction]
fn labels_of_arrays(
    py: Python<'_>,
    layers: Layers<'_>,
    flags: Vec<OsString>,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    let held = arrays::held(&layers)?;
    let values = arrays::values(&layers, &held);
    work::run(py, progress, |caller| bindings::labels_of_arrays(&values, flags, caller))
}

/// Switches neurons of one model off; `flags` are those of `probe ablate`. Gives its JSON.
#[pyfunction]
fn ablate(py: Python<'_>, flags: Vec<OsString>, progress: Option<Py<PyAny>>) -> PyResult<String> {
    work::run(py, progress, |caller| bindings::ablate(flags, caller))
}

/// Reads the folder of a run or of a comparison.
#[pyfunction]
fn load(py: Python<'_>, folder: PathBuf) -> PyResult<Py<PyAny>> {
    match py.detach(|| bindings::load(&folder)).map_err(|error| errors::raised(py, &error))? {
        Loaded::Run(run) => Ok(Py::new(py, Run::from(run))?.into_any()),
        Loaded::Comparison(comparison) => Ok(Py::new(py, Comparison::from(*comparison))?.into_any()),
    }
}

/// Runs a command line as the program `probe` does, and gives its exit code. `interpreter`, told what stands in `before` and then
/// the arguments, runs the same again in another process.
#[pyfunction]
fn command_line(py: Python<'_>, interpreter: Option<PathBuf>, before: Vec<OsString>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| bindings::command_line(interpreter, before, arguments))
}

/// Says where the package lies, next to which ONNX Runtime is looked for first.
#[pyfunction]
fn package_is_in(folder: PathBuf) {
    bindings::module_is_in(folder);
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("NO_TELEMETRY", bindings::NO_TELEMETRY.to_vec())?;
    module.add_class::<Run>()?;
    module.add_class::<Comparison>()?;
    module.add_class::<Activations>()?;
    module.add_function(wrap_pyfunction!(score, module)?)?;
    module.add_function(wrap_pyfunction!(measure, module)?)?;
    module.add_function(wrap_pyfunction!(compare, module)?)?;
    module.add_function(wrap_pyfunction!(capture, module)?)?;
    module.add_function(wrap_pyfunction!(labels, module)?)?;
    module.add_function(wrap_pyfunction!(labels_of_run, module)?)?;
    module.add_function(wrap_pyfunction!(labels_of_arrays, module)?)?;
    module.add_function(wrap_pyfunction!(ablate, module)?)?;
    module.add_function(wrap_pyfunction!(load, module)?)?;
    module.add_function(wrap_pyfunction!(command_line, module)?)?;
    module.add_function(wrap_pyfunction!(package_is_in, module)?)
}
