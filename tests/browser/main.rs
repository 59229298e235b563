//! A real browser opens the pages and a hand uses them. Needs a Chromium (or Chrome) on the PATH and nothing else; where
//! there is none, each test says so and passes.
#![cfg(unix)]

mod chromium;
mod pages;

use std::io::Write;
use std::sync::LazyLock;

use chromium::{Browser, View};
use pages::Pages;

/// Written once for all tests.
static PAGES: LazyLock<Pages> = LazyLock::new(Pages::write);

/// The pages and a browser for them; none, with a word about it, where there is no browser.
fn opened() -> Option<(&'static Pages, Browser)> {
    let Some(program) = Browser::find() else {
        // Past the test harness, which would keep it to itself as the test passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED: pages in a browser, since there is no chromium on the PATH");
        return None;
    };
    Some((&PAGES, Browser::start(&program)))
}

/// What the page shows beside the pointer.
const TIP: &str = "(tip => tip.hidden ? '' : tip.textContent)(document.getElementById('tip'))";

#[test]
fn a_box_shows_its_figures_to_the_pointer_and_to_the_keyboard() {
    let Some((pages, mut browser)) = opened() else { return };
    let mut page = browser.open(&pages.single, View::DESK);
    let expected = pages.box_figures();
    page.point_at("svg.wide .box", [0.5, 0.5]);
    let tip = page.evaluate(TIP);
    assert!(tip.as_str().unwrap().contains(&expected), "{tip} has no {expected}");
    page.press("Escape");
    assert_eq!(page.evaluate(TIP), "");

    // The link before the drawing, and from there on with the keyboard alone.
    page.evaluate("document.querySelector('nav a:last-child').focus()");
    page.press("Tab");
    let tip = page.evaluate(TIP);
    assert!(tip.as_str().unwrap().contains(&expected), "{tip} has no {expected}");

    // What the focus falls on comes into view, and its value stays.
    page.evaluate("document.querySelector('svg.plot.wide .point').focus()");
    page.settle();
    let tip = page.evaluate(TIP);
    assert!(tip.as_str().unwrap().starts_with("all layers: mean H "), "{tip}");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_cell_of_the_matrix_shows_its_value_and_the_order_can_be_changed() {
    let Some((pages, mut browser)) = opened() else { return };
    let mut page = browser.open(&pages.single, View::DESK);
    const CANVAS: &str = "canvas[data-variant]";
    let pixels = format!("document.querySelector('{CANVAS}').toDataURL()");
    let before = page.evaluate(&pixels);
    page.point_at(CANVAS, [0.75, 0.25]);
    let tip = page.evaluate(TIP);
    assert!(tip.as_str().unwrap().contains(": I ") && tip.as_str().unwrap().ends_with(" nats"), "{tip}");
    page.click("input[value=similarity]");
    assert_ne!(page.evaluate(&pixels), before, "the other order looks the same");
    page.click("input[value=model]");
    assert_eq!(page.evaluate(&pixels), before, "the first order has not come back");

    // The keyboard's first step shows the first pair.
    page.evaluate(&format!("document.querySelector('{CANVAS}').focus()"));
    page.press("ArrowRight");
    page.settle();
    let tip = page.evaluate(TIP);
    assert!(tip.as_str().unwrap().starts_with("encoder.layer.0:0 and encoder.layer.0:1: I "), "{tip}");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn the_files_hold_the_figures_of_the_run() {
    let Some((pages, mut browser)) = opened() else { return };
    let mut page = browser.open(&pages.single, View::DESK);
    let figures = &pages.runs[0].1;
    let (name, entropy) = page.download_text("[data-download=entropy]");
    assert_eq!(name, "entropy-paper.csv");
    let mut lines = entropy.lines();
    assert_eq!(lines.next(), Some("variant,layer,neuron,entropy_nats"));
    let values: Vec<f64> = lines.map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(values.len(), figures.entropy.len());
    assert!(values.iter().zip(&figures.entropy).all(|(a, b)| (a - b).abs() < 1e-6));

    let (name, matrix) = page.download_text("[data-download=matrix]");
    assert_eq!(name, "mutual-information-paper.csv");
    let side = figures.mutual_information.len();
    let rows: Vec<Vec<&str>> = matrix.lines().map(|line| line.split(',').collect()).collect();
    assert!(rows.len() == side + 1 && rows.iter().all(|row| row.len() == side + 1));
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (i, j) in (0..side).flat_map(|i| (0..i).map(move |j| (i, j))) {
        let value = figures.mutual_information.get(i, j);
        (low, high) = (low.min(value), high.max(value));
    }
    for (i, j) in (0..side).flat_map(|i| (0..i).map(move |j| (i, j))) {
        let value: f64 = rows[i + 1][j + 1].parse().unwrap();
        // Half a step of the 127 that are spread evenly over the range.
        assert!((value - figures.mutual_information.get(i, j)).abs() <= 0.5 * (high - low) / 126.0, "{i} {j}");
    }

    let (_, json) = page.download_text("[data-download=json]");
    let shown: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(page.evaluate("JSON.parse(document.getElementById('data').textContent)"), shown);
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_comparison_opens_with_its_verdict_and_turns_between_estimators() {
    let Some((pages, mut browser)) = opened() else { return };
    let mut page = browser.open(&pages.comparison, View { width: 1280, ..View::DESK });
    let bottom = page.evaluate("document.querySelector('.verdicts').getBoundingClientRect().bottom");
    assert!(bottom.as_f64().unwrap() < 800.0, "the table of verdicts ends at {bottom}");
    assert_eq!(page.evaluate("document.querySelector('.verdicts .word').textContent"), "heuristic");

    // What the plots of one estimator say, as their tables do; the verdict's estimator comes first.
    const SEEN: &str = "[...document.querySelectorAll('[data-reading]')].filter(part => part.clientWidth)
        .map(part => part.dataset.reading)";
    const CANVAS: &str = "document.querySelector('canvas[data-variant]').toDataURL()";
    let robust = page.evaluate(CANVAS);
    assert_eq!(page.evaluate(SEEN), serde_json::json!(["robust", "robust", "robust"]));
    page.click("input[value=paper]");
    assert_eq!(page.evaluate(SEEN), serde_json::json!(["paper", "paper", "paper"]));
    assert_ne!(page.evaluate(CANVAS), robust, "the matrix has stayed the same");
    let (name, _) = page.download("[data-download=entropy]");
    assert_eq!(name, "entropy-paper.csv");
    page.click("input[value=robust]");
    assert_eq!(page.evaluate(CANVAS), robust);
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn every_figure_can_be_saved() {
    let Some((pages, mut browser)) = opened() else { return };
    let mut page = browser.open(&pages.comparison, View::DESK);
    let drawn = "[...document.querySelectorAll('figure.drawn')].filter(figure => figure.clientWidth).length";
    assert_eq!(page.evaluate(drawn), 3);
    for name in ["plane", "entropy", "information"] {
        let button = |kind: &str| format!("[data-reading=robust] [data-save={kind}][data-name={name}]");
        let (file, svg) = page.download(&button("svg"));
        assert_eq!(file, format!("{name}-robust.svg"));
        let svg = String::from_utf8(svg).unwrap();
        // It stands alone: no class or variable of the page's, and the caption with it.
        assert!(svg.starts_with("<svg") && svg.contains("robust estimator: base · shortcut</text>"), "{svg}");
        assert!(!svg.contains("class=") && !svg.contains("var("), "{svg}");
        let (file, png) = page.download(&button("png"));
        assert_eq!(file, format!("{name}-robust.png"));
        assert!(png.starts_with(b"\x89PNG") && png.len() > 10_000, "{name}: {} bytes", png.len());
    }
    let (file, png) = page.download("[data-save=matrix]");
    assert_eq!((file.as_str(), &png[1..4]), ("matrix-robust.png", &b"PNG"[..]));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn nothing_overlaps_or_sticks_out_in_any_width_light_dark_or_on_paper() {
    let Some((pages, mut browser)) = opened() else { return };
    let screen = |width, scheme| View { width, scheme, media: "screen" };
    let paper = View { width: 720, scheme: "light", media: "print" };
    let views = [screen(1180, "light"), screen(1180, "dark"), screen(390, "light"), screen(390, "dark"), paper];
    for (path, view) in pages.all().into_iter().flat_map(|path| views.map(|view| (path, view))) {
        let mut page = browser.open(path, view);
        // What is folded away is laid out too.
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })");
        let wrong = page.evaluate(include_str!("layout.js"));
        assert_eq!(wrong, serde_json::json!([]), "{} {view:?}", path.display());
        assert_eq!(page.complaints(), [""; 0], "{} {view:?}", path.display());
    }
}
