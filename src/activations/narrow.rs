//! float64 made float32, the precision in which activations are kept.

use ndarray::{Array2, ArrayView2};

/// The values [rows, neurons] as float32, and whether that changed one. `rows` are the inputs that they belong to.
///
/// # Errors
/// A finite value that float32 cannot hold: it would become infinite, and the neuron be blamed for it.
pub fn narrowed(values: &ArrayView2<'_, f64>, rows: &[usize]) -> Result<(Array2<f32>, bool), String> {
    let beyond = |(_, value): &((usize, usize), &f64)| value.is_finite() && !(**value as f32).is_finite();
    if let Some(((row, neuron), value)) = values.indexed_iter().find(beyond) {
        let row = rows.get(row).copied().unwrap_or(row);
        return Err(format!("has {value:e} at [{row}, {neuron}], which float32 cannot hold"));
    }
    let rounded = values.iter().any(|&value| f64::from(value as f32) != value && !value.is_nan());
    Ok((values.mapv(|value| value as f32), rounded))
}
