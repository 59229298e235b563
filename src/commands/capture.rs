//! One model over the inputs: what scoring does once, and comparing once a model.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;

use serde_json::{Map, Value};

use crate::Error;
use crate::activations::{self, Activations, Fed};
use crate::base::job::{Job, watch};
use crate::cli::settings::Run;
use crate::comparison::observed;
use crate::inputs::{Feed, Inputs, Samples};
use crate::model::{Digest, Model};
use crate::report::gather::RanModel;
use crate::runtime::{Runtime, Session, SessionOptions, memory};
use crate::taps::{Overlay, Tap, Taps};

/// A model with the taps that were chosen in it.
pub struct Tapped {
    pub model: Model,
    pub digest: Digest,
    pub taps: Taps,
    pub overlay: Overlay,
}

impl Tapped {
    /// Opens a model and chooses its taps.
    pub fn open(path: &std::path::Path, request: &crate::taps::Request) -> Result<Tapped, Error> {
        let model = Model::open(path)?;
        let (taps, overlay) = crate::taps::expose(&model.graph, request)?;
        let digest = model.digest()?;
        Ok(Tapped { model, digest, taps, overlay })
    }

    /// The layers, as far as they are known before anything is run: a width that the graph does not tell is 0.
    pub fn layers(&self) -> Vec<observed::Layer> {
        let layer = |tap: &Tap| observed::Layer { label: tap.label.clone(), neurons: tap.neurons().unwrap_or(0) };
        self.taps.taps.iter().map(layer).collect()
    }

    /// Whether ONNX Runtime reads weights from the files as it runs, and not from memory.
    fn is_read_in_place(&self) -> bool {
        self.model.len >= REFERENCED || !self.model.data.is_empty()
    }

    /// Keeps only the taps with these labels.
    pub fn keep(&mut self, labels: &[String]) -> Result<(), Error> {
        self.taps.taps.retain(|tap| labels.contains(&tap.label));
        self.overlay = crate::taps::overlay(&self.model.graph, &self.taps)?;
        Ok(())
    }

    /// For the report.
    pub fn ran<'a>(&'a self, runtime: &'a Runtime, inputs: &'a Inputs, run: &'a Run) -> RanModel<'a> {
        let Tapped { model, digest, taps, .. } = self;
        RanModel { runtime, provider: &run.runtime.provider, model, hash: digest.hash, taps, inputs }
    }

    /// The model in the runtime, giving the pooled taps and nothing else.
    pub fn session(&self, runtime: &Runtime, run: &Run, job: &dyn Job) -> Result<Session, Error> {
        self.session_beside(runtime, run, job, || Ok(())).map(|(session, ())| session)
    }

    /// Makes the session while `work` is done on another thread. Where that fails, or the job is stopped, the session is
    /// given up; the error is then the one of `work`, or `Interrupted`.
    fn session_beside<T: Send>(
        &self,
        runtime: &Runtime,
        run: &Run,
        job: &dyn Job,
        work: impl FnOnce() -> Result<T, Error> + Send,
    ) -> Result<(Session, T), Error> {
        let references = self.model.len >= REFERENCED && reads_references(&runtime.version);
        let bytes = self.model.session_bytes(&self.overlay.bytes, references)?;
        let folder = bytes.external.then_some(bytes.folder.as_path());
        let options =
            SessionOptions { threads: Some(run.runtime.threads), provider: Some(run.runtime.provider.clone()) };
        let loading = runtime.loading(folder, &self.overlay.outputs, &options)?;
        let canceller = loading.canceller();
        let (loaded, waits) = mpsc::channel::<()>();
        let (session, done) = thread::scope(|scope| {
            let beside = thread::Builder::new().spawn_scoped(scope, move || {
                let done = work().inspect_err(|_| canceller.cancel());
                watch(job, &|| canceller.cancel(), &waits);
                done
            });
            let beside = beside.map_err(activations::Error::Thread)?;
            let session = loading.finish(&bytes.bytes);
            drop(loaded);
            let done = beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok::<_, Error>((session, done))
        })?;
        let done = done?;
        self.digest.check()?;
        // ONNX Runtime names the op of a custom domain, and not the node.
        let node = |op: &str, domain: &str| self.model.graph.node_of(op, domain).map(|node| node.name.clone());
        Ok((session.map_err(|error| error.with_node(node))?, done))
    }
}

