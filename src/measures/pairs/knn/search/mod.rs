//! The distance of every point to its k-th nearest neighbour.
//!
//! In: the points of a pair in strips. Out: a radius for every position of the strips.
//!
//! ```text
//! leaf (which points a leaf's points are compared with) -> first (where in a strip these begin) -> collect (those that lie in a
//! box) -> nearest (the k smallest distances) -> radii (the k-th of them, and what is nearer)
//! ```

mod collect;
mod first;
mod leaf;
mod nearest;
mod radii;

pub use collect::collect_strip;
pub use leaf::search;
pub use nearest::{MOST_NEIGHBORS, Nearest};
pub use radii::{Radii, bounds};
