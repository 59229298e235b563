//! Where labels stand beside their points: inside the frame, on no other label and on no point, for any set of points.
//!
//! In: points, sizes of labels, and what is drawn already. Out: a place for each label, with a line that leads from the
//! point where the label could not stand next to it. The same points give the same places.

use std::f64::consts::TAU;

type Point = [f64; 2];

/// A rectangle of the drawing: left, top, right, bottom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame([f64; 4]);

impl Frame {
    pub fn new([left, top]: Point, [right, bottom]: Point) -> Self {
        Frame([left, top, right, bottom])
    }

    pub fn around([x, y]: Point, [width, height]: Point) -> Self {
        Frame([x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0])
    }

    pub fn overlaps(&self, other: &Frame) -> bool {
        let (Frame(a), Frame(b)) = (self, other);
        a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
    }

    pub fn holds(&self, inner: &Frame) -> bool {
        let (Frame(a), Frame(b)) = (self, inner);
        a[0] <= b[0] && a[1] <= b[1] && b[2] <= a[2] && b[3] <= a[3]
    }

    /// The point of the rectangle that is nearest to another.
    fn nearest(&self, [x, y]: Point) -> Point {
        let Frame([left, top, right, bottom]) = *self;
        [x.clamp(left, right), y.clamp(top, bottom)]
    }

    fn on(&self, point: Point) -> bool {
        self.nearest(point) == point
    }

    /// How far a point is from the rectangle.
    fn away(&self, point: Point) -> f64 {
        let near = self.nearest(point);
        (near[0] - point[0]).hypot(near[1] - point[1])
    }

    /// Whether a line passes through: some part of it lies between all four sides (Liang and Barsky 1984).
    fn crossed_by(&self, [from, to]: [Point; 2]) -> bool {
        let Frame(sides) = self;
        let (mut enters, mut leaves) = (0.0f64, 1.0f64);
        for axis in 0..2 {
            let (start, way) = (from[axis], to[axis] - from[axis]);
            let (low, high) = (sides[axis], sides[axis + 2]);
            if way == 0.0 {
                if start <= low || start >= high {
                    return false;
                }
                continue;
            }
            let (a, b) = ((low - start) / way, (high - start) / way);
            enters = enters.max(a.min(b));
            leaves = leaves.min(a.max(b));
        }
        enters < leaves
    }
}

/// Where one label stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub frame: Frame,
    /// From the point to the label, where they are not next to each other.
    pub leader: Option<[Point; 2]>,
}

impl Place {
    pub fn centre(&self) -> Point {
        let Frame([left, top, right, bottom]) = self.frame;
        [(left + right) / 2.0, (top + bottom) / 2.0]
    }
}

/// Air between a point and its label.
const GAP: f64 = 7.0;
/// A label further from its point than this has a leader.
const BESIDE: f64 = 12.0;
/// How much further out a label goes rather than have a line through it, or its leader through another label.
const CROSSING: f64 = 18.0;

/// What labels must keep off, and what they had better.
pub struct Labels {
    bounds: Frame,
    taken: Vec<Frame>,
    lines: Vec<[Point; 2]>,
}

impl Labels {
    pub fn within(bounds: Frame) -> Self {
        Labels { bounds, taken: Vec::new(), lines: Vec::new() }
    }

    /// No label covers this.
    pub fn keep_off(&mut self, frame: Frame) {
        self.taken.push(frame);
    }

    /// No label covers this line where there is room elsewhere.
    pub fn avoid(&mut self, line: [Point; 2]) {
        self.lines.push(line);
    }

    /// Takes the best free place for a label of `size`: near its point, clear of lines. None where the frame is full.
    pub fn place(&mut self, point: Point, size: Point) -> Option<Place> {
        let free = |frame: &Frame| self.bounds.holds(frame) && !self.taken.iter().any(|taken| taken.overlaps(frame));
        let cost = |distance: f64, frame: &Frame| {
            let covered = self.lines.iter().filter(|&&line| frame.crossed_by(line)).count();
            // A leader leaves its own point, so what stands on that does not count.
            let leader = [point, frame.nearest(point)];
            let led_through = self.taken.iter().filter(|taken| !taken.on(point) && taken.crossed_by(leader)).count();
            distance + CROSSING * (covered + led_through) as f64
        };
        let (_, distance, frame) = candidates(point, size, self.bounds)
            .filter(|(_, frame)| free(frame))
            .map(|(distance, frame)| (cost(distance, &frame), distance, frame))
            .min_by(|a, b| a.0.total_cmp(&b.0))?;
        let leader = (distance > BESIDE).then(|| [point, frame.nearest(point)]);
        let place = Place { frame, leader };
        self.taken.push(place.frame);
        self.lines.extend(place.leader);
        Some(place)
    }
}

