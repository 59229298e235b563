//! `probe measure FILE`: activations that come from elsewhere.

use serde_json::Map;

use crate::Error;
use crate::activations;
use crate::cli::Desk;
use crate::cli::exit::Outcome;
use crate::cli::settings::MeasureFile;
use crate::inputs;
use crate::measures;
use crate::report::figures::Figures;
use crate::report::gather::{Ran, gather};

use super::{Clock, deliver};

/// Measures a file of activations, without any model.
pub fn measure(settings: &MeasureFile) -> Result<Outcome, Error> {
    let mut clock = Clock::start();
    let desk = Desk::open(&settings.output)?;
    let draw = |rows: usize| inputs::positions(rows, settings.samples, settings.seed);
    let activations = activations::load(&settings.file, &|_| true, &draw, &desk)?;
    clock.loaded();
    desk.keep_parts(settings.output.resume, depends(settings, &activations))?;
    let measures = measures::measure(activations.rows(), &activations.ranges(), &settings.measures, &desk)?;
    let gathered = gather(&Ran {
        model: None,
        path: settings.file.display().to_string(),
        activations: &activations,
        measures: &measures,
        settings: &settings.measures,
        other_settings: Map::from_iter([
            ("samples".into(), super::capture::samples(settings.samples)),
            ("threads".into(), settings.threads.into()),
        ]),
        timing: clock.timing(&measures),
        resumed: settings.output.resume,
    })?;
    let saved = settings.output.save_activations.then_some(&activations);
    deliver(&gathered, &Figures::of(measures.leading(), &activations.ranges()), saved, &desk, &settings.output)?;
    Ok(Outcome::Done)
}

fn depends(
    settings: &MeasureFile,
    activations: &activations::Activations,
) -> std::collections::BTreeMap<String, String> {
    [
        ("probe", env!("CARGO_PKG_VERSION").to_owned()),
        ("activations", blake3::Hash::from_bytes(activations.digest).to_hex().to_string()),
        ("samples", super::capture::samples(settings.samples).to_string()),
        ("measures", serde_json::to_string(&settings.measures).unwrap_or_default()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
