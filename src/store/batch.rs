//! The files of one result, which appear together or not at all.
//!
//! They are written and flushed under names of their own in the folder of unfinished work. [`Batch::commit`] then moves
//! the earlier result out of the way, its report first, and the new files into their places, the report last: at no
//! moment does a report stand beside files that are not its own. What is about to happen is written down first
//! ([`Journal`]), so that a failure, or the next run after a kill, can put the earlier result back.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::TempPath;

use super::Error;
use super::atomic;
use super::manifest::{self, Earlier, Files};
use super::names::REPORT;
use super::work::{self, Work};

/// The files of one result. Until [`Batch::commit`], the earlier ones stand; if it is dropped, nothing has happened.
#[derive(Debug)]
pub struct Batch<'a> {
    folder: &'a Path,
    work: &'a Work,
    files: Vec<New>,
}

/// A file that is whole, under a name of its own.
#[derive(Debug)]
struct New {
    name: String,
    hash: String,
    file: TempPath,
}

/// How a commit that succeeded left the folder.
#[derive(Debug, Default)]
#[must_use]
pub struct Committed {
    /// The results are in their places, but something of the earlier ones could not be removed.
    pub not_cleaned: Option<Error>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(folder: &'a Path, work: &'a Work) -> Self {
        Batch { folder, work, files: Vec::new() }
    }

    /// Writes a file of this name to the disk, under a name of its own for now. The name may lead into folders
    /// (`models/0-0/measures.npz`).
    pub fn write<T>(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<T>,
    ) -> Result<T, Error> {
        let path = self.folder.join(name);
        let failed = |source| Error::Write { path: path.clone(), source };
        let work = self.work.make()?;
        let (mut unfinished, value) = atomic::unfinished_in(work, write).map_err(failed)?;
        let hash = manifest::hash(unfinished.as_file_mut()).map_err(failed)?;
        // Only the path is kept: a comparison of many models would run out of open files.
        self.files.push(New { name: name.to_owned(), hash, file: unfinished.into_temp_path() });
        Ok(value)
    }

    /// The files written so far whose names begin with `folder` (empty, or ending in `/`), under the rest of their names:
    /// for the report that is written last.
    pub fn files(&self, folder: &str) -> Files {
        let within = |new: &New| Some((new.name.strip_prefix(folder)?.to_owned(), new.hash.clone()));
        self.files.iter().filter_map(within).collect()
    }

    /// Gives all files their names, the report last, and removes what an earlier run wrote and this one does not.
    ///
    /// # Errors
    /// [`Error::Foreign`], [`Error::Read`] or [`Error::Write`]; the earlier result is then in its place again.
    pub fn commit(self) -> Result<Committed, Error> {
        let Batch { folder, work, .. } = self;
        let earlier = Earlier::read(folder)?;
        let names: Vec<&str> = self.files.iter().map(|new| new.name.as_str()).collect();
        check_targets(folder, earlier.as_ref(), &names)?;
        let journal = Journal::plan(folder, earlier.as_ref(), &self.files)?;
        journal.save(work)?;
        if let Err(error) = journal.set_aside(folder, work).and_then(|()| place(self.files, folder)) {
            // Where the earlier result cannot be put back either, the journal stays, and the next run puts it back.
            let _ = journal.roll_back(folder, work);
            return Err(error);
        }
        Ok(Committed { not_cleaned: journal.finish(folder, work).err() })
    }
}

/// Refuses to replace what is not a file, or not ours.
///
/// # Errors
/// [`Error::Foreign`] for a file that no run of ours wrote, [`Error::Write`] for a folder.
pub(super) fn check_targets(folder: &Path, earlier: Option<&Earlier>, names: &[&str]) -> Result<(), Error> {
    for name in names {
        let path = folder.join(name);
        let blocked = || Error::Write { path: path.clone(), source: io::ErrorKind::IsADirectory.into() };
        let path = manifest::within(folder, name).ok_or_else(blocked)?;
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => return Err(blocked()),
            Ok(_) if earlier.is_none() => return Err(Error::Foreign(path)),
            _ => {}
        }
    }
    Ok(())
}

