//! Arrays of numpy, to and from.

use ndarray::ArrayView2;
use numpy::{PyArray2, PyArrayMethods, PyReadonlyArray2};
use probe::bindings::Values;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};

/// An array of a Python program, borrowed while it is measured.
pub enum Held<'py> {
    F32(PyReadonlyArray2<'py, f32>),
    F64(PyReadonlyArray2<'py, f64>),
}

impl<'py> Held<'py> {
    /// The package's Python files have made the array one of these before.
    pub fn of(array: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(array) = array.cast::<PyArray2<f32>>() {
            return Ok(Held::F32(array.try_readonly()?));
        }
        match array.cast::<PyArray2<f64>>() {
            Ok(array) => Ok(Held::F64(array.try_readonly()?)),
            Err(_) => Err(PyTypeError::new_err("an array of float32 or float64 [inputs, neurons] was expected")),
        }
    }

    pub fn values(&self) -> Values<'_> {
        match self {
            Held::F32(array) => Values::F32(array.as_array()),
            Held::F64(array) => Values::F64(array.as_array()),
        }
    }
}

/// The arrays of layers, borrowed.
pub fn held<'py>(layers: &[(String, Bound<'py, PyAny>)]) -> PyResult<Vec<Held<'py>>> {
    layers.iter().map(|(_, array)| Held::of(array)).collect()
}

/// The borrowed arrays of layers, each with its label.
pub fn values<'a>(layers: &'a [(String, Bound<'_, PyAny>)], held: &'a [Held<'_>]) -> Vec<(&'a str, Values<'a>)> {
    layers.iter().zip(held).map(|((label, _), array)| (label.as_str(), array.values())).collect()
}

/// Arrays by label that show the memory of `owner`, without a copy. They can be read only, and keep their owner alive.
///
/// # Safety
/// The arrays are part of `owner`, which neither moves nor changes them as long as it lives.
#[allow(unsafe_code, reason = "numpy has no safe way to show memory that it does not own")]
pub unsafe fn shown<'py>(
    layers: &[(&str, ArrayView2<'_, f32>)],
    owner: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyDict>> {
    let py = owner.py();
    let shown = PyDict::new(py);
    for (label, values) in layers {
        // SAFETY: as the caller promises.
        let array = unsafe { PyArray2::borrow_from_array(values, owner.clone()) };
        array.call_method("setflags", (), Some(&[("write", false)].into_py_dict(py)?))?;
        shown.set_item(label, array)?;
    }
    Ok(shown)
}
