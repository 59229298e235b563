//! Names a person knows for the layers: `encoder.layer.3`, `layer2`, `fc1`.
//!
//! Three sources are asked in turn: the names of nodes (paths, from PyTorch's older exporter), the module paths in their
//! metadata (from the newer one), and the names of the weights between a tap and the one before it. A source serves only
//! if it tells all taps apart; otherwise they are numbered. The same model gets the same labels from either exporter.

use std::collections::{HashMap, HashSet};

use crate::model::Node;

use super::flow::Flow;
use super::structure::reads;

type Path = Vec<String>;

/// Labels for the chosen cuts, in order.
pub fn labels(flow: &Flow, chosen: &[usize]) -> Vec<String> {
    let makers: Vec<&Node> = chosen.iter().map(|&cut| flow.maker(cut)).collect();
    let from_names = || makers.iter().map(|n| node_path(&n.name)).collect::<Option<Vec<Path>>>();
    let from_scopes = || makers.iter().map(|n| scope_path(n.scopes.as_deref()?)).collect::<Option<Vec<Path>>>();
    let from_weights = || weight_paths(flow, chosen);
    let sources: [&dyn Fn() -> Option<Vec<Path>>; 3] = [&from_scopes, &from_names, &from_weights];
    sources
        .iter()
        .find_map(|source| shorten(&source()?))
        .unwrap_or_else(|| (0..chosen.len()).map(|i| format!("layer.{i}")).collect())
}

/// `/model/encoder/layer.3/output/LayerNorm/LayerNormalization` without its last part, the op. A scope of a container is
/// repeated by its children (`/layer1/layer1.1/relu`), and is then left out.
fn node_path(name: &str) -> Option<Path> {
    let mut parts: Vec<&str> = name.strip_prefix('/')?.split('/').collect();
    parts.pop();
    let mut path = Path::new();
    let mut before = "";
    for part in parts {
        let own = part.strip_prefix(before).and_then(|rest| rest.strip_prefix('.'));
        let fresh = own.filter(|_| !before.is_empty()).unwrap_or(part);
        path.extend(fresh.split('.').map(str::to_owned));
        before = part;
    }
    (!path.is_empty()).then_some(path)
}

/// The module in a list such as `['', 'layer1', 'layer1.0', 'add_20']`: the last entry but one.
fn scope_path(scopes: &str) -> Option<Path> {
    let list = scopes.trim().strip_prefix('[')?.strip_suffix(']')?;
    let entries: Vec<&str> = list.split(',').map(|e| e.trim().trim_matches(['\'', '"'])).collect();
    let module = entries.get(entries.len().checked_sub(2)?)?;
    (!module.is_empty()).then(|| module.split('.').map(str::to_owned).collect())
}

/// The module that the weights used since the tap before have in common.
fn weight_paths(flow: &Flow, chosen: &[usize]) -> Option<Vec<Path>> {
    let weights: HashSet<&str> = flow.graph.initializers.iter().map(|i| i.name.as_str()).collect();
    let mut paths = Vec::new();
    for (i, &cut) in chosen.iter().enumerate() {
        // What lies before the first layer are embeddings, as long as the layers that follow.
        let from = match i {
            0 => chosen.get(1).and_then(|&next| cut.checked_sub(next - cut)),
            _ => Some(chosen[i - 1]),
        };
        let modules: Vec<Path> = flow
            .between(from, cut)
            .flat_map(reads)
            .filter_map(|name| stored(flow, &weights, name))
            .filter(|name| name.contains('.') && !name.contains("::") && !name.contains('/') && !is_scale(name))
            .filter_map(|name| Some(name.rsplit_once('.')?.0.split('.').map(str::to_owned).collect()))
            .collect();
        paths.push(common(&modules)?);
    }
    Some(paths)
}

/// The weight that a constant is made of: itself, or what is dequantised, turned or cast.
fn stored<'g>(flow: &Flow<'_, 'g>, weights: &HashSet<&'g str>, name: &'g str) -> Option<&'g str> {
    const LONGEST: usize = 8;
    let mut name = name;
    for _ in 0..LONGEST {
        if weights.contains(name) {
            return Some(name);
        }
        if !flow.structure.constant.contains(name) {
            return None;
        }
        name = flow.structure.maker(name)?.inputs.first()?;
    }
    None
}

