//! PIL's `Image.resize`, to the bit, of interleaved RGB bytes.
//!
//! In: an image, the size to resize it to, and the window of the result that is wanted (a centre crop needs no more).
//! Out: the window's pixels. Two passes, across and then down, each rounding to bytes; a pass that changes nothing is
//! left out; only the source rows that the second pass reads are made by the first.
//!
//! Speed: both passes work on blocks of neighbouring values with one weight, which the compiler turns into vectors. The
//! 23-bit weights are split into two halves of 16 bits, because machines multiply those twice as fast.

use std::ops::Range;

use super::filter::{Filter, PRECISION_BITS, Windows};

/// Rows and columns of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub rows: Range<usize>,
    pub columns: Range<usize>,
}

/// A borrowed image: `height * width * 3` bytes, row by row.
#[derive(Debug, Clone, Copy)]
pub struct Rgb<'a> {
    pub pixels: &'a [u8],
    pub height: usize,
    pub width: usize,
}

impl<'a> Rgb<'a> {
    fn row(&self, y: usize) -> &'a [u8] {
        &self.pixels[y * self.width * 3..][..self.width * 3]
    }
}

/// Memory of a resize that the next one can use again.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Some rows of the source, side by side: value `v` of row `r` is at `v * LANES + r`.
    block: Vec<u8>,
    /// What the first pass makes and the second one reads.
    between: Vec<u8>,
}

/// Rows, or bytes of a row, that are worked on together.
const LANES: usize = 32;
/// Bits of a weight's lower half: it must fit a signed 16-bit number.
const LOW_BITS: u32 = 15;

/// Resizes `image` to `size` (height, width) and writes `window` of the result to `out`, which it replaces.
///
/// The window lies inside `size`, and neither is empty.
pub fn resize(
    image: Rgb,
    size: (usize, usize),
    filter: Filter,
    window: &Window,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) {
    out.clear();
    out.resize(window.rows.len() * window.columns.len() * 3, 0);
    let whole = (image.height, image.width);
    if size == whole {
        return copy(image, window, out);
    }
    if filter == Filter::Nearest {
        return nearest(image, size, window, out);
    }
    let down = (size.0 != whole.0).then(|| Windows::new(filter, image.height, size.0, window.rows.clone()));
    let across = (size.1 != whole.1).then(|| Windows::new(filter, image.width, size.1, window.columns.clone()));
    // The part of the source that the passes read.
    let rows = down.as_ref().map_or(window.rows.clone(), Windows::touched);
    let columns = across.as_ref().map_or(window.columns.clone(), Windows::touched);
    let source = |y: usize| &image.row(y)[columns.start * 3..columns.end * 3];
    let Scratch { block, between } = scratch;
    match (across, down) {
        (Some(across), Some(down)) if down_first(whole, size) => {
            let width = columns.len() * 3;
            between.resize(window.rows.len() * width, 0);
            pass_down(source, &down, between);
            pass_across(|y| &between[y * width..][..width], 0..window.rows.len(), &across, block, out);
        }
        (Some(across), Some(down)) => {
            let width = window.columns.len() * 3;
            between.resize(rows.len() * width, 0);
            pass_across(source, rows.clone(), &across, block, between);
            pass_down(|y| &between[(y - rows.start) * width..][..width], &down, out);
        }
        (Some(across), None) => pass_across(source, rows, &across, block, out),
        (None, Some(down)) => pass_down(source, &down, out),
        (None, None) => copy(image, window, out),
    }
}

/// Whether PIL goes down before it goes across. Until Pillow 12 it never did; since 13 it does where the height shrinks by
/// more than twice as many pixels as the width. For a photo that keeps its shape that is one more than twice as high as wide.
fn down_first(from: (usize, usize), to: (usize, usize)) -> bool {
    from.0 > to.0 && from.0 as i64 - to.0 as i64 > 2 * (from.1 as i64 - to.1 as i64)
}

fn copy(image: Rgb, window: &Window, out: &mut [u8]) {
    let columns = window.columns.start * 3..window.columns.end * 3;
    for (y, to) in window.rows.clone().zip(out.chunks_exact_mut(columns.len())) {
        to.copy_from_slice(&image.row(y)[columns.clone()]);
    }
}

/// PIL adds the step up instead of multiplying it, so the position carries a rounding error that decides some pixels.
fn picks(from: usize, to: usize) -> impl Iterator<Item = usize> {
    let step = from as f64 / to as f64;
    let mut position = step * 0.5;
    (0..to).map(move |_| {
        let pick = (position as usize).min(from - 1);
        position += step;
        pick
    })
}

fn nearest(image: Rgb, size: (usize, usize), window: &Window, out: &mut [u8]) {
    let columns: Vec<usize> =
        picks(image.width, size.1).skip(window.columns.start).take(window.columns.len()).collect();
    let rows = picks(image.height, size.0).skip(window.rows.start);
    for (y, to) in rows.zip(out.chunks_exact_mut(columns.len() * 3)) {
        let row = image.row(y);
        for (&x, pixel) in columns.iter().zip(to.chunks_exact_mut(3)) {
            pixel.copy_from_slice(&row[x * 3..x * 3 + 3]);
        }
    }
}

