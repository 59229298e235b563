//! Writes a copy of a model that also gives out its pooled taps, for use in another runtime:
//!
//! ```text
//! cargo run --example expose -- MODEL OUT.onnx [--pool mean] [--layers PATTERN]... [--references]
//! ```
//!
//! What is exposed is printed as JSON. With `--references` the copy's large weights point into the original file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use probe::Advise;
use probe::internals::model::Model;
use probe::internals::taps::{self, Pooling, Request};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(model), Some(out)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: expose MODEL OUT.onnx [--pool first|last|mean|max] [--layers PATTERN]... [--references]");
        return ExitCode::from(2);
    };
    let (mut request, mut references) = (Request::default(), false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--references" => references = true,
            "--layers" => request.patterns.extend(arguments.next()),
            "--pool" => {
                request.pooling = match arguments.next().as_deref() {
                    Some("first") => Some(Pooling::First),
                    Some("last") => Some(Pooling::Last),
                    Some("max") => Some(Pooling::Max),
                    _ => Some(Pooling::Mean),
                }
            }
            _ => {}
        }
    }
    match expose(Path::new(&model), &PathBuf::from(out), &request, references) {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(advice) = error.advice() {
                eprintln!("{advice}");
            }
            ExitCode::from(3)
        }
    }
}

fn expose(model: &Path, out: &Path, request: &Request, references: bool) -> Result<serde_json::Value, probe::Error> {
    let model = Model::open(model)?;
    let (taps, overlay) = taps::expose(&model.graph, request)?;
    let session = model.session_bytes(&overlay.bytes, references)?;
    let written = std::fs::write(out, &session.bytes);
    written.map_err(|source| probe::internals::model::Error::Unreadable { path: out.to_owned(), source })?;
    let layers = taps.taps.iter().zip(&overlay.outputs).map(|(tap, output)| {
        serde_json::json!({
            "label": tap.label, "tensor": tap.tensor, "op": tap.op, "output": output, "pooling": tap.pooling,
            "axes": tap.axes, "neurons": tap.neurons(), "reason": tap.reason,
            "shape": tap.shape.as_ref().map(|s| s.iter().map(|d| d.to_string()).collect::<Vec<_>>()),
        })
    });
    Ok(serde_json::json!({
        "family": taps.family, "layers": layers.collect::<Vec<_>>(), "folder": session.folder,
        "external": session.external, "extra_inputs": overlay.extra_inputs.iter().map(|i| &i.name).collect::<Vec<_>>(),
    }))
}
