//! The first picture of a GIF, on a screen filled with the transparent colour, or else with the first.

use std::io::Cursor;
use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, MemoryLimit};

use super::{Decoded, checked_size};

pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Decoded {
    let reason = |error: gif::DecodingError| format!("a broken GIF: {error}");
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(MemoryLimit::Bytes(NonZeroU64::new(1 << 30).unwrap_or(NonZeroU64::MIN)));
    let mut decoder = options.read_info(Cursor::new(bytes)).map_err(reason)?;
    let (width, height) = (decoder.width(), decoder.height());
    let global = decoder.global_palette().map(<[u8]>::to_vec);
    let frame = decoder.next_frame_info().map_err(reason)?.ok_or("a GIF without a picture")?;
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (frame_width, frame_height) = (usize::from(frame.width), usize::from(frame.height));
    let background = frame.transparent.unwrap_or(0);
    let palette = frame.palette.clone().or(global).unwrap_or_default();
    // PIL lets the first picture enlarge the screen.
    let size = checked_size(
        (left + frame_width).max(usize::from(width)) as u64,
        (top + frame_height).max(usize::from(height)) as u64,
    )?;
    let mut indices = vec![0; decoder.buffer_size()];
    decoder.read_into_buffer(&mut indices).map_err(reason)?;
    let color = |index: u8| match palette.get(usize::from(index) * 3..).and_then(|rest| rest.first_chunk()) {
        Some(color) => *color,
        // Without any palette the indices are greys.
        None => [if palette.is_empty() { index } else { 0 }; 3],
    };
    let colors: [[u8; 3]; 256] = std::array::from_fn(|i| color(i as u8));
    pixels.reserve_exact(size.0 * size.1 * 3);
    for y in 0..size.0 {
        let start = pixels.len();
        pixels.extend(colors[usize::from(background)].repeat(size.1));
        if (top..top + frame_height).contains(&y) {
            let row = &indices[(y - top) * frame_width..][..frame_width];
            for (to, &index) in pixels[start + left * 3..].chunks_exact_mut(3).zip(row) {
                to.copy_from_slice(&colors[usize::from(index)]);
            }
        }
    }
    Ok(size)
}
