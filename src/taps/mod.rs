//! Taps: which tensors of a graph are the layers' outputs, how each is pooled, and the bytes that expose them.
//!
//! In: a [`crate::model::Graph`] and what the user asked for. Out: [`Taps`] and the bytes to append to the model.
//!
//! `structure` and `flow` find the paths from the inputs to the output and the tensors that all of them cross;
//! `recognise` reads the layers off those cuts with one rule per kind of network (`transformer`, `convnet`, `chain`), by
//! structure and never by name; `trunk` says where a network that branches
//! for good is followed to. `shapes` and `axes` follow what is known of every tensor; `fused` and `quantised` tell
//! how to compute a layer that an optimiser or a quantiser rewrote; `labels` looks for names that a person knows;
//! `request` applies `--layers`; `untappable` says why nothing was found; `overlay` writes the bytes, and `tap` is what comes out.
//! `answer` finds the output that is the model's
//! answer, `ablation` writes the nodes that switch neurons off, and `dense` finds what a dense layer adds to its
//! product. docs/taps.md explains the rule to users.

use crate::model::Graph;

mod ablation;
mod answer;
mod axes;
mod blocks;
mod chain;
mod choose;
mod convnet;
mod dense;
mod error;
mod flow;
mod fused;
mod labels;
mod mask;
mod numbers;
mod ops;
mod overlay;
mod quantised;
mod recognise;
mod request;
mod shapes;
mod structure;
mod tap;
mod transformer;
mod trunk;
mod untappable;
mod usual;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;

pub use ablation::{Filling, Mask, Masks, masks};
pub use answer::{Answer, answer};
pub use axes::Axis;
pub use choose::{candidates, choose};
pub use error::Error;
pub use mask::mask_input;
pub use numbers::{Numbers, numbers};
pub use overlay::{Overlay, overlay};
pub use tap::{Family, Operand, Pooling, Request, Step, Tap, Taps};

/// All a caller needs in one: the taps of `graph` and their overlay.
pub fn expose(graph: &Graph, request: &Request) -> Result<(Taps, Overlay), Error> {
    let taps = choose(graph, request)?;
    let overlay = overlay(graph, &taps)?;
    Ok((taps, overlay))
}
