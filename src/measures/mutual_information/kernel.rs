//! One pair.

use super::columns::{Column, Columns};
use super::{Form, plain};
use crate::measures::Error;

/// What all pairs share.
pub(super) struct Kernel<'a> {
    k: usize,
    form: Form,
    columns: std::marker::PhantomData<&'a ()>,
}

/// A neuron as pairs need it.
pub(super) struct Neuron {
    values: Vec<f32>,
}

/// A thread's scratch memory.
pub(super) struct Workspace;

impl Neuron {
    /// Memory of one over `samples` inputs.
    pub fn bytes(samples: usize) -> usize {
        4 * samples
    }
}

impl<'a> Kernel<'a> {
    pub fn new(columns: &'a Columns, k: usize) -> Result<Self, Error> {
        if k == 0 {
            return Err(Error::NoNeighbors);
        }
        if columns.samples() <= k {
            return Err(Error::TooFewInputs { samples: columns.samples(), neighbors: k });
        }
        Ok(Kernel { k, form: columns.form(), columns: std::marker::PhantomData })
    }

    pub fn workspace(&self) -> Workspace {
        Workspace
    }

    pub fn neuron(&self, column: Column<'_>) -> Neuron {
        let mut values = vec![0.0; column.sorted.len()];
        for (&s, &v) in column.order.iter().zip(column.sorted) {
            values[s as usize] = v;
        }
        Neuron { values }
    }

    pub fn pair(&self, x: &Neuron, y: &Neuron, _workspace: &mut Workspace) -> f64 {
        plain::pair(&x.values, &y.values, self.k, self.form)
    }
}
