//! What is switched off and how; everything here is written into the results.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Serialize, Serializer};

/// Which neurons are switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Those of lowest entropy, lowest first.
    LowestEntropy(usize),
    /// Those whose mutual information with the other measured neurons is highest on average, highest first.
    HighestMi(usize),
    /// Drawn with the seed.
    Random(usize),
    /// Named in a file, one `LAYER:INDEX` per line, in this order.
    File(PathBuf),
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Which, String> {
        let (rule, count) = text.split_once(':').unwrap_or((text, ""));
        let rule: fn(usize) -> Which = match rule {
            "lowest-entropy" => Which::LowestEntropy,
            "highest-mi" => Which::HighestMi,
            "random" => Which::Random,
            _ => return Ok(Which::File(text.into())),
        };
        match count.parse() {
            Ok(count @ 1..) => Ok(rule(count)),
            _ => Err("a number of neurons is needed, as in lowest-entropy:16".to_owned()),
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Which::LowestEntropy(count) => write!(f, "lowest-entropy:{count}"),
            Which::HighestMi(count) => write!(f, "highest-mi:{count}"),
            Which::Random(count) => write!(f, "random:{count}"),
            Which::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Serialize for Which {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a neuron gives that is switched off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// Zero.
    #[default]
    Zero,
    /// Its mean over the inputs.
    Mean,
    /// The bias of its dense layer, as if its row of weights were zero.
    Published,
}

/// What is switched off and how.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    pub neurons: Which,
    /// The labels of the layers whose neurons may be switched off; all that are measured if empty.
    #[serde(rename = "layer")]
    pub layers: Vec<String>,
    pub how: How,
    /// Random choices of the same size that the choice is compared with.
    pub draws: usize,
    /// The output that is the model's answer; found if `None`.
    pub answer: Option<String>,
    /// Seeds what is drawn.
    pub seed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_a_number_and_all_else_is_a_file() {
        let read = |text: &str| text.parse::<Which>();
        assert_eq!(read("lowest-entropy:16"), Ok(Which::LowestEntropy(16)));
        assert_eq!(read("highest-mi:1"), Ok(Which::HighestMi(1)));
        assert_eq!(read("random:7").unwrap().to_string(), "random:7");
        assert_eq!(read("C:\\neurons.txt"), Ok(Which::File("C:\\neurons.txt".into())));
        for wrong in ["lowest-entropy", "lowest-entropy:", "highest-mi:0", "random:-1", "random:all"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
