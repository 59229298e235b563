//! `probe labels`: a table per column of labels, a row per layer.

use super::style::{COLUMNS, Style, caption, paint, paragraph};
use super::table::{Align, Table, bar};
use crate::base::text::{cut_middle, percent, rank, thousands, visible};
use crate::labels::{Code, Codelengths, Estimate, Units};
use crate::report::labels::LabelsReport;

/// Columns of a bar, where there is room.
const BAR: usize = 6;

/// The widest label in 80 columns: figures are never cut for it.
const LABEL: usize = 22;

/// Classes that are named.
const NAMED: usize = 8;

/// The codelengths of every column of labels.
pub fn labels(report: &LabelsReport, style: &Style) -> String {
    let name = paint(style.strong, &cut_middle(&visible(&report.name), 48));
    let mut out = format!("{name}  {} {}\n", thousands(report.inputs), report.kind.noun(report.inputs));
    for of in &report.labels {
        out.push('\n');
        out.push_str(&paragraph(style, "  ", 4, &classes(of)));
        out.push('\n');
        out.push_str(&table(of, style));
    }
    if let Some(first) = report.labels.first() {
        out.push('\n');
        out.push_str(&caption(style, &explanation(first, report)));
    }
    out
}

/// `polarity: negative 706, positive 1,790 (4 missing)`.
fn classes(of: &Codelengths) -> String {
    let mut names: Vec<String> = of
        .classes
        .iter()
        .take(NAMED)
        .map(|class| format!("{} {}", cut_middle(&visible(&class.name), 24), thousands(class.inputs)))
        .collect();
    if let Some(more @ 1..) = of.classes.len().checked_sub(NAMED) {
        names.push(format!("and {} more of {} classes", thousands(more), thousands(of.classes.len())));
    }
    let missing = if of.missing > 0 { format!(" ({} missing)", thousands(of.missing)) } else { String::new() };
    format!("{}: {}{missing}", cut_middle(&visible(&of.column), 32), names.join(", "))
}

fn table(of: &Codelengths, style: &Style) -> String {
    let plain = anstyle::Style::new();
    let length = match of.units {
        Units::Bits => "bits",
        Units::Published => "published",
    };
    let mut table = Table::new(&[
        ("layer", Align::Left),
        (length, Align::Right),
        ("compression [95 %]", Align::Left),
        ("", Align::Left),
        ("control", Align::Right),
        ("accuracy", Align::Right),
    ]);
    let most =
        of.layers.iter().map(|layer| layer.code.compression.mean).fold(of.featureless.compression.mean, f64::max);
    let widest = if style.narrow() { LABEL / 2 } else { LABEL + (style.columns - COLUMNS) };
    let row = |label: &str, code: &Code, control: String, of_bar: anstyle::Style| {
        vec![
            (cut_middle(&visible(label), widest), plain),
            (thousands(code.codelength.mean.round() as usize), plain),
            (estimate(&code.compression), plain),
            (bar(code.compression.mean / most, style.bar(BAR)), of_bar),
            (control, plain),
            (percent(code.accuracy.mean), plain),
        ]
    };
    for layer in &of.layers {
        let control = rank(layer.control.compression.mean);
        table.row(row(&layer.label, &layer.code, control, style.bar));
    }
    table.row(row("labels alone", &of.featureless, String::new(), style.quiet));
    table.render(style)
}

/// `1.68 [1.63, 1.73]`.
fn estimate(of: &Estimate) -> String {
    match of.interval95.iter().all(|end| end.is_finite()) {
        true => format!("{} [{}, {}]", rank(of.mean), rank(of.interval95[0]), rank(of.interval95[1])),
        false => rank(of.mean),
    }
}

fn explanation(of: &Codelengths, report: &LabelsReport) -> String {
    let orders = report.settings.get("orders").and_then(serde_json::Value::as_u64).unwrap_or(1);
    let over = match orders {
        1 => "in one random order".to_owned(),
        _ => format!("[95 % interval over {orders} random orders]"),
    };
    let published = match of.units {
        Units::Bits => "",
        Units::Published => " Published units: the first block in bits, the others in nats.",
    };
    format!(
        "compression: {} bits of the uniform code over the online codelength, {over}; control: the labels permuted; \
         accuracy: on the last block.{published}",
        thousands(of.uniform.round() as usize)
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::base::text::width;
    use crate::labels::{Class, LayerCode};
    use crate::report::schema::Kind;

    fn about(mean: f64) -> Estimate {
        Estimate { mean, interval95: [mean - 0.05, mean + 0.05] }
    }

    pub(crate) fn report() -> LabelsReport {
        let code = |compression: f64| Code {
            codelength: about(2496.0 / compression),
            compression: about(compression),
            accuracy: about(0.93),
        };
        let layer = |label: &str, compression: f64| LayerCode {
            label: label.into(),
            neurons: 128,
            left_out: 0,
            code: code(compression),
            control: code(1.02),
        };
        let class = |name: &str, inputs: usize| Class { name: name.into(), inputs };
        let of = Codelengths {
            column: "polarity\x1b[31m".into(),
            units: Units::Bits,
            inputs: 2496,
            missing: 4,
            classes: vec![class("negative", 706), class("positive", 1790)],
            dropped: Vec::new(),
            blocks: vec![4, 2496],
            uniform: 2496.0,
            featureless: code(1.16),
            layers: vec![layer("encoder.layer.0", 1.68), layer(&"encoder.layer.1.".repeat(9), 15.9)],
        };
        let settings = serde_json::Map::from_iter([("orders".to_owned(), 5.into())]);
        LabelsReport::new("run".into(), "heuristic.onnx".into(), Kind::Texts, 2500, settings, vec![of])
    }

    #[test]
    fn the_table_fits_eighty_columns_and_has_no_escapes() {
        let text = labels(&report(), &Style::plain());
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
        assert!(text.contains("negative 706, positive 1,790 (4 missing)"), "{text}");
        assert!(text.contains("1.68 [1.63, 1.73]") && text.contains("labels alone"), "{text}");
        let colored = labels(&report(), &Style::colored());
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), text);
        let narrow = labels(&report(), &Style { columns: 60, ..Style::plain() });
        assert!(narrow.lines().all(|line| width(line) <= 60), "{narrow}");
    }
}
