//! From a layer's output to one number per neuron: which nodes pool a tap, given what its axes are.

use std::collections::HashSet;

use crate::model::encode::Message;
use crate::model::{Dim, ElementType, Graph, TensorInfo};

use super::nodes::{Nodes, attributes, int};
use crate::taps::axes::{Axis, is_whole};
use crate::taps::error::Error;
use crate::taps::mask::{has_tokens, mask_input};
use crate::taps::tap::{Operand, Pooling, Tap};

/// What was written.
pub struct Written {
    pub nodes: Vec<Message>,
    /// Names to add to the graph's outputs.
    pub exposed: Vec<String>,
    pub extra_inputs: Vec<TensorInfo>,
}

/// Pools the taps of one graph.
pub struct Pools<'g> {
    graph: &'g Graph,
    nodes: Nodes,
    exposed: Vec<String>,
    /// Tensors of the model that are outputs by themselves, the model's own included.
    listed: HashSet<String>,
    extra_inputs: Vec<TensorInfo>,
    /// The token mask as float32 [batch, 1, sequence] and its sum [batch, 1], once written.
    mask: Option<(String, String)>,
}

/// A tensor on its way to [batch, neurons], and what its axes are at this point.
struct Held {
    tensor: String,
    axes: Vec<Axis>,
}

impl<'g> Pools<'g> {
    pub fn new(graph: &'g Graph) -> Self {
        Self {
            graph,
            nodes: Nodes::new(graph),
            exposed: Vec::new(),
            listed: graph.outputs.iter().map(|output| output.name.clone()).collect(),
            extra_inputs: Vec::new(),
            mask: None,
        }
    }

    pub fn finish(self) -> Written {
        Written { nodes: self.nodes.written, exposed: self.exposed, extra_inputs: self.extra_inputs }
    }

    /// Pools one tap; the name of the output that holds it.
    pub fn tap(&mut self, index: usize, tap: &Tap) -> Result<String, Error> {
        if !is_whole(&tap.axes) {
            let why = "which of its axes are inputs and neurons does not follow from the graph".into();
            return Err(Error::NotNeurons { tensor: tap.tensor.clone(), why });
        }
        let tensor = self.recompute(tap);
        if tap.axes == [Axis::Batch, Axis::Neuron] && tap.element == ElementType::F32 {
            // Nothing to pool and nothing to cast: the tensor itself, listed once.
            if self.listed.insert(tensor.clone()) {
                self.exposed.push(tensor.clone());
            }
            return Ok(tensor);
        }
        let name = format!("{}tap{index}", self.nodes.prefix);
        let held = Held { tensor, axes: tap.axes.clone() };
        match tap.pooling {
            Pooling::First | Pooling::Last if tap.has_places() => self.pick(held, tap, &name)?,
            Pooling::None if tap.has_places() => return Err(refusal(tap, "it has places that have to be pooled")),
            pooling => {
                let held = Held { tensor: self.floats(&held, tap), axes: held.axes };
                self.summarise(held, tap, pooling, &name)?;
            }
        }
        self.exposed.push(name.clone());
        Ok(name)
    }

    /// Adds the ops that compute a tap which no tensor holds; the name of what it then is.
    fn recompute(&mut self, tap: &Tap) -> String {
        let mut results: Vec<String> = Vec::new();
        for step in &tap.recomputed {
            let name = |operand: &Operand| match operand {
                Operand::Tensor(name) => name.clone(),
                Operand::Step(place) => results.get(*place).cloned().unwrap_or_default(),
            };
            let inputs: Vec<String> = step.inputs.iter().map(name).collect();
            let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
            let made = self.nodes.node(step.op, &inputs, attributes(&step.attributes), None);
            results.push(made);
        }
        results.pop().unwrap_or_else(|| tap.tensor.clone())
    }

