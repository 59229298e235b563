//! A one-dimensional Gaussian mixture by expectation and maximization, the number of components by BIC, as the paper
//! describes the distribution of mutual information.

/// A component: its part of the whole, mean and standard deviation (nats).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Component {
    pub weight: f64,
    pub mean: f64,
    pub deviation: f64,
}

impl Component {
    /// The weighted density at `x`.
    pub fn density(&self, x: f64) -> f64 {
        let z = (x - self.mean) / self.deviation;
        self.weight * (-0.5 * z * z).exp() / (self.deviation * (2.0 * std::f64::consts::PI).sqrt())
    }
}

/// The eye does not distinguish more.
const MOST: usize = 5;
/// Quantiles that stand in for the values: the fit is for the eye, and a matrix may have millions of pairs.
const QUANTILES: usize = 1500;
const ROUNDS: usize = 200;

/// Fits mixtures of one to five components to sorted values and keeps the one of least BIC, means ascending.
/// Nothing is fitted to fewer than ten values or to equal ones.
pub fn fit(sorted: &[f64]) -> Vec<Component> {
    let points: Vec<f64> = match sorted.len() {
        n if n <= QUANTILES => sorted.to_vec(),
        n => (0..QUANTILES).map(|q| sorted[(2 * q + 1) * n / (2 * QUANTILES)]).collect(),
    };
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let range = last - first;
    if points.len() < 10 || range <= 0.0 {
        return Vec::new();
    }
    let count = sorted.len() as f64;
    let bic = |components: usize, likelihood: f64| (3 * components - 1) as f64 * count.ln() - 2.0 * count * likelihood;
    let (_, mut best) = (1..=MOST)
        .map(|k| {
            let (components, likelihood) = expectation_maximization(&points, k, range);
            (bic(k, likelihood), components)
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap_or_default();
    best.sort_by(|a, b| a.mean.total_cmp(&b.mean));
    best
}

/// The components, and the mean log-likelihood of a point.
fn expectation_maximization(points: &[f64], k: usize, range: f64) -> (Vec<Component>, f64) {
    let n = points.len() as f64;
    // A component that shrinks onto tied values would have an endless density.
    let floor = (range * 2e-3).powi(2);
    let mut components: Vec<Component> = (0..k)
        .map(|c| {
            // Each starts on its own stretch of the sorted points.
            let part = &points[c * points.len() / k..(c + 1) * points.len() / k];
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            let variance = part.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / part.len() as f64;
            Component { weight: 1.0 / k as f64, mean, deviation: variance.max(floor).sqrt() }
        })
        .collect();
    let mut likelihood = f64::NEG_INFINITY;
    for _ in 0..ROUNDS {
        // Sums of responsibilities, and of first and second moments about the old means.
        let mut sums = vec![[0.0; 3]; k];
        let mut total = 0.0;
        for &x in points {
            let densities: Vec<f64> = components.iter().map(|c| c.density(x)).collect();
            let density = densities.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            total += density.ln();
            for ((sum, part), component) in sums.iter_mut().zip(&densities).zip(&components) {
                let (share, away) = (part / density, x - component.mean);
                sum[0] += share;
                sum[1] += share * away;
                sum[2] += share * away * away;
            }
        }
        for (component, [share, first, second]) in components.iter_mut().zip(sums) {
            if share > 1e-9 {
                let shift = first / share;
                component.weight = share / n;
                component.mean += shift;
                component.deviation = (second / share - shift * shift).max(floor).sqrt();
            }
        }
        let mean = total / n;
        let settled = mean - likelihood < 1e-6;
        likelihood = mean;
        if settled {
            break;
        }
    }
    (components, likelihood)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorted normal values without chance: sums of twelve uniforms from a low-discrepancy sequence.
    fn normal(count: usize, mean: f64, deviation: f64) -> Vec<f64> {
        let golden = 0.618_033_988_749_894_9_f64;
        (0..count)
            .map(|i| {
                let u = ((i as f64 + 0.5) * golden).fract();
                let v = (i as f64 + 0.5) / count as f64;
                // Box and Muller's transform of two evenly spread uniforms.
                mean + deviation * (-2.0 * v.ln()).sqrt() * (2.0 * std::f64::consts::PI * u).cos()
            })
            .collect()
    }

    fn sorted(mut values: Vec<f64>) -> Vec<f64> {
        values.sort_by(f64::total_cmp);
        values
    }

    #[test]
    fn one_normal_is_one_component() {
        let found = fit(&sorted(normal(4000, 0.3, 0.05)));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!((found[0].mean - 0.3).abs() < 0.003 && (found[0].deviation - 0.05).abs() < 0.003, "{found:?}");
    }

    #[test]
    fn two_apart_are_found_with_their_weights() {
        let mut values = normal(6000, 0.1, 0.03);
        values.extend(normal(2000, 0.6, 0.1));
        let found = fit(&sorted(values));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!((found[0].mean - 0.1).abs() < 0.01 && (found[1].mean - 0.6).abs() < 0.02, "{found:?}");
        assert!((found[0].weight - 0.75).abs() < 0.02 && (found[1].deviation - 0.1).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn equal_or_few_values_have_none() {
        assert_eq!(fit(&[0.5; 100]), []);
        assert_eq!(fit(&[0.1, 0.2]), []);
        assert_eq!(fit(&[]), []);
    }
}
