//! The choice itself: which family the structure shows, its layers, and how each is pooled.

use std::collections::HashMap;

use crate::model::{Dim, ElementType, Graph};

use super::flow::{Flow, Structure};
use super::shapes::Shapes;
use super::{Error, Family, Layout, Pooling, Request, Tap, Taps, chain, convnet, fused, labels, request, transformer};

/// The layers of a graph: the tool's own choice, or what `request` names.
pub fn choose(graph: &Graph, request: &Request) -> Result<Taps, Error> {
    let structure = Structure::of(graph);
    let shapes = Shapes::infer(graph, &structure.order);
    let found = find(&structure, &shapes);
    let mut taps = if request.patterns.is_empty() {
        found.ok_or(Error::Nothing("no tensor lies on all paths from the inputs to the output"))?
    } else {
        let own = found.unwrap_or(Taps { family: Family::Unknown, taps: Vec::new() });
        let all = all(&structure, &shapes, &own);
        Taps { family: own.family, taps: request::matching(&request.patterns, &own.taps, &all)? }
    };
    if let Some(pooling) = request.pooling {
        taps.taps.iter_mut().filter(|t| t.layout != Layout::Vector).for_each(|t| t.pooling = pooling);
    }
    Ok(taps)
}

/// Every float tensor, for `layers --all`; the tool's own choices are marked `auto` and carry their labels.
pub fn candidates(graph: &Graph) -> Vec<Tap> {
    let structure = Structure::of(graph);
    let shapes = Shapes::infer(graph, &structure.order);
    let own = find(&structure, &shapes).unwrap_or(Taps { family: Family::Unknown, taps: Vec::new() });
    all(&structure, &shapes, &own)
}

fn all(structure: &Structure, shapes: &Shapes, own: &Taps) -> Vec<Tap> {
    let graph = structure.graph;
    let mut taps = Vec::new();
    let mut ours: HashMap<&str, &Tap> = HashMap::new();
    let mut again: HashMap<&str, Vec<&Tap>> = HashMap::new();
    for tap in &own.taps {
        ours.entry(&tap.tensor).or_insert(tap);
        if let Some((of, _)) = tap.tensor.rsplit_once(':').filter(|_| tap.recomputed.is_some()) {
            again.entry(of).or_default().push(tap);
        }
    }
    for &index in &structure.order {
        let node = &graph.nodes[index];
        for output in node.outputs.iter().filter(|o| structure.live.contains(o.as_str())) {
            taps.extend(again.get(output.as_str()).into_iter().flatten().copied().cloned());
            if let Some(&tap) = ours.get(output.as_str()) {
                taps.push(tap.clone());
            } else if shapes.element(output).is_none_or(ElementType::is_float) {
                let layout = layout(shapes.shape(output), own.family);
                taps.push(Tap {
                    label: output.clone(),
                    tensor: output.clone(),
                    op: node.op.clone(),
                    shape: shapes.shape(output).cloned(),
                    element: shapes.element(output).unwrap_or(ElementType::Other(0)),
                    layout,
                    pooling: usual(layout),
                    recomputed: None,
                    auto: false,
                    reason: String::new(),
                });
            }
        }
    }
    taps
}

/// What a rule found: cuts of one flow.
struct Found<'g> {
    family: Family,
    flow: Flow<'g>,
    cuts: Vec<usize>,
}

