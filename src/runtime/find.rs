//! The places where ONNX Runtime may be, in order. An explicit choice is used or refused, never replaced.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use super::attempt::{Attempt, Outcome, Place};
use super::error::Error;
use super::load::{self, Runtime};
use super::refusal::Refusal;
use super::{environment, library, python};

/// How long the `python3` on the PATH may take to say where its packages are. It needs 0.02 to 0.1 s; with this limit
/// the whole search stays within a second.
const PYTHON_LIMIT: Duration = Duration::from_millis(800);

/// Where probe lies as a module that another program has loaded.
static MODULE: OnceLock<PathBuf> = OnceLock::new();

/// Says in which folder probe lies as a module of Python, whose own executable says nothing of where its packages are.
/// The first call counts.
pub fn module_is_in(folder: PathBuf) {
    let _ = MODULE.set(folder);
}

impl Runtime {
    /// Finds and loads ONNX Runtime: `explicit`, else `ORT_DYLIB_PATH`, else the first that can be used beside the
    /// executable, in the Python environment that the executable or the module is part of, in the cache folder, in the
    /// `onnxruntime` package of `python3`, and in the system's folders.
    ///
    /// A process loads one library only: later calls return the same.
    ///
    /// # Errors
    /// [`Error::Chosen`] if the explicit choice cannot be used, [`Error::NotFound`] with every place that was tried.
    pub fn find(explicit: Option<&Path>) -> Result<Runtime, Error> {
        if let Some(path) = explicit {
            return chosen(Place::Explicit, path);
        }
        if let Some(path) = env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
            return chosen(Place::Variable, Path::new(&path));
        }
        if let Some(runtime) = load::loaded() {
            return Ok(runtime);
        }
        let mut tried =
            vec![Attempt::nothing(Place::Explicit, "", "not given"), Attempt::nothing(Place::Variable, "", "not set")];
        // Each place is worked out only when those before it held nothing: asking python3 takes a while.
        for place in [Place::Executable, Place::Environment, Place::Cache, Place::Python, Place::System] {
            for candidate in candidates(place) {
                let attempt = match candidate {
                    Candidate::Library(path) => match load::load(place, &path) {
                        Ok(mut runtime) => {
                            tried.push(Attempt { place, path, outcome: Outcome::Used });
                            runtime.tried = tried;
                            load::remember(&runtime);
                            return Ok(runtime);
                        }
                        Err(refusal) => Attempt { place, path, outcome: Outcome::Refused(refusal) },
                    },
                    Candidate::Nothing(attempt) => attempt,
                };
                tried.push(attempt);
            }
        }
        Err(Error::NotFound { tried })
    }
}

/// The library that was chosen by hand: a file, or a folder that holds one.
fn chosen(place: Place, path: &Path) -> Result<Runtime, Error> {
    let refused = |refusal| Error::Chosen { place, path: path.to_owned(), refusal };
    let file = if path.is_dir() {
        library::in_folder(path).into_iter().next().ok_or_else(|| refused(Refusal::EmptyFolder))?
    } else {
        path.to_owned()
    };
    if let Some(loaded) = load::loaded() {
        let same = loaded.library == file
            || matches!((loaded.library.canonicalize(), file.canonicalize()), (Ok(a), Ok(b)) if a == b);
        return if same { Ok(loaded) } else { Err(Error::AlreadyLoaded { asked: file, loaded: loaded.library }) };
    }
    let mut runtime = load::load(place, &file).map_err(refused)?;
    runtime.tried = vec![Attempt { place, path: file, outcome: Outcome::Used }];
    load::remember(&runtime);
    Ok(runtime)
}

enum Candidate {
    Library(PathBuf),
    Nothing(Attempt),
}

fn candidates(place: Place) -> Vec<Candidate> {
    let folders = match place {
        Place::Explicit | Place::Variable => Ok(Vec::new()),
        Place::Executable => executable_folder(),
        Place::Environment => environment_folders(),
        Place::Cache => cache_folders(),
        Place::Python => python::package_folder(PYTHON_LIMIT).map(|folder| vec![folder.join("capi")]),
        Place::System => return system_candidates(),
    };
    match folders {
        Ok(folders) => folders.iter().flat_map(|folder| in_folder(place, folder)).collect(),
        Err(reason) => vec![Candidate::Nothing(Attempt::nothing(place, "", reason))],
    }
}

fn in_folder(place: Place, folder: &Path) -> Vec<Candidate> {
    let libraries = library::in_folder(folder);
    if libraries.is_empty() {
        return vec![Candidate::Nothing(Attempt::nothing(place, folder, "no ONNX Runtime library"))];
    }
    libraries.into_iter().map(Candidate::Library).collect()
}

fn executable_folder() -> Result<Vec<PathBuf>, String> {
    let executable = env::current_exe().map_err(|error| error.to_string())?;
    Ok(executable.parent().map(Path::to_owned).into_iter().collect())
}

/// The `onnxruntime` packages that were installed together with this program: next to the module, else in the
/// environment of the executable, which need not be activated.
fn environment_folders() -> Result<Vec<PathBuf>, String> {
    let packages = match MODULE.get() {
        Some(module) => environment::beside_module(module).into_iter().collect(),
        None => environment::around(&env::current_exe().map_err(|error| error.to_string())?),
    };
    if packages.is_empty() {
        return Err("no onnxruntime package".into());
    }
    Ok(packages.into_iter().map(|package| package.join("capi")).collect())
}

/// `probe/onnxruntime` in the user's cache folder, where `scripts/fetch-onnxruntime` puts the library.
fn cache_folders() -> Result<Vec<PathBuf>, String> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = absolute("HOME");
    let mut caches: Vec<PathBuf> = Vec::new();
    caches.extend(absolute("XDG_CACHE_HOME").or_else(|| home.as_ref().map(|home| home.join(".cache"))));
    if cfg!(target_os = "macos") {
        caches.extend(home.map(|home| home.join("Library/Caches")));
    }
    if caches.is_empty() {
        return Err("neither XDG_CACHE_HOME nor HOME is set".into());
    }
    Ok(caches.into_iter().map(|cache| cache.join("probe/onnxruntime")).collect())
}

/// The libraries in the system's folders, or one attempt for all the folders that hold none.
fn system_candidates() -> Vec<Candidate> {
    let found: Vec<Candidate> =
        system_folders().iter().flat_map(|folder| library::in_folder(folder)).map(Candidate::Library).collect();
    if !found.is_empty() {
        return found;
    }
    let looked: Vec<String> = system_folders().iter().map(|folder| folder.display().to_string()).collect();
    vec![Candidate::Nothing(Attempt::nothing(
        Place::System,
        "",
        format!("no ONNX Runtime library in {}", looked.join(", ")),
    ))]
}

fn system_folders() -> Vec<PathBuf> {
    let variable = if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
    let listed = env::var_os(variable).unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&listed).filter(|folder| folder.is_absolute()).collect();
    folders.extend(["/usr/local/lib", "/usr/local/lib64"].map(PathBuf::from));
    if cfg!(target_os = "macos") {
        folders.push("/opt/homebrew/lib".into());
    } else {
        folders.push(format!("/usr/lib/{}-linux-gnu", env::consts::ARCH).into());
        folders.extend(["/usr/lib64", "/usr/lib", "/opt/onnxruntime/lib"].map(PathBuf::from));
    }
    folders
}
