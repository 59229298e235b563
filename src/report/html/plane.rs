//! The plane of both measures: a point a variant with its 95 % intervals, or, of a single run, a point a layer on the
//! way through the network.

use super::Shown;
use super::svg::{Anchor, Axis, Format, Svg};
use crate::measures::Summary;
use crate::report::schema::Overall;
use crate::report::words::{cut, interval, nats, visible, width};

/// Draws the plane.
pub fn plane(shown: &[Shown], format: Format) -> String {
    let height = if format == Format::Wide { 400.0 } else { 320.0 };
    let (left, right, top) = (52.0, format.width() - 16.0, 28.0);
    let bottom = top + height;
    let single = shown.len() == 1;
    let layers = || shown.iter().filter(|_| single).flat_map(|s| &s.report.layers);
    let models = || shown.iter().flat_map(|s| &s.replicates).map(|r| r.overall);
    let ends = |pick: fn(&Overall) -> Summary, of_layer: fn(&crate::report::schema::Layer) -> Summary| {
        let overall: Vec<Summary> = shown.iter().map(|s| s.overall).chain(models()).map(|o| pick(&o)).collect();
        let bars: Vec<f64> = overall.iter().flat_map(|s| [s.mean, s.interval95[0], s.interval95[1]]).collect();
        bars.into_iter().chain(layers().map(of_layer).map(|s| s.mean)).collect::<Vec<f64>>()
    };
    // A little more room than the values take, for the words beside the points.
    let roomy = |a: Axis, share: f64| Axis::over([a.low, a.high + share * (a.high - a.low)], 0.0, 1.0);
    let x = roomy(Axis::over(ends(|o| o.entropy, |l| l.entropy), 0.0, 1.0), 0.08);
    let y = roomy(Axis::over(ends(|o| o.mutual_information, |l| l.mutual_information), 0.0, 1.0), 0.04);
    let x = Axis::exact(x.low, x.high, left, right);
    let y = Axis::exact(y.low, y.high, bottom, top);

    let mut svg = Svg::new(format);
    svg.room(bottom + 40.0);
    for (value, text) in y.ticks(6) {
        svg.line(if value == 0.0 { "grid zero" } else { "grid" }, [left, y.at(value)], [right, y.at(value)]);
        svg.text("tick", [left - 8.0, y.at(value) + 4.0], Anchor::End, &text);
    }
    x.draw_below(&mut svg, top, bottom, "mean entropy H, nats");
    svg.text("axis", [2.0, 10.0], Anchor::Start, "mean mutual information I, nats");
    let mut names = Names { taken: Vec::new(), right, bottom };
    if let ([only], true) = (shown, single) {
        way(&mut svg, only, [&x, &y], &mut names);
    }
    for (v, of) in shown.iter().enumerate() {
        variant(&mut svg, of, v, [&x, &y], &mut names, single);
    }
    svg.finish("Mean entropy against mean mutual information")
}

/// The layers of a single run, joined in order.
fn way(svg: &mut Svg, of: &Shown, [x, y]: [&Axis; 2], names: &mut Names) {
    let place = |layer: &crate::report::schema::Layer| {
        let (h, i) = (layer.entropy.mean, layer.mutual_information.mean);
        (h.is_finite() && i.is_finite()).then(|| [x.at(h), y.at(i)])
    };
    svg.path("way", of.report.layers.iter().filter_map(place), false);
    for (l, layer) in of.report.layers.iter().enumerate() {
        let Some([px, py]) = place(layer) else { continue };
        names.taken.push([px - 10.0, py - 10.0, px + 10.0, py + 10.0]);
        let tip =
            format!("{}: H {}, I {} nats", layer.label, nats(layer.entropy.mean), nats(layer.mutual_information.mean));
        svg.tipped("stop v0", &tip, |svg| {
            svg.circle("near", [px, py], 12.0);
            svg.circle("dot", [px, py], 9.0);
            svg.text("number", [px, py + 3.6], Anchor::Middle, &l.to_string());
        });
    }
}

/// Where names stand, so that no two are on top of each other.
struct Names {
    taken: Vec<[f64; 4]>,
    right: f64,
    bottom: f64,
}

impl Names {
    /// A free place beside a point: right, left, above or below.
    fn place(&mut self, [x, y]: [f64; 2], text: &str) -> ([f64; 2], Anchor) {
        let wide = 7.2 * width(text) as f64;
        let choices = [
            ([x + 12.0, y - 8.0], Anchor::Start),
            ([x + 12.0, y + 18.0], Anchor::Start),
            ([x - 12.0, y - 8.0], Anchor::End),
            ([x - 12.0, y + 18.0], Anchor::End),
            ([x + 12.0, y - 26.0], Anchor::Start),
            ([x - 12.0, y - 26.0], Anchor::End),
        ];
        let frame = |([x, y], anchor): &([f64; 2], Anchor)| match anchor {
            Anchor::Start => [*x, y - 12.0, x + wide, y + 4.0],
            _ => [x - wide, y - 12.0, *x, y + 4.0],
        };
        let free = |f: &[f64; 4]| {
            f[0] >= 52.0
                && f[2] <= self.right
                && f[3] <= self.bottom
                && self.taken.iter().all(|t| f[2] < t[0] || f[0] > t[2] || f[3] < t[1] || f[1] > t[3])
        };
        let pick = choices.iter().find(|choice| free(&frame(choice))).unwrap_or(&choices[0]);
        self.taken.push(frame(pick));
        *pick
    }
}

fn variant(svg: &mut Svg, of: &Shown, v: usize, [x, y]: [&Axis; 2], names: &mut Names, single: bool) {
    let Overall { entropy: h, mutual_information: i } = of.overall;
    if !h.mean.is_finite() || !i.mean.is_finite() {
        return;
    }
    let at = [x.at(h.mean), y.at(i.mean)];
    let name = if single { "all layers".to_owned() } else { cut(&visible(&of.label), 24) };
    let tip = format!(
        "{}: mean H {} {}, mean I {} {} nats",
        if single { "all layers" } else { &of.label },
        nats(h.mean),
        interval(h.interval95),
        nats(i.mean),
        interval(i.interval95)
    );
    for replicate in of.replicates.iter().filter(|_| of.replicates.len() > 1) {
        let o = replicate.overall;
        let tip = format!(
            "{}, {}: mean H {}, mean I {} nats",
            of.label,
            replicate.name(),
            nats(o.entropy.mean),
            nats(o.mutual_information.mean)
        );
        let at = [x.at(o.entropy.mean), y.at(o.mutual_information.mean)];
        svg.tipped(&format!("replicate v{}", v % super::COLOURS), &tip, |svg| svg.circle("ring", at, 4.0));
    }
    svg.tipped(&format!("point v{}", v % super::COLOURS), &tip, |svg| {
        svg.circle("near", at, 14.0);
        let bars = [(h.interval95, true), (i.interval95, false)];
        for (ends, across) in bars.into_iter().filter(|(ends, _)| ends.iter().all(|e| e.is_finite())) {
            match across {
                true => svg.line("interval", [x.at(ends[0]), at[1]], [x.at(ends[1]), at[1]]),
                false => svg.line("interval", [at[0], y.at(ends[0])], [at[0], y.at(ends[1])]),
            }
        }
        svg.circle("dot", at, 6.0);
    });
    let (place, anchor) = names.place(at, &name);
    svg.text(&format!("name v{} ink", v % super::COLOURS), place, anchor, &name);
}
