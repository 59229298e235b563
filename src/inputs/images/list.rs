//! The images below a folder, in the order of torchvision's `ImageFolder`.
//!
//! In: a folder. Out: paths, and what could not be looked at. The order: first the images that lie in the folder
//! itself, by name (`ImageFolder` would not take them); then folder by folder of the first level ("classes"), by name;
//! in each, every folder at any depth by its whole path, and in it the files by name. Names are compared by code
//! point, as Python does. A file that is named like an image is listed unseen, so that a hundred thousand cost one
//! look at each folder; any other file is an image if its first bytes are an image's, and else none of our business.
//! Images of formats that are not read are listed too, so that they count as skipped. What operating systems and editors
//! leave in folders (`__MACOSX`, `._*`, `.ipynb_checkpoints`, `Thumbs.db`) is left out and counted. Links are followed,
//! but not back to a folder that they are in.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::sniff::{self, Format};
use crate::inputs::Skipped;

/// A folder full of links to its neighbours would have as many paths as orders of the links.
const MOST_LINKED_FOLDERS: usize = 10_000;

/// What systems and editors left is listed one by one up to so many.
const LISTED: u64 = 1000;

/// Why such a file or folder is left out.
const HOUSEKEEPING: &str = "left there by an operating system or an editor, and not an input";

/// What is below a folder.
#[derive(Debug)]
pub struct Listing {
    /// The folder, as given.
    pub folder: PathBuf,
    /// The images, relative to the folder.
    pub images: Vec<Box<Path>>,
    /// Links that lead in a circle or nowhere, folders that cannot be read, and what operating systems and editors left.
    pub skipped: Vec<Skipped>,
    /// Of these, what operating systems and editors left: more than [`LISTED`] have one entry for the rest.
    pub housekeeping: u64,
    /// Files that are no images.
    pub others: usize,
}

impl Listing {
    /// Where image `index` is.
    pub fn path(&self, index: usize) -> PathBuf {
        self.folder.join(&self.images[index])
    }
}

/// Lists the images below `folder`.
pub fn list(folder: &Path) -> Result<Listing, Error> {
    if !folder.is_dir() {
        return Err(Error::NotAFolder(folder.to_path_buf()));
    }
    let unreadable = |error| Error::Unreadable(folder.to_path_buf(), error);
    let real = fs::canonicalize(folder).map_err(unreadable)?;
    let mut walk = Walk {
        listing: Listing {
            folder: folder.to_path_buf(),
            images: Vec::new(),
            skipped: Vec::new(),
            housekeeping: 0,
            others: 0,
        },
        linked: 0,
    };
    let top = walk.read(Path::new(""), &real).map_err(unreadable)?;
    walk.push(Path::new(""), top.files);
    for class in top.folders {
        let mut found = Vec::new();
        walk.descend(class, &mut vec![real.clone()], &mut found);
        // By the whole path, in which "a-b" comes before "a/b".
        found.sort_by(|(a, _), (b, _)| a.as_os_str().cmp(b.as_os_str()));
        for (below, files) in found {
            walk.push(&below, files);
        }
    }
    let mut listing = walk.listing;
    if listing.images.is_empty() {
        return Err(Error::NoImages { folder: listing.folder, others: listing.others });
    }
    listing.images.shrink_to_fit();
    // Folders come in the order of the file system, which is none.
    listing.skipped.sort_by(|a, b| a.source.cmp(&b.source));
    if let Some(more @ 1..) = listing.housekeeping.checked_sub(LISTED) {
        let (source, reason) = (listing.folder.display().to_string(), format!("{more} more, {HOUSEKEEPING}"));
        listing.skipped.push(Skipped { source, line: None, reason });
    }
    Ok(listing)
}

/// A folder to read: its path below the root, and the path without links.
struct Folder {
    below: PathBuf,
    real: PathBuf,
}

struct Content {
    /// Names of the images, sorted.
    files: Vec<Box<OsStr>>,
    folders: Vec<Folder>,
}

struct Walk {
    listing: Listing,
    linked: usize,
}

impl Walk {
    fn skip(&mut self, below: &Path, reason: impl Into<String>) {
        let source = self.listing.folder.join(below).display().to_string();
        self.listing.skipped.push(Skipped { source, line: None, reason: reason.into() });
    }

