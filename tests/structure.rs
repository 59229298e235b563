//! The layout that docs/architecture.md promises: no two files import each other, over any number of steps.
//!
//! Read are `use` and every path that starts with `crate`, `super` or `self`, tests aside. A name that a parent module passes on
//! (`pub use child::Name`) counts as an import of the child's file; so a parent that only declares and passes on is never part of a
//! circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[test]
fn no_two_files_import_each_other() {
    let tree = Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(tree.files.len() > 100, "only {} files were found", tree.files.len());
    let imports = tree.imports();
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 300, "the imports were not understood");
    let circles = circles(&imports);
    let shown = |circle: &BTreeSet<String>| {
        let inner = circle.iter().map(|file| {
            let others: Vec<&str> = imports[file].intersection(circle).map(String::as_str).collect();
            format!("    {file} imports {}\n", others.join(", "))
        });
        inner.collect::<String>()
    };
    let shown: Vec<String> = circles.iter().map(shown).collect();
    assert!(circles.is_empty(), "{} circles of files that import each other:\n{}", circles.len(), shown.join("\n"));
}

/// Nothing else builds from the locks of the packages that stand apart, so only this sees that one is behind.
#[test]
fn locks_of_packages_apart_have_what_ours_needs() {
    let read = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let manifest = read("Cargo.toml");
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let wanted: Vec<&str> = section.lines().filter_map(|line| line.split_once(" = ").map(|(name, _)| name)).collect();
    assert!(wanted.len() > 30, "only {wanted:?} were understood");
    for path in ["fuzz/Cargo.lock", "benches/rivals/Cargo.lock"] {
        let lock = read(path);
        let own = lock.split("[[package]]").find(|package| package.contains("name = \"onnxprobe\"\n")).unwrap();
        let has = |name: &str| own.contains(&format!("\n \"{name}\"")) || own.contains(&format!("\n \"{name} "));
        let behind: Vec<&str> = wanted.iter().copied().filter(|name| !has(name)).collect();
        assert!(behind.is_empty(), "{path} lacks {behind:?}: build there without --locked, and keep the lock");
    }
}

#[test]
fn a_circle_over_three_files_is_found() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let tree = Tree::of([
        file("lib.rs", "mod a; mod b;"),
        file("a/mod.rs", "mod one; mod two; pub use one::{One, Other as Renamed};"),
        file("a/one.rs", "use super::two::Two; // use crate::b::B;\npub struct One;"),
        file("a/two.rs", "fn f() { crate::b::g(\"crate::a::One\") }"),
        file("b.rs", "use crate::a::{self, Renamed};\nfn g() {}\n#[cfg(test)]\nmod tests { use crate::a::two::Two; }"),
    ]);
    let imports = tree.imports();
    assert_eq!(imports["b.rs"], BTreeSet::from(["a/one.rs".to_owned(), "a/mod.rs".to_owned()]));
    let circle = ["a/one.rs", "a/two.rs", "b.rs"].map(str::to_owned);
    assert_eq!(circles(&imports), [BTreeSet::from(circle)]);
}

/// The modules of a crate: by path, such as `a::one`, the file and its tokens without comments, strings and tests.
struct Tree {
    files: BTreeMap<Vec<String>, (String, Vec<String>)>,
}

