//! A model with every neuron on: what it is compared with when some are off.

use ndarray::Array2;

use crate::Error;
use crate::ablation::{self, Answers, Groups, Masked, Scope, Truth};
use crate::activations::Activations;
use crate::base::warning::Warning;
use crate::cli::Console;
use crate::cli::settings::AblateCommand;
use crate::inputs::{Inputs, Kind};
use crate::labels::{Column, Labelling, Source};
use crate::measures::{self, Measures};

use super::maskable::Maskable;
use super::run_model::capture_through;

/// The model with every neuron on.
pub struct Before {
    pub ran: Ran,
    pub truth: Option<Truth>,
    pub groups: Option<Groups>,
    pub measures: Measures,
}

/// What was run, and what came out.
pub struct Ran {
    /// One by one, where the model does not give them their own values in batches.
    pub inputs: Inputs,
    pub activations: Activations,
    /// The labels of the layers.
    pub labels: Vec<String>,
    /// The answers, and how many different ones there can be; nothing where the model has none.
    pub answers: Option<(Answers, usize)>,
    pub raised: Vec<Warning>,
}

impl Before {
    /// Captures and measures. What is wrong with the neurons asked for and with labels is said before anything is
    /// measured.
    ///
    /// # Errors
    /// Those of the stages.
    pub fn of(
        model: &Maskable,
        masked: &mut Masked,
        inputs: Inputs,
        command: &AblateCommand,
        console: &Console,
    ) -> Result<Before, Error> {
        let ran = Ran::of(model, masked, inputs, command, console)?;
        let ranges = ran.activations.ranges();
        let scope = Scope { labels: &ran.labels, ranges: &ranges, masked: &model.masked };
        ablation::check(&command.ablation.neurons, &scope)?;
        let (truth, groups) = (ran.truth(model, command)?, ran.groups(command)?);
        let measures = measures::measure(ran.activations.rows(), &ranges, &command.run.measures, console)?;
        Ok(Before { ran, truth, groups, measures })
    }
}

impl Ran {
    fn of(
        model: &Maskable,
        masked: &mut Masked,
        inputs: Inputs,
        command: &AblateCommand,
        console: &Console,
    ) -> Result<Ran, Error> {
        let captured = capture_through(Some(masked), &model.tapped, &inputs, &command.run, console)?;
        let mut activations = captured.activations;
        let answered = model.answer.as_ref().and_then(|answer| Some((activations.take_last()?, answer.threshold)));
        let answers = answered.map(|(output, threshold): (Array2<f32>, f32)| {
            (Answers::of(output.view(), threshold), ablation::answers_of(output.nrows()))
        });
        let labels = activations.layers.iter().map(|layer| layer.label.clone()).collect();
        let raised = captured.warning.into_iter().chain(console.take_warnings()).collect();
        Ok(Ran { inputs: captured.inputs.unwrap_or(inputs), activations, labels, answers, raised })
    }

    /// The labels of the inputs, as answers of the model; nothing where none are given.
    fn truth(&self, model: &Maskable, command: &AblateCommand) -> Result<Option<Truth>, Error> {
        let (Some(source), Some((_, classes))) = (&command.labels, &self.answers) else { return Ok(None) };
        let Some(column) = self.column(source, command.column.as_ref(), command)? else { return Ok(None) };
        let names = model.tapped.model.config()?.id2label;
        // Without a file the labels of images are their folders.
        let folders = self.inputs.kind() == Kind::Images && !matches!(source, Source::Files(_));
        Ok(Some(Truth::new(&column, *classes, names.as_deref(), folders)?))
    }

    /// The groups of the inputs; nothing where none are given.
    fn groups(&self, command: &AblateCommand) -> Result<Option<Groups>, Error> {
        let Some(source) = &command.groups else { return Ok(None) };
        let column = self.column(source, command.group_column.as_ref(), command)?;
        Ok(column.as_ref().map(Groups::new).transpose()?)
    }

    /// What a column says of each input.
    fn column(
        &self,
        source: &Source,
        wanted: Option<&String>,
        command: &AblateCommand,
    ) -> Result<Option<Column>, Error> {
        let labelling = Labelling {
            run: &command.model,
            kind: Some(self.inputs.kind()),
            places: &self.inputs.places(&self.activations.kept_rows),
            seen: &[],
            text_column: None,
        };
        let wanted: Vec<String> = wanted.into_iter().cloned().collect();
        Ok(labelling.columns(source, &wanted)?.into_iter().next())
    }
}
