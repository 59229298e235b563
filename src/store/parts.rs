//! The finished parts of a run, so that an interrupted one can be resumed: one file per part, each with the key of what
//! it was computed from and a checksum over all of it.
//!
//! A part's file: 8 bytes of mark, 32 of key, 32 of BLAKE3 over the rest; then stage and section, each with its length
//! before it, the index, and the payload. Numbers are u64, little-endian.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::atomic::{write_atomically, write_new};
use super::work::{self, MARK, Work};
use super::{Error, RunFolder};
use crate::base::job::Stage;

const HEAD: usize = MARK.len() + 32 + 32;
/// What the parts there depend on, for the sentence that says why they cannot be used.
const DEPENDS: &str = "depends";

/// The finished parts of a run, in the folder of unfinished work inside its folder.
#[derive(Debug)]
pub struct Parts {
    work: Work,
    depends: BTreeMap<String, String>,
    key: [u8; 32],
    differing: Vec<String>,
    /// Whether the folder is there, with the file that says what the parts depend on.
    begun: Mutex<bool>,
}

/// A part that is there and of no use. It is computed again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Ignored {
    /// Its bytes are not those that were written.
    #[error("{} is damaged and is computed again: {what}", path.display())]
    Corrupt { path: PathBuf, what: String },
    /// It was computed from something else.
    #[error("{} belongs to another run and is computed again", path.display())]
    Foreign { path: PathBuf },
}

/// Whether finished parts of an interrupted run lie in a run's folder.
pub fn has_parts(folder: &Path) -> bool {
    Work::within(folder).path().join(DEPENDS).is_file()
}

impl Parts {
    /// Uses the parts in the run's folder, if they depend on the same. `depends` names everything that the results depend
    /// on (the model's hash, the inputs', each setting, our version); if anything differs, the parts are removed, and
    /// [`Parts::differing`] says what it was.
    pub fn resume(run: &RunFolder, depends: BTreeMap<String, String>) -> Result<Parts, Error> {
        let mut parts = Parts::at(run, depends);
        if let Some(earlier) = parts.earlier() {
            parts.differing = differing(&earlier, &parts.depends);
        }
        if !parts.differing.is_empty() {
            parts.remove()?;
        }
        Ok(parts)
    }

    /// Starts from nothing: parts of an earlier run are removed.
    pub fn start(run: &RunFolder, depends: BTreeMap<String, String>) -> Result<Parts, Error> {
        let parts = Parts::at(run, depends);
        parts.remove()?;
        Ok(parts)
    }

    /// Uses and adds to the parts in the run's folder together with other processes: the first of them says what the parts
    /// depend on.
    ///
    /// # Errors
    /// [`Error::OtherShards`] where that is something else; nothing is removed then.
    pub fn join(run: &RunFolder, depends: BTreeMap<String, String>) -> Result<Parts, Error> {
        let parts = Parts::at(run, depends);
        let path = parts.work.make()?.join(DEPENDS);
        // What is there already is not written again: on a full disk a run that is finished can then still be looked at.
        if parts.earlier().is_none() {
            write_new(&path, |file| parts.write_depends(file))?;
        }
        match parts.earlier().map(|earlier| differing(&earlier, &parts.depends)) {
            Some(differs) if differs.is_empty() => {
                *parts.begun.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = true;
                Ok(parts)
            }
            differs => Err(Error::OtherShards { folder: run.path().to_owned(), differs: differs.unwrap_or_default() }),
        }
    }

    fn at(run: &RunFolder, depends: BTreeMap<String, String>) -> Parts {
        let mut hasher = blake3::Hasher::new();
        for text in depends.iter().flat_map(|(name, value)| [name, value]) {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        Parts {
            work: Work::within(run.path()),
            depends,
            key: *hasher.finalize().as_bytes(),
            differing: Vec::new(),
            begun: Mutex::new(false),
        }
    }

    /// What an earlier run's parts depended on that is different now, by name; empty if they can be used, or if there
    /// were none.
    pub fn differing(&self) -> &[String] {
        &self.differing
    }

    /// The part, if it is there and whole. One that is there and cannot be used is told to `ignored`.
    pub fn kept(&self, stage: Stage, section: &str, index: u64, ignored: &dyn Fn(Ignored)) -> Option<Vec<u8>> {
        let path = self.path(stage, section, index);
        let corrupt = |what: String| ignored(Ignored::Corrupt { path: path.clone(), what });
        let mut bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => {
                corrupt(error.to_string());
                return None;
            }
        };
        if bytes.len() < HEAD || !bytes.starts_with(MARK) {
            corrupt("its beginning is not that of a part".into());
            return None;
        }
        if bytes[MARK.len()..][..32] != self.key {
            ignored(Ignored::Foreign { path });
            return None;
        }
        if *blake3::hash(&bytes[HEAD..]).as_bytes() != bytes[HEAD - 32..HEAD] {
            corrupt("its checksum does not match".into());
            return None;
        }
        let place = place(stage, section, index);
        if !bytes[HEAD..].starts_with(&place) {
            ignored(Ignored::Foreign { path });
            return None;
        }
        Some(bytes.split_off(HEAD + place.len()))
    }

    /// Keeps a finished part.
    pub fn keep(&self, stage: Stage, section: &str, index: u64, payload: &[u8]) -> Result<(), Error> {
        self.begin()?;
        let place = place(stage, section, index);
        let checksum = blake3::Hasher::new().update(&place).update(payload).finalize();
        write_atomically(&self.path(stage, section, index), |file| {
            file.write_all(MARK)?;
            file.write_all(&self.key)?;
            file.write_all(checksum.as_bytes())?;
            file.write_all(&place)?;
            file.write_all(payload)
        })
    }

