//! What the paper expects of a comparison, and whether it was seen.

/// What the paper expects of a network beside its healthy sibling.
#[derive(Clone, Copy, PartialEq)]
pub enum Expected {
    /// dH below zero, dI above.
    Heuristic,
    /// dH above, dI below.
    ExampleLevel,
}

impl Expected {
    pub fn words(self) -> &'static str {
        match self {
            Expected::Heuristic => "H lower, I higher",
            Expected::ExampleLevel => "H higher, I lower",
        }
    }

    /// Whether both differences are on the side that the paper expects, with all of their intervals.
    pub fn holds(self, entropy: &Difference, mutual_information: &Difference) -> bool {
        match self {
            Expected::Heuristic => entropy.is_below() && mutual_information.is_above(),
            Expected::ExampleLevel => entropy.is_above() && mutual_information.is_below(),
        }
    }
}

/// A difference in nats, with its 95 % interval.
#[derive(Clone, Copy)]
pub struct Difference {
    pub mean: f64,
    pub interval95: [f64; 2],
}

impl Difference {
    fn is_below(&self) -> bool {
        self.interval95[1] < 0.0
    }

    fn is_above(&self) -> bool {
        self.interval95[0] > 0.0
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let [low, high] = self.interval95;
        write!(f, "{:+.3} [{low:+.3}, {high:+.3}]", self.mean)
    }
}
