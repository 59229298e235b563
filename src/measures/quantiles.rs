//! Exact quantiles, with NumPy's linear interpolation, without sorting.
//!
//! Few numbers are selected from a copy. Many (all activations, all pairs) are read where they lie, twice or up to
//! four times: a histogram over the leading 16 bits tells which numbers share those bits with the one sought, a
//! second over the next 16 which of these, and so on.

use rayon::prelude::*;

/// Where a quantile lies among `count` sorted numbers: the rank below it and how far it is to the next.
pub fn place(probability: f64, count: usize) -> (usize, f64) {
    let place = probability * (count.saturating_sub(1)) as f64;
    let below = (place as usize).min(count.saturating_sub(1));
    (below, place - below as f64)
}

/// Between the number of a rank and the next, as NumPy does it: from the nearer end.
fn between(below: f64, above: f64, share: f64) -> f64 {
    let width = above - below;
    if share >= 0.5 { above - width * (1.0 - share) } else { below + width * share }
}

/// The quantile of sorted numbers; NaN of none.
pub fn of_sorted(sorted: &[f32], probability: f64) -> f64 {
    let (below, share) = place(probability, sorted.len());
    match (sorted.get(below), sorted.get(below + 1)) {
        (Some(&low), Some(&high)) => between(f64::from(low), f64::from(high), share),
        (Some(&low), None) => f64::from(low),
        _ => f64::NAN,
    }
}

/// Quantiles of a few numbers, which it puts into another order; NaN of none. `probabilities` must be in order.
pub fn select<const P: usize>(numbers: &mut [f64], probabilities: [f64; P]) -> [f64; P] {
    let mut from = 0;
    probabilities.map(|probability| {
        if numbers.is_empty() {
            return f64::NAN;
        }
        let (below, share) = place(probability, numbers.len());
        // Everything before an earlier quantile's rank is smaller already.
        let part = &mut numbers[from.min(below)..];
        let (_, &mut low, above) = part.select_nth_unstable_by(below - from.min(below), f64::total_cmp);
        from = below;
        let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
        between(low, high, share)
    })
}

/// A number whose order is that of an unsigned integer.
pub trait Key: Copy + Send + Sync {
    /// How many 16-bit digits the integer has.
    const DIGITS: u32;
    /// The integer; larger for larger numbers.
    fn key(self) -> u64;
    /// The number of an integer.
    fn number(key: u64) -> f64;
}

impl Key for f32 {
    const DIGITS: u32 = 2;
    fn key(self) -> u64 {
        let bits = self.to_bits();
        u64::from(if bits >> 31 == 1 { !bits } else { bits | 1 << 31 })
    }
    fn number(key: u64) -> f64 {
        let key = key as u32;
        f64::from(f32::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key }))
    }
}

impl Key for f64 {
    const DIGITS: u32 = 4;
    fn key(self) -> u64 {
        let bits = self.to_bits();
        if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
    }
    fn number(key: u64) -> f64 {
        f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
    }
}

/// Quantiles of the numbers in all `parts` together, none of them NaN; NaN of none. Nothing is copied.
pub fn among<K: Key>(parts: &[&[K]], probabilities: &[f64]) -> Vec<f64> {
    let count: usize = parts.iter().map(|part| part.len()).sum();
    if count == 0 {
        return vec![f64::NAN; probabilities.len()];
    }
    let places: Vec<(usize, f64)> = probabilities.iter().map(|&p| place(p, count)).collect();
    let mut ranks: Vec<u64> =
        places.iter().flat_map(|&(below, _)| [below as u64, (below + 1).min(count - 1) as u64]).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let found = at_ranks(parts, &ranks);
    let number = |rank: usize| match ranks.binary_search(&(rank as u64)) {
        Ok(index) => K::number(found[index]),
        Err(_) => f64::NAN,
    };
    places.into_iter().map(|(below, share)| between(number(below), number((below + 1).min(count - 1)), share)).collect()
}

/// One sought rank: the leading digits known so far, and the rank among the numbers that begin with them.
#[derive(Clone, Copy)]
struct Sought {
    prefix: u64,
    rank: u64,
}

/// The keys at the given ranks.
fn at_ranks<K: Key>(parts: &[&[K]], ranks: &[u64]) -> Vec<u64> {
    let mut sought: Vec<Sought> = ranks.iter().map(|&rank| Sought { prefix: 0, rank }).collect();
    for digit in (0..K::DIGITS).rev() {
        let mut prefixes: Vec<u64> = sought.iter().map(|s| s.prefix).collect();
        prefixes.dedup();
        let counts = count_digit(parts, digit, &prefixes);
        for one in &mut sought {
            let Ok(index) = prefixes.binary_search(&one.prefix) else { continue };
            let mut passed = 0;
            for (value, &count) in counts[index].iter().enumerate() {
                if passed + count > one.rank {
                    *one = Sought { prefix: one.prefix << 16 | value as u64, rank: one.rank - passed };
                    break;
                }
                passed += count;
            }
        }
    }
    sought.into_iter().map(|s| s.prefix).collect()
}

