//! The run's folder on disk: files written whole or not at all, and the finished parts of a run that may be resumed.
//!
//! In: bytes and names. Out: files that are complete, checksummed and keyed by what they were computed from.
//!
//! - `names`: the files that a run owns
//! - `atomic`: one file, replaced by a rename
//! - `work`: `.probe/`, where unfinished work lies, and the mark by which it is known
//! - `manifest`: the hashes by which files of one run know each other
//! - `batch`: the files of a result, which appear together, or not at all
//! - `folder`: a run's folder: writable, and ours alone while we run
//! - `parts`: the finished parts of a run, for `--resume` and for shards
//! - `shards`: how the shards of a run were started
//! - `npy`: the header of NumPy's arrays
//! - `mapped`: numbers that live in an unlinked file instead of memory

mod atomic;
mod batch;
mod error;
mod folder;
mod manifest;
mod mapped;
pub mod names;
pub mod npy;
mod parts;
mod shards;
mod work;

pub use atomic::write_atomically;
pub use batch::{Batch, Committed};
pub use error::Error;
pub use folder::RunFolder;
pub use manifest::{Files, open_listed, open_regular};
pub use mapped::{Mapped, mapped_buffer};
pub use parts::{Ignored, Parts, has_parts};
pub use shards::Shards;
