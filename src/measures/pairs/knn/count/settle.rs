//! The rare points that the coordinates or a window cannot settle, decided as float64 decides them.

use super::super::prepare::{Neuron, Strips};
use super::super::search::collect_strip;
use super::super::simd::{Candidates, Number, Reach, Simd, Task};
use super::bounds::Bounds;

/// Up to this many inputs on a level with the radius, looking at each costs less than a search.
const MOST_LOOKED_AT: usize = 16;

/// Counts for one point: how many inputs, itself included, lie nearer than its k-th neighbour in x, and in y.
pub struct Settle<'a, V> {
    pub strips: &'a Strips<V>,
    pub x: &'a Neuron<'a, V>,
    pub y: &'a Neuron<'a, V>,
    pub k: usize,
    pub point: (V, V),
    /// Which distinct values lie within the radius.
    pub in_x: Bounds,
    pub in_y: Bounds,
    /// Distance to the k-th neighbour.
    pub radius: V,
    /// How many others lie within `inner`.
    pub nearer: usize,
    /// What differs by less than this is nearer than the k-th neighbour; what differs by more than `outer` is not.
    pub inner: V,
    pub outer: V,
    pub candidates: &'a mut Candidates<V>,
}

impl<V: Number> Task<V> for Settle<'_, V> {
    type Output = (usize, usize);

    #[inline(always)]
    fn run<S: Simd<V>>(mut self, simd: S) -> (usize, usize) {
        let Settle { x, y, point, in_x, in_y, radius, .. } = self;
        let inputs = |neuron: &Neuron<'_, V>, (first, end): (usize, usize)| {
            neuron.inputs_below(end) - neuron.inputs_below(first)
        };
        // One value on a level with the radius is the k-th neighbour's, and is not nearer than itself.
        let settled = radius == V::default() || (x.exact && y.exact) || in_x.doubtful() + in_y.doubtful() <= 1;
        if settled {
            return (inputs(x, in_x.sure), inputs(y, in_y.sure));
        }
        // Where no value is on the level, nobody asks for it.
        let exact = |bounds: Bounds, neuron: &Neuron<'_, V>, value: V| match bounds.doubtful() {
            0 => f64::NAN,
            _ => bounds.exact(neuron, value),
        };
        let exact_point = (exact(in_x, x, point.0), exact(in_y, y, point.1));
        let exact_radius = match self.radius_on_level(exact_point) {
            Some(radius) => radius,
            None => self.radius_in_reach(simd, exact_point),
        };
        (inputs(x, in_x.settle(x, exact_point.0, exact_radius)), inputs(y, in_y.settle(y, exact_point.1, exact_radius)))
    }
}

impl<V: Number> Settle<'_, V> {
    /// The float64 distance to the k-th neighbour, which is one of the points that may be on a level with the radius: as many of
    /// these are nearer as `nearer` leaves over. They are found by their values on the level. None if these are too many to look
    /// at.
    fn radius_on_level(&mut self, exact_point: (f64, f64)) -> Option<f64> {
        let Settle { x, y, k, point, in_x, in_y, nearer, inner, outer, .. } = *self;
        if in_x.inputs_on_level(x) + in_y.inputs_on_level(y) > MOST_LOOKED_AT {
            return None;
        }
        // First all that is looked up, and then what it says: these loads wait for memory, and so they wait together.
        let mut on_level = [(0.0, V::default()); MOST_LOOKED_AT];
        let mut found = 0;
        let mut found_in_x = 0;
        for (bounds, along, exact_along, across) in [(in_x, x, exact_point.0, y), (in_y, y, exact_point.1, x)] {
            found_in_x = found;
            for i in bounds.level() {
                let distance = (along.exact_at(i) - exact_along).abs();
                for &input in &along.order[along.inputs_below(i)..along.inputs_below(i + 1)] {
                    on_level[found] = (distance, across.places[input as usize].value);
                    found += 1;
                }
            }
        }
        let distances = &mut self.candidates.exact;
        distances.clear();
        for (index, &(distance, other)) in on_level[..found].iter().enumerate() {
            let seen_across = index >= found_in_x;
            let (bounds, across, at, exact_at) =
                if seen_across { (in_x, x, point.0, exact_point.0) } else { (in_y, y, point.1, exact_point.1) };
            let gap = other.apart(at);
            // A coordinate that differs by less than `inner` is not the one that decides. What is on the level in both is looked
            // at from x.
            if gap < inner {
                distances.push(distance);
            } else if gap <= outer && !seen_across {
                distances.push(distance.max((bounds.exact(across, other) - exact_at).abs()));
            }
        }
        let kth = (k - 1 - nearer).min(distances.len().checked_sub(1)?);
        Some(*distances.select_nth_unstable_by(kth, f64::total_cmp).1)
    }

    /// The float64 distance to the k-th neighbour, which is among the points that lie within `outer`.
    #[inline(always)]
    fn radius_in_reach<S: Simd<V>>(self, simd: S, exact_point: (f64, f64)) -> f64 {
        let Settle { strips, x, y, k, point, in_x, in_y, inner, outer, candidates, .. } = self;
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
                let dx = if dx < inner { 0.0 } else { (in_x.exact(x, near_x) - exact_point.0).abs() };
                let dy = if dy < inner { 0.0 } else { (in_y.exact(y, near_y) - exact_point.1).abs() };
                candidates.exact.push(dx.max(dy));
            }
        }
        // The point itself is among those nearer: so k others are k + 1 with it.
        let kth = (k - nearer.min(k)).min(candidates.exact.len() - 1);
        *candidates.exact.select_nth_unstable_by(kth, f64::total_cmp).1
    }
}