impl Tree {
    fn read(src: &Path) -> Tree {
        let mut files = Vec::new();
        let mut folders = vec![src.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let name = path.strip_prefix(src).unwrap().to_str().unwrap().replace('\\', "/");
                    files.push((name, std::fs::read_to_string(&path).unwrap()));
                }
            }
        }
        Tree::of(files)
    }

    fn of(files: impl IntoIterator<Item = (String, String)>) -> Tree {
        let mut tree = BTreeMap::new();
        let mut tests = Vec::new();
        for (name, text) in files {
            let mut module: Vec<String> = name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            if ["mod", "lib", "main"].contains(&module[module.len() - 1].as_str()) {
                module.pop();
            }
            let (tokens, declared) = without_tests(&tokens(&text));
            tests.extend(declared.into_iter().map(|child| [module.clone(), vec![child]].concat()));
            // main.rs and lib.rs are both roots; the library's is the one that others import.
            if name != "main.rs" {
                tree.insert(module, (name, tokens));
            }
        }
        tree.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        Tree { files: tree }
    }

    /// By file, the files that it imports. A parent that only declares and passes on imports nothing.
    fn imports(&self) -> BTreeMap<String, BTreeSet<String>> {
        let imports = self.files.iter().map(|(module, (file, tokens))| {
            let mut found = BTreeSet::new();
            if !only_passes_on(tokens) {
                for path in paths(tokens) {
                    if let Some(target) = self.resolve(module, &path, 0)
                        && target != file
                    {
                        found.insert(target.to_owned());
                    }
                }
            }
            (file.clone(), found)
        });
        imports.collect()
    }

    /// The file in which a path ends, seen from a module.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<&str> {
        let mut module = from.to_vec();
        let mut rest = path;
        loop {
            match rest.first().map(String::as_str) {
                Some("crate") => module.clear(),
                Some("super") => {
                    module.pop();
                }
                Some("self") => {}
                _ => break,
            }
            rest = &rest[1..];
        }
        while let Some(name) = rest.first() {
            let child = [module.clone(), vec![name.clone()]].concat();
            if !self.files.contains_key(&child) {
                break;
            }
            module = child;
            rest = &rest[1..];
        }
        // A path that starts with a name is one of the module's own, or of another crate.
        let named = !path.first().is_some_and(|first| ["crate", "super", "self"].contains(&first.as_str()));
        if named && module == from {
            return None;
        }
        let (file, tokens) = self.files.get(&module)?;
        let passed_on = rest.first().filter(|_| depth < 8).and_then(|name| passed_on(tokens, name));
        match passed_on {
            Some(path) => self.resolve(&module, &[path, rest[1..].to_vec()].concat(), depth + 1).or(Some(file)),
            None => Some(file),
        }
    }
}

/// Identifiers and punctuation; comments, strings and characters are left out.
fn tokens(text: &str) -> Vec<String> {
    let text: Vec<char> = text.chars().collect();
    let at = |i: usize| text.get(i).copied().unwrap_or('\n');
    let (mut tokens, mut i) = (Vec::new(), 0);
    while i < text.len() {
        let c = at(i);
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if c == '/' && at(i + 1) == '/' {
            while i < text.len() && at(i) != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            i += 2;
            while i < text.len() && !(at(i) == '*' && at(i + 1) == '/') {
                i += 1;
            }
            i += 2;
        } else if c == 'r' && (at(i + 1) == '"' || at(i + 1) == '#' && (at(i + 2) == '"' || at(i + 2) == '#')) {
            let hashes = (i + 1..text.len()).take_while(|&j| at(j) == '#').count();
            i += hashes + 2;
            while i < text.len() && !(at(i) == '"' && (1..=hashes).all(|j| at(i + j) == '#')) {
                i += 1;
            }
            i += hashes + 1;
        } else if c == '"' {
            i += 1;
            while i < text.len() && at(i) != '"' {
                i += if at(i) == '\\' { 2 } else { 1 };
            }
            i += 1;
        } else if c == '\'' && at(i + 1) == '\\' {
            i += 3;
            while i < text.len() && at(i) != '\'' {
                i += 1;
            }
            i += 1;
        } else if c == '\'' && at(i + 2) == '\'' {
            i += 3;
        } else if is_word(c) {
            let end = (i..text.len()).find(|&j| !is_word(at(j))).unwrap_or(text.len());
            tokens.push(text[i..end].iter().collect());
            i = end;
        } else if c == ':' && at(i + 1) == ':' {
            tokens.push("::".to_owned());
            i += 2;
        } else {
            if !c.is_whitespace() {
                tokens.push(c.to_string());
            }
            i += 1;
        }
    }
    tokens
}

