//! Where the axes of a tensor go in a `Reshape`: groups of neighbouring axes with equal numbers of elements.

use crate::model::Dim;

use super::Axis;

/// The axes behind a reshape from `input` to `output`.
///
/// Extents are matched from the end and then from the front. A group of axes that mean one thing keeps its meaning; inputs
/// joined with their places are rows, and rows taken apart are inputs and places again.
pub fn follow(axes: &[Axis], input: &[Dim], output: &[Dim]) -> Vec<Axis> {
    let mut found = vec![Axis::Unknown; output.len()];
    let (mut from, mut to) = (0..input.len(), 0..output.len());
    while let Some((i, o)) = matched(input[from.clone()].iter().rev(), output[to.clone()].iter().rev()) {
        assign(axes, input, from.end - i..from.end, to.end - o..to.end, &mut found);
        (from.end, to.end) = (from.end - i, to.end - o);
    }
    loop {
        let (left, right) = (&input[from.clone()], &output[to.clone()]);
        let even = left.len() == right.len() && left.iter().zip(right).all(|(a, b)| may_equal(a, b));
        let (i, o) = match (left, right) {
            ([], _) | (_, []) => break,
            _ if even => (1, 1),
            // One axis is left and takes the rest.
            (_, [_]) | ([_], _) => (left.len(), right.len()),
            _ => match matched(left.iter(), right.iter()) {
                Some(group) => group,
                // Rows are what is taken apart, and inputs with their tokens are what is put together: no dense layer takes all
                // tokens of a text for one input's features, since texts have more and fewer of them.
                None if axes[from.start].is_row() && (left.len(), right.len()) == (2, 3) => (1, 2),
                None if free_tokens(axes, input, from.start) && (left.len(), right.len()) == (3, 2) => (2, 1),
                // The first axis is free, and more follow on both sides: it stays itself.
                None if may_equal(&left[0], &right[0]) => (1, 1),
                None => break,
            },
        };
        assign(axes, input, from.start..from.start + i, to.start..to.start + o, &mut found);
        (from.start, to.start) = (from.start + i, to.start + o);
    }
    found
}

/// Whether the axis at `first` is that of the inputs, and the next that of as many tokens as there happen to be.
fn free_tokens(axes: &[Axis], input: &[Dim], first: usize) -> bool {
    axes[first..].starts_with(&[Axis::Batch, Axis::Token]) && !matches!(input[first + 1], Dim::Fixed(_))
}

fn may_equal(left: &Dim, right: &Dim) -> bool {
    match (left, right) {
        (Dim::Fixed(a), Dim::Fixed(b)) => a == b,
        _ => true,
    }
}

/// How many axes of either side hold the same number of elements, beginning where the iterators do.
fn matched<'d>(
    mut left: impl Iterator<Item = &'d Dim>,
    mut right: impl Iterator<Item = &'d Dim>,
) -> Option<(usize, usize)> {
    let (mut a, mut b) = match (left.next()?, right.next()?) {
        (Dim::Fixed(a), Dim::Fixed(b)) => (*a, *b),
        (Dim::Named(a), Dim::Named(b)) if a == b => return Some((1, 1)),
        _ => return None,
    };
    let (mut i, mut o) = (1, 1);
    let grow = |product: &mut i64, taken: &mut usize, next: Option<&'d Dim>| {
        let Some(Dim::Fixed(extent)) = next else { return None };
        *product = product.checked_mul(*extent)?;
        *taken += 1;
        Some(())
    };
    while a != b {
        if a < b {
            grow(&mut a, &mut i, left.next())?;
        } else {
            grow(&mut b, &mut o, right.next())?;
        }
    }
    Some((i, o))
}

fn assign(axes: &[Axis], input: &[Dim], from: std::ops::Range<usize>, to: std::ops::Range<usize>, found: &mut [Axis]) {
    // An axis of extent 1 says nothing beside others.
    let long: Vec<Axis> = from.clone().filter(|&i| input[i] != Dim::Fixed(1)).map(|i| axes[i]).collect();
    let group: &[Axis] = if long.is_empty() { &axes[from] } else { &long };
    let last = to.end == found.len();
    let into = &mut found[to];
    match group {
        [row @ (Axis::Row | Axis::TokenRow)] if into.len() > 1 => {
            // In more than two axes the tokens are cut into windows.
            let tokens = *row == Axis::TokenRow && into.len() == 2;
            into.fill(if tokens { Axis::Token } else { Axis::Place });
            into[0] = Axis::Batch;
        }
        [first, rest @ ..] if rest.iter().all(|axis| axis == first) => {
            // Tokens cut into windows are no longer one entry per token.
            let kept = if *first == Axis::Token && (into.len() > 1 || !rest.is_empty()) { Axis::Place } else { *first };
            // A batch that is taken apart is not one.
            into.fill(if *first == Axis::Batch && into.len() > 1 { Axis::Unknown } else { kept });
        }
        [Axis::Batch, Axis::Token] if into.len() == 1 => into[0] = Axis::TokenRow,
        [Axis::Batch, rest @ ..] if into.len() == 1 && !rest.contains(&Axis::Neuron) => into[0] = Axis::Row,
        group if group.iter().all(is_place) => into.fill(Axis::Place),
        // Flattened for a dense layer: every channel at every place is a feature.
        group if into.len() == 1 && last && !group.iter().any(|axis| axis.is_row() || *axis == Axis::Batch) => {
            into[0] = Axis::Neuron;
        }
        _ => {}
    }
}

