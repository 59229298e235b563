//! Ablation: neurons are switched off, and what the model answers and how its later layers behave is compared with
//! before.
//!
//! In: a model that is ready to run with masks, its inputs, and the activations and measures of the model as it is.
//! Out: [`Ablation`]: how many answers change with the number of neurons, beside random neurons of the same layers, the
//! accuracy where labels are given, the gaps between two groups of inputs where they are, and the measures of the later
//! layers.
//!
//! ```text
//! settings -> choose (list, draws) ─┐
//! answers, truth, gaps ─────────────┼-> pass (masked) -> curve, downstream -> result
//! filling ──────────────────────────┘
//! ```

mod answers;
mod choose;
mod curve;
mod downstream;
mod draws;
mod error;
mod filling;
mod gaps;
mod list;
mod masked;
mod neuron;
mod pass;
mod result;
mod settings;
mod truth;

pub use answers::{Answers, answers_of};
pub use choose::{check, choose, mean_mi};
pub use curve::{Curve, accuracy, counts, curve};
pub use downstream::downstream;
pub use draws::draws;
pub use error::Error;
pub use filling::fillings;
pub use gaps::{ClassGap, Gaps, Groups};
pub use masked::Masked;
pub use neuron::{Neuron, Off, Scope, masked_layers};
pub use pass::{Pass, pass};
pub use result::{
    Ablation, AnswerOutput, ClassChange, GapChange, Labels, LayerChange, Levels, OffNeuron, Point, Share, Spread,
};
pub use settings::{How, Settings, Which};
pub use truth::Truth;
