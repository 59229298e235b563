//! Errors of the stages as exceptions, which are classes of the package's file `_errors.py`.

use probe::{Advise, Error, Fault};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

/// The exception for an error: what is wrong and where as its message, and what to do as its advice.
pub fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let name = match error.fault() {
        Fault::Usage => "UsageError",
        Fault::Input => "InputError",
        Fault::Environment => "MachineError",
        Fault::Interrupted => return PyKeyboardInterrupt::new_err(error.to_string()),
    };
    let class = py.import("onnxprobe._errors").and_then(|errors| errors.getattr(name));
    let made = class.and_then(|class| class.call1((error.to_string(), error.advice().unwrap_or_default())));
    made.map_or_else(|failed| failed, PyErr::from_value)
}
