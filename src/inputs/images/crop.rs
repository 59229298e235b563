//! Sizes and crops, each with the rounding of the library that defines it.
//!
//! In: the size of an image and what the recipe asks for. Out: the size to resize to, and which part of the result is
//! taken or filled up. Sizes are (height, width) everywhere.

use std::ops::Range;

use super::resize::Window;

/// What becomes of an image's size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resize {
    /// It stays.
    Keep,
    /// To this height and width, whatever the shape was.
    Exact(usize, usize),
    /// The shorter side to `edge`, the longer in proportion, cut down (transformers, torchvision); where the longer
    /// side would exceed `longest`, that decides.
    Shorter { edge: usize, longest: Option<usize> },
    /// In proportion, until it covers this height and width, rounded (timm, where the two differ).
    Cover(usize, usize),
    /// In proportion, until it fits in this height and width, rounded (timm's `border`).
    Fit(usize, usize),
}

impl Resize {
    /// The size that an image of `size` is resized to. No side becomes shorter than one pixel.
    pub fn of(self, size: (usize, usize)) -> (usize, usize) {
        let (height, width) = size;
        let (height, width) = match self {
            Resize::Keep => size,
            Resize::Exact(height, width) => (height, width),
            Resize::Shorter { edge, longest } => {
                let (short, long) = (height.min(width), height.max(width));
                let (mut new_short, mut new_long) = (edge, cut(edge * long, short));
                if let Some(longest) = longest.filter(|&longest| new_long > longest) {
                    (new_short, new_long) = (cut(longest * new_short, new_long), longest);
                }
                if width <= height { (new_long, new_short) } else { (new_short, new_long) }
            }
            Resize::Cover(to_height, to_width) => in_proportion(size, (to_height, to_width), f64::min),
            Resize::Fit(to_height, to_width) => in_proportion(size, (to_height, to_width), f64::max),
        };
        (height.max(1), width.max(1))
    }
}

/// Python's `int(a / b)`.
fn cut(a: usize, b: usize) -> usize {
    (a as f64 / b as f64) as usize
}

fn in_proportion(size: (usize, usize), to: (usize, usize), choose: fn(f64, f64) -> f64) -> (usize, usize) {
    let ratio = choose(size.0 as f64 / to.0 as f64, size.1 as f64 / to.1 as f64);
    let side = |side: usize| (side as f64 / ratio).round_ties_even() as usize;
    (side(size.0), side(size.1))
}

/// Whose centre it is, where the margins cannot be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Center {
    /// `(size - crop) // 2`, also where the image is smaller than the crop.
    Transformers,
    /// `round((size - crop) / 2)`, ties to even; where the image is smaller, `(crop - size) // 2` is filled up before it.
    Torchvision,
}

impl Center {
    /// Where the crop begins on the image's axis; negative where the image is smaller.
    fn start(self, size: usize, crop: usize) -> i64 {
        let (size, crop) = (size as i64, crop as i64);
        match self {
            Center::Transformers => (size - crop).div_euclid(2),
            Center::Torchvision if crop > size => -((crop - size) / 2),
            Center::Torchvision => ((size - crop) as f64 / 2.0).round_ties_even() as i64,
        }
    }
}

/// The part of an image that is taken, and where in the crop it comes to lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What of the image is taken.
    pub window: Window,
    /// The crop's row and column of the window's first pixel; what the window leaves free is filled up.
    pub at: (usize, usize),
}

/// The part of an image of `size` that a centre crop of `crop` takes.
pub fn center(size: (usize, usize), crop: (usize, usize), center: Center) -> Part {
    let (rows, top) = axis(center.start(size.0, crop.0), size.0, crop.0);
    let (columns, left) = axis(center.start(size.1, crop.1), size.1, crop.1);
    Part { window: Window { rows, columns }, at: (top, left) }
}

fn axis(start: i64, size: usize, crop: usize) -> (Range<usize>, usize) {
    if start < 0 {
        return (0..size, start.unsigned_abs() as usize);
    }
    let start = start as usize;
    (start..start + crop.min(size - start), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_side_as_in_transformers() {
        // get_resize_output_image_size(image, 256, default_to_square=False): int(256 * 500 / 375) = 341.
        let shorter = Resize::Shorter { edge: 256, longest: None };
        assert_eq!(shorter.of((375, 500)), (256, 341));
        assert_eq!(shorter.of((500, 375)), (341, 256));
        assert_eq!(shorter.of((64, 64)), (256, 256));
        // ... with max_size=300: int(300 * 256 / 341) = 225.
        let bounded = Resize::Shorter { edge: 256, longest: Some(300) };
        assert_eq!(bounded.of((375, 500)), (225, 300));
        assert_eq!(Resize::Shorter { edge: 1, longest: Some(2) }.of((1, 1000)), (1, 2));
    }

    #[test]
    fn proportions_as_in_timm() {
        // ResizeKeepRatio((240, 320)) of 375 x 500: ratio 1.5625, exactly 240 x 320; of 400 x 500 it covers: 256 x 320.
        assert_eq!(Resize::Cover(240, 320).of((375, 500)), (240, 320));
        assert_eq!(Resize::Cover(240, 320).of((400, 500)), (256, 320));
        assert_eq!(Resize::Fit(240, 320).of((400, 500)), (240, 300));
    }

    #[test]
    fn odd_margins_go_to_the_library_s_side() {
        // transformers: (7 - 4) // 2 = 1; (4 - 7) // 2 = -2. torchvision: round(1.5) = 2, and (7 - 4) // 2 = 1 filled.
        assert_eq!((Center::Transformers.start(7, 4), Center::Transformers.start(4, 7)), (1, -2));
        assert_eq!((Center::Torchvision.start(7, 4), Center::Torchvision.start(4, 7)), (2, -1));
        assert_eq!((Center::Torchvision.start(9, 4), Center::Transformers.start(9, 4)), (2, 2));
    }

    #[test]
    fn a_small_image_is_filled_up() {
        let part = center((4, 10), (7, 6), Center::Transformers);
        assert_eq!(part, Part { window: Window { rows: 0..4, columns: 2..8 }, at: (2, 0) });
        let part = center((4, 10), (7, 6), Center::Torchvision);
        assert_eq!(part.at, (1, 0));
    }
}
