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

    /// The shape, [rows, …]; empty for a single number in an .npz.
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// Rows: the extent of the first axis; 1 for a single number.
    pub fn rows(&self) -> usize {
        self.header.shape.first().copied().unwrap_or(1)
    }

    pub fn dtype(&self) -> Dtype {
        self.header.dtype
    }

    /// Bytes of one row.
    pub fn row_bytes(&self) -> usize {
        self.header.bytes / self.rows().max(1)
    }

    /// Type and shape, as in `float32 [1000, 2, 14, 14]`.
    pub fn describe(&self) -> String {
        self.header.describe()
    }

    /// Some rows as a tensor [rows.len(), …]; see [`Array::take_along`].
    pub fn take(&self, rows: &[usize]) -> Result<Tensor, String> {
        self.take_along(0, rows)
    }

    /// Some places along an axis as a tensor, in the narrowest element type of [`Tensor`] that holds every value
    /// (`uint16` becomes int32, `uint32` and `uint64` int64).
    pub fn take_along(&self, axis: usize, places: &[usize]) -> Result<Tensor, String> {
        let bytes = self.gather(axis, places)?;
        let mut shape = self.header.shape.clone();
        shape[axis] = places.len();
        self.tensor(&bytes, shape)
    }

    /// The whole array as a tensor; it may be a single number without axes.
    pub fn whole(&self) -> Result<Tensor, String> {
        if let Some(rows) = self.header.shape.first() {
            return self.take(&(0..*rows).collect::<Vec<_>>());
        }
        let mut bytes = self.map[self.data.clone()].to_vec();
        self.little_endian(&mut bytes);
        self.tensor(&bytes, Vec::new())
    }

    fn tensor(&self, bytes: &[u8], shape: Vec<usize>) -> Result<Tensor, String> {
        self.decode(bytes, IxDyn(&shape))
            .map_err(|error| error.to_string())?
            .ok_or_else(|| format!("holds a value beyond {} as {}", i64::MAX, self.dtype().name()))
    }

    /// The bytes of some places along an axis, in C order and little-endian.
    pub(crate) fn gather(&self, axis: usize, places: &[usize]) -> Result<Vec<u8>, String> {
        let (size, shape) = (self.dtype().size(), &self.header.shape);
        let extent = shape.get(axis).copied().unwrap_or(0);
        if let Some(beyond) = places.iter().find(|place| **place >= extent) {
            return Err(format!("has no row {beyond}"));
        }
        let data = &self.map[self.data.clone()];
        let mut bytes = Vec::with_capacity(self.header.bytes / extent.max(1) * places.len());
        if self.header.fortran {
            self.each_along(axis, places, |element| {
                bytes.extend_from_slice(&data[element * size..(element + 1) * size]);
            });
        } else {
            let inner: usize = shape[axis + 1..].iter().product::<usize>() * size;
            for outer in 0..shape[..axis].iter().product() {
                for place in places {
                    let start = (outer * extent + place) * inner;
                    bytes.extend_from_slice(&data[start..start + inner]);
                }
            }
        }
        self.little_endian(&mut bytes);
        Ok(bytes)
    }

    fn little_endian(&self, bytes: &mut [u8]) {
        if self.header.big_endian {
            bytes.chunks_exact_mut(self.dtype().size()).for_each(<[u8]>::reverse);
        }
    }

    /// Calls `each` with the place of every element of a column-major array at these places along an axis, in C order.
    fn each_along(&self, axis: usize, places: &[usize], mut each: impl FnMut(usize)) {
        let shape = &self.header.shape;
        let strides: Vec<usize> =
            shape.iter().scan(1, |stride, extent| Some(std::mem::replace(stride, *stride * extent))).collect();
        let extent = |at: usize| if at == axis { places.len() } else { shape[at] };
        let mut index = vec![0; shape.len()];
        for _ in 0..(0..shape.len()).map(extent).product() {
            let at = |of: usize| if of == axis { places[index[of]] } else { index[of] };
            each((0..shape.len()).map(|of| at(of) * strides[of]).sum());
            // Counts up like an odometer, the last axis fastest.
            for of in (0..shape.len()).rev() {
                index[of] += 1;
                if index[of] < extent(of) {
                    break;
                }
                index[of] = 0;
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
