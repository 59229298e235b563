//! The header of an .npy: a magic, a version, and a Python dictionary of three entries.

use super::dtype::Dtype;

/// Longer headers belong to structured types, which are refused anyway.
const LONGEST: usize = 1 << 20;

/// NumPy's own limit on the number of axes.
const AXES: usize = 64;

/// What the header says, checked to be something that can exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) dtype: Dtype,
    pub(super) big_endian: bool,
    /// Column-major.
    pub(super) fortran: bool,
    /// No axis for a single number; no axis is empty.
    pub(super) shape: Vec<usize>,
    /// Where the data start.
    pub(super) data: usize,
    /// How many bytes the data take.
    pub(super) bytes: usize,
}

impl Header {
    pub(super) fn describe(&self) -> String {
        format!("{} {:?}", self.dtype.name(), self.shape)
    }
}

/// Reads the header at the start of `bytes`, which need not hold the data.
pub(super) fn parse(bytes: &[u8]) -> Result<Header, String> {
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or("is not an .npy array")?;
    let (len, start) = match rest {
        [1, _, a, b, ..] => (usize::from(u16::from_le_bytes([*a, *b])), 10),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 12),
        [version, ..] if *version > 3 => return Err(format!("is of .npy version {version}; 1 to 3 can be read")),
        _ => return Err("is cut short within its header".to_owned()),
    };
    if len > LONGEST {
        return Err(format!("has a header of {len} bytes, which no plain array needs"));
    }
    let data = start + len;
    let text = bytes.get(start..data).ok_or("is cut short within its header")?;
    let text = std::str::from_utf8(text).map_err(|_| "has a header that is not text")?;
    let entry = |name: &str| {
        let unreadable = || format!("has a header without a readable {name}");
        let (_, after) = text.split_once(&format!("'{name}'")).ok_or_else(unreadable)?;
        after.trim_start().strip_prefix(':').map(str::trim_start).ok_or_else(unreadable)
    };
    let (dtype, big_endian) = dtype(entry("descr")?)?;
    let order = entry("fortran_order")?;
    let fortran = order.starts_with("True");
    if !fortran && !order.starts_with("False") {
        return Err("has a header without a readable fortran_order".to_owned());
    }
    let shape = shape(entry("shape")?)?;
    let bytes = shape.iter().try_fold(dtype.size(), |bytes, extent| bytes.checked_mul(*extent));
    let bytes = bytes.ok_or_else(|| format!("claims the impossible shape {shape:?}"))?;
    Ok(Header { dtype, big_endian, fortran, shape, data, bytes })
}

fn dtype(text: &str) -> Result<(Dtype, bool), String> {
    let name = text.strip_prefix('\'').and_then(|rest| rest.split_once('\'')).map(|(name, _)| name);
    let name = name.ok_or("holds records of several fields, not numbers")?;
    let (order, kind) = match name.as_bytes() {
        [order @ (b'<' | b'>' | b'|' | b'='), ..] => (*order, &name[1..]),
        _ => (b'=', name),
    };
    let dtype = match kind {
        "b1" | "?" => Dtype::Bool,
        "u1" => Dtype::U8,
        "i1" => Dtype::I8,
        "u2" => Dtype::U16,
        "i2" => Dtype::I16,
        "u4" => Dtype::U32,
        "i4" => Dtype::I32,
        "u8" => Dtype::U64,
        "i8" => Dtype::I64,
        "f2" => Dtype::F16,
        "f4" => Dtype::F32,
        "f8" => Dtype::F64,
        "O" => return Err("holds Python objects, not numbers".to_owned()),
        _ => return Err(format!("holds elements of type {name:?}, which cannot be read")),
    };
    Ok((dtype, order == b'>'))
}

fn shape(text: &str) -> Result<Vec<usize>, String> {
    let inside = text.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(inside, _)| inside);
    let extents = inside.ok_or("has a header without a readable shape")?.split(',').map(str::trim);
    let shape: Vec<usize> = extents
        .filter(|extent| !extent.is_empty())
        // Python 2 wrote long integers with an L.
        .map(|extent| extent.trim_end_matches('L').parse())
        .collect::<Result<_, _>>()
        .map_err(|_| "has a header without a readable shape")?;
    if shape.len() > AXES || shape.contains(&0) {
        return Err(format!("is empty or impossible: its shape is {shape:?}"));
    }
    Ok(shape)
}
