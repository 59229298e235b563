//! `probe compare LABEL=MODEL…`: several models over the same inputs, one after another.
//!
//! The inputs are drawn and prepared once. Of a model only its measures outlive its turn: its activations are dropped
//! before the next one's are captured.

use std::io;
use std::path::Path;

use crate::Error;
use crate::activations::Activations;
use crate::cli::Desk;
use crate::cli::args::Format;
use crate::cli::exit::Outcome;
use crate::cli::settings::Compare;
use crate::comparison::{self, Alignment, Observed, Variant, gates, observed, scores};
use crate::inputs::Inputs;
use crate::measures::{self, Binning, Measures};
use crate::report::compared::CompareReport;
use crate::report::examples::Examples;
use crate::report::figures::Figures;
use crate::report::gather::{Gathered, Ran, gather};
use crate::report::schema::Report;
use crate::report::{json, page, saved, terminal};
use crate::runtime::Runtime;
use crate::store::RunFolder;

use super::deliver::{into_io, save, skipped_lines};
use super::{Clock, Tapped, capture, depends, print, print_json, recorded, style};

/// Compares the variants.
pub fn compare(settings: &Compare) -> Result<Outcome, Error> {
    let run = &settings.run;
    let gates = gates::parse(&settings.fail_if)?;
    let scores = settings.scores.as_deref().map(scores::read).transpose()?;
    let desk = Desk::open(&run.output)?;
    let runtime = Runtime::find(run.runtime.onnxruntime.as_deref())?;
    let mut variants = open(settings)?;
    let alignment = align(settings, &mut variants)?;
    let first = &variants[0].models[0];
    let inputs = Inputs::open(&crate::inputs::Settings { keep_pixels: true, ..run.inputs.clone() }, &first.model)?;
    if run.output.dry_run {
        return super::dry_run(first.session(&runtime, run, &desk)?, first, &inputs, run);
    }
    let sections: Vec<(String, &Tapped)> = variants.iter().flat_map(Opened::sections).collect();
    let named: Vec<(&str, &Tapped)> = sections.iter().map(|(section, tapped)| (section.as_str(), *tapped)).collect();
    desk.keep_parts(run.output.resume, depends(&named, &inputs, run, &runtime))?;

    let pass = Pass { settings, runtime: &runtime, inputs: &inputs, desk: &desk };
    let measures = measures::Settings { binning: pass.binning(&named)?, ..run.measures.clone() };
    let mut observed = Vec::new();
    let mut read = Vec::new();
    for (index, variant) in variants.iter().enumerate() {
        let mut replicates = Vec::new();
        let mut kept = Vec::new();
        for (replicate, (section, tapped)) in variant.sections().into_iter().enumerate() {
            let model = pass.measure(tapped, &section, &measures, (index, replicate))?;
            replicates.push(Observed::new(&model.measures, model.layers()));
            kept.push(model);
        }
        observed.push(Variant { label: variant.label.clone(), replicates });
        read.push(kept);
    }
    let chosen = comparison::Settings {
        baseline: Some(settings.baseline.clone()),
        dropped: alignment.dropped,
        ..comparison::Settings::default()
    };
    let comparison = comparison::compare(&observed, &chosen)?;
    let trips = gates::tripped(&gates, &comparison);
    let place = settings.scores.as_deref().map(Path::display);
    let agreement = match (scores, place) {
        (Some(scores), Some(place)) => Some(scores::agreement(&scores, &comparison, &place.to_string())?),
        _ => None,
    };
    let reports = read.iter().map(|kept| kept.iter().map(|model| model.gathered.report.clone()).collect()).collect();
    let report = CompareReport { agreement, trips, ..CompareReport::new(comparison, reports) };
    deliver(&report, &read, settings, &desk)?;
    Ok(if report.trips.is_empty() { Outcome::Done } else { Outcome::Tripped })
}

/// A variant's models, opened.
struct Opened {
    label: String,
    models: Vec<Tapped>,
}

impl Opened {
    /// The models with the names under which their parts are kept.
    fn sections(&self) -> Vec<(String, &Tapped)> {
        let name = |replicate: usize| match self.models.len() {
            1 => self.label.clone(),
            _ => format!("{} {replicate}", self.label),
        };
        self.models.iter().enumerate().map(|(replicate, tapped)| (name(replicate), tapped)).collect()
    }
}

/// Opens every model before the first is run: what does not match should be known at once.
fn open(settings: &Compare) -> Result<Vec<Opened>, Error> {
    let open = |(label, paths): &(String, Vec<std::path::PathBuf>)| {
        let models = paths.iter().map(|path| Tapped::open(path, &settings.run.taps)).collect::<Result<_, Error>>()?;
        Ok(Opened { label: label.clone(), models })
    };
    settings.variants.iter().map(open).collect()
}

