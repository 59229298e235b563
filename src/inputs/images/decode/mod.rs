//! From a file's bytes to RGB, as PIL's `Image.open(…).convert("RGB")` has it.
//!
//! In: bytes. Out: `height * width * 3` bytes, row by row, or a one-line reason why not. The content decides, never the
//! name. What PIL does and we follow: alpha is dropped, not blended; 16-bit grey is cut at 255, while 16-bit colour keeps
//! its upper byte; CMYK is converted without a profile, and in JPEG it is inverted first; of an animation the first
//! picture counts; the orientation in EXIF is applied in TIFF files and ignored in all others.

mod gif;
mod jpeg;
mod png;
mod pnm;
mod simple;
mod tiff;

use super::sniff::{self, Format};
use crate::base::guard::guarded;

/// Images with more pixels are refused before anything is allocated; so does PIL (`DecompressionBombError`).
pub const MOST_PIXELS: u64 = 2 * (1024 * 1024 * 1024 / 4 / 3);

/// The formats that are read.
const READ: &str = "JPEG, PNG, WebP, BMP, TIFF, GIF, PPM";

/// What a decoder answers: height and width, or why not.
pub type Decoded = Result<(usize, usize), String>;

/// Decodes `bytes` into `pixels`, which it replaces.
pub fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Decoded {
    if bytes.is_empty() {
        return Err("an empty file".into());
    }
    pixels.clear();
    // Decoders have panicked on damaged headers before; what they leave in `pixels` then is not looked at.
    guarded(|| by_format(bytes, pixels))
        .unwrap_or_else(|said| Err(format!("a broken image: the decoder gave up ({said})")))
}

fn by_format(bytes: &[u8], pixels: &mut Vec<u8>) -> Decoded {
    let head = &bytes[..bytes.len().min(sniff::ENOUGH)];
    match Format::of(head) {
        Some(Format::Jpeg) => jpeg::decode(bytes, pixels),
        Some(Format::Png) => png::decode(bytes, pixels),
        Some(Format::WebP) => simple::webp(bytes, pixels),
        Some(Format::Bmp) => simple::bmp(bytes, pixels),
        Some(Format::Tiff) => tiff::decode(bytes, pixels),
        Some(Format::Gif) => gif::decode(bytes, pixels),
        Some(Format::Pnm) => pnm::decode(bytes, pixels),
        None => match sniff::foreign(head) {
            Some(name) => Err(format!("{name}, a format that probe does not read (it reads {READ})")),
            None => Err(format!("not an image that probe reads ({READ})")),
        },
    }
}

/// The size, or a refusal.
fn checked_size(width: impl Into<u64>, height: impl Into<u64>) -> Decoded {
    let (width, height) = (width.into(), height.into());
    match width.checked_mul(height) {
        Some(0) => Err(format!("{width} x {height} pixels: the image is empty")),
        Some(pixels) if pixels <= MOST_PIXELS => Ok((height as usize, width as usize)),
        _ => Err(format!("{width} x {height} pixels: more than the {MOST_PIXELS} that are allowed")),
    }
}

/// Makes `buffer` hold `len` zeroes. A buffer that must grow is a new one, whose pages the system hands out only when
/// they are written: a header that promises much and holds little costs little.
fn make_room(buffer: &mut Vec<u8>, len: usize) {
    if buffer.capacity() < len {
        *buffer = vec![0; len];
    } else {
        buffer.clear();
        buffer.resize(len, 0);
    }
}

/// Repeats every grey value three times.
fn push_grey(greys: impl Iterator<Item = u8>, pixels: &mut Vec<u8>) {
    for grey in greys {
        pixels.extend([grey; 3]);
    }
}

/// PIL's rounded `a * b / 255`.
fn times(a: u8, b: u8) -> u8 {
    let product = u32::from(a) * u32::from(b) + 128;
    (((product >> 8) + product) >> 8) as u8
}

/// PIL's conversion, which knows nothing of inks.
fn cmyk_to_rgb([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    let white = 255 - k;
    [c, m, y].map(|ink| white - times(ink, white))
}

#[cfg(test)]
mod tests;
