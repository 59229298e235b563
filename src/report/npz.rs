//! `measures.npz`, to and from: arrays that numpy loads by itself.
//!
//! The matrix is written row by row, since with `--mi-neurons all` it can be larger than the memory left.

use std::io::{Read, Seek, Write};
use std::path::Path;

use ndarray::{Array1, Array2};
use ndarray_npy::{NpzReader, ReadNpzError};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::Error;
use super::figures::{Figures, Neuron};
use crate::store::npy;

/// What stands before the names of the other estimator's arrays.
const BESIDE: &str = "beside_";

/// Writes `entropy` [N], `entropy_layer` [N], `entropy_neuron` [N], `mi` [M, M], `mi_layer` [M], `mi_neuron` [M]; where the
/// report has another estimator beside, the same six of it under `beside_entropy` and so on. The same figures give the
/// same bytes.
pub fn write(figures: &Figures, to: impl Write + Seek) -> Result<(), Error> {
    let mut zip = ZipWriter::new(to);
    put_reading(&mut zip, "", figures)?;
    if let Some(beside) = &figures.beside {
        put_reading(&mut zip, BESIDE, beside)?;
    }
    zip.finish().map_err(std::io::Error::from)?.flush()?;
    Ok(())
}

fn put_reading<W: Write + Seek>(zip: &mut ZipWriter<W>, before: &str, figures: &Figures) -> Result<(), Error> {
    let (entropy, mi) = (format!("{before}entropy"), format!("{before}mi"));
    start(zip, &entropy, "<f8", &[figures.entropy.len()])?;
    put(zip, figures.entropy.iter().map(|h| h.to_le_bytes()))?;
    put_neurons(zip, &entropy, &figures.neurons)?;

    let m = figures.mutual_information.len();
    start(zip, &mi, "<f8", &[m, m])?;
    let mut row = vec![0.0; m];
    for i in 0..m {
        figures.mutual_information.copy_row(i, &mut row);
        put(zip, row.iter().map(|value| value.to_le_bytes()))?;
    }
    put_neurons(zip, &mi, &figures.pair_neurons)
}

fn put_neurons<W: Write + Seek>(zip: &mut ZipWriter<W>, of: &str, neurons: &[Neuron]) -> Result<(), Error> {
    start(zip, &format!("{of}_layer"), "<i8", &[neurons.len()])?;
    put(zip, neurons.iter().map(|n| (n.layer as i64).to_le_bytes()))?;
    start(zip, &format!("{of}_neuron"), "<i8", &[neurons.len()])?;
    put(zip, neurons.iter().map(|n| (n.index as i64).to_le_bytes()))
}

/// Opens a member and writes its header.
pub(super) fn start<W: Write + Seek>(
    zip: &mut ZipWriter<W>,
    name: &str,
    dtype: &str,
    shape: &[usize],
) -> Result<(), Error> {
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored).large_file(true);
    zip.start_file(format!("{name}.npy"), options).map_err(std::io::Error::from)?;
    zip.write_all(&npy::header(dtype, false, shape))?;
    Ok(())
}

pub(super) fn put<W: Write + Seek>(zip: &mut ZipWriter<W>, values: impl Iterator<Item = [u8; 8]>) -> Result<(), Error> {
    let bytes: Vec<u8> = values.flatten().collect();
    zip.write_all(&bytes)?;
    Ok(())
}

/// Reads the file back; `path` is where it was opened.
///
/// # Errors
/// The file cannot be read, an array is missing, or the shapes do not agree.
pub fn read(file: std::fs::File, path: &Path) -> Result<Figures<'static>, Error> {
    let malformed = |e: ReadNpzError| Error::malformed(path, e);
    let mut npz = NpzReader::new(std::io::BufReader::new(file)).map_err(malformed)?;
    let names = npz.names().map_err(malformed)?;
    let has_beside = names.iter().any(|name| name.trim_end_matches(".npy") == format!("{BESIDE}entropy"));
    let mut reading = |before: &str| {
        let figures = get_reading(&mut npz, before).map_err(malformed)?;
        let m = figures.pair_neurons.len();
        match figures.entropy.len() == figures.neurons.len() && figures.mutual_information.len() == m {
            true => Ok(figures),
            false => Err(Error::malformed(path, "the lengths of its arrays do not agree")),
        }
    };
    let leading = reading("")?;
    let beside = if has_beside { Some(Box::new(reading(BESIDE)?)) } else { None };
    Ok(Figures { beside, ..leading })
}

