//! Tables in Markdown, for papers and pull requests.

use std::io::Write;

use super::Export;
use crate::ablation::LayerChange;
use crate::base::text::{interval, nats, percent, rank, thousands, visible};
use crate::labels::{Code, Estimate};
use crate::measures::Summary;
use crate::report::Error;
use crate::report::ablation::AblationReport;
use crate::report::compared::CompareReport;
use crate::report::figures::Figures;
use crate::report::labels::LabelsReport;
use crate::report::schema::Report;

pub(super) struct Markdown;

impl Export for Markdown {
    fn run(&self, report: &Report, _: &Figures, to: &mut dyn Write) -> Result<(), Error> {
        writeln!(to, "| layer | neurons | H | I |\n|---|---:|---:|---:|")?;
        for layer in &report.layers {
            let (h, i) = (nats(layer.entropy.mean), nats(layer.mutual_information.mean));
            writeln!(to, "| {} | {} | {h} | {i} |", cell(&layer.label), thousands(layer.neurons))?;
        }
        let overall = &report.overall;
        let (h, i) = (with_interval(&overall.entropy), with_interval(&overall.mutual_information));
        writeln!(to, "| **all layers** | {} | {h} | {i} |", thousands(report.neurons()))?;
        let inputs = &report.inputs;
        let (count, noun) = (thousands(inputs.count), inputs.kind.noun(inputs.count));
        writeln!(
            to,
            "\nMeans in nats, `{}` estimator, {count} {noun}; 95 % intervals over inputs.",
            report.estimator()
        )?;
        Ok(())
    }

    fn comparison(&self, report: &CompareReport, _: &[Vec<Figures>], to: &mut dyn Write) -> Result<(), Error> {
        writeln!(to, "| variant | models | H | I | verdict |\n|---|---:|---:|---:|---|")?;
        for variant in &report.variants {
            let verdict = report.pairs.iter().find(|pair| pair.variant == variant.label);
            let verdict = verdict.map_or_else(|| "baseline".to_owned(), |pair| pair.verdict.to_string());
            let (h, i) = (nats(variant.overall.entropy.mean), nats(variant.overall.mutual_information.mean));
            writeln!(to, "| {} | {} | {h} | {i} | {verdict} |", cell(&variant.label), variant.replicates.len())?;
        }
        writeln!(to)?;
        for pair in &report.pairs {
            writeln!(to, "- {}", cell(&pair.evidence.sentence))?;
        }
        Ok(())
    }

    fn ablation(&self, report: &AblationReport, to: &mut dyn Write) -> Result<(), Error> {
        let found = &report.ablation;
        let share = |share: Option<f64>| share.map_or_else(String::new, percent);
        if !found.curve.is_empty() {
            writeln!(to, "| neurons off | answers changed | random | accuracy | random |\n|---:|---:|---:|---:|---:|")?;
        }
        for point in &found.curve {
            let (changed, random) = (percent(point.changed.share), percent(point.changed_random.mean));
            let (right, beside) = (point.accuracy.map(|of| of.share), point.accuracy_random.map(|of| of.mean));
            writeln!(to, "| {} | {changed} | {random} | {} | {} |", point.neurons, share(right), share(beside))?;
        }
        writeln!(to, "\n| layer | H | H off | I | I off | R | R off |\n|---|---:|---:|---:|---:|---:|---:|")?;
        for LayerChange { label, before, after, .. } in &found.layers {
            let h = [before, after].map(|of| nats(of.entropy)).join(" | ");
            let i = [before, after].map(|of| nats(of.mutual_information)).join(" | ");
            let r = [before, after].map(|of| rank(of.effective_rank)).join(" | ");
            writeln!(to, "| {} | {h} | {i} | {r} |", cell(label))?;
        }
        Ok(())
    }

    fn labels(&self, report: &LabelsReport, to: &mut dyn Write) -> Result<(), Error> {
        let figures = |code: &Code| {
            let length = thousands(code.codelength.mean.round() as usize);
            format!("{length} | {} | {}", estimate(&code.compression), percent(code.accuracy.mean))
        };
        writeln!(
            to,
            "| labels | layer | codelength | compression | accuracy | control |\n|---|---|---:|---:|---:|---:|"
        )?;
        for of in &report.labels {
            let column = cell(&of.column);
            for layer in &of.layers {
                let control = rank(layer.control.compression.mean);
                writeln!(to, "| {column} | {} | {} | {control} |", cell(&layer.label), figures(&layer.code))?;
            }
            writeln!(to, "| {column} | *labels alone* | {} | |", figures(&of.featureless))?;
        }
        Ok(())
    }
}

fn estimate(of: &Estimate) -> String {
    match of.interval95.iter().all(|end| end.is_finite()) {
        true => format!("{} [{}, {}]", rank(of.mean), rank(of.interval95[0]), rank(of.interval95[1])),
        false => rank(of.mean),
    }
}

/// A text that cannot end its cell or start markup.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).chars() {
        if matches!(c, '|' | '*' | '_' | '`' | '<' | '[' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn with_interval(summary: &Summary) -> String {
    format!("{} {}", nats(summary.mean), interval(summary.interval95)).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::report::compared::tests::compared;
    use crate::report::schema::tests::report;

    #[test]
    fn a_run_is_one_table() {
        let figures = Figures::new(vec![1.0; 4], &[2, 2], &[0, 2], Array2::zeros((2, 2)));
        let mut text = Vec::new();
        Markdown.run(&report(&["fc|1", "fc2"], 2), &figures, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.starts_with("| layer | neurons | H | I |\n|---|---:|---:|---:|\n| fc\\|1 | 2 | 2.000 | 1.000 |\n")
        );
        assert!(text.contains("| **all layers** | 4 | 2.200 [2.150, 2.250] | 0.900 [0.850, 0.950] |"), "{text}");
    }

    #[test]
    fn a_comparison_has_its_verdicts() {
        let mut text = Vec::new();
        Markdown.comparison(&compared(), &[], &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("| base | 1 | 2.900 | 0.060 | baseline |"), "{text}");
        assert!(text.lines().any(|line| line.starts_with("| a shortcut") && line.ends_with("| heuristic |")), "{text}");
        assert!(!text.contains('\x1b'));
    }
}
