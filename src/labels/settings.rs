//! What decides a codelength; everything here is written into the results.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::blocks::Blocks;

/// What a codelength is counted in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Units {
    #[default]
    Bits,
    /// As the programs published with the papers count: the first block in bits, the others in nats, added up.
    Published,
}

/// How labels are coded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    pub blocks: Blocks,
    pub units: Units,
    /// The strength of the probe's L2 penalty.
    pub l2: f64,
    /// Random orders of the inputs; at least two give intervals.
    pub orders: usize,
    /// Seeds the orders and the permutations of the control.
    pub seed: u64,
    /// Whether the inputs of classes that are too rare are left out.
    pub drop_rare: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { blocks: Blocks::default(), units: Units::Bits, l2: 1.0, orders: 5, seed: 0, drop_rare: false }
    }
}
