//! Whether there are enough inputs: the overall means at a quarter, a half and all of them.

use serde::{Deserialize, Serialize};

use super::summary::nulls_are_nan;

/// The overall means of H over neurons and of I over pairs with S/4, S/2 and S inputs; nats.
///
/// The parts are the quarters of one split and the halves behind the intervals, averaged; bins keep the range of all
/// inputs. I at S is that of all pairs; by how much it is another with fewer inputs, the pairs sampled for the intervals
/// tell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stability {
    pub samples: [usize; 3],
    #[serde(deserialize_with = "nulls_are_nan")]
    pub entropy: [f64; 3],
    #[serde(deserialize_with = "nulls_are_nan")]
    pub mutual_information: [f64; 3],
    /// From S/2 to S the mean moved by more than half the width of its 95 % interval: more inputs would move it on.
    pub entropy_moving: bool,
    pub mutual_information_moving: bool,
}

impl Stability {
    /// With the half widths of the two intervals.
    pub(crate) fn new(
        samples: usize,
        entropy: [f64; 3],
        mutual_information: [f64; 3],
        half_widths: [f64; 2],
    ) -> Stability {
        // A comparison with what is not known is false.
        let moving = |level: [f64; 3], half_width: f64| (level[2] - level[1]).abs() > half_width;
        Stability {
            samples: [samples / 4, samples / 2, samples],
            entropy,
            mutual_information,
            entropy_moving: moving(entropy, half_widths[0]),
            mutual_information_moving: moving(mutual_information, half_widths[1]),
        }
    }
}
