//! The formats whose pixels need no care: what the `image` crate gives, less alpha, is what PIL gives.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::codecs::webp::WebPDecoder;
use image::{ColorType, ImageDecoder, ImageResult, Limits};

use super::{Decoded, checked_size, make_room};

pub(super) fn webp(bytes: &[u8], pixels: &mut Vec<u8>) -> Decoded {
    unpack("WebP", WebPDecoder::new(Cursor::new(bytes)), pixels)
}

pub(super) fn bmp(bytes: &[u8], pixels: &mut Vec<u8>) -> Decoded {
    unpack("BMP", BmpDecoder::new(Cursor::new(bytes)), pixels)
}

fn unpack(name: &str, decoder: ImageResult<impl ImageDecoder>, pixels: &mut Vec<u8>) -> Decoded {
    let reason = |error: image::ImageError| format!("a broken {name}: {error}");
    let mut decoder = decoder.map_err(reason)?;
    let (width, height) = decoder.dimensions();
    let size = checked_size(width, height)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(1 << 30);
    decoder.set_limits(limits).map_err(reason)?;
    let color = decoder.color_type();
    if color == ColorType::Rgb8 {
        make_room(pixels, size.0 * size.1 * 3);
        decoder.read_image(pixels).map_err(reason)?;
        return Ok(size);
    }
    let samples = match color {
        ColorType::L8 => 1,
        ColorType::Rgba8 => 4,
        other => return Err(format!("a {name} with pixels of the kind {other:?}")),
    };
    let mut raw = vec![0; size.0 * size.1 * samples];
    decoder.read_image(&mut raw).map_err(reason)?;
    pixels.reserve_exact(size.0 * size.1 * 3);
    match samples {
        1 => super::push_grey(raw.into_iter(), pixels),
        _ => raw.as_chunks::<4>().0.iter().for_each(|p| pixels.extend(&p[..3])),
    }
    Ok(size)
}
