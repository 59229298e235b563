//! The points of a pair, arranged so that points near in the plane are near in memory.

use super::super::simd::{Number, SLACK};
use super::neuron::{Neuron, Place};

/// A pair's points in strips of x-rank, each strip in order of y.
///
/// The points come out of y's order straight into their strips, so nothing is sorted. A strip starts at a multiple of the
/// vector's lanes, a power of two; a leaf is that many consecutive points of a strip. Behind a strip's last point follow copies of it up to
/// the next leaf. Points tied in x share a strip; points tied in y are in order of x within a strip, where both are tied.
#[derive(Debug, Default)]
pub struct Strips<V> {
    pub lanes: usize,
    pub x: Vec<V>,
    pub y: Vec<V>,
    pub strips: Vec<Strip<V>>,
    /// Lowest y of every leaf, and behind those of a strip some that lie behind all, up to a multiple of the lanes.
    heads: Vec<V>,
    cursors: Vec<u32>,
    /// Scratch for points tied in y.
    ranks: Vec<u32>,
    fills: Vec<u32>,
}

/// One strip: its points' positions and how far they reach in x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strip<V> {
    pub start: usize,
    pub end: usize,
    pub low_x: V,
    pub high_x: V,
    /// Where its leaves' heads start and end.
    heads: usize,
    heads_end: usize,
}

impl<V: Number> Strips<V> {
    /// Arranges the points of a pair for vectors of so many lanes.
    pub fn build(&mut self, x: &Neuron<'_, V>, y: &Neuron<'_, V>, lanes: usize) {
        let samples = x.sorted.len();
        self.lanes = lanes;
        let count = strip_count(x, y, lanes);
        let cut = Cut::new(samples, count, lanes);
        self.lay_out(x, count, cut);
        let room = samples + count * lanes + SLACK + lanes;
        self.x.resize(room.max(self.x.len()), V::default());
        self.y.resize(room.max(self.y.len()), V::default());
        if x.tied() && y.tied() {
            self.scatter_tied(x, y, cut);
        } else {
            self.scatter(x, y, cut);
        }
        self.pad();
    }

    /// Where each strip starts and ends.
    fn lay_out(&mut self, x: &Neuron<'_, V>, count: usize, cut: Cut) {
        let samples = x.sorted.len();
        self.strips.clear();
        self.cursors.clear();
        let (mut rank, mut start) = (0, 0);
        let mut reached = V::BEHIND.negative();
        for strip in 1..=count {
            // The first rank of the next strip, moved behind the tied group it falls into.
            let cut = cut.first(strip).min(samples);
            let next = if strip == count {
                samples
            } else if x.tied() {
                x.below[x.below.partition_point(|&below| (below as usize) < cut)] as usize
            } else {
                cut
            };
            // An empty strip, its share swallowed by a tied group, reaches from its left neighbour to the right one.
            let low_x = x.sorted.get(rank).copied().unwrap_or(V::BEHIND);
            if next > rank {
                reached = x.sorted[next - 1];
            }
            let end = start + next - rank;
            self.strips.push(Strip { start, end, low_x, high_x: reached, heads: 0, heads_end: 0 });
            self.cursors.push(start as u32);
            (rank, start) = (next, end.next_multiple_of(self.lanes));
        }
    }

    fn scatter(&mut self, x: &Neuron<'_, V>, y: &Neuron<'_, V>, cut: Cut) {
        let mut places = Places::new(&mut self.x, &mut self.y, &mut self.cursors, cut);
        let of = &x.places[..];
        for (&input, &value) in y.order.iter().zip(y.sorted) {
            places.put(of[input as usize], value);
        }
    }

