//! The rare points that the coordinates or a window cannot settle, decided as float64 decides them.

use std::ops::Range;

use super::super::prepare::{Neuron, Strips};
use super::super::search::collect_strip;
use super::super::simd::{Candidates, Number, Reach, Simd, Task};

/// Up to this many values on a level with the radius, looking at each costs less than a search.
const MOST_LOOKED_AT: usize = 8;

/// Counts for one point: how many inputs, itself included, lie nearer than its k-th neighbour in x, and in y.
pub struct Settle<'a, V> {
    pub strips: &'a Strips<V>,
    pub x: &'a Neuron<'a, V>,
    pub y: &'a Neuron<'a, V>,
    pub k: usize,
    pub point: (V, V),
    /// About which distinct values the radius ends at, in x and in y.
    pub hints: [[usize; 2]; 2],
    /// Distance to the k-th neighbour.
    pub radius: V,
    /// What differs by less than this is nearer than the k-th neighbour; what differs by more than `outer` is not.
    pub inner: V,
    pub outer: V,
    pub candidates: &'a mut Candidates<V>,
}

impl<V: Number> Task<V> for Settle<'_, V> {
    type Output = (usize, usize);

    #[inline(always)]
    fn run<S: Simd<V>>(self, simd: S) -> (usize, usize) {
        let Settle { x, y, point, hints, radius, inner, outer, .. } = self;
        let in_x = Bounds::new(x.values(), hints[0], point.0, inner, outer);
        let in_y = Bounds::new(y.values(), hints[1], point.1, inner, outer);
        let inputs = |neuron: &Neuron<'_, V>, (first, end): (usize, usize)| {
            neuron.inputs_below(end) - neuron.inputs_below(first)
        };
        // One value on a level with the radius is the k-th neighbour's, and is not nearer than itself.
        let settled = radius == V::default() || (x.exact && y.exact) || in_x.doubtful() + in_y.doubtful() <= 1;
        if settled {
            return (inputs(x, in_x.sure), inputs(y, in_y.sure));
        }
        let exact_point = (x.exact_value(point.0), y.exact_value(point.1));
        let exact_radius = match self.only_radius(&in_x, &in_y, exact_point) {
            Some(radius) => radius,
            None => self.exact_radius(simd, exact_point),
        };
        (inputs(x, in_x.settle(x, exact_point.0, exact_radius)), inputs(y, in_y.settle(y, exact_point.1, exact_radius)))
    }
}

impl<V: Number> Settle<'_, V> {
    /// The float64 distance to the k-th neighbour, if all points that may be on a level with the radius are as far: it is one of
    /// them. They are found by their values on the level. None if they are not, or too many values to look at.
    fn only_radius(&self, in_x: &Bounds, in_y: &Bounds, exact_point: (f64, f64)) -> Option<f64> {
        let Settle { x, y, point, inner, outer, .. } = self;
        if in_x.doubtful() + in_y.doubtful() > MOST_LOOKED_AT {
            return None;
        }
        let mut only = None;
        let mut is_only = |radius: f64| *only.get_or_insert(radius) == radius;
        let (exact_x, exact_y) = exact_point;
        for (bounds, along, exact_along, across, at_across, exact_across) in
            [(in_x, x, exact_x, y, point.1, exact_y), (in_y, y, exact_y, x, point.0, exact_x)]
        {
            for i in bounds.level() {
                let distance = (along.exact_at(i) - exact_along).abs();
                let group = along.inputs_below(i)..along.inputs_below(i + 1);
                // Of a large tied group some point is taken to be near enough across. One that is on the level there too is
                // looked at from there.
                if group.len() > MOST_LOOKED_AT {
                    if !is_only(distance) {
                        return None;
                    }
                    continue;
                }
                for rank in group {
                    let other = across.places[along.order[rank] as usize].value;
                    let gap = other.apart(at_across);
                    if gap > *outer {
                        continue;
                    }
                    // A coordinate that differs by less than `inner` is not the one that decides.
                    let further = if gap < *inner { 0.0 } else { (across.exact_value(other) - exact_across).abs() };
                    if !is_only(distance.max(further)) {
                        return None;
                    }
                }
            }
        }
        only
    }

    /// The float64 distance to the k-th neighbour, which is among the points that lie within `outer`.
    #[inline(always)]
    fn exact_radius<S: Simd<V>>(self, simd: S, exact_point: (f64, f64)) -> f64 {
        let Settle { strips, x, y, k, point, inner, outer, candidates, .. } = self;
        // A difference that rounds to `outer` may be larger, but is below the next float32; a value nearer than that is never
        // outside of where rounding puts the edge.
        let beyond = outer.above();
        let reach = Reach {
            low_x: point.0 - beyond,
            high_x: point.0 + beyond,
            low_y: point.1 - beyond,
            high_y: point.1 + beyond,
        };
        candidates.reset(strips.x.len());
        let first = strips.strips.partition_point(|strip| strip.high_x < reach.low_x);
        for (i, strip) in strips.strips.iter().enumerate().skip(first) {
            if strip.low_x > reach.high_x {
                break;
            }
            collect_strip(simd, strips, i, &reach, candidates);
        }
        candidates.exact.clear();
        let mut nearer = 0;
        for (&near_x, &near_y) in candidates.x[..candidates.len].iter().zip(&candidates.y) {
            let (dx, dy) = (near_x.apart(point.0), near_y.apart(point.1));
            if dx < inner && dy < inner {
                nearer += 1;
            } else if dx <= outer && dy <= outer {
                // A coordinate that differs by less than `inner` is not the one that decides.
                let dx = if dx < inner { 0.0 } else { (x.exact_value(near_x) - exact_point.0).abs() };
                let dy = if dy < inner { 0.0 } else { (y.exact_value(near_y) - exact_point.1).abs() };
                candidates.exact.push(dx.max(dy));
            }
        }
        // The point itself is among those nearer: so k others are k + 1 with it.
        let kth = (k - nearer.min(k)).min(candidates.exact.len() - 1);
        *candidates.exact.select_nth_unstable_by(kth, f64::total_cmp).1
    }
}