    /// The tap's tensor as float32.
    fn floats(&mut self, held: &Held, tap: &Tap) -> String {
        match tap.element {
            ElementType::F32 => held.tensor.clone(),
            // ONNX Runtime computes half precision in single where it has no kernel of its own, and drops the rounding
            // in between where a cast back follows at once. Something in between keeps it, and with it an overflow.
            ElementType::F16 | ElementType::Bf16 => {
                let rounded = self.nodes.reshape(&held.tensor, &vec![0; held.axes.len()], None);
                self.nodes.cast(&rounded, None)
            }
            _ => self.nodes.cast(&held.tensor, None),
        }
    }

    /// The first or the last of a row of tokens or places.
    fn pick(&mut self, held: Held, tap: &Tap, name: &str) -> Result<(), Error> {
        let places: Vec<usize> = positions(&held.axes, &[Axis::Token, Axis::Place]);
        let &[place] = &places[..] else {
            return Err(refusal(tap, "it has height and width, and no order of tokens"));
        };
        if tap.pooling == Pooling::Last && held.axes[place] == Axis::Token && has_tokens(self.graph) {
            if self.nodes.opset < 11 {
                return Err(refusal(tap, "the last token needs operator set 11; export the model with a newer one"));
            }
            let held = Held { tensor: self.floats(&held, tap), axes: held.axes };
            let tokens = self.tokens(held);
            self.last_token(&tokens, name);
            return Ok(());
        }
        let index = if tap.pooling == Pooling::Last { -1 } else { 0 };
        let picked =
            Held { tensor: self.nodes.gather(&held.tensor, index, place, None), axes: without(&held.axes, &places) };
        let arranged = self.arranged(picked, None);
        self.nodes.cast(&arranged, Some(name));
        Ok(())
    }

    /// The mean or the maximum over places, and over real tokens.
    fn summarise(&mut self, held: Held, tap: &Tap, pooling: Pooling, name: &str) -> Result<(), Error> {
        let op = if pooling == Pooling::Max { "ReduceMax" } else { "ReduceMean" };
        if let [Axis::Batch, Axis::Neuron, places @ ..] = &held.axes[..]
            && !places.is_empty()
            && places.iter().all(|axis| *axis == Axis::Place)
        {
            let op = if pooling == Pooling::Max { "GlobalMaxPool" } else { "GlobalAveragePool" };
            let pooled = self.nodes.node(op, &[&held.tensor], Message::new(), None);
            self.nodes.node("Flatten", &[&pooled], int("axis", 1), Some(name));
            return Ok(());
        }
        let padded = has_tokens(self.graph) && positions(&held.axes, &[Axis::Token]).len() == 1;
        let over = if padded { &[Axis::Place][..] } else { &[Axis::Place, Axis::Token] };
        let places = positions(&held.axes, over);
        let held = match &places[..] {
            [] => held,
            _ => {
                let last = !padded && is_arranged(&without(&held.axes, &places));
                let reduced = self.nodes.reduce(op, &held.tensor, &places, last.then_some(name));
                if last {
                    return Ok(());
                }
                Held { tensor: reduced, axes: without(&held.axes, &places) }
            }
        };
        if !padded {
            let arranged = self.arranged(held, Some(name));
            // With nothing to do, the name is given by a cast that does nothing.
            if arranged != name {
                self.nodes.cast(&arranged, Some(name));
            }
            return Ok(());
        }
        if pooling == Pooling::Max && self.nodes.opset < 9 {
            return Err(refusal(
                tap,
                "the maximum over real tokens needs operator set 9; export the model with a newer one",
            ));
        }
        let tokens = self.tokens(held);
        let (mask, count) = self.mask();
        if pooling == Pooling::Max {
            // 0 where real, -inf where padding: adding it leaves real values as they are.
            let column = self.nodes.reshape(&mask, &[0, -1, 1], None);
            let real = self.nodes.node("Cast", &[&column], int("to", 9), None);
            let lowest = self.nodes.constant_float(f32::NEG_INFINITY);
            let kept = self.nodes.node("Where", &[&real, &tokens, &lowest], Message::new(), None);
            self.nodes.reduce("ReduceMax", &kept, &[1], Some(name));
        } else {
            let sum = self.nodes.node("MatMul", &[&mask, &tokens], Message::new(), None);
            if self.nodes.opset < 7 {
                // Div does not broadcast there. A product of matrices, one per input, does the same.
                let share = self.nodes.node("Reciprocal", &[&count], Message::new(), None);
                let share = self.nodes.reshape(&share, &[0, 1, 1], None);
                let mean = self.nodes.node("MatMul", &[&share, &sum], Message::new(), None);
                self.nodes.reshape(&mean, &[0, -1], Some(name));
            } else {
                let sum = self.nodes.reshape(&sum, &[0, -1], None);
                self.nodes.node("Div", &[&sum, &count], Message::new(), Some(name));
            }
        }
        Ok(())
    }

