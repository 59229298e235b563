//! AVX2: eight lanes.
//!
//! Every `unsafe` block calls intrinsics that need only these CPU features, which the existence of an [`Avx2`] proves, or
//! reads and writes through a pointer into a slice that was bounds-checked on the line before.

use std::arch::x86_64::*;

use super::buffers::{Candidates, Reach, WINDOW};
use super::knots::Knots;
use super::number::{Number, ROUNDING};
use super::operations::{Simd, Task};

/// The CPU has AVX2.
#[derive(Debug, Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    /// The proof, if it is true.
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        found.then_some(Avx2(()))
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[inline(never)]
fn enter<V: Lane, T: Task<V>>(simd: Avx2, task: T) -> T::Output {
    task.run(simd)
}

/// What differs between the kinds of numbers. The token says that the CPU can do it.
pub trait Lane: Number {
    type Vector: Copy;
    fn bits(v: Self::Vector) -> __m256i;
    fn of_bits(bits: __m256i) -> Self::Vector;
    fn of_int(bits: i32) -> Self;
    fn splat(simd: Avx2, value: Self) -> Self::Vector;
    fn sum(simd: Avx2, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn difference(simd: Avx2, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn min(simd: Avx2, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn max(simd: Avx2, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn abs(simd: Avx2, v: Self::Vector) -> Self::Vector;
    /// All bits of a lane where a < b, none elsewhere.
    fn less(simd: Avx2, a: Self::Vector, b: Self::Vector) -> __m256i;
    fn to_float(simd: Avx2, v: Self::Vector) -> __m256;
    fn margin_of_eight(simd: Avx2, centre: Self::Vector, radius: Self::Vector) -> Self::Vector;
}

impl Lane for f32 {
    type Vector = __m256;

    #[inline(always)]
    fn bits(v: __m256) -> __m256i {
        unsafe { _mm256_castps_si256(v) }
    }

    #[inline(always)]
    fn of_bits(bits: __m256i) -> __m256 {
        unsafe { _mm256_castsi256_ps(bits) }
    }

    #[inline(always)]
    fn of_int(bits: i32) -> f32 {
        f32::from_bits(bits as u32)
    }

    #[inline(always)]
    fn splat(_: Avx2, value: f32) -> __m256 {
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    fn sum(_: Avx2, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    fn difference(_: Avx2, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_sub_ps(a, b) }
    }

    #[inline(always)]
    fn min(_: Avx2, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_min_ps(a, b) }
    }

    #[inline(always)]
    fn max(_: Avx2, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_max_ps(a, b) }
    }

    #[inline(always)]
    fn abs(_: Avx2, v: __m256) -> __m256 {
        unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), v) }
    }

    #[inline(always)]
    fn less(_: Avx2, a: __m256, b: __m256) -> __m256i {
        unsafe { _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LT_OQ>(a, b)) }
    }

    #[inline(always)]
    fn to_float(_: Avx2, v: __m256) -> __m256 {
        v
    }

    #[inline(always)]
    fn margin_of_eight(simd: Avx2, centre: __m256, radius: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(_mm256_add_ps(<f32 as Lane>::abs(simd, centre), radius), _mm256_set1_ps(ROUNDING)) }
    }
}

impl Lane for i32 {
    type Vector = __m256i;

    #[inline(always)]
    fn bits(v: __m256i) -> __m256i {
        v
    }

    #[inline(always)]
    fn of_bits(bits: __m256i) -> __m256i {
        bits
    }

    #[inline(always)]
    fn of_int(bits: i32) -> i32 {
        bits
    }

    #[inline(always)]
    fn splat(_: Avx2, value: i32) -> __m256i {
        unsafe { _mm256_set1_epi32(value) }
    }

    #[inline(always)]
    fn sum(_: Avx2, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_add_epi32(a, b) }
    }

    #[inline(always)]
    fn difference(_: Avx2, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_sub_epi32(a, b) }
    }

    #[inline(always)]
    fn min(_: Avx2, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_min_epi32(a, b) }
    }

    #[inline(always)]
    fn max(_: Avx2, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_max_epi32(a, b) }
    }

    #[inline(always)]
    fn abs(_: Avx2, v: __m256i) -> __m256i {
        unsafe { _mm256_abs_epi32(v) }
    }

    #[inline(always)]
    fn less(_: Avx2, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_cmpgt_epi32(b, a) }
    }

    #[inline(always)]
    fn to_float(_: Avx2, v: __m256i) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(v) }
    }

    #[inline(always)]
    fn margin_of_eight(_: Avx2, _: __m256i, _: __m256i) -> __m256i {
        unsafe { _mm256_set1_epi32(i32::MARGIN + 1) }
    }
}

