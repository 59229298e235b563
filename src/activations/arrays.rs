//! Activations that another program holds in memory.

use std::collections::HashSet;
use std::path::PathBuf;

use ndarray::{Array2, ArrayView2, Axis};

use super::narrow::narrowed;
use super::table::Table;
use super::{Activations, Error, Layer};
use crate::base::job::Job;
use crate::taps::Pooling;

/// One layer's activations [inputs, neurons], in whatever order they lie in memory.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    /// As they are measured.
    F32(ArrayView2<'a, f32>),
    /// Rounded to float32, which is said where it changes a value.
    F64(ArrayView2<'a, f64>),
}

impl Values<'_> {
    /// The number of inputs.
    pub fn rows(&self) -> usize {
        self.shape().0
    }

    fn shape(&self) -> (usize, usize) {
        match self {
            Values::F32(values) => values.dim(),
            Values::F64(values) => values.dim(),
        }
    }

    /// The given rows as float32, and whether that changed a value.
    fn take(&self, rows: &[usize]) -> Result<(Array2<f32>, bool), String> {
        match self {
            Values::F32(values) => Ok((values.select(Axis(0), rows), false)),
            Values::F64(values) => narrowed(&values.select(Axis(0), rows).view(), rows),
        }
    }
}

impl Activations {
    /// Activations that are in memory, each layer with its label; `rows` draws inputs, ascending, given how many there are.
    ///
    /// # Errors
    /// Arrays with different numbers of inputs; no input at all; a value that float32 cannot hold.
    pub fn from_arrays(
        layers: &[(&str, Values<'_>)],
        rows: &dyn Fn(usize) -> Vec<usize>,
        job: &dyn Job,
    ) -> Result<Activations, Error> {
        /// What stands in errors for the path of a file.
        const PLACE: &str = "arrays";
        let samples = layers.first().map_or(0, |(_, values)| values.shape().0);
        if let Some((label, values)) = layers.iter().find(|(_, values)| values.shape().0 != samples) {
            let of = |label: &str, rows: usize| format!("'{label}' has {rows}");
            let (one, other) = (of(layers[0].0, samples), of(label, values.shape().0));
            return Err(Error::Uneven { path: PLACE.into(), one, other });
        }
        let kept_rows = rows(samples);
        if kept_rows.is_empty() {
            return Err(Error::Nothing { drawn: 0, first: None });
        }
        let neurons: usize = layers.iter().map(|(_, values)| values.shape().1).sum();
        let bytes = (neurons as u64).saturating_mul(kept_rows.len() as u64).saturating_mul(4);
        let mut table = Table::new(neurons, kept_rows.len(), job).map_err(|source| Error::Room { bytes, source })?;
        let columns: Vec<usize> = (0..kept_rows.len()).collect();
        let mut all = blake3::Hasher::new();
        let mut of_rows = vec![blake3::Hasher::new(); kept_rows.len()];
        let (mut loaded, mut rounded) = (Vec::new(), Vec::new());
        let mut from = 0;
        for (label, values) in layers {
            let unreadable =
                |reason| Error::Unreadable { path: PathBuf::from(PLACE), array: (*label).to_owned(), reason };
            let (drawn, lost) = values.take(&kept_rows).map_err(unreadable)?;
            for (row, of_row) in drawn.rows().into_iter().zip(&mut of_rows) {
                let bytes: Vec<u8> = row.iter().flat_map(|value| value.to_le_bytes()).collect();
                all.update(&bytes);
                of_row.update(&bytes);
            }
            if lost {
                rounded.push((*label).to_owned());
            }
            table.put(from, &drawn, &columns);
            let neurons = from..from + values.shape().1;
            from = neurons.end;
            loaded.push(Layer { label: (*label).to_owned(), tensor: String::new(), pooling: Pooling::None, neurons });
        }
        let different: HashSet<[u8; 32]> = of_rows.iter().map(|row| *row.finalize().as_bytes()).collect();
        Ok(Activations {
            layers: loaded,
            samples: kept_rows.len(),
            repeated: kept_rows.len() - different.len(),
            drops_repeats: false,
            kept_rows,
            skipped: Vec::new(),
            truncated: 0,
            rounded,
            halved: Vec::new(),
            digest: *all.finalize().as_bytes(),
            resumed: None,
            self_check: None,
            table,
        })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn held(layers: &[(&str, Values<'_>)]) -> Result<Activations, Error> {
        Activations::from_arrays(layers, &|rows| (0..rows).collect(), &())
    }

    #[test]
    fn arrays_are_taken_in_any_order_and_precision() {
        let single = array![[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let double = array![[0.5f64], [0.1], [-0.25]];
        let layers = [("a", Values::F32(single.t())), ("b", Values::F64(double.view()))];
        let held = held(&layers).unwrap();
        assert_eq!(held.rows(), array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [0.5, 0.1, -0.25]]);
        // 0.1 is no float32.
        assert_eq!((held.ranges(), held.rounded, held.repeated), (vec![0..2, 2..3], vec!["b".to_owned()], 0));
    }

    #[test]
    fn rows_that_hold_the_same_in_every_layer_are_counted() {
        let one = array![[1.0f32], [1.0], [1.0], [2.0]];
        let other = array![[7.0f32], [7.0], [8.0], [7.0]];
        let layers = [("a", Values::F32(one.view())), ("b", Values::F32(other.view()))];
        assert_eq!(held(&layers).unwrap().repeated, 1);
        assert_eq!(held(&layers[..1]).unwrap().repeated, 2);
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        let one = array![[1.0f32], [2.0]];
        let huge = array![[1.0f64, 2.0], [f64::INFINITY, -1e300]];
        let refused = |layers: &[(&str, Values<'_>)]| held(layers).unwrap_err().to_string();
        let message = refused(&[("a", Values::F64(huge.view()))]);
        assert!(message.contains("'a'") && message.contains("-1e300 at [1, 1]"), "{message}");
        let message = refused(&[("a", Values::F32(one.view())), ("b", Values::F32(one.t()))]);
        assert!(message.ends_with("'a' has 2 and 'b' has 1"), "{message}");
        assert!(matches!(held(&[]), Err(Error::Nothing { .. })));
    }
}
