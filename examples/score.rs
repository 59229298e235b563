//! One model over a file of texts: `cargo run --release --example score -- MODEL.onnx TEXTS.txt`.

use probe::{Options, Source};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (model, texts) = (arguments.next().ok_or("a model")?, arguments.next().ok_or("a file of texts")?);
    let run = probe::score(model, Source::Texts(vec![texts.into()]), &Options::default())?;
    for layer in &run.report().layers {
        println!("{}: H {:.3}, I {:.3} nats", layer.label, layer.entropy.mean, layer.mutual_information.mean);
    }
    Ok(())
}
