//! The choice itself: the layers that were recognised as taps, with what their axes are and how each is pooled.

use std::collections::{HashMap, HashSet};

use crate::model::{ElementType, Graph};

use super::axes::{Axes, Axis, is_whole};
use super::error::Error;
use super::flow::Flow;
use super::recognise::{Found, recognise};
use super::shapes::Shapes;
use super::structure::Structure;
use super::tap::{Family, Pooling, Request, Step, Tap, Taps};
use super::{fused, labels, ops, quantised, request, untappable, usual};

/// The layers of a graph: the tool's own choice, or the tensors that `request` names.
pub fn choose(graph: &Graph, request: &Request) -> Result<Taps, Error> {
    untappable::check(graph)?;
    let structure = Structure::of(graph);
    let seen = Seen::of(&structure);
    let own = seen.taps();
    let mut taps = if request.patterns.is_empty() {
        own.filter(|own| !own.taps.is_empty()).ok_or_else(|| seen.nothing())?
    } else {
        let own = own.unwrap_or(Taps { family: Family::Unknown, taps: Vec::new() });
        let all = seen.all(&own);
        let picked = request::matching(&request.patterns, &own.taps, &all, &|tensor| seen.why_not(tensor));
        // Where nothing can be named, there is nothing near either.
        Taps { family: own.family, taps: picked.map_err(|error| if all.is_empty() { seen.nothing() } else { error })? }
    };
    if let Some(pooling) = request.pooling {
        taps.taps.iter_mut().filter(|tap| tap.has_places()).for_each(|tap| tap.pooling = pooling);
    }
    Ok(taps)
}

/// Every float tensor, for `layers --all`; the tool's own choices are marked `auto` and carry their labels.
pub fn candidates(graph: &Graph) -> Vec<Tap> {
    let structure = Structure::of(graph);
    let seen = Seen::of(&structure);
    let own = seen.taps().unwrap_or(Taps { family: Family::Unknown, taps: Vec::new() });
    seen.all(&own)
}

/// A graph with all that is inferred of its tensors.
struct Seen<'s, 'g> {
    structure: &'s Structure<'g>,
    shapes: Shapes<'g>,
    axes: Axes<'g>,
}

impl<'s, 'g> Seen<'s, 'g> {
    fn of(structure: &'s Structure<'g>) -> Self {
        let shapes = Shapes::infer(structure.graph, &structure.order);
        let axes = Axes::infer(structure, &shapes);
        Seen { structure, shapes, axes }
    }

    /// The tool's own choice.
    fn taps(&self) -> Option<Taps> {
        let towers = recognise(self.structure);
        let family = towers.first()?.family;
        let mut taps: Vec<Tap> = Vec::new();
        for (number, found) in towers.iter().enumerate() {
            let names = labels::labels(&found.flow, &found.cuts);
            let taken: HashSet<String> = taps.iter().map(|tap| tap.label.clone()).collect();
            let clash = number > 0 && names.iter().any(|name| taken.contains(name));
            let tower = if clash { format!("{}.", self.structure.name_of(&found.roots)) } else { String::new() };
            let named = found.cuts.iter().zip(names);
            taps.extend(named.filter_map(|(&cut, label)| self.tap(found, cut, format!("{tower}{label}"))));
        }
        Some(Taps { family, taps })
    }

    fn tap(&self, found: &Found, cut: usize, label: String) -> Option<Tap> {
        let (flow, family) = (&found.flow, found.family);
        let cut = self.with_axes(flow, cut);
        let (tensor, maker) = (flow.cuts[cut].tensor, flow.maker(cut));
        let element = self.shapes.element(tensor).unwrap_or(ElementType::F32);
        let mut reason = reason(found).to_owned();
        let mut name = tensor.to_owned();
        let steps = if element.is_float() {
            let fused = match family {
                Family::Transformer | Family::Chain => fused::recompute(flow, &found.cuts, cut),
                _ => None,
            };
            let fused = fused.map(|(step, lacks)| {
                reason += "; fused away by an optimiser, so computed again";
                name = format!("{tensor}:{lacks}");
                vec![step]
            });
            fused.or_else(|| quantised::beside(self.structure, tensor))
        } else {
            // Integers that do not tell their scale are not measured.
            let linear = quantised::without_rectifier(self.structure, maker).filter(|_| family == Family::Chain);
            Some(match linear {
                Some(steps) => {
                    reason += "; quantised together with its activation, so computed again without";
                    name = format!("{tensor}:linear");
                    steps
                }
                None => {
                    reason += "; quantised, and taken in the original's units";
                    quantised::dequantise(self.structure, tensor)?
                }
            })
        };
        let shape = self.shapes.shape(tensor).cloned();
        let axes = match self.axes.whole(tensor) {
            Some(axes) => axes.to_vec(),
            None if self.axes.has_rows(tensor) => return None,
            None => usual::axes(shape.as_deref(), maker, family, self.structure.graph),
        };
        let pooling = usual::pooling(&axes, family, flow, &found.cuts);
        if family == Family::Transformer && pooling == Pooling::Mean {
            reason += "; there is no class token, so the mean over all places is taken";
        }
        Some(Tap {
            label,
            tensor: name,
            op: maker.op.clone(),
            shape,
            element: if element.is_float() { element } else { ElementType::F32 },
            axes,
            pooling,
            recomputed: steps.unwrap_or_default(),
            auto: true,
            reason,
        })
    }

