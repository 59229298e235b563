//! What can be wrong with a folder of images, or with what says how to prepare them. One bad image is no error: it is
//! [skipped](crate::inputs::Skipped).

use std::path::PathBuf;
use std::{fmt, io};

use crate::base::advise::{Advise, Fault};
use crate::base::text::listed;

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
    /// How the images were prepared in training cannot be repeated here.
    #[error("{}: {unknown}", file.display())]
    Unknown {
        file: PathBuf,
        unknown: Unknown,
        /// The flags that would settle it and are not given.
        missing: Vec<&'static str>,
    },
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
    if others == 0 { String::new() } else { format!(" (files that are not images: {others})") }
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
                Error::NotAFolder(_) | Error::Unreadable(..) => "give --images a folder that you may read",
                Error::NoImages { .. } => "JPEG, PNG, WebP, BMP, TIFF, GIF and PPM files are read, at any depth",
                Error::Config(..) | Error::NotJson(..) | Error::Setting { .. } => {
                    "correct the file, or export the model again"
                }
                Error::Unknown { missing, .. } => return Some(settle(missing)),
                Error::Clash { .. } => {
                    "the configuration belongs to another model, or the export fixed another size: \
                     export the model with dynamic axes, or give the size that it takes with --image-size"
                }
                Error::NoSize(_) => "give the size of the images with --image-size",
                Error::Override(_) => return None,
            }
            .to_string(),
        )
    }
}

/// How the flags that are not given would settle what the configuration does not.
fn settle(missing: &[&str]) -> String {
    let needed: Vec<&str> = missing.iter().copied().filter(|flag| *flag != "--crop-pct").collect();
    let crop = if missing.contains(&"--crop-pct") { ", and --crop-pct where the image is cropped" } else { "" };
    format!(
        "say how the model was trained with {}{crop}; or prepare the pixels with the model's own code, \
         save them with numpy and give them with --arrays",
        listed(&needed)
    )
}

/// What it is in a configuration that is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// The class of image processors.
    Class(String),
    /// A step, by the key that asks for it.
    Step(&'static str),
    /// The class is not named, and these settings depend on it.
    NoClass(Vec<&'static str>),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unknown::Class(name) => {
                write!(f, "`{name}` is not an image processor whose pixels probe can reproduce")
            }
            Unknown::Step(key) => write!(f, "`{key}` asks for a step that probe does not do"),
            Unknown::NoClass(open) => {
                write!(f, "no image processor is named, and its defaults would decide `{}`", open.join("`, `"))
            }
        }
    }
}
