//! NumPy's .npy format, read in place: nothing is allocated before its size has been checked against the file.
//!
//! In: a file's bytes, mapped. Out: [`Array`], from which rows are taken in C order whatever the order in the file.
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, versions 1 to 3.

use std::ops::Range;
use std::sync::Arc;

use memmap2::Mmap;
use ndarray::{ArrayD, IxDyn};

use super::dtype::Dtype;
use super::header::{self, Header};
use crate::runtime::Tensor;

/// An array in a file. Cloning it clones no data.
#[derive(Debug, Clone)]
pub struct Array {
    /// The name in an .npz, without `.npy`; empty in a lone .npy.
    pub name: String,
    header: Header,
    map: Arc<Mmap>,
    data: Range<usize>,
}

impl Array {
    /// The array that starts at `within.start` of a mapped file and ends no later than `within.end`.
    pub(super) fn new(name: String, map: Arc<Mmap>, within: Range<usize>) -> Result<Self, String> {
        let bytes = map.get(within.clone()).ok_or("lies beyond the end of the file")?;
        let header = header::parse(bytes)?;
        let have = bytes.len() - header.data.min(bytes.len());
        if have < header.bytes {
            return Err(format!("cut short: {have} bytes of the {} that {} takes", header.bytes, header.describe()));
        }
        let start = within.start + header.data;
        Ok(Array { name, data: start..start + header.bytes, header, map })
    }

    /// The shape, [rows, …]; never empty.
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// Rows: the extent of the first axis.
    pub fn rows(&self) -> usize {
        self.header.shape[0]
    }

    pub fn dtype(&self) -> Dtype {
        self.header.dtype
    }

    /// Bytes of one row.
    pub fn row_bytes(&self) -> usize {
        self.row_len() * self.dtype().size()
    }

    /// Type and shape, as in `float32 [1000, 2, 14, 14]`.
    pub fn describe(&self) -> String {
        self.header.describe()
    }

    /// Elements of one row.
    fn row_len(&self) -> usize {
        self.header.shape[1..].iter().product()
    }

    /// Some rows as a tensor [rows.len(), …], in the narrowest element type of [`Tensor`] that holds every value
    /// (`uint16` becomes int32, `uint32` and `uint64` int64).
    pub fn take(&self, rows: &[usize]) -> Result<Tensor, String> {
        let bytes = self.gather(rows)?;
        let mut shape = self.header.shape.clone();
        shape[0] = rows.len();
        self.decode(&bytes, IxDyn(&shape))
            .map_err(|error| error.to_string())?
            .ok_or_else(|| format!("holds a value beyond {} as {}", i64::MAX, self.dtype().name()))
    }

    /// The bytes of some rows, each in C order and little-endian.
    pub(super) fn gather(&self, rows: &[usize]) -> Result<Vec<u8>, String> {
        let (size, row_len) = (self.dtype().size(), self.row_len());
        let data = &self.map[self.data.clone()];
        let mut bytes = Vec::with_capacity(rows.len() * row_len * size);
        for row in rows {
            if *row >= self.rows() {
                return Err(format!("has no row {row}"));
            }
            if self.header.fortran {
                self.each_of_row(*row, |element| bytes.extend_from_slice(&data[element * size..(element + 1) * size]));
            } else {
                bytes.extend_from_slice(&data[row * row_len * size..(row + 1) * row_len * size]);
            }
        }
        if self.header.big_endian {
            bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        Ok(bytes)
    }

    /// Calls `each` with the place of every element of a row of a column-major array, in C order.
    fn each_of_row(&self, row: usize, mut each: impl FnMut(usize)) {
        let shape = &self.header.shape;
        let strides: Vec<usize> =
            shape.iter().scan(1, |stride, extent| Some(std::mem::replace(stride, *stride * extent))).collect();
        let mut index = vec![0; shape.len()];
        let mut place = row;
        for _ in 0..self.row_len() {
            each(place);
            // Counts up like an odometer, the last axis fastest; the first is the row and stays.
            for axis in (1..shape.len()).rev() {
                index[axis] += 1;
                place += strides[axis];
                if index[axis] < shape[axis] {
                    break;
                }
                place -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }
    }

    /// `None` where an unsigned value is beyond what int64 holds.
    fn decode(&self, bytes: &[u8], shape: IxDyn) -> Result<Option<Tensor>, ndarray::ShapeError> {
        /// Every `N` bytes as one element.
        fn of<const N: usize, T>(
            bytes: &[u8],
            shape: IxDyn,
            one: impl Fn([u8; N]) -> T,
        ) -> Result<ArrayD<T>, ndarray::ShapeError> {
            let (chunks, _) = bytes.as_chunks::<N>();
            ArrayD::from_shape_vec(shape, chunks.iter().map(|chunk| one(*chunk)).collect())
        }
        Ok(Some(match self.dtype() {
            Dtype::Bool => Tensor::Bool(of(bytes, shape, |[byte]| byte != 0)?),
            Dtype::U8 => Tensor::U8(of(bytes, shape, |[byte]| byte)?),
            Dtype::I8 => Tensor::I8(of(bytes, shape, i8::from_le_bytes)?),
            Dtype::U16 => Tensor::I32(of(bytes, shape, |chunk| i32::from(u16::from_le_bytes(chunk)))?),
            Dtype::I16 => Tensor::I32(of(bytes, shape, |chunk| i32::from(i16::from_le_bytes(chunk)))?),
            Dtype::U32 => Tensor::I64(of(bytes, shape, |chunk| i64::from(u32::from_le_bytes(chunk)))?),
            Dtype::I32 => Tensor::I32(of(bytes, shape, i32::from_le_bytes)?),
            Dtype::U64 => {
                let values = of(bytes, shape, |chunk| i64::try_from(u64::from_le_bytes(chunk)).unwrap_or(-1))?;
                if values.iter().any(|value| *value < 0) {
                    return Ok(None);
                }
                Tensor::I64(values)
            }
            Dtype::I64 => Tensor::I64(of(bytes, shape, i64::from_le_bytes)?),
            Dtype::F16 => Tensor::F16(of(bytes, shape, half::f16::from_le_bytes)?),
            Dtype::F32 => Tensor::F32(of(bytes, shape, f32::from_le_bytes)?),
            Dtype::F64 => Tensor::F64(of(bytes, shape, f64::from_le_bytes)?),
        }))
    }
}
