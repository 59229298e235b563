//! `report.html`: one file that needs no network, made from one run or several.
//!
//! In: reports and figures ([`Shown`]) and verdicts ([`Judged`]). Out: a page. Plots are SVG made here, twice (for a wide
//! and a narrow window); the matrix is a canvas that the page's script draws. All text goes through the template's
//! automatic escaping or [`svg::escape`], and data for the script through [`svg::script_safe`].

use std::io::Write;

use minijinja::{AutoEscape, Environment, Value, context};

use super::Error;
use super::compared::{self, CompareReport};
use super::examples::Examples;
use super::figures::Figures;
use super::saved::SavedRun;
use super::schema::{Overall, Report};
use crate::base::text::visible;
use crate::measures::Estimator;

mod boxes;
mod codes;
mod context;
mod data;
mod density;
mod heatmap;
mod judged;
mod labels;
mod mixture;
mod order;
mod plane;
mod provenance;
mod svg;
mod telling;
mod warned;

pub use judged::Judged;

/// Colours of variants, after which they come again.
const COLOURS: usize = 6;

/// A variant (or the only run) as a page shows it.
pub struct Shown<'a> {
    /// The variant's label; of a lone run the model's name.
    pub label: String,
    /// The first of its models, whose neurons are drawn.
    pub report: &'a Report,
    pub figures: &'a Figures<'a>,
    pub examples: Option<&'a Examples>,
    /// All its models' reports, the first included.
    pub replicates: Vec<&'a Report>,
    /// Over all its models.
    pub overall: Overall,
    /// The same under the other estimator, where there is one.
    pub beside: Option<Overall>,
    /// H, I and R over all its models as a verdict reads them; NaN where there is no verdict.
    pub judged: [f64; 3],
}

impl<'a> Shown<'a> {
    /// A variant of one model.
    pub fn one(label: String, report: &'a Report, figures: &'a Figures<'a>, examples: Option<&'a Examples>) -> Self {
        Shown {
            label,
            report,
            figures,
            examples,
            replicates: vec![report],
            overall: report.overall,
            beside: report.beside.as_ref().map(|beside| beside.overall),
            judged: [f64::NAN; 3],
        }
    }
}

/// Writes the page of one run.
///
/// # Errors
/// Writing fails.
pub fn write_run(report: &Report, figures: &Figures, examples: Option<&Examples>, to: impl Write) -> Result<(), Error> {
    write(&[Shown::one(report.name().to_owned(), report, figures, examples)], &[], &[], to)
}

/// Writes the page of several runs side by side, each under a label.
///
/// # Errors
/// Writing fails.
pub fn write_runs(runs: &[(String, &SavedRun)], to: impl Write) -> Result<(), Error> {
    let shown: Vec<Shown> = (runs.iter())
        .map(|(label, run)| Shown::one(label.clone(), &run.report, &run.figures, run.examples.as_ref()))
        .collect();
    write(&shown, &[], &[], to)
}

