//! Which label is whose: from files of labels to one label per input of the run.
//!
//! In: the places of the inputs, and where the labels are. Out: [`Column`]s. Inputs that were not drawn, were skipped, or
//! repeated an earlier one are not among the places, so their labels are passed over.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::error::Error;
use crate::base::text::visible;
use crate::inputs::cells::{self, Cell};
use crate::inputs::{Kind, Places};

/// Names that people give to the column of labels, lower case.
const USUAL: [&str; 5] = ["label", "labels", "class", "target", "y"];

/// The name of labels that come without one.
const UNNAMED: &str = "label";

/// Where labels come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Files of labels: one for each file of inputs, in the same order; for images one, which may name them by their paths.
    Files(Vec<PathBuf>),
    /// The folders that images lie in.
    Folders,
    /// What the run has: the tables of its texts, or the folders of its images.
    Run,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Files(paths) => {
                let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
                f.write_str(&paths.join(", "))
            }
            Source::Folders => f.write_str("folders"),
            Source::Run => f.write_str("run"),
        }
    }
}

/// Labels by one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// One per input of the run, in its order; `None` where there is none.
    pub labels: Vec<Cell>,
}

/// The run whose inputs are labelled.
#[derive(Clone, Copy)]
pub struct Labelling<'a> {
    /// The run's folder, or the file of activations.
    pub run: &'a Path,
    /// What the inputs are; `None` where another program captured the activations.
    pub kind: Option<Kind>,
    pub places: &'a Places,
    /// Some of the texts as they were measured, by their inputs, and the column that they were in: by them it is seen
    /// whether a table is still the one that was measured.
    pub seen: &'a [(usize, String)],
    pub text_column: Option<&'a str>,
}