/// `b` where a lane of the mask is set, elsewhere `a`.
#[inline(always)]
fn choose<V: Lane>(a: V::Vector, b: V::Vector, mask: __m256i) -> V::Vector {
    unsafe { V::of_bits(_mm256_blendv_epi8(V::bits(a), V::bits(b), mask)) }
}

/// One bit per lane.
#[inline(always)]
fn mask(v: __m256i) -> u32 {
    unsafe { _mm256_movemask_ps(_mm256_castsi256_ps(v)) as u32 }
}

/// Whether the places of all eight lanes are from 0 to `last`: one check for all, where one each would be most of the work.
#[inline(always)]
fn none_behind(places: &[u32; 16], last: i32) -> bool {
    unsafe {
        let places = _mm256_loadu_si256(places.as_ptr().cast());
        let behind = _mm256_cmpgt_epi32(places, _mm256_set1_epi32(last));
        // As signed numbers, places beyond 2^31 are negative.
        mask(_mm256_or_si256(behind, places)) == 0
    }
}

#[inline(always)]
fn halves_exchanged<V: Lane>(v: V::Vector) -> V::Vector {
    unsafe { V::of_bits(_mm256_permute2x128_si256::<1>(V::bits(v), V::bits(v))) }
}

#[inline(always)]
fn pairs_exchanged<V: Lane>(v: V::Vector) -> V::Vector {
    unsafe { V::of_bits(_mm256_shuffle_epi32::<0b01_00_11_10>(V::bits(v))) }
}

#[inline(always)]
fn neighbors_exchanged<V: Lane>(v: V::Vector) -> V::Vector {
    unsafe { V::of_bits(_mm256_shuffle_epi32::<0b10_11_00_01>(V::bits(v))) }
}

#[inline(always)]
fn first<V: Lane>(v: V::Vector) -> V {
    V::of_int(unsafe { _mm256_cvtsi256_si32(V::bits(v)) })
}

/// By mask: which lanes it sets, from the first on, a byte each.
static CHOSEN: [u64; 256] = {
    let mut chosen = [0; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut lane, mut found) = (0, 0);
        while lane < 8 {
            if mask >> lane & 1 == 1 {
                chosen[mask] |= lane << (8 * found);
                found += 1;
            }
            lane += 1;
        }
        mask += 1;
    }
    chosen
};

impl<V: Lane> Simd<V> for Avx2 {
    const LANES: usize = 8;
    type F = V::Vector;
    type N = __m256i;

    #[inline(always)]
    fn splat(self, value: V) -> Self::F {
        V::splat(self, value)
    }

    #[inline(always)]
    fn load(self, from: &[V], at: usize) -> Self::F {
        let from = &from[at..at + 8];
        unsafe { V::of_bits(_mm256_loadu_si256(from.as_ptr().cast())) }
    }

