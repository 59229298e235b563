//! Images: found, decoded and made ready as the training code would have done it.
//!
//! In: a folder and the model's `preprocessor_config.json` or timm `config.json`. Out: paths in a fixed order, and for
//! each the pixels of one model input. The pixels equal those of Python: PIL's `Image.open(path).convert("RGB")`, PIL's
//! resize, and then transformers' or torchvision's cropping and normalizing, each with its own rounding.
//!
//! ```text
//! list -> decode -> crop (sizes) -> resize (filter) -> normalize
//!                   recipe <- config <- transformers (classes), timm
//!                          <- flags
//! ```

mod classes;
mod config;
pub mod crop;
pub mod decode;
pub mod error;
mod facts;
mod feed;
mod fields;
pub mod filter;
pub mod flags;
pub mod list;
pub mod preprocess;
pub mod recipe;
pub mod resize;
pub mod sniff;
mod source;
pub mod thumbnail;
mod timm;
mod transformers;

pub use error::Error;
pub use facts::Fact;
pub use feed::PixelRows;
pub use filter::Filter;
pub use flags::Overrides;
pub use list::{Listing, list};
pub use preprocess::{Decoded, Preprocess, Scratch};
pub use recipe::Origin;
pub(crate) use source::ImageSource;
pub use thumbnail::thumbnail;
