//! Tables of separated values.

use std::path::Path;

use serde::de::DeserializeOwned;

/// The rows of a table with a header.
pub fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, csv::Error> {
    csv::Reader::from_path(path)?.deserialize().collect()
}

/// The mean of some figures.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
