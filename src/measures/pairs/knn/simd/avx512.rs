//! AVX-512 (F, DQ, BW, VL): sixteen lanes.
//!
//! Every `unsafe` block calls intrinsics that need only these CPU features, which the existence of an [`Avx512`] proves, or
//! reads and writes through a pointer into a slice that was bounds-checked on the line before.

use std::arch::x86_64::*;

use super::buffers::{Candidates, Reach, WINDOW};
use super::knots::Knots;
use super::number::{Number, ROUNDING};
use super::operations::{Simd, Task};

/// The CPU has AVX-512.
#[derive(Debug, Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    /// The proof, if it is true.
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        found.then_some(Avx512(()))
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt")]
#[inline(never)]
fn enter<V: Lane, T: Task<V>>(simd: Avx512, task: T) -> T::Output {
    task.run(simd)
}

/// What differs between the kinds of numbers. The token says that the CPU can do it.
pub trait Lane: Number {
    type Vector: Copy;
    fn bits(v: Self::Vector) -> __m512i;
    fn of_bits(bits: __m512i) -> Self::Vector;
    fn splat(simd: Avx512, value: Self) -> Self::Vector;
    fn sum(simd: Avx512, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn difference(simd: Avx512, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// The smaller one, where not both are negative.
    fn min(simd: Avx512, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// The larger one, where not both are negative.
    fn max(simd: Avx512, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn max_abs(simd: Avx512, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// Where a < b, of the lanes `among`.
    fn less(simd: Avx512, among: __mmask16, a: Self::Vector, b: Self::Vector) -> __mmask16;
    /// Where a >= b, of the lanes `among`.
    fn not_less(simd: Avx512, among: __mmask16, a: Self::Vector, b: Self::Vector) -> __mmask16;
    fn lowest(simd: Avx512, v: Self::Vector) -> Self;
    fn highest(simd: Avx512, v: Self::Vector) -> Self;
    fn to_float(simd: Avx512, v: Self::Vector) -> __m512;
    fn margin_of_sixteen(simd: Avx512, centre: Self::Vector, radius: Self::Vector) -> Self::Vector;
}

impl Lane for f32 {
    type Vector = __m512;

    #[inline(always)]
    fn bits(v: __m512) -> __m512i {
        unsafe { _mm512_castps_si512(v) }
    }

    #[inline(always)]
    fn of_bits(bits: __m512i) -> __m512 {
        unsafe { _mm512_castsi512_ps(bits) }
    }

    #[inline(always)]
    fn splat(_: Avx512, value: f32) -> __m512 {
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn sum(_: Avx512, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn difference(_: Avx512, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn min(_: Avx512, a: __m512, b: __m512) -> __m512 {
        // The bits of the smaller are the smaller integer. That instruction has the shorter latency, and the next distance waits
        // for it.
        unsafe { _mm512_castsi512_ps(_mm512_min_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b))) }
    }

    #[inline(always)]
    fn max(_: Avx512, a: __m512, b: __m512) -> __m512 {
        // Nothing waits for this one, and Intel's processors have two units for it and one for that of integers.
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    fn max_abs(_: Avx512, a: __m512, b: __m512) -> __m512 {
        // Absolute maximum (0b11) with the sign cleared (0b10).
        unsafe { _mm512_range_ps::<0b1011>(a, b) }
    }

    #[inline(always)]
    fn less(_: Avx512, among: __mmask16, a: __m512, b: __m512) -> __mmask16 {
        unsafe { _mm512_mask_cmp_ps_mask::<_CMP_LT_OQ>(among, a, b) }
    }

    #[inline(always)]
    fn not_less(_: Avx512, among: __mmask16, a: __m512, b: __m512) -> __mmask16 {
        unsafe { _mm512_mask_cmp_ps_mask::<_CMP_GE_OQ>(among, a, b) }
    }

    #[inline(always)]
    fn lowest(_: Avx512, v: __m512) -> f32 {
        unsafe { _mm512_reduce_min_ps(v) }
    }

    #[inline(always)]
    fn highest(_: Avx512, v: __m512) -> f32 {
        unsafe { _mm512_reduce_max_ps(v) }
    }

    #[inline(always)]
    fn to_float(_: Avx512, v: __m512) -> __m512 {
        v
    }

    #[inline(always)]
    fn margin_of_sixteen(_: Avx512, centre: __m512, radius: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(_mm512_add_ps(_mm512_abs_ps(centre), radius), _mm512_set1_ps(ROUNDING)) }
    }
}

impl Lane for i32 {
    type Vector = __m512i;

    #[inline(always)]
    fn bits(v: __m512i) -> __m512i {
        v
    }

    #[inline(always)]
    fn of_bits(bits: __m512i) -> __m512i {
        bits
    }

    #[inline(always)]
    fn splat(_: Avx512, value: i32) -> __m512i {
        unsafe { _mm512_set1_epi32(value) }
    }

    #[inline(always)]
    fn sum(_: Avx512, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_add_epi32(a, b) }
    }

    #[inline(always)]
    fn difference(_: Avx512, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_sub_epi32(a, b) }
    }

    #[inline(always)]
    fn min(_: Avx512, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_min_epi32(a, b) }
    }

    #[inline(always)]
    fn max(_: Avx512, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_max_epi32(a, b) }
    }

    #[inline(always)]
    fn max_abs(_: Avx512, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_max_epi32(_mm512_abs_epi32(a), _mm512_abs_epi32(b)) }
    }

    #[inline(always)]
    fn less(_: Avx512, among: __mmask16, a: __m512i, b: __m512i) -> __mmask16 {
        unsafe { _mm512_mask_cmplt_epi32_mask(among, a, b) }
    }

    #[inline(always)]
    fn not_less(_: Avx512, among: __mmask16, a: __m512i, b: __m512i) -> __mmask16 {
        unsafe { _mm512_mask_cmpge_epi32_mask(among, a, b) }
    }

    #[inline(always)]
    fn lowest(_: Avx512, v: __m512i) -> i32 {
        unsafe { _mm512_reduce_min_epi32(v) }
    }

    #[inline(always)]
    fn highest(_: Avx512, v: __m512i) -> i32 {
        unsafe { _mm512_reduce_max_epi32(v) }
    }

    #[inline(always)]
    fn to_float(_: Avx512, v: __m512i) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(v) }
    }

    #[inline(always)]
    fn margin_of_sixteen(_: Avx512, _: __m512i, _: __m512i) -> __m512i {
        unsafe { _mm512_set1_epi32(i32::MARGIN + 1) }
    }
}

