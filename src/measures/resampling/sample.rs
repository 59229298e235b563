//! A sample of the pairs, on which the subsamples of the inputs are measured: all pairs twenty times over would cost
//! twenty times the measures.
//!
//! The sample is stratified: the pairs inside each layer are a stratum, those between layers one more. Which pairs are
//! drawn depends on the seed and on how many there are, so that variants of a comparison have the same.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::measures::pairs::choose::{Chosen, pairs_of};
use crate::measures::quantiles;
use crate::measures::random::{PAIRS, below, generator};

/// Pairs drawn from a larger number.
#[derive(Debug, Clone, PartialEq)]
pub struct Stratum {
    /// Where its pairs are among those of the whole sample.
    pub drawn: Range<usize>,
    pub population: u64,
}

/// The pairs drawn, in strata: one for each layer, and the pairs between layers last.
#[derive(Debug, Clone, PartialEq)]
pub struct PairSample {
    /// Neurons numbered as they were measured.
    pub pairs: Vec<(u32, u32)>,
    pub strata: Vec<Stratum>,
}

impl PairSample {
    /// About `wanted` pairs, half of them inside layers; all of a stratum that has no more than its share.
    pub fn draw(chosen: &Chosen, seed: u64, wanted: usize) -> PairSample {
        let place = |m: usize| chosen.measured.partition_point(|&measured| measured < m);
        let layers: Vec<Range<usize>> = chosen.layers.iter().map(|l| place(l.start)..place(l.end)).collect();
        let filled = layers.iter().filter(|layer| layer.len() > 1).count().max(1);
        let within = if filled == 1 { wanted } else { (wanted / 2 / filled).max(FEWEST_A_LAYER) };

        let mut sample = PairSample { pairs: Vec::new(), strata: Vec::with_capacity(layers.len() + 1) };
        for (index, layer) in layers.iter().enumerate() {
            let partners = layer.clone().map(|i| (i, i + 1..layer.end));
            sample.add(seed, index as u64, partners.collect(), within);
        }
        let end = chosen.measured.len();
        let between = layers.iter().flat_map(|layer| layer.clone().map(|i| (i, layer.end..end)));
        sample.add(seed, layers.len() as u64, between.collect(), wanted / 2);
        sample
    }

    fn add(&mut self, seed: u64, stratum: u64, partners: Vec<(usize, Range<usize>)>, wanted: usize) {
        let mut ends = Vec::with_capacity(partners.len());
        let mut population = 0u64;
        for (_, others) in &partners {
            population += others.len() as u64;
            ends.push(population);
        }
        let start = self.pairs.len();
        for index in distinct(seed, PAIRS + stratum, population, wanted as u64) {
            let row = ends.partition_point(|&end| end <= index);
            let (i, others) = &partners[row];
            let before = ends[row] - others.len() as u64;
            self.pairs.push((*i as u32, (others.start as u64 + index - before) as u32));
        }
        self.strata.push(Stratum { drawn: start..self.pairs.len(), population });
    }

    /// The strata of a group: a layer's own, or all of them for the index after the last layer.
    pub fn of_group(&self, group: usize) -> &[Stratum] {
        if group + 1 < self.strata.len() { &self.strata[group..=group] } else { &self.strata }
    }

    /// Mean and median of a group's pairs, each pair standing for as many as its stratum has for one drawn.
    pub fn centre(&self, group: usize, values: &[f64]) -> [f64; 2] {
        let strata = self.of_group(group);
        let all: u64 = strata.iter().map(|s| s.population).sum();
        if all == 0 {
            return [f64::NAN; 2];
        }
        let mut mean = 0.0;
        let mut weighted = Vec::new();
        for stratum in strata.iter().filter(|s| !s.drawn.is_empty()) {
            let weight = stratum.population as f64 / stratum.drawn.len() as f64;
            let drawn = &values[stratum.drawn.clone()];
            mean += weight * drawn.iter().sum::<f64>() / all as f64;
            weighted.extend(drawn.iter().map(|&value| (value, weight)));
        }
        [mean, quantiles::weighted_median(&mut weighted)]
    }
}

/// Below this a layer's sample says too little.
const FEWEST_A_LAYER: usize = 40;

/// With fewer splits than this there is little interval to pay for.
const FEW_SPLITS: usize = 10;

/// Pairs for `splits` splits: a tenth of the work of all pairs, and no fewer than make an interval.
pub fn affordable(chosen: &Chosen, splits: usize) -> usize {
    let share = chosen.count() / (10 * splits.max(FEW_SPLITS) as u64);
    (share as usize).max(600).min(pairs_of(chosen.measured.len()) as usize)
}

/// `wanted` different numbers below `population`, ascending (Floyd's algorithm), or all of them.
fn distinct(seed: u64, stream: u64, population: u64, wanted: u64) -> Vec<u64> {
    if wanted >= population {
        return (0..population).collect();
    }
    let mut random = generator(seed, stream);
    let mut drawn = BTreeSet::new();
    for last in population - wanted..population {
        let candidate = below(&mut random, last + 1);
        if !drawn.insert(candidate) {
            drawn.insert(last);
        }
    }
    drawn.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(layers: &[usize], left_out: &[usize]) -> Chosen {
        let mut ranges = Vec::new();
        let mut start = 0;
        for &width in layers {
            ranges.push(start..start + width);
            start += width;
        }
        let measured = (0..start).filter(|m| !left_out.contains(m)).collect();
        Chosen { rows: (0..start).collect(), layers: ranges, measured, constant: vec![false; start] }
    }

    #[test]
    fn strata_hold_every_pair_once() {
        let chosen = chosen(&[4, 1, 3], &[2]);
        let sample = PairSample::draw(&chosen, 0, 1000);
        let populations: Vec<u64> = sample.strata.iter().map(|s| s.population).collect();
        assert_eq!(populations, [3, 0, 3, 3 + 9 + 3]);
        assert_eq!(sample.pairs.len() as u64, pairs_of(7));
        let unique: BTreeSet<_> = sample.pairs.iter().collect();
        assert_eq!(unique.len(), sample.pairs.len());
        assert!(sample.pairs.iter().all(|(i, j)| i < j && *j < 7));
        let layer = |m: u32| chosen.layers.iter().position(|l| l.contains(&chosen.measured[m as usize]));
        assert!(sample.pairs[sample.strata[3].drawn.clone()].iter().all(|&(i, j)| layer(i) != layer(j)));
        assert!(sample.pairs[..6].iter().all(|&(i, j)| layer(i) == layer(j)));
    }

    #[test]
    fn a_sample_is_weighted_to_the_whole() {
        let chosen = chosen(&[60, 60], &[]);
        let sample = PairSample::draw(&chosen, 3, 400);
        assert_eq!(sample.strata.iter().map(|s| s.drawn.len()).collect::<Vec<_>>(), [100, 100, 200]);
        // 1 inside layers, 2 between: the mean is that of all pairs, whatever was drawn.
        let values: Vec<f64> = (0..sample.pairs.len()).map(|p| if p < 200 { 1.0 } else { 2.0 }).collect();
        let want = (3540.0 + 2.0 * 3600.0) / 7140.0;
        assert!((sample.centre(2, &values)[0] - want).abs() < 1e-12);
        assert_eq!(sample.centre(2, &values)[1], 2.0);
        assert_eq!(sample.centre(0, &values), [1.0, 1.0]);
        assert_eq!(sample, PairSample::draw(&chosen, 3, 400));
        assert_ne!(sample, PairSample::draw(&chosen, 4, 400));
    }
}
