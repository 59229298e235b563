//! PNG. The samples are unpacked here, because PIL cuts 16-bit grey at 255 and takes black for what a short palette lacks.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Limits, Transformations};

use super::{Decoded, checked_size, push_grey};

pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Decoded {
    let reason = |error: png::DecodingError| format!("a broken PNG: {error}");
    // The header's width and height, before anything is made ready for them.
    if let Some([w0, w1, w2, w3, h0, h1, h2, h3]) = bytes.get(16..).and_then(|rest| rest.first_chunk()) {
        checked_size(u32::from_be_bytes([*w0, *w1, *w2, *w3]), u32::from_be_bytes([*h0, *h1, *h2, *h3]))?;
    }
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: 1 << 30 });
    decoder.set_transformations(Transformations::IDENTITY);
    // Texts and profiles are not wanted, and may be bombs.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(reason)?;
    let info = reader.info();
    let size = checked_size(info.width, info.height)?;
    let palette = info.palette.clone();
    let len = reader.output_buffer_size().ok_or("a PNG too large for this machine")?;
    let (color, depth) = reader.output_color_type();
    if (color, depth) == (ColorType::Rgb, BitDepth::Eight) {
        super::make_room(pixels, len);
        reader.next_frame(pixels).map_err(reason)?;
        return Ok(size);
    }
    let mut raw = vec![0; len];
    let line = reader.next_frame(&mut raw).map_err(reason)?.line_size;
    pixels.reserve_exact(size.0 * size.1 * 3);
    for row in raw.chunks_exact(line) {
        match (color, depth) {
            (ColorType::Grayscale, BitDepth::Sixteen) => {
                push_grey(row.chunks_exact(2).map(|s| if s[0] > 0 { 255 } else { s[1] }), pixels);
            }
            (ColorType::Grayscale, depth) => {
                let most = ((1u32 << depth as u8) - 1) as u8;
                push_grey(samples(row, depth).take(size.1).map(|s| s * (255 / most)), pixels);
            }
            (ColorType::Indexed, depth) => {
                let palette = palette.as_deref().unwrap_or_default();
                for index in samples(row, depth).take(size.1) {
                    let color = palette.get(usize::from(index) * 3..).and_then(|rest| rest.first_chunk());
                    pixels.extend(color.unwrap_or(&[0; 3]));
                }
            }
            (ColorType::GrayscaleAlpha, BitDepth::Sixteen) => push_grey(row.iter().step_by(4).copied(), pixels),
            (ColorType::GrayscaleAlpha, _) => push_grey(row.iter().step_by(2).copied(), pixels),
            (ColorType::Rgb, BitDepth::Sixteen) => pixels.extend(row.iter().step_by(2)),
            (ColorType::Rgb, _) => pixels.extend(row),
            (ColorType::Rgba, BitDepth::Sixteen) => {
                row.chunks_exact(8).for_each(|p| pixels.extend([p[0], p[2], p[4]]));
            }
            (ColorType::Rgba, _) => row.chunks_exact(4).for_each(|p| pixels.extend(&p[..3])),
        }
    }
    Ok(size)
}

/// The samples of at most eight bits in a row, the first in the uppermost bits; there may be some left over at its end.
fn samples(row: &[u8], depth: BitDepth) -> impl Iterator<Item = u8> {
    let bits = (depth as u32).min(8);
    let mask = ((1u32 << bits) - 1) as u8;
    row.iter().flat_map(move |byte| (0..8 / bits).rev().map(move |i| (byte >> (i * bits)) & mask))
}
