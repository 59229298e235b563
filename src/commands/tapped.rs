//! A model with its taps, and the session that computes them.
//!
//! In: a model's path and the settings of the taps. Out: a [`Tapped`], and from it a session in ONNX Runtime.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use crate::Error;
use crate::activations;
use crate::base::job::{Job, watch};
use crate::cli::settings::RunSettings;
use crate::comparison::{Architecture, ModelFile, observed};
use crate::inputs::{Feed, Inputs};
use crate::model::{Digest, Model};
use crate::runtime::{Runtime, Session, SessionOptions};
use crate::taps::{self, Family, Masks, Overlay, Tap, Taps};

/// A model with the taps that were chosen in it.
pub struct Tapped {
    pub model: Model,
    pub digest: Digest,
    pub taps: Taps,
    pub overlay: Overlay,
    /// By which neurons can be switched off; there are none unless they were asked for.
    pub masks: Masks,
}

impl Tapped {
    /// Opens a model and chooses its taps.
    pub fn open(path: &Path, request: &crate::taps::Request) -> Result<Tapped, Error> {
        let model = Model::open(path)?;
        let (taps, overlay) = crate::taps::expose(&model.graph, request)?;
        let digest = model.digest()?;
        Ok(Tapped { model, digest, taps, overlay, masks: Masks::default() })
    }

    /// The layers, as far as they are known before anything is run: a width that the graph does not tell is 0.
    pub fn layers(&self) -> Vec<observed::Layer> {
        let layer = |tap: &Tap| observed::Layer { label: tap.label.clone(), neurons: tap.neurons().unwrap_or(0) };
        self.taps.taps.iter().map(layer).collect()
    }

    /// What kind of network it is.
    pub fn architecture(&self) -> Architecture {
        match self.taps.family {
            Family::Transformer => Architecture::Transformer,
            Family::ConvNet => Architecture::Convolutional,
            Family::Chain => Architecture::Chain,
            Family::Unknown => Architecture::Unknown,
        }
    }

    /// How its file was made.
    pub fn file(&self) -> ModelFile {
        /// Smaller tensors are shapes, axes and scales.
        const WEIGHTS: i64 = 256;
        let graph = &self.model.graph;
        let weights = graph.initializers.iter().filter(|tensor| tensor.dims.iter().product::<i64>() >= WEIGHTS);
        let elements: BTreeSet<String> = weights.map(|tensor| tensor.element.to_string()).collect();
        ModelFile {
            producer: graph.producer.clone(),
            opset: graph.opset_of(""),
            elements: elements.into_iter().collect::<Vec<_>>().join(" with "),
        }
    }

    /// Whether ONNX Runtime reads weights from the files as it runs, and not from memory.
    pub fn is_read_in_place(&self) -> bool {
        self.model.len >= REFERENCED || !self.model.data.is_empty()
    }

    /// With which numbers the network computes.
    pub fn numbers(&self) -> taps::Numbers {
        taps::numbers(&self.model.graph, &self.taps.taps)
    }

    /// Keeps only the taps with these labels.
    pub fn keep(&mut self, labels: &[String]) -> Result<(), Error> {
        self.taps.taps.retain(|tap| labels.contains(&tap.label));
        self.overlay = crate::taps::overlay(&self.model.graph, &self.taps)?;
        Ok(())
    }

    /// Lets neurons be switched off by these masks, and captures `answer` behind the layers.
    pub fn mask(&mut self, masks: Masks, answer: Option<Tap>) -> Result<(), Error> {
        self.taps.taps.extend(answer);
        self.overlay = crate::taps::overlay(&self.model.graph, &self.taps)?;
        self.masks = masks;
        Ok(())
    }

    /// The model in the runtime, giving the pooled taps and nothing else.
    pub fn session(&self, runtime: &Runtime, run: &RunSettings, job: &dyn Job) -> Result<Session, Error> {
        self.session_while(runtime, run, job, || Ok(())).map(|(session, ())| session)
    }

    /// Loads the model and opens the inputs at the same time: a large model and a large vocabulary each keep one core busy
    /// for a while. What is wrong with the inputs is said without waiting for the model.
    pub fn load(&self, runtime: &Runtime, run: &RunSettings, job: &dyn Job) -> Result<(Session, Inputs), Error> {
        self.session_while(runtime, run, job, || self.inputs(run))
    }

    /// Opens the inputs.
    pub fn inputs(&self, run: &RunSettings) -> Result<Inputs, Error> {
        let inputs = Inputs::open(run.inputs()?, &self.model)?;
        Feed::of(&inputs, &self.model.graph)?;
        Ok(inputs)
    }

    /// Makes the session while `work` is done on another thread. Where that fails, or the job is stopped, the session is
    /// given up; the error is then the one of `work`, or `Interrupted`.
    fn session_while<T: Send>(
        &self,
        runtime: &Runtime,
        run: &RunSettings,
        job: &dyn Job,
        work: impl FnOnce() -> Result<T, Error> + Send,
    ) -> Result<(Session, T), Error> {
        let references = self.model.len >= REFERENCED && reads_references(&runtime.version);
        let added = [&self.masks.bytes[..], &self.overlay.bytes].concat();
        let bytes = self.model.session_bytes_with(&added, &self.masks.renamed, references)?;
        let folder = bytes.external.then_some(bytes.folder.as_path());
        let options = SessionOptions {
            threads: Some(run.runtime.threads),
            provider: Some(run.runtime.provider.clone()),
            plain_layout: !self.masks.masks.is_empty(),
        };
        let loading = runtime.loading(folder, &self.overlay.outputs, &options)?;
        let canceller = loading.canceller();
        let (loaded, waits) = mpsc::channel::<()>();
        let (session, done) = thread::scope(|scope| {
            let working = thread::Builder::new().spawn_scoped(scope, move || {
                let done = work().inspect_err(|_| canceller.cancel());
                watch(job, &|| canceller.cancel(), &waits);
                done
            });
            let working = working.map_err(activations::Error::Thread)?;
            let session = loading.finish(&bytes.bytes);
            drop(loaded);
            let done = working.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok::<_, Error>((session, done))
        })?;
        let done = done?;
        self.digest.check()?;
        // ONNX Runtime names the op of a custom domain, but not the node.
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
