//! The pairs that others ask for.
//!
//! In: prepared neurons and k. Out: nats, for all pairs as a matrix, for chosen ones in their order.

mod all;
mod block;
mod some;
mod tile;

pub use all::all_pairs;
pub use some::{pair, some_pairs};
pub use tile::one_tile;
