//! A pair over few inputs: every point against every other, a vector at a time.
//!
//! Below a hundred inputs that is less work than arranging the points and looking ranks up, and no branch hangs on the values.
//! It is for neurons without ties: a tied group is on a level with the radius as a whole, and float32 could not distinguish it
//! from different values that round to the same.

use super::count::Sums;
use super::prepare::{MOST_VALUES, Neuron};
use super::psi::FixedPsi;
use super::search::{MOST_NEIGHBORS, Nearest, bounds};
use super::simd::{Number, SLACK, Simd, Task};

/// The most inputs for which it costs less than strips, in both forms and with AVX-512 as with AVX2.
pub const MOST_INPUTS: usize = 96;

const _: () = assert!(MOST_INPUTS <= MOST_VALUES);

/// One pair without ties: the search and the counting together.
pub struct BruteForce<'a, V> {
    pub x: &'a Neuron<'a, V>,
    pub y: &'a Neuron<'a, V>,
    pub k: usize,
    pub psi: &'a FixedPsi,
    pub unsettled: &'a mut Unsettled,
}

/// Room for the points that float32 cannot tell from the radius.
#[derive(Debug, Default)]
pub struct Unsettled {
    level: Vec<usize>,
    distances: Vec<f64>,
}

impl<V: Number> Task<V> for BruteForce<'_, V> {
    type Output = Sums;

    #[inline(always)]
    fn run<S: Simd<V>>(self, simd: S) -> Sums {
        match self.k {
            0..=3 => simd.call(Keeping::<V, 3>(self)),
            4..=6 => simd.call(Keeping::<V, 6>(self)),
            7..=10 => simd.call(Keeping::<V, 10>(self)),
            _ => simd.call(Keeping::<V, MOST_NEIGHBORS>(self)),
        }
    }
}

/// The same with a list of K >= k neighbours.
struct Keeping<'a, V, const K: usize>(BruteForce<'a, V>);

impl<V: Number, const K: usize> Task<V> for Keeping<'_, V, K> {
    type Output = Sums;

    #[inline(always)]
    fn run<S: Simd<V>>(self, simd: S) -> Sums {
        match self.0.x.order.len() {
            0..=32 => simd.call(Among::<V, K, 32>(self.0)),
            33..=64 => simd.call(Among::<V, K, 64>(self.0)),
            _ => simd.call(Among::<V, K, MOST_VALUES>(self.0)),
        }
    }
}

/// The same among at most LEN inputs.
struct Among<'a, V, const K: usize, const LEN: usize>(BruteForce<'a, V>);

impl<V: Number, const K: usize, const LEN: usize> Task<V> for Among<'_, V, K, LEN> {
    type Output = Sums;

    #[inline(always)]
    fn run<S: Simd<V>>(self, simd: S) -> Sums {
        let BruteForce { x, y, k, psi, unsettled } = self.0;
        let samples = x.order.len();
        let (all_x, all_y) = (&x.by_input()[..samples + SLACK], &y.by_input()[..samples + SLACK]);
        let (xs, ys) = (&all_x[..samples], &all_y[..samples]);
        // Where differences are exact, so is equality, and there is nothing to settle in float64.
        let doubtful = !(x.exact && y.exact);
        let (sorted_x, sorted_y) = (x.first_values::<LEN>(), y.first_values::<LEN>());
        // First all the radii and then all the counts: a count is one long chain, and those of several leaves can overlap.
        let mut radii = [V::default(); MOST_VALUES];
        for leaf in (0..samples).step_by(S::LANES) {
            let end = (leaf + S::LANES).min(samples);
            let mut nearest = Nearest::<V, S, K>::new(simd, all_x, all_y, leaf, k);
            nearest.try_points(simd, &xs[..leaf], &ys[..leaf]);
            nearest.try_own(simd, &xs[leaf..end], &ys[leaf..end]);
            nearest.try_points(simd, &xs[end..], &ys[end..]);
            simd.store(nearest.radius(), &mut radii, leaf);
        }
        let mut marginal = 0;
        for leaf in (0..samples).step_by(S::LANES) {
            let end = (leaf + S::LANES).min(samples);
            // Without ties no radius is zero.
            let (at_x, at_y) = (simd.load(all_x, leaf), simd.load(all_y, leaf));
            let [inner, outer] = bounds(simd, simd.load(&radii, leaf));
            let mut level = OnLevel::<V, S> { nearer: simd.number(0), reached: simd.number(0) };
            let in_x = within(simd, sorted_x, at_x, [inner, outer], &mut level);
            let in_y = within(simd, sorted_y, at_y, [inner, outer], &mut level);

            let (mut in_x, mut in_y) = (simd.numbers(in_x), simd.numbers(in_y));
            let levels = simd.numbers(simd.minus(level.reached, level.nearer));
            // The k-th neighbour's value is on a level with the radius, and not nearer.
            if doubtful && levels[..end - leaf].iter().any(|&level| level > 1) {
                let (inner, outer) = (simd.array(inner), simd.array(outer));
                for lane in (0..end - leaf).filter(|&lane| levels[lane] > 1) {
                    let (inside_x, inside_y) = settle([x, y], leaf + lane, k, [inner[lane], outer[lane]], unsettled);
                    (in_x[lane], in_y[lane]) = (inside_x as u32, inside_y as u32);
                }
            }
            for (&inside_x, &inside_y) in in_x.iter().zip(&in_y).take(end - leaf) {
                marginal += psi.of(inside_x as usize) + psi.of(inside_y as usize);
            }
        }
        Sums { marginal, neighbors: samples as i64 * psi.of(k) }
    }
}