/// Rectangles and how far from the point they are: on rings around it, each begun at the upper right, where a reader
/// looks first; and the frame's own rows and columns, so that a free place in a crowded frame is found too.
fn candidates(point: Point, size: Point, bounds: Frame) -> impl Iterator<Item = (f64, Frame)> {
    const RINGS: usize = 24;
    const TURNS: usize = 16;
    let Frame([left, top, right, bottom]) = bounds;
    let rings = (0..RINGS).flat_map(move |ring| (0..TURNS).map(move |turn| (ring, turn)));
    let rings = rings.map(move |(ring, turn)| {
        let distance = GAP + 5.0 * ring as f64;
        // Beginning right and a little up, and going to both sides in turn.
        let step = if turn % 2 == 0 { turn as f64 / 2.0 } else { -(turn as f64 + 1.0) / 2.0 };
        let (sine, cosine) = ((step - 1.0) * TAU / TURNS as f64).sin_cos();
        let reach = [0, 1].map(|axis| size[axis] / 2.0 + distance);
        let centre = [point[0] + cosine * reach[0], point[1] + sine * reach[1]];
        // On an ellipse a corner may come nearer than the ring's distance, so it is measured.
        let frame = Frame::around(centre, size);
        (frame.away(point).max(distance), frame)
    });
    let count = |room: f64, size: f64| (room / size).max(0.0) as usize;
    let (rows, columns) = (count(bottom - top, size[1]), count(right - left, size[0]));
    let cells = (0..rows * columns)
        .map(move |cell| {
            let corner = [left + (cell % columns) as f64 * size[0], top + (cell / columns) as f64 * size[1]];
            let frame = Frame::new(corner, [corner[0] + size[0], corner[1] + size[1]]);
            (frame.away(point), frame)
        })
        .filter(|(distance, _)| *distance > GAP);
    rings.chain(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A narrow page's plane.
    fn frame() -> Frame {
        Frame::new([52.0, 28.0], [334.0, 348.0])
    }

    /// Dots at the points, then a label of two figures for each.
    fn placed(points: &[Point]) -> Vec<Option<Place>> {
        let mut labels = Labels::within(frame());
        for &point in points {
            labels.keep_off(Frame::around(point, [8.0, 8.0]));
        }
        for ends in points.windows(2) {
            labels.avoid([ends[0], ends[1]]);
        }
        points.iter().map(|&point| labels.place(point, [18.0, 14.0])).collect()
    }

    fn adversaries() -> Vec<Vec<Point>> {
        let golden = |i: usize| (i as f64 * 0.618_033_988_749_894_9).fract();
        vec![
            vec![[200.0, 200.0]; 48],
            vec![[52.0, 28.0]; 48],
            vec![[334.0, 348.0]; 48],
            (0..48).map(|i| [100.0 + 0.5 * i as f64, 200.0]).collect(),
            (0..48).map(|i| [334.0, 100.0 + 3.0 * i as f64]).collect(),
            (0..48).map(|i| [52.0 + 282.0 * golden(i), 28.0 + 320.0 * golden(7 * i)]).collect(),
            // Three heaps whose labels get into each other's way.
            (0..48).map(|i| [150.0 + 12.0 * (i % 3) as f64, 120.0 + 9.0 * (i % 3) as f64]).collect(),
            vec![[100.0, 100.0], [104.0, 103.0]],
        ]
    }

    #[test]
    fn no_label_lies_on_another_or_on_a_point_or_outside() {
        for points in adversaries() {
            let places: Vec<Place> = placed(&points).into_iter().map(|place| place.expect("room enough")).collect();
            for (i, place) in places.iter().enumerate() {
                assert!(frame().holds(&place.frame), "{place:?}");
                assert!(places[i + 1..].iter().all(|other| !place.frame.overlaps(&other.frame)), "{points:?}");
                let dot = |point: &Point| Frame::around(*point, [8.0, 8.0]);
                assert!(points.iter().all(|point| !place.frame.overlaps(&dot(point))), "{points:?}");
            }
        }
    }

    #[test]
    fn a_label_away_from_its_point_has_a_line_to_it() {
        for points in adversaries() {
            for (point, place) in points.iter().zip(placed(&points)) {
                let place = place.unwrap();
                match place.leader {
                    None => assert!(place.frame.away(*point) <= BESIDE),
                    Some([from, to]) => assert!(from == *point && place.frame.away(to) == 0.0),
                }
            }
        }
    }

    #[test]
    fn a_full_frame_leaves_labels_out_rather_than_heap_them() {
        let mut labels = Labels::within(Frame::new([0.0, 0.0], [40.0, 30.0]));
        let places: Vec<Place> = (0..100).filter_map(|_| labels.place([20.0, 15.0], [10.0, 10.0])).collect();
        assert!((4..12).contains(&places.len()), "{}", places.len());
        for (i, place) in places.iter().enumerate() {
            assert!(places[i + 1..].iter().all(|other| !place.frame.overlaps(&other.frame)));
        }
    }

    #[test]
    fn a_line_through_a_rectangle_is_told_from_one_beside_it() {
        let frame = Frame::new([0.0, 0.0], [10.0, 10.0]);
        assert!(frame.crossed_by([[-5.0, 5.0], [15.0, 6.0]]));
        assert!(frame.crossed_by([[5.0, 5.0], [5.0, 50.0]]));
        assert!(!frame.crossed_by([[-5.0, 0.0], [5.0, -10.0]]));
        assert!(!frame.crossed_by([[20.0, 5.0], [15.0, 6.0]]));
        assert!(!frame.crossed_by([[-5.0, -1.0], [15.0, -1.0]]));
    }
}