impl Labelling<'_> {
    /// The labels of the inputs, a column for each of `wanted`; without those, the one that is called as columns of labels
    /// are, or the only one.
    ///
    /// # Errors
    /// A file cannot be read, its rows are not those of the inputs, or it is not clear which column holds the labels.
    pub fn columns(&self, source: &Source, wanted: &[String]) -> Result<Vec<Column>, Error> {
        if self.kind == Some(Kind::Images) && self.places.names.len() != self.places.record.len() {
            return Err(Error::NoPlaces(self.run.to_owned()));
        }
        match (source, self.kind) {
            (Source::Files(paths), Some(Kind::Images)) => match &paths[..] {
                [path] => self.of_images(path, wanted),
                _ => self.by_record(paths, wanted),
            },
            (Source::Files(paths), _) => self.by_record(paths, wanted),
            (Source::Folders | Source::Run, Some(Kind::Images)) => self.folders(wanted),
            (Source::Run, Some(Kind::Texts)) => {
                let paths: Vec<PathBuf> = self.places.files.iter().map(|file| file.path.clone().into()).collect();
                // What came through a pipe is gone.
                match paths.iter().any(|path| path == Path::new("-")) {
                    true => Err(Error::NoLabels(self.run.to_owned())),
                    false => self.by_record(&paths, wanted),
                }
            }
            (Source::Run, _) => Err(Error::NoLabels(self.run.to_owned())),
            (Source::Folders, kind) => {
                let kind = match kind {
                    Some(Kind::Texts) => "texts",
                    _ => "arrays",
                };
                Err(Error::NoFolders { run: self.run.to_owned(), kind: kind.to_owned() })
            }
        }
    }

    /// Record n of a file of labels belongs to record n of the file of inputs.
    fn by_record(&self, paths: &[PathBuf], wanted: &[String]) -> Result<Vec<Column>, Error> {
        let files = &self.places.files;
        let own = paths.iter().map(PathBuf::as_path).eq(files.iter().map(|file| Path::new(&file.path)));
        let has = |column: &str, path| cells::names(path).is_ok_and(|names| names.iter().any(|name| name == column));
        if let (true, Some(column)) = (own, self.text_column)
            && paths.iter().all(|path| has(column, path))
        {
            let texts = self.read(paths, &[column.to_owned()])?;
            self.check_seen(paths, &texts)?;
        }
        self.read(paths, wanted)
    }

    /// Refuses texts that are not those that were measured.
    fn check_seen(&self, paths: &[PathBuf], texts: &[Column]) -> Result<(), Error> {
        let of = |input: usize| texts.first()?.labels.get(input)?.as_deref();
        for (input, seen) in self.seen {
            // A long text was cut, and a pair has its second sentence behind the first.
            let (now, seen) = (of(*input).unwrap_or_default(), seen.trim_end_matches('…').trim());
            let same = now.starts_with(seen) || (seen.starts_with(now) && !now.is_empty());
            if !same {
                let file = self.places.file.get(*input).copied().unwrap_or(0);
                let record = self.places.record.get(*input).copied().unwrap_or(0) as usize;
                let path = paths.get(file).cloned().unwrap_or_default();
                return Err(Error::Changed { path, record });
            }
        }
        Ok(())
    }

    /// The cells of the inputs' records.
    fn read(&self, paths: &[PathBuf], wanted: &[String]) -> Result<Vec<Column>, Error> {
        let files = &self.places.files;
        if paths.len() != files.len() {
            return Err(Error::Files { labels: paths.len(), inputs: files.len() });
        }
        let records = self.places.records().ok_or_else(|| Error::NoPlaces(self.run.to_owned()))?;
        let mut tables = Vec::new();
        for (path, file) in paths.iter().zip(files) {
            let columns = chosen(path, &cells::names(path)?, wanted)?;
            let cells = cells::cells(path, &columns)?;
            // An input may stand without a label at the end, where empty lines count for nothing.
            let filled = cells.iter().rposition(|row| row.iter().any(Option::is_some)).map_or(0, |last| last + 1);
            let inputs = file.records as usize;
            if filled > inputs || cells.len() < inputs {
                let labels = if filled > inputs { filled } else { cells.len() };
                return Err(Error::Rows { path: path.clone(), labels, of: file.path.clone(), inputs });
            }
            tables.push((columns, cells));
        }
        let names = tables.first().map(|(columns, _)| columns.clone()).unwrap_or_default();
        let width = names.len().max(1);
        let label =
            |column: usize, (file, record): (usize, usize)| tables.get(file)?.1.get(record)?.get(column)?.clone();
        let column = |column: usize| Column {
            name: names.get(column).map_or_else(|| UNNAMED.to_owned(), Clone::clone),
            labels: records.iter().map(|&at| label(column, at)).collect(),
        };
        Ok((0..width).map(column).collect())
    }

    /// A table that names images by their paths, or one label per image of the folder.
    fn of_images(&self, path: &Path, wanted: &[String]) -> Result<Vec<Column>, Error> {
        let names = cells::names(path)?;
        if names.len() < 2 {
            return self.by_record(&[path.to_owned()], wanted);
        }
        let mut rows = cells::cells(path, &names)?;
        let images = self.images();
        let known = |cell: &Cell| cell.as_ref().and_then(|cell| images.get(&slashes(cell))).copied();
        // A file without a header has a path where the names of columns are.
        let named: Vec<Cell> = names.iter().cloned().map(Some).collect();
        let headless = named.iter().any(|name| known(name).is_some());
        let names = if headless {
            rows.insert(0, named);
            let nth = |nth: usize| if names.len() == 2 { UNNAMED.to_owned() } else { format!("column {}", nth + 1) };
            (0..names.len()).map(nth).collect()
        } else {
            names
        };
        let hits = |column: usize| rows.iter().filter(|row| known(&row[column]).is_some()).count();
        let paths = (0..names.len()).rev().max_by_key(|&column| hits(column)).unwrap_or(0);
        if hits(paths) == 0 {
            let first = rows.first().and_then(|row| row[0].clone()).unwrap_or_default();
            return Err(Error::NoPath { path: path.to_owned(), paths: rows.len(), first: visible(&first) });
        }
        let others: Vec<usize> = (0..names.len()).filter(|&column| column != paths).collect();
        let candidates: Vec<String> = others.iter().map(|&column| names[column].clone()).collect();
        let chosen = chosen(path, &candidates, wanted)?;
        let of_column = |name: String| {
            let mut labels: Vec<Cell> = vec![None; self.places.record.len()];
            let Some(column) = others.iter().copied().find(|&column| names[column] == name) else {
                return Ok(Column { name, labels });
            };
            for row in &rows {
                let (Some(input), Some(label)) = (known(&row[paths]), &row[column]) else { continue };
                match &labels[input] {
                    Some(one) if one != label => {
                        let image = visible(&self.places.names[input]);
                        let (one, other) = (visible(one), visible(label));
                        return Err(Error::TwoLabels { path: path.to_owned(), image, one, other });
                    }
                    _ => labels[input] = Some(label.clone()),
                }
            }
            Ok(Column { name, labels })
        };
        chosen.into_iter().map(of_column).collect()
    }

    /// The inputs by every path that names them: relative to the folder, with the folder before it, and by the file's name
    /// alone where only one image has it.
    fn images(&self) -> HashMap<String, usize> {
        let folder = self.places.files.first().map(|file| slashes(&file.path)).unwrap_or_default();
        let mut by_file: HashMap<&str, Option<usize>> = HashMap::new();
        let mut found = HashMap::new();
        for (input, name) in self.places.names.iter().enumerate() {
            found.insert(format!("{}/{}", folder.trim_end_matches('/'), slashes(name)), input);
            found.insert(slashes(name), input);
            let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
            by_file.entry(file).and_modify(|only| *only = None).or_insert(Some(input));
        }
        for (file, input) in by_file {
            if let Some(input) = input {
                found.entry(file.to_owned()).or_insert(input);
            }
        }
        found
    }

    /// The folder of the first level that each image lies in.
    fn folders(&self, wanted: &[String]) -> Result<Vec<Column>, Error> {
        if !wanted.is_empty() {
            return Err(Error::NoColumns(self.run.to_owned()));
        }
        let folder = |name: &String| Some(slashes(name).split_once('/')?.0.to_owned());
        Ok(vec![Column { name: "folder".to_owned(), labels: self.places.names.iter().map(folder).collect() }])
    }
}

