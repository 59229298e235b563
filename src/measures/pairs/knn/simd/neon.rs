//! NEON: eight lanes, in two vectors of four.
//!
//! Every `unsafe` block calls intrinsics that every AArch64 processor has, or reads and writes through a pointer into a slice that
//! was bounds-checked on the line before.

use std::arch::aarch64::*;

use super::buffers::{Candidates, Reach, WINDOW, Windows};
use super::knots::Knots;
use super::number::Number;
use super::operations::{Simd, Task};

/// The CPU is an AArch64, which always has NEON.
#[derive(Debug, Clone, Copy)]
pub struct Neon(());

impl Neon {
    /// The proof: this is compiled for AArch64 alone.
    pub fn new() -> Self {
        Neon(())
    }
}

/// What differs between the kinds of numbers.
pub trait Lane: Number {
    /// Four of them.
    type Four: Copy;
    fn bits(v: Self::Four) -> uint32x4_t;
    fn of_bits(bits: uint32x4_t) -> Self::Four;
    fn splat(value: Self) -> Self::Four;
    fn sum(a: Self::Four, b: Self::Four) -> Self::Four;
    fn difference(a: Self::Four, b: Self::Four) -> Self::Four;
    fn min(a: Self::Four, b: Self::Four) -> Self::Four;
    fn max(a: Self::Four, b: Self::Four) -> Self::Four;
    fn abs(v: Self::Four) -> Self::Four;
    /// |a - b|.
    fn apart(a: Self::Four, b: Self::Four) -> Self::Four;
    /// All bits of a lane where a < b, none elsewhere.
    fn less(a: Self::Four, b: Self::Four) -> uint32x4_t;
    fn lowest(v: Self::Four) -> Self;
    fn highest(v: Self::Four) -> Self;
    fn to_float(v: Self::Four) -> float32x4_t;
}

/// Forwards the methods of [`Lane`] to an intrinsic each.
macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*) -> $result:ty = $intrinsic:ident;)*) => {
        $(#[inline(always)]
        fn $method($($argument: $type),*) -> $result {
            unsafe { $intrinsic($($argument),*) }
        })*
    };
}

impl Lane for f32 {
    type Four = float32x4_t;
    forward! {
        bits(v: float32x4_t) -> uint32x4_t = vreinterpretq_u32_f32;
        of_bits(v: uint32x4_t) -> float32x4_t = vreinterpretq_f32_u32;
        splat(value: f32) -> float32x4_t = vdupq_n_f32;
        sum(a: float32x4_t, b: float32x4_t) -> float32x4_t = vaddq_f32;
        difference(a: float32x4_t, b: float32x4_t) -> float32x4_t = vsubq_f32;
        min(a: float32x4_t, b: float32x4_t) -> float32x4_t = vminq_f32;
        max(a: float32x4_t, b: float32x4_t) -> float32x4_t = vmaxq_f32;
        abs(v: float32x4_t) -> float32x4_t = vabsq_f32;
        apart(a: float32x4_t, b: float32x4_t) -> float32x4_t = vabdq_f32;
        less(a: float32x4_t, b: float32x4_t) -> uint32x4_t = vcltq_f32;
        lowest(v: float32x4_t) -> f32 = vminvq_f32;
        highest(v: float32x4_t) -> f32 = vmaxvq_f32;
    }

    #[inline(always)]
    fn to_float(v: float32x4_t) -> float32x4_t {
        v
    }
}

impl Lane for i32 {
    type Four = int32x4_t;
    forward! {
        bits(v: int32x4_t) -> uint32x4_t = vreinterpretq_u32_s32;
        of_bits(v: uint32x4_t) -> int32x4_t = vreinterpretq_s32_u32;
        splat(value: i32) -> int32x4_t = vdupq_n_s32;
        sum(a: int32x4_t, b: int32x4_t) -> int32x4_t = vaddq_s32;
        difference(a: int32x4_t, b: int32x4_t) -> int32x4_t = vsubq_s32;
        min(a: int32x4_t, b: int32x4_t) -> int32x4_t = vminq_s32;
        max(a: int32x4_t, b: int32x4_t) -> int32x4_t = vmaxq_s32;
        abs(v: int32x4_t) -> int32x4_t = vabsq_s32;
        apart(a: int32x4_t, b: int32x4_t) -> int32x4_t = vabdq_s32;
        less(a: int32x4_t, b: int32x4_t) -> uint32x4_t = vcltq_s32;
        lowest(v: int32x4_t) -> i32 = vminvq_s32;
        highest(v: int32x4_t) -> i32 = vmaxvq_s32;
        to_float(v: int32x4_t) -> float32x4_t = vcvtq_f32_s32;
    }
}