    /// The same where both have ties: first the points by (y, x), by counting x's order into y's tied groups.
    fn scatter_tied(&mut self, x: &Neuron<'_, V>, y: &Neuron<'_, V>, cut: Cut) {
        let samples = x.sorted.len();
        self.ranks.resize(samples.max(self.ranks.len()), 0);
        self.fills.clear();
        self.fills.extend(0..samples as u32);
        let (inputs, fills, of) = (&mut self.ranks[..samples], &mut self.fills[..], &y.places[..]);
        for &input in x.order {
            let fill = &mut fills[of[input as usize].first as usize];
            inputs[*fill as usize] = input;
            *fill += 1;
        }
        let mut places = Places::new(&mut self.x, &mut self.y, &mut self.cursors, cut);
        let of = &x.places[..];
        for (&input, &value) in inputs.iter().zip(y.sorted) {
            places.put(of[input as usize], value);
        }
    }

    fn pad(&mut self) {
        self.heads.clear();
        for strip in &mut self.strips {
            let padded = strip.end.next_multiple_of(self.lanes);
            if strip.start < strip.end {
                let (x, y) = (self.x[strip.end - 1], self.y[strip.end - 1]);
                self.x[strip.end..padded].fill(x);
                self.y[strip.end..padded].fill(y);
            }
            strip.heads = self.heads.len();
            self.heads.extend(self.y[strip.start..padded].iter().step_by(self.lanes));
            self.heads.resize(self.heads.len().next_multiple_of(self.lanes), V::BEHIND);
            strip.heads_end = self.heads.len();
        }
    }

    /// The lowest y of a strip's leaves, and some that lie behind all, up to a multiple of the lanes.
    #[inline(always)]
    pub fn heads(&self, strip: Strip<V>) -> &[V] {
        &self.heads[strip.heads..strip.heads_end]
    }
}

/// From ranks to strips: so many leaves to each, and so only the last one has a leaf that is not full, unless there are ties.
#[derive(Debug, Clone, Copy)]
struct Cut {
    /// Binary logarithm of the points of a leaf.
    leaf: u32,
    /// Strips per leaf, times 2^32: a multiplication instead of a division.
    factor: u64,
}

impl Cut {
    fn new(samples: usize, strips: usize, lanes: usize) -> Self {
        Cut { leaf: lanes.trailing_zeros(), factor: ((strips as u64) << 32) / samples.div_ceil(lanes) as u64 }
    }

    #[inline(always)]
    fn strip(self, rank: u32) -> usize {
        ((u64::from(rank >> self.leaf) * self.factor) >> 32) as usize
    }

    /// The first rank of a strip.
    fn first(self, strip: usize) -> usize {
        (((strip as u64) << 32).div_ceil(self.factor) as usize) << self.leaf
    }
}

/// Where the next point of every strip goes.
///
/// The slices are borrowed once for all points: read through the fields, each store would make the compiler load their addresses
/// and lengths again.
struct Places<'a, V> {
    x: &'a mut [V],
    y: &'a mut [V],
    cursors: &'a mut [u32],
    cut: Cut,
}

impl<'a, V: Copy> Places<'a, V> {
    #[inline(always)]
    fn new(x: &'a mut [V], y: &'a mut [V], cursors: &'a mut [u32], cut: Cut) -> Self {
        let y = &mut y[..x.len()];
        Places { x, y, cursors, cut }
    }

    #[inline(always)]
    fn put(&mut self, x: Place<V>, y: V) {
        let cursor = &mut self.cursors[self.cut.strip(x.first)];
        let at = *cursor as usize;
        self.x[at] = x.value;
        self.y[at] = y;
        *cursor += 1;
    }
}

/// How many strips make the leaves about square: with S points spread over `a` times `b`, a square of `lanes` points has the
/// side sqrt(a b lanes / S), which goes into `a` this often.
fn strip_count<V: Number>(x: &Neuron<'_, V>, y: &Neuron<'_, V>, lanes: usize) -> usize {
    let leaves = x.sorted.len() as f64 / lanes as f64;
    let (a, b) = (f64::from(x.lookup().spread), f64::from(y.lookup().spread));
    let aspect = if a > 0.0 && b > 0.0 { a / b } else { 1.0 };
    ((leaves * aspect).sqrt().round() as usize).clamp(1, (leaves as usize).max(1))
}
