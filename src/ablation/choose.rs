//! The choice of neurons: a rule over the measures, or a list.

use super::error::Error;
use super::list;
use super::neuron::{Neuron, Scope};
use super::settings::Which;
use crate::measures::Reading;
use crate::measures::random::{ABLATED, shuffled};

/// The neurons that `which` asks for, first come first; equals in the order of the forward pass.
///
/// # Errors
/// There are fewer neurons with the measure than asked for, or the list does not hold neurons of these layers.
pub fn choose(which: &Which, scope: &Scope, reading: &Reading, seed: u64) -> Result<Vec<Neuron>, Error> {
    let all: Vec<Neuron> = scope.neurons().collect();
    let (asked, ranked, what) = match which {
        Which::File(path) => return list::read(path, scope),
        Which::LowestEntropy(count) => {
            let entropy = |neuron: Neuron| reading.entropy[scope.row(neuron)];
            (*count, sorted(&all, entropy), "whose entropy is known")
        }
        Which::HighestMi(count) => {
            let means = mean_mi(reading);
            let minus = |neuron: Neuron| -means.get(scope.row(neuron)).copied().unwrap_or(f64::NAN);
            (*count, sorted(&all, minus), "whose mutual information was measured")
        }
        Which::Random(count) => {
            let order = shuffled(seed, ABLATED, all.len());
            (*count, order.into_iter().map(|place| all[place as usize]).collect(), "in these layers")
        }
    };
    enough(asked, ranked.len(), what, which)?;
    Ok(ranked[..asked].to_vec())
}

/// Whether `which` can be had of these layers, as far as that is known before anything is measured.
///
/// # Errors
/// There are fewer neurons than asked for, or the list does not hold neurons of these layers.
pub fn check(which: &Which, scope: &Scope) -> Result<(), Error> {
    match *which {
        Which::File(ref path) => list::read(path, scope).map(drop),
        Which::LowestEntropy(asked) | Which::HighestMi(asked) | Which::Random(asked) => {
            enough(asked, scope.neurons().count(), "in these layers", which)
        }
    }
}

fn enough(asked: usize, there: usize, what: &'static str, which: &Which) -> Result<(), Error> {
    if there < asked { Err(Error::TooMany { asked, there, what, rule: which.to_string() }) } else { Ok(()) }
}

/// The neurons with a figure, the smallest first.
fn sorted(all: &[Neuron], figure: impl Fn(Neuron) -> f64) -> Vec<Neuron> {
    let mut known: Vec<(f64, Neuron)> = all.iter().map(|&neuron| (figure(neuron), neuron)).collect();
    known.retain(|(figure, _)| figure.is_finite());
    known.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    known.into_iter().map(|(_, neuron)| neuron).collect()
}

/// By row, the mean mutual information with all other measured neurons; NaN of a neuron that was not measured.
pub fn mean_mi(reading: &Reading) -> Vec<f64> {
    let mut means = vec![f64::NAN; reading.entropy.len()];
    let measured = reading.pair_neurons.len();
    for (i, &row) in reading.pair_neurons.iter().enumerate() {
        let others = (0..measured).filter(|&j| j != i).map(|j| reading.mutual_information.get(i, j));
        let (sum, count) = others
            .filter(|value| value.is_finite())
            .fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
        if count > 0 {
            means[row] = sum / count as f64;
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::measures::{self, PairNeurons};

    /// Neuron 0 takes two values, 1 and 2 are the same in two scales, and 3 is spread out and alone.
    fn reading() -> Reading {
        let spread = |input: usize, speed: f32| (input as f32 * speed).sin();
        let activations = Array2::from_shape_fn((4, 300), |(neuron, input)| match neuron {
            0 => (input % 2) as f32,
            1 => spread(input, 0.7),
            2 => 0.9 * spread(input, 0.7) + 0.05 * spread(input, 3.1),
            _ => spread(input, 1.9),
        });
        let settings = measures::Settings {
            pair_neurons: PairNeurons::All,
            robust_on_concern: false,
            ..measures::Settings::default()
        };
        let measured = measures::measure(activations.view(), &[0..2, 2..4], &settings, &()).unwrap();
        measured.readings.into_iter().next().unwrap()
    }

    #[test]
    fn a_rule_takes_the_lowest_or_the_highest_of_the_layers_asked_for() {
        let labels = ["a", "b"].map(str::to_owned);
        let reading = reading();
        let whole = Scope { labels: &labels, ranges: &[0..2, 2..4], masked: &[0, 1] };
        let rows = |which: &Which, masked: &[usize]| {
            let scope = Scope { masked, ..whole };
            let chosen = choose(which, &scope, &reading, 3).unwrap();
            chosen.into_iter().map(|neuron| scope.row(neuron)).collect::<Vec<_>>()
        };
        assert_eq!(rows(&Which::LowestEntropy(1), &[0, 1]), [0]);
        let mut pair = rows(&Which::HighestMi(2), &[0, 1]);
        pair.sort_unstable();
        assert_eq!(pair, [1, 2], "the pair that shares a cause");
        assert_eq!(rows(&Which::HighestMi(1), &[1]), [2]);
        let mut all = rows(&Which::Random(4), &[0, 1]);
        assert_eq!(all, rows(&Which::Random(4), &[0, 1]), "the same with the same seed");
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3]);
        let one = Scope { masked: &[1], ..whole };
        assert!(check(&Which::LowestEntropy(2), &one).is_ok() && check(&Which::HighestMi(3), &one).is_err());
        let error = choose(&Which::Random(3), &one, &reading, 0).unwrap_err();
        assert!(matches!(error, Error::TooMany { asked: 3, there: 2, .. }), "{error}");
    }
}
