//! Where the time goes, for the report.

use std::time::Instant;

use crate::measures::Measures;
use crate::report::schema::Timing;

/// Seconds of each stage, as they end.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started: Instant,
    mark: Instant,
    load: f64,
    capture: f64,
}

impl Clock {
    /// Starts with the run.
    pub fn start() -> Self {
        let now = Instant::now();
        Clock { started: now, mark: now, load: 0.0, capture: 0.0 }
    }

    /// The runtime, the model and the inputs are there.
    pub fn loaded(&mut self) {
        self.load += self.lap();
    }

    /// The activations are there.
    pub fn captured(&mut self) {
        self.capture += self.lap();
    }

    /// The report is about to be made.
    pub fn timing(&self, measures: &Measures) -> Timing {
        Timing {
            load: self.load,
            capture: self.capture,
            entropy: measures.timing.entropy,
            mutual_information: measures.timing.mutual_information,
            spectrum: measures.timing.spectrum,
            total: self.started.elapsed().as_secs_f64(),
        }
    }

    fn lap(&mut self) -> f64 {
        let seconds = self.mark.elapsed().as_secs_f64();
        self.mark = Instant::now();
        seconds
    }
}
