//! Two models over the same texts: `cargo run --release --example compare -- BASE.onnx OTHER.onnx TEXTS.txt`.

use probe::{Options, Source};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<std::path::PathBuf> = std::env::args_os().skip(1).map(Into::into).collect();
    let [base, other, texts] = &paths[..] else { return Err("BASE.onnx OTHER.onnx TEXTS.txt".into()) };
    let variants = [("base", vec![base.clone()]), ("other", vec![other.clone()])];
    let report = probe::compare(&variants, Some(Source::Texts(vec![texts.clone()])), &Options::default())?;
    report.pairs.iter().for_each(|pair| println!("{}: {}", pair.variant, pair.verdict));
    Ok(())
}