/// Matches the layers of all models with the baseline's; with `--align` the taps that are not common are dropped.
fn align(settings: &Compare, variants: &mut [Opened]) -> Result<Alignment, Error> {
    let mut models: Vec<(&str, Vec<observed::Layer>)> = variants
        .iter()
        .flat_map(|variant| variant.models.iter().map(|tapped| (variant.label.as_str(), tapped.layers())))
        .collect();
    // The baseline comes first; the sort is stable.
    models.sort_by_key(|(label, _)| *label != settings.baseline);
    let models: Vec<(&str, &[observed::Layer])> = models.iter().map(|(label, layers)| (*label, &layers[..])).collect();
    let alignment = comparison::align(&models, settings.align)?;
    if !alignment.dropped.is_empty() {
        for tapped in variants.iter_mut().flat_map(|variant| &mut variant.models) {
            tapped.keep(&alignment.common)?;
        }
    }
    Ok(alignment)
}

/// What every model's turn has in common.
struct Pass<'a> {
    settings: &'a Compare,
    runtime: &'a Runtime,
    inputs: &'a Inputs,
    desk: &'a Desk,
}

/// What stays of a model.
struct Kept {
    gathered: Gathered,
    measures: Measures,
}

impl Kept {
    fn layers(&self) -> Vec<observed::Layer> {
        let layers = self.gathered.report.layers.iter();
        layers.map(|layer| observed::Layer { label: layer.label.clone(), neurons: layer.neurons }).collect()
    }

    fn figures(&self) -> Figures<'_> {
        Figures::of(self.measures.leading(), &ranges(&self.gathered.report))
    }
}

fn ranges(report: &Report) -> Vec<std::ops::Range<usize>> {
    let mut start = 0;
    let range = |neurons: usize| {
        start += neurons;
        start - neurons..start
    };
    report.layers.iter().map(|layer| layer.neurons).map(range).collect()
}

impl Pass<'_> {
    fn capture(&self, tapped: &Tapped, section: &str) -> Result<Activations, Error> {
        let run = &self.settings.run;
        capture(tapped.session(self.runtime, run, self.desk)?, tapped, self.inputs, run, section, self.desk)
    }

    /// The binning asked for. A range over all variants takes a run of each model before anything can be binned.
    fn binning(&self, models: &[(&str, &Tapped)]) -> Result<Binning, Error> {
        if !self.settings.shared_range {
            return Ok(self.settings.run.measures.binning);
        }
        let (mut min, mut max) = (f32::INFINITY, f32::NEG_INFINITY);
        for (section, tapped) in models {
            let activations = self.capture(tapped, section)?;
            for value in activations.rows().iter().copied().filter(|value| value.is_finite()) {
                min = min.min(value);
                max = max.max(value);
            }
        }
        Ok(Binning::Shared { min, max })
    }

    /// One model's turn, up to the files of its own.
    fn measure(
        &self,
        tapped: &Tapped,
        section: &str,
        settings: &measures::Settings,
        (variant, replicate): (usize, usize),
    ) -> Result<Kept, Error> {
        let run = &self.settings.run;
        let mut clock = Clock::start();
        let activations = self.capture(tapped, section)?;
        clock.captured();
        let desk = self.desk.section(section);
        let measures = measures::measure(activations.rows(), &activations.ranges(), settings, &desk)?;
        let gathered = gather(&Ran {
            model: Some(tapped.ran(self.runtime, self.inputs, run)),
            path: run.inputs.source.to_string(),
            activations: &activations,
            measures: &measures,
            settings,
            other_settings: recorded(run),
            timing: clock.timing(&measures),
            resumed: run.output.resume,
        })?;
        let kept = Kept { gathered, measures };
        if let Some(folder) = self.desk.folder() {
            let folder = RunFolder::create(&saved::model_folder(folder.path(), variant, replicate))?;
            let activations = run.output.save_activations.then_some(&activations);
            save(&kept.gathered, &kept.figures(), activations, &folder)?;
        }
        Ok(kept)
    }
}

/// Writes the comparison's folder, if there is one, and prints what was asked for.
fn deliver(report: &CompareReport, read: &[Vec<Kept>], settings: &Compare, desk: &Desk) -> Result<(), Error> {
    if let Some(folder) = desk.folder() {
        let figures: Vec<(Figures, Option<&Examples>)> = read
            .iter()
            .filter_map(|kept| kept.first())
            .map(|first| (first.figures(), first.gathered.examples.as_ref()))
            .collect();
        let drawn: Vec<_> = figures.iter().map(|(figures, examples)| (figures, *examples)).collect();
        let mut files = folder.batch();
        if let Some(first) = read.iter().flatten().next() {
            files.write(super::deliver::SKIPPED, |file| skipped_lines(&first.gathered.skipped, file))?;
        }
        files.write(saved::PAGE, |file| page::write_comparison(report, &drawn, file).map_err(into_io))?;
        files.write(saved::REPORT, |file| json::write(report, file).map_err(into_io))?;
        files.commit()?;
        desk.clear_parts()?;
    }
    match settings.run.output.format {
        Format::Json => print_json(report),
        Format::Csv => {
            for kept in read.iter().flatten() {
                crate::report::csv::write(&kept.gathered.report, &kept.figures(), io::stdout().lock())?;
            }
            Ok(())
        }
        Format::Table => {
            let next = desk.folder().map(super::deliver::open_page);
            print(&terminal::compare(report, next.as_deref(), &style()))
        }
    }
}
