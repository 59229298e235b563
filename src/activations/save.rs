//! `activations.npz`: one array [inputs, neurons] a layer, under the layer's label, float32 or float16.

use std::io::{self, Seek, Write};

use half::f16;
use ndarray::ArrayView2;
use ndarray_npy::{WriteNpyError, WriteNpyExt};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Activations;
use crate::base::warning::Warning;
use crate::store::npy;

/// In which numbers activations are saved. They are measured as float32 either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Precision {
    /// Half the size. Of every number 11 significant bits are left, and none beyond 65,504.
    F16,
    /// As they are measured.
    F32,
}

impl Activations {
    /// Writes `activations.npz`. A layer's rows are [inputs, neurons] in Fortran order as they lie in memory, so they
    /// are written straight from there, without a copy of the layer.
    ///
    /// A layer with a value that float16 cannot hold is written as float32, and the warning names it. Whoever asked for
    /// float16 has the run and loses nothing: at this point the model has run for hours, and shards that are merged cannot be
    /// given another setting.
    pub fn save(&self, writer: impl Write + Seek, precision: Precision) -> io::Result<Option<Warning>> {
        let mut npz = ZipWriter::new(writer);
        let mut beyond = Vec::new();
        for layer in &self.layers {
            let rows = self.layer(layer);
            // No time is stored: the same activations are the same bytes. A size that may need more than 32 bits must
            // be announced before the array is written.
            let options = SimpleFileOptions::DEFAULT
                .compression_method(CompressionMethod::Stored)
                .large_file(rows.len() * size_of::<f32>() > u32::MAX as usize / 2);
            npz.start_file(format!("{}.npy", layer.label), options)?;
            let too_large = rows.iter().copied().find(|value| value.is_finite() && f16::from_f32(*value).is_infinite());
            match (precision, too_large) {
                (Precision::F16, None) => write_half(rows, &mut npz)?,
                (Precision::F16, Some(value)) => {
                    beyond.push((layer.label.clone(), value));
                    rows.reversed_axes().write_npy(&mut npz).map_err(io_error)?;
                }
                (Precision::F32, _) => rows.reversed_axes().write_npy(&mut npz).map_err(io_error)?,
            }
        }
        npz.finish()?.flush()?;
        Ok((!beyond.is_empty()).then_some(Warning::BeyondHalf { layers: beyond }))
    }
}

/// Writes the neurons [neurons, inputs] as the columns of a float16 array [inputs, neurons]. Each number becomes the nearest
/// that there is, of two the even one.
fn write_half(rows: ArrayView2<'_, f32>, to: &mut impl Write) -> io::Result<()> {
    to.write_all(&npy::header("<f2", true, &[rows.ncols(), rows.nrows()]))?;
    for row in rows.rows() {
        let bytes: Vec<u8> = row.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect();
        to.write_all(&bytes)?;
    }
    Ok(())
}

/// Keeps the kind of the system's errors: a full disk must stay recognizable.
fn io_error(error: WriteNpyError) -> io::Error {
    match error {
        WriteNpyError::Io(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Cursor;

    use ndarray::{Array2, array};

    use super::*;
    use crate::activations::{Values, in_half, load};

    fn held(layers: &[(&str, &Array2<f32>)]) -> Activations {
        let layers: Vec<(&str, Values<'_>)> =
            layers.iter().map(|(label, values)| (*label, Values::F32(values.view()))).collect();
        Activations::from_arrays(&layers, &|rows| (0..rows).collect(), &()).unwrap()
    }

    fn saved(activations: &Activations, precision: Precision) -> (Vec<u8>, Option<Warning>) {
        let mut file = Cursor::new(Vec::new());
        let warning = activations.save(&mut file, precision).unwrap();
        (file.into_inner(), warning)
    }

    #[test]
    fn half_is_rounded_as_ieee_754_says() {
        // Around 1 the numbers of float16 are 2^-10 apart: a tie goes to the even one, and a little more goes up. 65,519.996 is
        // the largest float32 that is still nearer to 65,504 than to what comes after it. 2^-25 is half of the least number.
        let step = 2f32.powi(-10);
        let values = array![
            [1.0 + step / 2.0, 1.0 + step * 0.500_1],
            [1.0 + step * 1.5, -65_519.996],
            [2f32.powi(-25), 2f32.powi(-25) * 1.001],
            [f32::NAN, f32::NEG_INFINITY]
        ];
        let expected = [[1.0, 1.0 + step], [1.0 + 2.0 * step, -65_504.0], [0.0, 2f32.powi(-24)]];
        let (bytes, warning) = saved(&held(&[("fc", &values)]), Precision::F16);
        assert_eq!(warning, None);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("activations.npz");
        fs::write(&path, bytes).unwrap();
        let back = load(&path, &|_| true, &|rows| (0..rows).collect(), &()).unwrap();
        for (input, row) in expected.iter().enumerate() {
            assert_eq!(back.rows().column(input).to_vec(), row);
        }
        assert!(back.rows()[[0, 3]].is_nan() && back.rows()[[1, 3]] == f32::NEG_INFINITY);
        assert_eq!(in_half(&path).unwrap(), ["fc"]);
    }

    #[test]
    fn half_takes_half_of_the_bytes() {
        let values = Array2::from_shape_fn((1000, 50), |(s, n)| (s * n) as f32 * 0.01);
        let activations = held(&[("a", &values), ("b", &values)]);
        let [half, single] = [Precision::F16, Precision::F32].map(|precision| saved(&activations, precision).0.len());
        let besides = 1000;
        assert!(half < single / 2 + besides && half > 2 * 2 * 1000 * 50, "{half} and {single}");
    }

    #[test]
    fn a_layer_that_half_cannot_hold_stays_single_and_is_named() {
        let (small, large) = (array![[1.0f32], [2.0]], array![[0.1f32], [-65_520.0]]);
        let (bytes, warning) = saved(&held(&[("small", &small), ("large", &large)]), Precision::F16);
        assert_eq!(warning, Some(Warning::BeyondHalf { layers: vec![("large".into(), -65_520.0)] }));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("activations.npz");
        fs::write(&path, bytes).unwrap();
        assert_eq!(in_half(&path).unwrap(), ["small"]);
        let back = load(&path, &|name| name == "large", &|rows| (0..rows).collect(), &()).unwrap();
        assert_eq!(back.rows(), large.t());
    }
}
