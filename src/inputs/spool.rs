//! Bytes that are written once and read back a few times: the newest few megabytes in memory, the rest in a temporary
//! file without a name, so that a run over millions of inputs needs no more memory than one over thousands.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Kept in memory before anything is written out; small inputs never touch the disk.
const MEMORY: usize = 8 << 20;

/// An append-only store of byte strings.
#[derive(Debug, Default)]
pub(crate) struct Spool {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    file: Option<File>,
    /// Bytes that are in the file; `tail` continues from there.
    written: u64,
    tail: Vec<u8>,
}

impl Spool {
    /// Appends `bytes` and gives the offset at which they are found again.
    pub(crate) fn push(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut guard = self.lock();
        let state = &mut *guard;
        if !state.tail.is_empty() && state.tail.len() + bytes.len() > MEMORY {
            let file = match &mut state.file {
                Some(file) => file,
                none => none.insert(tempfile::tempfile()?),
            };
            file.write_all_at(&state.tail, state.written)?;
            state.written += state.tail.len() as u64;
            state.tail.clear();
        }
        let offset = state.written + state.tail.len() as u64;
        state.tail.extend_from_slice(bytes);
        Ok(offset)
    }

    /// Reads back `len` bytes of one `push`.
    pub(crate) fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let guard = self.lock();
        let mut bytes = vec![0; len];
        match (&guard.file, offset.checked_sub(guard.written)) {
            // A push is never split: the tail is written out as a whole, between pushes.
            (_, Some(start)) => {
                let start = usize::try_from(start).unwrap_or(usize::MAX);
                let kept = start.checked_add(len).and_then(|end| guard.tail.get(start..end));
                bytes.copy_from_slice(kept.ok_or(io::ErrorKind::UnexpectedEof)?);
            }
            (Some(file), None) => file.read_exact_at(&mut bytes, offset)?,
            (None, None) => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        Ok(bytes)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere cannot leave the state half changed in a way that reads wrong bytes: `written` moves last.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_is_read_back_from_memory_and_from_the_file() {
        let spool = Spool::default();
        let piece = |i: u8, len: usize| vec![i; len];
        let sizes = [3, 0, MEMORY / 2, MEMORY / 2 + 7, 5, 2 * MEMORY, 1];
        let offsets: Vec<u64> =
            sizes.iter().enumerate().map(|(i, len)| spool.push(&piece(i as u8, *len)).unwrap()).collect();
        for (i, (offset, len)) in offsets.iter().zip(sizes).enumerate() {
            assert_eq!(spool.read(*offset, len).unwrap(), piece(i as u8, len));
        }
        assert!(spool.lock().file.is_some());
        assert!(spool.read(u64::MAX, 4).is_err() && spool.read(0, usize::MAX >> 1 & 0xffff_ffff).is_err());
    }
}
