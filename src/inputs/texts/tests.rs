use std::io::Write;
use std::path::PathBuf;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::drawn::{Selection, Texts};
use super::read::Wanted;
use super::read::text::Text;
use crate::inputs::{Error, Samples, draw};

fn all() -> Selection {
    Selection { samples: Samples::All, seed: 0, columns: Wanted::default(), lossy: false, keep_repeats: false }
}

fn column(name: &str) -> Selection {
    Selection { columns: Wanted { text: Some(name.to_owned()), pair: None }, ..all() }
}

fn read(name: &str, bytes: &[u8], selection: &Selection) -> Result<Texts, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    Texts::read(&[path], selection)
}

/// The usable texts with their lines.
fn texts(texts: &Texts) -> Vec<(u64, String)> {
    (0..texts.len())
        .filter_map(|row| texts.get(row).unwrap().map(|text| (texts.place(row).unwrap().1, text.first)))
        .collect()
}

fn firsts(read: &Texts) -> Vec<String> {
    texts(read).into_iter().map(|(_, text)| text).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn lines_with_everything_editors_leave_behind() {
    let read = read("t.txt", b"\xef\xbb\xbfone\r\n\r\n  two \n\t\nthree\x00", &all()).unwrap();
    assert_eq!(texts(&read), [(1, "one".into()), (3, "  two ".into()), (5, "three\0".into())]);
    assert_eq!((read.blanks.count, read.available, read.skipped.len()), (2, 3, 0));
    assert_eq!(read.blanks.entries()[1].line, Some(4));
}

/// What somebody knows of record n is of record n, whatever stands before it and whichever texts are drawn.
#[test]
fn a_record_keeps_its_number_where_others_hold_no_text() {
    let elements = |count: usize| (0..count).map(|n| if n % 3 == 1 { "null".into() } else { format!("\"text {n}\"") });
    let array = |count| format!("[{}]", elements(count).collect::<Vec<String>>().join(",\n"));
    let lines = |count| elements(count).collect::<Vec<String>>().join("\n").replace("null", "");
    for count in [4, 200] {
        for (name, text) in [("t.json", array(count)), ("t.jsonl", lines(count))] {
            for samples in [Samples::All, Samples::Count(3)] {
                let read = read(name, text.as_bytes(), &Selection { samples, ..all() }).unwrap();
                let rows: Vec<usize> = (0..read.len()).filter(|&row| read.get(row).unwrap().is_some()).collect();
                assert!(!rows.is_empty());
                let places = read.places(&rows);
                for (row, record) in rows.into_iter().zip(places.record) {
                    assert_eq!(read.get(row).unwrap().unwrap().first, format!("text {}", record - 1), "{name}");
                }
            }
        }
    }
}

#[test]
fn bytes_that_are_not_utf8_are_skipped_or_replaced() {
    let bytes = b"good\nbad \xff\xfe line\nfine\n";
    let strict = read("t.txt", bytes, &all()).unwrap();
    assert_eq!((texts(&strict), strict.len()), (vec![(1, "good".into()), (3, "fine".into())], 3));
    assert_eq!((strict.skipped[0].line, &*strict.skipped[0].reason), (Some(2), "not UTF-8 from byte 5 of the text on"));
    let lossy = read("t.txt", bytes, &Selection { lossy: true, ..all() }).unwrap();
    assert_eq!(texts(&lossy)[1], (2, "bad \u{fffd}\u{fffd} line".into()));
}

#[test]
fn the_same_texts_in_every_format() {
    let plain = ["one, \"two\"", "three", "vier \u{e9}"];
    let formats: [(&str, String); 4] = [
        ("t.txt", plain.join("\n")),
        ("t.csv", "id,bio\n1,\"one, \"\"two\"\"\"\n2,three\n3,vier \u{e9}\n".into()),
        ("t.tsv", "id\tbio\r\n1\t\"one, \"\"two\"\"\"\r\n2\tthree\r\n3\tvier \u{e9}".into()),
        ("t.jsonl", plain.iter().map(|text| serde_json::json!({"id": 1, "bio": text}).to_string() + "\n").collect()),
    ];
    for (name, content) in formats {
        assert_eq!(firsts(&read(name, content.as_bytes(), &all()).unwrap()), plain, "{name}");
        let packed = gzip(content.as_bytes());
        assert_eq!(firsts(&read(&format!("{name}.gz"), &packed, &all()).unwrap()), plain, "{name}.gz");
        assert_eq!(firsts(&read(name, &packed, &all()).unwrap()), plain, "{name}, gzip by content");
    }
}

#[test]
fn records_that_cannot_be_used_are_named() {
    let read =
        read("t.jsonl", b"{\"text\":\"a\"}\n{\"text\":1}\n[]\n{\"x\":\"b\"}\n{\"text\":\"c\n{\"text\":null}\n", &all());
    let read = read.unwrap();
    let reasons: Vec<&str> = read.skipped.iter().map(|skipped| skipped.reason.as_str()).collect();
    assert_eq!(reasons[..3], ["'text' is not a string", "is neither a JSON object nor a string", "has no 'text'"]);
    assert!(reasons[3].starts_with("not JSON: EOF"), "{reasons:?}");
    assert_eq!((read.blanks.count, read.len()), (1, 5));
}

#[test]
fn a_record_may_hold_line_feeds_and_lack_columns() {
    let read = read("t.csv", b"n,text\n1,\"two\nlines\"\n2\n3,three\n", &all()).unwrap();
    assert_eq!(texts(&read), [(2, "two\nlines".into()), (5, "three".into())]);
    assert_eq!((read.skipped[0].line, &*read.skipped[0].reason), (Some(4), "has 1 columns of 2"));
}

#[test]
fn pairs_come_from_two_columns() {
    let columns = Wanted { text: Some("a".into()), pair: Some("b".into()) };
    let read = read("t.csv", b"a,b\none,two\n,three\n,\n", &Selection { columns, ..all() }).unwrap();
    assert_eq!(read.get(0).unwrap(), Some(Text { first: "one".into(), second: Some("two".into()) }));
    assert_eq!(read.get(1).unwrap(), Some(Text { first: String::new(), second: Some("three".into()) }));
    assert_eq!((read.len(), read.blanks.count), (2, 1));
}

#[test]
fn what_is_no_text_is_refused_with_its_reason() {
    let refused = |name: &str, bytes: &[u8], selection: &Selection| read(name, bytes, selection).unwrap_err();
    assert!(matches!(refused("t.txt", b"", &all()), Error::Empty(_)));
    assert!(matches!(refused("t.txt", b"\n \r\n", &all()), Error::Empty(_)));
    assert!(matches!(refused("t.csv", b"", &all()), Error::Empty(_)));
    assert!(matches!(refused("t.txt", b"\x89PNG\r\n", &all()), Error::NothingUsable { drawn: 1, .. }));
    assert!(matches!(refused("t.txt", b"a", &column("text")), Error::NoColumns(_)));
    assert!(matches!(refused("t.csv", b"a,b\n1,2\n", &column("c")), Error::NoColumn { .. }));
    assert!(matches!(refused("t.txt", &gzip(b"a\nb\n")[..15], &all()), Error::Malformed { .. }));
    assert!(matches!(Texts::read(&["/nowhere/t.txt".into()], &all()), Err(Error::Missing(_))));
    assert!(matches!(Texts::read(&[std::env::temp_dir()], &all()), Err(Error::Kind { is: "a folder", .. })));
}

#[test]
fn a_quote_that_is_never_closed_is_named_by_its_line() {
    let refused = |name: &str, text: &str| read(name, text.as_bytes(), &all()).unwrap_err().to_string();
    assert!(refused("t.csv", "text\none\n\"two\nthree\nfour\n").contains("t.csv line 3: the quote"));
    assert!(refused("t.tsv", "text\tn\n\"one\nmore\"\t\"2\n").contains("t.tsv line 3: the quote"));
    assert!(refused("t.csv", "\"text\none\n").contains("t.csv line 1: the quote"));
}

#[test]
fn bombs_stay_small() {
    // 64 MiB in one quoted field, and in one line: neither is ever held.
    let mut field = b"text\n\"".to_vec();
    field.resize(64 << 20, b'a');
    assert!(matches!(read("t.csv", &gzip(&field), &all()), Err(Error::Malformed { .. })));
    field[5] = b'a';
    field.extend_from_slice(b"\nafter");
    let kept = read("t.txt", &gzip(&field), &all()).unwrap();
    assert_eq!((firsts(&kept), &*kept.skipped[0].reason), (vec!["text".into(), "after".into()], "longer than 8 MiB"));
}

#[test]
fn several_files_are_one_row_of_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = ["b.txt", "a.txt"].iter().map(|name| folder.path().join(name)).collect();
    std::fs::write(&paths[0], "1\n2\n").unwrap();
    std::fs::write(&paths[1], "3\n4\n5").unwrap();
    let read = Texts::read(&paths, &all()).unwrap();
    assert_eq!(firsts(&read), ["1", "2", "3", "4", "5"]);
    assert_eq!(read.place(2), Some((paths[1].as_path(), 1)));
}

