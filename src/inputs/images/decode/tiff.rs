//! The first picture of a TIFF, turned as its orientation says: the one format for which PIL does that unasked.

use std::io::Cursor;

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use super::{Decoded, checked_size, cmyk_to_rgb, push_grey};

type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Decoded {
    let mut decoder = open(bytes)?;
    let (width, height) = decoder.dimensions().map_err(reason)?;
    let size = checked_size(width, height)?;
    let orientation = decoder.find_tag_unsigned::<u16>(Tag::Orientation).map_err(reason)?.unwrap_or(1);
    pixels.reserve_exact(size.0 * size.1 * 3);
    match decoder.colortype().map_err(reason)? {
        ColorType::Palette(_) => {
            let colors = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(reason)?;
            let grey = as_grey(bytes).ok_or("a TIFF with a palette, of a kind not read")?;
            unpack_palette(open(&grey)?, &colors, size, pixels)?;
        }
        color => unpack(decoder, color, size, pixels)?,
    }
    if pixels.len() != size.0 * size.1 * 3 {
        return Err("a broken TIFF: it holds more or fewer pixels than its size says".into());
    }
    Ok(turn(pixels, size, orientation))
}

fn reason(error: tiff::TiffError) -> String {
    format!("a broken TIFF, or of a kind not read: {error}")
}

fn open(bytes: &[u8]) -> Result<Reader<'_>, String> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = 1 << 30;
    Ok(Decoder::new(Cursor::new(bytes)).map_err(reason)?.with_limits(limits))
}

fn unpack(mut decoder: Reader, color: ColorType, size: (usize, usize), pixels: &mut Vec<u8>) -> Result<(), String> {
    let upper = |sample: u16| (sample >> 8) as u8;
    match (color, decoder.read_image().map_err(reason)?) {
        (ColorType::Gray(bits @ (1 | 2 | 4 | 8)), DecodingResult::U8(raw)) => {
            let most = ((1u32 << bits) - 1) as u8;
            push_grey(samples(&raw, bits, size.1).map(|sample| sample * (255 / most)), pixels);
        }
        (ColorType::Gray(16), DecodingResult::U16(raw)) => {
            push_grey(raw.into_iter().map(|sample| sample.min(255) as u8), pixels);
        }
        // The tiff crate does not take the second for alpha.
        (ColorType::GrayA(8) | ColorType::Multiband { bit_depth: 8, num_samples: 2 }, DecodingResult::U8(raw)) => {
            push_grey(raw.into_iter().step_by(2), pixels);
        }
        (ColorType::RGB(8), DecodingResult::U8(raw)) => pixels.extend(raw),
        (ColorType::RGB(16), DecodingResult::U16(raw)) => pixels.extend(raw.into_iter().map(upper)),
        (ColorType::RGBA(8), DecodingResult::U8(raw)) => {
            raw.as_chunks::<4>().0.iter().for_each(|[rgb @ .., _]| pixels.extend(rgb));
        }
        (ColorType::RGBA(16), DecodingResult::U16(raw)) => {
            raw.as_chunks::<4>().0.iter().for_each(|&[r, g, b, _]| pixels.extend([r, g, b].map(upper)));
        }
        (ColorType::CMYK(8), DecodingResult::U8(raw)) => {
            raw.as_chunks::<4>().0.iter().for_each(|&inks| pixels.extend(cmyk_to_rgb(inks)));
        }
        (other, _) => return Err(format!("a TIFF with pixels of the kind {other:?}")),
    }
    Ok(())
}

fn unpack_palette(
    mut decoder: Reader,
    colors: &[u16],
    size: (usize, usize),
    pixels: &mut Vec<u8>,
) -> Result<(), String> {
    let (ColorType::Gray(bits @ (1 | 2 | 4 | 8)), DecodingResult::U8(raw)) =
        (decoder.colortype().map_err(reason)?, decoder.read_image().map_err(reason)?)
    else {
        return Err("a TIFF with a palette, of a kind not read".into());
    };
    // All reds, then all greens, then all blues, of 16 bits each.
    let channel = |i: u8, c: usize| colors.get(c * colors.len() / 3 + usize::from(i)).map_or(i, |v| (v >> 8) as u8);
    for index in samples(&raw, bits, size.1) {
        pixels.extend([0, 1, 2].map(|c| channel(index, c)));
    }
    Ok(())
}

/// The samples of rows of `width`, each of which begins at a byte.
fn samples(raw: &[u8], bits: u8, width: usize) -> impl Iterator<Item = u8> {
    let bits = usize::from(bits);
    let mask = ((1u32 << bits) - 1) as u8;
    let sample = move |row: &[u8], x: usize| (row[x * bits / 8] >> (8 - bits - x * bits % 8)) & mask;
    raw.chunks_exact((width * bits).div_ceil(8)).flat_map(move |row| (0..width).map(move |x| sample(row, x)))
}

/// The same file, but its indices are called grey: the tiff crate reads no palettes. Only for the classic form.
fn as_grey(bytes: &[u8]) -> Option<Vec<u8>> {
    const PHOTOMETRIC: u16 = 262;
    let little = bytes.starts_with(b"II");
    let short = |at: usize| {
        let two = *bytes.get(at..)?.first_chunk()?;
        Some(if little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    };
    let four = *bytes.get(4..)?.first_chunk()?;
    let directory = if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) } as usize;
    let entries = usize::from(short(directory)?);
    let entry = (0..entries).map(|i| directory + 2 + 12 * i).find(|&at| short(at) == Some(PHOTOMETRIC))?;
    let mut grey = bytes.to_vec();
    let one = if little { 1u16.to_le_bytes() } else { 1u16.to_be_bytes() };
    grey.get_mut(entry + 8..entry + 10)?.copy_from_slice(&one);
    Some(grey)
}

/// Turns and mirrors as EXIF's orientation 1 to 8 says.
pub(super) fn turn(pixels: &mut Vec<u8>, (height, width): (usize, usize), orientation: u16) -> (usize, usize) {
    let across = (5..=8).contains(&orientation);
    let (to_height, to_width) = if across { (width, height) } else { (height, width) };
    // Where the pixel of the result comes from.
    let from = |y: usize, x: usize| match orientation {
        2 => (y, width - 1 - x),
        3 => (height - 1 - y, width - 1 - x),
        4 => (height - 1 - y, x),
        5 => (x, y),
        6 => (height - 1 - x, y),
        7 => (height - 1 - x, width - 1 - y),
        8 => (x, width - 1 - y),
        _ => (y, x),
    };
    if (2..=8).contains(&orientation) {
        let mut turned = Vec::with_capacity(pixels.len());
        for (y, x) in (0..to_height).flat_map(|y| (0..to_width).map(move |x| (y, x))) {
            let (y, x) = from(y, x);
            turned.extend(&pixels[(y * width + x) * 3..][..3]);
        }
        *pixels = turned;
    }
    (to_height, to_width)
}
