//! The distance of every point to its k-th nearest neighbour.
//!
//! In: the points of a pair in strips. Out: a float32 radius for every position of the strips.
//!
//! ```text
//! leaf (which points a leaf's points are compared with) -> first (where in a strip these begin) -> collect (those that lie in a
//! box) -> nearest (the k smallest distances)
//! ```

mod collect;
mod first;
mod leaf;
mod nearest;

pub use collect::collect_strip;
pub use leaf::search;
pub use nearest::{MOST_NEIGHBORS, Nearest};
