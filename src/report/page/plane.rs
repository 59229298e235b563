//! The plane of both measures: a point a variant with its 95 % intervals, or, of a single run, a point a layer on the
//! way through the network.

use super::Shown;
use super::labels::{Frame, Labels, Place};
use super::svg::{Anchor, Axis, Format, Svg};
use crate::base::text::{cut, interval, nats, visible, width};
use crate::measures::Summary;
use crate::report::schema::{Layer, Overall};

/// Radii of the dots of a layer, of one of a variant's models, and of all layers.
const STOP: f64 = 3.5;
const RING: f64 = 4.0;
const POINT: f64 = 6.0;
/// A label's height, and no less than the width of a character: of a layer's number and of a name, which is bold.
const NUMBER: [f64; 2] = [7.0, 13.0];
const NAME: [f64; 2] = [8.6, 16.0];

/// Draws the plane.
pub fn plane(shown: &[Shown], format: Format) -> String {
    let (height, longest) = match format {
        Format::Wide => (400.0, 40),
        Format::Narrow => (320.0, 24),
    };
    let (left, right, top) = (52.0, format.width() - 16.0, 28.0);
    let bottom = top + height;
    let layers: &[Layer] = if let [only] = shown { &only.report.layers } else { &[] };
    let [x, y] = axes(shown, layers);
    let x = Axis::exact(x.low, x.high, left, right);
    let y = Axis::exact(y.low, y.high, bottom, top);
    let stops: Vec<Stop> = (layers.iter().enumerate())
        .filter_map(|(index, layer)| {
            let at = spot([&x, &y], layer.entropy.mean, layer.mutual_information.mean)?;
            Some(Stop { index, layer, at })
        })
        .collect();
    let variants: Vec<Variant> = (shown.iter().enumerate())
        .filter_map(|(index, of)| {
            let name = if layers.is_empty() { of.label.as_str() } else { "all layers" };
            Variant::of(index, of, name, longest, [&x, &y])
        })
        .collect();

    let mut svg = Svg::new(format);
    svg.room(bottom + 40.0);
    for (value, text) in y.ticks(6) {
        svg.line(if value == 0.0 { "grid zero" } else { "grid" }, [left, y.at(value)], [right, y.at(value)]);
        svg.text("tick", [left - 8.0, y.at(value) + 4.0], Anchor::End, &text);
    }
    x.draw_below(&mut svg, top, bottom, "mean entropy H, nats");
    svg.text("axis", [2.0, 10.0], Anchor::Start, "mean mutual information I, nats");

    let mut labels = Labels::within(Frame::new([left, top], [right, bottom]));
    for stop in &stops {
        labels.keep_off(dot(stop.at, STOP));
    }
    for legs in stops.windows(2) {
        labels.avoid([legs[0].at, legs[1].at]);
    }
    for variant in &variants {
        labels.keep_off(dot(variant.at, POINT));
        variant.rings.iter().for_each(|ring| labels.keep_off(dot(ring.0, RING)));
        variant.bars.iter().for_each(|&bar| labels.avoid(bar));
    }
    // Names are longer than numbers, so they choose first.
    let names: Vec<Option<Place>> = variants.iter().map(|v| labels.place(v.at, size(&v.name, NAME))).collect();
    svg.path("way", stops.iter().map(|stop| stop.at), false);
    for (variant, place) in variants.iter().zip(names) {
        variant.draw(&mut svg, place);
    }
    for stop in &stops {
        let place = labels.place(stop.at, size(&stop.index.to_string(), NUMBER));
        stop.draw(&mut svg, place);
    }
    svg.finish("Mean entropy against mean mutual information")
}

/// Axes over all that is drawn.
fn axes(shown: &[Shown], layers: &[Layer]) -> [Axis; 2] {
    let models = shown.iter().flat_map(|of| &of.replicates).map(|report| &report.overall);
    let overall: Vec<&Overall> = shown.iter().map(|of| &of.overall).chain(models).collect();
    let axis = |all: &dyn Fn(&Overall) -> Summary, layer: &dyn Fn(&Layer) -> Summary| {
        let ends = overall.iter().map(|o| all(o)).flat_map(|s| [s.mean, s.interval95[0], s.interval95[1]]);
        let tight = Axis::over(ends.chain(layers.iter().map(|l| layer(l).mean)), 0.0, 1.0);
        // A little more room than the values take, for the words beside the points.
        Axis::over([tight.low, tight.high], 0.0, 1.0)
    };
    [axis(&|o| o.entropy, &|l| l.entropy), axis(&|o| o.mutual_information, &|l| l.mutual_information)]
}

/// Where a point stands, if both measures exist.
fn spot([x, y]: [&Axis; 2], h: f64, i: f64) -> Option<[f64; 2]> {
    (h.is_finite() && i.is_finite()).then(|| [x.at(h), y.at(i)])
}

fn dot(at: [f64; 2], radius: f64) -> Frame {
    Frame::around(at, [2.0 * radius + 2.0; 2])
}

/// What a label takes up, with a little air at its sides.
fn size(text: &str, [character, height]: [f64; 2]) -> [f64; 2] {
    [character * width(text) as f64 + 4.0, height]
}

