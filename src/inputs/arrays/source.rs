//! Arrays in batches of the rows drawn, in the element types of the file.

use std::path::{Path, PathBuf};

use super::feed::{ArrayFeed, ArrayRows, rounds};
use super::files::open;
use super::npy::Array;
use crate::inputs::batch::Batch;
use crate::inputs::context::ModelContext;
use crate::inputs::draw;
use crate::inputs::error::Error;
use crate::inputs::limits::Limits;
use crate::inputs::provenance::{Origin, Preparation, Provenance};
use crate::inputs::settings::{Kind, Settings};
use crate::inputs::source::{Excerpt, InputSource, identify_file};
use crate::inputs::tensors::fill::Fill;
use crate::inputs::tensors::wanted::{describe, element_name};
use crate::model::TensorInfo;

/// Bytes per batch where `--batch-size` says nothing, and the most rows per batch.
const BUDGET: usize = 8 << 20;
const MOST_ROWS: usize = 256;

/// The arrays of a run.
#[derive(Debug)]
pub(crate) struct ArraySource {
    path: PathBuf,
    arrays: Vec<Array>,
    provenance: Provenance,
    /// Rows of the file that are used, ascending.
    drawn: Vec<usize>,
    batch: usize,
}

impl ArraySource {
    /// Opens the file, settles which array is for which of the model's inputs, and draws the rows.
    pub(crate) fn open(path: &Path, settings: &Settings, context: &ModelContext) -> Result<Self, Error> {
        let limits = Limits::of(settings, context)?;
        let (arrays, unused) = choose(open(path)?, &context.inputs)?;
        let provenance = provenance(&arrays, &unused, &context.inputs);
        let Some(first) = arrays.first() else { return Err(Error::Empty(path.to_owned())) };
        if let Some(other) = arrays.iter().find(|other| other.rows() != first.rows()) {
            let reason = format!(
                "arrays '{}' {:?} and '{}' {:?} have different numbers of inputs",
                first.name,
                first.shape(),
                other.name,
                other.shape()
            );
            return Err(Error::malformed(path, reason));
        }
        let drawn = draw::positions(first.rows(), settings.samples, settings.seed);
        if drawn.is_empty() {
            return Err(Error::Empty(path.to_owned()));
        }
        let row_bytes: usize = arrays.iter().map(Array::row_bytes).sum();
        let batch = limits.rows((BUDGET / row_bytes.max(1)).min(MOST_ROWS));
        Ok(ArraySource { path: path.to_owned(), arrays, provenance, drawn, batch })
    }

    /// What the arrays would be converted to for a model.
    pub(crate) fn provenance_of(
        path: &Path,
        _settings: &Settings,
        context: &ModelContext,
    ) -> Result<Provenance, Error> {
        let (arrays, unused) = choose(open(path)?, &context.inputs)?;
        Ok(provenance(&arrays, &unused, &context.inputs))
    }
}

impl InputSource for ArraySource {
    fn kind(&self) -> Kind {
        Kind::Arrays
    }

    fn available(&self) -> u64 {
        self.arrays.first().map_or(0, Array::rows) as u64
    }

    fn drawn(&self) -> usize {
        self.drawn.len()
    }

    fn window_count(&self) -> usize {
        self.drawn.len().div_ceil(self.batch)
    }

    fn batch(&self, window: usize, _nth: usize, index: u64) -> Result<Batch, Error> {
        let rows: Vec<usize> = (window * self.batch..((window + 1) * self.batch).min(self.drawn.len())).collect();
        let positions: Vec<usize> = rows.iter().map(|row| self.drawn[*row]).collect();
        let malformed =
            |array: &Array, reason: String| Error::malformed(&self.path, format!("array '{}' {reason}", array.name));
        let mut digests = vec![blake3::Hasher::new(); rows.len()];
        let mut prepared = Vec::with_capacity(self.arrays.len());
        for array in &self.arrays {
            let bytes = array.gather(&positions).map_err(|reason| malformed(array, reason))?;
            digests.iter_mut().zip(bytes.chunks(array.row_bytes())).for_each(|(digest, row)| {
                digest.update(row);
            });
            let tensor = array.take(&positions).map_err(|reason| malformed(array, reason))?;
            prepared.push((array.name.clone(), tensor));
        }
        Ok(Batch {
            index,
            rows,
            prepared: Some(Box::new(ArrayRows(prepared))),
            digests: digests.iter().map(|digest| *digest.finalize().as_bytes()).collect(),
            skipped: Vec::new(),
            truncated: 0,
        })
    }

    fn fill(&self, inputs: &[TensorInfo]) -> Result<Box<dyn Fill>, Error> {
        Ok(Box::new(ArrayFeed::of(inputs, &self.arrays)?))
    }

    fn excerpt(&self, row: usize) -> Result<Excerpt, Error> {
        let line = self.drawn.get(row).map(|position| *position as u64);
        Ok(Excerpt { source: self.path.to_string_lossy().into_owned(), line, text: String::new() })
    }

    fn identify(&self, hasher: &mut blake3::Hasher) {
        identify_file(hasher, &self.path);
    }

    fn provenance(&self) -> Provenance {
        self.provenance.clone()
    }
}

/// Which array fills which input, how its values are converted, and which arrays are left out.
fn provenance(arrays: &[Array], unused: &[String], inputs: &[TensorInfo]) -> Provenance {
    let mut step = Preparation::default();
    for input in inputs {
        let lone = arrays.len() == 1 && inputs.len() == 1;
        let Some(array) = arrays.iter().find(|array| lone || array.name == input.name) else { continue };
        let (has, wants) = (array.dtype().name(), element_name(input.element));
        let how = match (has == wants, rounds(array, input)) {
            (true, _) => has.to_owned(),
            (false, true) => format!("{has} rounded to {wants}"),
            (false, false) => format!("{has} converted to {wants}"),
        };
        step.set(&input.name, how, Origin::Model);
    }
    if !unused.is_empty() {
        step.set("unused", unused.to_vec(), Origin::Model);
    }
    Provenance { steps: [("arrays".to_owned(), step)].into() }
}

/// The arrays that fill an input, and the names of the others. A lone array fills a lone input whatever its name.
fn choose(arrays: Vec<Array>, inputs: &[TensorInfo]) -> Result<(Vec<Array>, Vec<String>), Error> {
    if let ([_], [_]) = (&arrays[..], inputs) {
        return Ok((arrays, Vec::new()));
    }
    let (used, unused): (Vec<Array>, Vec<Array>) =
        arrays.into_iter().partition(|array| inputs.iter().any(|input| input.name == array.name));
    let unused: Vec<String> = unused.into_iter().map(|array| array.name).collect();
    if used.is_empty() {
        let given = match &unused[..] {
            [name] if name.is_empty() => "one array without a name".to_owned(),
            names => format!("the arrays {}", names.join(", ")),
        };
        return Err(Error::Unfilled { inputs: inputs.iter().map(describe).collect(), given });
    }
    Ok((used, unused))
}
