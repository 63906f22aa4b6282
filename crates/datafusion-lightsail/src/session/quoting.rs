//! What the quotes of a CSV file say, which Arrow's reader does not look at: `""` is the empty text, and nothing is NULL.

use std::ops::AddAssign;

/// What the fields of a file are like, the header apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Quoting {
    /// Whether a field has two quotes and nothing else.
    pub(super) has_empty_texts: bool,
    /// Whether a field has no character.
    pub(super) has_empty_fields: bool,
    /// Whether a line has more than one field.
    pub(super) is_wide: bool,
    /// Whether a field is the word NULL.
    pub(super) has_null: bool,
    /// Whether one is that word in quotes.
    pub(super) has_quoted_null: bool,
}

impl AddAssign for Quoting {
    fn add_assign(&mut self, other: Self) {
        self.has_empty_texts |= other.has_empty_texts;
        self.has_empty_fields |= other.has_empty_fields;
        self.is_wide |= other.is_wide;
        self.has_null |= other.has_null;
        self.has_quoted_null |= other.has_quoted_null;
    }
}

/// Reads the bytes of one file as they come.
#[derive(Debug)]
pub(super) struct Scanner {
    delimiter: u8,
    /// Lines that are still to be passed over.
    header: bool,
    field: Vec<u8>,
    /// Whether the field is in quotes, and whether those are still open.
    is_quoted: bool,
    is_open: bool,
    found: Quoting,
}

/// The word that stands for NULL where it is alone on its line.
pub(super) const NULL: &str = "NULL";

impl Scanner {
    pub(super) fn new(delimiter: u8, header: bool) -> Self {
        Self {
            delimiter,
            header,
            field: Vec::new(),
            is_quoted: false,
            is_open: false,
            found: Quoting::default(),
        }
    }

    pub(super) fn read(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'"' if self.is_open => self.is_open = false,
                b'"' if self.field.is_empty() && !self.is_quoted => {
                    (self.is_quoted, self.is_open) = (true, true);
                }
                // A quote within quotes is written twice.
                b'"' if self.is_quoted => {
                    self.is_open = true;
                    self.push(byte);
                }
                b'\n' if !self.is_open => self.end(true),
                byte if byte == self.delimiter && !self.is_open => {
                    self.found.is_wide = true;
                    self.end(false);
                }
                b'\r' if !self.is_open => {}
                byte => self.push(byte),
            }
        }
    }

    /// What was found by the end of the file.
    pub(super) fn finish(mut self) -> Quoting {
        if self.is_quoted || !self.field.is_empty() {
            self.end(true);
        }
        self.found
    }

    fn push(&mut self, byte: u8) {
        // Only short fields are of interest.
        if self.field.len() <= NULL.len() {
            self.field.push(byte);
        }
    }

    fn end(&mut self, is_line: bool) {
        if !self.header {
            let is_null = self.field == NULL.as_bytes();
            match (self.field.is_empty(), self.is_quoted) {
                (true, true) => self.found.has_empty_texts = true,
                (true, false) => self.found.has_empty_fields = true,
                (false, true) => self.found.has_quoted_null |= is_null,
                (false, false) => self.found.has_null |= is_null,
            }
        }
        self.header &= !is_line;
        self.field.clear();
        (self.is_quoted, self.is_open) = (false, false);
    }
}

impl Quoting {
    /// Whether the word NULL stands for it, as where it would be alone on its line.
    pub(super) fn is_marked(self) -> bool {
        !self.is_wide && self.has_null && !self.has_quoted_null
    }

    /// Whether empty texts are taken for NULL in such a file.
    pub(super) fn is_lossy(self) -> bool {
        self.has_empty_texts && self.is_wide && self.has_empty_fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(csv: &str) -> (bool, bool, bool) {
        let mut scanner = Scanner::new(b',', true);
        // In two parts, wherever the cut is.
        let (one, other) = csv.as_bytes().split_at(csv.len() / 2);
        scanner.read(one);
        scanner.read(other);
        let found = scanner.finish();
        (found.has_empty_texts, found.is_lossy(), found.is_marked())
    }

    #[test]
    fn what_is_null_is_what_the_quotes_say() {
        for (csv, expected) in [
            ("a,b\n1,\n2,x\n", (false, false, false)),
            ("a,b\n1,\"\"\n2,x\n", (true, false, false)),
            ("a,b\n1,\"\"\n,x\n", (true, true, false)),
            ("a,b\n1,\"a\"\"\"\n2,\"\n\"\n", (false, false, false)),
            ("a\nNULL\n\"\"\nx\n", (true, false, true)),
            ("a\nNULL\n\"NULL\"\n", (false, false, false)),
            ("a,b\r\n1,\"\"\r\n", (true, false, false)),
        ] {
            assert_eq!(scanned(csv), expected, "{csv}");
        }
    }
}
