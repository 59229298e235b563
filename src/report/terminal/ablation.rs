//! `probe ablate`: a row per number of neurons, a row per class, and a row per layer.

use super::style::{Style, caption, paint, paragraph};
use super::table::{Align, Table};
use crate::ablation::{Ablation, GapChange, Gaps, Point, Share, Spread};
use crate::base::text::{counted, cut_middle, nats, percent, rank, thousands, visible};
use crate::report::ablation::AblationReport;

/// The widest label: figures are never cut for it.
const LABEL: usize = 22;

/// Classes that are shown, those that lose most.
const CLASSES: usize = 12;

/// Neurons that are named.
const NAMED: usize = 6;

/// What happens when neurons are switched off.
pub fn ablation(report: &AblationReport, style: &Style) -> String {
    let name = paint(style.strong, &cut_middle(&visible(&report.name), 48));
    let mut out = format!("{name}  {} {}\n\n", thousands(report.inputs), report.kind.noun(report.inputs));
    out.push_str(&paragraph(style, "  ", 4, &off(report)));
    let found = &report.ablation;
    if !found.curve.is_empty() {
        out.push('\n');
        out.push_str(&curve(found, style));
    }
    if !found.classes.is_empty() {
        out.push('\n');
        out.push_str(&classes(found, style));
    }
    if let Some(gaps) = &found.gaps {
        out.push('\n');
        out.push_str(&paragraph(style, "  ", 4, &groups(gaps)));
        out.push_str(&gap_rows(gaps, style));
    }
    if !found.layers.is_empty() {
        out.push('\n');
        out.push_str(&layers(found, style));
    }
    out.push('\n');
    out.push_str(&caption(style, &explanation(found)));
    out
}

/// `16 of 512 neurons off (lowest-entropy:16, zero): encoder.layer.0:7, … and 10 more`.
fn off(report: &AblationReport) -> String {
    let neurons = &report.ablation.neurons;
    let named =
        neurons.iter().take(NAMED).map(|off| format!("{}:{}", cut_middle(&visible(&off.layer), LABEL), off.neuron));
    let mut named: Vec<String> = named.collect();
    if let Some(more @ 1..) = neurons.len().checked_sub(NAMED) {
        named.push(format!("and {} more", thousands(more)));
    }
    let setting = |name: &str| report.settings.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    format!(
        "{} of {} off ({}, {}): {}",
        thousands(neurons.len()),
        counted(report.candidates, "neuron"),
        cut_middle(&visible(setting("neurons")), 40),
        setting("how"),
        named.join(", ")
    )
}

fn curve(found: &Ablation, style: &Style) -> String {
    let with_labels = found.labels.is_some();
    let mut heads =
        vec![("neurons", Align::Right), ("answers changed [95 %]", Align::Left), ("random draws [range]", Align::Left)];
    if with_labels {
        heads.extend([("accuracy", Align::Right), ("random", Align::Right)]);
    }
    let mut table = Table::new(&heads);
    if let Some(labels) = &found.labels {
        let before = [String::from("0"), String::new(), String::new(), percent(labels.accuracy.share), String::new()];
        table.row(before.into_iter().map(|cell| (cell, style.quiet)).collect());
    }
    for point in &found.curve {
        let Point { neurons, changed, changed_random, accuracy, accuracy_random } = point;
        let mut row = vec![thousands(*neurons), share(changed), spread(changed_random)];
        if with_labels {
            row.push(percent(accuracy.map_or(f64::NAN, |of| of.share)));
            row.push(percent(accuracy_random.map_or(f64::NAN, |of| of.mean)));
        }
        table.plain_row(row);
    }
    table.render(style)
}