fn place(files: Vec<New>, folder: &Path) -> Result<(), Error> {
    let (report, others): (Vec<New>, Vec<New>) = files.into_iter().partition(|new| new.name == REPORT);
    for New { name, file, .. } in others.into_iter().chain(report) {
        let path = folder.join(&name);
        let failed = |source| Error::Write { path: path.clone(), source };
        make_parent(&path).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        sync_parent(&path, folder).map_err(failed)?;
    }
    atomic::sync_folder(folder).map_err(|source| Error::Write { path: folder.to_owned(), source })
}

/// Makes renames into folders below the run's own last; the run's own is flushed once, at the end.
fn sync_parent(path: &Path, folder: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if parent != folder => atomic::sync_folder(parent),
        _ => Ok(()),
    }
}

fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// What a commit is about to do, kept in the folder of unfinished work until it is done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    /// The new files with their hashes.
    placed: BTreeMap<String, String>,
    /// Files of the earlier result, which are moved out of the way first.
    set_aside: Vec<String>,
}

/// The file that holds the journal, and the folder of the earlier result, both in the folder of unfinished work.
const JOURNAL: &str = "commit";
const EARLIER: &str = "earlier";

impl Journal {
    fn plan(folder: &Path, earlier: Option<&Earlier>, files: &[New]) -> Result<Journal, Error> {
        let mut set_aside = earlier.map(|earlier| earlier.unchanged(folder)).transpose()?.unwrap_or_default();
        set_aside.extend(files.iter().map(|new| new.name.clone()));
        set_aside.retain(|name| fs::symlink_metadata(folder.join(name)).is_ok());
        // The report goes first: from then on nothing vouches for the files that are still there.
        set_aside.sort_by_key(|name| (name != REPORT, name.clone()));
        set_aside.dedup();
        let placed = files.iter().map(|new| (new.name.clone(), new.hash.clone())).collect();
        Ok(Journal { placed, set_aside })
    }

    fn save(&self, work: &Work) -> Result<(), Error> {
        let path = work.make()?.join(JOURNAL);
        let text = serde_json::to_vec(self).map_err(io::Error::from);
        atomic::write_atomically(&path, |file| {
            file.write_all(work::MARK)?;
            file.write_all(&text?)
        })
    }

    fn set_aside(&self, folder: &Path, work: &Work) -> Result<(), Error> {
        for name in &self.set_aside {
            let (from, to) = (folder.join(name), work.path().join(EARLIER).join(name));
            let moved = make_parent(&to).and_then(|()| fs::rename(&from, &to));
            moved.map_err(|source| Error::Write { path: from, source })?;
        }
        Ok(())
    }

    /// Puts the earlier result back, its report last. May be called at any point of a commit, and again.
    fn roll_back(&self, folder: &Path, work: &Work) -> io::Result<()> {
        let aside = |name: &String| work.path().join(EARLIER).join(name);
        for (name, hash) in &self.placed {
            // A file that was to be set aside and is not there is still in its place; another may be a new one.
            let is_new = !self.set_aside.contains(name) || aside(name).exists();
            let path = folder.join(name);
            if is_new && manifest::has_hash(&path, hash).unwrap_or(false) {
                fs::remove_file(&path)?;
                remove_empty_parents(&path, folder);
            }
        }
        for name in self.set_aside.iter().rev().filter(|name| fs::symlink_metadata(aside(name)).is_ok()) {
            let path = folder.join(name);
            make_parent(&path)?;
            fs::rename(aside(name), path)?;
        }
        atomic::sync_folder(folder)?;
        self.forget(work)
    }

    /// Removes the earlier result, once the new one is in its place.
    fn finish(&self, folder: &Path, work: &Work) -> Result<(), Error> {
        for name in &self.set_aside {
            let path = work.path().join(EARLIER).join(name);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(Error::Remove { path, source }),
                _ => remove_empty_parents(&folder.join(name), folder),
            }
        }
        self.forget(work).map_err(|source| Error::Remove { path: work.path().to_owned(), source })
    }

    /// Removes the journal and what it kept folders for.
    fn forget(&self, work: &Work) -> io::Result<()> {
        for name in &self.set_aside {
            remove_empty_parents(&work.path().join(EARLIER).join(name), work.path());
        }
        work::remove_if_there(&work.path().join(JOURNAL))
    }

    fn is_complete(&self, folder: &Path) -> bool {
        self.placed.iter().all(|(name, hash)| manifest::has_hash(&folder.join(name), hash).unwrap_or(false))
    }
}

