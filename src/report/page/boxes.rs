//! Entropy as notched box-plots: a row for all neurons and one per layer, one box per variant, all on one axis.
//!
//! Median and quartiles are the report's own; the notch is the median's 95 % range over neurons, 1.57 IQR / sqrt(n)
//! (McGill, Tukey and Larsen 1978), whiskers reach to the last neuron within 1.5 IQR (Tukey 1977).

use super::Shown;
use super::codes::{colouring, compression, shade};
use super::svg::{Anchor, Axis, Format, Svg};
use crate::base::text::{cut_middle, nats, rank, thousands, visible};
use crate::measures::Summary;

/// A box's height, and the air between boxes and between layers.
const BOX: f64 = 16.0;
const GAP: f64 = 5.0;
const AIR: f64 = 14.0;
/// Between all neurons and the layers.
const APART: f64 = 10.0;

/// What stands before the label of a layer that carries a verdict.
pub const DECIDES: &str = "\u{25c6}";
/// The row of all neurons.
const ALL: &str = "all neurons";

/// One box in numbers.
struct Shape {
    summary: Summary,
    count: usize,
    notch: [f64; 2],
    whiskers: [f64; 2],
    /// Neurons beyond the whiskers.
    beyond: Vec<f64>,
    /// How well labels can be read off the layer, where the run knows.
    compression: Option<f64>,
}

/// Draws all neurons and then the labels' layers, in order, for all variants; the layers in `decide` are marked.
pub fn boxes(shown: &[Shown], labels: &[String], decide: &[&str], format: Format) -> String {
    let column = colouring(shown);
    let row = |label: &String| shown.iter().map(|of| of_layer(of, label, column.as_deref())).collect::<Vec<_>>();
    let of_layers = labels.iter().map(row);
    let shapes: Vec<Vec<Option<Shape>>> = [shown.iter().map(of_all).collect()].into_iter().chain(of_layers).collect();
    let marked = |label: &String| match decide.contains(&label.as_str()) {
        true => format!("{DECIDES} {label}"),
        false => label.clone(),
    };
    let labels: Vec<String> = [ALL.to_owned()].into_iter().chain(labels.iter().map(marked)).collect();
    let all = || shapes.iter().flatten().flatten();
    // Colours come again among many variants, and then each box has its name beside it, and a layer's stands above.
    let named = shown.len() > super::COLOURS;
    // About seven units a character of a label.
    let room = |labels: &[String]| labels.iter().map(|l| 7.0 * l.chars().count() as f64 + 14.0).fold(60.0, f64::max);
    let variants: Vec<String> = shown.iter().map(|of| visible(&of.label)).collect();
    let left = match format {
        Format::Wide => room(if named { &variants } else { &labels }).min(210.0),
        Format::Narrow if named => room(&variants).min(100.0),
        Format::Narrow => 8.0,
    };
    let cut_to_fit = |label: &str| cut_middle(label, ((left - 10.0) / 7.0) as usize);
    let axis = Axis::over(all().flat_map(|s| [s.summary.min, s.summary.max]), left, format.width() - 14.0);

    let mut svg = Svg::new(format);
    let above = named || format == Format::Narrow;
    let head = if above { 18.0 } else { 0.0 };
    let rows = shown.len() as f64 * (BOX + GAP) - GAP + AIR + head;
    let height = labels.len() as f64 * rows + 6.0 + APART;
    svg.room(height + 40.0);
    axis.draw_below(&mut svg, 4.0, height, "entropy H of a neuron, nats");
    for (l, (label, row)) in labels.iter().zip(&shapes).enumerate() {
        let top = l as f64 * rows + 6.0 + if l > 0 { APART } else { 0.0 };
        match above {
            true => svg.text("label", [8.0, top + 13.0], Anchor::Start, &cut_middle(&visible(label), 44)),
            false => {
                let middle = top + (rows - AIR) / 2.0 + 4.0;
                svg.text("label", [left - 12.0, middle], Anchor::End, &cut_to_fit(&visible(label)));
            }
        }
        for (v, shape) in row.iter().enumerate() {
            let y = top + head + v as f64 * (BOX + GAP);
            if named {
                svg.text("axis", [left - 12.0, y + BOX / 2.0 + 4.0], Anchor::End, &cut_to_fit(&variants[v]));
            }
            if let Some(shape) = shape {
                draw(&mut svg, &axis, y, shape, v, &tip(shape, label, &shown[v].label, shown.len()));
            }
        }
    }
    svg.line(
        "rule",
        [4.0, rows + 6.0 + 0.5 * (APART - AIR)],
        [format.width() - 14.0, rows + 6.0 + 0.5 * (APART - AIR)],
    );
    svg.finish("Box plots of the neurons' entropy: all neurons, then one row per layer")
}

