//! A neuron with itself, or with another that has the same values at the same inputs: all points lie on the diagonal.
//!
//! Neighbours in the plane are then neighbours in the order of the values, and nothing is searched. Elsewhere such a pair would be
//! the hardest there is: each neighbour has one at nearly the same distance on the other side.

use super::count::Sums;
use super::prepare::Neuron;
use super::psi::FixedPsi;
use super::simd::Number;

/// What the points of a pair of `neuron` with itself add up to, in O(S). `exact` is room for its values in float64.
pub fn diagonal<V: Number>(
    neuron: &Neuron<'_, V>,
    k: usize,
    mixture: bool,
    psi: &FixedPsi,
    exact: &mut Vec<f64>,
) -> Sums {
    exact.clear();
    for i in 0..neuron.values().len() {
        let tied = neuron.inputs_below(i + 1) - neuron.inputs_below(i);
        exact.extend(std::iter::repeat_n(neuron.exact_at(i), tied));
    }
    let mut sums = Sums::default();
    // The k nearest and the point itself follow each other from `low` on.
    let mut low = 0;
    for i in 0..neuron.values().len() {
        let tied = neuron.inputs_below(i)..neuron.inputs_below(i + 1);
        let at = exact[tied.start];
        for point in tied.clone() {
            low = low.max(point.saturating_sub(k));
            while low + k + 1 < exact.len() && exact[low + k + 1] - at < at - exact[low] {
                low += 1;
            }
            let nearest = &exact[low..=low + k];
            let radius = (at - nearest[0]).max(nearest[k] - at);
            let on_edge = |&&value: &&f64| (value - at).abs() == radius;
            let (inside, neighbors) = match radius > 0.0 {
                true => (nearest.len() - nearest.iter().filter(on_edge).count(), k),
                // "Nearer than zero" means "tied".
                false => (tied.len(), if mixture { tied.len() } else { k }),
            };
            sums.marginal += 2 * psi.of(inside);
            sums.neighbors += psi.of(neighbors);
        }
    }
    sums
}