/// Ends a commit that a killed run began: finishes it if all files are in their places, and undoes it otherwise.
pub(super) fn recover(folder: &Path, work: &Work) -> Result<(), Error> {
    let Some(text) = work::read_marked(&work.path().join(JOURNAL)) else { return Ok(()) };
    let Ok(journal) = serde_json::from_slice::<Journal>(&text) else { return Ok(()) };
    let names = journal.placed.keys().chain(&journal.set_aside);
    let is_inside = |name: &String| manifest::within(folder, name).is_some();
    if !names.clone().all(is_inside) {
        return Ok(());
    }
    if journal.is_complete(folder) {
        return journal.finish(folder, work);
    }
    journal.roll_back(folder, work).map_err(|source| Error::Write { path: folder.to_owned(), source })
}

/// Removes the folders between a path and the run's own folder that hold nothing any more.
fn remove_empty_parents(path: &Path, until: &Path) {
    let parents = path.ancestors().skip(1).take_while(|parent| *parent != until && parent.starts_with(until));
    for parent in parents {
        if fs::remove_dir(parent).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::store::RunFolder;

    use std::path::PathBuf;

    use super::*;
    use crate::store::names::{ACTIVATIONS, MEASURES};

    /// Writes a run of these files, each with its own text, and a report that lists them.
    fn write(run: &RunFolder, files: &[(&str, &str)]) -> Result<(), Error> {
        written(run, files).commit().map(|committed| assert!(committed.not_cleaned.is_none()))
    }

    fn written<'a>(run: &'a RunFolder, files: &[(&str, &str)]) -> Batch<'a> {
        let mut batch = run.batch();
        for (name, text) in files {
            batch.write(name, |file| file.write_all(text.as_bytes())).unwrap();
        }
        let report = serde_json::json!({ "probe_version": "0.1.0", "files": batch.files("") }).to_string();
        batch.write(REPORT, |file| file.write_all(report.as_bytes())).unwrap();
        batch
    }

    /// Every file below the folder with its text.
    fn contents(folder: &Path) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(contents(&path));
            } else {
                found.insert(path.clone(), fs::read_to_string(&path).unwrap());
            }
        }
        found
    }

    fn names(folder: &Path) -> Vec<String> {
        let relative = |path: PathBuf| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        contents(folder).into_keys().map(relative).collect()
    }

    #[test]
    fn files_of_a_batch_appear_together() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/run");
        let run = RunFolder::create(&path).unwrap();
        write(&run, &[(MEASURES, "1")]).unwrap();
        let earlier = contents(&path);
        let batch = written(&run, &[(MEASURES, "2"), ("models/0-0/report.json", "{}")]);
        assert_eq!(fs::read_to_string(path.join(MEASURES)).unwrap(), "1");
        assert_eq!(batch.files("models/0-0/").keys().collect::<Vec<_>>(), [REPORT]);
        drop(batch);
        Work::within(&path).remove_marked().unwrap();
        assert_eq!(contents(&path), earlier, "a batch that is dropped has done nothing");
        write(&run, &[(MEASURES, "2"), ("models/0-0/report.json", "{}")]).unwrap();
        assert_eq!(names(&path), [MEASURES, "models/0-0/report.json", REPORT]);
        assert_eq!(fs::read_to_string(path.join(MEASURES)).unwrap(), "2");
    }

    #[test]
    fn what_an_earlier_run_wrote_and_this_one_does_not_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        write(&run, &[(MEASURES, "1"), (ACTIVATIONS, "many"), ("models/0-0/report.json", "{}")]).unwrap();
        fs::create_dir(folder.path().join("parts")).unwrap();
        for mine in ["notes.txt", "parts/notes.txt", "models/notes.txt"] {
            fs::write(folder.path().join(mine), "mine").unwrap();
        }
        write(&run, &[(MEASURES, "2")]).unwrap();
        assert_eq!(names(folder.path()), [MEASURES, "models/notes.txt", "notes.txt", "parts/notes.txt", REPORT]);
    }

    #[test]
    fn a_file_that_was_changed_since_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        write(&run, &[(MEASURES, "1"), (ACTIVATIONS, "many")]).unwrap();
        fs::write(folder.path().join(ACTIVATIONS), "mine now").unwrap();
        write(&run, &[(MEASURES, "2")]).unwrap();
        assert_eq!(names(folder.path()), [ACTIVATIONS, MEASURES, REPORT]);
    }

    #[test]
    fn a_file_of_the_users_with_one_of_our_names_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(REPORT), "{\"tests\": 3}").unwrap();
        assert!(matches!(RunFolder::create(folder.path()), Err(Error::Foreign(path)) if path.ends_with(REPORT)));
        assert_eq!(fs::read_to_string(folder.path().join(REPORT)).unwrap(), "{\"tests\": 3}");
        fs::remove_file(folder.path().join(REPORT)).unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        fs::write(folder.path().join(MEASURES), "mine").unwrap();
        assert!(matches!(write(&run, &[(MEASURES, "1")]), Err(Error::Foreign(_))));
        assert_eq!(fs::read_to_string(folder.path().join(MEASURES)).unwrap(), "mine");
    }

    #[test]
    fn a_commit_that_fails_puts_the_earlier_result_back() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        write(&run, &[(ACTIVATIONS, "many"), (MEASURES, "1")]).unwrap();
        let earlier = contents(folder.path());
        // Where a folder stands, which is found before anything is moved.
        fs::create_dir(folder.path().join("models")).unwrap();
        fs::create_dir(folder.path().join("models/x")).unwrap();
        assert!(write(&run, &[(MEASURES, "2"), ("models/x", "")]).is_err());
        fs::remove_dir_all(folder.path().join("models")).unwrap();
        assert_eq!(contents(folder.path()), earlier);
        // In the middle: the last of the new files is gone.
        let batch = written(&run, &[(MEASURES, "2"), ("models/0-0/report.json", "{}")]);
        fs::remove_file(&batch.files.last().unwrap().file).unwrap();
        assert!(matches!(batch.commit(), Err(Error::Write { path, .. }) if path.ends_with(REPORT)));
        assert_eq!(contents(folder.path()), earlier);
    }

    #[test]
    fn a_commit_that_was_killed_is_undone_or_finished_by_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let run = RunFolder::create(path).unwrap();
        write(&run, &[(ACTIVATIONS, "many"), (MEASURES, "1"), ("skipped.jsonl", "same")]).unwrap();
        let earlier = contents(path);
        drop(run);
        // A commit takes these steps: the journal, four files set aside, four placed. It is killed after each of them.
        for steps in 0..=8 {
            let run = RunFolder::create(path).unwrap();
            let batch = written(&run, &[(MEASURES, "2"), ("skipped.jsonl", "same"), ("models/0-0/report.json", "{}")]);
            let journal = Journal::plan(path, Earlier::read(path).unwrap().as_ref(), &batch.files).unwrap();
            journal.save(&Work::within(path)).unwrap();
            for name in journal.set_aside.iter().take(steps) {
                let to = Work::within(path).path().join(EARLIER).join(name);
                make_parent(&to).unwrap();
                fs::rename(path.join(name), to).unwrap();
            }
            let placed = steps.saturating_sub(journal.set_aside.len());
            assert_eq!((journal.set_aside.len(), batch.files.len()), (4, 4));
            for new in batch.files.into_iter().take(placed) {
                make_parent(&path.join(&new.name)).unwrap();
                new.file.persist(path.join(&new.name)).unwrap();
            }
            drop(run);
            RunFolder::create(path).unwrap();
            if steps < 8 {
                assert_eq!(contents(path), earlier, "after {steps} steps");
            } else {
                assert_eq!(names(path), [MEASURES, "models/0-0/report.json", REPORT, "skipped.jsonl"]);
            }
        }
    }
}
