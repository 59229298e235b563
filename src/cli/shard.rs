//! `--shard I/N`: which of several processes this one is.
//!
//! I counts from 0. N is taken for 0, so that schedulers that count from 1 work as well: `--array=0-7` and `--array=1-8` of
//! Slurm both name the shards of 8 once each, and a single element that is run again names the same one.

use std::str::FromStr;

use super::Error;
use crate::base::share::Shard;

/// Where schedulers say which of several tasks a process is. HyperQueue comes first, since its workers run inside jobs of
/// other schedulers.
static VARIABLES: [&str; 3] = ["HQ_TASK_ID", "JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"];

/// The most shards: more files would lie in one folder than file systems like.
const MOST: usize = 10_000;

/// What was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// `None` for `auto`.
    index: Option<usize>,
    of: usize,
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("I/N or auto/N, with N from 1 to {MOST} and I from 0 to N - 1 (N stands for 0)");
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let of = of.parse().ok().filter(|of| (1..=MOST).contains(of)).ok_or_else(wrong)?;
        match index {
            "auto" => Ok(Asked { index: None, of }),
            _ => match index.parse::<usize>() {
                Ok(index) if index <= of => Ok(Asked { index: Some(index % of), of }),
                _ => Err(wrong()),
            },
        }
    }
}

impl Asked {
    /// The shard; `variable` looks up a variable of the environment.
    ///
    /// # Errors
    /// It is the scheduler that should say which shard this is, and it does not, or says something else than one of N.
    pub fn resolve(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Shard, Error> {
        let Asked { index, of } = self;
        if let Some(index) = index {
            return Ok(Shard { index, of });
        }
        let set = VARIABLES.into_iter().find_map(|name| Some((name, variable(name)?)));
        let (name, value) = set.ok_or(Error::NoScheduler { of, variables: &VARIABLES })?;
        match value.parse::<usize>() {
            Ok(index) if index <= of => Ok(Shard { index: index % of, of }),
            _ => Err(Error::NotAShard { name, value, of }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str, set: &[(&str, &str)]) -> Result<Shard, Error> {
        let variable = |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        text.parse::<Asked>().unwrap().resolve(&variable)
    }

    #[test]
    fn counting_from_one_names_every_shard_once_as_well() {
        let indices = |range: std::ops::RangeInclusive<usize>| -> Vec<usize> {
            let of = |id: usize| resolved("auto/4", &[("SLURM_ARRAY_TASK_ID", &id.to_string())]).unwrap().index;
            range.map(of).collect()
        };
        assert_eq!(indices(0..=3), [0, 1, 2, 3]);
        assert_eq!(indices(1..=4), [1, 2, 3, 0]);
        assert_eq!(resolved("4/4", &[]).unwrap(), Shard { index: 0, of: 4 });
    }

    #[test]
    fn the_innermost_scheduler_decides() {
        let set = [("SLURM_ARRAY_TASK_ID", "1"), ("HQ_TASK_ID", "2")];
        assert_eq!(resolved("auto/4", &set).unwrap().index, 2);
        assert_eq!(resolved("auto/4", &[("JOB_COMPLETION_INDEX", "3")]).unwrap().index, 3);
        assert_eq!(resolved("0/4", &set).unwrap().index, 0);
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["3", "5/4", "-1/4", "1/0", "auto", "a/4", "1/10001", "1/4/2", ""] {
            assert!(text.parse::<Asked>().is_err(), "{text}");
        }
        assert!(matches!(resolved("auto/4", &[]), Err(Error::NoScheduler { of: 4, .. })));
        for value in ["5", "x", "-1", ""] {
            assert!(matches!(resolved("auto/4", &[("HQ_TASK_ID", value)]), Err(Error::NotAShard { .. })), "{value}");
        }
    }
}
