//! Texts: files as people have them, drawn in one pass, tokenized as transformers does, and laid out in batches by length.
//!
//! In: paths of texts, and a model with its tokenizer. Out: batches of [`TokenRows`], and the feed that makes ids, masks,
//! segments and positions of them.
//!
//! ```text
//! read -> drawn -> tokenizer -> windows -> feed (roles)
//! ```

mod drawn;
mod feed;
mod read;
pub(crate) mod roles;
mod source;
mod tokenizer;
mod windows;

pub use feed::TokenRows;
pub use read::cells;
pub(crate) use source::TextSource;

#[cfg(test)]
mod tests;
