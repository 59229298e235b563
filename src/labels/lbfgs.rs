//! The least point of a smooth function that is strictly convex: BFGS with limited memory (Nocedal and Wright, Numerical
//! Optimization, 2006, algorithm 7.5), from a guess of the curvature along each coordinate.
//!
//! It knows nothing of what is minimised. A step is shortened until it lowers the function enough (Armijo); on a strictly
//! convex function the change of the gradient along a step then always has the right sign.

use std::collections::VecDeque;

/// Steps that are remembered.
const MEMORY: usize = 10;

/// Steps after which the search ends wherever it is. On the strictly convex functions here it takes some dozens.
const MOST_STEPS: usize = 2000;

/// The share of the fall that the slope promises which a step has to reach.
const ENOUGH: f64 = 1e-4;

/// A step taken, and how the gradient changed along it.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    /// 1 / (step . change)
    rho: f64,
}

/// Moves `at` to the least point of a function, until its gradient is at most `tolerance` long. Returns the value there.
///
/// `evaluate` returns the value at a point and writes the gradient. `curvature` guesses the second derivative along each
/// coordinate, up to a common factor; each is above zero. Where rounding leaves no lower point to be found, the search
/// ends before.
pub fn minimise(
    at: &mut [f64],
    curvature: &[f64],
    tolerance: f64,
    evaluate: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
) -> f64 {
    let mut gradient = vec![0.0; at.len()];
    let mut value = evaluate(at, &mut gradient);
    let mut pairs: VecDeque<Pair> = VecDeque::with_capacity(MEMORY);
    let (mut next, mut next_gradient) = (at.to_vec(), gradient.clone());
    for _ in 0..MOST_STEPS {
        if dot(&gradient, &gradient).sqrt() <= tolerance {
            break;
        }
        let direction = descent(&gradient, curvature, &pairs);
        let slope = dot(&direction, &gradient);
        let Some(lower) = search(at, &direction, (value, slope), &mut next, &mut next_gradient, evaluate) else {
            break;
        };
        let step: Vec<f64> = next.iter().zip(&*at).map(|(next, at)| next - at).collect();
        let change: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(next, now)| next - now).collect();
        let along = dot(&step, &change);
        if along > 0.0 {
            if pairs.len() == MEMORY {
                pairs.pop_front();
            }
            pairs.push_back(Pair { step, change, rho: 1.0 / along });
        }
        at.copy_from_slice(&next);
        std::mem::swap(&mut gradient, &mut next_gradient);
        value = lower;
    }
    value
}

/// Minus the inverse Hessian, as the pairs tell of it, times the gradient: the recursion over two loops.
fn descent(gradient: &[f64], curvature: &[f64], pairs: &VecDeque<Pair>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let share = pair.rho * dot(&pair.step, &direction);
        add(-share, &pair.change, &mut direction);
        shares.push(share);
    }
    // The last pair gives the common factor of the curvatures.
    let scale = pairs.back().map_or(1.0, |pair| {
        let guessed: f64 =
            pair.change.iter().zip(curvature).map(|(change, curvature)| change * change / curvature).sum();
        1.0 / (pair.rho * guessed)
    });
    direction.iter_mut().zip(curvature).for_each(|(d, curvature)| *d *= scale / curvature);
    for (pair, share) in pairs.iter().zip(shares.into_iter().rev()) {
        let back = pair.rho * dot(&pair.change, &direction);
        add(share - back, &pair.step, &mut direction);
    }
    direction
}

/// Writes the first point along `direction` that is low enough into `next`, and returns its value; `None` where rounding
/// leaves no such point.
fn search(
    at: &[f64],
    direction: &[f64],
    (value, slope): (f64, f64),
    next: &mut [f64],
    gradient: &mut [f64],
    evaluate: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
) -> Option<f64> {
    const MOST_TRIALS: usize = 40;
    let mut length = 1.0;
    for _ in 0..MOST_TRIALS {
        for ((next, at), direction) in next.iter_mut().zip(at).zip(direction) {
            *next = at + length * direction;
        }
        let found = evaluate(next, gradient);
        if found <= value + ENOUGH * length * slope {
            return Some(found);
        }
        // The least point of the parabola through what is known, within bounds.
        let parabola = -slope * length / (2.0 * ((found - value) / length - slope));
        length = if parabola.is_finite() { parabola.clamp(0.1 * length, 0.5 * length) } else { 0.1 * length };
    }
    None
}

/// The sum of products, in eight sums side by side: one alone would wait for every addition.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_eights, b_eights) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a_eights.remainder().iter().zip(b_eights.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_eights.zip(b_eights) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// Adds `factor` times `from` to `to`.
fn add(factor: f64, from: &[f64], to: &mut [f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// sum c (x - m)^2 / 2 has its least point at m.
    #[test]
    fn a_quadratic_is_solved_whatever_is_guessed_of_its_curvature() {
        let stretch: Vec<f64> = (0..30).map(|i| 10f64.powf(f64::from(i) / 12.0)).collect();
        let goal: Vec<f64> = (0..30).map(|i| f64::from(i % 7) - 3.0).collect();
        for curvature in [vec![1.0; 30], stretch.clone()] {
            let mut at = vec![0.0; 30];
            let value = minimise(&mut at, &curvature, 1e-9, &mut |x, gradient| {
                let mut value = 0.0;
                for i in 0..30 {
                    gradient[i] = stretch[i] * (x[i] - goal[i]);
                    value += 0.5 * gradient[i] * (x[i] - goal[i]);
                }
                value
            });
            let worst = at.iter().zip(&goal).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-8 && value < 1e-15, "{worst} {value}");
        }
    }

    #[test]
    fn a_function_with_a_changing_curvature_is_solved() {
        // ln cosh(x - 3) + x^2 / 2: the gradient tanh(x - 3) + x is zero at 0.99137...
        let mut at = vec![-50.0];
        minimise(&mut at, &[1.0], 1e-12, &mut |x, gradient| {
            gradient[0] = (x[0] - 3.0).tanh() + x[0];
            let far = (x[0] - 3.0).abs();
            far + (-2.0 * far).exp().ln_1p() + 0.5 * x[0] * x[0]
        });
        assert!(((at[0] - 3.0).tanh() + at[0]).abs() < 1e-12, "{}", at[0]);
        assert!(at[0] > 0.9 && at[0] < 1.0, "{}", at[0]);
    }

    #[test]
    fn it_ends_where_nothing_is_lower() {
        let mut at = vec![1.0];
        let value = minimise(&mut at, &[1.0], 0.0, &mut |x, gradient| {
            gradient[0] = x[0];
            0.5 * x[0] * x[0]
        });
        assert!(value.abs() < 1e-15);
    }

    #[test]
    fn products_of_any_length() {
        for length in [0, 1, 7, 8, 9, 31] {
            let a: Vec<f64> = (0..length).map(f64::from).collect();
            let expected: f64 = (0..length).map(|i| f64::from(i * i)).sum();
            assert_eq!(dot(&a, &a), expected);
        }
    }
}