    fn leave_out(&mut self, below: &Path) {
        self.listing.housekeeping += 1;
        if self.listing.housekeeping <= LISTED {
            self.skip(below, HOUSEKEEPING);
        }
    }

    fn push(&mut self, below: &Path, files: Vec<Box<OsStr>>) {
        self.listing.images.extend(files.iter().map(|name| below.join(&**name).into_boxed_path()));
    }

    /// `above` are the real paths of the folders that this one is reached through.
    fn descend(&mut self, folder: Folder, above: &mut Vec<PathBuf>, found: &mut Vec<(PathBuf, Vec<Box<OsStr>>)>) {
        let Folder { below, real } = folder;
        if above.contains(&real) {
            return self.skip(&below, "a link that leads back to a folder it is in");
        }
        let content = match self.read(&below, &real) {
            Ok(content) => content,
            Err(error) => return self.skip(&below, format!("cannot read the folder: {error}")),
        };
        if !content.files.is_empty() {
            found.push((below, content.files));
        }
        above.push(real);
        for folder in content.folders {
            self.descend(folder, above, found);
        }
        above.pop();
    }

    fn read(&mut self, below: &Path, real: &Path) -> std::io::Result<Content> {
        let mut content = Content { files: Vec::new(), folders: Vec::new() };
        for entry in fs::read_dir(self.listing.folder.join(below))? {
            let entry = entry?;
            let (name, kind) = (entry.file_name(), entry.file_type()?);
            let here = below.join(&name);
            if sniff::housekeeping(&name) {
                self.leave_out(&here);
            } else if kind.is_dir() {
                content.folders.push(Folder { below: here, real: real.join(&name) });
            } else if kind.is_symlink() {
                self.follow(&entry.path(), here, name.into_boxed_os_str(), &mut content);
            } else if kind.is_file() && self.wanted(&entry.path()) {
                content.files.push(name.into_boxed_os_str());
            } else {
                self.listing.others += 1;
            }
        }
        content.files.sort_unstable();
        content.folders.sort_unstable_by(|a, b| a.below.as_os_str().cmp(b.below.as_os_str()));
        Ok(content)
    }

    fn follow(&mut self, path: &Path, below: PathBuf, name: Box<OsStr>, content: &mut Content) {
        match fs::metadata(path) {
            Ok(target) if target.is_dir() => {
                self.linked += 1;
                if self.linked > MOST_LINKED_FOLDERS {
                    return self.skip(&below, format!("more than {MOST_LINKED_FOLDERS} links to folders"));
                }
                match fs::canonicalize(path) {
                    Ok(real) => content.folders.push(Folder { below, real }),
                    Err(error) => self.skip(&below, format!("cannot follow the link: {error}")),
                }
            }
            Ok(target) if target.is_file() && self.wanted(path) => content.files.push(name),
            Ok(_) => self.listing.others += 1,
            Err(error) => self.skip(&below, format!("cannot follow the link: {error}")),
        }
    }

    fn wanted(&mut self, path: &Path) -> bool {
        sniff::named_as_image(path) || begins_like_an_image(path)
    }
}