#[test]
fn files_of_texts_as_people_have_them() {
    let plain = ["one, two", "three \u{e9}"];
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let cases: [(&str, Vec<u8>); 12] = [
        ("t.json", serde_json::to_vec_pretty(&plain).unwrap()),
        ("t.json", r#"[{"id": 1, "bio": "one, two"}, {"id": NaN, "bio": "three é"}]"#.into()),
        ("t.json", "{\"bio\": \"one, two\"}\n{\"bio\": \"three é\"}\n".into()),
        ("t.jsonl", "{\"x\": NaN, \"bio\": \"one, two\"}\n{\"x\": -Infinity, \"bio\": \"three é\"}\n".into()),
        ("t.jsonl", "\"one, two\"\n\"three é\"\n".into()),
        ("t.csv", "id;bio\n1;one, two\n2;three é\n".into()),
        ("t.csv", "id\tbio\n1\tone, two\n2\tthree é\n".into()),
        ("t.tsv", "id|bio\n1|one, two\n2|three é\n".into()),
        ("t.csv", "id,bio\r1,\"one, two\"\r2,three é\r".into()),
        ("t.txt", "one, two\rthree é\r".into()),
        ("t.txt", utf16("one, two\nthree é\n")),
        ("t.csv", utf16("\u{feff}id,bio\r\n1,\"one, two\"\r\n2,three é\r\n")),
    ];
    for (at, (name, content)) in cases.iter().enumerate() {
        let read = read(name, content, &all()).unwrap_or_else(|error| panic!("{at}: {error}"));
        assert_eq!(firsts(&read), plain, "{at}: {name}, {:?}", read.found);
    }
}

#[cfg(feature = "parquet")]
#[test]
fn a_published_data_set_in_parquet() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/texts/texts.parquet");
    let read = Texts::read(std::slice::from_ref(&path), &all()).unwrap();
    let expected = std::fs::read_to_string(path.with_extension("txt")).unwrap();
    assert_eq!(firsts(&read), expected.lines().collect::<Vec<_>>());
    assert_eq!((read.place(1).unwrap().1, read.available), (2, 40));
    let columns = read.found[0].columns.as_ref().unwrap();
    assert_eq!(columns.text.name, "hard_text", "and not the gender");
    assert!(matches!(Texts::read(std::slice::from_ref(&path), &column("label")), Err(Error::Malformed { .. })));
    assert!(matches!(Texts::read(std::slice::from_ref(&path), &column("none")), Err(Error::NoColumn { .. })));
    let whole = std::fs::read(&path).unwrap();
    assert!(matches!(self::read("t.parquet", &whole[..whole.len() / 2], &all()), Err(Error::Malformed { .. })));
}

