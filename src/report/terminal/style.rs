//! How the parts of a report are set off on a terminal.

/// The widest line, whatever the terminal's width: reports are pasted into issues and mails.
pub const COLUMNS: usize = 80;

/// How the parts of a report are set off.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
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
    /// No escapes at all.
    #[cfg(test)]
    pub fn plain() -> Self {
        Style::default()
    }

    /// The terminal's own sixteen colours, so that they fit its background.
    pub fn colored() -> Self {
        use anstyle::{AnsiColor, Style as Ansi};
        Style {
            strong: Ansi::new().bold(),
            quiet: Ansi::new().dimmed(),
            bar: AnsiColor::Cyan.on_default(),
            warning: AnsiColor::Yellow.on_default().bold(),
            command: AnsiColor::Cyan.on_default(),
        }
    }
}

/// Puts a text in a style; plain where the style is.
pub(super) fn paint(style: anstyle::Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Lines of a sentence, each at most 80 columns with its indent; `first` stands before the first line.
pub(super) fn paragraph(first: &str, indent: usize, text: &str) -> String {
    let mut out = String::new();
    for (i, line) in crate::base::text::wrap(text, COLUMNS - indent).iter().enumerate() {
        match i {
            0 => out.push_str(first),
            _ => out.push_str(&" ".repeat(indent)),
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}
