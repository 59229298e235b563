//! What can be wrong with a folder of images, or with what says how to prepare them. One bad image is no error: it is
//! [skipped](crate::inputs::Skipped).

use std::io;
use std::path::PathBuf;

use crate::base::advise::{Advise, Fault};

/// What can be wrong with images as a whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The path leads nowhere, or to something else.
    #[error("{} is not a folder of images", .0.display())]
    NotAFolder(PathBuf),
    /// The folder itself cannot be listed.
    #[error("cannot read the folder {}: {}", .0.display(), .1)]
    Unreadable(PathBuf, #[source] io::Error),
    /// The folder and those below it hold no image.
    #[error("there are no images below {}{}", folder.display(), others_seen(*.others))]
    NoImages { folder: PathBuf, others: usize },
    /// The configuration cannot be read.
    #[error("cannot read {}: {}", .0.display(), .1)]
    Config(PathBuf, #[source] io::Error),
    /// The configuration is not a JSON object.
    #[error("{} is not a JSON object: {}", .0.display(), .1)]
    NotJson(PathBuf, String),
    /// A setting has a value of the wrong kind or out of range.
    #[error("{}: `{key}` is {found}, but {expected} is needed", file.display())]
    Setting { file: PathBuf, key: &'static str, found: String, expected: &'static str },
    /// A setting asks for a step that is not here, so that the pixels would be others than in training.
    #[error("{}: `{key}` asks for a step that probe does not do", file.display())]
    Unsupported { file: PathBuf, key: &'static str },
    /// The configuration and the model disagree.
    #[error("images come out of {source_name} as {} x {}, but the model takes {} x {} (height x width)",
        prepared.0, prepared.1, model.0, model.1)]
    Clash { source_name: String, prepared: (usize, usize), model: (usize, usize) },
    /// Nothing says what size the model wants.
    #[error("nothing says how large the images must be: {} turns resizing off and the model takes any size", .0)]
    NoSize(String),
    /// A flag has a value out of range.
    #[error("{0}")]
    Override(String),
}

fn others_seen(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" (files that are no images: {others})") }
}

impl Advise for Error {
    fn fault(&self) -> Fault {
        match self {
            Error::Override(_) => Fault::Usage,
            _ => Fault::Input,
        }
    }

    fn advice(&self) -> Option<String> {
        Some(
            match self {
                Error::NotAFolder(_) | Error::Unreadable(..) => "Give --images a folder that you may read.",
                Error::NoImages { .. } => "JPEG, PNG, WebP, BMP, TIFF, GIF and PPM files are read, at any depth.",
                Error::Config(..) | Error::NotJson(..) | Error::Setting { .. } => {
                    "Mend the file, or export the model again; without the file ImageNet's usual preprocessing is used."
                }
                Error::Unsupported { .. } => {
                    "Prepare the pixels with the model's own code, save them with numpy and give them with --arrays."
                }
                Error::Clash { .. } => {
                    "The configuration belongs to another model, or the export fixed another size: \
                     export the model with dynamic axes, or give the size that it takes."
                }
                Error::NoSize(_) => "Give the size of the images.",
                Error::Override(_) => return None,
            }
            .to_string(),
        )
    }
}