    #[inline(always)]
    fn store(self, v: Self::F, to: &mut [V], at: usize) {
        let to = &mut to[at..at + 8];
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), V::bits(v)) }
    }

    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        V::sum(self, a, b)
    }

    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        V::difference(self, a, b)
    }

    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        unsafe { V::of_bits(_mm256_min_epi32(V::bits(a), V::bits(b))) }
    }

    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        unsafe { V::of_bits(_mm256_max_epi32(V::bits(a), V::bits(b))) }
    }

    #[inline(always)]
    fn max_abs(self, a: Self::F, b: Self::F) -> Self::F {
        Simd::<V>::max(self, V::abs(self, a), V::abs(self, b))
    }

    #[inline(always)]
    fn far_at(self, v: Self::F, lane: usize) -> Self::F {
        unsafe {
            let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            choose::<V>(v, self.splat(V::FAR), _mm256_cmpeq_epi32(lanes, _mm256_set1_epi32(lane as i32)))
        }
    }

    #[inline(always)]
    fn where_positive(self, r: Self::F, v: Self::F, other: Self::F) -> Self::F {
        choose::<V>(other, v, V::less(self, self.splat(V::default()), r))
    }

    #[inline(always)]
    fn lowest(self, v: Self::F) -> V {
        let v = V::min(self, v, halves_exchanged::<V>(v));
        let v = V::min(self, v, pairs_exchanged::<V>(v));
        first::<V>(V::min(self, v, neighbors_exchanged::<V>(v)))
    }

    #[inline(always)]
    fn highest(self, v: Self::F) -> V {
        let v = V::max(self, v, halves_exchanged::<V>(v));
        let v = V::max(self, v, pairs_exchanged::<V>(v));
        first::<V>(V::max(self, v, neighbors_exchanged::<V>(v)))
    }

    #[inline(always)]
    fn number(self, n: u32) -> __m256i {
        unsafe { _mm256_set1_epi32(n as i32) }
    }

    #[inline(always)]
    fn plus(self, n: __m256i, m: u32) -> __m256i {
        unsafe { _mm256_add_epi32(n, _mm256_set1_epi32(m as i32)) }
    }

    #[inline(always)]
    fn minus(self, n: __m256i, m: __m256i) -> __m256i {
        unsafe { _mm256_sub_epi32(n, m) }
    }

    #[inline(always)]
    fn plus_where_less(self, n: __m256i, m: u32, a: Self::F, b: Self::F) -> __m256i {
        let less = V::less(self, a, b);
        unsafe { _mm256_add_epi32(n, _mm256_and_si256(less, _mm256_set1_epi32(m as i32))) }
    }

    #[inline(always)]
    fn plus_where_not_less(self, n: __m256i, m: u32, a: Self::F, b: Self::F) -> __m256i {
        let less = V::less(self, a, b);
        unsafe { _mm256_add_epi32(n, _mm256_andnot_si256(less, _mm256_set1_epi32(m as i32))) }
    }

    #[inline(always)]
    fn entry<const LEN: usize>(self, values: &[V; LEN], places: __m256i) -> Self::F {
        const { assert!(LEN.is_power_of_two()) };
        unsafe {
            let places = _mm256_and_si256(places, _mm256_set1_epi32(LEN as i32 - 1));
            V::of_bits(_mm256_i32gather_epi32::<4>(values.as_ptr().cast(), places))
        }
    }

    #[inline(always)]
    fn numbers(self, n: __m256i) -> [u32; 16] {
        let mut array = [0; 16];
        unsafe { _mm256_storeu_si256(array.as_mut_ptr().cast(), n) }
        array
    }

    #[inline(always)]
    fn count_below(self, values: &[V], bound: V) -> usize {
        let bound = self.splat(bound);
        let mut below = 0;
        for values in values.as_chunks::<8>().0 {
            below += mask(V::less(self, self.load(values, 0), bound)).count_ones();
        }
        below as usize
    }

    #[inline(always)]
    fn collect(self, x: &[V], y: &[V], from: usize, to: usize, reach: &Reach<V>, out: &mut Candidates<V>) {
        let (low_x, high_x) = (self.splat(reach.low_x), self.splat(reach.high_x));
        let (low_y, high_y) = (self.splat(reach.low_y), self.splat(reach.high_y));
        let mut at = from;
        while at < to {
            let rest = (to - at).min(8);
            let (xs, ys) = (self.load(x, at), self.load(y, at));
            let to_x = &mut out.x[out.len..out.len + 8];
            let to_y = &mut out.y[out.len..out.len + 8];
            unsafe {
                let beyond_x = _mm256_or_si256(V::less(self, xs, low_x), V::less(self, high_x, xs));
                let beyond_y = _mm256_or_si256(V::less(self, ys, low_y), V::less(self, high_y, ys));
                let inside = !mask(_mm256_or_si256(beyond_x, beyond_y)) & ((1 << rest) - 1);
                let chosen = CHOSEN[inside as usize & 0xff];
                let lanes = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(chosen as i64));
                let packed_x = _mm256_permutevar8x32_epi32(V::bits(xs), lanes);
                let packed_y = _mm256_permutevar8x32_epi32(V::bits(ys), lanes);
                _mm256_storeu_si256(to_x.as_mut_ptr().cast(), packed_x);
                _mm256_storeu_si256(to_y.as_mut_ptr().cast(), packed_y);
                out.len += inside.count_ones() as usize;
            }
            at += 8;
        }
    }

    #[inline(always)]
    fn cells(self, knots: &Knots, values: Self::F, out: &mut [u32; 16]) {
        let values = V::to_float(self, values);
        unsafe {
            let starts = _mm256_loadu_ps(knots.starts.as_ptr());
            // Minus one for every further segment that has begun.
            let mut passed = _mm256_setzero_si256();
            for &start in &knots.starts[1..] {
                let begun = _mm256_cmp_ps::<_CMP_LE_OQ>(_mm256_set1_ps(start), values);
                passed = _mm256_add_epi32(passed, _mm256_castps_si256(begun));
            }
            let segment = _mm256_sub_epi32(_mm256_setzero_si256(), passed);
            let start = _mm256_permutevar8x32_ps(starts, segment);
            let scale = _mm256_permutevar8x32_ps(_mm256_loadu_ps(knots.scales.as_ptr()), segment);
            let inside = _mm256_mul_ps(_mm256_sub_ps(values, start), scale);
            let inside = _mm256_max_ps(inside, _mm256_setzero_ps());
            let inside = _mm256_min_ps(inside, _mm256_set1_ps(knots.last()));
            let firsts = _mm256_loadu_si256(knots.firsts.as_ptr().cast());
            let first = _mm256_permutevar8x32_epi32(firsts, segment);
            let cell = _mm256_add_epi32(_mm256_cvttps_epi32(inside), first);
            _mm256_storeu_si256(out.as_mut_ptr().cast(), cell);
        }
    }

    #[inline(always)]
    fn look_up(self, table: &[u32], places: &mut [u32; 16]) {
        assert!(none_behind(places, table.len() as i32 - 1), "a cell behind the table");
        for place in &mut places[..8] {
            // All places were just seen to be in the table.
            *place = unsafe { *table.get_unchecked(*place as usize) };
        }
    }

    #[inline(always)]
    fn gather(self, values: &[V], places: &[u32; 16]) -> [Self::F; WINDOW] {
        assert!(none_behind(places, values.len() as i32 - WINDOW as i32), "a window behind the values");
        unsafe {
            // All windows were just seen to end where the values do, or before.
            let window = |lane: usize| _mm_loadu_si128(values.as_ptr().add(places[lane] as usize).cast());
            // Lanes i and i + 4 side by side, and then transposed within each half.
            let pair =
                |lane: usize| _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(window(lane)), window(lane + 4));
            let [a, b, c, d] = [pair(0), pair(1), pair(2), pair(3)];
            let (ab, cd) = (_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d));
            let (further_ab, further_cd) = (_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d));
            [
                V::of_bits(_mm256_unpacklo_epi64(ab, cd)),
                V::of_bits(_mm256_unpackhi_epi64(ab, cd)),
                V::of_bits(_mm256_unpacklo_epi64(further_ab, further_cd)),
                V::of_bits(_mm256_unpackhi_epi64(further_ab, further_cd)),
            ]
        }
    }

    #[inline(always)]
    fn margin(self, centre: Self::F, radius: Self::F) -> Self::F {
        V::margin_of_eight(self, centre, radius)
    }

    #[inline(always)]
    fn counts(self, counts: &[u32; 16]) -> __m256i {
        unsafe { _mm256_loadu_si256(counts.as_ptr().cast()) }
    }

    #[inline(always)]
    fn total(self, n: __m256i, m: __m256i) -> __m256i {
        unsafe { _mm256_add_epi32(n, m) }
    }

    #[inline(always)]
    fn one_more_where_less(self, n: __m256i, a: Self::F, b: Self::F) -> __m256i {
        unsafe { _mm256_sub_epi32(n, V::less(self, a, b)) }
    }

    #[inline(always)]
    fn one_more_where_not_less(self, n: __m256i, a: Self::F, b: Self::F) -> __m256i {
        unsafe { _mm256_add_epi32(_mm256_sub_epi32(n, _mm256_set1_epi32(-1)), V::less(self, a, b)) }
    }

    #[inline(always)]
    fn at_least(self, n: __m256i, m: u32) -> u32 {
        mask(unsafe { _mm256_cmpgt_epi32(n, _mm256_set1_epi32(m as i32 - 1)) })
    }

    #[inline(always)]
    fn call<T: Task<V>>(self, task: T) -> T::Output {
        unsafe { enter(self, task) }
    }
}
