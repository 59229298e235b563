//! The header of NumPy's .npy files, for arrays that are written bit by bit.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, version 1.0.

/// What stands before the numbers: magic, length, a Python dict, padding to 64 bytes. `dtype` is numpy's name with its order of
/// bytes, such as `<f8`.
pub fn header(dtype: &str, fortran: bool, shape: &[usize]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let shape: String = shape.iter().map(|extent| format!("{extent}, ")).collect();
    let mut dict = format!("{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': ({}), }}", shape.trim_end());
    let unpadded = 10 + dict.len() + 1;
    dict.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
    dict.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((dict.len() as u16).to_le_bytes());
    bytes.extend(dict.as_bytes());
    bytes
}