fn classes(found: &Ablation, style: &Style) -> String {
    let mut table = Table::new(&[
        ("class", Align::Left),
        ("inputs", Align::Right),
        ("accuracy", Align::Right),
        ("off", Align::Right),
        ("random [range]", Align::Left),
    ]);
    let mut shown: Vec<_> = found.classes.iter().collect();
    if shown.len() > CLASSES {
        let lost = |share: &Share, other: &Share| share.share - other.share;
        shown.sort_by(|a, b| lost(&b.before, &b.after).total_cmp(&lost(&a.before, &a.after)));
        shown.truncate(CLASSES);
    }
    for class in &shown {
        let cells = [
            cut_middle(&visible(&class.name), LABEL),
            thousands(class.before.of),
            percent(class.before.share),
            percent(class.after.share),
            spread(&class.random),
        ];
        table.plain_row(cells);
    }
    let mut out = table.render(style);
    if let Some(more @ 1..) = found.classes.len().checked_sub(shown.len()) {
        out.push_str(&paragraph(style, "  ", 2, &format!("and {} more of {} classes", more, found.classes.len())));
    }
    out
}

/// `gender: F 1,203, M 1,297`.
fn groups(of: &GapChange) -> String {
    let name =
        |group: usize| format!("{} {}", cut_middle(&visible(&of.groups[group]), 24), thousands(of.inputs[group]));
    format!("{}: {}, {}", cut_middle(&visible(&of.column), 32), name(0), name(1))
}

fn gap_rows(of: &GapChange, style: &Style) -> String {
    let mut table = Table::new(&[
        ("gap", Align::Left),
        ("before", Align::Right),
        ("off", Align::Right),
        ("random [range]", Align::Left),
    ]);
    let mut row = |name: &str, figure: &dyn Fn(&Gaps) -> f64, random: &Spread| {
        let beside = format!("{} [{}, {}]", nats(random.mean), nats(random.min), nats(random.max));
        let cells = [name.to_owned(), nats(figure(&of.before)), nats(figure(&of.after)), beside];
        table.plain_row(cells);
    };
    row("true-positive rate, sum over classes", &|gaps| gaps.tpr_gap, &of.tpr_gap_random);
    row("sufficiency, sum over answers (nats)", &|gaps| gaps.sufficiency_gap, &of.sufficiency_gap_random);
    table.render(style)
}

fn layers(found: &Ablation, style: &Style) -> String {
    let mut table = Table::new(&[
        ("layer", Align::Left),
        ("off", Align::Right),
        ("H", Align::Right),
        ("off", Align::Right),
        ("I", Align::Right),
        ("off", Align::Right),
        ("R", Align::Right),
        ("off", Align::Right),
    ]);
    for layer in &found.layers {
        let (before, after) = (&layer.before, &layer.after);
        let cells = [
            cut_middle(&visible(&layer.label), LABEL),
            thousands(layer.off),
            nats(before.entropy),
            nats(after.entropy),
            nats(before.mutual_information),
            nats(after.mutual_information),
            rank(before.effective_rank),
            rank(after.effective_rank),
        ];
        table.plain_row(cells);
    }
    table.render(style)
}

/// `31.2 % [29.4, 33.1]`.
fn share(of: &Share) -> String {
    format!("{} {}", percent(of.share), range(of.interval95))
}

/// `4.1 % [1.0, 9.2]`.
fn spread(of: &Spread) -> String {
    format!("{} {}", percent(of.mean), range([of.min, of.max]))
}

fn range([low, high]: [f64; 2]) -> String {
    format!("[{:.1}, {:.1}]", 100.0 * low, 100.0 * high)
}

