//! Arrays in batches of the rows drawn, in the element types of the file.

use std::path::{Path, PathBuf};

use super::feed::{ArrayFeed, ArrayRow, ArrayRows, rounds};
use super::files::open;
use super::matching::{self, Filled, Matching};
use super::npy::Array;
use crate::base::warning::Warning;
use crate::inputs::batch::{Batch, shortened};
use crate::inputs::context::ModelContext;
use crate::inputs::draw;
use crate::inputs::error::Error;
use crate::inputs::limits::Limits;
use crate::inputs::places::Places;
use crate::inputs::provenance::{Origin, Preparation, Provenance};
use crate::inputs::settings::{Kind, Settings};
use crate::inputs::source::{Excerpt, InputSource, identify_file};
use crate::inputs::tensors::fill::Fill;
use crate::inputs::tensors::wanted::element_name;
use crate::model::TensorInfo;
use crate::runtime::Tensor;

/// Bytes per batch where `--batch-size` says nothing, and the most rows per batch.
const BUDGET: usize = 8 << 20;
const MOST_ROWS: usize = 256;

/// The arrays of a run.
#[derive(Debug)]
pub(crate) struct ArraySource {
    path: PathBuf,
    arrays: Vec<Used>,
    /// Rows in the file.
    available: usize,
    provenance: Provenance,
    warnings: Vec<Warning>,
    /// Rows of the file that are used, ascending.
    drawn: Vec<usize>,
    batch: usize,
}

/// An array that fills an input.
#[derive(Debug)]
struct Used {
    array: Array,
    /// The axis along which its inputs lie, or its values where they are the same for every batch.
    lies: Result<usize, Tensor>,
}

impl ArraySource {
    /// Opens the file, settles which array is for which of the model's inputs, and draws the rows.
    pub(crate) fn open(path: &Path, settings: &Settings, context: &ModelContext) -> Result<Self, Error> {
        let (arrays, unused) = choose(open(path)?, &context.inputs);
        let matching = matching::of(&context.inputs, &arrays)?;
        let limits = Limits::of(settings, matching.fixed_rows())?;
        let provenance = provenance(&arrays, &unused, &matching);
        let warnings = warnings(&matching);
        let malformed = |array: &Array, reason| Error::malformed(path, format!("array '{}' {reason}", array.name));
        let lies = |place: usize, array: Array| -> Result<Used, Error> {
            let axis = matching.filled.iter().find_map(|(_, filled)| match filled {
                Filled::Rows { place: of, axis } if *of == place => Some(*axis),
                _ => None,
            });
            let whole = || array.whole().map_err(|reason| malformed(&array, reason));
            let lies = axis.map_or_else(|| whole().map(Err), |axis| Ok(Ok(axis)))?;
            Ok(Used { array, lies })
        };
        let arrays: Vec<Used> =
            arrays.into_iter().enumerate().map(|(place, array)| lies(place, array)).collect::<Result<_, _>>()?;
        let drawn = draw::positions(matching.rows, settings.samples, settings.seed);
        if drawn.is_empty() {
            return Err(Error::Empty(path.to_owned()));
        }
        let row_bytes: usize = arrays.iter().filter_map(|used| used.row_bytes()).sum();
        let batch = limits.rows((BUDGET / row_bytes.max(1)).min(MOST_ROWS));
        let (path, available) = (path.to_owned(), matching.rows);
        Ok(ArraySource { path, arrays, available, provenance, warnings, drawn, batch })
    }

    /// What the arrays would be converted to for a model.
    pub(crate) fn provenance_of(path: &Path, context: &ModelContext) -> Result<Provenance, Error> {
        let (arrays, unused) = choose(open(path)?, &context.inputs);
        Ok(provenance(&arrays, &unused, &matching::of(&context.inputs, &arrays)?))
    }

    /// BLAKE3 of one row of all arrays.
    fn digest(&self, position: usize) -> Result<[u8; 32], Error> {
        let mut hasher = blake3::Hasher::new();
        for used in &self.arrays {
            if let Ok(axis) = used.lies {
                let bytes =
                    used.array.gather(axis, &[position]).map_err(|reason| self.malformed(&used.array, reason))?;
                hasher.update(&bytes);
            }
        }
        Ok(*hasher.finalize().as_bytes())
    }

    fn malformed(&self, array: &Array, reason: String) -> Error {
        Error::malformed(&self.path, format!("array '{}' {reason}", array.name))
    }
}

impl Used {
    /// Bytes of one row, where the array has rows.
    fn row_bytes(&self) -> Option<usize> {
        let axis = *self.lies.as_ref().ok()?;
        let all = self.array.row_bytes() * self.array.rows();
        Some(all / self.array.shape().get(axis).copied().unwrap_or(1).max(1))
    }
}

impl InputSource for ArraySource {
    fn kind(&self) -> Kind {
        Kind::Arrays
    }

    fn available(&self) -> u64 {
        self.available as u64
    }

