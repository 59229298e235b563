//! A model whose neurons can be switched off, in the runtime, with its inputs.

use crate::Error;
use crate::ablation::{self, How};
use crate::cli::Console;
use crate::cli::settings::AblateCommand;
use crate::inputs::Inputs;
use crate::runtime::{Runtime, Session};
use crate::taps::{self, Answer, Filling, Tap, Taps};

use super::{Tapped, found};

/// A model whose neurons can be switched off.
pub struct Maskable {
    pub runtime: Runtime,
    /// With the answer behind the layers.
    pub tapped: Tapped,
    /// The layers that are measured.
    pub layers: Taps,
    /// The places of those with a mask.
    pub masked: Vec<usize>,
    pub answer: Option<Answer>,
}

impl Maskable {
    /// Opens the model, loads it, and opens its inputs.
    ///
    /// # Errors
    /// Those of the stages; neurons of a layer cannot be switched off; labels and groups do not go with the model or
    /// each other.
    pub fn open(command: &AblateCommand, console: &Console) -> Result<(Maskable, Session, Inputs), Error> {
        let AblateCommand { ablation: settings, run, .. } = command;
        let runtime = Runtime::find(run.runtime.onnxruntime.as_deref())?;
        let mut tapped = Tapped::open(&command.model, &run.taps)?;
        let layers = tapped.taps.clone();
        let masked = ablation::masked_layers(&layers.labels(), &settings.layers)?;
        let of_masked: Vec<Tap> = masked.iter().map(|&layer| layers.taps[layer].clone()).collect();
        let filling = if settings.how == How::Published { Filling::Bias } else { Filling::Fed };
        let masks = taps::masks(&tapped.model.graph, &of_masked, filling)?;
        let answer = taps::answer(&tapped.model.graph, settings.answer.as_deref())?;
        if answer.is_none() && command.labels.is_some() {
            return Err(ablation::Error::NoAnswer.into());
        }
        if command.groups.is_some() && command.labels.is_none() {
            return Err(ablation::Error::GroupsWithoutLabels.into());
        }
        tapped.mask(masks, answer.as_ref().map(|answer| answer.tap.clone()))?;
        let (session, inputs) = tapped.load(&runtime, run, console)?;
        found::say(&tapped, &inputs, &runtime, run);
        Ok((Maskable { runtime, tapped, layers, masked, answer }, session, inputs))
    }
}