    /// The last real token of [batch, sequence, neurons].
    fn last_token(&mut self, tokens: &str, name: &str) {
        // The running count reaches the total at the last real token and, times the mask, nowhere else.
        let (mask, count) = self.mask();
        let axis = self.nodes.constant_ints(&[2], true);
        let running = self.nodes.node("CumSum", &[&mask, &axis], Message::new(), None);
        let running = self.nodes.node("Mul", &[&running, &mask], Message::new(), None);
        let total = self.nodes.reshape(&count, &[0, 1, 1], None);
        let chosen = self.nodes.node("Equal", &[&running, &total], Message::new(), None);
        let chosen = self.nodes.cast(&chosen, None);
        let last = self.nodes.node("MatMul", &[&chosen, tokens], Message::new(), None);
        self.nodes.reshape(&last, &[0, -1], Some(name));
    }

    /// Inputs first, all neurons in one axis behind.
    fn arranged(&mut self, held: Held, name: Option<&str>) -> String {
        let order = [positions(&held.axes, &[Axis::Batch]), positions(&held.axes, &[Axis::Neuron])].concat();
        let several = order.len() > 2;
        let turned = match order.is_sorted() {
            true => held.tensor,
            false => self.nodes.transpose(&held.tensor, &order, name.filter(|_| !several)),
        };
        if several { self.nodes.reshape(&turned, &[0, -1], name) } else { turned }
    }

    /// [batch, sequence, neurons], whatever the order of the axes.
    fn tokens(&mut self, held: Held) -> String {
        let order = [Axis::Batch, Axis::Token, Axis::Neuron].map(|axis| positions(&held.axes, &[axis])).concat();
        let turned = match order.is_sorted() {
            true => held.tensor,
            false => self.nodes.transpose(&held.tensor, &order, None),
        };
        if order.len() > 3 { self.nodes.reshape(&turned, &[0, 0, -1], None) } else { turned }
    }

    /// The mask as float32 [batch, 1, sequence] and the number of real tokens [batch, 1].
    fn mask(&mut self) -> (String, String) {
        if let Some(mask) = &self.mask {
            return mask.clone();
        }
        let source = match mask_input(self.graph) {
            Some(info) => info.name.clone(),
            None => {
                let name = format!("{}mask", self.nodes.prefix);
                let axes = ["batch", "sequence"].map(|axis| Dim::Named(format!("{}{axis}", self.nodes.prefix).into()));
                let info = TensorInfo { name: name.clone(), element: ElementType::I64, shape: Some(axes.to_vec()) };
                self.extra_inputs.push(info);
                name
            }
        };
        let float = self.nodes.cast(&source, None);
        let row = self.nodes.reshape(&float, &[0, 1, -1], None);
        let count = self.nodes.reduce("ReduceSum", &row, &[2], None);
        self.mask = Some((row.clone(), count.clone()));
        (row, count)
    }
}

fn refusal(tap: &Tap, why: &'static str) -> Error {
    Error::Pooling { tensor: tap.tensor.clone(), pooling: tap.pooling, why }
}

fn positions(axes: &[Axis], wanted: &[Axis]) -> Vec<usize> {
    (0..axes.len()).filter(|&at| wanted.contains(&axes[at])).collect()
}

fn without(axes: &[Axis], dropped: &[usize]) -> Vec<Axis> {
    (0..axes.len()).filter(|at| !dropped.contains(at)).map(|at| axes[at]).collect()
}

fn is_arranged(axes: &[Axis]) -> bool {
    axes == [Axis::Batch, Axis::Neuron]
}
