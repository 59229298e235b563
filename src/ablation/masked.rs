//! A model some of whose neurons are off.

use ndarray::{Array2, ArrayD, IxDyn};

use super::error::Error;
use super::neuron::Off;
use crate::activations::Forward;
use crate::runtime::{self, Tensor};
use crate::taps::Mask;

/// A model with masks, which feeds them with every batch. At first every neuron is on.
pub struct Masked<'a> {
    forward: &'a mut dyn Forward,
    masks: &'a [Mask],
    /// The inputs of the masks.
    fed: Vec<(String, Tensor)>,
}

impl<'a> Masked<'a> {
    pub fn new(forward: &'a mut dyn Forward, masks: &'a [Mask]) -> Masked<'a> {
        let on = |mask: &Mask| {
            let shape = IxDyn(&mask.shape_of_all());
            let off = (mask.off.clone(), Tensor::Bool(ArrayD::from_elem(shape.clone(), false)));
            let fill = mask.fill.iter().map(move |fill| (fill.clone(), Tensor::F32(ArrayD::zeros(shape.clone()))));
            [off].into_iter().chain(fill).collect::<Vec<_>>()
        };
        let fed = masks.iter().flat_map(on).collect();
        Masked { forward, masks, fed }
    }

    /// From now on these neurons are off, and all others on. `fillings` holds, per mask, what each neuron of the layer
    /// gives when it is off.
    ///
    /// # Errors
    /// A layer that has not as many neurons as the graph says.
    pub fn switch_off(&mut self, off: &Off, fillings: &[Vec<f32>]) -> Result<(), Error> {
        let mut fed = Vec::with_capacity(self.fed.len());
        for ((mask, indices), filling) in self.masks.iter().zip(&off.0).zip(fillings) {
            let mut is_off = vec![false; filling.len()];
            indices.iter().for_each(|&index| is_off[index] = true);
            let shape = IxDyn(&mask.shape(filling.len()));
            let misfit = |_| Error::Width { layer: mask.label.clone(), neurons: filling.len() };
            let is_off = ArrayD::from_shape_vec(shape.clone(), is_off).map_err(misfit)?;
            fed.push((mask.off.clone(), Tensor::Bool(is_off)));
            if let Some(fill) = &mask.fill {
                let filling = ArrayD::from_shape_vec(shape, filling.clone()).map_err(misfit)?;
                fed.push((fill.clone(), Tensor::F32(filling)));
            }
        }
        self.fed = fed;
        Ok(())
    }
}

impl Forward for Masked<'_> {
    fn run(&mut self, mut inputs: Vec<(String, Tensor)>) -> Result<Vec<Array2<f32>>, runtime::Error> {
        inputs.extend(self.fed.iter().cloned());
        self.forward.run(inputs)
    }

    fn stopper(&self) -> Box<dyn Fn() + Send> {
        self.forward.stopper()
    }
}
