//! `probe compare`: one table to read at a glance, a sentence per variant, and the order of the variants.

use super::style::{COLUMNS, Style, caption, paint, paragraph};
use super::table::{Align, Table};
use crate::base::text::{bare_change, cut_middle, nats, rank, visible};
use crate::comparison::{Direction, Pair};
use crate::report::compared::{self, CompareReport};

/// With more variants than these, what is to be said of each would bury what follows from all.
const TOLD: usize = 5;

/// The table, what follows from it, the sentence of each variant and the rankings.
pub fn compare(report: &CompareReport, style: &Style) -> String {
    let mut out = table(report, style);
    out.push('\n');
    out.push_str(&paragraph(style, "", 0, &visible(&report.ranking.advice)));
    if report.variants.len() > TOLD {
        let text = "What decided each verdict is in the report: --json prints it, and with -o the page shows it.";
        out.push_str(&paragraph(style, "", 0, text));
    } else {
        report.pairs.iter().for_each(|pair| out.push_str(&evidence(pair, style)));
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

/// What decided one verdict, and what else is to be known of it.
fn evidence(pair: &Pair, style: &Style) -> String {
    let notes = compared::notes(pair);
    let notes = notes.iter().map(|line| paragraph(style, "  - ", 4, &visible(line)));
    [format!("\n{}", paragraph(style, "", 0, &visible(&pair.evidence.sentence)))].into_iter().chain(notes).collect()
}

/// One row per variant: H, I and R as the calibrated rule reads them, each with its change from the baseline. Where it is narrow
/// the changes alone have room beside a verdict; the orders below have the figures.
fn table(report: &CompareReport, style: &Style) -> String {
    // What the figures and the longest verdict leave for a label.
    let label = if style.narrow() { 16 } else { 18 + (style.columns - COLUMNS).min(COLUMNS) };
    let figure = |head| {
        if style.narrow() { vec![(head, Align::Right)] } else { vec![(head, Align::Right), ("%", Align::Right)] }
    };
    let mut heads = vec![("variant", Align::Left)];
    heads.extend(["H", "I", "R"].into_iter().flat_map(figure));
    heads.push(("verdict", Align::Left));
    let mut table = Table::new(&heads);
    for variant in &report.variants {
        let pair = report.pairs.iter().find(|pair| pair.variant == variant.label);
        // An asterisk, not a colour, marks an interval that excludes zero.
        let change = |index: usize| match pair.and_then(|pair| pair.evidence.measures.get(index)) {
            Some(measure) if measure.relative.is_finite() => {
                let clear = if measure.side == Direction::Unclear { " " } else { "*" };
                bare_change(measure.relative) + clear
            }
            _ => "– ".to_owned(),
        };
        let [h, i, r] = report.ranking.figures(&variant.label);
        let figures = [nats(h), nats(i), rank(r)];
        let figures = figures
            .into_iter()
            .enumerate()
            .flat_map(|(index, figure)| if style.narrow() { vec![change(index)] } else { vec![figure, change(index)] });
        let verdict = pair.map_or("baseline".to_owned(), |pair| pair.verdict.to_string());
        let mut row = vec![(cut_middle(&visible(&variant.label), label), style.strong)];
        row.extend(figures.map(|cell| (cell, anstyle::Style::new())));
        row.push((verdict, if pair.is_some() { style.strong } else { style.quiet }));
        table.row(row);
    }
    let measures = "H: entropy, I: mutual information (nats, robust); R: effective rank";
    let change = if style.narrow() {
        "; difference in % of the mean of the two"
    } else {
        "; %: difference, of the mean of the two"
    };
    table.render(style) + &caption(style, &format!("{measures}{change}; *: the interval excludes 0"))
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
        assert!(
            row.starts_with("  a shortcut\\x1b[31m  ") && row.contains(" -7.1*") && row.ends_with("heuristic"),
            "{text}"
        );
        assert!(text.contains("by H, highest first:  base (2.900) = its twin (2.900), a"), "{text}");
        assert!(text.contains("away from a shortcut: base = its twin ("), "{text}");
        // What follows from all stands before what is to be said of each.
        assert!(text.find(&visible(&compared().ranking.advice)[..20]) < text.find("against base: "), "{text}");
        let narrow = compare(&compared(), &Style { columns: 60, ..Style::plain() });
        assert!(narrow.lines().all(|line| width(line) <= 60), "{narrow}");
        assert!(narrow.lines().any(|line| line.contains(" -7.1*") && line.ends_with("  heuristic")), "{narrow}");
    }

    #[test]
    fn of_many_variants_only_the_table_and_what_follows_is_told() {
        let few = compared();
        let mut many = compared();
        while many.variants.len() <= TOLD {
            many.variants.push(few.variants[0].clone());
        }
        let [few, many] = [few, many].map(|report| compare(&report, &Style::plain()));
        assert!(few.contains("not their recipes") && !few.contains("--json"), "{few}");
        assert!(!many.contains("not their recipes") && many.contains("--json"), "{many}");
    }
}
