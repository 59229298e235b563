//! How many points lie nearer than the k-th neighbour in one coordinate alone, and what their digammas add up to.
//!
//! In: the points of a pair in strips, their radii, the two neurons. Out: [`Sums`].
//!
//! ```text
//! spans (where the ends of a leaf's radii fall among the sorted values) -> bounds (the same for one point) -> settle (the rare
//! points that these cannot decide, in float64) -> points (all of a pair) -> sums
//! ```

mod bounds;
mod points;
mod settle;
mod spans;
mod sums;

pub use points::Count;
pub use sums::Sums;