fn get_reading<R: Read + Seek>(npz: &mut NpzReader<R>, before: &str) -> Result<Figures<'static>, ReadNpzError> {
    let mut neurons = |name: &str| -> Result<Vec<Neuron>, ReadNpzError> {
        let layer: Array1<i64> = npz.by_name(&format!("{before}{name}_layer"))?;
        let index: Array1<i64> = npz.by_name(&format!("{before}{name}_neuron"))?;
        // A negative index becomes one that is out of range, which is caught where the report's layers are known.
        let place = |value: i64| usize::try_from(value).unwrap_or(usize::MAX);
        Ok(layer.iter().zip(&index).map(|(&l, &i)| Neuron { layer: place(l), index: place(i) }).collect())
    };
    let (neurons, pair_neurons) = (neurons("entropy")?, neurons("mi")?);
    let entropy: Array1<f64> = npz.by_name(&format!("{before}entropy"))?;
    let mi: Array2<f64> = npz.by_name(&format!("{before}mi"))?;
    if mi.nrows() != mi.ncols() {
        let message = format!("{before}mi is not square");
        return Err(ReadNpzError::Npy(ndarray_npy::ReadNpyError::Io(std::io::Error::other(message))));
    }
    Ok(Figures { entropy: entropy.to_vec(), neurons, mutual_information: Box::new(mi), pair_neurons, beside: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was_written() {
        let mi = Array2::from_shape_fn((3, 3), |(i, j)| (i * j) as f64 - 0.5);
        let figures = Figures::new(vec![1.0, f64::NAN, 0.25, 4.0], &[2, 2], &[0, 2, 3], mi.clone());
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write(&figures, &mut file).unwrap();
        let back = read(file.reopen().unwrap(), file.path()).unwrap();
        assert_eq!(back.entropy[2..], [0.25, 4.0]);
        assert!(back.entropy[1].is_nan());
        assert_eq!(back.neurons, figures.neurons);
        assert_eq!(back.pair_neurons, [(0, 0), (1, 0), (1, 1)].map(|(layer, index)| Neuron { layer, index }));
        for i in 0..3 {
            for j in 0..3 {
                assert_eq!(back.mutual_information.get(i, j), mi[[i, j]]);
            }
        }
    }

    #[test]
    fn the_other_estimators_figures_come_back_too() {
        let figures = |entropy: f64, pairs: &[usize]| {
            Figures::new(vec![entropy; 3], &[3], pairs, Array2::from_elem((pairs.len(), pairs.len()), entropy))
        };
        let both = Figures { beside: Some(Box::new(figures(2.0, &[0, 2]))), ..figures(1.0, &[0, 1, 2]) };
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write(&both, &mut file).unwrap();
        let back = read(file.reopen().unwrap(), file.path()).unwrap();
        let beside = back.beside.unwrap();
        assert_eq!((back.entropy, back.mutual_information.len()), (vec![1.0; 3], 3));
        assert_eq!((beside.entropy, beside.mutual_information.get(0, 1)), (vec![2.0; 3], 2.0));
        assert_eq!(beside.pair_neurons, [0, 2].map(|index| Neuron { layer: 0, index }));
    }

    #[test]
    fn the_header_is_the_formats_own() {
        // From the format's definition: the whole header is a multiple of 64 bytes and ends in a newline.
        let figures = Figures::new(vec![1.0], &[1], &[0], Array2::zeros((1, 1)));
        let mut bytes = std::io::Cursor::new(Vec::new());
        write(&figures, &mut bytes).unwrap();
        let mut zip = zip::ZipArchive::new(bytes).unwrap();
        let mut member = Vec::new();
        std::io::Read::read_to_end(&mut zip.by_name("entropy.npy").unwrap(), &mut member).unwrap();
        assert_eq!(&member[..8], b"\x93NUMPY\x01\x00");
        let length = u16::from_le_bytes([member[8], member[9]]) as usize;
        assert_eq!((10 + length) % 64, 0);
        assert!(member[10..10 + length].starts_with(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"));
        assert_eq!(member[9 + length], b'\n');
        assert_eq!(member[10 + length..], 1.0f64.to_le_bytes());
    }

    #[test]
    fn a_file_that_is_no_archive_is_an_error() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"hello").unwrap();
        assert!(matches!(read(file.reopen().unwrap(), file.path()), Err(Error::Malformed { .. })));
    }
}
