//! The names in a run's folder. A run owns the files that have these names, those that its report lists, and
//! [`WORK`]; everything else there is the user's and is not touched.

/// The report: it lists the others with their hashes, and is written last.
pub const REPORT: &str = "report.json";
/// The measures of every neuron and pair.
pub const MEASURES: &str = "measures.npz";
/// The inputs that activate each neuron most.
pub const EXAMPLES: &str = "examples.json";
/// Where each input came from.
pub const INPUTS: &str = "inputs.json";
/// The page. `probe report` may make it again, so its hash is not checked.
pub const PAGE: &str = "report.html";
/// Every input that was passed over, one per line.
pub const SKIPPED: &str = "skipped.jsonl";
/// The activations, where they are asked for.
pub const ACTIVATIONS: &str = "activations.npz";

/// What happens when neurons are switched off.
pub const ABLATION: &str = "ablation.json";

/// What can be read off the layers about labels, as arrays.
pub const CODELENGTHS: &str = "codelengths.npz";

/// All of these files.
pub const OWNED: [&str; 9] = [REPORT, MEASURES, EXAMPLES, INPUTS, PAGE, SKIPPED, ACTIVATIONS, ABLATION, CODELENGTHS];

/// The folder of unfinished work inside a run's folder.
pub const WORK: &str = ".probe";