fn begins_like_an_image(path: &Path) -> bool {
    let mut head = Vec::with_capacity(sniff::ENOUGH);
    File::open(path).and_then(|file| file.take(sniff::ENOUGH as u64).read_to_end(&mut head)).is_ok()
        && (Format::of(&head).is_some() || sniff::foreign(&head).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"GIF89a").unwrap();
        }
        folder
    }

    fn names(listing: &Listing) -> Vec<&str> {
        listing.images.iter().map(|path| path.to_str().unwrap()).collect()
    }

    #[test]
    fn the_order_is_image_folders() {
        // torchvision's make_dataset gives the last eight in this order; the first two lie outside its classes.
        let order = [
            "B.png",
            "a.png",
            "Zebra/1.png",
            "ant/10.png",
            "ant/9.png",
            "ant/x/1.png",
            "ant/x-y/1.png",
            "ant/x/z/1.png",
            "bee/a.png",
            "éclair/1.png",
        ];
        let mut sorted = order.to_vec();
        // sorted(os.walk(...)) compares whole paths: "ant/x" < "ant/x-y" < "ant/x/z".
        sorted.reverse();
        let folder = tree(&sorted);
        assert_eq!(names(&list(folder.path()).unwrap()), order);
    }

    #[test]
    fn content_decides_where_the_name_does_not() {
        let folder = tree(&["a/no_extension", "a/photo.dat", "a/pic.jpg"]);
        fs::write(folder.path().join("a/notes.txt"), "not an image").unwrap();
        let listing = list(folder.path()).unwrap();
        assert_eq!(names(&listing), ["a/no_extension", "a/photo.dat", "a/pic.jpg"]);
        assert_eq!((listing.others, listing.skipped.len()), (1, 0));
        assert_eq!(listing.path(2), folder.path().join("a/pic.jpg"));
    }

    #[test]
    fn what_systems_and_editors_leave_is_left_out_and_counted() {
        let folder = tree(&[
            "a/1.png",
            "a/._1.png",
            "a/.ipynb_checkpoints/1-checkpoint.png",
            "__MACOSX/a/._1.png",
            "Thumbs.db",
            "a/.DS_Store",
        ]);
        let listing = list(folder.path()).unwrap();
        assert_eq!((names(&listing), listing.others), (vec!["a/1.png"], 0));
        assert_eq!(listing.skipped.len(), 5);
        assert!(listing.skipped.iter().all(|skipped| skipped.reason.contains("operating system")));
    }

    #[test]
    fn images_that_cannot_be_decoded_are_listed() {
        let folder = tree(&["a/1.png"]);
        fs::write(folder.path().join("a/2.avif"), "").unwrap();
        fs::write(folder.path().join("a/3"), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap();
        assert_eq!(names(&list(folder.path()).unwrap()), ["a/1.png", "a/2.avif", "a/3"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_loops_cut() {
        use std::os::unix::fs::symlink;
        let folder = tree(&["dog/1.png", "cat/1.png"]);
        let elsewhere = tree(&["more/2.png"]);
        symlink(folder.path(), folder.path().join("dog/loop")).unwrap();
        symlink(elsewhere.path().join("more"), folder.path().join("dog/more")).unwrap();
        symlink(elsewhere.path().join("more/2.png"), folder.path().join("cat/2.png")).unwrap();
        symlink("nowhere.png", folder.path().join("cat/3.png")).unwrap();
        let listing = list(folder.path()).unwrap();
        assert_eq!(names(&listing), ["cat/1.png", "cat/2.png", "dog/1.png", "dog/more/2.png"]);
        let skipped: Vec<_> = listing.skipped.iter().map(|s| &s.source[folder.path().as_os_str().len()..]).collect();
        assert_eq!(skipped, ["/cat/3.png", "/dog/loop"]);
    }

    #[cfg(unix)]
    #[test]
    fn neighbours_that_link_to_each_other_end() {
        use std::os::unix::fs::symlink;
        let names: Vec<String> = (0..9).map(|i| format!("{i}/1.png")).collect();
        let folder = tree(&names.iter().map(String::as_str).collect::<Vec<_>>());
        for (a, b) in (0..9).flat_map(|a| (0..9).map(move |b| (a, b))).filter(|(a, b)| a != b) {
            symlink(folder.path().join(b.to_string()), folder.path().join(format!("{a}/to{b}"))).unwrap();
        }
        let listing = list(folder.path()).unwrap();
        assert!(listing.images.len() <= 9 + MOST_LINKED_FOLDERS);
        assert!(listing.skipped.iter().any(|s| s.reason.starts_with("more than")));
    }

    #[cfg(unix)]
    #[test]
    fn an_unreadable_folder_is_counted() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tree(&["a/1.png", "b/1.png"]);
        let shut = folder.path().join("b");
        fs::set_permissions(&shut, fs::Permissions::from_mode(0o000)).unwrap();
        let readable_anyway = fs::read_dir(&shut).is_ok(); // by root
        let listing = list(folder.path()).unwrap();
        assert_eq!(listing.skipped.len(), usize::from(!readable_anyway));
        fs::set_permissions(&shut, fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn no_folder_or_no_image_is_an_error() {
        let folder = tree(&["a/1.png"]);
        assert!(matches!(list(&folder.path().join("a/1.png")), Err(Error::NotAFolder(_))));
        assert!(matches!(list(&folder.path().join("none")), Err(Error::NotAFolder(_))));
        fs::remove_file(folder.path().join("a/1.png")).unwrap();
        fs::write(folder.path().join("a/x.txt"), "x").unwrap();
        assert!(matches!(list(folder.path()), Err(Error::NoImages { others: 1, .. })));
    }
}