/// A path as people write it, in one form.
fn slashes(path: &str) -> String {
    let path = path.trim().replace('\\', "/");
    path.strip_prefix("./").map(str::to_owned).unwrap_or(path)
}

/// The columns to read among those of a file; none where it has no columns.
fn chosen(path: &Path, names: &[String], wanted: &[String]) -> Result<Vec<String>, Error> {
    match (names, wanted) {
        ([], []) => Ok(Vec::new()),
        ([], _) => Err(Error::NoColumns(path.to_owned())),
        (_, []) => {
            let usual: Vec<&String> =
                names.iter().filter(|name| USUAL.contains(&name.trim().to_lowercase().as_str())).collect();
            match (&usual[..], names) {
                ([one], _) => Ok(vec![(*one).clone()]),
                ([], [only]) => Ok(vec![only.clone()]),
                _ => Err(Error::WhichColumn { path: path.to_owned(), columns: names.to_vec() }),
            }
        }
        _ => match wanted.iter().find(|name| !names.contains(name)) {
            None => Ok(wanted.to_vec()),
            Some(missing) => {
                let (wanted, columns) = (missing.clone(), names.to_vec());
                Err(Error::NoColumn { path: path.to_owned(), wanted, columns })
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::PlacesFile;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn with(files: &[(&str, &str)]) -> Folder {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in files {
                std::fs::write(folder.path().join(name), text).unwrap();
            }
            Folder(folder)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn columns(&self, kind: Kind, places: &Places, name: &str, wanted: &[&str]) -> Result<Vec<Column>, Error> {
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            let labelling = Labelling { run: Path::new("run"), kind: Some(kind), places, seen: &[], text_column: None };
            labelling.columns(&Source::Files(vec![self.path(name)]), &wanted)
        }
    }

    fn labels(column: &Column) -> Vec<&str> {
        column.labels.iter().map(|label| label.as_deref().unwrap_or("–")).collect()
    }

    /// Of a file with five records the second, third and fifth.
    fn some_texts() -> Places {
        let files = vec![PlacesFile { path: "texts.csv".into(), records: 5 }];
        Places { files, record: vec![2, 3, 5], ..Places::default() }
    }

    fn images() -> Places {
        let files = vec![PlacesFile { path: "photos/".into(), records: 4 }];
        let names = ["cat/1.png", "cat/2.png", "dog/1.png", "top.png"].map(str::to_owned).to_vec();
        Places { files, record: vec![1, 2, 3, 4], names, ..Places::default() }
    }

    #[test]
    fn a_label_finds_its_input_by_its_record() {
        let folder = Folder::with(&[
            ("l.txt", "a\nb\nc\nd\ne\n\n\n"),
            ("l.csv", "text,sex,label\nx,F,1\ny,M,0\nz,,1\n,M,\nv,F,1\n"),
        ]);
        let read = |name, wanted: &[&str]| folder.columns(Kind::Texts, &some_texts(), name, wanted).unwrap();
        let [only] = &read("l.txt", &[])[..] else { panic!() };
        assert_eq!((only.name.as_str(), labels(only)), ("label", vec!["b", "c", "e"]), "empty lines at the end");
        let two = read("l.csv", &["sex", "label"]);
        assert_eq!(labels(&two[0]), ["M", "–", "F"]);
        assert_eq!(labels(&two[1]), ["0", "1", "1"]);
        assert_eq!(read("l.csv", &[])[0].name, "label", "the usual name");
    }

    #[test]
    fn rows_that_are_not_those_of_the_inputs_are_refused() {
        let folder = Folder::with(&[
            ("few.txt", "a\nb\nc\nd\n"),
            ("many.txt", "label\na\nb\nc\nd\ne\n"),
            ("two.csv", "a,b\n1,2\n"),
        ]);
        let read = |name, wanted: &[&str]| folder.columns(Kind::Texts, &some_texts(), name, wanted).unwrap_err();
        assert!(matches!(read("few.txt", &[]), Error::Rows { labels: 4, inputs: 5, .. }));
        assert!(matches!(read("many.txt", &[]), Error::Rows { labels: 6, inputs: 5, .. }));
        assert!(matches!(read("two.csv", &[]), Error::WhichColumn { .. }));
        assert!(matches!(read("two.csv", &["c"]), Error::NoColumn { wanted, .. } if wanted == "c"));
        assert!(matches!(read("few.txt", &["c"]), Error::NoColumns(_)));
        assert!(matches!(read("none.txt", &[]), Error::Inputs(crate::inputs::Error::Missing(_))));
        let labelling = Labelling {
            run: Path::new("run"),
            kind: Some(Kind::Texts),
            places: &some_texts(),
            seen: &[],
            text_column: None,
        };
        let two = Source::Files(vec![folder.path("few.txt"), folder.path("many.txt")]);
        assert!(matches!(labelling.columns(&two, &[]), Err(Error::Files { labels: 2, inputs: 1 })));
        assert!(matches!(labelling.columns(&Source::Folders, &[]), Err(Error::NoFolders { .. })));
    }

    #[test]
    fn images_are_named_by_their_paths_or_their_folders() {
        let folder = Folder::with(&[
            ("l.tsv", "path\tlabel\n./cat/2.png\tb\nphotos/dog/1.png\tc\ntop.png\td\n2.png\tb\nelsewhere.png\tz\n"),
            ("headless.tsv", "cat/1.png\tb\ndog/1.png\tc\n"),
            ("order.txt", "a\nb\nc\nd\n"),
            ("none.csv", "path,label\nx.png,1\ny.png,2\n"),
            ("two.csv", "path,label\ntop.png,1\ntop.png,2\n"),
            ("ambiguous.csv", "path,label\n1.png,1\ntop.png,2\n"),
        ]);
        let read = |name| folder.columns(Kind::Images, &images(), name, &[]);
        assert_eq!(labels(&read("l.tsv").unwrap()[0]), ["–", "b", "c", "d"]);
        assert_eq!(labels(&read("headless.tsv").unwrap()[0]), ["b", "–", "c", "–"]);
        assert_eq!(labels(&read("order.txt").unwrap()[0]), ["a", "b", "c", "d"]);
        assert!(matches!(read("none.csv"), Err(Error::NoPath { paths: 2, .. })));
        assert!(matches!(read("two.csv"), Err(Error::TwoLabels { .. })));
        assert_eq!(labels(&read("ambiguous.csv").unwrap()[0]), ["–", "–", "–", "2"], "two images are called 1.png");
        let labelling = Labelling {
            run: Path::new("run"),
            kind: Some(Kind::Images),
            places: &images(),
            seen: &[],
            text_column: None,
        };
        let fewer = Places { names: Vec::new(), ..images() };
        let damaged = Labelling { places: &fewer, ..labelling };
        assert!(matches!(damaged.columns(&Source::Folders, &[]), Err(Error::NoPlaces(_))));
        for source in [Source::Folders, Source::Run] {
            assert_eq!(labels(&labelling.columns(&source, &[]).unwrap()[0]), ["cat", "cat", "dog", "–"]);
        }
    }
}