    /// The cut itself, or one behind it that holds the same values and of which the axes are known.
    fn with_axes(&self, flow: &Flow, cut: usize) -> usize {
        let mut at = cut;
        while self.axes.whole(flow.cuts[at].tensor).is_none() {
            let next = flow.next(at).filter(|&next| {
                let node = flow.maker(next);
                ops::rearranges(node) && flow.moving(node) == 1 && flow.cuts[next].tensor != flow.output
            });
            let Some(next) = next else { return cut };
            at = next;
        }
        at
    }

    /// Every tensor of floats, or of integers that stand for floats.
    fn all(&self, own: &Taps) -> Vec<Tap> {
        let graph = self.structure.graph;
        let mut taps = Vec::new();
        let mut ours: HashMap<&str, &Tap> = HashMap::new();
        let mut again: HashMap<&str, Vec<&Tap>> = HashMap::new();
        for tap in &own.taps {
            ours.entry(&tap.tensor).or_insert(tap);
            if let Some((of, _)) = tap.tensor.rsplit_once(':').filter(|_| !tap.recomputed.is_empty()) {
                again.entry(of).or_default().push(tap);
            }
        }
        for &index in &self.structure.order {
            let node = &graph.nodes[index];
            for output in node.outputs.iter().filter(|o| self.structure.live.contains(o.as_str())) {
                taps.extend(again.get(output.as_str()).into_iter().flatten().copied().cloned());
                if let Some(&tap) = ours.get(output.as_str()) {
                    taps.push(tap.clone());
                } else if let Some(steps) = self.floats(output) {
                    taps.push(self.candidate(output, &node.op, own.family, steps));
                }
            }
        }
        taps
    }

    /// How to get a tensor's floats: nothing to do, or its integers times their scale; `None` where it has none.
    fn floats(&self, tensor: &str) -> Option<Vec<Step>> {
        match self.shapes.element(tensor) {
            Some(element) if !element.is_float() => quantised::dequantise(self.structure, tensor),
            _ => Some(quantised::beside(self.structure, tensor).unwrap_or_default()),
        }
    }

    fn candidate(&self, tensor: &str, op: &str, family: Family, recomputed: Vec<Step>) -> Tap {
        let shape = self.shapes.shape(tensor).cloned();
        let axes = match self.axes.whole(tensor) {
            Some(axes) => axes.to_vec(),
            None if self.axes.has_rows(tensor) => Vec::new(),
            None => usual::by_rank(shape.as_deref(), family, self.structure.graph),
        };
        let element = match self.shapes.element(tensor) {
            Some(element) if element.is_float() || recomputed.is_empty() => element,
            Some(_) => ElementType::F32,
            None => ElementType::Other(0),
        };
        let pooling = match axes.iter().any(|axis| matches!(axis, Axis::Token | Axis::Place)) {
            true if family == Family::Transformer && axes.len() == 3 => Pooling::First,
            true => Pooling::Mean,
            false => Pooling::None,
        };
        Tap {
            label: tensor.to_owned(),
            tensor: tensor.to_owned(),
            op: op.to_owned(),
            shape,
            element,
            axes,
            pooling,
            recomputed,
            auto: false,
            reason: String::new(),
        }
    }

    /// Why a tensor of the graph cannot be measured; `None` where it can, or is not in the graph.
    fn why_not(&self, tensor: &str) -> Option<String> {
        if !self.structure.producer.contains_key(tensor) {
            return None;
        }
        if !self.structure.live.contains(tensor) {
            return Some("its values do not depend on the inputs".into());
        }
        if self.floats(tensor).is_none() {
            let element = self.shapes.element(tensor).unwrap_or(ElementType::Other(0));
            return Some(format!("it holds {element}, and only floating-point numbers are activations"));
        }
        let shape = self.shapes.shape(tensor);
        let axes = usual::by_rank(shape.map(Vec::as_slice), Family::Unknown, self.structure.graph);
        if self.axes.has_rows(tensor) {
            return Some("its rows are the inputs' tokens or places, and not the inputs".into());
        }
        if self.axes.whole(tensor).is_some() || is_whole(&axes) {
            return None;
        }
        Some(match shape.map(Vec::len) {
            None => match self.structure.maker(tensor) {
                Some(node) if node.op.contains("Sequence") => {
                    format!("{node} takes it out of a sequence of tensors, and its rank does not follow from the file")
                }
                _ => "its rank does not follow from the file".into(),
            },
            Some(0) => "it is a single number, with no axis of inputs and no axis of neurons".into(),
            Some(1) => "it has one axis, and a layer has two at least: inputs and neurons".into(),
            Some(rank) => {
                format!("it has {rank} axes, and which of them are its neurons does not follow from the graph")
            }
        })
    }

    /// Why there is nothing to choose.
    fn nothing(&self) -> Error {
        let graph = self.structure.graph;
        let float = |name: &&str| self.shapes.element(name).is_none_or(ElementType::is_float);
        let mut tensors = graph.nodes.iter().flat_map(|node| &node.outputs).map(String::as_str);
        if tensors.any(|name| !name.is_empty() && float(&name)) {
            return untappable::reason(self.structure);
        }
        let outputs = graph.outputs.iter().filter(|output| output.element != ElementType::Other(0));
        let mut outputs: Vec<String> = outputs.map(|output| output.element.to_string()).collect();
        outputs.dedup();
        Error::NoFloats { outputs }
    }
}

fn reason(found: &Found) -> &'static str {
    match (found.family, found.trunk) {
        (Family::Transformer, false) => "output of a layer: the last tensor all paths cross before the next attention",
        (Family::ConvNet, false) => "output of a stage: the last block before the resolution or width changes",
        (Family::Chain, false) => "hidden layer before its activation",
        (Family::Unknown, false) => "all paths from the inputs to the output cross it (structure not recognised)",
        (_, true) => "output of a layer of the trunk, behind which the network branches; the branches are left out",
    }
}
