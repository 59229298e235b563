//! What each axis of a tensor is: the inputs of a batch, the neurons of a layer, or the places at which they are read.
//!
//! It follows from who makes the tensor: a convolution gives its channels second, a dense layer its features last, a
//! recurrence its states last and its directions second. From there the axes are followed through every op that moves,
//! splits or joins them. One pass in topological order; where an op is not known, or axes are joined that no longer
//! mean one thing, it gives up, and `choose` falls back on what is usual for the kind of network.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::model::{Dim, TensorInfo};

use super::shapes::Shapes;
use super::structure::Structure;

mod reshape;
mod rules;

/// What an axis of a tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// One entry per input.
    Batch,
    /// One entry per token of a text, padding included.
    Token,
    /// One entry per place: height, width, a patch, a step of time.
    Place,
    /// One entry per neuron. Where there are several such axes (directions and states), all together are the neurons.
    Neuron,
    /// Inputs and their places in one axis, inputs outermost.
    Row,
    /// Inputs and their tokens in one axis, inputs outermost.
    TokenRow,
    /// It does not follow.
    Unknown,
}

impl Axis {
    /// Whether its entries are the places or tokens of inputs, and not inputs.
    pub fn is_row(self) -> bool {
        matches!(self, Axis::Row | Axis::TokenRow)
    }
}

/// The axes of every tensor of a graph for which they follow, by name.
pub struct Axes<'g> {
    known: HashMap<&'g str, Vec<Axis>>,
}

impl<'g> Axes<'g> {
    pub fn infer(structure: &Structure<'g>, shapes: &Shapes) -> Self {
        let graph = structure.graph;
        let mut axes = Axes { known: HashMap::new() };
        for input in &graph.inputs {
            if let Some(found) = of_input(input) {
                axes.known.insert(&input.name, found);
            }
        }
        for &index in &structure.order {
            let node = &graph.nodes[index];
            for (output, name) in node.outputs.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
                let found = rules::axes(node, output, &rules::Known { structure, shapes, axes: &axes });
                // A rank that the file declares otherwise shows that the op was not understood.
                let rank = shapes.shape(name).map(Vec::len);
                if let Some(found) = found.filter(|found| rank.is_none_or(|rank| rank == found.len())) {
                    axes.known.insert(name, found);
                }
            }
        }
        axes
    }

    pub fn of(&self, tensor: &str) -> Option<&[Axis]> {
        self.known.get(tensor).map(Vec::as_slice)
    }

    /// Whether a tensor's rows are not the inputs, but the inputs' tokens or places.
    pub fn has_rows(&self, tensor: &str) -> bool {
        self.of(tensor).is_some_and(|axes| axes.iter().any(|axis| axis.is_row()))
    }

    /// The axes of a tensor, if all of them are known and it has inputs and neurons.
    pub fn whole(&self, tensor: &str) -> Option<&[Axis]> {
        self.of(tensor).filter(|axes| is_whole(axes))
    }
}

/// Whether every axis is known, one of them that of the inputs and one that of neurons.
pub fn is_whole(axes: &[Axis]) -> bool {
    let count = |wanted: Axis| axes.iter().filter(|&&axis| axis == wanted).count();
    let follow = |axis: &Axis| !axis.is_row() && *axis != Axis::Unknown;
    count(Axis::Batch) == 1 && count(Axis::Neuron) >= 1 && axes.iter().all(follow)
}

/// An input of the graph: rows first, unless an axis is called a batch; whole numbers of two axes are tokens.
fn of_input(input: &TensorInfo) -> Option<Vec<Axis>> {
    let shape = input.shape.as_ref().filter(|shape| !shape.is_empty())?;
    let called = |dim: &Dim| matches!(dim, Dim::Named(name) if name.to_ascii_lowercase().contains("batch"));
    let batch = shape.iter().position(called).unwrap_or(0);
    let other = match (input.element.is_float(), shape.len()) {
        (true, 2) => Axis::Neuron,
        (false, 2) => Axis::Token,
        _ => Axis::Unknown,
    };
    Some((0..shape.len()).map(|axis| if axis == batch { Axis::Batch } else { other }).collect())
}