/// The tokens without what `#[cfg(test)]` stands before, and the modules in other files that it declares.
fn without_tests(tokens: &[String]) -> (Vec<String>, Vec<String>) {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut declared, mut i) = (Vec::new(), Vec::new(), 0);
    while i < tokens.len() {
        if !tokens[i..].iter().map(String::as_str).take(TEST.len()).eq(TEST) {
            kept.push(tokens[i].clone());
            i += 1;
            continue;
        }
        // To the end of the item: a semicolon, or the brace that closes it.
        let (mut depth, start) = (0, i + TEST.len());
        i = start;
        while i < tokens.len() {
            match tokens[i].as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            i += 1;
            if depth == 0 && (tokens[i - 1] == ";" || tokens[i - 1] == "}") {
                break;
            }
        }
        let item = &tokens[start..i];
        if let Some(module) = item.iter().position(|token| token == "mod")
            && item.last().is_some_and(|last| last == ";")
        {
            declared.push(item[module + 1].clone());
        }
    }
    (kept, declared)
}

/// Whether there is nothing but `mod`, `use` and attributes.
fn only_passes_on(tokens: &[String]) -> bool {
    !tokens.iter().any(|t| {
        ["fn", "struct", "enum", "trait", "impl", "const", "static", "type", "macro_rules"].contains(&t.as_str())
    })
}

/// All paths of `use`, and all others that start with `crate`, `super` or `self`.
fn paths(tokens: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        if tokens[i] == "use" {
            let end = (i..tokens.len()).find(|&j| tokens[j] == ";").unwrap_or(tokens.len());
            found.extend(leaves(&tokens[i + 1..end]).into_iter().map(|(path, _)| path));
            i = end;
        } else if ["crate", "super", "self"].contains(&tokens[i].as_str())
            && tokens.get(i + 1).is_some_and(|t| t == "::")
        {
            let mut path = vec![tokens[i].clone()];
            while tokens.get(i + 1).is_some_and(|t| t == "::") && i + 2 < tokens.len() {
                path.push(tokens[i + 2].clone());
                i += 2;
            }
            found.push(path);
        }
        i += 1;
    }
    found
}

/// The paths of a `use` and the names they get.
fn leaves(tree: &[String]) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    let (mut prefix, mut outer) = (Vec::<String>::new(), Vec::new());
    let mut name: Option<String> = None;
    let mut closed = false;
    let mut i = 0;
    while i <= tree.len() {
        match tree.get(i).map(String::as_str) {
            Some("::") => {}
            Some("{") => outer.push(prefix.clone()),
            Some("as") => {
                name = tree.get(i + 1).cloned();
                i += 1;
            }
            end @ (Some("," | "}") | None) => {
                let start = outer.last().map_or(0, Vec::len);
                if !closed && prefix.len() > start {
                    if prefix.last().is_some_and(|last| last == "self") && prefix.len() > 1 {
                        prefix.pop();
                    }
                    let last = prefix.last().cloned().unwrap_or_default();
                    found.push((prefix.clone(), name.take().unwrap_or(last)));
                }
                prefix = outer.last().cloned().unwrap_or_default();
                closed = end == Some("}");
                if closed {
                    outer.pop();
                }
            }
            Some(word) => {
                prefix.push(word.to_owned());
                closed = false;
            }
        }
        i += 1;
    }
    found
}

/// Where a module has a name from that it passes on.
fn passed_on(tokens: &[String], name: &str) -> Option<Vec<String>> {
    let mut i = 0;
    while i < tokens.len() {
        if tokens[i] == "use" {
            let end = (i..tokens.len()).find(|&j| tokens[j] == ";").unwrap_or(tokens.len());
            if let Some((path, _)) = leaves(&tokens[i + 1..end]).into_iter().find(|(_, known)| known == name) {
                return Some(path);
            }
            i = end;
        }
        i += 1;
    }
    None
}

/// Groups of files each of which reaches all others of its group.
fn circles(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<BTreeSet<String>> {
    let reached = |from: &str| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(file) = next.pop() {
            for target in imports.get(&file).into_iter().flatten() {
                if reached.insert(target.clone()) {
                    next.push(target.clone());
                }
            }
        }
        reached
    };
    let all: BTreeMap<&str, BTreeSet<String>> = imports.keys().map(|file| (file.as_str(), reached(file))).collect();
    let circle = |file: &str| {
        let others = all[file].iter().filter(|other| all.get(other.as_str()).is_some_and(|back| back.contains(file)));
        others.cloned().collect::<BTreeSet<String>>()
    };
    let circles: BTreeSet<BTreeSet<String>> = all.keys().map(|file| circle(file)).filter(|c| c.len() > 1).collect();
    circles.into_iter().collect()
}
