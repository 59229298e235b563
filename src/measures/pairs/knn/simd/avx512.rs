//! AVX-512 (F, DQ, BW, VL): sixteen lanes.
//!
//! Every `unsafe` block calls intrinsics that need only these CPU features, which the existence of an [`Avx512`] proves, or
//! reads and writes through a pointer into a slice that was bounds-checked on the line before.

use std::arch::x86_64::*;

use super::buffers::{Candidates, Reach, WINDOW, Windows};
use super::knots::Knots;
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
fn enter<T: Task>(simd: Avx512, task: T) -> T::Output {
    task.run(simd)
}

/// Of each lane the value at its place, counted modulo 32, behind `from`.
#[inline(always)]
fn of_32(values: &[f32], from: usize, places: __m512i) -> __m512 {
    let values = &values[from..from + 32];
    unsafe {
        let (first, second) = (_mm512_loadu_ps(values.as_ptr()), _mm512_loadu_ps(values.as_ptr().add(16)));
        _mm512_permutex2var_ps(first, places, second)
    }
}

/// The same modulo 64.
#[inline(always)]
fn of_64(values: &[f32], from: usize, places: __m512i) -> __m512 {
    second(places, 32, of_32(values, from, places), of_32(values, from + 32, places))
}

/// `b` where a place has this bit, elsewhere `a`.
#[inline(always)]
fn second(places: __m512i, bit: i32, a: __m512, b: __m512) -> __m512 {
    unsafe { _mm512_mask_mov_ps(a, _mm512_test_epi32_mask(places, _mm512_set1_epi32(bit)), b) }
}

