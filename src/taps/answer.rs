//! The model's own answer: the output whose largest number says what the model takes an input for.

use crate::model::{Attribute, Dim, Graph, TensorInfo};

use super::axes::Axis;
use super::error::Error;
use super::structure::Structure;
use super::tap::{Operand, Pooling, Step, Tap};

/// What a model answers with.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The output as [batch, classes], so that it is captured like a layer.
    pub tap: Tap,
    /// Where the output is one number: answer 1 is above this, and answer 0 is not.
    pub threshold: f32,
}

/// The output that is the answer: the one called `named`, or else the one called `logits`, or else the first that has
/// one row of numbers per input. `None` where there is no such output.
///
/// # Errors
/// The output asked for is not there, or does not hold one row of numbers per input.
pub fn answer(graph: &Graph, named: Option<&str>) -> Result<Option<Answer>, Error> {
    let usable = |output: &&TensorInfo| output.element.is_float() && rank(output).is_some();
    let Some(named) = named else {
        let logits = graph.outputs.iter().filter(usable).find(|output| output.name == "logits");
        let found = logits.or_else(|| graph.outputs.iter().find(usable));
        return Ok(found.and_then(|output| of(graph, output)));
    };
    let names = || graph.outputs.iter().map(|output| output.name.clone()).collect();
    match graph.outputs.iter().find(|output| output.name == named) {
        None => Err(Error::NoOutput { wanted: named.to_owned(), outputs: names() }),
        Some(output) => match of(graph, output).filter(|_| usable(&output)) {
            Some(answer) => Ok(Some(answer)),
            None => Err(Error::NotAnAnswer { output: named.to_owned(), others: names() }),
        },
    }
}

/// The axes of an output that holds one row of numbers per input: one axis or two, and behind them only axes of extent
/// 1.
fn rank(output: &TensorInfo) -> Option<usize> {
    let shape = output.shape.as_ref()?;
    let behind = shape.iter().skip(2).all(|dim| *dim == Dim::Fixed(1));
    (!shape.is_empty() && behind).then_some(shape.len())
}

fn of(graph: &Graph, output: &TensorInfo) -> Option<Answer> {
    let rank = rank(output)?;
    let structure = Structure::of(graph);
    let maker = structure.maker(&output.name);
    let op = maker.map_or_else(String::new, |node| node.op.clone());
    // A row of [batch] or [batch, classes, 1, 1] is written as [batch, classes].
    let flat = Step {
        op: "Flatten",
        inputs: vec![Operand::Tensor(output.name.clone())],
        attributes: vec![("axis".to_owned(), Attribute::Int(1))],
    };
    let tap = Tap {
        label: output.name.clone(),
        tensor: output.name.clone(),
        op: op.clone(),
        shape: None,
        element: output.element,
        axes: vec![Axis::Batch, Axis::Neuron],
        pooling: Pooling::None,
        recomputed: if rank == 2 { Vec::new() } else { vec![flat] },
        auto: false,
        reason: "the model's answer".to_owned(),
    };
    let probability = matches!(op.as_str(), "Sigmoid" | "HardSigmoid");
    Some(Answer { tap, threshold: if probability { 0.5 } else { 0.0 } })
}
