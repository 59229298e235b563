//! The verdict in a sentence, with the figures that decided it.

use super::calibrated::{Reason, clear};
use super::difference::Delta;
use super::direction::Direction;
use super::published::{self, Judgement};
use super::relative::Relative;
use super::typical::Architecture;
use super::verdict::Verdict;
use crate::base::text::{self, two_digits};

/// What the differences are parts of: more than all of it can be missing.
const OF: &str = " (in % of the mean of the two)";

/// The calibrated verdict. `models` are those of the variant and of the baseline.
pub(super) fn calibrated(
    (variant, baseline): (&str, &str),
    (verdict, reason): (Verdict, Reason),
    measures: &[Relative],
    models: [usize; 2],
    architecture: Architecture,
) -> String {
    let place = if models == [1, 1] { "in these two files" } else { "between these recipes" };
    let decided = list(clear(measures).map(change));
    let open: Vec<String> = measures.iter().filter(|measure| measure.side == Direction::Unclear).map(change).collect();
    let (count, open) = (open.len(), text::listed(&open));
    let rest = match count {
        0 => String::new(),
        1 => format!("; {open} is unclear"),
        _ => format!("; {open} are unclear"),
    };
    let why = match reason {
        Reason::Agreement if verdict == Verdict::Heuristic => {
            format!("{place} {decided}{OF}, as when a network leans on a shortcut{rest}")
        }
        Reason::Agreement => format!("{place} {decided}{OF}, as when a network memorizes its examples{rest}"),
        Reason::EachWay => format!("{place} {decided}{OF}, which together are the mark of neither kind{rest}"),
        Reason::OneAlone => format!("{place} only {decided}{OF}, and one measure alone decides nothing{rest}"),
        Reason::AllNarrow => format!("{place} {open}{OF}, all within a few per cent"),
        Reason::SameFigures => format!("{place} H, I and R are the same to a thousandth"),
        Reason::TooWide => format!("{place} {open}{OF}, which neither shows a difference nor rules one out"),
        Reason::Unknown => "a measure has no interval, because there are too few inputs or neurons".to_owned(),
    };
    let covered = match (reason, models) {
        (Reason::Unknown | Reason::SameFigures, _) => String::new(),
        (_, [1, 1]) => {
            let networks = match architecture {
                Architecture::Unknown => "such networks",
                known => known.networks(),
            };
            let deviations = deviations(measures);
            match architecture.is_measured() {
                true => format!(
                    " Both files were compared, not their recipes: seeds of {networks} typically differ by {deviations}, and the \
                     intervals allow for that."
                ),
                // An assumed figure must not look like a measured one.
                false => format!(
                    " Both files were compared, not their recipes: how much seeds of {networks} differ has not been measured, and \
                     {deviations} are assumed; give several seeds per side."
                ),
            }
        }
        _ => format!(
            " Seeds of one recipe differ by {}, as those given and what is typical say together, and the intervals allow for \
             that.",
            deviations(measures)
        ),
    };
    format!("{variant} against {baseline}: {verdict}; {why}.{covered}")
}

/// The verdict of the rule as published.
pub(super) fn published((variant, baseline): (&str, &str), judgement: &Judgement) -> String {
    let both =
        format!("dH {} and dI {}", figures(&judgement.delta_entropy), figures(&judgement.delta_mutual_information));
    let why = match judgement.reason {
        published::Reason::OppositeSides if judgement.verdict == Verdict::Heuristic => {
            format!("{both}, as when a network leans on a shortcut")
        }
        published::Reason::OppositeSides => format!("{both}, as when a network memorizes its examples"),
        published::Reason::SameSide => format!("{both}, which is the mark of neither kind"),
        published::Reason::EntropyOnly => format!("only the interval of H excludes zero: {both}"),
        published::Reason::MutualInformationOnly => format!("only the interval of I excludes zero: {both}"),
        published::Reason::WithinBounds => format!("{both}, both intervals within 5 % of {baseline}"),
        published::Reason::TooWide => format!("{both}, which neither shows a difference nor rules one out"),
    };
    let name = judgement.estimator.name();
    format!("{variant} against {baseline}: {}; {why} ({name}; other inputs are allowed for).", judgement.verdict)
}

/// `H is 12 % lower [-18 %, -6 %]`, or `H +1.2 % [-3.1 %, +5.5 %]` where that is unclear.
fn change(measure: &Relative) -> String {
    let letter = measure.name.letter();
    if !measure.is_known() {
        return format!("{letter} unknown");
    }
    let [low, high] = measure.interval95.map(text::change);
    let size = two_digits(measure.relative.abs());
    match measure.side {
        Direction::Below => format!("{letter} is {size} lower [{low}, {high}]"),
        Direction::Above => format!("{letter} is {size} higher [{low}, {high}]"),
        Direction::Unclear => format!("{letter} {} [{low}, {high}]", text::change(measure.relative)),
    }
}

/// `2 % in H, 9 % in I and 2 % in R`.
fn deviations(measures: &[Relative]) -> String {
    list(measures.iter().map(|measure| format!("{} in {}", two_digits(measure.seed_deviation), measure.name.letter())))
}

fn list(parts: impl Iterator<Item = String>) -> String {
    text::listed(&parts.collect::<Vec<_>>())
}

fn figures(delta: &Delta) -> String {
    let [low, high] = delta.interval95;
    match (delta.mean.is_finite(), delta.is_known()) {
        (false, _) => "unknown".to_owned(),
        (true, false) => format!("{:+.3} [no interval]", delta.mean),
        (true, true) => format!("{:+.3} [{low:+.3}, {high:+.3}]", delta.mean),
    }
}
