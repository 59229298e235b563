//! Images in batches: decoded and prepared on all cores, normalized when they are handed out.
//!
//! In: the images listed below a folder. Out: batches of [`PixelRows`], in the order of the list. Where a second pass
//! will follow (a comparison), the bytes of every image are kept in a [`Spool`] and decoded once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ndarray::Array4;
use rayon::prelude::*;

use super::feed::{ImageFeed, PixelRows, picture_size};
use super::list::{Listing, list};
use super::preprocess::{Decoded, Preprocess, Scratch};
use super::recipe;
use crate::base::warning::Warning;
use crate::inputs::batch::{Batch, shortened};
use crate::inputs::context::ModelContext;
use crate::inputs::draw;
use crate::inputs::error::Error;
use crate::inputs::ledger::Skipped;
use crate::inputs::limits::Limits;
use crate::inputs::places::Places;
use crate::inputs::provenance::{Origin, Preparation, Provenance};
use crate::inputs::settings::{Kind, Settings};
use crate::inputs::side_files::SideFiles;
use crate::inputs::source::{Excerpt, InputSource, identify_file};
use crate::inputs::spool::Spool;
use crate::inputs::tensors::fill::Fill;
use crate::inputs::tensors::wanted::fixed;
use crate::model::TensorInfo;

/// Bytes of the floats of one batch where `--batch-size` says nothing: 13 images of 224 x 224.
const BUDGET: usize = 8 << 20;
const MOST_ROWS: usize = 64;

/// The images of a run.
#[derive(Debug)]
pub(crate) struct ImageSource {
    listing: Listing,
    /// Places in the list, ascending.
    drawn: Vec<usize>,
    preprocess: Preprocess,
    provenance: Provenance,
    batch: usize,
    keep_repeats: bool,
    /// The decoded images of each batch, for a second pass.
    kept: Option<(Spool, Vec<Mutex<Option<Kept>>>)>,
}

/// A batch as it came out the first time.
#[derive(Debug, Clone, Default)]
struct Kept {
    rows: Vec<Row>,
    skipped: Vec<Skipped>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    row: usize,
    offset: u64,
    digest: [u8; 32],
}

impl ImageSource {
    /// Lists the images below `folder`, draws among them, and settles how they are prepared.
    pub(crate) fn open(folder: &Path, settings: &Settings, context: &ModelContext) -> Result<Self, Error> {
        let limits = Limits::of(settings, context.inputs.iter().find_map(|input| fixed(input, 0)))?;
        let (preprocess, provenance) = prepare(settings, context)?;
        let listing = list(folder)?;
        let drawn = draw::positions(listing.images.len(), settings.samples, settings.seed);
        if drawn.is_empty() {
            return Err(Error::Empty(folder.to_owned()));
        }
        let (height, width) = preprocess.size();
        let bytes = 4 * 3 * height * width;
        let batch = limits.rows((BUDGET / bytes.max(1)).min(MOST_ROWS));
        let kept = settings.keep_pixels.then(|| {
            let places = (0..drawn.len().div_ceil(batch)).map(|_| Mutex::new(None));
            (Spool::default(), places.collect())
        });
        let keep_repeats = settings.keep_repeats;
        Ok(ImageSource { listing, drawn, preprocess, provenance, batch, keep_repeats, kept })
    }

    /// How images would be prepared for a model.
    pub(crate) fn provenance_of(settings: &Settings, context: &ModelContext) -> Result<Provenance, Error> {
        Ok(prepare(settings, context)?.1)
    }

    /// The image that was drawn as number `row`.
    fn path(&self, row: usize) -> Option<PathBuf> {
        self.drawn.get(row).map(|place| self.listing.path(*place))
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

    fn assemble(&self, rows: &[usize], images: &[Decoded], skipped: Vec<Skipped>) -> Batch {
        let (height, width) = self.preprocess.size();
        let mut pixels = Array4::zeros((images.len(), 3, height, width));
        if let Some(values) = pixels.as_slice_mut() {
            let values = values.par_chunks_exact_mut((3 * height * width).max(1)).zip(images);
            values.for_each(|(values, image)| self.preprocess.normalize_into(&image.pixels, values));
        }
        Batch {
            rows: rows.to_vec(),
            prepared: Some(Box::new(PixelRows(pixels))),
            digests: images.iter().map(|image| image.digest).collect(),
            alike: images.iter().map(|image| shortened(&image.digest)).collect(),
            skipped,
            ..Batch::default()
        }
    }
}

impl InputSource for ImageSource {
    fn kind(&self) -> Kind {
        Kind::Images
    }

