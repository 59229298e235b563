//! What every stage may use and no stage owns: the caller of a long job, the share of it that one process has, advice in
//! errors, warnings, text for people, numbers that may be NaN, the memory there is, and a border around libraries that panic. Nothing
//! here knows a stage.

pub mod advise;
pub(crate) mod guard;
pub mod job;
pub(crate) mod memory;
pub(crate) mod nullable;
pub mod share;
pub mod text;
pub mod warning;
