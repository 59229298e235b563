//! Drawing: an SVG that grows by parts, axes with round numbers, and escaping.
//!
//! Colours are left to the page's style sheet (`class`), so a drawing follows light, dark and print.

use std::fmt::Write;

use crate::base::text::visible;

/// The two widths a plot is drawn at; the style sheet shows the one that fits, so that type is never scaled small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Wide,
    Narrow,
}

impl Format {
    pub const BOTH: [Format; 2] = [Format::Wide, Format::Narrow];

    /// Units of the drawing, one a CSS pixel at most.
    pub fn width(self) -> f64 {
        match self {
            Format::Wide => 840.0,
            Format::Narrow => 350.0,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Format::Wide => "wide",
            Format::Narrow => "narrow",
        }
    }
}

/// Markup made harmless, in text and in attributes. Control characters are spelled out as everywhere.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            '/' => out.push_str("&#x2f;"),
            c => out.push(c),
        }
    }
    out
}

/// JSON that may stand inside a script element: nothing in it can end the element or open a comment.
pub fn script_safe(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// A drawing in the making.
pub struct Svg {
    body: String,
    format: Format,
    height: f64,
}

/// Where a text is held.
#[derive(Debug, Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub fn new(format: Format) -> Self {
        Svg { body: String::new(), format, height: 0.0 }
    }

    /// Adds `height` below what is there and gives the y at which the room begins.
    pub fn room(&mut self, height: f64) -> f64 {
        self.height += height;
        self.height - height
    }

    pub fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        self.push(format_args!(r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#));
    }

    pub fn rect(&mut self, class: &str, [x, y]: [f64; 2], [width, height]: [f64; 2]) {
        let (width, height) = (width.max(0.0), height.max(0.0));
        self.push(format_args!(
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/>"#
        ));
    }

    pub fn circle(&mut self, class: &str, [x, y]: [f64; 2], radius: f64) {
        self.push(format_args!(r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius}"/>"#));
    }

    /// A path through points, closed or not.
    pub fn path(&mut self, class: &str, points: impl IntoIterator<Item = [f64; 2]>, closed: bool) {
        let mut d = String::new();
        for (i, [x, y]) in points.into_iter().enumerate() {
            let command = if i == 0 { 'M' } else { 'L' };
            // Writing to a String cannot fail.
            let _ = write!(d, "{command}{x:.1} {y:.1}");
        }
        if closed {
            d.push('Z');
        }
        self.push(format_args!(r#"<path class="{class}" d="{d}"/>"#));
    }

    /// Dots in one short path: lines without length, of which the round ends are seen.
    pub fn dots(&mut self, class: &str, points: impl IntoIterator<Item = [f64; 2]>) {
        let mut d = String::new();
        for [x, y] in points {
            // Writing to a String cannot fail.
            let _ = write!(d, "M{x:.1} {y:.1}h0");
        }
        if !d.is_empty() {
            self.push(format_args!(r#"<path class="{class}" d="{d}"/>"#));
        }
    }

    /// Text on a baseline; it is escaped here.
    pub fn text(&mut self, class: &str, [x, y]: [f64; 2], anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        self.push(format_args!(r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#));
    }

    /// Groups what `draw` draws; a pointer over it, or the keyboard on it, shows `tip`.
    pub fn tipped(&mut self, class: &str, tip: &str, draw: impl FnOnce(&mut Svg)) {
        let tip = escape(tip);
        self.push(format_args!(
            r#"<g class="tipped {class}" tabindex="0" role="img" aria-label="{tip}" data-tip="{tip}">"#
        ));
        draw(self);
        self.body.push_str("</g>");
    }

    /// The whole drawing; `label` says what it shows to those who cannot see it.
    pub fn finish(self, label: &str) -> String {
        let (width, height) = (self.format.width(), self.height.ceil());
        format!(
            r#"<svg class="plot {}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="group" aria-label="{}">{}</svg>"#,
            self.format.class(),
            escape(label),
            self.body
        )
    }

    fn push(&mut self, part: std::fmt::Arguments) {
        // Writing to a String cannot fail.
        let _ = self.body.write_fmt(part);
    }
}

/// A line of values laid along a stretch of the drawing.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    pub low: f64,
    pub high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// An axis over the finite values, with a little air, on the stretch from `from` to `to` (which may run backwards).
    pub fn over(values: impl IntoIterator<Item = f64>, from: f64, to: f64) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|v| v.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let air = if high > low { 0.04 * (high - low) } else { 0.05 * high.abs().max(0.1) };
        Axis { low: low - air, high: high + air, from, to }
    }

    /// The same stretch, exactly from `low` to `high`.
    pub fn exact(low: f64, high: f64, from: f64, to: f64) -> Self {
        Axis { low, high: if high > low { high } else { low + 1.0 }, from, to }
    }

    pub fn at(&self, value: f64) -> f64 {
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Round values inside the axis, about `count` of them, with the decimals they need.
    pub fn ticks(&self, count: usize) -> Vec<(f64, String)> {
        let range = self.high - self.low;
        let power = 10f64.powf((range / count.max(1) as f64).log10().floor());
        let off = |step: &f64| (range / step - count as f64).abs();
        let steps = [1.0, 2.0, 5.0, 10.0].map(|m| m * power);
        let step = steps.into_iter().min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(power);
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        (first..=last).map(|k| k as f64 * step).map(|v| (v, format!("{:.decimals$}", v + 0.0))).collect()
    }

    /// As many as stand apart.
    pub fn tick_count(&self) -> usize {
        if (self.to - self.from).abs() < 400.0 { 5 } else { 8 }
    }

    /// Grid lines from `top` to `bottom`, numbers under them, and the axis' title with its unit.
    pub fn draw_below(&self, svg: &mut Svg, top: f64, bottom: f64, title: &str) {
        let count = self.tick_count();
        for (value, text) in self.ticks(count) {
            let x = self.at(value);
            svg.line(if value == 0.0 { "grid zero" } else { "grid" }, [x, top], [x, bottom]);
            svg.text("tick", [x, bottom + 16.0], Anchor::Middle, &text);
        }
        svg.text("axis", [self.to, bottom + 34.0], Anchor::End, title);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_and_controls_spelled_out() {
        assert_eq!(escape("<b a=\"//x\">&'\x1b"), "&lt;b a=&quot;&#x2f;&#x2f;x&quot;&gt;&amp;&#x27;\\x1b");
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let ticks: Vec<String> = Axis::exact(-0.13, 1.02, 0.0, 500.0).ticks(6).into_iter().map(|t| t.1).collect();
        assert_eq!(ticks, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        let ticks: Vec<String> = Axis::exact(2.71, 2.79, 0.0, 500.0).ticks(4).into_iter().map(|t| t.1).collect();
        assert_eq!(ticks, ["2.72", "2.74", "2.76", "2.78"]);
    }

    #[test]
    fn an_axis_without_values_is_still_one() {
        let axis = Axis::over([f64::NAN], 0.0, 10.0);
        assert!(axis.at(0.5).is_finite() && !axis.ticks(5).is_empty());
        let axis = Axis::over([3.0, 3.0], 0.0, 10.0);
        assert!((axis.at(3.0) - 5.0).abs() < 1e-9);
    }
}
