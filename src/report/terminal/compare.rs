//! `probe compare`: one table to read at a glance, a sentence a variant, and the order of the variants.

use super::table::{Align, Table};
use super::{Style, paint, paragraph};
use crate::base::text::{cut_middle, nats, signed, visible};
use crate::report::compared::{self, CompareReport};

/// Columns of a label in the table: what the figures and the longest verdict leave.
const LABEL: usize = 17;

/// The table, the sentences and the rankings.
pub fn compare(report: &CompareReport, style: &Style) -> String {
    let mut out = table(report, style);
    for pair in &report.pairs {
        out.push('\n');
        out.push_str(&paragraph("", 0, &visible(&pair.evidence.sentence)));
        for line in compared::sensitivity(&pair.evidence.sensitivity) {
            out.push_str(&paragraph("  - ", 4, &visible(&line)));
        }
    }
    let mut covers: Vec<&str> = report.pairs.iter().map(|pair| compared::covers(pair.evidence.covers)).collect();
    covers.dedup();
    out.push('\n');
    for text in covers {
        out.push_str(&paragraph("", 0, text));
    }
    out.push_str(&ranking(report));
    for dropped in &report.dropped {
        out.push_str(&paragraph(&paint(style.warning, "! "), 2, &visible(&format!("left out: {dropped}"))));
    }
    out
}

fn table(report: &CompareReport, style: &Style) -> String {
    let plain = anstyle::Style::new();
    let mut table = Table::new(&[
        ("variant", Align::Left),
        ("models", Align::Right),
        ("H", Align::Right),
        ("dH", Align::Right),
        ("I", Align::Right),
        ("dI", Align::Right),
        ("verdict", Align::Left),
    ]);
    for variant in &report.variants {
        let pair = report.pairs.iter().find(|pair| pair.variant == variant.label);
        // An asterisk, not a colour, marks a difference that is clear of zero.
        let change = |delta: &crate::comparison::Delta| {
            let [low, high] = delta.interval95;
            format!("{}{}", signed(delta.mean), if low > 0.0 || high < 0.0 { "*" } else { " " })
        };
        let (dh, di, verdict) = match pair {
            Some(pair) => {
                (change(&pair.delta_entropy), change(&pair.delta_mutual_information), pair.verdict.to_string())
            }
            None => ("–  ".to_owned(), "–  ".to_owned(), "baseline".to_owned()),
        };
        table.row(vec![
            (cut_middle(&visible(&variant.label), LABEL), style.strong),
            (variant.replicates.len().to_string(), plain),
            (nats(variant.overall.entropy.mean), plain),
            (dh, plain),
            (nats(variant.overall.mutual_information.mean), plain),
            (di, plain),
            (verdict, if pair.is_some() { style.strong } else { style.quiet }),
        ]);
    }
    let caption = format!("  nats, {} estimator; * the 95 % interval leaves out zero\n", report.estimator.name());
    table.render(style) + &paint(style.quiet, caption.trim_end()) + "\n"
}

fn ranking(report: &CompareReport) -> String {
    let ranking = &report.ranking;
    let lines = [
        ("by H, highest first: ", &ranking.entropy, true),
        ("by I, lowest first:  ", &ranking.mutual_information, true),
        // Behind it stands a mean of two positions, which would be taken for nats.
        ("by both together:    ", &ranking.both, false),
    ];
    let mut out = String::from("\n");
    for (head, places, valued) in lines {
        out.push_str(&paragraph(head, head.len(), &visible(&compared::places(places, valued))));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::width;
    use crate::report::compared::tests::compared;
    use crate::report::terminal::COLUMNS;

    #[test]
    fn a_table_a_sentence_and_an_order_in_eighty_columns() {
        let text = compare(&compared(), &Style::plain());
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
        let row = text.lines().find(|line| line.contains("2.700")).unwrap();
        assert!(row.starts_with("  a sho…cut") && row.contains("-0.200*") && row.ends_with("heuristic"), "{text}");
        assert!(text.contains("by H, highest first: base (2.900) = its twin (2.900), a"), "{text}");
        assert!(text.contains("by both together:    base = its twin, a shortcut"), "{text}");
    }
}
