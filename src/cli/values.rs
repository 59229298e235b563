//! Values whose form is checked while they are parsed; the text of an error says what is expected.

use crate::inputs::images::Filter;

pub fn percent(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').parse::<f64>() {
        Ok(share) if (0.0..=100.0).contains(&share) => Ok(share),
        _ => Err("a share from 0 to 100".into()),
    }
}

pub fn above_zero(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| *number > 0.0 && number.is_finite())
        .ok_or_else(|| "a number above 0".into())
}

pub fn image_size(text: &str) -> Result<(usize, usize), String> {
    let (height, width) = text.split_once(['x', 'X']).unwrap_or((text, text));
    match (height.parse(), width.parse()) {
        (Ok(height @ 1..=16_384), Ok(width @ 1..=16_384)) => Ok((height, width)),
        _ => Err("a side, or HEIGHTxWIDTH, of at most 16384 pixels".into()),
    }
}

pub fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|share| (0.01..=1.0).contains(share)).ok_or_else(|| "a share from 0.01 to 1".into())
}

pub fn filter(text: &str) -> Result<Filter, String> {
    Filter::from_name(text).ok_or_else(|| "nearest, box, bilinear, hamming, bicubic or lanczos".into())
}

pub fn channels(text: &str) -> Result<[f32; 3], String> {
    let values: Vec<f32> = text.split(',').map_while(|value| value.trim().parse().ok()).collect();
    let three = <[f32; 3]>::try_from(values).ok();
    three.filter(|values| values.iter().all(|value| value.is_finite())).ok_or_else(|| "three numbers: R,G,B".into())
}
