//! .npy and .npz files, opened: every array in place, mapped, or inflated to a temporary file that is.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::header;
use super::npy::Array;
use crate::base::advise::Fault;
use crate::inputs::error::Error;

/// Members of an archive that are looked at; a run needs one per model input or layer.
const MEMBERS: usize = 10_000;

/// What may be inflated without a question.
const HARMLESS: u64 = 1 << 30;

/// Beyond [`HARMLESS`], no honest array of numbers inflates this much (a mask of ones does, and is small).
const RATIO: u64 = 200;

/// The arrays of a file: one of an .npy, all of an .npz. The content decides, not the ending.
///
/// # Errors
/// Missing, a folder, cut short, objects or records instead of numbers, an archive that is a bomb.
pub fn open(path: &Path) -> Result<Vec<Array>, Error> {
    let at = |error| Error::at(path, error);
    // Opening a pipe would wait for a writer.
    let metadata = fs::metadata(path).map_err(at)?;
    if !metadata.is_file() {
        let is = if metadata.is_dir() { "a folder" } else { "not a regular file" };
        return Err(Error::Kind { path: path.to_owned(), is, wanted: "an .npy or .npz file" });
    }
    if metadata.len() == 0 {
        return Err(Error::Empty(path.to_owned()));
    }
    let file = File::open(path).map_err(at)?;
    let map = map(&file).map_err(at)?;
    let malformed = |reason: String| Error::malformed(path, reason);
    match map.get(..2) {
        Some(b"\x93N") => {
            let len = map.len();
            let array = Array::new(String::new(), map, 0..len).map_err(malformed)?;
            if array.shape().is_empty() {
                return Err(malformed("is a single number: [inputs, …] is needed".to_owned()));
            }
            Ok(vec![array])
        }
        Some(b"PK") => members(file, &map).map_err(|fault| fault.at(path)),
        _ => Err(malformed("is neither an .npy array nor an .npz archive".to_owned())),
    }
}

#[allow(unsafe_code, reason = "a memory map")]
fn map(file: &File) -> io::Result<Arc<Mmap>> {
    // SAFETY: nothing else in this process writes the file. If another one cuts it short while it is mapped, reading
    // ends in SIGBUS, as with every mapped file; inputs that change under a run have no right result anyway.
    unsafe { Mmap::map(file) }.map(Arc::new)
}

/// Why an archive is refused: what it holds, or what the machine could not do.
enum ArchiveFault {
    /// A phrase that follows the file's name.
    Content(String),
    /// The file cannot be read, or its data does not inflate.
    Reading { what: String, source: io::Error },
    /// The temporary file cannot be made or written.
    Scratch(io::Error),
}

impl ArchiveFault {
    /// As an error of the file at `path`.
    fn at(self, path: &Path) -> Error {
        match self {
            ArchiveFault::Content(reason) => Error::malformed(path, reason),
            ArchiveFault::Reading { source, .. } if Fault::of_reading(&source) == Fault::Environment => {
                Error::at(path, source)
            }
            ArchiveFault::Reading { what, source } => Error::malformed(path, format!("{what}: {source}")),
            ArchiveFault::Scratch(source) => Error::Scratch { source },
        }
    }

    /// Names the array that it is about.
    fn of(self, array: &str) -> ArchiveFault {
        match self {
            ArchiveFault::Content(reason) => ArchiveFault::Content(format!("array '{array}' {reason}")),
            ArchiveFault::Reading { what, source } => {
                ArchiveFault::Reading { what: format!("array '{array}' {what}"), source }
            }
            ArchiveFault::Scratch(source) => ArchiveFault::Scratch(source),
        }
    }
}

impl From<String> for ArchiveFault {
    fn from(reason: String) -> ArchiveFault {
        ArchiveFault::Content(reason)
    }
}