    fn drawn(&self) -> usize {
        self.drawn.len()
    }

    fn window_rows(&self) -> usize {
        self.batch
    }

    fn batch(&self, window: usize, _nth: usize) -> Result<Batch, Error> {
        let rows: Vec<usize> = (window * self.batch..((window + 1) * self.batch).min(self.drawn.len())).collect();
        let positions: Vec<usize> = rows.iter().map(|row| self.drawn[*row]).collect();
        let digests = positions.iter().map(|position| self.digest(*position)).collect::<Result<Vec<_>, _>>()?;
        let mut prepared = Vec::with_capacity(self.arrays.len());
        for Used { array, lies } in &self.arrays {
            let (values, axis) = match lies {
                Ok(axis) => (array.take_along(*axis, &positions), Some(*axis)),
                Err(whole) => (Ok(whole.clone()), None),
            };
            let values = values.map_err(|reason| self.malformed(array, reason))?;
            prepared.push(ArrayRow { name: array.name.clone(), values, axis });
        }
        let prepared = Some(Box::new(ArrayRows(prepared)) as Box<_>);
        let alike = digests.iter().map(shortened).collect();
        Ok(Batch { rows, prepared, digests, alike, ..Batch::default() })
    }

    fn fill(&self, inputs: &[TensorInfo]) -> Result<Box<dyn Fill>, Error> {
        let arrays: Vec<Array> = self.arrays.iter().map(|used| used.array.clone()).collect();
        Ok(Box::new(ArrayFeed::new(matching::of(inputs, &arrays)?)))
    }

    fn excerpt(&self, row: usize) -> Result<Excerpt, Error> {
        let line = self.drawn.get(row).map(|position| *position as u64);
        Ok(Excerpt { source: self.path.to_string_lossy().into_owned(), line, text: String::new() })
    }

    fn places(&self, rows: &[usize]) -> Places {
        let drawn = rows.iter().filter_map(|row| self.drawn.get(*row)).copied();
        Places::rows_of(self.path.display().to_string(), self.available() as usize, drawn)
    }

    fn identify(&self, hasher: &mut blake3::Hasher) {
        identify_file(hasher, &self.path);
    }

    fn provenance(&self) -> Provenance {
        self.provenance.clone()
    }

    /// Rows of arrays are measured as they come: what repeats may be meant.
    fn keeps_repeats(&self) -> bool {
        true
    }

    fn warnings(&self) -> Vec<Warning> {
        self.warnings.clone()
    }
}

/// Inputs that are the same for every batch, or start at zero.
fn warnings(matching: &Matching) -> Vec<Warning> {
    let names = |of: &dyn Fn(&Filled) -> bool| -> Vec<String> {
        matching.filled.iter().filter(|(_, filled)| of(filled)).map(|(input, _)| input.name.clone()).collect()
    };
    let zero = names(&|filled| matches!(filled, Filled::Zeros { .. }));
    (!zero.is_empty()).then_some(Warning::ZeroState { inputs: zero }).into_iter().collect()
}

/// Which array fills which input and how its values are converted, and which arrays are left out.
fn provenance(arrays: &[Array], unused: &[String], matching: &Matching) -> Provenance {
    let mut step = Preparation::default();
    for (input, filled) in &matching.filled {
        let converted = |place: usize| {
            let array = &arrays[place];
            let (has, wants) = (array.dtype().name(), element_name(input.element));
            match (has == wants, rounds(array, input)) {
                (true, _) => has.to_owned(),
                (false, true) => format!("{has} rounded to {wants}"),
                (false, false) => format!("{has} converted to {wants}"),
            }
        };
        let how = match filled {
            Filled::Rows { place, axis: 0 } => converted(*place),
            Filled::Rows { place, axis } => format!("{}, inputs along axis {axis}", converted(*place)),
            Filled::Shared { place } => format!("{}, the same for every batch", converted(*place)),
            Filled::Zeros { .. } => "zeros".to_owned(),
            Filled::Off => "off".to_owned(),
        };
        step.set(&input.name, how, Origin::Model);
    }
    if !unused.is_empty() {
        step.set("unused", unused.to_vec(), Origin::Model);
    }
    Provenance { steps: [("arrays".to_owned(), step)].into() }
}

/// The arrays that may fill an input, and the names of the others. A lone array fills a lone input whatever its name.
fn choose(arrays: Vec<Array>, inputs: &[TensorInfo]) -> (Vec<Array>, Vec<String>) {
    if let ([_], [_]) = (&arrays[..], inputs) {
        return (arrays, Vec::new());
    }
    let (used, unused): (Vec<Array>, Vec<Array>) =
        arrays.into_iter().partition(|array| inputs.iter().any(|input| input.name == array.name));
    // Where none fits, all are named in the message.
    if used.is_empty() { (unused, Vec::new()) } else { (used, unused.into_iter().map(|array| array.name).collect()) }
}
