//! A pair over few inputs: every point against every other, a vector at a time.
//!
//! Below a hundred inputs that is less work than arranging the points and looking ranks up, and no branch hangs on the values.
//! It is for neurons without ties: a tied group is on a level with the radius as a whole, and would have to be told from
//! different values that float32 cannot tell apart.

use super::count::{Sums, bounds};
use super::neuron::Neuron;
use super::psi::FixedPsi;
use super::search::{MOST_NEIGHBORS, Nearest};
use super::simd::{SLACK, Simd, Task};

/// The most inputs for which it costs less than strips, in both forms and with AVX-512 as with AVX2.
pub const MOST_DIRECT: usize = 96;

/// One pair without ties: the search and the counting together.
pub struct Direct<'a> {
    pub x: &'a Neuron<'a>,
    pub y: &'a Neuron<'a>,
    pub k: usize,
    pub psi: &'a FixedPsi,
    /// How far float32 may be off, as a share of the numbers compared; 0 where rounding keeps every `<` right.
    pub margin: f32,
    pub doubts: &'a mut Doubts,
}

/// Room for the points that float32 cannot tell from the radius.
#[derive(Debug, Default)]
pub struct Doubts {
    level: Vec<usize>,
    distances: Vec<f64>,
}

impl Task for Direct<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Sums {
        match self.k {
            0..=3 => simd.call(Keeping::<3>(self)),
            4..=6 => simd.call(Keeping::<6>(self)),
            7..=10 => simd.call(Keeping::<10>(self)),
            _ => simd.call(Keeping::<MOST_NEIGHBORS>(self)),
        }
    }
}

/// The same with a list of K >= k neighbours.
struct Keeping<'a, const K: usize>(Direct<'a>);

impl<const K: usize> Task for Keeping<'_, K> {
    type Output = Sums;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Sums {
        let Direct { x, y, k, psi, margin, doubts } = self.0;
        let samples = x.order.len();
        let (all_x, all_y) = (&x.by_input()[..samples + SLACK], &y.by_input()[..samples + SLACK]);
        let (xs, ys) = (&all_x[..samples], &all_y[..samples]);
        // Where differences are exact, so is equality, and there is nothing to settle in float64.
        let doubtful = !(x.exact && y.exact);
        let seen_twice = x.repeats(y);
        let mut marginal = 0;
        for leaf in (0..samples).step_by(S::LANES) {
            let end = (leaf + S::LANES).min(samples);
            let mut nearest = Nearest::<S, K>::new(simd, all_x, all_y, leaf, k);
            nearest.try_points(simd, &xs[..leaf], &ys[..leaf]);
            nearest.try_own(simd, &xs[leaf..end], &ys[leaf..end]);
            nearest.try_points(simd, &xs[end..], &ys[end..]);

            // Without ties no radius is zero, and those of normal scores are far above what they may be off.
            let (at_x, at_y, radius) = (simd.load(all_x, leaf), simd.load(all_y, leaf), nearest.radius());
            let (inner, outer) = bounds(simd, [at_x, at_y], radius, margin);
            let [mut in_x, mut in_y, mut beyond_x, mut beyond_y] = [simd.zeroes(); 4];
            for (&near_x, &near_y) in xs.iter().zip(ys) {
                let dx = simd.abs(simd.sub(at_x, simd.splat(near_x)));
                let dy = simd.abs(simd.sub(at_y, simd.splat(near_y)));
                in_x = simd.count_less(in_x, dx, inner);
                in_y = simd.count_less(in_y, dy, inner);
                beyond_x = simd.count_less(beyond_x, outer, dx);
                beyond_y = simd.count_less(beyond_y, outer, dy);
            }

            let (inner, outer) = (simd.array(inner), simd.array(outer));
            let (in_x, in_y) = (simd.counts(in_x), simd.counts(in_y));
            let (beyond_x, beyond_y) = (simd.counts(beyond_x), simd.counts(beyond_y));
            for lane in 0..end - leaf {
                let (mut inside_x, mut inside_y) = (in_x[lane] as usize, in_y[lane] as usize);
                // Values that float32 cannot tell from the radius. The k-th neighbour's is one, and not inside.
                let level_x = samples - inside_x - beyond_x[lane] as usize;
                let level_y = samples - inside_y - beyond_y[lane] as usize;
                let level = if seen_twice { level_x } else { level_x + level_y };
                if level > 1 && doubtful {
                    (inside_x, inside_y) = settle([x, y], leaf + lane, k, [inner[lane], outer[lane]], doubts);
                }
                marginal += psi.of(inside_x) + psi.of(inside_y);
            }
        }
        Sums { marginal, neighbors: samples as i64 * psi.of(k) }
    }
}

/// How many points, itself included, lie nearer to one than its k-th neighbour in x, and in y, decided in float64.
///
/// What differs by less than `inner` is nearer, what differs by more than `outer` is not, and the radius is between them.
#[inline(never)]
fn settle(
    [x, y]: [&Neuron<'_>; 2],
    point: usize,
    k: usize,
    [inner, outer]: [f32; 2],
    doubts: &mut Doubts,
) -> (usize, usize) {
    let Doubts { level, distances } = doubts;
    let samples = x.order.len();
    let (xs, ys) = (&x.by_input()[..samples], &y.by_input()[..samples]);
    let gaps = |other: usize| ((xs[other] - xs[point]).abs(), (ys[other] - ys[point]).abs());
    let on_level = |gap: f32| (inner <= gap) & (gap <= outer);

    let (mut inside_x, mut inside_y, mut nearer) = (0, 0, 0);
    level.resize(samples + 1, 0);
    let mut found = 0;
    for other in 0..samples {
        let (dx, dy) = gaps(other);
        inside_x += usize::from(dx < inner);
        inside_y += usize::from(dy < inner);
        nearer += usize::from((dx < inner) & (dy < inner));
        // Written always and counted sometimes: no branch to guess.
        level[found] = other;
        found += usize::from(on_level(dx) | on_level(dy));
    }
    let level = &level[..found];

    let (exact_x, exact_y) = (x.exact_by_input(), y.exact_by_input());
    let exact_gaps = |other: usize| ((exact_x[other] - exact_x[point]).abs(), (exact_y[other] - exact_y[point]).abs());
    let within = level.iter().filter(|&&other| gaps(other).0.max(gaps(other).1) <= outer);
    distances.clear();
    distances.extend(within.map(|&other| exact_gaps(other).0.max(exact_gaps(other).1)));
    // The point itself is among those nearer: so k others are k + 1 with it.
    let kth = (k - nearer.min(k)).min(distances.len() - 1);
    let radius = *distances.select_nth_unstable_by(kth, f64::total_cmp).1;
    for &other in level {
        let ((dx, dy), (exact_dx, exact_dy)) = (gaps(other), exact_gaps(other));
        inside_x += usize::from(on_level(dx) & (exact_dx < radius));
        inside_y += usize::from(on_level(dy) & (exact_dy < radius));
    }
    (inside_x, inside_y)
}
