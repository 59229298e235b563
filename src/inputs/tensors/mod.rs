//! From prepared inputs to tensors, whatever the kind of the inputs.
//!
//! `wanted` reads what a model's inputs ask for, `fill` is the trait by which a kind of inputs fills them, `convert`
//! changes element types, and `padding` fills a batch up to the size that a model is fixed to.

pub(crate) mod convert;
pub(crate) mod fill;
pub(crate) mod padding;
pub(crate) mod wanted;
