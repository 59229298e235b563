//! Entropy of every neuron.
//!
//! In: the neurons, what they are binned against, parts of the inputs. Out: nats for every neuron over all inputs and
//! over each part. A neuron that is not finite somewhere has NaN throughout, a constant one 0.
//!
//! ```text
//! ranges -> edges -> counts -> binned    equal-width bins
//!                              nearest   nearest neighbours
//!                                        -> estimate (every neuron, every part)
//! ```

pub mod binned;
mod counts;
pub mod edges;
pub mod estimate;
pub mod nearest;
pub mod ranges;
#[cfg(test)]
mod tests;
