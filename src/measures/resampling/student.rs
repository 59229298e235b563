//! Quantiles of Student's t, also for the broken degrees of freedom that Welch and Satterthwaite give.

use crate::measures::summary::mean;

/// The t with `P(|T| > t) = alpha` for `degrees` of freedom. NaN unless `0 < alpha < 1` and `degrees > 0`.
///
/// Found by bisection on the tail, which is a regularised incomplete beta function (Abramowitz and Stegun 26.7.1):
/// a few hundred intervals a comparison do not pay for anything faster.
pub fn two_sided(alpha: f64, degrees: f64) -> f64 {
    if !(alpha > 0.0 && alpha < 1.0 && degrees > 0.0) {
        return f64::NAN;
    }
    let (mut low, mut high) = (0.0, 2.0);
    while tail(high, degrees) > alpha {
        high *= 2.0;
        if high > 1e12 {
            return f64::INFINITY;
        }
    }
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if tail(middle, degrees) > alpha {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The mean of some values, and its 95 % interval; NaN where it is not known (of one value, or none).
pub fn of_mean(values: &[f64]) -> (f64, [f64; 2]) {
    let count = values.len() as f64;
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let reach = two_sided(0.05, count - 1.0) * (squares / (count - 1.0) / count).sqrt();
    (mean, [mean - reach, mean + reach])
}

/// P(|T| > t).
fn tail(t: f64, degrees: f64) -> f64 {
    if degrees.is_infinite() || degrees > 1e9 {
        // The fraction below would need ever more terms; at 1e9 degrees t is the normal to nine digits.
        return tail(t, 1e9);
    }
    incomplete_beta(degrees / (degrees + t * t), 0.5 * degrees, 0.5)
}

/// The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and Stegun 26.5.8), which
/// is taken on the side of the mean where it converges fast.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

/// The fraction itself, by the modified Lentz algorithm: odd and even terms differ in their numerators.
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    // Keeps a vanishing denominator from dividing; any number far below the terms' size does.
    const TINY: f64 = 1e-300;
    let guard = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..100_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

/// ln of the gamma function for x > 0: Stirling's series, after lifting small arguments by the recurrence.
fn ln_gamma(x: f64) -> f64 {
    let mut x = x;
    let mut lifted = 0.0;
    while x < 12.0 {
        lifted += x.ln();
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - lifted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closed forms: one degree of freedom is Cauchy's distribution, t = cot(pi alpha / 2); two have
    /// t = (1 - alpha) sqrt(2 / (alpha (2 - alpha))).
    #[test]
    fn one_and_two_degrees_have_closed_forms() {
        for alpha in [0.5, 0.1, 0.05, 0.025, 0.001] {
            let cauchy = 1.0 / (std::f64::consts::FRAC_PI_2 * alpha).tan();
            assert!((two_sided(alpha, 1.0) / cauchy - 1.0).abs() < 1e-9, "{alpha}");
            let two = (1.0 - alpha) * (2.0 / (alpha * (2.0 - alpha))).sqrt();
            assert!((two_sided(alpha, 2.0) / two - 1.0).abs() < 1e-9, "{alpha}");
        }
    }

    /// From the printed tables of the t distribution (two-sided 5 %), and the normal's 1.959964 at the end.
    #[test]
    fn tables() {
        for (degrees, t) in [(3.0, 3.1824), (5.0, 2.5706), (10.0, 2.2281), (30.0, 2.0423), (99.0, 1.9842)] {
            assert!((two_sided(0.05, degrees) - t).abs() < 5e-5, "{degrees}");
        }
        assert!((two_sided(0.05, 1e7) - 1.959_964).abs() < 1e-5);
        assert!((two_sided(0.05, f64::INFINITY) - 1.959_964).abs() < 1e-5);
    }

    #[test]
    fn fewer_degrees_are_wider_also_between_whole_ones() {
        assert!(two_sided(0.05, 1.3) > two_sided(0.05, 1.7));
        assert!(two_sided(0.05, 1.7) > two_sided(0.05, 2.0));
    }

    #[test]
    fn nonsense_is_nan() {
        assert!(two_sided(0.0, 3.0).is_nan() && two_sided(0.05, 0.0).is_nan() && two_sided(f64::NAN, 3.0).is_nan());
    }
}
