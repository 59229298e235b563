//! UTF-16 read as UTF-8, with or without a byte order mark.

use std::io::{self, Read};

/// The order of the two bytes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    pub(super) fn name(self) -> &'static str {
        match self {
            Order::Little => "UTF-16LE",
            Order::Big => "UTF-16BE",
        }
    }
}

/// Whether the start of a file is UTF-16: it has a byte order mark, or every other byte is mostly zero, as in Latin text.
pub(super) fn sniff(start: &[u8]) -> Option<Order> {
    match start {
        [0xff, 0xfe, ..] => return Some(Order::Little),
        [0xfe, 0xff, ..] => return Some(Order::Big),
        _ => {}
    }
    let (pairs, _) = start.as_chunks::<2>();
    let zeros = |place: usize| pairs.iter().filter(|pair| pair[place] == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let mostly = |many: usize, few: usize| many * 3 > pairs.len() && few * 20 <= many;
    match () {
        () if mostly(second, first) => Some(Order::Little),
        () if mostly(first, second) => Some(Order::Big),
        () => None,
    }
}

/// Reads UTF-16 and gives UTF-8. A half of a surrogate pair that stands alone becomes U+FFFD.
pub(super) struct Utf16<R> {
    reader: R,
    order: Order,
    /// An odd byte at the end of what was read.
    odd: Option<u8>,
    /// The first half of a surrogate pair at the end of what was read.
    high: Option<u16>,
    decoded: Vec<u8>,
    given: usize,
}

impl<R: Read> Utf16<R> {
    pub(super) fn new(reader: R, order: Order) -> Self {
        Utf16 { reader, order, odd: None, high: None, decoded: Vec::new(), given: 0 }
    }

    /// Decodes the next bytes; nothing is left at the end.
    fn refill(&mut self) -> io::Result<()> {
        let mut raw = [0; 1 << 13];
        self.decoded.clear();
        self.given = 0;
        while self.decoded.is_empty() {
            let read = self.reader.read(&mut raw)?;
            let bytes = self.odd.take().into_iter().chain(raw[..read].iter().copied()).collect::<Vec<u8>>();
            let (pairs, odd) = bytes.as_chunks::<2>();
            self.odd = odd.first().copied();
            let units = pairs.iter().map(|pair| match self.order {
                Order::Little => u16::from_le_bytes(*pair),
                Order::Big => u16::from_be_bytes(*pair),
            });
            let mut units: Vec<u16> = self.high.take().into_iter().chain(units).collect();
            if read > 0 && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
                self.high = units.pop();
            }
            let chars = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
            let text: String = chars
                .chain((read == 0).then_some(()).and(self.odd.take()).map(|_| char::REPLACEMENT_CHARACTER))
                .collect();
            self.decoded.extend_from_slice(text.as_bytes());
            if read == 0 {
                break;
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.decoded.len() {
            self.refill()?;
        }
        let rest = &self.decoded[self.given..];
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        self.given += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str, order: Order) -> Vec<u8> {
        let bytes = |unit: u16| if order == Order::Little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    /// A reader that gives one byte at a time.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let len = self.0.len().min(buffer.len()).min(1);
            self.0.read(&mut buffer[..len])
        }
    }

    #[test]
    fn latin_text_is_known_without_a_mark() {
        for order in [Order::Little, Order::Big] {
            assert_eq!(sniff(&encoded("id,text\n1,caf\u{e9}\n", order)), Some(order));
        }
        assert_eq!(sniff(b"plain text"), None);
        assert_eq!(sniff(b"nul \0 within, and \0 again, in a text that is long enough"), None);
        assert_eq!(sniff(b""), None);
    }

    #[test]
    fn an_odd_byte_at_the_end_is_not_lost_in_silence() {
        let mut text = String::new();
        Utf16::new(&b"a\0b"[..], Order::Little).read_to_string(&mut text).unwrap();
        assert_eq!(text, "a\u{fffd}");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "\\PC{0,40}", little in any::<bool>()) {
            let order = if little { Order::Little } else { Order::Big };
            let mut back = String::new();
            Utf16::new(Trickle(&encoded(&text, order)), order).read_to_string(&mut back).unwrap();
            prop_assert_eq!(back, text);
        }
    }
}
