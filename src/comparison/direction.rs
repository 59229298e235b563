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
    /// Where an interval lies; NaN ends leave it unclear.
    pub fn of_interval([low, high]: [f64; 2]) -> Direction {
        if high < 0.0 {
            Direction::Below
        } else if low > 0.0 {
            Direction::Above
        } else {
            Direction::Unclear
        }
    }

    /// The other direction; unclear has none.
    pub fn opposes(self, other: Direction) -> bool {
        matches!((self, other), (Direction::Below, Direction::Above) | (Direction::Above, Direction::Below))
    }
}