/// Eight lanes.
type Eight<V> = [<V as Lane>::Four; 2];

#[inline(always)]
fn read<V: Lane>(from: &[V], at: usize) -> Eight<V> {
    let from = &from[at..at + 8];
    let bits: *const u32 = from.as_ptr().cast();
    unsafe { [V::of_bits(vld1q_u32(bits)), V::of_bits(vld1q_u32(bits.add(4)))] }
}

#[inline(always)]
fn choose(mask: uint32x4_t, yes: uint32x4_t, no: uint32x4_t) -> uint32x4_t {
    unsafe { vbslq_u32(mask, yes, no) }
}

/// Sixteen bytes, all bits set or none, of four vectors of such lanes.
#[inline(always)]
fn bytes([a, b]: [uint32x4_t; 2], [c, d]: [uint32x4_t; 2]) -> uint8x16_t {
    unsafe {
        let first = vuzp1q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b));
        let second = vuzp1q_u16(vreinterpretq_u16_u32(c), vreinterpretq_u16_u32(d));
        vuzp1q_u8(vreinterpretq_u8_u16(first), vreinterpretq_u8_u16(second))
    }
}

/// By place of a byte among eight: the bit that it gets in a mask.
const WEIGHTS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

/// Of 32 bytes a bit each, the first in the lowest.
#[inline(always)]
fn mask(low: uint8x16_t, high: uint8x16_t) -> u32 {
    unsafe {
        let weights = vld1q_u8(WEIGHTS.as_ptr());
        let pairs = vpaddq_u8(vandq_u8(low, weights), vandq_u8(high, weights));
        let fours = vpaddq_u8(pairs, pairs);
        vgetq_lane_u32::<0>(vreinterpretq_u32_u8(vpaddq_u8(fours, fours)))
    }
}

/// By mask: the bytes of the lanes it sets, four each, from the first lane on; of the others nothing.
static CHOSEN: [[u8; 16]; 16] = {
    let mut chosen = [[0xff; 16]; 16];
    let mut mask = 0;
    while mask < 16 {
        let (mut lane, mut found) = (0, 0);
        while lane < 4 {
            if mask >> lane & 1 == 1 {
                let mut byte = 0;
                while byte < 4 {
                    chosen[mask][4 * found + byte] = (4 * lane + byte) as u8;
                    byte += 1;
                }
                found += 1;
            }
            lane += 1;
        }
        mask += 1;
    }
    chosen
};

/// Sixteen table entries by lane.
#[inline(always)]
fn look_up(table: &[f32; 16], index: uint32x4_t) -> float32x4_t {
    unsafe {
        let bytes: *const u8 = table.as_ptr().cast();
        let table =
            uint8x16x4_t(vld1q_u8(bytes), vld1q_u8(bytes.add(16)), vld1q_u8(bytes.add(32)), vld1q_u8(bytes.add(48)));
        // The four bytes of entry i: 4 i, 4 i + 1, 4 i + 2, 4 i + 3.
        let places = vmlaq_u32(vdupq_n_u32(0x0302_0100), index, vdupq_n_u32(0x0404_0404));
        vreinterpretq_f32_u8(vqtbl4q_u8(table, vreinterpretq_u8_u32(places)))
    }
}

#[inline(always)]
fn cells_of_four(knots: &Knots, values: float32x4_t) -> uint32x4_t {
    unsafe {
        let mut segment = vdupq_n_u32(0);
        for step in [8, 4, 2, 1] {
            let next = vaddq_u32(segment, vdupq_n_u32(step));
            segment = choose(vcleq_f32(look_up(&knots.starts, next), values), next, segment);
        }
        let inside = vmulq_f32(vsubq_f32(values, look_up(&knots.starts, segment)), look_up(&knots.scales, segment));
        // Written so that what is not a number, infinity times zero, ends in the first cell.
        let inside = vmaxnmq_f32(inside, vdupq_n_f32(0.0));
        let inside = vminnmq_f32(inside, vdupq_n_f32(knots.last()));
        vmlaq_u32(vcvtq_u32_f32(inside), segment, vdupq_n_u32(knots.cells_each))
    }
}

impl<V: Lane> Simd<V> for Neon {
    const LANES: usize = 8;
    type F = Eight<V>;
    type N = [uint32x4_t; 2];

    #[inline(always)]
    fn splat(self, value: V) -> Eight<V> {
        [V::splat(value); 2]
    }

    #[inline(always)]
    fn load(self, from: &[V], at: usize) -> Eight<V> {
        read(from, at)
    }

