//! AVX2: eight lanes.
//!
//! Every `unsafe` block calls intrinsics that need only these CPU features, which the existence of an [`Avx2`] proves, or
//! reads and writes through a pointer into a slice that was bounds-checked on the line before.

use std::arch::x86_64::*;

use super::buffers::{Candidates, Reach, WINDOW, Windows};
use super::knots::Knots;
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
fn enter<T: Task>(simd: Avx2, task: T) -> T::Output {
    task.run(simd)
}

/// Lane numbers, to make a mask of one lane.
const LANE: [i32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

#[inline(always)]
fn abs(v: __m256) -> __m256 {
    unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), v) }
}

/// Sixteen table entries by lane: two permutations of eight and a choice.
#[inline(always)]
fn look_up(table: &[f32; 16], index: __m256i) -> __m256 {
    unsafe {
        let low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table.as_ptr()), index);
        let high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table[8..].as_ptr()), index);
        // Bit 3 of the index, moved to the sign, where the blend looks.
        _mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32::<28>(index)))
    }
}

impl Simd for Avx2 {
    const LANES: usize = 8;
    type F = __m256;
    type N = __m256i;

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, from: &[f32], at: usize) -> __m256 {
        let from = &from[at..at + 8];
        unsafe { _mm256_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, v: __m256, to: &mut [f32], at: usize) {
        let to = &mut to[at..at + 8];
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), v) }
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    fn min(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_min_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_max_ps(a, b) }
    }

    #[inline(always)]
    fn max_abs(self, a: __m256, b: __m256) -> __m256 {
        self.max(abs(a), abs(b))
    }

    #[inline(always)]
    fn infinite_at(self, v: __m256, lane: usize) -> __m256 {
        unsafe {
            let lanes = _mm256_loadu_si256(LANE.as_ptr().cast());
            let chosen = _mm256_cmpeq_epi32(lanes, _mm256_set1_epi32(lane as i32));
            _mm256_blendv_ps(v, _mm256_set1_ps(f32::INFINITY), _mm256_castsi256_ps(chosen))
        }
    }

    #[inline(always)]
    fn where_positive(self, r: __m256, v: __m256, other: __m256) -> __m256 {
        unsafe { _mm256_blendv_ps(other, v, _mm256_cmp_ps::<_CMP_GT_OQ>(r, _mm256_setzero_ps())) }
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
    fn plus_where_less(self, n: __m256i, m: u32, a: __m256, b: __m256) -> __m256i {
        unsafe {
            let less = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LT_OQ>(a, b));
            _mm256_add_epi32(n, _mm256_and_si256(less, _mm256_set1_epi32(m as i32)))
        }
    }

    #[inline(always)]
    fn plus_where_not_less(self, n: __m256i, m: u32, a: __m256, b: __m256) -> __m256i {
        unsafe {
            let not_less = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_GE_OQ>(a, b));
            _mm256_add_epi32(n, _mm256_and_si256(not_less, _mm256_set1_epi32(m as i32)))
        }
    }

    #[inline(always)]
    fn entry<const LEN: usize>(self, values: &[f32; LEN], places: __m256i) -> __m256 {
        const { assert!(LEN.is_power_of_two()) };
        unsafe {
            let places = _mm256_and_si256(places, _mm256_set1_epi32(LEN as i32 - 1));
            _mm256_i32gather_ps::<4>(values.as_ptr(), places)
        }
    }

    #[inline(always)]
    fn numbers(self, n: __m256i) -> [u32; 16] {
        let mut array = [0; 16];
        unsafe { _mm256_storeu_si256(array.as_mut_ptr().cast(), n) }
        array
    }

    #[inline(always)]
    fn lowest(self, v: __m256) -> f32 {
        unsafe {
            let v = _mm_min_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let v = _mm_min_ps(v, _mm_movehl_ps(v, v));
            _mm_cvtss_f32(_mm_min_ss(v, _mm_movehdup_ps(v)))
        }
    }

    #[inline(always)]
    fn highest(self, v: __m256) -> f32 {
        unsafe {
            let v = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let v = _mm_max_ps(v, _mm_movehl_ps(v, v));
            _mm_cvtss_f32(_mm_max_ss(v, _mm_movehdup_ps(v)))
        }
    }

    #[inline(always)]
    fn count_below(self, values: &[f32], at: usize, len: usize, bound: f32) -> usize {
        let values = self.load(values, at);
        unsafe {
            let below = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(values, _mm256_set1_ps(bound)));
            (below as u32 & ((1 << len) - 1)).count_ones() as usize
        }
    }

    #[inline(always)]
    fn collect(self, x: &[f32], y: &[f32], from: usize, to: usize, reach: &Reach, out: &mut Candidates) {
        let mut at = from;
        while at < to {
            let rest = (to - at).min(8);
            let (xs, ys) = (self.load(x, at), self.load(y, at));
            let mut inside = unsafe {
                let x_in = _mm256_and_ps(
                    _mm256_cmp_ps::<_CMP_GE_OQ>(xs, _mm256_set1_ps(reach.low_x)),
                    _mm256_cmp_ps::<_CMP_LE_OQ>(xs, _mm256_set1_ps(reach.high_x)),
                );
                let y_in = _mm256_and_ps(
                    _mm256_cmp_ps::<_CMP_GE_OQ>(ys, _mm256_set1_ps(reach.low_y)),
                    _mm256_cmp_ps::<_CMP_LE_OQ>(ys, _mm256_set1_ps(reach.high_y)),
                );
                _mm256_movemask_ps(_mm256_and_ps(x_in, y_in)) as u32
            } & ((1 << rest) - 1);
            let to_x = &mut out.x[out.len..out.len + 8];
            let to_y = &mut out.y[out.len..out.len + 8];
            let mut found = 0;
            while inside != 0 {
                let i = at + inside.trailing_zeros() as usize;
                (to_x[found], to_y[found]) = (x[i], y[i]);
                found += 1;
                inside &= inside - 1;
            }
            out.len += found;
            at += 8;
        }
    }

    #[inline(always)]
    fn cells(self, knots: &Knots, values: __m256, out: &mut [u32; 16]) {
        unsafe {
            let mut segment = _mm256_setzero_si256();
            for step in [8, 4, 2, 1] {
                let next = _mm256_add_epi32(segment, _mm256_set1_epi32(step));
                let passed = _mm256_cmp_ps::<_CMP_LE_OQ>(look_up(&knots.starts, next), values);
                segment = _mm256_blendv_epi8(segment, next, _mm256_castps_si256(passed));
            }
            let inside =
                _mm256_mul_ps(_mm256_sub_ps(values, look_up(&knots.starts, segment)), look_up(&knots.scales, segment));
            let inside = _mm256_max_ps(inside, _mm256_setzero_ps());
            let inside = _mm256_min_ps(inside, _mm256_set1_ps(knots.last()));
            let each = _mm256_set1_epi32(knots.cells_each as i32);
            let cell = _mm256_add_epi32(_mm256_cvttps_epi32(inside), _mm256_mullo_epi32(segment, each));
            _mm256_storeu_si256(out.as_mut_ptr().cast(), cell);
        }
    }

    #[inline(always)]
    fn look_up(self, table: &[u32], places: &mut [u32; 16]) {
        for place in &mut places[..8] {
            *place = table[*place as usize];
        }
    }

    #[inline(always)]
    fn windows(self, values: &[f32], centres: __m256, [inner, outer]: [__m256; 2], windows: &mut Windows) {
        let Windows { low, high, masks } = windows;
        let (centres, inner, outer) = (self.array(centres), self.array(inner), self.array(outer));
        for lane in 0..8 {
            let low = &values[low[lane] as usize..low[lane] as usize + WINDOW];
            let high = &values[high[lane] as usize..high[lane] as usize + WINDOW];
            unsafe {
                let centre = _mm256_set1_ps(centres[lane]);
                let (inner, outer) = (_mm256_set1_ps(inner[lane]), _mm256_set1_ps(outer[lane]));
                let low = abs(_mm256_sub_ps(_mm256_loadu_ps(low.as_ptr()), centre));
                let high = abs(_mm256_sub_ps(_mm256_loadu_ps(high.as_ptr()), centre));
                let mask = |low: __m256, high: __m256| {
                    _mm256_movemask_ps(low) as u32 | (_mm256_movemask_ps(high) as u32) << WINDOW
                };
                let inside = mask(_mm256_cmp_ps::<_CMP_LT_OQ>(low, inner), _mm256_cmp_ps::<_CMP_LT_OQ>(high, inner));
                let reached = mask(_mm256_cmp_ps::<_CMP_LE_OQ>(low, outer), _mm256_cmp_ps::<_CMP_LE_OQ>(high, outer));
                masks[lane] = inside | reached << (2 * WINDOW);
            }
        }
    }

    #[inline(always)]
    fn call<T: Task>(self, task: T) -> T::Output {
        unsafe { enter(self, task) }
    }
}
