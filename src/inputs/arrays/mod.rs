//! Arrays: inputs that somebody has prepared already.
//!
//! In: an .npy [inputs, …], or an .npz with one array per model input. Out: batches of [`ArrayRows`] of the rows drawn,
//! in the element types of the file, and the feed that converts them to the model's.

mod dtype;
mod feed;
mod files;
mod header;
mod matching;
pub mod npy;
mod source;

pub use dtype::Dtype;
pub use feed::{ArrayRow, ArrayRows};
pub use files::open;
pub(crate) use source::ArraySource;

#[cfg(test)]
mod tests;
