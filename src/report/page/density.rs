//! The distribution of mutual information over pairs, as a density with the fitted mixture; a panel a variant, all on
//! one axis.

use super::mixture::{Component, fit};
use super::svg::{Anchor, Axis, Format, Svg};
use crate::base::text::{cut, nats, thousands, visible};
use crate::report::figures::Figures;

/// Pairs read at most: a page needs the shape, not each of forty million values.
const MOST_PAIRS: usize = 600_000;
/// Columns of the histogram.
const COLUMNS: usize = 120;
const PANEL: f64 = 128.0;

/// The distribution of one variant.
pub struct Distribution {
    /// Finite values off the diagonal, ascending; of a very large matrix an even selection.
    pub sorted: Vec<f64>,
    /// Pairs there are.
    pub pairs: usize,
    pub mixture: Vec<Component>,
}

impl Distribution {
    pub fn of(figures: &Figures) -> Self {
        let m = figures.mutual_information.len();
        let pairs = m * m.saturating_sub(1) / 2;
        let stride = pairs.div_ceil(MOST_PAIRS).max(1);
        let mut sorted = Vec::with_capacity(pairs / stride + 1);
        let mut row = vec![0.0; m];
        let mut at = 0;
        for i in 0..m {
            figures.mutual_information.copy_row(i, &mut row);
            for &value in &row[i + 1..] {
                if at % stride == 0 && value.is_finite() {
                    sorted.push(value);
                }
                at += 1;
            }
        }
        sorted.sort_by(f64::total_cmp);
        let mixture = fit(&sorted);
        Distribution { sorted, pairs, mixture }
    }

    /// The value below which a part of the pairs lies; NaN where there are none.
    pub fn quantile(&self, part: f64) -> f64 {
        let last = self.sorted.len().saturating_sub(1) as f64;
        self.sorted.get((part * last).round() as usize).copied().unwrap_or(f64::NAN)
    }

    /// Densities of the columns over a range, per nat.
    fn histogram(&self, low: f64, high: f64) -> Vec<f64> {
        let mut columns = vec![0.0; COLUMNS];
        let width = (high - low) / COLUMNS as f64;
        for &value in &self.sorted {
            let column = ((value - low) / width).floor();
            if (0.0..COLUMNS as f64).contains(&column) {
                columns[column as usize] += 1.0 / (self.sorted.len() as f64 * width);
            }
        }
        columns
    }
}

/// Draws the panels. The axis leaves out the outermost thousandth at either end, and each panel says how much that is.
pub fn density(labels: &[&str], of: &[Distribution], format: Format) -> String {
    let width = format.width();
    let ends = of.iter().flat_map(|d| [d.quantile(0.001), d.quantile(0.999)]);
    let axis = Axis::over(ends, 10.0, width - 14.0);
    let mut svg = Svg::new(format);
    for (v, (label, distribution)) in labels.iter().zip(of).enumerate() {
        let head = if of.len() > 1 { 22.0 } else { 0.0 };
        let top = svg.room(head + PANEL + 4.0) + head;
        let bottom = top + PANEL;
        for (value, _) in axis.ticks(axis.tick_count()) {
            svg.line(if value == 0.0 { "grid zero" } else { "grid" }, [axis.at(value), top], [axis.at(value), bottom]);
        }
        if of.len() > 1 {
            let name = cut(&visible(label), 40);
            svg.text(&format!("label v{} ink", v % super::COLOURS), [12.0, top - 7.0], Anchor::Start, &name);
        }
        panel(&mut svg, &axis, [top, bottom], distribution, v, label);
    }
    let bottom = svg.room(42.0);
    axis.draw_below(&mut svg, bottom, bottom, "mutual information I of a pair, nats");
    svg.finish("Density of mutual information over pairs, with the fitted Gaussian mixture")
}

fn panel(svg: &mut Svg, axis: &Axis, [top, bottom]: [f64; 2], of: &Distribution, variant: usize, label: &str) {
    let columns = of.histogram(axis.low, axis.high);
    let peak = columns.iter().copied().fold(0.0, f64::max);
    if peak <= 0.0 {
        svg.text("tick", [axis.at((axis.low + axis.high) / 2.0), (top + bottom) / 2.0], Anchor::Middle, "no pairs");
        return;
    }
    let y = |density: f64| bottom - (density / (1.12 * peak)).min(1.0) * (bottom - top);
    let edge = |c: usize| axis.at(axis.low + (axis.high - axis.low) * c as f64 / COLUMNS as f64);
    let steps = columns.iter().enumerate().flat_map(|(c, &d)| [[edge(c), y(d)], [edge(c + 1), y(d)]]);
    let outline = std::iter::once([edge(0), bottom]).chain(steps).chain([[edge(COLUMNS), bottom]]);
    let inside = of.sorted.iter().filter(|&&v| (axis.low..=axis.high).contains(&v)).count();
    let beyond = 100.0 * (of.sorted.len() - inside) as f64 / of.sorted.len() as f64;
    let tip = format!(
        "{label}: {} pairs, median {}, quartiles {} to {} nats; {beyond:.1} % lie beyond the axis",
        thousands(of.pairs),
        nats(of.quantile(0.5)),
        nats(of.quantile(0.25)),
        nats(of.quantile(0.75)),
    );
    let v = variant % super::COLOURS;
    svg.tipped(&format!("area v{v}"), &tip, |svg| svg.path("fill", outline, true));
    svg.line("base", [edge(0), bottom], [edge(COLUMNS), bottom]);

    let points = 2 * COLUMNS;
    let value = |p: usize| axis.low + (axis.high - axis.low) * p as f64 / points as f64;
    let curve = |density: &dyn Fn(f64) -> f64| -> Vec<[f64; 2]> {
        (0..=points).map(|p| [axis.at(value(p)), y(density(value(p)))]).collect()
    };
    if of.mixture.len() > 1 {
        for (c, component) in of.mixture.iter().enumerate() {
            let tip = format!(
                "{label}: component {} of {}, {:.0} % of the pairs, mean {}, standard deviation {} nats",
                c + 1,
                of.mixture.len(),
                100.0 * component.weight,
                nats(component.mean),
                nats(component.deviation)
            );
            let line = curve(&|x| component.density(x));
            svg.tipped(&format!("component v{v}"), &tip, |svg| {
                svg.path("near", line.iter().copied(), false);
                svg.path("dashed", line.iter().copied(), false);
            });
        }
    }
    if !of.mixture.is_empty() {
        let whole = curve(&|x| of.mixture.iter().map(|c| c.density(x)).sum());
        svg.path(&format!("mixture v{v}"), whole, false);
    }
}
