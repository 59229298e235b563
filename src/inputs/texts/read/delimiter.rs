//! The delimiter of separated values, found by trying: the one that gives every record as many columns as the header.

/// The delimiters that people use.
pub(super) const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Records that are looked at.
const RECORDS: usize = 20;

/// The delimiter of a file that starts with these bytes. `usual` is the one that belongs to its name, and is kept where
/// no other one fits better.
pub(super) fn of(start: &[u8], usual: u8) -> u8 {
    let fit = |delimiter: u8| {
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(start);
        let mut widths: Vec<usize> =
            reader.byte_records().take(RECORDS + 1).map_while(|record| Some(record.ok()?.len())).collect();
        // The last record may be cut short.
        if widths.len() > 2 {
            widths.pop();
        }
        let columns = widths.first().copied().unwrap_or(0);
        let equal = widths.iter().filter(|width| **width == columns).count();
        (columns > 1).then_some((equal * 100 / widths.len().max(1), columns))
    };
    let others = DELIMITERS.into_iter().filter(|delimiter| *delimiter != usual);
    let mut best = (usual, fit(usual).unwrap_or((0, 1)));
    for delimiter in others {
        if let Some(found) = fit(delimiter).filter(|found| *found > best.1) {
            best = (delimiter, found);
        }
    }
    best.0
}

/// The name of a delimiter, for messages.
pub(super) fn name(delimiter: u8) -> &'static str {
    match delimiter {
        b',' => "comma",
        b';' => "semicolon",
        b'\t' => "tab",
        b'|' => "vertical bar",
        _ => "delimiter",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_that_fits_every_record() {
        assert_eq!(of(b"id;text\n1;one, two, three\n2;four, five\n", b','), b';');
        assert_eq!(of(b"id,text\n1,\"a; b\"\n2,\"c; d; e\"\n", b','), b',');
        assert_eq!(of(b"id\ttext\n1\ta, b\n", b','), b'\t');
        assert_eq!(of(b"id|text\n1|a\n", b'\t'), b'|');
        assert_eq!(of(b"text\njust one, with a comma\n", b','), b',');
        assert_eq!(of(b"", b'\t'), b'\t');
    }
}
