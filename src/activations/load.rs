//! Activations that come from elsewhere: an .npz with one array [inputs, neurons] a layer, or an .npy.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use ndarray::{Array2, ArrayD, Ix2};

use super::narrow::narrowed;
use super::table::Table;
use super::{Activations, Error, Layer};
use crate::base::job::Job;
use crate::inputs::arrays::{self, Dtype, npy};
use crate::runtime::Tensor;
use crate::taps::Pooling;

/// Bytes of a file's array that are decoded at a time.
const BLOCK: usize = 8 << 20;

/// Reads activations, layers in the file's order; the array of an .npy is `layer.0`.
///
/// `layers` says by name which arrays are wanted, and `rows` draws inputs, ascending, given how many there are. float64
/// is rounded to float32, and [`Activations::rounded`] names the layers where that changed a value.
///
/// # Errors
/// A file that is none, cut short or a bomb, found out before anything is allocated; an array that is not floats
/// [inputs, neurons]; arrays with different numbers of inputs.
pub fn load(
    path: &Path,
    layers: &dyn Fn(&str) -> bool,
    rows: &dyn Fn(usize) -> Vec<usize>,
    job: &dyn Job,
) -> Result<Activations, Error> {
    let mut arrays = named(path)?;
    let there: Vec<String> = arrays.iter().map(|array| array.name.clone()).collect();
    arrays.retain(|array| layers(&array.name));
    let Some(first) = arrays.first() else {
        return Err(Error::NoLayer { path: path.to_owned(), there });
    };
    let samples = first.rows();
    for array in &arrays {
        check(path, array, first)?;
    }
    let kept_rows = rows(samples);
    if kept_rows.is_empty() {
        return Err(Error::Nothing { drawn: 0, first: None });
    }

    let neurons: usize = arrays.iter().map(|array| array.shape()[1]).sum();
    let bytes = (neurons as u64).saturating_mul(kept_rows.len() as u64).saturating_mul(4);
    let mut table = Table::new(neurons, kept_rows.len(), job).map_err(|source| Error::Room { bytes, source })?;
    let mut loaded = Vec::new();
    let mut rounded = Vec::new();
    let mut from = 0;
    for array in &arrays {
        if fill(&mut table, from, array, &kept_rows).map_err(|reason| unreadable(path, array, reason))? {
            rounded.push(array.name.clone());
        }
        let neurons = from..from + array.shape()[1];
        from = neurons.end;
        loaded.push(Layer { label: array.name.clone(), tensor: String::new(), pooling: Pooling::None, neurons });
    }
    let mut seen = HashSet::new();
    let mut repeated = 0;
    for row in &kept_rows {
        let mut hasher = blake3::Hasher::new();
        for array in &arrays {
            hasher.update(&array.gather(0, &[*row]).map_err(|reason| unreadable(path, array, reason))?);
        }
        repeated += usize::from(!seen.insert(*hasher.finalize().as_bytes()));
    }
    Ok(Activations {
        layers: loaded,
        samples: kept_rows.len(),
        kept_rows,
        skipped: Vec::new(),
        truncated: 0,
        rounded,
        halved: halves(&arrays),
        repeated,
        drops_repeats: false,
        digest: digest(path)?,
        resumed: None,
        self_check: None,
        table,
    })
}

/// The layers of a file and their neurons, in the file's order, without reading the numbers.
///
/// # Errors
/// As [`load`].
pub fn layers_of(path: &Path) -> Result<Vec<(String, usize)>, Error> {
    let arrays = named(path)?;
    for array in &arrays {
        check(path, array, &arrays[0])?;
    }
    Ok(arrays.into_iter().map(|array| (array.name.clone(), array.shape()[1])).collect())
}

/// The layers of a file whose numbers are float16.
///
/// # Errors
/// It is not a file of arrays.
pub fn in_half(path: &Path) -> Result<Vec<String>, Error> {
    Ok(halves(&named(path)?))
}

fn halves(arrays: &[npy::Array]) -> Vec<String> {
    let half = arrays.iter().filter(|array| array.dtype() == Dtype::F16);
    half.map(|array| array.name.clone()).collect()
}