fn members(file: File, map: &Arc<Mmap>) -> Result<Vec<Array>, ArchiveFault> {
    let broken = |error: ZipError| match error {
        ZipError::Io(source) => ArchiveFault::Reading { what: "is not a readable .npz archive".into(), source },
        other => ArchiveFault::Content(format!("is not a readable .npz archive: {other}")),
    };
    let mut archive = ZipArchive::new(file).map_err(broken)?;
    if archive.len() > MEMBERS {
        return Err(format!("has {} members, more than any set of arrays needs", archive.len()).into());
    }
    if let Some(entries) = entries(map).filter(|entries| *entries != archive.len()) {
        let len = archive.len();
        return Err(format!("has {entries} members with {len} names: two of them have the same name").into());
    }
    // All members together, and against the file itself: many may be small, or share the same bytes of it.
    let mut whole = 0u64;
    for index in 0..archive.len() {
        whole = whole.saturating_add(archive.by_index_raw(index).map_err(broken)?.size());
    }
    if whole > HARMLESS && whole / RATIO > map.len() as u64 {
        return Err(format!("would inflate from {} to {whole} bytes, which looks like a bomb", map.len()).into());
    }
    let mut arrays = Vec::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(broken)?;
        let Some(name) = member.name().strip_suffix(".npy").map(str::to_owned) else { continue };
        let (size, packed) = (member.size(), member.compressed_size());
        let of_member = |fault: ArchiveFault| fault.of(&name);
        let array = match (member.compression(), member.data_start()) {
            (CompressionMethod::Stored, Some(start)) => {
                check_sum(&mut member).map_err(of_member)?;
                let within = usize::try_from(start).ok().zip(usize::try_from(start.saturating_add(packed)).ok());
                let (from, to) =
                    within.ok_or_else(|| of_member("lies beyond the end of the file".to_owned().into()))?;
                Array::new(name.clone(), Arc::clone(map), from..to).map_err(ArchiveFault::from)
            }
            _ if size > HARMLESS && size / RATIO > packed => {
                Err(format!("would inflate from {packed} to {size} bytes, which looks like a bomb").into())
            }
            _ => inflate(&mut member, size).and_then(|map| {
                let len = map.len();
                Ok(Array::new(name.clone(), map, 0..len)?)
            }),
        };
        arrays.push(array.map_err(of_member)?);
    }
    if arrays.is_empty() {
        return Err("is an archive without a single .npy array".to_owned().into());
    }
    Ok(arrays)
}

/// Reads what is left of a member: at its end the library compares its CRC-32 with the one of the archive.
fn check_sum(member: &mut impl Read) -> Result<(), ArchiveFault> {
    let damaged = |source| ArchiveFault::Reading { what: "is damaged".into(), source };
    io::copy(member, &mut io::sink()).map(drop).map_err(damaged)
}

/// The number of members that the end of the archive declares; `None` where it is not found or is too large for it.
fn entries(map: &[u8]) -> Option<usize> {
    let last = &map[map.len().saturating_sub(66_000)..];
    let end = last.windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let count = last.get(end + 10..end + 12)?;
    Some(usize::from(u16::from_le_bytes([count[0], count[1]]))).filter(|count| *count != 0xffff)
}

/// Inflates a member of `size` declared bytes to an unnamed temporary file and maps that. The array's own header has
/// to agree with the archive before anything is written.
fn inflate(member: &mut impl Read, size: u64) -> Result<Arc<Mmap>, ArchiveFault> {
    let inflating = |source| ArchiveFault::Reading { what: "cannot be inflated".into(), source };
    let mut start = Vec::new();
    member.by_ref().take(size.min(1 << 16)).read_to_end(&mut start).map_err(inflating)?;
    let header = header::parse(&start)?;
    let needed = (header.data as u64).saturating_add(header.bytes as u64);
    if needed > size {
        return Err(format!("is cut short: {size} bytes do not hold {}", header.describe()).into());
    }
    // A small array in front of megabytes of anything is how a bomb gets past its header.
    if needed < size {
        return Err(format!("would inflate to {size} bytes, where {} takes {needed}", header.describe()).into());
    }
    let mut file = tempfile::tempfile().map_err(ArchiveFault::Scratch)?;
    let mut rest = size - start.len() as u64;
    let mut chunk = start;
    while !chunk.is_empty() {
        file.write_all(&chunk).map_err(ArchiveFault::Scratch)?;
        chunk.clear();
        member.by_ref().take(rest.min(1 << 16)).read_to_end(&mut chunk).map_err(inflating)?;
        rest -= chunk.len() as u64;
    }
    check_sum(member)?;
    if rest > 0 {
        return Err(format!("is cut short of the {size} bytes that the archive declares").into());
    }
    map(&file).map_err(ArchiveFault::Scratch)
}
