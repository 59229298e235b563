//! The pairs that others ask for.
//!
//! In: prepared neurons and k. Out: nats, for all pairs as a matrix, for chosen ones in their order.

mod all;
mod block;
mod some;
#[cfg(any(test, feature = "internals"))]
mod tile;

pub use all::{all_pairs, share_of_pairs};
pub use some::some_pairs;
#[cfg(any(test, feature = "internals"))]
pub use {some::pair, tile::one_tile};