fn find(structure: &Structure, shapes: &Shapes) -> Option<Taps> {
    let flows: Vec<Flow> = structure.roots().iter().filter_map(|roots| structure.flow(roots)).collect();
    let found = recognise(flows)?;
    let Found { family, flow, cuts } = found;
    let names = labels::labels(&flow, &cuts);
    let taps = cuts.iter().zip(names).map(|(&cut, label)| {
        let tensor = flow.cuts[cut].tensor;
        let layout = match (layout(shapes.shape(tensor), family), family) {
            (Layout::Image | Layout::Unknown, Family::ConvNet) if convnet::neurons_last(&flow, cut) => {
                Layout::ImageLast
            }
            // What the file leaves open follows from the family.
            (Layout::Unknown, Family::Transformer) => Layout::Tokens,
            (Layout::Unknown, Family::ConvNet) => Layout::Image,
            (Layout::Unknown, Family::Chain) if convnet::is_convolution(flow.maker(cut)) => Layout::Image,
            (Layout::Unknown, Family::Chain) => Layout::Vector,
            (layout, _) => layout,
        };
        let maker = flow.maker(cut);
        let recomputed = match family {
            Family::Transformer | Family::Chain => fused::recompute(&flow, &cuts, cut),
            _ => None,
        };
        Tap {
            label,
            tensor: recomputed.as_ref().map_or_else(|| tensor.to_owned(), |(_, lacks)| format!("{tensor}:{lacks}")),
            op: maker.op.clone(),
            shape: shapes.shape(tensor).cloned(),
            element: shapes.element(tensor).unwrap_or(ElementType::F32),
            layout,
            pooling: usual(layout),
            auto: true,
            reason: match recomputed {
                Some(_) => format!("{}; fused away by an optimiser, so computed again", reason(family)),
                None => reason(family).to_owned(),
            },
            recomputed: recomputed.map(|(how, _)| how),
        }
    });
    Some(Taps { family, taps: taps.collect() })
}

/// The first rule that fits the first set of roots it fits.
fn recognise(flows: Vec<Flow>) -> Option<Found> {
    type Rule = fn(&Flow) -> Option<Vec<usize>>;
    let rules: [(Family, Rule); 3] = [
        (Family::Transformer, transformer::layers),
        (Family::ConvNet, convnet::stages),
        (Family::Chain, chain::layers),
    ];
    for (family, rule) in rules {
        for (i, flow) in flows.iter().enumerate() {
            if let Some(cuts) = rule(flow).filter(|c| !c.is_empty()) {
                let flow = flows.into_iter().nth(i)?;
                return Some(Found { family, flow, cuts });
            }
        }
    }
    let (cuts, flow) = flows.into_iter().map(|flow| (weighted_cuts(&flow), flow)).max_by_key(|(cuts, _)| cuts.len())?;
    (!cuts.is_empty()).then_some(Found { family: Family::Unknown, flow, cuts })
}

/// The last cut before each block that holds weights; the output itself left out.
fn weighted_cuts(flow: &Flow) -> Vec<usize> {
    let weighted = |to: usize| flow.between(to.checked_sub(1), to).any(chain::is_weighted);
    let mut cuts: Vec<usize> = (1..flow.cuts.len()).filter(|&to| weighted(to)).map(|to| to - 1).collect();
    cuts.retain(|&cut| cut > 0 || weighted(0));
    cuts
}

fn reason(family: Family) -> &'static str {
    match family {
        Family::Transformer => "output of a layer: the last tensor all paths cross before the next attention",
        Family::ConvNet => "output of a stage: the last block before the resolution or width changes",
        Family::Chain => "hidden layer before its activation",
        Family::Unknown => "all paths from the inputs to the output cross it (structure not recognised)",
    }
}

/// What the axes are. Four axes are an image with the neurons second, but in a transformer (Swin) last.
fn layout(shape: Option<&Vec<Dim>>, family: Family) -> Layout {
    // With a free extent behind a fixed one the tokens come last (SqueezeBERT, which convolves over them).
    if let (Some([_, Dim::Fixed(_), Dim::Named(_) | Dim::Unknown]), Family::Transformer) =
        (shape.map(Vec::as_slice), family)
    {
        return Layout::TokensLast;
    }
    match (shape.map(Vec::len), family) {
        (Some(2), _) => Layout::Vector,
        (Some(3), Family::ConvNet) => Layout::Image,
        (Some(3), _) => Layout::Tokens,
        (Some(4), Family::Transformer) => Layout::ImageLast,
        (Some(4 | 5), _) => Layout::Image,
        _ => Layout::Unknown,
    }
}

/// The pooling of `--pool auto`.
fn usual(layout: Layout) -> Pooling {
    match layout {
        Layout::Vector | Layout::Unknown => Pooling::None,
        Layout::Tokens | Layout::TokensLast => Pooling::First,
        Layout::Image | Layout::ImageLast => Pooling::Mean,
    }
}
