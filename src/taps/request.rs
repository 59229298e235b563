//! `--layers`: labels, tensor names and globs over both.

use globset::GlobBuilder;

use super::axes::is_whole;
use super::error::Error;
use super::tap::Tap;

/// The taps that `patterns` name, in the order of the forward pass. `chosen` are the tool's own, `all` every candidate.
/// A tensor that is named exactly has to be one that can be measured, or `why_not` says why it cannot; a glob leaves
/// others out.
pub fn matching(
    patterns: &[String],
    chosen: &[Tap],
    all: &[Tap],
    why_not: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Tap>, Error> {
    let mut wanted: Vec<&str> = Vec::new();
    for pattern in patterns {
        let exact: Vec<&str> = all.iter().filter(|t| t.tensor == *pattern).map(|t| t.tensor.as_str()).collect();
        let labels = tensors(chosen, |t| t.label == *pattern);
        if let Some(why) = why_not(pattern).filter(|_| labels.is_empty()) {
            return Err(Error::NotNeurons { tensor: pattern.clone(), why });
        }
        let found = [labels, exact].into_iter().find(|f| !f.is_empty());
        let found = match found {
            Some(found) => found,
            None => globbed(pattern, chosen, all)?,
        };
        let usable = |tensor: &&str| all.iter().any(|tap| tap.tensor == **tensor && is_whole(&tap.axes));
        let (found, useless): (Vec<&str>, Vec<&str>) = found.into_iter().partition(usable);
        if let (true, Some(tensor)) = (found.is_empty(), useless.first()) {
            let why = why_not(tensor).unwrap_or_else(|| "its axes do not follow from the graph".into());
            return Err(Error::NotNeurons { tensor: tensor.to_string(), why });
        }
        if found.is_empty() {
            return Err(Error::NoMatch { pattern: pattern.clone(), nearest: nearest(pattern, chosen, all) });
        }
        wanted.extend(found);
    }
    let own = |tap: &Tap| chosen.iter().find(|c| c.tensor == tap.tensor);
    let picked = all.iter().filter(|tap| wanted.contains(&tap.tensor.as_str()));
    Ok(picked.map(|tap| own(tap).unwrap_or(tap)).map(|tap| Tap { reason: "asked for".into(), ..tap.clone() }).collect())
}

fn tensors(taps: &[Tap], wanted: impl Fn(&Tap) -> bool) -> Vec<&str> {
    taps.iter().filter(|t| wanted(t)).map(|t| t.tensor.as_str()).collect()
}

/// Labels first: `layer*` means the layers, and not every tensor whose name happens to start so.
fn globbed<'t>(pattern: &str, chosen: &'t [Tap], all: &'t [Tap]) -> Result<Vec<&'t str>, Error> {
    let glob = GlobBuilder::new(pattern).backslash_escape(true).build();
    let glob = glob.map_err(|e| Error::Pattern { pattern: pattern.to_owned(), why: e.kind().to_string() })?;
    let glob = glob.compile_matcher();
    let labels = tensors(chosen, |t| glob.is_match(&t.label));
    Ok(if labels.is_empty() { tensors(all, |t| glob.is_match(&t.tensor)) } else { labels })
}

/// The names closest to what was typed.
fn nearest(pattern: &str, chosen: &[Tap], all: &[Tap]) -> Vec<String> {
    const SHOWN: usize = 5;
    let labels = chosen.iter().map(|t| (0.1, t.label.as_str()));
    let tensors = all.iter().map(|t| (0.0, t.tensor.as_str()));
    let mut scored: Vec<(f64, &str)> = labels
        .chain(tensors)
        .map(|(bonus, name)| (bonus + strsim::normalized_damerau_levenshtein(pattern, name), name))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut names: Vec<String> = Vec::new();
    for (_, name) in scored {
        if names.len() < SHOWN && !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
    }
    names
}
