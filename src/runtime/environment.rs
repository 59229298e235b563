//! Where the Python environment that a program is part of keeps its `onnxruntime` package.
//!
//! `pip install onnxprobe` puts the program and ONNX Runtime into one environment: a virtual one, one of pipx or uvx, the
//! user's own. Both are found from where the program lies, so that the environment need not be activated and no Python is
//! started.

use std::fs;
use std::path::{Path, PathBuf};

/// The `onnxruntime` packages of the environment around `PREFIX/bin/program`, that of the newest Python first. A symbolic
/// link to the program leads to where the program is.
pub fn around(program: &Path) -> Vec<PathBuf> {
    let real = program.canonicalize().ok();
    // A virtual environment's `python3` is a link to the Python that it was made of, so the link's own place comes first.
    let places = [Some(program), real.as_deref()].into_iter().flatten();
    let mut packages: Vec<PathBuf> = Vec::new();
    for prefix in places.filter_map(|program| program.parent()?.parent()) {
        packages
            .extend(of_prefix(prefix).into_iter().filter(|package| !packages.contains(package)).collect::<Vec<_>>());
    }
    packages
}

/// The `onnxruntime` package that lies in the same folder as the package at `module`.
pub fn beside_module(module: &Path) -> Option<PathBuf> {
    holding_library(module.parent()?.join("onnxruntime"))
}

fn of_prefix(prefix: &Path) -> Vec<PathBuf> {
    let mut pythons: Vec<(u32, PathBuf)> = ["lib", "lib64"]
        .into_iter()
        .flat_map(|lib| fs::read_dir(prefix.join(lib)).into_iter().flatten().flatten())
        .filter_map(|entry| Some((minor_version(entry.file_name().to_str()?)?, entry.path())))
        .collect();
    pythons.sort_by(|(a, _), (b, _)| b.cmp(a));
    let in_pythons = pythons.into_iter().flat_map(|(_, python)| {
        // Debian gives the packages that it keeps for itself another folder.
        ["site-packages", "dist-packages"].map(|packages| python.join(packages))
    });
    // As Windows has it, and as `pip install --target` does.
    let others = [prefix.join("Lib/site-packages"), prefix.to_owned()];
    in_pythons.chain(others).filter_map(|packages| holding_library(packages.join("onnxruntime"))).collect()
}

/// 12 of `python3.12`; the build without a global lock has a folder `python3.13t`.
fn minor_version(name: &str) -> Option<u32> {
    name.strip_prefix("python3.")?.trim_end_matches('t').parse().ok()
}

/// A folder called `onnxruntime` is the package only where it keeps its libraries as the package does.
fn holding_library(package: PathBuf) -> Option<PathBuf> {
    package.join("capi").is_dir().then_some(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes the folders of a package below a prefix, and gives the package.
    fn package(prefix: &Path, packages: &str) -> PathBuf {
        let package = prefix.join(packages).join("onnxruntime");
        fs::create_dir_all(package.join("capi")).unwrap();
        package
    }

    #[test]
    fn an_environment_needs_neither_be_activated_nor_asked() {
        let root = tempfile::tempdir().unwrap();
        let prefix = root.path().canonicalize().unwrap();
        assert_eq!(around(&prefix.join("bin/probe")), Vec::<PathBuf>::new());
        let older = package(&prefix, "lib/python3.9/site-packages");
        let newer = package(&prefix, "lib/python3.12/site-packages");
        assert_eq!(around(&prefix.join("bin/probe")), [newer, older]);
        assert_eq!(around(&prefix.join("other/bin/probe")), Vec::<PathBuf>::new());
    }

    #[test]
    fn every_layout_of_an_installation_is_known() {
        for packages in [
            "lib/python3.10/site-packages",
            "lib64/python3.10/site-packages",
            "lib/python3.11/dist-packages",
            "lib/python3.13t/site-packages",
            "Lib/site-packages",
            "",
        ] {
            let prefix = tempfile::tempdir().unwrap();
            let there = package(prefix.path(), packages);
            assert_eq!(around(&prefix.path().join("bin/probe")), [there], "{packages}");
        }
    }

    #[test]
    fn a_folder_of_the_same_name_is_not_the_package() {
        let prefix = tempfile::tempdir().unwrap();
        fs::create_dir_all(prefix.path().join("lib/python3.12/site-packages/onnxruntime")).unwrap();
        fs::create_dir_all(prefix.path().join("lib/python2/site-packages/onnxruntime/capi")).unwrap();
        assert_eq!(around(&prefix.path().join("bin/probe")), Vec::<PathBuf>::new());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_environment_of_the_program() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let there = package(&root, "venvs/onnxprobe/lib/python3.12/site-packages");
        for folder in ["venvs/onnxprobe/bin", "bin"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("venvs/onnxprobe/bin/probe"), "").unwrap();
        let link = root.join("bin/probe");
        std::os::unix::fs::symlink(root.join("venvs/onnxprobe/bin/probe"), &link).unwrap();
        assert_eq!(around(&link), std::slice::from_ref(&there));
        // What lies around the link itself comes first.
        let near = package(&root, "lib/python3.10/site-packages");
        assert_eq!(around(&link), [near, there]);
    }

    #[test]
    fn a_module_has_the_package_at_its_side() {
        let prefix = tempfile::tempdir().unwrap();
        let there = package(prefix.path(), "lib/python3.12/site-packages");
        let module = prefix.path().join("lib/python3.12/site-packages/onnxprobe");
        assert_eq!(beside_module(&module), Some(there));
        assert_eq!(beside_module(&prefix.path().join("lib/python3.12/src/onnxprobe")), None);
    }
}
