//! The inputs that activate a neuron most: what people look at first to see what a neuron stands for.

use ndarray::ArrayView2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Inputs that a run keeps for every neuron.
pub const MOST_TELLING: usize = 10;

/// An input and what a neuron made of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// The column: an input of those kept.
    pub row: usize,
    pub value: f32,
}

/// For every neuron of `rows` [neurons, inputs], the `count` inputs with its largest values, largest first; of equal
/// values, the earlier input. A value that is not a number is no example.
pub fn examples(rows: ArrayView2<'_, f32>, count: usize) -> Vec<Vec<Example>> {
    let neurons: Vec<_> = rows.outer_iter().collect();
    neurons.into_par_iter().map(|values| largest(values.iter().copied(), count)).collect()
}

fn largest(values: impl Iterator<Item = f32>, count: usize) -> Vec<Example> {
    let mut best: Vec<Example> = Vec::with_capacity(count + 1);
    for (row, value) in values.enumerate() {
        let beaten = best.len() == count && best.last().is_none_or(|last| value <= last.value);
        if value.is_nan() || beaten {
            continue;
        }
        // Behind its equals, which came first.
        let place = best.partition_point(|example| example.value >= value);
        best.insert(place, Example { row, value });
        best.truncate(count);
    }
    best
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn rows_of(examples: &[Example]) -> Vec<usize> {
        examples.iter().map(|example| example.row).collect()
    }

    #[test]
    fn largest_first_and_earlier_among_equals() {
        let found = examples(
            array![
                [1.0, 3.0, 2.0, 3.0, -1.0],
                [0.0, 0.0, 0.0, 0.0, 0.0],
                [f32::NAN, f32::NEG_INFINITY, f32::NAN, f32::INFINITY, 1.0]
            ]
            .view(),
            3,
        );
        assert_eq!(rows_of(&found[0]), [1, 3, 2]);
        assert_eq!(rows_of(&found[1]), [0, 1, 2]);
        assert_eq!(rows_of(&found[2]), [3, 4, 1]);
        assert_eq!(found[0][2].value, 2.0);
    }

    #[test]
    fn fewer_inputs_than_examples_and_none_at_all() {
        assert_eq!(rows_of(&examples(array![[1.0, 2.0]].view(), 10)[0]), [1, 0]);
        assert!(examples(array![[1.0, 2.0]].view(), 0)[0].is_empty());
        assert!(examples(ArrayView2::from_shape((2, 0), &[]).unwrap(), 10)[1].is_empty());
        assert!(examples(array![[f32::NAN]].view(), 10)[0].is_empty());
    }

    proptest::proptest! {
        #[test]
        fn the_same_as_sorting_everything(values in proptest::collection::vec(-3i8..3, 0..60), count in 0usize..12) {
            let values: Vec<f32> = values.into_iter().map(f32::from).collect();
            let mut sorted: Vec<usize> = (0..values.len()).collect();
            sorted.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
            sorted.truncate(count);
            proptest::prop_assert_eq!(rows_of(&largest(values.iter().copied(), count)), sorted);
        }
    }
}