impl Simd for Avx512 {
    const LANES: usize = 16;
    type F = __m512;
    type N = __m512i;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, from: &[f32], at: usize) -> __m512 {
        let from = &from[at..at + 16];
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, v: __m512, to: &mut [f32], at: usize) {
        let to = &mut to[at..at + 16];
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), v) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_castsi512_ps(_mm512_min_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b))) }
    }

    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_castsi512_ps(_mm512_max_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b))) }
    }

    #[inline(always)]
    fn max_abs(self, a: __m512, b: __m512) -> __m512 {
        // Absolute maximum (0b11) with the sign cleared (0b10).
        unsafe { _mm512_range_ps::<0b1011>(a, b) }
    }

    #[inline(always)]
    fn infinite_at(self, v: __m512, lane: usize) -> __m512 {
        unsafe { _mm512_mask_mov_ps(v, 1 << lane, _mm512_set1_ps(f32::INFINITY)) }
    }

    #[inline(always)]
    fn where_positive(self, r: __m512, v: __m512, other: __m512) -> __m512 {
        unsafe { _mm512_mask_mov_ps(other, _mm512_cmp_ps_mask::<_CMP_GT_OQ>(r, _mm512_setzero_ps()), v) }
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
    fn plus_where_less(self, n: __m512i, m: u32, a: __m512, b: __m512) -> __m512i {
        unsafe { _mm512_mask_add_epi32(n, _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b), n, _mm512_set1_epi32(m as i32)) }
    }

    #[inline(always)]
    fn plus_where_not_less(self, n: __m512i, m: u32, a: __m512, b: __m512) -> __m512i {
        unsafe { _mm512_mask_add_epi32(n, _mm512_cmp_ps_mask::<_CMP_GE_OQ>(a, b), n, _mm512_set1_epi32(m as i32)) }
    }

    #[inline(always)]
    fn entry<const LEN: usize>(self, values: &[f32; LEN], places: __m512i) -> __m512 {
        const { assert!(LEN == 32 || LEN == 64 || LEN == 128) };
        match LEN {
            32 => of_32(values, 0, places),
            64 => of_64(values, 0, places),
            _ => second(places, 64, of_64(values, 0, places), of_64(values, 64, places)),
        }
    }

    #[inline(always)]
    fn numbers(self, n: __m512i) -> [u32; 16] {
        let mut array = [0; 16];
        unsafe { _mm512_storeu_si512(array.as_mut_ptr().cast(), n) }
        array
    }

    #[inline(always)]
    fn lowest(self, v: __m512) -> f32 {
        unsafe { _mm512_reduce_min_ps(v) }
    }

    #[inline(always)]
    fn highest(self, v: __m512) -> f32 {
        unsafe { _mm512_reduce_max_ps(v) }
    }

    #[inline(always)]
    fn count_below(self, values: &[f32], at: usize, len: usize, bound: f32) -> usize {
        let values = self.load(values, at);
        unsafe {
            let below = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(values, _mm512_set1_ps(bound));
            (u32::from(below) & ((1u32 << len) - 1)).count_ones() as usize
        }
    }

    #[inline(always)]
    fn collect(self, x: &[f32], y: &[f32], from: usize, to: usize, reach: &Reach, out: &mut Candidates) {
        let mut at = from;
        while at < to {
            let rest = (to - at).min(16);
            let (xs, ys) = (self.load(x, at), self.load(y, at));
            let to_x = &mut out.x[out.len..out.len + 16];
            let to_y = &mut out.y[out.len..out.len + 16];
            unsafe {
                let inside = ((1u32 << rest) - 1) as __mmask16;
                let inside = _mm512_mask_cmp_ps_mask::<_CMP_GE_OQ>(inside, xs, _mm512_set1_ps(reach.low_x));
                let inside = _mm512_mask_cmp_ps_mask::<_CMP_LE_OQ>(inside, xs, _mm512_set1_ps(reach.high_x));
                let inside = _mm512_mask_cmp_ps_mask::<_CMP_GE_OQ>(inside, ys, _mm512_set1_ps(reach.low_y));
                let inside = _mm512_mask_cmp_ps_mask::<_CMP_LE_OQ>(inside, ys, _mm512_set1_ps(reach.high_y));
                // Compressed in a register and stored whole: compressing into memory is slow on some CPUs.
                _mm512_storeu_ps(to_x.as_mut_ptr(), _mm512_maskz_compress_ps(inside, xs));
                _mm512_storeu_ps(to_y.as_mut_ptr(), _mm512_maskz_compress_ps(inside, ys));
                out.len += inside.count_ones() as usize;
            }
            at += 16;
        }
    }

    #[inline(always)]
    fn cells(self, knots: &Knots, values: __m512, out: &mut [u32; 16]) {
        unsafe {
            let starts = _mm512_loadu_ps(knots.starts.as_ptr());
            let mut segment = _mm512_setzero_si512();
            for step in [8, 4, 2, 1] {
                let next = _mm512_add_epi32(segment, _mm512_set1_epi32(step));
                let passed = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(_mm512_permutexvar_ps(next, starts), values);
                segment = _mm512_mask_mov_epi32(segment, passed, next);
            }
            let start = _mm512_permutexvar_ps(segment, starts);
            let scale = _mm512_permutexvar_ps(segment, _mm512_loadu_ps(knots.scales.as_ptr()));
            let inside = _mm512_mul_ps(_mm512_sub_ps(values, start), scale);
            let inside = _mm512_max_ps(inside, _mm512_setzero_ps());
            let inside = _mm512_min_ps(inside, _mm512_set1_ps(knots.last()));
            let each = _mm512_set1_epi32(knots.cells_each as i32);
            let cell = _mm512_add_epi32(_mm512_cvttps_epi32(inside), _mm512_mullo_epi32(segment, each));
            _mm512_storeu_si512(out.as_mut_ptr().cast(), cell);
        }
    }

    #[inline(always)]
    fn look_up(self, table: &[u32], places: &mut [u32; 16]) {
        unsafe {
            let at = _mm512_loadu_si512(places.as_ptr().cast());
            assert!(
                _mm512_cmplt_epu32_mask(at, _mm512_set1_epi32(table.len() as i32)) == !0,
                "a place behind the table"
            );
            // All places were just seen to be in the table.
            let found = _mm512_i32gather_epi32::<4>(at, table.as_ptr().cast());
            _mm512_storeu_si512(places.as_mut_ptr().cast(), found);
        }
    }

    #[inline(always)]
    fn windows(self, values: &[f32], centres: __m512, [inner, outer]: [__m512; 2], windows: &mut Windows) {
        let Windows { low, high, masks } = windows;
        let (centres, inner, outer) = (self.array(centres), self.array(inner), self.array(outer));
        let last = values.len() as i32 - WINDOW as i32;
        unsafe {
            let greatest =
                _mm512_max_epu32(_mm512_loadu_si512(low.as_ptr().cast()), _mm512_loadu_si512(high.as_ptr().cast()));
            assert!(
                last >= 0 && _mm512_cmple_epu32_mask(greatest, _mm512_set1_epi32(last)) == !0,
                "a window behind the values"
            );
            for lane in 0..16 {
                // All windows were just seen to end where the values do, or before.
                let low = _mm256_loadu_ps(values.as_ptr().add(low[lane] as usize));
                let high = _mm256_loadu_ps(values.as_ptr().add(high[lane] as usize));
                let both = _mm512_insertf32x8::<1>(_mm512_castps256_ps512(low), high);
                let distance = _mm512_abs_ps(_mm512_sub_ps(both, _mm512_set1_ps(centres[lane])));
                let inside = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(distance, _mm512_set1_ps(inner[lane]));
                let reached = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(distance, _mm512_set1_ps(outer[lane]));
                masks[lane] = _mm512_kunpackw(u32::from(reached), u32::from(inside));
            }
        }
    }

    #[inline(always)]
    fn call<T: Task>(self, task: T) -> T::Output {
        unsafe { enter(self, task) }
    }
}