    #[inline(always)]
    fn store(self, v: Eight<V>, to: &mut [V], at: usize) {
        let to = &mut to[at..at + 8];
        let bits: *mut u32 = to.as_mut_ptr().cast();
        unsafe {
            vst1q_u32(bits, V::bits(v[0]));
            vst1q_u32(bits.add(4), V::bits(v[1]));
        }
    }

    #[inline(always)]
    fn add(self, a: Eight<V>, b: Eight<V>) -> Eight<V> {
        [V::sum(a[0], b[0]), V::sum(a[1], b[1])]
    }

    #[inline(always)]
    fn sub(self, a: Eight<V>, b: Eight<V>) -> Eight<V> {
        [V::difference(a[0], b[0]), V::difference(a[1], b[1])]
    }

    #[inline(always)]
    fn min(self, a: Eight<V>, b: Eight<V>) -> Eight<V> {
        [V::min(a[0], b[0]), V::min(a[1], b[1])]
    }

    #[inline(always)]
    fn max(self, a: Eight<V>, b: Eight<V>) -> Eight<V> {
        [V::max(a[0], b[0]), V::max(a[1], b[1])]
    }

    #[inline(always)]
    fn max_abs(self, a: Eight<V>, b: Eight<V>) -> Eight<V> {
        [V::max(V::abs(a[0]), V::abs(b[0])), V::max(V::abs(a[1]), V::abs(b[1]))]
    }

    #[inline(always)]
    fn far_at(self, v: Eight<V>, lane: usize) -> Eight<V> {
        let far = V::bits(V::splat(V::FAR));
        let is = |first: u32| unsafe {
            let lanes = vaddq_u32(vld1q_u32([0, 1, 2, 3].as_ptr()), vdupq_n_u32(first));
            vceqq_u32(lanes, vdupq_n_u32(lane as u32))
        };
        [V::of_bits(choose(is(0), far, V::bits(v[0]))), V::of_bits(choose(is(4), far, V::bits(v[1])))]
    }

    #[inline(always)]
    fn where_positive(self, r: Eight<V>, v: Eight<V>, other: Eight<V>) -> Eight<V> {
        let zero = V::splat(V::default());
        let half = |i: usize| V::of_bits(choose(V::less(zero, r[i]), V::bits(v[i]), V::bits(other[i])));
        [half(0), half(1)]
    }

    #[inline(always)]
    fn lowest(self, v: Eight<V>) -> V {
        V::lowest(V::min(v[0], v[1]))
    }

    #[inline(always)]
    fn highest(self, v: Eight<V>) -> V {
        V::highest(V::max(v[0], v[1]))
    }

    #[inline(always)]
    fn number(self, n: u32) -> Self::N {
        unsafe { [vdupq_n_u32(n); 2] }
    }

    #[inline(always)]
    fn plus(self, n: Self::N, m: u32) -> Self::N {
        n.map(|n| unsafe { vaddq_u32(n, vdupq_n_u32(m)) })
    }

    #[inline(always)]
    fn minus(self, n: Self::N, m: Self::N) -> Self::N {
        unsafe { [vsubq_u32(n[0], m[0]), vsubq_u32(n[1], m[1])] }
    }

    #[inline(always)]
    fn plus_where_less(self, n: Self::N, m: u32, a: Eight<V>, b: Eight<V>) -> Self::N {
        let half = |i: usize| unsafe { vaddq_u32(n[i], vandq_u32(V::less(a[i], b[i]), vdupq_n_u32(m))) };
        [half(0), half(1)]
    }

    #[inline(always)]
    fn plus_where_not_less(self, n: Self::N, m: u32, a: Eight<V>, b: Eight<V>) -> Self::N {
        let half = |i: usize| unsafe { vaddq_u32(n[i], vbicq_u32(vdupq_n_u32(m), V::less(a[i], b[i]))) };
        [half(0), half(1)]
    }

    #[inline(always)]
    fn entry<const LEN: usize>(self, values: &[V; LEN], places: Self::N) -> Eight<V> {
        let places = Simd::<V>::numbers(self, places);
        let entries: [V; 8] = std::array::from_fn(|lane| values[places[lane] as usize % LEN]);
        read(&entries, 0)
    }

    #[inline(always)]
    fn numbers(self, n: Self::N) -> [u32; 16] {
        let mut array = [0; 16];
        unsafe {
            vst1q_u32(array.as_mut_ptr(), n[0]);
            vst1q_u32(array[4..].as_mut_ptr(), n[1]);
        }
        array
    }