/// A quantiser's scales and zero points are named after tensors, not after weights.
fn is_scale(name: &str) -> bool {
    name.ends_with("_scale") || name.ends_with("_zero_point")
}

/// The longest path that more than half of the modules start with.
fn common(modules: &[Path]) -> Option<Path> {
    let mut path = Path::new();
    let mut left: Vec<&Path> = modules.iter().collect();
    loop {
        let depth = path.len();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let parts = || left.iter().filter_map(|m| m.get(depth));
        parts().for_each(|part| *counts.entry(part).or_default() += 1);
        let Some(part) = parts().max_by_key(|part| counts[part.as_str()]).cloned() else { break };
        left.retain(|m| m.get(depth) == Some(&part));
        if left.len() * 2 <= modules.len() {
            break;
        }
        path.push(part);
    }
    (!path.is_empty()).then_some(path)
}

/// Cuts every path where they first tell all layers apart, and drops what all share in front, down to the name of the
/// list and its owner.
fn shorten(paths: &[Path]) -> Option<Vec<String>> {
    // No module is nested as deep as that; a name of nothing but dots would be.
    const DEEPEST: usize = 64;
    let longest = paths.iter().map(Vec::len).max().filter(|&longest| longest <= DEEPEST)?;
    let cut = |depth: usize| paths.iter().map(|p| &p[..p.len().min(depth)]).collect::<Vec<_>>();
    let depth = match paths {
        [only] => only.iter().position(|part| is_number(part)).map_or(longest, |i| i + 1),
        _ => (1..=longest).find(|&d| cut(d).into_iter().collect::<HashSet<_>>().len() == paths.len())?,
    };
    let short = cut(depth);
    // `encoder.layer.3` keeps two names in front of a number, `layer2` keeps none.
    let needed = short.iter().map(|p| p.len() - if is_number(p.last().map_or("", |l| l)) { 3.min(p.len()) } else { 1 });
    let shared =
        (0..depth).take_while(|&i| short.iter().all(|p| p.get(i).is_some() && p.get(i) == short[0].get(i))).count();
    let drop = needed.min()?.min(if paths.len() == 1 { depth } else { shared });
    Some(short.iter().map(|p| p[drop..].join(".")).collect())
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn both_exporters_name_the_same_module() {
        let old = node_path("/model/roberta/encoder/layer.3/output/LayerNorm/LayerNormalization").unwrap();
        let new = scope_path(
            "['', 'model', 'model.roberta', 'model.roberta.encoder', 'model.roberta.encoder.layer.3', \
             'model.roberta.encoder.layer.3.output', 'model.roberta.encoder.layer.3.output.LayerNorm', 'layer_norm_8']",
        );
        assert_eq!(Some(old), new);
        assert_eq!(node_path("/layer1/layer1.1/relu_1/Relu").unwrap(), path("layer1.1.relu_1"));
        assert_eq!(scope_path("['', 'layer1', 'layer1.1', 'layer1.1.relu', 'relu_4']").unwrap(), path("layer1.1.relu"));
    }

    #[test]
    fn labels_keep_what_a_person_says() {
        let encoder: Vec<Path> = (0..3).map(|i| path(&format!("model.roberta.encoder.layer.{i}.output"))).collect();
        assert_eq!(shorten(&encoder).unwrap(), ["encoder.layer.0", "encoder.layer.1", "encoder.layer.2"]);
        let stages: Vec<Path> = (1..4).map(|i| path(&format!("model.layer{i}.1.relu"))).collect();
        assert_eq!(shorten(&stages).unwrap(), ["layer1", "layer2", "layer3"]);
        assert_eq!(shorten(&[path("fc1"), path("fc2")]).unwrap(), ["fc1", "fc2"]);
        assert_eq!(shorten(&[path("features.0"), path("classifier.0")]).unwrap(), ["features", "classifier"]);
    }

    #[test]
    fn names_that_do_not_tell_layers_apart_are_refused() {
        assert_eq!(shorten(&[path("encoder"), path("encoder")]), None);
        assert_eq!(node_path("n17"), None);
        assert_eq!(scope_path(""), None);
        assert_eq!(scope_path("[]"), None);
    }
}