    /// Removes all parts: the run is finished, or starts from nothing.
    ///
    /// # Errors
    /// [`Error::Remove`].
    pub fn remove(&self) -> Result<(), Error> {
        *self.begun.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = false;
        self.work.remove_marked()
    }

    /// Makes the folder, and says what its parts depend on, before the first part is there.
    fn begin(&self) -> Result<(), Error> {
        let mut begun = self.begun.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !*begun {
            let path = self.work.make()?.join(DEPENDS);
            write_atomically(&path, |file| self.write_depends(file))?;
            *begun = true;
        }
        Ok(())
    }

    fn write_depends(&self, file: &mut impl Write) -> std::io::Result<()> {
        let depends = serde_json::to_vec_pretty(&self.depends)?;
        file.write_all(MARK)?;
        file.write_all(&depends)
    }

    fn earlier(&self) -> Option<BTreeMap<String, String>> {
        serde_json::from_slice(&work::read_marked(&self.work.path().join(DEPENDS))?).ok()
    }

    /// Sections may hold any text, so the name has a hash of it.
    fn path(&self, stage: Stage, section: &str, index: u64) -> PathBuf {
        let section = blake3::hash(section.as_bytes()).to_hex();
        self.work.path().join(format!("{}-{}-{index:06}.part", stage.name(), &section[..8]))
    }
}

fn differing(earlier: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let names: BTreeSet<&String> = earlier.keys().chain(now.keys()).collect();
    names.into_iter().filter(|name| earlier.get(*name) != now.get(*name)).cloned().collect()
}

/// Which part this is, as it stands before the payload.
fn place(stage: Stage, section: &str, index: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in [stage.name(), section] {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes.extend(index.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    const STAGE: Stage = Stage::Capture;

    fn depends(bins: &str) -> BTreeMap<String, String> {
        [("model", "ab12"), ("bins", bins)].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// What is read, and what is said of it.
    fn read(parts: &Parts, section: &str, index: u64) -> (Option<Vec<u8>>, Vec<Ignored>) {
        let said = RefCell::new(Vec::new());
        let bytes = parts.kept(STAGE, section, index, &|ignored| said.borrow_mut().push(ignored));
        (bytes, said.into_inner())
    }

    fn only_file(folder: &std::path::Path) -> PathBuf {
        let mut files = fs::read_dir(folder.join(".probe")).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|extension| extension == "part")).unwrap()
    }

    #[test]
    fn parts_outlive_the_run_that_made_them() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        let first = Parts::start(&run, depends("100")).unwrap();
        first.keep(STAGE, "a/../b", 0, b"zero").unwrap();
        first.keep(STAGE, "other", 0, b"").unwrap();
        let second = Parts::resume(&run, depends("100")).unwrap();
        assert_eq!(read(&second, "a/../b", 0), (Some(b"zero".to_vec()), vec![]));
        assert_eq!(read(&second, "other", 0), (Some(vec![]), vec![]));
        assert_eq!(read(&second, "other", 1), (None, vec![]));
        second.keep(STAGE, "other", 1, b"one").unwrap();
        assert!(second.differing().is_empty());
        second.remove().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn parts_of_other_settings_are_not_used_and_the_settings_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        Parts::start(&run, depends("100")).unwrap().keep(STAGE, "", 0, b"zero").unwrap();
        let mut other = depends("20");
        other.insert("seed".into(), "1".into());
        let parts = Parts::resume(&run, other).unwrap();
        assert_eq!(parts.differing(), ["bins", "seed"]);
        assert_eq!(read(&parts, "", 0), (None, vec![]));
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        let parts = Parts::start(&run, depends("100")).unwrap();
        parts.keep(STAGE, "", 0, b"payload").unwrap();
        let file = only_file(folder.path());
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&file, &damaged).unwrap();
            let (bytes, said) = read(&parts, "", 0);
            assert_eq!((bytes, said.len()), (None, 1), "byte {at}");
            fs::write(&file, &whole[..at]).unwrap();
            let (bytes, said) = read(&parts, "", 0);
            assert_eq!((bytes, said.len()), (None, 1), "cut at {at}");
        }
        fs::write(&file, &whole).unwrap();
        assert_eq!(read(&parts, "", 0).0, Some(b"payload".to_vec()));
    }

    #[test]
    fn a_part_under_another_name_is_not_taken_for_this_one() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        let parts = Parts::start(&run, depends("100")).unwrap();
        parts.keep(STAGE, "", 0, b"zero").unwrap();
        fs::copy(only_file(folder.path()), parts.path(STAGE, "", 1)).unwrap();
        let (bytes, said) = read(&parts, "", 1);
        assert!(bytes.is_none() && matches!(said[..], [Ignored::Foreign { .. }]), "{said:?}");
    }

    #[test]
    fn a_part_of_another_key_is_foreign() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        Parts::start(&run, depends("100")).unwrap().keep(STAGE, "", 0, b"zero").unwrap();
        fs::remove_file(folder.path().join(".probe").join(DEPENDS)).unwrap();
        let parts = Parts::resume(&run, depends("20")).unwrap();
        let (bytes, said) = read(&parts, "", 0);
        assert!(bytes.is_none() && matches!(said[..], [Ignored::Foreign { .. }]), "{said:?}");
    }
}
