//! Below, above, or unclear.

use serde::{Deserialize, Serialize};

/// Where a difference lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The whole interval is below zero.
    Below,
    /// The whole interval is above zero.
    Above,
    /// The interval holds zero, or there is none.
    Unclear,
}

impl Direction {
    /// The other direction; unclear has none.
    pub fn opposes(self, other: Direction) -> bool {
        matches!((self, other), (Direction::Below, Direction::Above) | (Direction::Above, Direction::Below))
    }
}