/// Whether the places of all sixteen lanes are from 0 to `last`: one check for all, where one each would be most of the work.
#[inline(always)]
fn none_behind(places: &[u32; 16], last: i32) -> bool {
    // As numbers without a sign; nothing is at or before a negative `last`.
    last >= 0
        && unsafe {
            let places = _mm512_loadu_si512(places.as_ptr().cast());
            _mm512_cmpgt_epu32_mask(places, _mm512_set1_epi32(last)) == 0
        }
}

/// Of each lane the bits at its place, counted modulo 32, behind `from`.
#[inline(always)]
fn of_32<V>(values: &[V], from: usize, places: __m512i) -> __m512i {
    const { assert!(size_of::<V>() == 4) };
    let values = &values[from..from + 32];
    unsafe {
        let values: *const __m512i = values.as_ptr().cast();
        _mm512_permutex2var_epi32(_mm512_loadu_si512(values), places, _mm512_loadu_si512(values.add(1)))
    }
}

/// The same modulo 64.
#[inline(always)]
fn of_64<V>(values: &[V], from: usize, places: __m512i) -> __m512i {
    second(places, 32, of_32(values, from, places), of_32(values, from + 32, places))
}

/// `b` where a place has this bit, elsewhere `a`.
#[inline(always)]
fn second(places: __m512i, bit: i32, a: __m512i, b: __m512i) -> __m512i {
    unsafe { _mm512_mask_mov_epi32(a, _mm512_test_epi32_mask(places, _mm512_set1_epi32(bit)), b) }
}

impl<V: Lane> Simd<V> for Avx512 {
    const LANES: usize = 16;
    const PACKS: bool = true;
    type F = V::Vector;
    type N = __m512i;

    #[inline(always)]
    fn splat(self, value: V) -> Self::F {
        V::splat(self, value)
    }

    #[inline(always)]
    fn load(self, from: &[V], at: usize) -> Self::F {
        let from = &from[at..at + 16];
        unsafe { V::of_bits(_mm512_loadu_si512(from.as_ptr().cast())) }
    }

