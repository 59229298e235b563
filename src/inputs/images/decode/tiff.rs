//! The first picture of a TIFF, turned as its orientation says: the one format for which PIL does that unasked.

use std::io::Cursor;

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use super::{Decoded, checked_size, cmyk_to_rgb, push_grey};

pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Decoded {
    let reason = |error: tiff::TiffError| format!("a broken TIFF, or of a kind not read: {error}");
    let mut limits = Limits::default();
    limits.decoding_buffer_size = 1 << 30;
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(reason)?.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(reason)?;
    let size = checked_size(width, height)?;
    let color = decoder.colortype().map_err(reason)?;
    let orientation = decoder.find_tag_unsigned::<u16>(Tag::Orientation).map_err(reason)?.unwrap_or(1);
    let palette = match color {
        ColorType::Palette(_) => decoder.get_tag_u16_vec(Tag::ColorMap).map_err(reason)?,
        _ => Vec::new(),
    };
    let white_is_zero = decoder.find_tag_unsigned::<u16>(Tag::PhotometricInterpretation).map_err(reason)? == Some(0);
    let count = size.0 * size.1;
    pixels.reserve_exact(count * 3);
    match (color, decoder.read_image().map_err(reason)?) {
        (ColorType::Gray(8), DecodingResult::U8(raw)) => push_grey(raw.into_iter(), pixels),
        (ColorType::Gray(bits @ (1 | 2 | 4)), DecodingResult::U8(raw)) => {
            let bits = usize::from(bits);
            let most = (1u8 << bits) - 1;
            let sample = |row: &[u8], x: usize| row[x * bits / 8] >> (8 - bits - x * bits % 8) & most;
            for row in raw.chunks_exact((size.1 * bits).div_ceil(8)) {
                push_grey((0..size.1).map(|x| sample(row, x) * (255 / most)), pixels);
            }
        }
        (ColorType::Gray(16), DecodingResult::U16(raw)) => {
            push_grey(raw.into_iter().map(|s| s.min(255) as u8), pixels);
        }
        (ColorType::GrayA(8), DecodingResult::U8(raw)) => push_grey(raw.into_iter().step_by(2), pixels),
        (ColorType::RGB(8), DecodingResult::U8(raw)) => pixels.extend(raw),
        (ColorType::RGB(16), DecodingResult::U16(raw)) => pixels.extend(raw.into_iter().map(|s| (s >> 8) as u8)),
        (ColorType::RGBA(8), DecodingResult::U8(raw)) => {
            raw.as_chunks::<4>().0.iter().for_each(|p| pixels.extend(&p[..3]));
        }
        (ColorType::RGBA(16), DecodingResult::U16(raw)) => {
            raw.as_chunks::<4>().0.iter().for_each(|p| pixels.extend(p[..3].iter().map(|s| (s >> 8) as u8)));
        }
        (ColorType::CMYK(8), DecodingResult::U8(raw)) => {
            raw.as_chunks::<4>().0.iter().for_each(|&inks| pixels.extend(cmyk_to_rgb(inks)));
        }
        (ColorType::Palette(8), DecodingResult::U8(raw)) => {
            // All reds, then all greens, then all blues, of 16 bits each.
            let channel =
                |i: usize, c: usize| palette.get(c * palette.len() / 3 + i).map_or(i as u8, |v| (v >> 8) as u8);
            raw.into_iter().for_each(|i| pixels.extend([0, 1, 2].map(|c| channel(i.into(), c))));
        }
        (other, _) => return Err(format!("a TIFF with pixels of the kind {other:?}")),
    }
    let _ = white_is_zero;
    if pixels.len() != count * 3 {
        return Err("a broken TIFF: it holds more or fewer pixels than its size says".into());
    }
    Ok(turn(pixels, size, orientation))
}

/// Turns and mirrors as EXIF's orientation 1 to 8 says.
fn turn(pixels: &mut Vec<u8>, (height, width): (usize, usize), orientation: u16) -> (usize, usize) {
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
