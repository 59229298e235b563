//! ONNX Runtime: find it, check it, load it, run a model in it.
//!
//! In: where to look, a model's bytes, tensors. Out: a loaded library that says where it came from, and tensors.
//!
//! - `refusal`, `attempt`: why a file is not used as the library, and what each place held
//! - `find`: the places in their order
//! - `environment`: the `onnxruntime` package of the Python environment that probe was installed into
//! - `python`: where the `python3` on the PATH keeps its `onnxruntime` package
//! - `library`: is this file a library that can be loaded here, and which version is it
//! - `load`: loading, once a process
//! - `memory`: what a session held, given back
//! - `provider`: the execution providers by name
//! - `session`: a model ready to run
//! - `reply`: ONNX Runtime's messages turned into errors that name node, op and version

mod attempt;
mod environment;
mod error;
mod find;
mod library;
mod load;
pub mod memory;
mod provider;
mod python;
mod refusal;
mod reply;
mod session;
mod tensor;

pub use attempt::{Attempt, Outcome, Place};
pub use error::Error;
pub use find::module_is_in;
pub use load::{NO_TELEMETRY, Runtime};
pub use refusal::{OLDEST_VERSION, Refusal};
pub use session::{Canceller, LoadCanceller, Loading, Session, SessionOptions};
pub use tensor::Tensor;