/// The arrays of a file; the only array of an .npy is called `layer.0`.
fn named(path: &Path) -> Result<Vec<npy::Array>, Error> {
    let mut arrays = arrays::open(path)?;
    if let [only] = &mut arrays[..]
        && only.name.is_empty()
    {
        only.name = "layer.0".into();
    }
    Ok(arrays)
}

fn check(path: &Path, array: &npy::Array, first: &npy::Array) -> Result<(), Error> {
    if array.shape().len() != 2 || !matches!(array.dtype(), Dtype::F16 | Dtype::F32 | Dtype::F64) {
        return Err(Error::NotActivations { path: path.to_owned(), array: array.name.clone(), has: array.describe() });
    }
    if array.rows() != first.rows() {
        let of = |array: &npy::Array| format!("'{}' has {}", array.name, array.rows());
        return Err(Error::Uneven { path: path.to_owned(), one: of(first), other: of(array) });
    }
    Ok(())
}

fn unreadable(path: &Path, array: &npy::Array, reason: String) -> Error {
    Error::Unreadable { path: path.to_owned(), array: array.name.clone(), reason }
}

/// Puts the rows of an array into the table, block by block. Gives whether a value was rounded.
fn fill(table: &mut Table, neuron: usize, array: &npy::Array, rows: &[usize]) -> Result<bool, String> {
    let mut rounded = false;
    let block = (BLOCK / array.row_bytes().max(1)).max(1);
    let columns: Vec<usize> = (0..rows.len()).collect();
    for (rows, columns) in rows.chunks(block).zip(columns.chunks(block)) {
        let values = match array.take(rows)? {
            Tensor::F32(values) => matrix(values)?,
            Tensor::F16(values) => matrix(values)?.mapv(f32::from),
            Tensor::F64(values) => {
                let values = matrix(values)?;
                let (values, lost) = narrowed(&values.view(), rows)?;
                rounded |= lost;
                values
            }
            other => return Err(format!("holds {} where floats were expected", other.element())),
        };
        table.put(neuron, &values, columns);
    }
    Ok(rounded)
}

fn matrix<T>(values: ArrayD<T>) -> Result<Array2<T>, String> {
    values.into_dimensionality::<Ix2>().map_err(|error| error.to_string())
}