    #[inline(always)]
    fn store(self, v: Self::F, to: &mut [V], at: usize) {
        let to = &mut to[at..at + 16];
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), V::bits(v)) }
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
        V::min(self, a, b)
    }

    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        V::max(self, a, b)
    }

    #[inline(always)]
    fn max_abs(self, a: Self::F, b: Self::F) -> Self::F {
        V::max_abs(self, a, b)
    }

    #[inline(always)]
    fn far_at(self, v: Self::F, lane: usize) -> Self::F {
        let far = V::bits(self.splat(V::FAR));
        unsafe { V::of_bits(_mm512_mask_mov_epi32(V::bits(v), 1 << lane, far)) }
    }

    #[inline(always)]
    fn where_positive(self, r: Self::F, v: Self::F, other: Self::F) -> Self::F {
        let positive = V::less(self, !0, self.splat(V::default()), r);
        let (v, other) = (V::bits(v), V::bits(other));
        unsafe { V::of_bits(_mm512_mask_mov_epi32(other, positive, v)) }
    }

    #[inline(always)]
    fn lowest(self, v: Self::F) -> V {
        V::lowest(self, v)
    }

    #[inline(always)]
    fn highest(self, v: Self::F) -> V {
        V::highest(self, v)
    }

    #[inline(always)]
    fn number(self, n: u32) -> __m512i {
        unsafe { _mm512_set1_epi32(n as i32) }
    }

    #[inline(always)]
    fn plus(self, n: __m512i, m: u32) -> __m512i {
        unsafe { _mm512_add_epi32(n, _mm512_set1_epi32(m as i32)) }
    }

    #[inline(always)]
    fn minus(self, n: __m512i, m: __m512i) -> __m512i {
        unsafe { _mm512_sub_epi32(n, m) }
    }

    #[inline(always)]
    fn plus_where_less(self, n: __m512i, m: u32, a: Self::F, b: Self::F) -> __m512i {
        let less = V::less(self, !0, a, b);
        unsafe { _mm512_mask_add_epi32(n, less, n, _mm512_set1_epi32(m as i32)) }
    }

    #[inline(always)]
    fn plus_where_not_less(self, n: __m512i, m: u32, a: Self::F, b: Self::F) -> __m512i {
        let not_less = V::not_less(self, !0, a, b);
        unsafe { _mm512_mask_add_epi32(n, not_less, n, _mm512_set1_epi32(m as i32)) }
    }

    #[inline(always)]
    fn one_more_where_less(self, n: __m512i, a: Self::F, b: Self::F) -> __m512i {
        unsafe { _mm512_sub_epi32(n, _mm512_movm_epi32(V::less(self, !0, a, b))) }
    }

    #[inline(always)]
    fn one_more_where_not_less(self, n: __m512i, a: Self::F, b: Self::F) -> __m512i {
        unsafe { _mm512_sub_epi32(n, _mm512_movm_epi32(V::not_less(self, !0, a, b))) }
    }

    #[inline(always)]
    fn entry<const LEN: usize>(self, values: &[V; LEN], places: __m512i) -> Self::F {
        const { assert!(LEN == 32 || LEN == 64 || LEN == 128) };
        V::of_bits(match LEN {
            32 => of_32(values, 0, places),
            64 => of_64(values, 0, places),
            _ => second(places, 64, of_64(values, 0, places), of_64(values, 64, places)),
        })
    }

    #[inline(always)]
    fn numbers(self, n: __m512i) -> [u32; 16] {
        let mut array = [0; 16];
        unsafe { _mm512_storeu_si512(array.as_mut_ptr().cast(), n) }
        array
    }

    #[inline(always)]
    fn count_below(self, values: &[V], bound: V) -> usize {
        let bound = self.splat(bound);
        let mut below = 0;
        for values in values.as_chunks::<16>().0 {
            below += V::less(self, !0, self.load(values, 0), bound).count_ones();
        }
        below as usize
    }

    #[inline(always)]
    fn collect(self, x: &[V], y: &[V], from: usize, to: usize, reach: &Reach<V>, out: &mut Candidates<V>) {
        let (low_x, high_x) = (self.splat(reach.low_x), self.splat(reach.high_x));
        let (low_y, high_y) = (self.splat(reach.low_y), self.splat(reach.high_y));
        let mut at = from;
        while at < to {
            let rest = (to - at).min(16);
            let (xs, ys) = (self.load(x, at), self.load(y, at));
            let to_x = &mut out.x[out.len..out.len + 16];
            let to_y = &mut out.y[out.len..out.len + 16];
            let inside = ((1u32 << rest) - 1) as __mmask16;
            let inside = V::not_less(self, inside, xs, low_x);
            let inside = V::not_less(self, inside, high_x, xs);
            let inside = V::not_less(self, inside, ys, low_y);
            let inside = V::not_less(self, inside, high_y, ys);
            unsafe {
                // Compressed in a register and stored whole: compressing into memory is slow on some CPUs.
                _mm512_storeu_si512(to_x.as_mut_ptr().cast(), _mm512_maskz_compress_epi32(inside, V::bits(xs)));
                _mm512_storeu_si512(to_y.as_mut_ptr().cast(), _mm512_maskz_compress_epi32(inside, V::bits(ys)));
            }
            out.len += inside.count_ones() as usize;
            at += 16;
        }
    }

    #[inline(always)]
    fn cells(self, knots: &Knots, values: Self::F, out: &mut [u32; 16]) {
        let values = V::to_float(self, values);
        unsafe {
            let starts = _mm512_castps256_ps512(_mm256_loadu_ps(knots.starts.as_ptr()));
            let mut segment = _mm512_setzero_si512();
            for step in [4, 2, 1] {
                let next = _mm512_add_epi32(segment, _mm512_set1_epi32(step));
                let passed = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(_mm512_permutexvar_ps(next, starts), values);
                segment = _mm512_mask_mov_epi32(segment, passed, next);
            }
            let start = _mm512_permutexvar_ps(segment, starts);
            let scale = _mm512_permutexvar_ps(segment, _mm512_castps256_ps512(_mm256_loadu_ps(knots.scales.as_ptr())));
            let inside = _mm512_mul_ps(_mm512_sub_ps(values, start), scale);
            let inside = _mm512_max_ps(inside, _mm512_setzero_ps());
            let inside = _mm512_min_ps(inside, _mm512_set1_ps(knots.last()));
            let firsts = _mm512_castsi256_si512(_mm256_loadu_si256(knots.firsts.as_ptr().cast()));
            let cell = _mm512_add_epi32(_mm512_cvttps_epi32(inside), _mm512_permutexvar_epi32(segment, firsts));
            _mm512_storeu_si512(out.as_mut_ptr().cast(), cell);
        }
    }

    #[inline(always)]
    fn look_up(self, table: &[u32], places: &mut [u32; 16]) {
        assert!(none_behind(places, table.len() as i32 - 1), "a cell behind the table");
        for place in places {
            // All places were just seen to be in the table. Were the loads not volatile, the compiler would make gathers of
            // them, which take longer than what they replace.
            *place = unsafe { table.as_ptr().add(*place as usize).read_volatile() };
        }
    }

    #[inline(always)]
    fn gather(self, values: &[V], places: &[u32; 16]) -> [Self::F; WINDOW] {
        assert!(none_behind(places, values.len() as i32 - WINDOW as i32), "a window behind the values");
        unsafe {
            // All windows were just seen to end where the values do, or before.
            let window = |lane: usize| _mm_loadu_si128(values.as_ptr().add(places[lane] as usize).cast());
            // Every fourth lane side by side, and then transposed within each quarter.
            let four = |lane: usize| {
                let v = _mm512_castsi128_si512(window(lane));
                let v = _mm512_inserti32x4::<1>(v, window(lane + 4));
                let v = _mm512_inserti32x4::<2>(v, window(lane + 8));
                _mm512_inserti32x4::<3>(v, window(lane + 12))
            };
            let [a, b, c, d] = [four(0), four(1), four(2), four(3)];
            let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
            let (further_ab, further_cd) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
            [
                V::of_bits(_mm512_unpacklo_epi64(ab, cd)),
                V::of_bits(_mm512_unpackhi_epi64(ab, cd)),
                V::of_bits(_mm512_unpacklo_epi64(further_ab, further_cd)),
                V::of_bits(_mm512_unpackhi_epi64(further_ab, further_cd)),
            ]
        }
    }

    #[inline(always)]
    fn margin(self, centre: Self::F, radius: Self::F) -> Self::F {
        V::margin_of_sixteen(self, centre, radius)
    }

    #[inline(always)]
    fn counts(self, counts: &[u32; 16]) -> __m512i {
        unsafe { _mm512_loadu_si512(counts.as_ptr().cast()) }
    }

    #[inline(always)]
    fn total(self, n: __m512i, m: __m512i) -> __m512i {
        unsafe { _mm512_add_epi32(n, m) }
    }

    #[inline(always)]
    fn at_least(self, n: __m512i, m: u32) -> u32 {
        u32::from(unsafe { _mm512_cmpge_epu32_mask(n, _mm512_set1_epi32(m as i32)) })
    }

    #[inline(always)]
    fn call<T: Task<V>>(self, task: T) -> T::Output {
        unsafe { enter(self, task) }
    }
}
