//! PBM, PGM and PPM, plain and raw. Written here because PIL scales other maxima than 255 in its own way, and cuts grey of
//! more than eight bits at 255.

use super::{Decoded, checked_size, push_grey};

pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Decoded {
    let kind = bytes[1];
    let mut words = Words { rest: &bytes[2..] };
    let (width, height) = (words.number("the width")?, words.number("the height")?);
    let size = checked_size(width, height)?;
    let bits = matches!(kind, b'1' | b'4');
    let most = if bits { 1 } else { words.number("the largest value")? };
    if !(1..65536).contains(&most) {
        return Err(format!("a broken PPM: its largest value is {most}"));
    }
    let channels = if matches!(kind, b'3' | b'6') { 3 } else { 1 };
    // PIL reads grey of more than eight bits as numbers up to 65535 and then cuts; the rest it scales to a byte.
    let scale = if channels == 1 && most > 255 { 65535 } else { 255 };
    let value = |sample: u32| -> u8 { half_even(sample * scale, most).min(255) as u8 };
    let samples = size.0 * size.1 * channels;
    pixels.reserve_exact(size.0 * size.1 * 3);
    if kind == b'4' {
        let line = size.1.div_ceil(8);
        let raw = words.raw(line * size.0)?;
        for row in raw.chunks_exact(line) {
            let bit = |x: usize| row[x / 8] >> (7 - x % 8) & 1;
            push_grey((0..size.1).map(|x| 255 * (1 - bit(x))), pixels);
        }
    } else if kind == b'1' {
        for _ in 0..samples {
            pixels.extend([255 * (1 - words.bit()?); 3]);
        }
    } else {
        let plain = kind < b'4';
        let wide = most > 255;
        let raw = if plain { &[][..] } else { words.raw(samples << u32::from(wide))? };
        let mut sample = |i: usize| -> Result<u8, String> {
            let sample = match (plain, wide) {
                (true, _) => words.number("a value")?,
                (false, false) => raw[i].into(),
                (false, true) => u16::from_be_bytes([raw[2 * i], raw[2 * i + 1]]).into(),
            };
            if plain && sample > most {
                return Err(format!("a broken PPM: {sample} is above its largest value, {most}"));
            }
            Ok(value(sample.min(65535)))
        };
        for i in 0..samples {
            let byte = sample(i)?;
            pixels.extend(std::iter::repeat_n(byte, 3 / channels));
        }
    }
    Ok(size)
}

/// `a / b`, rounded as Python's `round` does.
fn half_even(a: u32, b: u32) -> u32 {
    (f64::from(a) / f64::from(b)).round_ties_even() as u32
}

/// The words of a header or of a plain body; `#` begins a comment up to the end of the line.
struct Words<'a> {
    rest: &'a [u8],
}

impl<'a> Words<'a> {
    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_ascii_start();
            if self.rest.first() != Some(&b'#') {
                return;
            }
            let end = self.rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(self.rest.len());
            self.rest = &self.rest[end..];
        }
    }

    fn number(&mut self, what: &str) -> Result<u32, String> {
        self.skip_blanks();
        let len = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(len);
        self.rest = rest;
        let text = str::from_utf8(digits).unwrap_or_default();
        if rest.is_empty() && len == 0 {
            return Err(format!("a PPM that is cut short at {what}"));
        }
        text.parse().map_err(|_| format!("a broken PPM: {what} is no number"))
    }

    fn bit(&mut self) -> Result<u8, String> {
        self.skip_blanks();
        let (&first, rest) = self.rest.split_first().ok_or("a PPM that is cut short")?;
        self.rest = rest;
        if !matches!(first, b'0' | b'1') {
            return Err("a broken PPM: a bit is neither 0 nor 1".into());
        }
        Ok(first - b'0')
    }

    /// The raw body, which begins one blank after the header.
    fn raw(&mut self, len: usize) -> Result<&'a [u8], String> {
        let body = self.rest.get(1..).unwrap_or_default();
        body.get(..len).ok_or_else(|| format!("a PPM that is cut short: {} of {len} bytes", body.len()))
    }
}
