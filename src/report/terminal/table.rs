//! A table without rules: columns aligned, two spaces of air (one where it is narrow), and as wide as the terminal allows.

use super::style::{Style, paint};
use crate::base::text::{cut_middle, width};

/// How the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// A cell and the style it is set in.
pub(super) type Cell = (String, anstyle::Style);

/// Rows under heads. The widest column gives way when a row would not fit.
pub(super) struct Table {
    heads: Vec<(String, Align)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(super) fn new(heads: &[(&str, Align)]) -> Self {
        Table { heads: heads.iter().map(|&(head, align)| (head.to_owned(), align)).collect(), rows: Vec::new() }
    }

    /// Adds a row with a cell for every head.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.heads.len());
        self.rows.push(cells);
    }

    /// Adds a row in which nothing is set off.
    pub(super) fn plain_row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.row(cells.into_iter().map(|cell| (cell, anstyle::Style::new())).collect());
    }

    /// The table's lines, indented by two.
    pub(super) fn render(&self, style: &Style) -> String {
        const INDENT: usize = 2;
        let gap = if style.narrow() { 1 } else { 2 };
        let mut widths: Vec<usize> = self.heads.iter().map(|(head, _)| width(head)).collect();
        for row in &self.rows {
            for (w, (cell, _)) in widths.iter_mut().zip(row) {
                *w = (*w).max(width(cell));
            }
        }
        // A column without content takes no room.
        let shown: Vec<bool> = widths.iter().map(|w| *w > 0).collect();
        // The widest column gives way first: names and shapes, never figures. The first column is what a person types,
        // so it gives way last.
        const LEGIBLE: usize = 8;
        let gaps = INDENT + gap * shown.iter().filter(|shown| **shown).count().saturating_sub(1);
        while gaps + widths.iter().sum::<usize>() > style.columns {
            let from = usize::from(widths.iter().skip(1).any(|w| *w > LEGIBLE));
            match widths.iter_mut().skip(from).max() {
                Some(widest) if *widest > 1 => *widest -= 1,
                _ => break,
            }
        }

        let line = |cells: &mut dyn Iterator<Item = (&str, anstyle::Style)>| {
            let mut out = " ".repeat(INDENT);
            let mut pending = 0;
            for ((text, cell_style), (&w, (_, align))) in
                cells.zip(widths.iter().zip(&self.heads)).zip(&shown).filter_map(|(cell, shown)| shown.then_some(cell))
            {
                let text = cut_middle(text, w);
                let pad = w - width(&text);
                let before = if *align == Align::Right { pad } else { 0 };
                if !text.is_empty() {
                    out.push_str(&" ".repeat(pending + before));
                    out.push_str(&paint(cell_style, &text));
                    pending = pad - before + gap;
                } else {
                    pending += w + gap;
                }
            }
            out.push('\n');
            out
        };
        let mut out = line(&mut self.heads.iter().map(|(head, _)| (head.as_str(), style.quiet)));
        for row in &self.rows {
            out.push_str(&line(&mut row.iter().map(|(text, style)| (text.as_str(), *style))));
        }
        out
    }
}

/// A bar of eighths, `columns` long at `share` 1.
pub(super) fn bar(share: f64, columns: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let eighths = (share * (columns * 8) as f64).round() as usize;
    let mut out = "█".repeat(eighths / 8);
    out.push_str(EIGHTHS[eighths % 8]);
    // A value that is there but tiny still shows.
    if out.is_empty() && share > 0.0 { EIGHTHS[1].to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_eighths() {
        assert_eq!(bar(1.0, 4), "████");
        assert_eq!(bar(0.5 + 1.0 / 32.0, 4), "██▏");
        assert_eq!(bar(1e-9, 4), "▏");
        assert_eq!(bar(f64::NAN, 4), "");
    }

    #[test]
    fn the_widest_column_gives_way() {
        let mut table = Table::new(&[("layer", Align::Left), ("H", Align::Right)]);
        table.row(vec![("x".repeat(200), anstyle::Style::new()), ("1.5".into(), anstyle::Style::new())]);
        let text = table.render(&Style::plain());
        assert!(text.lines().all(|line| width(line) <= 80), "{text}");
        assert!(text.ends_with("1.5\n"));
        let wide = table.render(&Style { columns: usize::MAX, ..Style::plain() });
        assert!(wide.contains(&"x".repeat(200)), "{wide}");
    }
}
