//! What every page must hold: the report's figures, nothing from outside, and no markup of the user's.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::judged::{Change, JudgedRow, MeasureView};
use super::{Judged, Shown, write};
use crate::base::text::nats;
use crate::measures::{Estimator, Summary};
use crate::report::examples::{Examples, Excerpt, LayerExamples};
use crate::report::figures::Figures;
use crate::report::schema::{Beside, BesideLayer, Kind, Layer, Overall, Report, tests::report};

/// Values without chance, evenly spread over 0 to 1.
fn spread(i: usize) -> f64 {
    (i as f64 * 0.618_033_988_749_894_9).fract()
}

fn figures(layers: usize, neurons: usize, pairs: usize) -> Figures<'static> {
    let entropy = (0..layers * neurons).map(|n| 1.0 + 2.0 * spread(n)).collect();
    let rows: Vec<usize> = (0..layers).flat_map(|l| (0..pairs).map(move |n| l * neurons + n)).collect();
    let m = rows.len();
    let mi = Array2::from_shape_fn((m, m), |(i, j)| spread(i.min(j) * m + i.max(j)).powi(3));
    Figures::new(entropy, &vec![neurons; layers], &rows, mi)
}

fn page(shown: &[Shown], judged: &[Judged]) -> String {
    let mut bytes = Vec::new();
    write(shown, judged, &["<img src=//x> & \x1b".to_owned()], &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Every tag of the page, from `<` to `>`, outside of the script and the style.
fn tags(page: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        let tag = &rest[at..end];
        tags.push(tag);
        rest = &rest[end..];
        for (open, close) in [("<script", "</script>"), ("<style", "</style>")] {
            if tag.starts_with(open) {
                rest = &rest[rest.find(close).unwrap()..];
            }
        }
    }
    tags
}

#[test]
fn the_figures_are_the_reports() {
    // As a reader of the run's folder would: from the file, not from memory.
    let json = serde_json::to_string(&report(&["encoder.layer.0", "encoder.layer.1"], 64)).unwrap();
    let report: Report = serde_json::from_str(&json).unwrap();
    let figures = figures(2, 64, 16);
    let text = page(&[Shown::one("base".into(), &report, &figures, None)], &[]);
    for summary in report
        .layers
        .iter()
        .flat_map(|l| [l.entropy, l.mutual_information])
        .chain([report.overall.entropy, report.overall.mutual_information])
    {
        let cells = [
            format!("<td class=\"n\">{}</td>", nats(summary.mean)),
            format!("<td class=\"n quiet\">[{}, {}]</td>", nats(summary.interval95[0]), nats(summary.interval95[1])),
            format!("<td class=\"n\">{}</td>", nats(summary.median)),
            format!("<td class=\"n\">{} – {}</td>", nats(summary.q1), nats(summary.q3)),
            format!("<td class=\"n\">{} – {}</td>", nats(summary.min), nats(summary.max)),
        ];
        let row = cells.concat();
        assert!(text.contains(&row), "{row}");
    }
    for layer in &report.layers {
        // The box's hover shows the median and quartiles of report.json.
        let tip = format!("{}: median {} (95 % notch", layer.label, nats(layer.entropy.median));
        assert!(text.contains(&tip), "{tip}");
    }
}

/// The other estimator's figures are the report's too, and its plots are there to be turned to.
#[test]
fn both_estimators_are_on_the_page() {
    let leading = report(&["fc1", "fc2"], 8);
    let turned = |by: f64| {
        let moved = |s: Summary| Summary { mean: s.mean + by, median: s.median + by, ..s };
        let layer = |layer: &Layer| BesideLayer {
            label: layer.label.clone(),
            entropy: moved(layer.entropy),
            mutual_information: moved(layer.mutual_information),
        };
        let overall = Overall { entropy: moved(leading.overall.entropy), ..leading.overall };
        Beside { estimator: Estimator::Robust, layers: leading.layers.iter().map(layer).collect(), overall }
    };
    let report = Report { beside: Some(turned(0.5)), ..leading.clone() };
    assert_eq!(report.turned().unwrap().turned().unwrap(), report, "turned twice it is as before");
    let figures = Figures { beside: Some(Box::new(figures(2, 8, 4))), ..figures(2, 8, 4) };
    let text = page(&[Shown::one("base".into(), &report, &figures, None)], &[]);
    for of in [&report, &report.turned().unwrap()] {
        let part = format!("<div data-reading=\"{}\"", of.estimator());
        assert_eq!(text.matches(&part).count(), 3, "plane, entropy and pairs");
        let tip = format!("fc1: median {} (95 % notch", nats(of.layers[0].entropy.median));
        assert!(text.contains(&tip), "{tip}");
    }
    // Without the other's figures there is nothing to turn to.
    let alone = Figures { beside: None, ..figures };
    let text = page(&[Shown::one("base".into(), &report, &alone, None)], &[]);
    assert!(!text.contains("name=\"reading\"") && !text.contains("data-reading=\"robust\""));
}

#[test]
fn nothing_comes_from_outside_and_no_markup_of_the_users_is_live() {
    const EVIL: &str = "</script><script>alert(1)</script><img src=//x onerror=alert(1)> & \"q\" 'a' \x1b[31m\u{202e}";
    let mut report = report(&[EVIL, "fc2"], 4);
    report.layers[0].tensor = EVIL.into();
    report.layers[0].pooling = EVIL.into();
    report.model.as_mut().unwrap().path = format!("runs/{EVIL}");
    report.model.as_mut().unwrap().producer = Some(EVIL.into());
    report.inputs.path = EVIL.into();
    report.inputs.skipped = 1;
    report.inputs.skipped_first =
        vec![crate::inputs::Skipped { source: EVIL.into(), line: Some(1), reason: EVIL.into() }];
    report.settings.insert(EVIL.into(), EVIL.into());
    report.warnings = vec![crate::base::warning::Words {
        code: EVIL.into(),
        message: EVIL.into(),
        advice: EVIL.into(),
        of_figures: true,
    }];
    report.outliers = vec![crate::report::schema::Outlier { label: EVIL.into(), neuron: 1, min: 0.0, max: 1.0 }];
    let layer =
        |label: &str| LayerExamples { label: label.into(), rows: vec![vec![0, 1]; 4], values: vec![vec![2.0, 1.0]; 4] };
    let excerpt = |thumbnail: Option<&str>| Excerpt {
        source: EVIL.into(),
        line: Some(1),
        text: Some(EVIL.into()),
        thumbnail: thumbnail.map(str::to_owned),
    };
    let inputs = BTreeMap::from([(0, excerpt(Some("https://example.org/x.png"))), (1, excerpt(None))]);
    let examples = Examples::new(Kind::Texts, vec![layer(EVIL), layer("fc2")], inputs);
    let figures = figures(2, 4, 4);
    let judged = Judged {
        variant: EVIL.into(),
        baseline: EVIL.into(),
        verdict: "mixed".into(),
        sentence: EVIL.into(),
        rows: vec![JudgedRow {
            estimator: "paper".into(),
            verdict: "mixed".into(),
            delta_entropy: Change { mean: EVIL.into(), interval: EVIL.into() },
            delta_mutual_information: Change { mean: EVIL.into(), interval: EVIL.into() },
        }],
        measures: vec![MeasureView {
            name: "H",
            relative: "-7 %".into(),
            interval: "[-9 %, -5 %]".into(),
            short: ["-7".into(), "[-9, -5]".into()],
            seeds: "2 %".into(),
            decides: true,
        }],
        layer: Some(EVIL.into()),
        notes: vec![EVIL.into()],
        covers: EVIL.into(),
    };
    let shown = || Shown::one(EVIL.into(), &report, &figures, Some(&examples));
    for text in [page(&[shown()], &[]), page(&[shown(), shown()], &[judged])] {
        assert!(!text.contains("alert(1)</script>"));
        let control = text.find(['\x1b', '\u{202e}']).map(|at| text[..at].lines().last());
        assert_eq!(control, None);
        let found = tags(&text);
        assert_eq!(found.iter().filter(|tag| tag.starts_with("<script")).count(), 2);
        assert!(!found.iter().any(|tag| tag.starts_with("<img")), "a thumbnail from outside");
        for tag in found {
            for outside in ["http:", "https:", "//", "xmlns"] {
                assert!(!tag.contains(outside), "{tag}");
            }
            // Outside of quotes stand only names of attributes.
            let names: String = tag.split('"').step_by(2).collect();
            assert!(!names.contains("onerror"), "{tag}");
        }
        assert!(!text.contains("@import") && !text.contains("url("));
    }
}

/// Images may have moved since the run, or some of them.
#[test]
fn pictures_stay_pictures_where_the_first_has_no_thumbnail() {
    let rows = |inputs: [usize; 2]| LayerExamples {
        label: "fc1".into(),
        rows: vec![inputs.to_vec(); 4],
        values: vec![vec![2.0, 1.0]; 4],
    };
    let excerpt = |thumbnail: Option<&str>| Excerpt {
        source: "a.png".into(),
        line: None,
        text: None,
        thumbnail: thumbnail.map(str::to_owned),
    };
    let (report, figures) = (report(&["fc1"], 4), figures(1, 4, 4));
    for (second, class) in [(Some("data:image/jpeg;base64,AA=="), "pictures"), (None, "lines")] {
        let inputs = BTreeMap::from([(0, excerpt(None)), (1, excerpt(second))]);
        let examples = Examples::new(Kind::Images, vec![rows([0, 1])], inputs);
        let text = page(&[Shown::one("a".into(), &report, &figures, Some(&examples))], &[]);
        let lists: Vec<&str> = text.split("<ol class=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(!lists.is_empty() && lists.iter().all(|found| *found == class), "{lists:?}");
    }
}

#[test]
fn a_page_of_roberta_bases_size_is_under_two_megabytes_also_of_three_variants() {
    let labels: Vec<String> = (0..12).map(|l| format!("encoder.layer.{l}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let mut report = report(&labels, 768);
    for layer in &mut report.layers {
        // The quartiles of evenly spread values, short of the ends by enough to leave some neurons beyond the whiskers.
        (layer.entropy.q1, layer.entropy.median, layer.entropy.q3) = (1.76, 2.0, 2.24);
    }
    let figures = figures(12, 768, 64);
    let shown = |label: &str| Shown::one(label.into(), &report, &figures, None);
    let single = page(&[shown("base")], &[]).len();
    let three = page(&["a", "b", "c"].map(shown), &[]).len();
    assert!(single < 1_000_000 && three < 2_000_000, "{single} {three}");
}

#[test]
fn of_many_variants_the_heading_counts_and_every_box_has_its_name() {
    let (report, figures) = (report(&["fc1", "fc2"], 8), figures(2, 8, 4));
    let labels: Vec<String> = (0..super::COLOURS + 2).map(|v| format!("variant {v}")).collect();
    let shown = |labels: &[String]| -> String {
        let shown: Vec<Shown> = labels.iter().map(|label| Shown::one(label.clone(), &report, &figures, None)).collect();
        page(&shown, &[])
    };
    let (many, few) = (shown(&labels), shown(&labels[..3]));
    assert!(many.contains("<h1>variant 0 and 7 others</h1>"));
    assert!(!few.contains("others</h1>"));
    // Beside the boxes of all neurons and of two layers, in two drawings of different width, under each estimator.
    let names = |page: &str| page.matches(">variant 1</text>").count();
    assert!(names(&many) >= names(&few) + 6, "{} {}", names(&many), names(&few));
}

#[test]
fn a_run_without_pairs_or_finite_values_still_has_a_page() {
    let mut report = report(&["fc1"], 1);
    let none = [f64::NAN; 2];
    report.layers[0].mutual_information =
        crate::measures::Summary { mean: f64::NAN, median: f64::NAN, interval95: none, ..report.layers[0].entropy };
    report.overall.mutual_information = report.layers[0].mutual_information;
    for entropy in [1.0, f64::NAN] {
        let figures = Figures::new(vec![entropy], &[1], &[0], Array2::from_elem((1, 1), f64::NAN));
        let text = page(&[Shown::one("m".into(), &report, &figures, None)], &[]);
        assert!(!text.contains("NaN\"") && text.contains("no pairs"), "NaN in a drawing");
    }
}

/// The colours of the style by name, with those of one block of `@media` over them.
fn colours(style: &str, block: Option<&str>) -> BTreeMap<String, String> {
    let mut colours = BTreeMap::new();
    let over = block.map(|block| style.split("@media").find(|part| part.starts_with(block)).unwrap());
    for part in style.split("@media").take(1).chain(over) {
        let declared = part
            .split(['{', ';', '}'])
            .filter_map(|declaration| declaration.trim().strip_prefix("--")?.split_once(':'));
        colours.extend(declared.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    colours
}

/// Relative luminance and contrast as the Web Content Accessibility Guidelines 2.2 define them.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |colour: &str| {
        let digits = colour.trim_start_matches('#');
        let wide: String =
            if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.into() };
        let channel = |at: usize| f64::from(u8::from_str_radix(&wide[at..at + 2], 16).unwrap()) / 255.0;
        let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(channel(0)) + 0.7152 * linear(channel(2)) + 0.0722 * linear(channel(4))
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_and_plots_stand_out_from_the_paper_as_accessibility_asks() {
    assert!((contrast("#000", "#ffffff") - 21.0).abs() < 1e-9, "the largest there is");
    let style = include_str!("report.css");
    for block in [None, Some(" (prefers-color-scheme:dark)"), Some(" print")] {
        let colours = colours(style, block);
        for (name, paper) in [("ink", "panel"), ("quiet", "panel"), ("accent", "panel"), ("warn", "warnpaper")] {
            assert!(contrast(&colours[name], &colours[paper]) >= 4.5, "{name} on {paper}: {colours:?}");
        }
        for name in ["ink", "quiet", "accent", "warn", "shortcut", "examples", "same"] {
            assert!(contrast(&colours[name], &colours["paper"]) >= 4.5, "{name}: {colours:?}");
        }
        for name in ["v0", "v1", "v2", "v3", "v4", "v5"] {
            assert!(contrast(&colours[name], &colours["paper"]) >= 3.0, "{name}: {colours:?}");
        }
    }
}
