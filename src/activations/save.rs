//! `activations.npz`: one float32 array [inputs, neurons] a layer, under the layer's label.

use std::io::{self, Seek, Write};

use ndarray_npy::{WriteNpyError, WriteNpyExt};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Activations;

impl Activations {
    /// Writes `activations.npz`. A layer's rows are [inputs, neurons] in Fortran order as they lie in memory, so they
    /// are written straight from there, without a copy.
    pub fn save(&self, writer: impl Write + Seek) -> io::Result<()> {
        let mut npz = ZipWriter::new(writer);
        for layer in &self.layers {
            let array = self.layer(layer).reversed_axes();
            // No time is stored: the same activations are the same bytes. A size that may need more than 32 bits must
            // be announced before the array is written.
            let options = SimpleFileOptions::DEFAULT
                .compression_method(CompressionMethod::Stored)
                .large_file(array.len() * size_of::<f32>() > u32::MAX as usize / 2);
            npz.start_file(format!("{}.npy", layer.label), options)?;
            array.write_npy(&mut npz).map_err(io_error)?;
        }
        npz.finish()?.flush()
    }
}

/// Keeps the kind of the system's errors: a full disk must stay recognizable.
fn io_error(error: WriteNpyError) -> io::Error {
    match error {
        WriteNpyError::Io(error) => error,
        other => io::Error::other(other),
    }
}
