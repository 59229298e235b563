//! `probe layers` and `probe doctor`.

use super::style::{Style, paint, paragraph};
use super::table::{Align, Table};
use crate::base::text::visible;
use crate::report::schema::{Doctor, LayerList};

/// The tensors of a model that are, or could be, measured.
pub fn layers(list: &LayerList, style: &Style) -> String {
    let plain = anstyle::Style::new();
    let mut table = Table::new(&[
        ("layer", Align::Left),
        ("tensor", Align::Left),
        ("op", Align::Left),
        ("shape", Align::Left),
        ("pooling", Align::Left),
        ("", Align::Left),
    ]);
    for layer in &list.layers {
        let chosen = if layer.auto { "chosen" } else { "" };
        table.row(vec![
            (visible(&layer.label), style.strong),
            (visible(&layer.tensor), plain),
            (visible(&layer.op), plain),
            (layer.shape_in_words(), plain),
            (layer.pooling.clone(), plain),
            (chosen.to_owned(), style.quiet),
        ]);
    }
    let mut out = table.render(style);
    let mut reasons: Vec<&str> = list.layers.iter().map(|layer| layer.reason.as_str()).collect();
    reasons.retain(|reason| !reason.is_empty());
    reasons.dedup();
    if let [reason] = reasons[..] {
        out.push('\n');
        out.push_str(&paragraph(style, "  why: ", 7, &visible(reason)));
    } else if !reasons.is_empty() {
        out.push_str("\n  why\n");
        for layer in list.layers.iter().filter(|layer| !layer.reason.is_empty()) {
            out.push_str(&paragraph(style, "  ", 4, &visible(&format!("{}: {}", layer.label, layer.reason))));
        }
    }
    out
}

/// Which ONNX Runtime is used, why, and what was tried.
pub fn doctor(doctor: &Doctor, style: &Style) -> String {
    let mut out = format!("{}\n\n", paint(style.strong, &format!("probe {}", doctor.probe_version)));
    let mut item =
        |head: &str, text: &str| out.push_str(&paragraph(style, &format!("  {head:<14}"), 16, &visible(text)));
    match &doctor.onnxruntime {
        Some(found) => {
            item("onnxruntime", &found.version);
            item("library", &found.path);
            item("found", &found.why);
            item("providers", &found.providers.join(", "));
        }
        None => item("onnxruntime", "none found"),
    }
    item("cores", &doctor.cores.to_string());
    if !doctor.tried.is_empty() {
        out.push_str("\n  tried, in this order\n");
    }
    for attempt in &doctor.tried {
        let mark = if attempt.used { "✓ " } else { "· " };
        out.push_str(&paragraph(
            style,
            &format!("  {mark}"),
            4,
            &visible(&format!("{}: {}", attempt.place, attempt.outcome)),
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::width;
    use crate::report::schema::{DoctorRuntime, LayerChoice, Tried};
    use crate::report::terminal::COLUMNS;

    #[test]
    fn fit_eighty_columns() {
        let layer = |l: usize| LayerChoice {
            label: format!("encoder.layer.{l}"),
            tensor: format!("/roberta/encoder/layer.{l}/output/LayerNorm/Add_1_output_0"),
            op: "LayerNormalization".into(),
            shape: Some(vec!["batch_size".into(), "sequence_length".into(), 768.into()]),
            auto: true,
            pooling: "first".into(),
            reason: "the output of each encoder layer".into(),
        };
        let text = layers(&LayerList { layers: (0..12).map(layer).collect() }, &Style::plain());
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
        assert!(text.contains("encoder.layer.11"), "{text}");

        let text = doctor(
            &Doctor {
                probe_version: "0.1.0".into(),
                onnxruntime: Some(DoctorRuntime {
                    version: "1.32.0".into(),
                    path: format!("/usr/lib/{}/libonnxruntime.so.1.32.0", "deep/".repeat(30)),
                    why: "the onnxruntime package of python3 on the PATH".into(),
                    providers: vec!["CPUExecutionProvider".into()],
                }),
                cores: 2,
                tried: vec![Tried { place: "ORT_DYLIB_PATH".into(), outcome: "not set".into(), used: false }],
            },
            &Style::plain(),
        );
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
        assert!(text.contains("· ORT_DYLIB_PATH: not set"), "{text}");
    }
}
