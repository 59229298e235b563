//! `probe layers MODEL`: which tensors would be tapped, and why.

use crate::Error;
use crate::cli::exit::Outcome;
use crate::cli::settings::LayersCommand;
use crate::model::Model;
use crate::report::schema::{LayerChoice, LayerList};
use crate::report::terminal;
use crate::taps;

use super::{print, print_json, style};

/// Prints the layers of a model.
pub fn layers(settings: &LayersCommand) -> Result<Outcome, Error> {
    let model = Model::open(&settings.model)?;
    let found =
        if settings.all { taps::candidates(&model.graph) } else { taps::choose(&model.graph, &settings.taps)?.taps };
    let list = LayerList { layers: found.iter().map(LayerChoice::from).collect() };
    match settings.json {
        true => print_json(&list)?,
        false => print(&terminal::layers(&list, &style()))?,
    }
    Ok(Outcome::Done)
}