/// BLAKE3 of a file of activations.
///
/// # Errors
/// The file cannot be read.
pub fn digest(path: &Path) -> Result<[u8; 32], Error> {
    let mut hasher = blake3::Hasher::new();
    match File::open(path).and_then(|file| hasher.update_reader(file).map(|_| ())) {
        Ok(()) => Ok(*hasher.finalize().as_bytes()),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Cursor, Write};

    use ndarray::{Array, array};
    use ndarray_npy::{NpzWriter, WritableElement, WriteNpyExt};

    use super::*;

    fn npy<T: WritableElement, D: ndarray::Dimension>(array: &Array<T, D>) -> Vec<u8> {
        let mut bytes = Vec::new();
        array.write_npy(&mut bytes).unwrap();
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Activations, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, bytes).unwrap();
        load(&path, &|_| true, &|rows| (0..rows).collect(), &())
    }

    fn refused(bytes: &[u8]) -> String {
        let error = read(bytes).unwrap_err();
        assert_eq!(crate::Advise::fault(&error), crate::Fault::Input);
        error.to_string()
    }

    #[test]
    fn an_npz_has_its_layers_in_its_own_order() {
        let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
        npz.add_array("b.second", &array![[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]).unwrap();
        npz.add_array("a.first", &array![[0.5f64], [0.1], [-0.25]]).unwrap();
        let half = array![[1.5f32], [2.5], [-0.0]].mapv(half::f16::from_f32).mapv(half::f16::to_bits);
        let file = npz.finish().unwrap().into_inner();
        let loaded = read(&file).unwrap();
        assert_eq!(loaded.rows(), array![[1.0, 3.0, 5.0], [2.0, 4.0, 6.0], [0.5, 0.1, -0.25]]);
        assert_eq!(loaded.layers.iter().map(|layer| layer.label.as_str()).collect::<Vec<_>>(), ["b.second", "a.first"]);
        assert_eq!(loaded.ranges(), [0..2, 2..3]);
        // 0.1 is no float32.
        assert_eq!(loaded.rounded, ["a.first"]);
        assert_eq!(loaded.digest, *blake3::hash(&file).as_bytes());

        // ndarray-npy writes no float16; only its name differs from uint16 of the same bits.
        let mut bytes = npy(&half);
        let at = bytes.windows(3).position(|three| three == b"<u2").unwrap();
        bytes[at..at + 3].copy_from_slice(b"<f2");
        let loaded = read(&bytes).unwrap();
        assert_eq!(
            (loaded.rows(), loaded.halved.clone()),
            (array![[1.5, 2.5, -0.0]].view(), vec!["layer.0".to_owned()])
        );
    }

    #[test]
    fn an_npy_is_one_layer_in_either_order() {
        let values = array![[1.0f32, 2.0, 3.0], [4.0, 5.0, f32::NAN]];
        for file in [npy(&values), npy(&values.t().as_standard_layout().into_owned().reversed_axes())] {
            let loaded = read(&file).unwrap();
            assert_eq!(loaded.layers[0].label, "layer.0");
            assert_eq!(loaded.rows().mapv(f32::to_bits), values.t().mapv(f32::to_bits));
            assert!(loaded.rounded.is_empty());
        }
    }

    #[test]
    fn rows_and_layers_can_be_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.npz");
        let mut npz = NpzWriter::new(fs::File::create(&path).unwrap());
        npz.add_array("wanted", &array![[1.0f32], [2.0], [3.0]]).unwrap();
        npz.add_array("labels", &array![1i64, 2, 3]).unwrap();
        npz.finish().unwrap();
        let loaded = load(&path, &|name| name == "wanted", &|rows| vec![0, rows - 1], &()).unwrap();
        assert_eq!((loaded.rows(), loaded.kept_rows.clone()), (array![[1.0, 3.0]].view(), vec![0, 2]));
        let error = load(&path, &|_| true, &|rows| (0..rows).collect(), &()).unwrap_err().to_string();
        assert!(
            error.ends_with("array 'labels' is int64 [3], where floats [inputs, neurons] were expected"),
            "{error}"
        );
        let error = load(&path, &|_| false, &|rows| (0..rows).collect(), &()).unwrap_err().to_string();
        assert!(error.ends_with("it has wanted, labels"), "{error}");
    }

    #[test]
    fn many_blocks_are_the_same_as_one() {
        let values = Array::from_shape_fn((700, 5000), |(row, column)| (row * 5000 + column) as f32);
        assert_eq!(read(&npy(&values)).unwrap().rows(), values.t());
    }

    #[test]
    fn what_is_no_activations_is_refused() {
        assert!(refused(&npy(&array![1.0f32, 2.0])).contains("array 'layer.0' is float32 [2], where floats"));
        assert!(refused(&npy(&array![[1i32]])).contains("int32 [1, 1]"));
        let huge = refused(&npy(&array![[1.0f64, 2.0], [f64::INFINITY, -1e300]]));
        assert!(huge.ends_with("has -1e300 at [1, 1], which float32 cannot hold"), "{huge}");
        let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
        npz.add_array("a", &array![[1.0f32], [2.0]]).unwrap();
        npz.add_array("b", &array![[1.0f32]]).unwrap();
        let uneven = npz.finish().unwrap().into_inner();
        assert!(refused(&uneven).ends_with("'a' has 2 and 'b' has 1"));
        let whole = npy(&array![[1.0f32, 2.0]]);
        assert!(refused(&whole[..whole.len() - 1]).contains("cut short"));
        assert!(read(b"").is_err() && read(b"hello").is_err() && read(b"PK\x03\x04").is_err());
    }

    #[test]
    fn a_shape_that_the_file_cannot_hold_is_refused_before_it_is_allocated() {
        let claim = |shape: &str| {
            let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            bytes.extend((text.len() as u16).to_le_bytes());
            bytes.extend(text.as_bytes());
            bytes
        };
        refused(&claim("(1000000000, 1000000)"));
        refused(&claim("(18446744073709551615, 18446744073709551615)"));
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("bomb.npy", zip::write::SimpleFileOptions::DEFAULT).unwrap();
        zip.write_all(&claim("(100000, 1000000)")).unwrap();
        zip.write_all(&[0; 1 << 20]).unwrap();
        let bomb = zip.finish().unwrap().into_inner();
        assert!(bomb.len() < 10_000 && refused(&bomb).contains("bomb"));
    }
}
