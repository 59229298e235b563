//! `probe compare`: one table to read at a glance, a sentence per variant, and the order of the variants.

use super::style::{COLUMNS, Style, caption, paint, paragraph};
use super::table::{Align, Table};
use crate::base::text::{cut_middle, nats, rank, visible};
use crate::comparison::Direction;
use crate::report::compared::{self, CompareReport};

/// The table, the sentences and the rankings.
pub fn compare(report: &CompareReport, style: &Style) -> String {
    let mut out = table(report, style);
    for pair in &report.pairs {
        out.push('\n');
        out.push_str(&paragraph(style, "", 0, &visible(&pair.evidence.sentence)));
        for line in compared::notes(pair) {
            out.push_str(&paragraph(style, "  - ", 4, &visible(&line)));
        }
    }
    let mut covers: Vec<&str> = report.pairs.iter().map(|pair| compared::covers(pair.evidence.covers)).collect();
    covers.dedup();
    out.push('\n');
    for text in covers {
        out.push_str(&paragraph(style, "", 0, text));
    }
    out.push('\n');
    for (head, order) in compared::orders(&report.ranking) {
        let head = format!("{head:<22}");
        out.push_str(&paragraph(style, &head, head.len(), &visible(&order)));
    }
    out.push_str(&paragraph(style, "", 0, &visible(&report.ranking.advice)));
    if let Some(agreement) = &report.agreement {
        out.push('\n');
        for line in compared::correlations(agreement) {
            out.push_str(&paragraph(style, "", 0, &line));
        }
    }
    for dropped in &report.dropped {
        out.push_str(&paragraph(style, &paint(style.warning, "! "), 2, &visible(&format!("left out: {dropped}"))));
    }
    out
}

/// One row per variant: H, I and R as the calibrated rule reads them, each with its change from the baseline.
fn table(report: &CompareReport, style: &Style) -> String {
    let plain = anstyle::Style::new();
    // What the figures and the longest verdict leave for a label.
    let label = if style.narrow() { 8 } else { 11 + (style.columns - COLUMNS).min(COLUMNS) };
    let mut table = Table::new(&[
        ("variant", Align::Left),
        ("H", Align::Right),
        ("", Align::Right),
        ("I", Align::Right),
        ("", Align::Right),
        ("R", Align::Right),
        ("", Align::Right),
        ("verdict", Align::Left),
    ]);
    for variant in &report.variants {
        let pair = report.pairs.iter().find(|pair| pair.variant == variant.label);
        // An asterisk, not a colour, marks an interval that excludes zero.
        let change = |index: usize| match pair.and_then(|pair| pair.evidence.measures.get(index)) {
            Some(measure) if measure.relative.is_finite() => {
                let clear = if measure.side == Direction::Unclear { " " } else { "*" };
                format!("{:+.0} %{clear}", 100.0 * measure.relative)
            }
            _ => "–  ".to_owned(),
        };
        let [h, i, r] = report.ranking.figures(&variant.label);
        let verdict = pair.map_or("baseline".to_owned(), |pair| pair.verdict.to_string());
        table.row(vec![
            (cut_middle(&visible(&variant.label), label), style.strong),
            (nats(h), plain),
            (change(0), plain),
            (nats(i), plain),
            (change(1), plain),
            (rank(r), plain),
            (change(2), plain),
            (verdict, if pair.is_some() { style.strong } else { style.quiet }),
        ]);
    }
    let columns =
        "H: entropy, I: mutual information (nats, robust); R: effective rank; *: the interval of the change excludes 0";
    table.render(style) + &caption(style, columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::width;
    use crate::report::compared::tests::compared;

    #[test]
    fn a_table_a_sentence_and_an_order_in_eighty_columns() {
        let text = compare(&compared(), &Style::plain());
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
        let row = text.lines().find(|line| line.contains("2.700")).unwrap();
        assert!(row.starts_with("  a s…") && row.contains("-7 %*") && row.ends_with("heuristic"), "{text}");
        assert!(text.contains("by H, highest first:  base (2.900) = its twin (2.900), a"), "{text}");
        assert!(text.contains("away from a shortcut: base = its twin ("), "{text}");
        let narrow = compare(&compared(), &Style { columns: 60, ..Style::plain() });
        assert!(narrow.lines().all(|line| width(line) <= 60), "{narrow}");
        assert!(narrow.lines().any(|line| line.contains("-7 %*") && line.ends_with("heuristic")), "{narrow}");
    }
}
