//! JPEG.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{Decoded, checked_size, cmyk_to_rgb, make_room};

pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Decoded {
    let reason = |error: zune_jpeg::errors::DecodeErrors| format!("a broken JPEG: {error:?}");
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(1 << 16).set_max_height(1 << 16);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(reason)?;
    let (width, height) = decoder.dimensions().ok_or("a JPEG without a size")?;
    let size = checked_size(width as u64, height as u64)?;
    let space = decoder.input_colorspace().ok_or("a JPEG without components")?;
    let wanted = match space {
        ColorSpace::CMYK | ColorSpace::YCCK => space,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    if wanted == ColorSpace::RGB {
        make_room(pixels, size.0 * size.1 * 3);
        decoder.decode_into(pixels).map_err(reason)?;
        return Ok(size);
    }
    let mut inks = vec![0; size.0 * size.1 * 4];
    decoder.decode_into(&mut inks).map_err(reason)?;
    pixels.reserve_exact(size.0 * size.1 * 3);
    for ink in inks.as_chunks::<4>().0 {
        pixels.extend(cmyk_to_rgb(ink.map(|value| 255 - value)));
    }
    Ok(size)
}
