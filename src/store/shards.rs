//! How the shards of a run were started: enough to put their parts together, and to say which command makes those of a shard
//! that is missing.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::atomic::write_new;
use super::work::{self, MARK, Work};
use super::{Error, RunFolder};
use crate::base::text::quoted;

/// The file in the folder of unfinished work. The shard that comes first writes it.
const NAME: &str = "shards";

/// The command of the shard that came first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shards {
    /// How many there are.
    pub of: usize,
    /// The folder that the paths of the command start from.
    pub folder: PathBuf,
    /// What was typed, without the name of the program.
    pub arguments: Vec<String>,
}

impl Shards {
    /// What the shards in a run's folder were started with, if there are any.
    pub fn read(run: &Path) -> Option<Shards> {
        serde_json::from_slice(&work::read_marked(&Work::within(run).path().join(NAME))?).ok()
    }

    /// Joins the shards of a folder, or is the first of them.
    ///
    /// # Errors
    /// [`Error::OtherCount`] where the run is shared out among another number of shards; the file cannot be written.
    pub fn join(&self, run: &RunFolder) -> Result<(), Error> {
        let path = Work::within(run.path()).make()?.join(NAME);
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::from);
        if Shards::read(run.path()).is_none() {
            write_new(&path, |file| {
                io::Write::write_all(file, MARK)?;
                io::Write::write_all(file, &text?)
            })?;
        }
        match Shards::read(run.path()) {
            Some(first) if first.of != self.of => {
                Err(Error::OtherCount { folder: run.path().to_owned(), of: first.of, asked: self.of })
            }
            _ => Ok(()),
        }
    }

    /// That these shards are not finished, with the commands that finish them; `run` is their folder.
    pub fn unfinished(&self, run: &Path, absent: Vec<usize>) -> Error {
        let quoted =
            |shard: &usize| self.command(*shard).iter().map(|word| quoted(word).into_owned()).collect::<Vec<_>>();
        let commands = absent.iter().map(|shard| quoted(shard).join(" ")).collect();
        Error::Unfinished { folder: run.to_owned(), absent, of: self.of, commands, from: self.folder.clone() }
    }

    /// The command of one shard, word by word.
    pub fn command(&self, shard: usize) -> Vec<String> {
        const FLAG: &str = "--shard";
        let value = format!("{shard}/{}", self.of);
        let mut words = vec!["probe".to_owned()];
        let mut is_value = false;
        for argument in &self.arguments {
            let joined = argument.strip_prefix(FLAG).is_some_and(|rest| rest.starts_with('='));
            words.push(match (is_value, joined) {
                (true, _) => value.clone(),
                (_, true) => format!("{FLAG}={value}"),
                _ => argument.clone(),
            });
            is_value = !is_value && argument == FLAG;
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shards(of: usize, arguments: &[&str]) -> Shards {
        Shards { of, folder: "/work".into(), arguments: arguments.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn the_first_shard_decides_how_many_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::shared(folder.path()).unwrap();
        assert_eq!(Shards::read(folder.path()), None);
        let first = shards(8, &["--shard", "3/8"]);
        first.join(&run).unwrap();
        shards(8, &["--shard", "4/8"]).join(&run).unwrap();
        assert_eq!(Shards::read(folder.path()), Some(first));
        let other = shards(7, &[]).join(&run);
        assert!(matches!(other, Err(Error::OtherCount { of: 8, asked: 7, .. })), "{other:?}");
    }

    #[test]
    fn the_command_of_another_shard_differs_in_its_number() {
        let command = |arguments| shards(8, arguments).command(5).join(" ");
        assert_eq!(command(&["-m", "a", "--shard", "auto/8", "-o", "r"]), "probe -m a --shard 5/8 -o r");
        assert_eq!(command(&["compare", "--shard=1/8", "a=--shard"]), "probe compare --shard=5/8 a=--shard");
    }
}
