//! What is known of every neuron before anything is measured.
//!
//! In: activations [neurons, inputs] and the layers. Out: for every neuron its extent, where it is not finite, how many
//! of its values are tied, and a few of its quantiles.

use std::ops::Range;

use rayon::prelude::*;

use super::entropy::wide;
use super::{Error, quantiles};
use crate::base::job::Job;

/// Over this share of values that are not unique a neuron counts as tied.
pub const TIED_SHARE: f64 = 0.01;
/// The quantiles between which `robust` entropy bins.
pub const ROBUST_RANGE: [f64; 2] = [0.005, 0.995];

/// One neuron's facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Neuron {
    /// The first value that is not finite; the other facts then mean nothing.
    pub broken: Option<Broken>,
    pub min: f32,
    pub max: f32,
    /// Values that some other input gives too.
    pub repeated: usize,
    pub samples: usize,
    /// 5 % quantile, median, 95 % quantile.
    pub body: [f32; 3],
    /// The 0.5 and 99.5 % quantiles.
    pub robust_range: [f32; 2],
}

/// Where a neuron is not finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Broken {
    /// The first such input.
    pub input: usize,
}

impl Neuron {
    pub fn is_finite(&self) -> bool {
        self.broken.is_none()
    }

    /// The same value for every input.
    pub fn is_constant(&self) -> bool {
        self.is_finite() && self.min == self.max
    }

    /// Over 1 % of its values are not unique. A constant neuron is tied.
    pub fn is_tied(&self) -> bool {
        self.is_finite() && self.repeated as f64 > TIED_SHARE * self.samples as f64
    }

    /// Width of the middle 90 %.
    pub fn spread(&self) -> f64 {
        f64::from(self.body[2]) - f64::from(self.body[0])
    }
}

/// All neurons with their facts.
#[derive(Debug)]
pub struct Survey<'a> {
    pub rows: Vec<&'a [f32]>,
    pub layers: Vec<Range<usize>>,
    pub neurons: Vec<Neuron>,
    pub samples: usize,
}

impl<'a> Survey<'a> {
    /// Looks at every neuron.
    ///
    /// # Errors
    /// The user stopped the run.
    pub fn of(rows: Vec<&'a [f32]>, layers: &[Range<usize>], job: &dyn Job) -> Result<Survey<'a>, Error> {
        let samples = rows.first().map_or(0, |row| row.len());
        let neurons = rows
            .par_iter()
            .map_init(
                || Vec::with_capacity(samples),
                |scratch, row| {
                    if job.stopped() { Err(Error::Interrupted) } else { Ok(look_at(row, scratch)) }
                },
            )
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Survey { rows, layers: layers.to_vec(), neurons, samples })
    }

    /// The finite neurons of a range of rows.
    pub fn finite(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        range.filter(|&neuron| self.neurons[neuron].is_finite())
    }
}

fn look_at(row: &[f32], scratch: &mut Vec<f32>) -> Neuron {
    let (min, max, finite) = wide::extent(row);
    let mut neuron = Neuron {
        broken: None,
        min,
        max,
        repeated: row.len(),
        samples: row.len(),
        body: [min; 3],
        robust_range: [min; 2],
    };
    if !finite {
        neuron.broken = row.iter().position(|x| !x.is_finite()).map(|input| Broken { input });
        return neuron;
    }
    if min == max {
        return neuron;
    }
    scratch.clear();
    scratch.extend_from_slice(row);
    // Not `total_cmp`: -0 and 0 are the same value.
    scratch.sort_unstable_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    neuron.repeated = scratch.chunk_by(|a, b| a == b).map(<[f32]>::len).filter(|&len| len > 1).sum();
    neuron.body = [0.05, 0.5, 0.95].map(|p| quantiles::of_sorted(scratch, p) as f32);
    neuron.robust_range = ROBUST_RANGE.map(|p| quantiles::of_sorted(scratch, p) as f32);
    neuron
}