    fn available(&self) -> u64 {
        self.listing.images.len() as u64
    }

    fn drawn(&self) -> usize {
        self.drawn.len()
    }

    /// Links and folders that cannot be followed, and what operating systems and editors left.
    fn passed_over(&self) -> Vec<Skipped> {
        self.listing.skipped.clone()
    }

    fn window_rows(&self) -> usize {
        self.batch
    }

    fn batch(&self, window: usize, _nth: usize) -> Result<Batch, Error> {
        let place = self.kept.as_ref().and_then(|(spool, places)| Some((spool, places.get(window)?)));
        let Some((spool, place)) = place else {
            let (rows, images, skipped) = self.load(window);
            return Ok(self.assemble(&rows, &images, skipped));
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
            return Ok(self.assemble(&rows, &images, kept.skipped.clone()));
        }
        let (rows, images, skipped) = self.load(window);
        let keep = |(row, image): (&usize, &Decoded)| {
            let offset = spool.push(&image.pixels).map_err(scratch)?;
            Ok(Row { row: *row, offset, digest: image.digest })
        };
        let kept = rows.iter().zip(&images).map(keep).collect::<Result<_, Error>>()?;
        *place = Some(Kept { rows: kept, skipped: skipped.clone() });
        Ok(self.assemble(&rows, &images, skipped))
    }

    fn fill(&self, inputs: &[TensorInfo]) -> Result<Box<dyn Fill>, Error> {
        Ok(Box::new(ImageFeed::of(inputs)?))
    }

    fn excerpt(&self, row: usize) -> Result<Excerpt, Error> {
        let source = self.path(row).map_or_else(String::new, |path| path.to_string_lossy().into_owned());
        Ok(Excerpt { source, line: None, text: String::new() })
    }

    fn places(&self, rows: &[usize]) -> Places {
        let Listing { folder, images, .. } = &self.listing;
        let drawn = || rows.iter().filter_map(|row| self.drawn.get(*row)).copied();
        Places {
            names: drawn().map(|place| images[place].to_string_lossy().into_owned()).collect(),
            ..Places::rows_of(folder.display().to_string(), images.len(), drawn())
        }
    }

    fn identify(&self, hasher: &mut blake3::Hasher) {
        (0..self.drawn.len()).filter_map(|row| self.path(row)).for_each(|path| identify_file(hasher, &path));
    }

    fn provenance(&self) -> Provenance {
        self.provenance.clone()
    }

    fn warnings(&self) -> Vec<Warning> {
        self.preprocess.assumed().then_some(Warning::AssumedPreprocessing).into_iter().collect()
    }

    fn keeps_repeats(&self) -> bool {
        self.keep_repeats
    }
}

/// Settles how images are prepared for a model.
fn prepare(settings: &Settings, context: &ModelContext) -> Result<(Preprocess, Provenance), Error> {
    let fixed = picture_size(&context.inputs)?;
    let mut files = SideFiles::default();
    let names = ["processor_config.json", "preprocessor_config.json", "config.json"];
    let configs: Vec<PathBuf> = names.iter().filter_map(|name| context.file(name)).collect();
    let preprocess = Preprocess::find(&settings.images, &configs, fixed)?;
    if let Some(path) = preprocess.source() {
        files.read(path)?;
    }
    let name = preprocess.source().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let mut step = Preparation::default();
    for fact in preprocess.facts() {
        let from = match fact.origin {
            recipe::Origin::Flag => Origin::Flag,
            recipe::Origin::Config => Origin::file(&*name),
            recipe::Origin::Model => Origin::Model,
            recipe::Origin::Default => Origin::Default,
        };
        step.set(fact.setting, fact.value, from);
    }
    step.files = files.into_record();
    Ok((preprocess, Provenance { steps: [("preprocessing".to_owned(), step)].into() }))
}
