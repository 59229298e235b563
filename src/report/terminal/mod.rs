//! Tables and sentences for a terminal: never wider than it is, sentences never wider than 80 columns, and free of escapes unless
//! a colourful [`Style`] is passed. No colour carries a meaning alone.
//!
//! In: the report's data. Out: text that ends in a newline. Names and texts are made harmless on the way.

mod ablation;
mod compare;
mod examples;
mod labels;
mod lists;
mod next;
mod run;
mod style;
mod table;

pub use ablation::ablation;
pub use compare::compare;
pub use examples::{compared_examples, examples};
pub use labels::labels;
pub use lists::{doctor, layers};
pub use next::next;
pub use run::run;
pub use style::{COLUMNS, Style};

#[cfg(test)]
pub(crate) mod tests {
    pub(crate) use super::ablation::tests::report as ablation;
    pub(crate) use super::labels::tests::report as labels;
}
