//! Numbers that live in a file without a name instead of memory: the system writes out what it needs the room for, and
//! the file is gone when the process ends, however it ends.

use std::fs::File;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::Path;

use bytemuck::Pod;
use memmap2::MmapMut;

use crate::base::job::Buffer;

/// `len` numbers in a mapped file, zero at first.
#[derive(Debug)]
pub struct Mapped<T> {
    /// `None` where there are no numbers: an empty file cannot be mapped.
    map: Option<MmapMut>,
    elements: PhantomData<T>,
}

impl<T: Pod> Mapped<T> {
    /// Takes the room on the disk of `folder` now: a full disk is an error here, and would be SIGBUS later.
    pub fn new(folder: &Path, len: usize) -> io::Result<Self> {
        let bytes = len.checked_mul(size_of::<T>()).ok_or(io::ErrorKind::FileTooLarge)? as u64;
        if bytes == 0 {
            return Ok(Mapped { map: None, elements: PhantomData });
        }
        let mut file = tempfile::tempfile_in(folder)?;
        reserve(&mut file, bytes)?;
        // SAFETY: the file has no name, so that no other process can change or shorten it under the map, and this
        // handle, the only one, is dropped here. All its blocks are taken, so that writing cannot fail for lack of room.
        #[allow(unsafe_code, reason = "a memory map")]
        let map = unsafe { MmapMut::map_mut(&file)? };
        Ok(Mapped { map: Some(map), elements: PhantomData })
    }

    /// The numbers. A map starts at a page, so that it is aligned for any of them.
    pub fn values(&self) -> &[T] {
        self.map.as_deref().map_or(&[], bytemuck::cast_slice)
    }

    /// The numbers, to be written.
    pub fn values_mut(&mut self) -> &mut [T] {
        self.map.as_deref_mut().map_or(&mut [], bytemuck::cast_slice_mut)
    }
}

impl Buffer for Mapped<f64> {
    fn values(&self) -> &[f64] {
        Mapped::values(self)
    }

    fn values_mut(&mut self) -> &mut [f64] {
        Mapped::values_mut(self)
    }
}

/// Room for `len` zeroes in a mapped file on the disk of `folder`, for [`crate::base::job::Job::buffer`].
pub fn mapped_buffer(folder: &Path, len: usize) -> io::Result<Box<dyn Buffer>> {
    Ok(Box::new(Mapped::<f64>::new(folder, len)?))
}

/// Makes the file this long, with all its blocks taken.
fn reserve(file: &mut File, bytes: u64) -> io::Result<()> {
    match rustix::fs::fallocate(&*file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
        Ok(()) => file.set_len(bytes),
        // A file system without preallocation: zeroes take the room as well, only slower.
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS | rustix::io::Errno::INVAL) => {
            let zeroes = vec![0u8; 1 << 20];
            let mut left = bytes;
            while left > 0 {
                let now = left.min(zeroes.len() as u64) as usize;
                file.write_all(&zeroes[..now])?;
                left -= now as u64;
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_zero_then_kept_and_the_folder_stays_empty() {
        let folder = tempfile::tempdir().unwrap();
        let mut buffer = mapped_buffer(folder.path(), 100_000).unwrap();
        assert_eq!(buffer.values().len(), 100_000);
        assert!(buffer.values().iter().all(|&value| value == 0.0));
        for (i, value) in buffer.values_mut().iter_mut().enumerate() {
            *value = i as f64;
        }
        assert!(buffer.values().iter().enumerate().all(|(i, &value)| value == i as f64));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn no_numbers_need_no_file() {
        let mut none = Mapped::<f32>::new(Path::new("/nowhere"), 0).unwrap();
        assert!(none.values().is_empty() && none.values_mut().is_empty());
    }

    #[test]
    fn more_than_the_disk_holds_is_an_error_and_no_signal() {
        let folder = tempfile::tempdir().unwrap();
        assert!(mapped_buffer(folder.path(), usize::MAX / 16).is_err());
        assert!(mapped_buffer(folder.path(), usize::MAX).is_err());
    }
}
