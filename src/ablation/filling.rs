//! What neurons give when they are off.

use ndarray::ArrayView2;

use super::neuron::Scope;
use super::settings::How;

/// Per mask, what each neuron of its layer gives when it is off; `activations` are [neurons, inputs], as they were
/// measured. A bias is in the graph, so that for it the numbers are not read.
pub fn fillings(how: How, scope: &Scope, activations: ArrayView2<'_, f32>) -> Vec<Vec<f32>> {
    let of_row = |row: usize| match how {
        How::Zero | How::Published => 0.0,
        How::Mean => mean(activations.row(row).iter().copied()),
    };
    scope.masked.iter().map(|&layer| scope.ranges[layer].clone().map(of_row).collect()).collect()
}

/// The mean of the values that are finite; 0 of none.
fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let finite = values.filter(|value| value.is_finite()).map(f64::from);
    let (sum, count) = finite.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { (sum / count as f64) as f32 }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_mean_is_over_the_inputs_and_leaves_out_what_is_not_finite() {
        let labels = ["a", "b"].map(str::to_owned);
        let scope = Scope { labels: &labels, ranges: &[0..1, 1..3], masked: &[1] };
        let activations = array![[9.0f32, 9.0, 9.0], [1.0, 2.0, 6.0], [f32::NAN, 1.0, f32::INFINITY]];
        assert_eq!(fillings(How::Mean, &scope, activations.view()), [[3.0, 1.0]]);
        assert_eq!(fillings(How::Zero, &scope, activations.view()), [[0.0, 0.0]]);
        assert_eq!(mean([f32::NAN].into_iter()), 0.0);
    }
}
