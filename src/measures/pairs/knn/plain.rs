//! The two estimators as their definitions read, in float64: slow, obviously right, and what the fast code is held to.

use super::form::Form;
use super::prepare::normal_scores::by_twice_rank;
use super::psi::psi;

/// Mutual information of two neurons over the same inputs, in nats; every distance is computed, O(S^2).
///
/// The values must be finite, as many in `x` as in `y`, and more than `k` > 0.
pub fn pair(x: &[f32], y: &[f32], k: usize, form: Form) -> f64 {
    match form {
        Form::Paper => {
            let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
            kraskov(&wide(x), &wide(y), k)
        }
        Form::Robust => mixture(&normal_scores(x), &normal_scores(y), k),
    }
}

/// Phi^-1(r / (S + 1)) with r the average rank: tied values get one score.
pub fn normal_scores(values: &[f32]) -> Vec<f64> {
    let table = by_twice_rank(values.len());
    let below = |v: f32| values.iter().filter(|&&u| u < v).count();
    let tied = |v: f32| values.iter().filter(|&&u| u == v).count();
    values.iter().map(|&v| table[2 * below(v) + tied(v) + 1]).collect()
}

/// Kraskov, Stoegbauer, Grassberger, "Estimating mutual information", Phys. Rev. E 69 (2004), equation 8; inputs tied
/// at distance zero count as neighbours, as in the published code.
fn kraskov(x: &[f64], y: &[f64], k: usize) -> f64 {
    let samples = x.len();
    let mut sum = 0.0;
    for s in 0..samples {
        let radius = kth_distance(x, y, s, k);
        sum += psi(inside(x, s, radius)) + psi(inside(y, s, radius));
    }
    psi(samples) + psi(k) - sum / samples as f64
}

/// Gao, Kannan, Oh, Viswanath, "Estimating mutual information for discrete-continuous mixtures", NeurIPS 2017, with strict
/// inequalities and digammas throughout.
fn mixture(x: &[f64], y: &[f64], k: usize) -> f64 {
    let samples = x.len();
    let mut sum = 0.0;
    for s in 0..samples {
        let radius = kth_distance(x, y, s, k);
        let neighbors = if radius > 0.0 { k } else { (0..samples).filter(|&j| x[j] == x[s] && y[j] == y[s]).count() };
        sum += psi(neighbors) + (samples as f64).ln() - (psi(inside(x, s, radius)) + psi(inside(y, s, radius)));
    }
    sum / samples as f64
}

/// Distance (Chebyshev) from point `s` to its k-th nearest neighbour.
fn kth_distance(x: &[f64], y: &[f64], s: usize, k: usize) -> f64 {
    let mut distances: Vec<f64> =
        (0..x.len()).filter(|&j| j != s).map(|j| (x[j] - x[s]).abs().max((y[j] - y[s]).abs())).collect();
    *distances.select_nth_unstable_by(k - 1, f64::total_cmp).1
}

/// Points, `s` included, nearer than `radius` in one coordinate; the tied points where the radius is zero.
fn inside(values: &[f64], s: usize, radius: f64) -> usize {
    values
        .iter()
        .filter(|&&v| {
            let distance = (v - values[s]).abs();
            if radius > 0.0 { distance < radius } else { distance == 0.0 }
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_points_by_hand() {
        // Along a line every neighbour is one step away but for the ends; k = 1: radius 1, nobody strictly inside.
        let x = [0.0, 1.0, 2.0, 3.0, 4.0];
        let expected = psi(5) + psi(1) - 2.0 * psi(1);
        assert!((pair(&x, &x, 1, Form::Paper) - expected).abs() < 1e-15);
    }

    #[test]
    fn tied_points_count_where_the_radius_is_zero() {
        // Two symbols, four times each, known from each other: I = ln 2 but for the estimator's small-sample terms.
        let x = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
        assert!((pair(&x, &x, 3, Form::Paper) - (psi(8) + psi(3) - 2.0 * psi(4))).abs() < 1e-15);
        assert!((pair(&x, &x, 3, Form::Robust) - (8f64.ln() - psi(4))).abs() < 1e-15);
    }
}