#[test]
fn a_skipped_record_has_the_line_that_an_editor_shows() {
    let bytes = b"id,text\r\n1,good one\r\n2,\"two\r\nlines\"\r\n\r\n3,bad \xff\r\n4,last one\r\n";
    let read = read("t.csv", bytes, &all()).unwrap();
    assert_eq!(read.skipped[0].line, Some(6));
    assert_eq!(texts(&read).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 7]);
}

#[test]
fn a_header_that_holds_a_delimiter_is_refused() {
    let refused = |name: &str, text: &str| read(name, text.as_bytes(), &all()).unwrap_err();
    let text = "Hello, world\nI came, I saw, I won\nplain\n";
    assert!(matches!(refused("t.tsv", text), Error::HeaderDelimiter { delimiter: "comma", .. }));
    // More columns than the header has: a text would be cut at its first comma.
    let read = read("t.csv", b"text\nplain one\nfirst, second\n", &all()).unwrap();
    assert_eq!((firsts(&read), read.skipped.len()), (vec!["plain one".to_owned()], 1));
}

#[test]
fn patterns_stand_for_the_files_that_match() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.txt", "a.txt"] {
        std::fs::write(folder.path().join(name), format!("{name}\n")).unwrap();
    }
    let read = Texts::read(&[folder.path().join("*.txt")], &all()).unwrap();
    assert_eq!(firsts(&read), ["a.txt", "b.txt"]);
}

proptest! {
    /// What is drawn from lines with blanks among them is what the bare draw gives over the inputs.
    #[test]
    fn the_draw_is_over_inputs_and_keeps_their_order(
        blank in prop::collection::vec(any::<bool>(), 1..80), count in 1usize..40, seed in 0u64..1000,
    ) {
        let lines: String =
            blank.iter().enumerate().map(|(i, blank)| if *blank { "\n".to_owned() } else { format!("{i}\n") }).collect();
        let inputs: Vec<String> =
            blank.iter().enumerate().filter(|(_, blank)| !**blank).map(|(i, _)| i.to_string()).collect();
        let selection = Selection { samples: Samples::Count(count), seed, ..all() };
        match read("t.txt", lines.as_bytes(), &selection) {
            Ok(drawn) => {
                let expected: Vec<String> = draw::positions(inputs.len(), Samples::Count(count), seed)
                    .into_iter().map(|position| inputs[position].clone()).collect();
                prop_assert_eq!(firsts(&drawn), expected);
                prop_assert_eq!(drawn.available as usize, inputs.len());
            }
            Err(error) => prop_assert!(inputs.is_empty(), "{error}"),
        }
    }

    /// No bytes make a reader panic, and no text comes out that is blank.
    #[test]
    fn any_bytes_in_any_format(bytes in prop::collection::vec(any::<u8>(), 0..200), format in 0usize..6) {
        let name = ["t.txt", "t.csv", "t.tsv", "t.jsonl", "t.json", "t.parquet"][format];
        if let Ok(drawn) = read(name, &bytes, &all()) {
            prop_assert!(texts(&drawn).iter().all(|(line, text)| *line > 0 && !text.trim().is_empty()));
            prop_assert_eq!(texts(&drawn).len() + drawn.skipped.len(), drawn.len());
        }
    }
}