/// For each of the sorted `prefixes`, how often each value of the digit follows it.
fn count_digit<K: Key>(parts: &[&[K]], digit: u32, prefixes: &[u64]) -> Vec<Vec<u64>> {
    let none = || vec![vec![0u64; 1 << 16]; prefixes.len()];
    // A few long runs of parts: a histogram is half a megabyte, which a few numbers are not worth.
    let count: usize = parts.iter().map(|part| part.len()).sum();
    let runs = (count >> 18).clamp(1, 4 * rayon::current_num_threads());
    let run = parts.len().div_ceil(runs).max(1);
    parts
        .par_chunks(run)
        .fold(none, |mut counts, run| {
            for number in run.iter().copied().flatten() {
                let key = number.key() >> (16 * digit);
                // The first digit has no prefix to compare.
                if let Some(index) = prefixes.iter().position(|&prefix| prefix == key >> 16) {
                    counts[index][(key & 0xFFFF) as usize] += 1;
                }
            }
            counts
        })
        .reduce_with(|mut one, other| {
            for (into, from) in one.iter_mut().zip(&other) {
                for (a, b) in into.iter_mut().zip(from) {
                    *a += b;
                }
            }
            one
        })
        .unwrap_or_else(none)
}

/// The least value with half of the weight at or below it, between two where that is exact; NaN of none. Puts the
/// values in order.
pub fn weighted_median(weighted: &mut [(f64, f64)]) -> f64 {
    weighted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * weighted.iter().map(|&(_, weight)| weight).sum::<f64>();
    let mut passed = 0.0;
    for (index, &(value, weight)) in weighted.iter().enumerate() {
        passed += weight;
        // Equal weights add up to the half exactly or nearly so.
        if (passed - half).abs() <= 1e-9 * half && index + 1 < weighted.len() {
            return 0.5 * (value + weighted[index + 1].0);
        }
        if passed > half {
            return value;
        }
    }
    f64::NAN
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// NumPy's definition on sorted numbers.
    fn plain(numbers: &[f64], probability: f64) -> f64 {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let place = probability * (sorted.len() - 1) as f64;
        let (low, share) = (place.floor() as usize, place - place.floor());
        sorted[low] + (sorted[(low + 1).min(sorted.len() - 1)] - sorted[low]) * share
    }

    #[test]
    fn of_one_to_five() {
        let mut numbers = [3.0, 1.0, 5.0, 2.0, 4.0];
        assert_eq!(select(&mut numbers, [0.0, 0.25, 0.5, 0.9, 1.0]), [1.0, 2.0, 3.0, 4.6, 5.0]);
        assert!(select(&mut [], [0.5])[0].is_nan());
        assert!(among::<f32>(&[&[]], &[0.5])[0].is_nan());
        assert_eq!(weighted_median(&mut [(2.0, 1.0), (1.0, 1.0)]), 1.5);
        assert_eq!(weighted_median(&mut [(2.0, 1.0), (1.0, 3.0)]), 1.0);
        assert!(weighted_median(&mut []).is_nan());
    }

    proptest! {
        #[test]
        fn all_ways_are_numpys(
            numbers in prop::collection::vec(prop_oneof![-5.0f32..5.0, (-9i32..9).prop_map(|n| n as f32), Just(-0.0), Just(1e-44), -1e38f32..1e38], 1..200),
            cut in 0usize..200,
            mut probabilities in prop::collection::vec(0.0f64..=1.0, 3),
        ) {
            probabilities.sort_unstable_by(f64::total_cmp);
            let wide: Vec<f64> = numbers.iter().map(|&x| f64::from(x)).collect();
            let (first, second) = numbers.split_at(cut.min(numbers.len()));
            let (wide_first, wide_second) = wide.split_at(cut.min(wide.len()));
            let narrow = among(&[first, second], &probabilities);
            let long = among(&[wide_first, wide_second], &probabilities);
            let selected = select(&mut wide.clone(), [probabilities[0], probabilities[1], probabilities[2]]);
            let mut sorted = numbers.clone();
            sorted.sort_unstable_by(f32::total_cmp);
            for (index, &p) in probabilities.iter().enumerate() {
                let want = plain(&wide, p);
                let close = |got: f64| (got - want).abs() <= 1e-12 * wide.iter().fold(1.0, |m: f64, x| m.max(x.abs()));
                prop_assert!(close(narrow[index]) && close(long[index]) && close(selected[index]));
                prop_assert!(close(of_sorted(&sorted, p)));
            }
        }
    }
}