fn is_place(axis: &Axis) -> bool {
    matches!(axis, Axis::Token | Axis::Place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Axis::{Batch, Neuron, Place, Row, Token, TokenRow, Unknown};

    /// Extents; 0 is a free one.
    fn dims(extents: &[i64]) -> Vec<Dim> {
        extents.iter().map(|&e| if e == 0 { Dim::Unknown } else { Dim::Fixed(e) }).collect()
    }

    #[test]
    fn channels_stay_channels_whatever_becomes_of_height_and_width() {
        let image = [Batch, Neuron, Place, Place];
        assert_eq!(follow(&image, &dims(&[0, 16, 8, 8]), &dims(&[0, 16, 64])), [Batch, Neuron, Place]);
        assert_eq!(follow(&image, &dims(&[0, 16, 0, 0]), &dims(&[0, 16, 0])), [Batch, Neuron, Place]);
        assert_eq!(
            follow(&image, &dims(&[0, 16, 8, 8]), &dims(&[0, 2, 8, 8, 8])),
            [Batch, Neuron, Neuron, Place, Place]
        );
        assert_eq!(follow(&image, &dims(&[0, 16, 1, 1]), &dims(&[0, 16])), [Batch, Neuron]);
        assert_eq!(follow(&image, &dims(&[0, 16, 8, 8]), &dims(&[0, 1024])), [Batch, Neuron]);
    }

    #[test]
    fn rows_are_taken_apart_as_they_were_put_together() {
        let tokens = [Batch, Token, Neuron];
        assert_eq!(follow(&tokens, &dims(&[0, 0, 32]), &dims(&[0, 32])), [TokenRow, Neuron]);
        assert_eq!(follow(&[TokenRow, Neuron], &dims(&[0, 32]), &dims(&[0, 7, 32])), tokens);
        assert_eq!(follow(&[TokenRow, Neuron], &dims(&[0, 32]), &dims(&[0, 2, 6, 32])), [Batch, Place, Place, Neuron]);
        // Nothing is known of any extent.
        assert_eq!(follow(&tokens, &dims(&[0, 0, 0]), &dims(&[0, 0])), [TokenRow, Neuron]);
        assert_eq!(follow(&[TokenRow, Neuron], &dims(&[0, 0]), &dims(&[0, 0, 0])), tokens);
        assert_eq!(follow(&[Batch, Token, Neuron, Neuron], &dims(&[0, 0, 4, 8]), &dims(&[0, 0, 0])), tokens);
        assert_eq!(follow(&tokens, &dims(&[0, 12, 32]), &dims(&[0, 384])), [Batch, Neuron]);
        let places = [Batch, Place, Neuron];
        assert_eq!(follow(&places, &dims(&[0, 0, 32]), &dims(&[0, 32])), [Row, Neuron]);
        assert_eq!(follow(&[Row, Neuron], &dims(&[0, 32]), &dims(&[0, 7, 32])), [Batch, Place, Neuron]);
    }

    #[test]
    fn heads_and_directions_are_neurons() {
        let tokens = [Batch, Token, Neuron];
        let heads = follow(&tokens, &dims(&[0, 0, 32]), &dims(&[0, 0, 4, 8]));
        assert_eq!(heads, [Batch, Token, Neuron, Neuron]);
        assert_eq!(follow(&heads, &dims(&[0, 0, 4, 8]), &dims(&[0, 0, 32])), tokens);
        let states = [Token, Batch, Neuron, Neuron];
        assert_eq!(follow(&states, &dims(&[12, 0, 2, 8]), &dims(&[12, 0, 0])), [Token, Batch, Neuron]);
    }

    #[test]
    fn what_is_mixed_is_not_known() {
        let heads = [Batch, Neuron, Token, Neuron];
        assert_eq!(follow(&heads, &dims(&[0, 4, 7, 8]), &dims(&[0, 7, 8]))[0], Unknown);
    }
}
