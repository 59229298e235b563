//! JPEG. The standard leaves the last bit to the decoder, and PIL has libjpeg-turbo's: its integer cosine transform, its
//! smooth enlarging of the colour planes and its conversion to RGB. `libjpeg-turbo-rs` follows it to the bit; the `image`
//! crate's own decoder is up to 4 levels off (and 64 in images narrower than five pixels), by 0.4 on average in 4:2:0.

use libjpeg_turbo_rs::{ColorSpace, DecodeLimits, Decoder, JpegError, PixelFormat};

use super::{Decoded, MOST_PIXELS, checked_size, cmyk_to_rgb, make_room};

/// Decoding works on planes and coefficients of this many bytes at most: enough for [`MOST_PIXELS`] of a plain picture.
const MOST_MEMORY: u64 = 4 << 30;
/// Real progressive pictures have about ten; each is a pass over all pixels, for a few bytes in the file.
const MOST_SCANS: usize = 500;

pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Decoded {
    let reason = |error: JpegError| format!("a broken JPEG: {error}");
    let limits = DecodeLimits {
        max_pixels: MOST_PIXELS,
        max_scans: MOST_SCANS,
        max_memory: Some(MOST_MEMORY),
        ..Default::default()
    };
    let mut decoder = Decoder::new_with_limits(bytes, limits).map_err(reason)?;
    let header = decoder.header();
    let size = checked_size(u64::from(header.width), u64::from(header.height))?;
    let inks = matches!(decoder.jpeg_color_space(), ColorSpace::Cmyk | ColorSpace::Ycck);
    if inks && !whole_or_halved(&decoder) {
        return Err("a JPEG in CMYK whose planes have unusual sizes".into());
    }
    decoder.set_output_format(if inks { PixelFormat::Cmyk } else { PixelFormat::Rgb });
    let len = decoder.output_buffer_size().map_err(reason)?;
    if !inks {
        make_room(pixels, len);
        decoder.decode_image_into(pixels).map_err(reason)?;
    } else {
        let mut raw = vec![0; len];
        decoder.decode_image_into(&mut raw).map_err(reason)?;
        // Adobe's convention, which PIL takes for granted: stored is the paper, not the ink.
        raw.as_chunks::<4>().0.iter().for_each(|ink| pixels.extend(cmyk_to_rgb(ink.map(|value| 255 - value))));
    }
    if pixels.len() != size.0 * size.1 * 3 {
        return Err("a broken JPEG: it holds more or fewer pixels than its size says".into());
    }
    Ok(size)
}

/// Whether the first and last plane are whole and the two between have all or half of their height and width. The decoder
/// reads over the end of planes with other sizes, which only damaged files have.
fn whole_or_halved(decoder: &Decoder) -> bool {
    let factors: Vec<_> =
        decoder.header().components.iter().map(|c| (c.horizontal_sampling, c.vertical_sampling)).collect();
    match factors[..] {
        [first, second, third, last] => {
            let whole = (1..=2).contains(&first.0) && (1..=2).contains(&first.1) && last == first;
            whole && second == third && (second == first || second == (1, 1))
        }
        _ => false,
    }
}
