//! Every stage has one error enum; here they meet, and each says what kind of fault it is and what to do next.

use std::fmt;

/// Whose fault an error is, which decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The command line asks for something that does not exist or does not fit together (exit 2).
    Usage,
    /// The model or the inputs are unusable (exit 3).
    Input,
    /// The machine is: no runtime, a full disk, no permission (exit 4).
    Environment,
    /// The user stopped the run (exit 130).
    Interrupted,
}

/// An error of a stage. Its `Display` is one line: what is wrong and where (file, tensor, line).
pub trait Advise: std::error::Error {
    /// Whose fault it is.
    fn fault(&self) -> Fault;

    /// What to do next, in one or a few lines, where there is something to do.
    fn advice(&self) -> Option<String> {
        None
    }
}

macro_rules! stages {
    ($($variant:ident => $module:ident),* $(,)?) => {
        /// The error of any stage, boxed: results are passed on by the hundred, errors once.
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum Error {
            $(
                #[doc = concat!("From [`crate::", stringify!($module), "`].")]
                $variant(Box<crate::$module::Error>),
            )*
        }

        $(
            impl From<crate::$module::Error> for Error {
                fn from(error: crate::$module::Error) -> Self {
                    Error::$variant(Box::new(error))
                }
            }
        )*

        impl fmt::Display for Error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Error::$variant(error) => error.fmt(f),)*
                }
            }
        }

        impl std::error::Error for Error {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                match self {
                    $(Error::$variant(error) => error.source(),)*
                }
            }
        }

        impl Advise for Error {
            fn fault(&self) -> Fault {
                match self {
                    $(Error::$variant(error) => error.fault(),)*
                }
            }

            fn advice(&self) -> Option<String> {
                match self {
                    $(Error::$variant(error) => error.advice(),)*
                }
            }
        }
    };
}

stages! {
    Store => store,
    Runtime => runtime,
    Model => model,
    Taps => taps,
    Inputs => inputs,
    Activations => activations,
    Measures => measures,
    Comparison => comparison,
    Report => report,
    Cli => cli,
}