/// The values that float32 cannot tell from the radius, of each lane's two nearest beyond it on either side: how many are not
/// surely further, less those surely nearer. The latter are there for where fewer than two are left: then some from the other
/// end stand in for them, which are.
#[derive(Clone, Copy)]
struct OnLevel<V: Number, S: Simd<V>> {
    nearer: S::N,
    reached: S::N,
}

/// How many values of one coordinate are surely nearer than the radius, by bisection.
///
/// What is compared are differences, never a value with a sum or a difference of two others: so rounding decides each as it
/// decides the distance of two points.
#[inline(always)]
fn within<V: Number, S: Simd<V>, const LEN: usize>(
    simd: S,
    sorted: &[V; LEN],
    at: S::F,
    [inner, outer]: [S::F; 2],
    level: &mut OnLevel<V, S>,
) -> S::N {
    // Every value is nearer to itself: at most LEN - 1 are before the first that is, and at least one is not behind the last.
    let (mut first, mut end) = (simd.number(0), simd.number(1));
    let mut step = LEN as u32 / 2;
    while step > 0 {
        let (low, high) = (simd.plus(first, step - 1), simd.plus(end, step - 1));
        first = simd.plus_where_not_less(first, step, simd.sub(at, simd.entry(sorted, low)), inner);
        end = simd.plus_where_less(end, step, simd.sub(simd.entry(sorted, high), at), inner);
        step /= 2;
    }
    for beside in 0..2u32 {
        let below = simd.sub(at, simd.entry(sorted, simd.plus(first, u32::MAX - beside)));
        let above = simd.sub(simd.entry(sorted, simd.plus(end, beside)), at);
        for distance in [below, above] {
            level.nearer = simd.plus_where_less(level.nearer, 1, distance, inner);
            level.reached = simd.plus_where_not_less(level.reached, 1, outer, distance);
        }
    }
    simd.minus(end, first)
}

/// How many points, itself included, lie nearer to one than its k-th neighbour in x, and in y, decided in float64.
///
/// What differs by less than `inner` is nearer, what differs by more than `outer` is not, and the radius is between them.
#[inline(never)]
fn settle<V: Number>(
    [x, y]: [&Neuron<'_, V>; 2],
    point: usize,
    k: usize,
    [inner, outer]: [V; 2],
    unsettled: &mut Unsettled,
) -> (usize, usize) {
    let Unsettled { level, distances } = unsettled;
    let samples = x.order.len();
    let (xs, ys) = (&x.by_input()[..samples], &y.by_input()[..samples]);
    let gaps = |other: usize| (xs[other].apart(xs[point]), ys[other].apart(ys[point]));
    let on_level = |gap: V| (inner <= gap) & (gap <= outer);

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
    let within = level.iter().filter(|&&other| gaps(other).0 <= outer && gaps(other).1 <= outer);
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
