//! Which kind of network the structure shows, and its layers: the first rule that fits, on the paths that it fits.

use super::flow::Flow;
use super::structure::{Roots, Structure};
use super::tap::Family;
use super::{blocks, chain, convnet, ops, transformer};

/// What a rule found: cuts of one flow.
pub struct Found<'s, 'g> {
    pub family: Family,
    pub flow: Flow<'s, 'g>,
    pub cuts: Vec<usize>,
    /// Where its paths start.
    pub roots: Roots<'g>,
    /// Set where the paths end inside the network, because it branches behind.
    pub trunk: bool,
}

type Rule = fn(&Flow) -> Option<Vec<usize>>;

const RULES: [(Family, Rule); 3] =
    [(Family::Transformer, transformer::layers), (Family::ConvNet, convnet::stages), (Family::Chain, chain::layers)];

/// The layers of a network: those on its main paths, then those of further towers (the images' side of a network of
/// texts and images, the decoder of a translator). Empty where there are none.
pub fn recognise<'s, 'g>(structure: &'s Structure<'g>) -> Vec<Found<'s, 'g>> {
    let mut sets: Vec<Roots> = Vec::new();
    for roots in structure.roots() {
        if !sets.contains(&roots) {
            sets.push(roots);
        }
    }
    let flows = sets.iter().filter_map(|roots| Some((roots.clone(), structure.flow(roots)?)));
    let Some(main) = main(structure, flows.collect()) else { return Vec::new() };
    let mut found = vec![main];
    // More than any real network has.
    const MOST_TOWERS: usize = 16;
    for roots in structure.single_roots().into_iter().take(MOST_TOWERS) {
        if found.iter().any(|other| other.roots == roots) {
            continue;
        }
        let Some(tower) = tower(structure, &roots) else { continue };
        let apart = found.iter().all(|other| {
            let last = other.cuts.last().map_or(0, |&cut| other.flow.cuts[cut].step);
            let own = &other.flow.steps[..=last.min(other.flow.steps.len() - 1)];
            tower.cuts.iter().all(|&cut| !own.contains(&tower.flow.cuts[cut].node))
        });
        if apart {
            found.push(tower);
        }
    }
    found
}

/// The first rule that fits the paths from the first set of roots, or the cuts of the paths with most of them.
fn main<'s, 'g>(structure: &'s Structure<'g>, flows: Vec<(Roots<'g>, Flow<'s, 'g>)>) -> Option<Found<'s, 'g>> {
    let fits = |(family, rule): (Family, Rule)| {
        let mut best: Option<(usize, Vec<usize>)> = None;
        for (place, (_, flow)) in flows.iter().enumerate() {
            let cuts = rule(flow).unwrap_or_default();
            // From all roots together the towers of a network are one block; from one of them each is a row of layers.
            if cuts.len() >= 2 * best.as_ref().map_or(1, |(_, best)| best.len()) || best.is_none() && !cuts.is_empty() {
                best = Some((place, cuts));
            }
        }
        best.map(|(place, cuts)| (family, place, cuts))
    };
    let unknown = || {
        let all = flows.iter().enumerate().map(|(place, (_, flow))| (Family::Unknown, place, weighted_cuts(flow)));
        all.rev().max_by_key(|(_, _, cuts)| cuts.len())
    };
    let (family, place, cuts) = RULES.into_iter().find_map(fits).or_else(unknown)?;
    let (roots, flow) = flows.into_iter().nth(place)?;
    let whole = Found { family, flow, cuts, roots, trunk: false };
    let best = trunk(structure, &whole).unwrap_or(whole);
    (!best.cuts.is_empty()).then_some(best)
}

/// The layers of the trunk, where the network branches behind it and more layers are found so.
fn trunk<'s, 'g>(structure: &'s Structure<'g>, whole: &Found<'s, 'g>) -> Option<Found<'s, 'g>> {
    let mut best: Option<Found> = None;
    if whole.family == Family::Chain {
        return None;
    }
    for end in whole.flow.trunk_ends() {
        let flow = structure.flow_to(&whole.roots, end);
        let most = before_growth(best.as_ref().unwrap_or(whole));
        let found = RULES.into_iter().find_map(|(family, rule)| {
            let alike = whole.family == family || whole.family == Family::Unknown;
            let cuts = rule(&flow).filter(|cuts| alike && cuts.len() > most)?;
            let decodes = cuts.last().is_some_and(|&last| flow.between(None, last).any(blocks::grows));
            (!decodes).then_some((family, cuts))
        });
        if let Some((family, cuts)) = found {
            best = Some(Found { family, flow, cuts, roots: whole.roots.clone(), trunk: true });
        }
    }
    best
}

/// How many layers there are before images grow again: there a decoder begins.
fn before_growth(found: &Found) -> usize {
    let grown = |&cut: &usize| found.flow.between(None, cut).any(blocks::grows);
    found.cuts.iter().position(grown).unwrap_or(found.cuts.len())
}

/// A tower of its own: a transformer or a convolutional network that starts at one root.
fn tower<'s, 'g>(structure: &'s Structure<'g>, roots: &Roots<'g>) -> Option<Found<'s, 'g>> {
    let flow = structure.flow(roots)?;
    let (family, cuts) = RULES[..2].iter().find_map(|(family, rule)| {
        let cuts = rule(&flow).filter(|cuts| cuts.len() >= 2)?;
        Some((*family, cuts))
    })?;
    Some(Found { family, flow, cuts, roots: roots.clone(), trunk: false })
}

/// The last cut before each block that holds weights, behind the first of them.
fn weighted_cuts(flow: &Flow) -> Vec<usize> {
    let mut cuts = Vec::new();
    let mut before = false;
    for to in 0..flow.cuts.len() {
        let from = to.checked_sub(1);
        if flow.between(from, to).any(ops::is_weighted) {
            cuts.extend(from.filter(|_| before));
            before = true;
        }
    }
    cuts
}