fn of_layer(of: &Shown, label: &str, column: Option<&str>) -> Option<Shape> {
    let at = of.report.layers.iter().position(|layer| layer.label == label)?;
    let compression = column.and_then(|column| compression(of, column, label));
    Some(Shape { compression, ..shape(of.report.layers[at].entropy, &of.figures.layer_entropy(at))? })
}

fn of_all(of: &Shown) -> Option<Shape> {
    let values: Vec<f64> = of.figures.entropy.iter().copied().filter(|value| value.is_finite()).collect();
    shape(of.report.overall.entropy, &values)
}

fn shape(summary: Summary, values: &[f64]) -> Option<Shape> {
    if values.is_empty() || !summary.median.is_finite() {
        return None;
    }
    let reach = summary.q3 - summary.q1;
    let half = 1.57 * reach / (values.len() as f64).sqrt();
    let inside = |v: &&f64| (summary.q1 - 1.5 * reach..=summary.q3 + 1.5 * reach).contains(*v);
    let low = values.iter().filter(inside).copied().fold(summary.q1, f64::min);
    let high = values.iter().filter(inside).copied().fold(summary.q3, f64::max);
    let beyond = values.iter().filter(|v| !inside(v)).copied().collect();
    Some(Shape {
        summary,
        count: values.len(),
        notch: [summary.median - half, summary.median + half],
        whiskers: [low, high],
        beyond,
        compression: None,
    })
}

fn draw(svg: &mut Svg, axis: &Axis, y: f64, shape: &Shape, variant: usize, tip: &str) {
    let x = |value: f64| axis.at(value);
    let (middle, bottom, waist) = (y + BOX / 2.0, y + BOX, BOX * 0.25);
    let Summary { q1, median, q3, mean, .. } = shape.summary;
    let shade = shape.compression.map_or_else(String::new, |compression| format!(" read{}", shade(compression)));
    svg.tipped(&format!("box v{}{shade}", variant % super::COLOURS), tip, |svg| {
        // Room for the pointer, as wide as the whiskers.
        svg.rect("hit", [x(shape.whiskers[0]), y - 2.0], [x(shape.whiskers[1]) - x(shape.whiskers[0]), BOX + 4.0]);
        svg.line("whisker", [x(shape.whiskers[0]), middle], [x(q1), middle]);
        svg.line("whisker", [x(q3), middle], [x(shape.whiskers[1]), middle]);
        for end in shape.whiskers {
            svg.line("whisker", [x(end), y + 4.0], [x(end), bottom - 4.0]);
        }
        let [low, high] = shape.notch;
        let outline = [
            [x(q1), y],
            // A notch wider than the box folds back, as it does in the books.
            [x(low), y],
            [x(median), y + waist],
            [x(high), y],
            [x(q3), y],
            [x(q3), bottom],
            [x(high), bottom],
            [x(median), bottom - waist],
            [x(low), bottom],
            [x(q1), bottom],
        ];
        svg.path("body", outline, true);
        svg.line("median", [x(median), y + waist], [x(median), bottom - waist]);
        svg.circle("mean", [x(mean), middle], 2.2);
        // Dots on one another at less than a unit look like one.
        let mut beyond: Vec<f64> = shape.beyond.iter().map(|&value| x(value)).collect();
        beyond.sort_by(f64::total_cmp);
        beyond.dedup_by(|next, last| *next - *last < 0.8);
        svg.dots("beyond", beyond.into_iter().map(|x| [x, middle]));
    });
}

fn tip(shape: &Shape, label: &str, variant: &str, variants: usize) -> String {
    let of = if variants > 1 { format!("{variant}, ") } else { String::new() };
    let s = &shape.summary;
    let read = shape.compression.map_or_else(String::new, |read| format!(", labels compressed by {}", rank(read)));
    format!(
        "{of}{label}: median {} (95 % notch {} to {}), quartiles {} to {}, mean {}, range {} to {} nats, {} neurons, {} beyond the whiskers{read}",
        nats(s.median),
        nats(shape.notch[0]),
        nats(shape.notch[1]),
        nats(s.q1),
        nats(s.q3),
        nats(s.mean),
        nats(s.min),
        nats(s.max),
        thousands(shape.count),
        thousands(shape.beyond.len())
    )
}
