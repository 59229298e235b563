//! How this command was started, and how it is started again.
//!
//! `probe` is a program of its own, or a module that an interpreter has loaded, and then the interpreter's command line begins
//! with what makes it run the module. So nothing else looks at the arguments of the process.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

/// A command line, and the program that it was given to.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// What is started again; `None` where the system does not say what that is.
    program: Option<PathBuf>,
    /// What the program has to be told first, so that it runs this command.
    before: Vec<OsString>,
    /// The name that this process was given. An interpreter has one for itself.
    name: Option<OsString>,
    /// What was typed after the name of the command.
    arguments: Vec<OsString>,
}

impl Invocation {
    /// Of the program `probe`.
    pub fn of_program() -> Self {
        let mut words = std::env::args_os();
        Invocation {
            program: std::env::current_exe().ok(),
            before: Vec::new(),
            name: words.next(),
            arguments: words.collect(),
        }
    }

    /// Of a module: `interpreter`, told what stands in `before`, runs `arguments` again.
    pub fn of_module(interpreter: Option<PathBuf>, before: Vec<OsString>, arguments: Vec<OsString>) -> Self {
        Invocation { program: interpreter, before, name: None, arguments }
    }

    /// The name that this process was given, where it is probe's to choose.
    pub fn name(&self) -> Option<&OsStr> {
        self.name.as_deref()
    }

    /// What was typed, the name of the program included.
    pub fn words(&self) -> impl Iterator<Item = OsString> {
        let name = self.name.clone().unwrap_or_else(|| "probe".into());
        std::iter::once(name).chain(self.arguments.iter().cloned())
    }

    /// The same command for another process; `None` where it is not known what to start.
    pub fn again(&self) -> Option<Command> {
        let mut command = Command::new(self.program.as_ref()?);
        command.args(&self.before).args(&self.arguments);
        Some(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_is_told_first_what_to_run() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let python = Some("/usr/bin/python3".into());
        let module = Invocation::of_module(python, words(&["onnxprobe/__main__.py"]), words(&["measure", "a.npz"]));
        let again = module.again().unwrap();
        assert_eq!(again.get_program(), "/usr/bin/python3");
        assert!(again.get_args().eq(["onnxprobe/__main__.py", "measure", "a.npz"]));
        assert!(module.words().eq(["probe", "measure", "a.npz"]), "the parser knows nothing of it");
        assert!(Invocation::of_module(None, Vec::new(), Vec::new()).again().is_none());
    }
}
