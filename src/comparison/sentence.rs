//! The verdict in one sentence, with the numbers that decided it.

use super::verdict::{Judgement, Reason, Verdict};
use crate::measures::{Estimator, Measure};

/// `primary` and `beside` are the two estimators' judgements, `verdict` and `reason` what was decided from them.
pub(super) fn tell(
    variant: &str,
    baseline: &str,
    (verdict, reason): (Verdict, Reason),
    primary: &Judgement,
    beside: Option<&Judgement>,
) -> String {
    let both = |judgement: &Judgement| {
        format!("{} and {}", change(judgement, Measure::Entropy), change(judgement, Measure::MutualInformation))
    };
    let why = match (verdict, reason) {
        (Verdict::Heuristic, _) => format!("{}, as when a network leans on a shortcut", both(primary)),
        (Verdict::ExampleLevel, _) => format!("{}, as when a network memorizes its examples", both(primary)),
        (_, Reason::SameSide) => format!("{}, which is neither kind's mark", both(primary)),
        (_, Reason::EntropyOnly) => format!("only H is clear of zero: {}", both(primary)),
        (_, Reason::MutualInformationOnly) => format!("only I is clear of zero: {}", both(primary)),
        (_, Reason::Contradicted) => contradicted(primary, beside),
        (_, Reason::WithinBounds) => format!("{}, both intervals within 5 % of {baseline}", both(primary)),
        (_, Reason::TooWide | Reason::OppositeSides) => {
            format!("{}, which neither tells them apart nor calls them equal", both(primary))
        }
    };
    let seconded = match beside {
        Some(other) if reason != Reason::Contradicted => format!(" ({}: {})", name(other.estimator), other.verdict),
        _ => String::new(),
    };
    format!("{variant} against {baseline}: {verdict}; {why}{seconded}.")
}

/// `dH -0.448 [-0.470, -0.426]`.
fn change(judgement: &Judgement, measure: Measure) -> String {
    format!("d{} {}", measure.letter(), figures(judgement, measure))
}

fn figures(judgement: &Judgement, measure: Measure) -> String {
    let delta = judgement.delta(measure);
    let [low, high] = delta.interval95;
    match (delta.mean.is_finite(), delta.is_known()) {
        (false, _) => "unknown".to_owned(),
        (true, false) => format!("{:+.3} [no interval]", delta.mean),
        (true, true) => format!("{:+.3} [{low:+.3}, {high:+.3}]", delta.mean),
    }
}

fn contradicted(primary: &Judgement, beside: Option<&Judgement>) -> String {
    let Some(other) = beside else { return String::new() };
    let parts: Vec<String> = (primary.contradictions(other).into_iter())
        .map(|measure| {
            let (here, there) = (name(primary.estimator), name(other.estimator));
            format!("{} under {here}, but {} under {there}", change(primary, measure), figures(other, measure))
        })
        .collect();
    parts.join("; ")
}

fn name(estimator: Estimator) -> &'static str {
    match estimator {
        Estimator::Paper => "paper",
        Estimator::Robust => "robust",
    }
}