/// From this size on a model's weights are mapped from its file instead of being copied through memory.
const REFERENCED: u64 = 64 << 20;

/// ONNX Runtime follows references from a model given as bytes from 1.23 on.
fn reads_references(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    let release = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    release >= (1, 23)
}

/// Loads the model and opens the inputs side by side: a large model and a large vocabulary each keep one core busy for a
/// while. What is wrong with the inputs is said without waiting for the model.
pub fn load(runtime: &Runtime, tapped: &Tapped, run: &Run, job: &dyn Job) -> Result<(Session, Inputs), Error> {
    tapped.session_beside(runtime, run, job, || {
        let inputs = Inputs::open(&run.inputs, &tapped.model)?;
        Feed::of(&inputs, &tapped.model.graph)?;
        Ok(inputs)
    })
}

/// Runs the inputs through the model, and lets go of it. `section` tells the parts of several models apart.
pub fn capture(
    mut session: Session,
    tapped: &Tapped,
    inputs: &Inputs,
    run: &Run,
    section: &str,
    job: &dyn Job,
) -> Result<Activations, Error> {
    let feed = Feed::of(inputs, &tapped.model.graph)?;
    let extra = &tapped.overlay.extra_inputs;
    let fed = Fed { inputs, feed: &feed, extra, most_skipped: run.max_skipped };
    let activations = activations::capture(&mut session, &tapped.taps, &fed, section, job)?;
    drop(session);
    if tapped.is_read_in_place() {
        tapped.digest.check()?;
    }
    memory::give_back();
    Ok(activations)
}

/// Everything that the figures depend on, by name, for the parts of a broken run.
pub fn depends(models: &[(&str, &Tapped)], inputs: &Inputs, run: &Run, runtime: &Runtime) -> BTreeMap<String, String> {
    let mut depends = BTreeMap::from([
        ("probe".into(), env!("CARGO_PKG_VERSION").into()),
        ("onnxruntime".into(), runtime.version.clone()),
        ("inputs".into(), inputs.fingerprint()),
        ("measures".into(), serde_json::to_string(&run.measures).unwrap_or_default()),
    ]);
    depends.extend(recorded(run).into_iter().map(|(name, value)| (name, value.to_string())));
    for (label, tapped) in models {
        depends.insert(format!("model {label}"), tapped.digest.hash.to_hex().to_string());
        let taps: Vec<_> = tapped.taps.taps.iter().map(|tap| format!("{} {}", tap.tensor, tap.pooling)).collect();
        depends.insert(format!("layers {label}"), taps.join(", "));
    }
    depends
}

/// The settings of a run for its report, but for those of the measures.
pub fn recorded(run: &Run) -> Map<String, Value> {
    let inputs = &run.inputs;
    let number = |value: Option<usize>| value.map_or(Value::Null, Value::from);
    let text = |value: &Option<String>| value.as_deref().map_or(Value::Null, Value::from);
    let mut settings = Map::new();
    for (name, value) in [
        ("samples", samples(inputs.samples)),
        ("max_skipped", run.max_skipped.into()),
        ("text_column", text(&inputs.text_column)),
        ("text_pair_column", text(&inputs.text_pair_column)),
        ("lossy", inputs.lossy.into()),
        ("max_length", number(inputs.max_length)),
        ("batch_size", number(inputs.batch_size)),
        ("layers", run.taps.patterns.clone().into()),
        ("pool", run.taps.pooling.map_or("auto".to_string(), |pooling| pooling.to_string()).into()),
        ("provider", run.runtime.provider.clone().into()),
        ("threads", run.runtime.threads.into()),
    ] {
        settings.insert(name.into(), value);
    }
    settings
}

/// `--samples` as it is recorded.
pub(super) fn samples(samples: Samples) -> Value {
    match samples {
        Samples::All => Value::from("all"),
        Samples::Count(count) => Value::from(count),
    }
}
