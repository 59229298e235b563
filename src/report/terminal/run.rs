//! One run: what was run on what, one row per layer, and the figures over all layers.

use super::style::{Style, caption, paint};
use super::table::{Align, Table, bar};
use crate::base::text::{cut_middle, interval, nats, rank, seconds, thousands, visible};
use crate::measures::{Health, Summary};
use crate::report::schema::{Overall, Report};

/// Columns of a bar, where there is room.
const BAR: usize = 8;

/// The table of a run.
pub fn run(report: &Report, style: &Style) -> String {
    let mut out = heading(report, style);
    out.push('\n');
    out.push_str(&layers(report, style));
    out.push('\n');
    out.push_str(&figures(report, style));
    out
}

fn heading(report: &Report, style: &Style) -> String {
    let inputs = &report.inputs;
    // In a pipe, too, this line is one to read; whole paths are in the report.
    let (name_columns, path_columns) = if style.narrow() { (20, 16) } else { (32, 24) };
    let name = paint(style.strong, &cut_middle(&visible(report.name()), name_columns));
    let path = inputs.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let source = match &report.model {
        Some(_) => format!(" of {}", cut_middle(&visible(path), path_columns)),
        None => String::new(),
    };
    let time = paint(style.quiet, &format!("  {}", seconds(report.timing.total)));
    format!("{name}  {} {}{source}{time}\n", thousands(inputs.count), inputs.kind.noun(inputs.count))
}

fn layers(report: &Report, style: &Style) -> String {
    let most = |pick: fn(&crate::report::schema::Layer) -> f64| {
        report.layers.iter().map(pick).filter(|v| v.is_finite()).fold(0.0, f64::max)
    };
    let (most_h, most_i) = (most(|l| l.entropy.mean), most(|l| l.mutual_information.mean));
    let plain = anstyle::Style::new();
    let columns = style.bar(BAR);
    let mut table = Table::new(&[
        ("layer", Align::Left),
        ("neurons", Align::Right),
        ("H", Align::Right),
        ("", Align::Left),
        ("I", Align::Right),
        ("", Align::Left),
        ("R", Align::Right),
        ("health", Align::Left),
    ]);
    for layer in &report.layers {
        let (h, i) = (layer.entropy.mean, layer.mutual_information.mean);
        table.row(vec![
            (visible(&layer.label), plain),
            (thousands(layer.neurons), plain),
            (nats(h), plain),
            (bar(h / most_h, columns), style.bar),
            (nats(i), plain),
            (bar(i / most_i, columns), style.bar),
            (rank(layer.spectrum.effective_rank), plain),
            (health(&layer.health), style.quiet),
        ]);
    }
    table.render(style)
}

/// `ok`, or the counts of what is not.
fn health(health: &Health) -> String {
    let Health { constant, tied, non_finite, .. } = *health;
    let parts: Vec<String> = [(non_finite, "NaN"), (constant, "const"), (tied, "tied")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if parts.is_empty() { "ok".to_owned() } else { parts.join(" ") }
}

/// The overall means with their intervals, a line an estimator, and what the interval is.
fn figures(report: &Report, style: &Style) -> String {
    let line = |estimator: &str, overall: &Overall| {
        let figure = |s: &Summary| format!("{} {}", paint(style.strong, &nats(s.mean)), interval(s.interval95));
        let between = if style.narrow() { "\n          " } else { "   " };
        format!(
            "  {:<8}mean H {}{between}mean I {} nats\n",
            estimator,
            figure(&overall.entropy),
            figure(&overall.mutual_information)
        )
    };
    let mut out = line(report.estimator(), &report.overall);
    if let Some(beside) = &report.beside {
        out.push_str(&line(beside.estimator.name(), &beside.overall));
    }
    let spectrum = &report.overall.spectrum;
    let [low, high] = spectrum.interval95.map(rank);
    let figure = paint(style.strong, &rank(spectrum.effective_rank));
    out.push_str(&format!("  {:8}effective rank R {figure} [{low}, {high}]\n", ""));
    let columns = "H: entropy, I: mutual information, both means over neurons or pairs; R: effective rank; \
                   []: 95 % interval over inputs, given the bins' range";
    out + &caption(style, columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::width;
    use crate::report::schema::tests::report;
    use crate::report::terminal::COLUMNS;

    #[test]
    fn fits_eighty_columns_and_has_no_escapes() {
        let mut report = report(&["encoder.layer.0", "encoder.layer.11.output.LayerNorm.with_a_long_name"], 12_288);
        report.layers[1].label.push('\x1b');
        report.layers[1].health = Health { constant: 12, tied: 12_000, non_finite: 120, ..Health::default() };
        report.model.as_mut().unwrap().path = format!("/runs/{}\x1b[31m.onnx", "deep/".repeat(30));
        let text = run(&report, &Style::plain());
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
        let narrow = run(&report, &Style { columns: 60, ..Style::plain() });
        assert!(narrow.lines().all(|line| width(line) <= 60), "{narrow}");
        assert!(run(&report, &Style { columns: usize::MAX, ..Style::plain() }).contains("with_a_long_name"));
        assert!(text.contains("mean H 2.200 [2.150, 2.250]   mean I 0.900 [0.850, 0.950] nats"), "{text}");
    }

    #[test]
    fn colour_adds_escapes_and_nothing_else() {
        let report = report(&["fc1", "fc2"], 256);
        let (plain, colored) = (run(&report, &Style::plain()), run(&report, &Style::colored()));
        assert!(colored.contains('\x1b'));
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
    }
}
