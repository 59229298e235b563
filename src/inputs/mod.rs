//! Inputs: texts, images and arrays as people have them, drawn with a seed, prepared once, and batched.
//!
//! In: paths, and a model with the files next to it. Out: [`Batch`]es in a fixed order, a ledger of the inputs that were
//! skipped with the reasons, the [`Feed`] that gives a batch the names, types and shapes of one model's inputs, and the
//! [`Provenance`]: every file and every value that the inputs were prepared with.
//!
//! ```text
//! texts  -> read -> draw -> tokenizer ─┐
//! images -> list -> draw -> pixels ────┼-> batches -> feed -> tensors
//! arrays -> open -> draw -> rows ──────┘
//! ```
//!
//! Each kind has a folder with a `source.rs` that implements [`source::InputSource`] and a `feed.rs` that implements
//! [`feed::Fill`]; [`open`] is the one place that lists the kinds. The draw and the batches depend on the inputs and the
//! settings alone, never on time or threads. Memory grows with the number of inputs by some dozen bytes per input.

pub mod arrays;
mod batch;
mod batches;
mod context;
mod cut;
mod draw;
mod error;
mod feed;
pub mod images;
mod ledger;
mod limits;
mod open;
mod places;
mod provenance;
mod settings;
mod side_files;
mod source;
mod spool;
mod tensors;
mod texts;

pub use batch::{Batch, Prepared};
pub use batches::Batches;
pub use cut::{Cut, Part};
pub use draw::positions;
pub use error::Error;
pub use feed::Feed;
pub use ledger::Skipped;
pub use open::Inputs;
pub use places::{Places, PlacesFile};
pub use provenance::{Origin, Preparation, Provenance, Resolved};
pub use settings::{Kind, Samples, Settings, Source};
pub use side_files::SideFile;
pub use source::Excerpt;
pub use texts::{TokenRows, cells};

#[cfg(test)]
mod tests;
