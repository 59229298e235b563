//! One model's results as text and numbers.

use ndarray::Array2;

use crate::Error;
use crate::commands::Kept;
use crate::report::build::BuiltRun;
use crate::report::examples::Examples;
use crate::report::figures::{Figures, Neuron};
use crate::report::saved::SavedRun;
use crate::report::schema::Report;
use crate::report::{json, page};

/// One model's results, wherever they are kept.
pub struct RunView<'a> {
    report: &'a Report,
    examples: Option<&'a Examples>,
    figures: Figures<'a>,
}

/// A square or a list of figures with the place of every neuron: indices into the report's layers, and into the layer.
pub struct Placed<T> {
    /// Nats.
    pub values: T,
    pub layer: Vec<i64>,
    pub neuron: Vec<i64>,
}

impl<'a> RunView<'a> {
    pub(super) fn of(kept: &'a Kept) -> Self {
        let BuiltRun { report, examples, .. } = &kept.built;
        RunView { report, examples: examples.as_ref(), figures: kept.figures() }
    }

    pub(super) fn of_saved(run: &'a SavedRun) -> Self {
        let SavedRun { report, figures, examples, .. } = run;
        RunView { report, examples: examples.as_ref(), figures: figures.borrowed() }
    }

    /// The report, as `report.json` has it.
    ///
    /// # Errors
    /// None in practice.
    pub fn report(&self) -> Result<String, Error> {
        as_json(self.report)
    }

    /// The page, one file of HTML.
    ///
    /// # Errors
    /// The page cannot be made.
    pub fn page(&self) -> Result<String, Error> {
        let mut bytes = Vec::new();
        page::write_run(self.report, &self.figures, self.examples, &mut bytes)?;
        Ok(text(bytes))
    }

    /// The entropy of every neuron, N numbers in nats; NaN for one with a non-finite activation.
    pub fn entropy(&self) -> Placed<Vec<f64>> {
        let (layer, neuron) = places(&self.figures.neurons);
        Placed { values: self.figures.entropy.clone(), layer, neuron }
    }

    /// The mutual information of every pair of the M neurons that were chosen, [M, M] nats, diagonal included.
    pub fn mutual_information(&self) -> Placed<Array2<f64>> {
        let pairs = &self.figures.mutual_information;
        let mut values = Array2::zeros((pairs.len(), pairs.len()));
        for (i, mut row) in values.rows_mut().into_iter().enumerate() {
            // Rows of an array made in standard order lie in one piece.
            if let Some(row) = row.as_slice_mut() {
                pairs.copy_row(i, row);
            }
        }
        let (layer, neuron) = places(&self.figures.pair_neurons);
        Placed { values, layer, neuron }
    }
}

fn places(neurons: &[Neuron]) -> (Vec<i64>, Vec<i64>) {
    neurons.iter().map(|neuron| (neuron.layer as i64, neuron.index as i64)).unzip()
}

pub(super) fn as_json(value: &impl serde::Serialize) -> Result<String, Error> {
    let mut bytes = Vec::new();
    json::write(value, &mut bytes)?;
    Ok(text(bytes))
}

/// Ours is UTF-8 throughout.
pub(super) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
