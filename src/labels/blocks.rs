//! The blocks of an online code: where the sender stops, and both sides learn from what was sent so far.

use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::error::Error;
use super::least::IN_FIRST_BLOCK;

/// Ends of the blocks in percent of the inputs, rising to 100.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks(Vec<f64>);

impl Default for Blocks {
    /// Those of Voita and Titov (2020, section 3).
    fn default() -> Self {
        Blocks(vec![0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.25, 12.5, 25.0, 50.0, 100.0])
    }
}

impl Blocks {
    /// The ends of the blocks as numbers of inputs, rising to `inputs`. A block that would end before there are two inputs
    /// per class is part of the next one, as in the published program.
    ///
    /// # Errors
    /// Only one block is left.
    pub fn ends(&self, inputs: usize, classes: usize) -> Result<Vec<usize>, Error> {
        let least = IN_FIRST_BLOCK * classes;
        // As in the published program the number is cut; the summand keeps 6.25 % of 800 from becoming 49.
        let end = |percent: &f64| (inputs as f64 * percent / 100.0 + 1e-9) as usize;
        let mut ends: Vec<usize> = self.0.iter().map(end).filter(|end| *end >= least).collect();
        ends.dedup();
        match ends.len() {
            0 | 1 => Err(Error::OneBlock { blocks: self.to_string(), inputs, least }),
            _ => Ok(ends),
        }
    }
}

impl FromStr for Blocks {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "percentages that rise to 100, separated by commas, as in 1,10,50,100";
        let ends: Option<Vec<f64>> = text.split(',').map(|end| end.trim().parse().ok()).collect();
        let ends = ends.ok_or(FORM)?;
        let rising = ends.windows(2).all(|pair| pair[0] < pair[1]);
        let within = ends.first().is_some_and(|first| *first > 0.0) && ends.last() == Some(&100.0);
        if rising && within && ends.len() > 1 { Ok(Blocks(ends)) } else { Err(FORM) }
    }
}

impl std::fmt::Display for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ends: Vec<String> = self.0.iter().map(f64::to_string).collect();
        f.write_str(&ends.join(","))
    }
}

impl Serialize for Blocks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_block_has_two_inputs_per_class() {
        // Twice two classes are four: 0.1 % of 2,500 are two, 0.2 % are five.
        let ends = Blocks::default().ends(2500, 2).unwrap();
        assert_eq!(ends, [5, 10, 20, 40, 80, 156, 312, 625, 1250, 2500]);
        assert_eq!(Blocks::default().ends(2500, 28).unwrap(), [80, 156, 312, 625, 1250, 2500]);
        assert_eq!(Blocks::default().ends(800, 2).unwrap(), [6, 12, 25, 50, 100, 200, 400, 800]);
        assert_eq!(Blocks::default().ends(8, 2).unwrap(), [4, 8]);
        assert!(matches!(Blocks::default().ends(7, 2), Err(Error::OneBlock { least: 4, .. })));
    }

    #[test]
    fn blocks_rise_to_all_inputs() {
        assert_eq!("10, 50,100".parse::<Blocks>().unwrap().ends(60, 3).unwrap(), [6, 30, 60]);
        for wrong in ["", "100", "50", "50,20,100", "0,100", "10,10,100", "10,200", "a,100", "-1,100", "nan,100"] {
            assert!(wrong.parse::<Blocks>().is_err(), "{wrong}");
        }
        assert_eq!(Blocks::default().to_string().parse::<Blocks>().unwrap(), Blocks::default());
    }
}
