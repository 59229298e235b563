//! How sure a difference is.
//!
//! Three things make such a difference uncertain, and their variances add:
//!
//! - **the inputs drawn**: from the subsamples. They are common to both sides, so the difference is taken inside each
//!   subsample, and what an input does to both models cancels.
//! - **the training of the variant** and **of the baseline**: from the variance between replicates, over their number.
//!   A side with one model borrows the other's variance; where both have one, nothing is known of it and nothing said.
//!
//! The degrees of freedom are Welch's and Satterthwaite's, so two seeds per side weigh as the little they are.

use crate::measures::resampling::student;

/// A variance and how well it is known.
#[derive(Debug, Clone, Copy)]
pub struct Variance {
    pub value: f64,
    pub degrees: f64,
}

impl Variance {
    /// Of deviations from a known centre; NaN of none.
    pub fn of_deviations(deviations: &[f64], degrees: f64) -> Variance {
        let squares: f64 = deviations.iter().map(|d| d * d).sum();
        let known = degrees > 0.0 && !deviations.is_empty();
        Variance { value: if known { squares / degrees } else { f64::NAN }, degrees }
    }

    /// `factor` times the sample variance of `values`; NaN of fewer than two.
    pub fn estimated(values: &[f64], factor: f64) -> Variance {
        let degrees = values.len() as f64 - 1.0;
        let mean = average(values);
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        Variance { value: if degrees > 0.0 { factor * squares / degrees } else { f64::NAN }, degrees }
    }

    /// `factor` times the variance, as well known.
    pub fn scaled(self, factor: f64) -> Variance {
        Variance { value: factor * self.value, ..self }
    }

    /// Independent parts: variances add, degrees of freedom by Satterthwaite's rule.
    pub fn sum(parts: &[Variance]) -> Variance {
        let variance: f64 = parts.iter().map(|p| p.value).sum();
        let degrees = if variance > 0.0 {
            variance.powi(2) / parts.iter().map(|p| p.value.powi(2) / p.degrees).sum::<f64>()
        } else {
            parts.iter().map(|p| p.degrees).sum()
        };
        Variance { value: variance, degrees }
    }

    /// The interval around `value` that misses the truth `alpha` of the time.
    pub fn around(&self, value: f64, alpha: f64) -> [f64; 2] {
        let half = if self.value == 0.0 { 0.0 } else { student::two_sided(alpha, self.degrees) * self.value.sqrt() };
        [value - half, value + half]
    }
}

/// What an interval may miss.
pub(super) const ALONE: f64 = 0.05;
/// What each of two may miss so that both hold together 95 % of the time (Bonferroni). A verdict reads two: with 5 % for
/// each, one in ten comparisons of equals would show something.
pub(super) const TOGETHER: f64 = 0.025;

/// What the variance between seeds adds.
pub(super) fn between_seeds(variant: &[f64], baseline: &[f64]) -> Vec<Variance> {
    let part = |side: &[f64]| 1.0 / side.len() as f64;
    match (variant.len(), baseline.len()) {
        (0 | 1, 0 | 1) => Vec::new(),
        // One model tells nothing of its recipe's variance. Taking it for zero would call any seed's deviation an effect, so the
        // other side's variance stands for both.
        (1, _) => vec![Variance::estimated(baseline, 1.0 + part(baseline))],
        (_, 1) => vec![Variance::estimated(variant, 1.0 + part(variant))],
        _ => vec![Variance::estimated(variant, part(variant)), Variance::estimated(baseline, part(baseline))],
    }
}

pub(super) fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