    #[inline(always)]
    fn count_below(self, values: &[V], at: usize, len: usize, bound: V) -> usize {
        let (values, bound) = (read(values, at), V::splat(bound));
        let below = bytes([V::less(values[0], bound), V::less(values[1], bound)], [unsafe { vdupq_n_u32(0) }; 2]);
        (mask(below, below) & ((1 << len) - 1)).count_ones() as usize
    }

    #[inline(always)]
    fn collect(self, x: &[V], y: &[V], from: usize, to: usize, reach: &Reach<V>, out: &mut Candidates<V>) {
        let [low_x, high_x, low_y, high_y] = [reach.low_x, reach.high_x, reach.low_y, reach.high_y].map(V::splat);
        let mut at = from;
        while at < to {
            let rest = (to - at).min(8);
            let (xs, ys) = (read(x, at), read(y, at));
            let beyond = |i: usize| unsafe {
                let beyond_x = vorrq_u32(V::less(xs[i], low_x), V::less(high_x, xs[i]));
                vorrq_u32(beyond_x, vorrq_u32(V::less(ys[i], low_y), V::less(high_y, ys[i])))
            };
            let beyond = bytes([beyond(0), beyond(1)], [unsafe { vdupq_n_u32(0) }; 2]);
            let inside = !mask(beyond, beyond) & ((1 << rest) - 1);
            for (half, inside) in [inside & 0xf, inside >> 4 & 0xf].into_iter().enumerate() {
                let to_x = &mut out.x[out.len..out.len + 4];
                let to_y = &mut out.y[out.len..out.len + 4];
                unsafe {
                    let chosen = vld1q_u8(CHOSEN[inside as usize].as_ptr());
                    let packed = |v| vqtbl1q_u8(vreinterpretq_u8_u32(V::bits(v)), chosen);
                    vst1q_u8(to_x.as_mut_ptr().cast(), packed(xs[half]));
                    vst1q_u8(to_y.as_mut_ptr().cast(), packed(ys[half]));
                }
                out.len += inside.count_ones() as usize;
            }
            at += 8;
        }
    }

    #[inline(always)]
    fn cells(self, knots: &Knots, values: Eight<V>, out: &mut [u32; 16]) {
        unsafe {
            vst1q_u32(out.as_mut_ptr(), cells_of_four(knots, V::to_float(values[0])));
            vst1q_u32(out[4..].as_mut_ptr(), cells_of_four(knots, V::to_float(values[1])));
        }
    }

    #[inline(always)]
    fn look_up(self, table: &[u32], places: &mut [u32; 16]) {
        for place in &mut places[..8] {
            *place = table[*place as usize];
        }
    }

    #[inline(always)]
    fn place_windows(self, windows: &mut Windows, by: u32) {
        for four in [0, 4] {
            let (low, high) = (&mut windows.low[four..four + 4], &mut windows.high[four..four + 4]);
            unsafe {
                let first = vaddq_u32(vld1q_u32(low.as_ptr()), vdupq_n_u32(by));
                let second = vaddq_u32(vld1q_u32(high.as_ptr()), vdupq_n_u32(by));
                let second = vmaxq_u32(second, vaddq_u32(first, vdupq_n_u32(WINDOW as u32)));
                vst1q_u32(low.as_mut_ptr(), first);
                vst1q_u32(high.as_mut_ptr(), second);
            }
        }
    }

    #[inline(always)]
    fn windows(self, values: &[V], centres: Eight<V>, [inner, outer]: [Eight<V>; 2], windows: &mut Windows) {
        let Windows { low, high, masks } = windows;
        let centres: [V; 16] = self.array(centres);
        let (inner, outer): ([V; 16], [V; 16]) = (self.array(inner), self.array(outer));
        for lane in 0..8 {
            let (centre, inner, outer) = (V::splat(centres[lane]), V::splat(inner[lane]), V::splat(outer[lane]));
            let distances = |at: u32| {
                let values = read(&values[at as usize..at as usize + WINDOW], 0);
                values.map(|v| <V as Lane>::apart(v, centre))
            };
            let (low, high) = (distances(low[lane]), distances(high[lane]));
            let inside = bytes(low.map(|d| V::less(d, inner)), high.map(|d| V::less(d, inner)));
            let further = bytes(low.map(|d| V::less(outer, d)), high.map(|d| V::less(outer, d)));
            masks[lane] = mask(inside, further);
        }
    }

    #[inline(always)]
    fn call<T: Task<V>>(self, task: T) -> T::Output {
        enter(self, task)
    }
}

#[inline(never)]
fn enter<V: Lane, T: Task<V>>(simd: Neon, task: T) -> T::Output {
    task.run(simd)
}