/// Ranges of distinct values around a centre: those surely nearer than the radius, and those that may be.
struct Bounds {
    sure: (usize, usize),
    possible: (usize, usize),
}

impl Bounds {
    /// `hints` are about where the first and the last value nearer than the radius are.
    fn new<V: Number>(values: &[V], hints: [usize; 2], centre: V, inner: V, outer: V) -> Self {
        let first = first_not(values, hints[0], |v| centre - v >= inner);
        let end = first_not(values, hints[1], |v| v - centre < inner);
        Bounds {
            sure: (first, end),
            possible: (
                first_not(values, first, |v| centre - v > outer),
                first_not(values, end, |v| v - centre <= outer),
            ),
        }
    }

    /// The values that are neither surely nearer nor surely not.
    fn level(&self) -> impl Iterator<Item = usize> {
        (self.possible.0..self.sure.0).chain(self.sure.1..self.possible.1)
    }

    fn doubtful(&self) -> usize {
        (self.sure.0 - self.possible.0) + (self.possible.1 - self.sure.1)
    }

    /// The values nearer to an exact centre than an exact radius.
    fn settle<V: Number>(&self, neuron: &Neuron<'_, V>, centre: f64, radius: f64) -> (usize, usize) {
        // A radius of zero stands for the tied values alone.
        let radius = if radius > 0.0 { radius } else { f64::MIN_POSITIVE };
        let nearer = |i: usize| (neuron.exact_at(i) - centre).abs() < radius;
        (partition(self.possible.0..self.sure.0, |i| !nearer(i)), partition(self.sure.1..self.possible.1, nearer))
    }
}

/// The first of a range that is not `before`, as all up to some place are.
fn partition(Range { mut start, mut end }: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    while start < end {
        let middle = start.midpoint(end);
        if before(middle) {
            start = middle + 1;
        } else {
            end = middle;
        }
    }
    start
}

/// The first value that is not `before`, as all up to some place are; looked for in growing steps from `hint`.
#[inline(always)]
fn first_not<V: Copy>(values: &[V], hint: usize, before: impl Fn(V) -> bool) -> usize {
    // All below `low` are before, `high` and those above it are not, once both loops are done.
    let (mut low, mut high) = (hint.min(values.len()), hint.min(values.len()));
    let mut step = 1;
    while high < values.len() && before(values[high]) {
        low = high + 1;
        high = (high + step).min(values.len());
        step *= 2;
    }
    while low > 0 && !before(values[low - 1]) {
        high = low - 1;
        low = low.saturating_sub(step);
        step *= 2;
    }
    low + values[low..high].partition_point(|&v| before(v))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_place_from_any_hint() {
        let values: Vec<f32> = (0..37).map(|i| i as f32).collect();
        for place in 0..=37 {
            for hint in 0..40 {
                assert_eq!(first_not(&values, hint, |v| v < place as f32), place, "from {hint}");
            }
        }
        assert_eq!(first_not(&[0.0; 0], 3, |_| true), 0);
    }
}
