//! Random choices that a choice of neurons is compared with.

use std::collections::HashMap;

use super::neuron::{Neuron, Scope};
use crate::measures::random::{ABLATED_DRAWS, shuffled};

/// Layers that a draw can tell apart.
const MOST_LAYERS: u64 = 1 << 16;

/// `count` random choices. The n-th neuron of each is of the same layer as the n-th of `chosen`, so that layers that matter more
/// than others do not decide; no neuron is in a choice twice.
pub fn draws(chosen: &[Neuron], scope: &Scope, count: usize, seed: u64) -> Vec<Vec<Neuron>> {
    let one = |draw: usize| {
        let mut orders: HashMap<usize, std::vec::IntoIter<u32>> = HashMap::new();
        let next = |neuron: &Neuron| {
            let layer = neuron.layer;
            let order = orders.entry(layer).or_insert_with(|| {
                let stream = ABLATED_DRAWS + draw as u64 * MOST_LAYERS + layer as u64;
                shuffled(seed, stream, scope.ranges[layer].len()).into_iter()
            });
            order.next().map(|index| Neuron { layer, index: index as usize })
        };
        chosen.iter().filter_map(next).collect()
    };
    (0..count).map(one).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_draw_has_the_layers_of_the_choice_and_no_neuron_twice() {
        let labels = ["a", "b"].map(str::to_owned);
        let scope = Scope { labels: &labels, ranges: &[0..3, 3..53], masked: &[0, 1] };
        let chosen: Vec<Neuron> =
            [(1, 4), (0, 1), (0, 0), (1, 9), (0, 2)].map(|(layer, index)| Neuron { layer, index }).to_vec();
        let draws = draws(&chosen, &scope, 20, 5);
        assert_eq!(draws.len(), 20);
        for draw in &draws {
            let layers: Vec<usize> = draw.iter().map(|neuron| neuron.layer).collect();
            assert_eq!(layers, [1, 0, 0, 1, 0]);
            assert_eq!(draw.iter().collect::<HashSet<_>>().len(), 5);
            assert!(draw.iter().all(|neuron| neuron.index < scope.ranges[neuron.layer].len()));
        }
        assert!(draws.iter().collect::<HashSet<_>>().len() > 15, "draws differ");
    }
}
