//! How the parts of a report are set off on a terminal, and how wide they are.

/// The widest line of prose, and the width of everything where the reader's is not known: reports are pasted into issues and
/// mails.
pub const COLUMNS: usize = 80;

/// No table is made narrower than this.
const NARROWEST: usize = 60;

/// How the parts of a report are set off.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// The widest row of a table.
    pub columns: usize,
    /// The name of what was run, and a verdict.
    pub strong: anstyle::Style,
    /// Column heads, captions and figures of lesser weight.
    pub quiet: anstyle::Style,
    /// The bars.
    pub bar: anstyle::Style,
    /// A warning's mark.
    pub warning: anstyle::Style,
    /// Commands to type.
    pub command: anstyle::Style,
}

impl Style {
    /// No escapes at all, and 80 columns.
    #[cfg(test)]
    pub fn plain() -> Self {
        let plain = anstyle::Style::new();
        Style { columns: COLUMNS, strong: plain, quiet: plain, bar: plain, warning: plain, command: plain }
    }

    /// The terminal's own sixteen colours, so that they fit its background, and 80 columns.
    pub fn colored() -> Self {
        use anstyle::{AnsiColor, Style as Ansi};
        Style {
            columns: COLUMNS,
            strong: Ansi::new().bold(),
            quiet: Ansi::new().dimmed(),
            bar: AnsiColor::Cyan.on_default(),
            warning: AnsiColor::Yellow.on_default().bold(),
            command: AnsiColor::Cyan.on_default(),
        }
    }

    /// Colours, and the width of what stdout is: a terminal's own, and no limit in a file or a pipe, where whoever searches
    /// for a tensor finds its whole name.
    pub fn of_stdout() -> Self {
        use std::io::IsTerminal;
        let columns = match terminal_size::terminal_size_of(std::io::stdout()) {
            Some((terminal_size::Width(columns), _)) if columns > 0 => usize::from(columns).max(NARROWEST),
            _ if std::io::stdout().is_terminal() => COLUMNS,
            _ => usize::MAX,
        };
        Style { columns, ..Style::colored() }
    }

    /// The widest line of prose.
    pub(super) fn prose(&self) -> usize {
        self.columns.min(COLUMNS)
    }

    /// Whether a table has less room than usual.
    pub(super) fn narrow(&self) -> bool {
        self.columns < COLUMNS
    }

    /// The columns of each of two bars in a table, which have `most` where there is room.
    pub(super) fn bar(&self, most: usize) -> usize {
        most.saturating_sub(COLUMNS.saturating_sub(self.columns).div_ceil(2))
    }
}

/// Puts a text in a style; plain where the style is.
pub(super) fn paint(style: anstyle::Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Lines of a sentence, each at most as wide as prose is, with its indent; `first` stands before the first line.
pub(super) fn paragraph(style: &Style, first: &str, indent: usize, text: &str) -> String {
    let mut out = String::new();
    for (i, line) in crate::base::text::wrap(text, style.prose() - indent).iter().enumerate() {
        match i {
            0 => out.push_str(first),
            _ => out.push_str(&" ".repeat(indent)),
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// What stands under a table and explains its columns, in quiet lines.
pub(super) fn caption(style: &Style, text: &str) -> String {
    paragraph(style, "  ", 2, text).lines().map(|line| paint(style.quiet, line) + "\n").collect()
}