/// Writes a label in its place.
fn write(svg: &mut Svg, class: &str, place: Option<Place>, text: &str) {
    let Some(place) = place else { return };
    if let Some([from, to]) = place.leader {
        svg.line("leader", from, to);
    }
    let [x, y] = place.centre();
    // A text hangs from its baseline, about a third of its size below the middle.
    svg.text(class, [x, y + 4.0], Anchor::Middle, text);
}

/// A layer of a single run.
struct Stop<'a> {
    index: usize,
    layer: &'a Layer,
    at: [f64; 2],
}

impl Stop<'_> {
    fn draw(&self, svg: &mut Svg, place: Option<Place>) {
        let Layer { label, entropy, mutual_information, .. } = self.layer;
        let tip = format!("{label}: H {}, I {} nats", nats(entropy.mean), nats(mutual_information.mean));
        svg.tipped("stop", &tip, |svg| {
            svg.circle("near", self.at, 9.0);
            svg.circle("dot", self.at, STOP);
            write(svg, "number", place, &self.index.to_string());
        });
    }
}

/// A variant, or all layers of a single run.
struct Variant {
    class: String,
    name: String,
    tip: String,
    at: [f64; 2],
    /// The 95 % intervals.
    bars: Vec<[[f64; 2]; 2]>,
    /// Its models, where there are several: place and tip.
    rings: Vec<([f64; 2], String)>,
}

impl Variant {
    fn of(index: usize, of: &Shown, label: &str, longest: usize, [x, y]: [&Axis; 2]) -> Option<Variant> {
        let Overall { entropy: h, mutual_information: i, .. } = of.overall;
        let at = spot([x, y], h.mean, i.mean)?;
        let finite = |ends: [f64; 2]| ends.iter().all(|end| end.is_finite()).then_some(ends);
        let across = finite(h.interval95).map(|ends| ends.map(|end| [x.at(end), at[1]]));
        let along = finite(i.interval95).map(|ends| ends.map(|end| [at[0], y.at(end)]));
        let ring = |report: &&crate::report::schema::Report| {
            let (h, i) = (report.overall.entropy.mean, report.overall.mutual_information.mean);
            let tip = format!("{}, {}: mean H {}, mean I {} nats", of.label, report.name(), nats(h), nats(i));
            Some((spot([x, y], h, i)?, tip))
        };
        Some(Variant {
            class: format!("v{}", index % super::COLOURS),
            name: cut(&visible(label), longest),
            tip: format!(
                "{label}: mean H {} {}, mean I {} {} nats",
                nats(h.mean),
                interval(h.interval95),
                nats(i.mean),
                interval(i.interval95)
            ),
            at,
            bars: across.into_iter().chain(along).collect(),
            rings: of.replicates.iter().filter(|_| of.replicates.len() > 1).filter_map(ring).collect(),
        })
    }

    fn draw(&self, svg: &mut Svg, place: Option<Place>) {
        let Variant { class, .. } = self;
        for (at, tip) in &self.rings {
            svg.tipped(&format!("replicate {class}"), tip, |svg| svg.circle("ring", *at, RING));
        }
        svg.tipped(&format!("point {class}"), &self.tip, |svg| {
            svg.circle("near", self.at, 14.0);
            for &[from, to] in &self.bars {
                svg.line("interval", from, to);
            }
            svg.circle("dot", self.at, POINT);
            write(svg, "name ink", place, &self.name);
        });
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::report::figures::Figures;
    use crate::report::schema::tests::report;

    /// The texts of a class: middle of the baseline, and what they say.
    fn texts<'a>(svg: &'a str, class: &str) -> Vec<([f64; 2], &'a str)> {
        let number = |part: &str, name: &str| {
            let from = part.find(&format!(r#" {name}=""#)).unwrap() + name.len() + 3;
            part[from..].split('"').next().unwrap().parse::<f64>().unwrap()
        };
        svg.split(&format!(r#"<text class="{class}""#))
            .skip(1)
            .map(|part| {
                let said = part[part.find('>').unwrap() + 1..].split('<').next().unwrap();
                ([number(part, "x"), number(part, "y")], said)
            })
            .collect()
    }

    #[test]
    fn layers_with_the_same_figures_keep_their_numbers_apart() {
        let names: Vec<String> = (0..24).map(|l| format!("layer.{l}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut report = report(&names, 8);
        let [h, i] = [report.layers[0].entropy, report.layers[0].mutual_information];
        for layer in &mut report.layers {
            (layer.entropy, layer.mutual_information) = (h, i);
        }
        let figures = Figures::new(vec![1.0; 192], &[8; 24], &[0], Array2::zeros((1, 1)));
        let shown = [Shown::one("base".into(), &report, &figures, None)];
        for format in Format::BOTH {
            let svg = plane(&shown, format);
            let numbers = texts(&svg, "number");
            let said: Vec<String> = numbers.iter().map(|number| number.1.to_owned()).collect();
            assert_eq!(said, (0..24).map(|l| l.to_string()).collect::<Vec<_>>());
            for (i, (a, _)) in numbers.iter().enumerate() {
                for (b, _) in &numbers[i + 1..] {
                    assert!((a[0] - b[0]).abs() >= 11.0 || (a[1] - b[1]).abs() >= 13.0, "{a:?} {b:?}");
                }
            }
            assert_eq!(texts(&svg, "name ink").len(), 1);
        }
    }
}
