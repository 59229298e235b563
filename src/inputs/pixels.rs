//! Images in batches: decoded and prepared on all cores, normalized when they are handed out.
//!
//! In: the images listed below a folder. Out: batches of [`Prepared::Pixels`], in the order of the list. Where a second
//! pass will follow (a comparison), the bytes of every image are kept in a [`Spool`] and decoded once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ndarray::Array4;
use rayon::prelude::*;

use super::batches::{Batch, Prepared};
use super::beside::Beside;
use super::ledger::Skipped;
use super::spool::Spool;
use super::tokens::Limits;
use super::{Error, Settings, draw, feed, images};
use images::{Decoded, Listing, Preprocess, Scratch};

/// Bytes of a batch's floats where `--batch-size` says nothing: 13 images of 224 x 224.
const BUDGET: usize = 8 << 20;
const MOST_ROWS: usize = 64;

/// The images of a run.
pub(crate) struct Pixels {
    listing: Listing,
    /// Places in the list, ascending.
    drawn: Vec<usize>,
    pub(crate) preprocess: Preprocess,
    batch: usize,
    /// What is kept of each batch for a second pass.
    kept: Option<(Spool, Vec<Mutex<Option<Kept>>>)>,
}

/// A batch as it came out the first time.
#[derive(Clone, Default)]
struct Kept {
    rows: Vec<Row>,
    skipped: Vec<Skipped>,
}

#[derive(Clone, Copy)]
struct Row {
    row: usize,
    offset: u64,
    digest: [u8; 32],
}

impl Pixels {
    /// Lists the images below `folder`, draws among them, and settles how they are prepared.
    pub(crate) fn open(folder: &Path, settings: &Settings, limits: Limits, beside: &Beside) -> Result<Self, Error> {
        let fixed = feed::picture_size(&beside.inputs)?;
        let configs: Vec<PathBuf> = ["processor_config.json", "preprocessor_config.json", "config.json"]
            .iter()
            .filter_map(|name| beside.file(name))
            .collect();
        let preprocess = Preprocess::find(&settings.images, &configs, fixed)?;
        let listing = images::list(folder)?;
        let drawn = draw::positions(listing.images.len(), settings.samples, settings.seed);
        if drawn.is_empty() {
            return Err(Error::Empty(folder.to_owned()));
        }
        let (height, width) = preprocess.size();
        let bytes = 4 * 3 * height * width;
        let batch = limits.rows.unwrap_or_else(|| (BUDGET / bytes.max(1)).min(MOST_ROWS));
        let batch = batch.min(limits.fixed_rows.unwrap_or(usize::MAX)).max(1);
        let kept = settings.keep_pixels.then(|| {
            let places = (0..drawn.len().div_ceil(batch)).map(|_| Mutex::new(None));
            (Spool::default(), places.collect())
        });
        Ok(Pixels { listing, drawn, preprocess, batch, kept })
    }

    /// Links and folders that were passed over: no inputs, as far as anybody can tell.
    pub(crate) fn passed_over(&self) -> &[Skipped] {
        &self.listing.skipped
    }

    /// How many those are, and files of operating systems and editors.
    pub(crate) fn passed_over_count(&self) -> u64 {
        self.listing.passed_over()
    }

    pub(crate) fn drawn(&self) -> usize {
        self.drawn.len()
    }

    /// Images in the folder.
    pub(crate) fn available(&self) -> usize {
        self.listing.images.len()
    }

    pub(crate) fn batch_size(&self) -> usize {
        self.batch
    }

    pub(crate) fn batch_count(&self) -> usize {
        self.drawn.len().div_ceil(self.batch)
    }

    /// The image that was drawn as number `row`.
    pub(crate) fn path(&self, row: usize) -> Option<PathBuf> {
        self.drawn.get(row).map(|place| self.listing.path(*place))
    }

    pub(crate) fn batch(&self, nth: usize, index: u64) -> Result<Batch, Error> {
        let place = self.kept.as_ref().and_then(|(spool, places)| Some((spool, places.get(nth)?)));
        let Some((spool, place)) = place else {
            let (rows, images, skipped) = self.load(nth);
            return Ok(self.assemble(index, &rows, &images, skipped));
        };
        let scratch = |source| Error::Scratch { source };
        // A poisoned lock holds `None` or a whole batch, never half of one.
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = &*place {
            let (height, width) = self.preprocess.size();
            let image = |row: &Row| {
                let pixels = spool.read(row.offset, 3 * height * width).map_err(scratch)?;
                Ok(Decoded { pixels, digest: row.digest })
            };
            let images = kept.rows.iter().map(image).collect::<Result<Vec<_>, Error>>()?;
            let rows: Vec<usize> = kept.rows.iter().map(|row| row.row).collect();
            return Ok(self.assemble(index, &rows, &images, kept.skipped.clone()));
        }
        let (rows, images, skipped) = self.load(nth);
        let keep = |(row, image): (&usize, &Decoded)| {
            let offset = spool.push(&image.pixels).map_err(scratch)?;
            Ok(Row { row: *row, offset, digest: image.digest })
        };
        let kept = rows.iter().zip(&images).map(keep).collect::<Result<_, Error>>()?;
        *place = Some(Kept { rows: kept, skipped: skipped.clone() });
        Ok(self.assemble(index, &rows, &images, skipped))
    }

    /// Decodes and prepares a batch: the rows that could be, their images, and the others.
    fn load(&self, nth: usize) -> (Vec<usize>, Vec<Decoded>, Vec<Skipped>) {
        let rows = nth * self.batch..((nth + 1) * self.batch).min(self.drawn.len());
        let loaded: Vec<_> = rows
            .into_par_iter()
            .map_init(Scratch::default, |scratch, row| {
                let path = self.listing.path(self.drawn[row]);
                let image = self.preprocess.load(&path, scratch);
                (
                    row,
                    image.map_err(|reason| Skipped { source: path.to_string_lossy().into_owned(), line: None, reason }),
                )
            })
            .collect();
        let (mut rows, mut images, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        for (row, image) in loaded {
            match image {
                Ok(image) => {
                    rows.push(row);
                    images.push(image);
                }
                Err(reason) => skipped.push(reason),
            }
        }
        (rows, images, skipped)
    }

    fn assemble(&self, index: u64, rows: &[usize], images: &[Decoded], skipped: Vec<Skipped>) -> Batch {
        let (height, width) = self.preprocess.size();
        let mut pixels = Array4::zeros((images.len(), 3, height, width));
        if let Some(values) = pixels.as_slice_mut() {
            let values = values.par_chunks_exact_mut((3 * height * width).max(1)).zip(images);
            values.for_each(|(values, image)| self.preprocess.normalize_into(&image.pixels, values));
        }
        Batch {
            index,
            rows: rows.to_vec(),
            prepared: Prepared::Pixels(pixels),
            digests: images.iter().map(|image| image.digest).collect(),
            skipped,
            truncated: 0,
        }
    }
}