fn explanation(found: &Ablation) -> String {
    let mut parts = Vec::new();
    if let (Some(answer), Some(last)) = (&found.answer, found.curve.last()) {
        let what = match answer.classes {
            2 => "which of two it is".to_owned(),
            classes => format!("the largest of {}", counted(classes, "number")),
        };
        parts.push(format!("answer: by '{}', {what} [95 % interval over inputs]", visible(&answer.output)));
        parts.push(format!(
            "random draws: {} choices of as many neurons of the same layers; with {} off, as many answers change in {} of them",
            last.changed_random.draws,
            thousands(last.neurons),
            last.changed_random.as_high
        ));
    }
    parts.push("H, I (nats) and R: over the neurons that stay on, before and with the others off".to_owned());
    format!("{}.", parts.join("; "))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ablation::{AnswerOutput, ClassChange, ClassGap, Labels, LayerChange, Levels, OffNeuron};
    use crate::base::text::width;
    use crate::report::schema::Kind;
    use crate::report::terminal::COLUMNS;

    fn gap_change(spread: Spread) -> GapChange {
        let gaps = |tpr_gap: f64| Gaps {
            classes: vec![ClassGap { name: "a".into(), share: 0.5, tpr_gap }],
            tpr_gap,
            tpr_gap_mean: tpr_gap,
            tpr_gap_rms: tpr_gap,
            tpr_gap_pearson: f64::NAN,
            sufficiency_gap: f64::NAN,
            answers_left_out: 0,
        };
        GapChange {
            column: "gender\x1b".into(),
            groups: ["F", "M"].map(str::to_owned),
            inputs: [1203, 1297],
            before: gaps(12.25),
            after: gaps(0.5),
            tpr_gap_random: spread,
            sufficiency_gap_random: spread,
        }
    }

    pub(crate) fn report() -> AblationReport {
        let share = |count| Share::new(count, 2500);
        let spread = Spread::new(&[0.1, 1.0, 0.2], 0.9);
        let point = |neurons| Point {
            neurons,
            changed: share(2500),
            changed_random: spread,
            accuracy: Some(share(2400)),
            accuracy_random: Some(spread),
        };
        let levels = Levels {
            entropy: 4.605,
            entropy_interval95: [4.6, 4.7],
            mutual_information: -1.234,
            mutual_information_interval95: [f64::NAN; 2],
            effective_rank: 123.4,
            effective_rank_interval95: [100.0, 130.0],
        };
        let class = |nth: usize| ClassChange {
            name: format!("class\x1b {nth}"),
            before: share(90),
            after: share(3),
            random: spread,
        };
        let layer =
            |label: &str| LayerChange { label: label.into(), neurons: 120, off: 1024, before: levels, after: levels };
        let off = |neuron| OffNeuron {
            layer: "encoder.layer.".repeat(4),
            neuron,
            entropy: 0.1,
            mutual_information: f64::NAN,
        };
        let ablation = Ablation {
            neurons: (0..16).map(off).collect(),
            answer: Some(AnswerOutput { output: "logits".into(), classes: 1000 }),
            labels: Some(Labels { column: "label".into(), missing: 0, accuracy: share(2450) }),
            curve: vec![point(1), point(1024)],
            classes: (0..20).map(class).collect(),
            gaps: Some(gap_change(spread)),
            layers: vec![layer("encoder.layer.0"), layer(&"x\x1b[31m".repeat(30))],
        };
        let settings = serde_json::json!({ "neurons": "lowest-entropy:16", "how": "zero" });
        AblationReport {
            schema_version: 2,
            probe_version: "0".into(),
            model: None,
            name: "base.onnx".into(),
            kind: Kind::Texts,
            inputs: 2500,
            candidates: 512,
            settings: settings.as_object().unwrap().clone(),
            ablation,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn the_tables_fit_eighty_columns_and_have_no_escapes() {
        let text = ablation(&report(), &Style::plain());
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
        assert!(!text.contains('\x1b') && text.contains("and 10 more"), "{text}");
        assert!(
            text.contains("100.0 % [99.8, 100.0]") && text.contains("43.3 % [10.0, 100.0]"),
            "no figure is cut: {text}"
        );
        assert!(text.contains("and 8 more of 20 classes") && text.contains("in 1 of them"), "{text}");
        assert!(text.contains("F 1,203, M 1,297") && text.contains("12.250"), "{text}");
        let colored = ablation(&report(), &Style::colored());
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), text);
    }

    #[test]
    fn without_an_answer_there_are_the_layers_alone() {
        let mut report = report();
        report.ablation =
            Ablation { answer: None, labels: None, curve: vec![], classes: vec![], gaps: None, ..report.ablation };
        let text = ablation(&report, &Style::plain());
        assert!(!text.contains("answer") && text.contains("encoder.layer.0"), "{text}");
    }
}
