//! Lines of a CSV as an editor counts them.
//!
//! In: a text and the rows' positions in it, in rising order. Out: line numbers. The CSV reader's own count is one short
//! after "\r\n", which spreadsheets write, and leaves out empty lines.

/// The lines of a text, counted from 1 as rows come.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            counted: 0,
            line: 1,
        }
    }

    /// The line on which the row at this position, or further down than the one before, begins.
    pub(crate) fn at(&mut self, position: Option<&csv::Position>) -> u64 {
        let byte = position.map_or(self.counted, |position| position.byte() as usize);
        let rest = self.bytes.get(byte..).unwrap_or_default();
        let blank = rest
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let end = (byte + blank).max(self.counted).min(self.bytes.len());
        let passed = &self.bytes[self.counted..end];
        self.line += passed.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.counted = end;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn lines_are_those_of_an_editor_whatever_ends_them() {
        let texts = [
            ("a,b\n1,2\n3,4\n", [2, 3]),
            ("a,b\r\n1,2\r\n3,4", [2, 3]),
            ("a,b\n\n1,2\r\n\r\n\r\n3,4\n", [3, 6]),
            ("a,b\n\"1\n1\",2\n3,4\n", [2, 4]),
        ];
        for (text, expected) in texts {
            let mut lines = Lines::of(text);
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let found: Vec<u64> = reader
                .records()
                .map(|record| lines.at(record.unwrap().position()))
                .collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