/// Writes the page of a comparison. `drawn` are the figures and examples of each variant's first model.
///
/// # Errors
/// Writing fails.
pub fn write_comparison<'a>(
    report: &'a CompareReport,
    drawn: &[(&'a Figures<'a>, Option<&'a Examples>)],
    to: impl Write,
) -> Result<(), Error> {
    let shown: Vec<Shown> = (report.variants.iter().zip(drawn))
        .filter_map(|(variant, &(figures, examples))| {
            Some(Shown {
                label: variant.label.clone(),
                report: variant.replicates.first()?,
                figures,
                examples,
                replicates: variant.replicates.iter().collect(),
                overall: variant.overall,
                beside: variant.beside,
                judged: report.ranking.figures(&variant.label),
            })
        })
        .collect();
    let judged: Vec<Judged> = report.pairs.iter().map(Judged::of).collect();
    let orders = compared::orders(&report.ranking).into_iter().map(|(head, order)| format!("{head} {order}"));
    let scores = report.agreement.as_ref().map(compared::correlations).unwrap_or_default();
    let closing: Vec<String> = [report.ranking.advice.clone()].into_iter().chain(orders).chain(scores).collect();
    write(&shown, &judged, &closing, to)
}

/// Writes the page of one or more variants (or runs). `closing` is what follows from all verdicts, line by line.
///
/// # Errors
/// Writing fails.
pub fn write(shown: &[Shown], judged: &[Judged], closing: &[String], mut to: impl Write) -> Result<(), Error> {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_trim_blocks(true);
    templates.set_lstrip_blocks(true);
    let failed = |e: minijinja::Error| Error::Page(e.to_string());
    templates.add_template("report.html", include_str!("report.html")).map_err(failed)?;
    let template = templates.get_template("report.html").map_err(failed)?;

    let turned = turned(shown);
    let other = turned.as_ref().and_then(|reports| beside(shown, reports));
    let mut readings: Vec<&[Shown]> = [Some(shown), other.as_deref()].into_iter().flatten().collect();
    if !judged.is_empty() {
        // The plots begin with the estimator that the verdict reads.
        let is_robust = |of: &&[Shown]| of.first().is_some_and(|of| of.report.estimator() == Estimator::Robust.name());
        readings.sort_by_key(|of| !is_robust(of));
    }
    let labels = context::layer_labels(shown);
    let decide: Vec<&str> = judged.iter().filter_map(|pair| pair.layer.as_deref()).collect();
    let read = readings.iter().map(|of| {
        let (data, distributions) = data::collect(of, readings.len());
        let names: Vec<&str> = of.iter().map(|s| s.label.as_str()).collect();
        let both = |draw: &dyn Fn(svg::Format) -> String| {
            // Drawings escape what they are given, so they go in as they are.
            Value::from_safe_string(svg::Format::BOTH.into_iter().map(draw).collect())
        };
        let view = context! {
            boxes => both(&|format| boxes::boxes(of, &labels, &decide, format)),
            density => both(&|format| density::density(&names, &distributions, format)),
            plane => both(&|format| plane::plane(of, format)),
            ..context::reading(of, &distributions)
        };
        (data, view)
    });
    let (data, views): (Vec<data::ReadingData>, Vec<Value>) = read.unzip();
    let data = serde_json::to_string(&data::Data { readings: data }).map_err(|e| Error::Page(e.to_string()))?;
    // Scripts and styles run only under this mark, which no text of the user's can foresee.
    let nonce = blake3::hash(data.as_bytes()).to_hex()[..24].to_owned();
    let page = context! {
        nonce,
        style => Value::from_safe_string(include_str!("report.css").to_owned()),
        script => Value::from_safe_string(include_str!("report.js").to_owned()),
        data => Value::from_safe_string(svg::script_safe(&data)),
        variants => views.first().and_then(|view| view.get_attr("variants").ok()),
        readings => views,
        decides => boxes::DECIDES,
        carried => Value::from_serialize(judged::carried(judged)),
        changed => Value::from_serialize(telling::changed(readings.first().copied().unwrap_or_default(), judged)),
        closing => closing.iter().map(|line| visible(line)).collect::<Vec<_>>(),
        judged => judged.iter().map(|j| Value::from_serialize(j.visible())).collect::<Vec<_>>(),
        ..context::page(shown, judged)
    };
    let text = template.render(page).map_err(failed)?;
    to.write_all(text.as_bytes())?;
    to.flush()?;
    Ok(())
}

/// Every model's report as it would lead with the other estimator, per variant; none where any has one estimator only.
fn turned(shown: &[Shown]) -> Option<Vec<Vec<Report>>> {
    let of = |shown: &Shown| shown.replicates.iter().map(|report| report.turned()).collect::<Option<Vec<Report>>>();
    shown.iter().map(of).collect()
}

/// The same variants under the other estimator.
fn beside<'a>(shown: &'a [Shown], reports: &'a [Vec<Report>]) -> Option<Vec<Shown<'a>>> {
    let of = |(shown, reports): (&'a Shown, &'a Vec<Report>)| {
        Some(Shown {
            label: shown.label.clone(),
            report: reports.first()?,
            figures: shown.figures.beside.as_deref()?,
            examples: shown.examples,
            replicates: reports.iter().collect(),
            overall: shown.beside?,
            beside: Some(shown.overall),
            judged: shown.judged,
        })
    };
    shown.iter().zip(reports).map(of).collect()
}

#[cfg(test)]
mod tests;
