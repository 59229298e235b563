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
    /// The shorter side to this length, the longer in proportion, cut down (transformers, torchvision).
    Shorter(usize),
    /// As [`Resize::Shorter`], then both sides up to a multiple (TextNet).
    UpTo { edge: usize, multiple: usize },
    /// Both sides down to a multiple (GLPN).
    DownTo(usize),
    /// In proportion, to this height or to this width, whichever changes the image less; then both sides rounded to a
    /// multiple (DPT).
    Nearer { height: usize, width: usize, multiple: usize },
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
            Resize::Shorter(edge) => shorter(size, edge),
            Resize::UpTo { edge, multiple } => {
                let (height, width) = shorter(size, edge);
                (height.next_multiple_of(multiple), width.next_multiple_of(multiple))
            }
            Resize::DownTo(multiple) => (height / multiple * multiple, width / multiple * multiple),
            Resize::Nearer { height: to_height, width: to_width, multiple } => {
                let (down, across) = (to_height as f64 / height as f64, to_width as f64 / width as f64);
                let factor = if (1.0 - across).abs() < (1.0 - down).abs() { across } else { down };
                (to_multiple(factor * height as f64, multiple), to_multiple(factor * width as f64, multiple))
            }
            Resize::Cover(to_height, to_width) => in_proportion(size, (to_height, to_width), f64::min),
            Resize::Fit(to_height, to_width) => in_proportion(size, (to_height, to_width), f64::max),
        };
        (height.max(1), width.max(1))
    }

    /// The same resize around a crop of the size `to` instead of `from`, cut down to whole pixels.
    pub fn scaled(self, from: (usize, usize), to: (usize, usize)) -> Resize {
        let (down, across) = (to.0 as f64 / from.0 as f64, to.1 as f64 / from.1 as f64);
        let height = |side: usize| (side as f64 * down) as usize;
        let width = |side: usize| (side as f64 * across) as usize;
        match self {
            Resize::Keep | Resize::DownTo(_) => self,
            Resize::Exact(a, b) => Resize::Exact(height(a), width(b)),
            Resize::Cover(a, b) => Resize::Cover(height(a), width(b)),
            Resize::Fit(a, b) => Resize::Fit(height(a), width(b)),
            Resize::Nearer { height: a, width: b, multiple } => {
                Resize::Nearer { height: height(a), width: width(b), multiple }
            }
            // A crop that is not square needs an image that covers it.
            Resize::Shorter(edge) if down == across => Resize::Shorter(height(edge)),
            Resize::Shorter(edge) => Resize::Cover(height(edge), width(edge)),
            Resize::UpTo { edge, multiple } => Resize::UpTo { edge: height(edge).max(width(edge)), multiple },
        }
    }
}

fn shorter((height, width): (usize, usize), edge: usize) -> (usize, usize) {
    // Python's `int(edge * long / short)`.
    let other = |long: usize, short: usize| ((edge * long) as f64 / short as f64) as usize;
    if width <= height { (other(height, width), edge) } else { (edge, other(width, height)) }
}

/// The multiple nearest to `side`, of two equally near ones the even one.
pub fn to_multiple(side: f64, multiple: usize) -> usize {
    (side / multiple as f64).round_ties_even() as usize * multiple
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
        assert_eq!(Resize::Shorter(256).of((375, 500)), (256, 341));
        assert_eq!(Resize::Shorter(256).of((500, 375)), (341, 256));
        assert_eq!(Resize::Shorter(256).of((64, 64)), (256, 256));
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
