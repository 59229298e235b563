//! Runs, comparisons and activations as objects of Python. They never change, so that their memory can be shown.

use std::path::PathBuf;

use ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2};
use probe::bindings::{self, Placed, RunView};
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::{arrays, errors};

/// Figures with the layer and the index of each neuron.
type Figures<'py, A> = (Bound<'py, A>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>);

/// One model's results.
#[pyclass(frozen, module = "onnxprobe._native")]
pub struct Run(Owner);

enum Owner {
    Itself(bindings::Run),
    Comparison { of: Py<Comparison>, variant: usize, model: usize },
}

impl From<bindings::Run> for Run {
    fn from(run: bindings::Run) -> Self {
        Run(Owner::Itself(run))
    }
}

impl Run {
    /// The run itself, with what it holds besides its results.
    pub fn measured(&self) -> PyResult<&bindings::Run> {
        match &self.0 {
            Owner::Itself(run) => Ok(run),
            Owner::Comparison { .. } => {
                Err(PyValueError::new_err("a comparison does not keep the activations of its runs"))
            }
        }
    }

    fn view(&self) -> PyResult<RunView<'_>> {
        match &self.0 {
            Owner::Itself(run) => Ok(run.view()),
            Owner::Comparison { of, variant, model } => of.get().view(*variant, *model),
        }
    }
}

#[pymethods]
impl Run {
    /// The text of report.json.
    fn report(&self, py: Python<'_>) -> PyResult<String> {
        self.view()?.report().map_err(|error| errors::raised(py, &error))
    }

    /// The page, HTML.
    fn page(&self, py: Python<'_>) -> PyResult<String> {
        let view = self.view()?;
        py.detach(|| view.page()).map_err(|error| errors::raised(py, &error))
    }

    /// Entropy [N] with the layer and the index of each neuron.
    fn entropy<'py>(&self, py: Python<'py>) -> PyResult<Figures<'py, PyArray1<f64>>> {
        let Placed { values, layer, neuron } = self.view()?.entropy();
        Ok((values.into_pyarray(py), layer.into_pyarray(py), neuron.into_pyarray(py)))
    }

    /// Mutual information [M, M] with the layer and the index of each neuron.
    fn mutual_information<'py>(&self, py: Python<'py>) -> PyResult<Figures<'py, PyArray2<f64>>> {
        let view = self.view()?;
        let Placed::<Array2<f64>> { values, layer, neuron } = py.detach(|| view.mutual_information());
        Ok((values.into_pyarray(py), layer.into_pyarray(py), neuron.into_pyarray(py)))
    }

    /// The activations [inputs, neurons] by label that were measured, without a copy; empty where they are not in memory.
    fn activations<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        match &slf.get().0 {
            // SAFETY: the run owns the memory, and never changes.
            #[allow(unsafe_code, reason = "numpy has no safe way to show memory that it does not own")]
            Owner::Itself(run) => unsafe { arrays::shown(&run.activations(), slf.as_any()) },
            Owner::Comparison { .. } => Ok(PyDict::new(slf.py())),
        }
    }

    /// Writes the folder of a run.
    fn save(&self, py: Python<'_>, folder: PathBuf, activations: bool) -> PyResult<()> {
        let saved = match &self.0 {
            Owner::Itself(run) => py.detach(|| run.save(&folder, activations)),
            Owner::Comparison { of, variant, model } => {
                let of = of.get();
                py.detach(|| of.0.save_member(*variant, *model, &folder))
            }
        };
        saved.map_err(|error| errors::raised(py, &error))
    }
}

/// What was found of several variants.
#[pyclass(frozen, module = "onnxprobe._native")]
pub struct Comparison(bindings::Comparison);

impl From<bindings::Comparison> for Comparison {
    fn from(comparison: bindings::Comparison) -> Self {
        Comparison(comparison)
    }
}

impl Comparison {
    fn view(&self, variant: usize, model: usize) -> PyResult<RunView<'_>> {
        let view = self.0.view(variant, model);
        view.ok_or_else(|| PyIndexError::new_err(format!("there is no model {model} of variant {variant}")))
    }
}

#[pymethods]
impl Comparison {
    /// The text of report.json.
    fn report(&self, py: Python<'_>) -> PyResult<String> {
        self.0.report().map_err(|error| errors::raised(py, &error))
    }

    /// The page, HTML.
    fn page(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| self.0.page()).map_err(|error| errors::raised(py, &error))
    }

    /// One model of a variant, by their places in the report.
    fn run(slf: &Bound<'_, Self>, variant: usize, model: usize) -> PyResult<Run> {
        slf.get().view(variant, model)?;
        Ok(Run(Owner::Comparison { of: slf.clone().unbind(), variant, model }))
    }

    /// Writes the folder of a comparison.
    fn save(&self, py: Python<'_>, folder: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.save(&folder)).map_err(|error| errors::raised(py, &error))
    }
}

/// The activations of one model over its inputs.
#[pyclass(frozen, module = "onnxprobe._native")]
pub struct Activations(bindings::Captured);

impl From<bindings::Captured> for Activations {
    fn from(captured: bindings::Captured) -> Self {
        Activations(captured)
    }
}

#[pymethods]
impl Activations {
    /// Activations [inputs, neurons] by label, without a copy.
    fn arrays<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        // SAFETY: the activations own the memory, and never change.
        #[allow(unsafe_code, reason = "numpy has no safe way to show memory that it does not own")]
        unsafe {
            arrays::shown(&slf.get().0.layers(), slf.as_any())
        }
    }
}