/// Sums of one weight's products over neighbouring values, its halves apart.
#[derive(Clone, Copy)]
struct Sums {
    high: [i32; LANES],
    low: [i32; LANES],
}

impl Sums {
    /// Half a unit of the result, which makes the final shift round.
    const START: Sums = Sums { high: [0; LANES], low: [1 << (PRECISION_BITS - 1); LANES] };

    #[inline(always)]
    fn add(&mut self, values: &[u8; LANES], weight: i32) {
        let (high, low) = ((weight >> LOW_BITS) as i16, (weight & ((1 << LOW_BITS) - 1)) as i16);
        for ((high_sum, low_sum), &value) in self.high.iter_mut().zip(&mut self.low).zip(values) {
            *high_sum += i32::from(value) * i32::from(high);
            *low_sum += i32::from(value) * i32::from(low);
        }
    }

    #[inline(always)]
    fn bytes(&self) -> [u8; LANES] {
        std::array::from_fn(|i| (((self.high[i] << LOW_BITS) + self.low[i]) >> PRECISION_BITS).clamp(0, 255) as u8)
    }
}

/// The rows that `row` gives, resized across, to `out`. A row begins with the first column that the windows touch.
fn pass_across<'a>(
    row: impl Fn(usize) -> &'a [u8],
    rows: Range<usize>,
    windows: &Windows,
    block: &mut Vec<u8>,
    out: &mut [u8],
) {
    let touched = windows.touched();
    block.resize(touched.len() * 3 * LANES, 0);
    let width = out.len() / rows.len();
    for first in rows.clone().step_by(LANES) {
        let count = LANES.min(rows.end - first);
        for lane in 0..count {
            for (value, to) in row(first + lane).iter().zip(block.chunks_exact_mut(LANES)) {
                to[lane] = *value;
            }
        }
        let (columns, _) = block.as_chunks::<LANES>();
        let out = &mut out[(first - rows.start) * width..][..count * width];
        for (x, (start, weights)) in windows.iter().enumerate() {
            let columns = &columns[(start - touched.start) * 3..][..weights.len() * 3];
            for channel in 0..3 {
                let mut sums = Sums::START;
                for (values, &weight) in columns[channel..].iter().step_by(3).zip(weights) {
                    sums.add(values, weight);
                }
                let bytes = sums.bytes();
                for (row, byte) in out.chunks_exact_mut(width).zip(bytes) {
                    row[x * 3 + channel] = byte;
                }
            }
        }
    }
}

/// The rows that `row` gives, resized down, to `out`.
fn pass_down<'a>(row: impl Fn(usize) -> &'a [u8], windows: &Windows, out: &mut [u8]) {
    let width = row(windows.touched().start).len();
    for ((start, weights), to) in windows.iter().zip(out.chunks_exact_mut(width)) {
        let (blocks, rest) = to.as_chunks_mut::<LANES>();
        for (i, block) in blocks.iter_mut().enumerate() {
            let mut sums = Sums::START;
            for (j, &weight) in weights.iter().enumerate() {
                if let Some(values) = row(start + j)[i * LANES..].first_chunk() {
                    sums.add(values, weight);
                }
            }
            *block = sums.bytes();
        }
        let done = width - rest.len();
        for (i, byte) in rest.iter_mut().enumerate() {
            let sum = weights.iter().enumerate().fold(1 << (PRECISION_BITS - 1), |sum, (j, &weight)| {
                sum + i32::from(row(start + j)[done + i]) * weight
            });
            *byte = (sum >> PRECISION_BITS).clamp(0, 255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same pixels as `noise` in fixtures/images/make_images.py.
    fn noise(height: usize, width: usize) -> Vec<u8> {
        let mut state = 12345u32;
        (0..height * width * 3)
            .map(|i| {
                state = state.wrapping_mul(1664525).wrapping_add(1013904223);
                let byte = (state >> 24) as u8;
                [0, 255, byte, byte][(i / 48) % 4]
            })
            .collect()
    }

    #[derive(serde::Deserialize)]
    struct Case {
        from: (usize, usize),
        to: (usize, usize),
        filter: String,
        crc: u32,
        window: [usize; 4],
        window_crc: u32,
    }

    fn crc(bytes: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    }

    #[test]
    fn every_size_and_filter_equals_pil() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../../fixtures/images/resize.json")).unwrap();
        assert!(cases.len() >= 100);
        let (mut scratch, mut out) = (Scratch::default(), Vec::new());
        for case in cases {
            let pixels = noise(case.from.0, case.from.1);
            let image = Rgb { pixels: &pixels, height: case.from.0, width: case.from.1 };
            let filter = Filter::from_name(&case.filter).unwrap();
            let whole = Window { rows: 0..case.to.0, columns: 0..case.to.1 };
            resize(image, case.to, filter, &whole, &mut scratch, &mut out);
            assert_eq!(crc(&out), case.crc, "{:?} to {:?} {}", case.from, case.to, case.filter);
            let [top, bottom, left, right] = case.window;
            let window = Window { rows: top..bottom, columns: left..right };
            resize(image, case.to, filter, &window, &mut scratch, &mut out);
            assert_eq!(crc(&out), case.window_crc, "window of {:?} to {:?} {}", case.from, case.to, case.filter);
        }
    }
}
