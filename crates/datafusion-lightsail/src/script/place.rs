//! Places in a script, and the line with a caret that shows one.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use datafusion::sql::sqlparser::tokenizer::Location;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::error::Error;

/// The most columns of a line that an excerpt shows. A terminal that is narrower shows less of it, see [`fit`].
const SHOWN: usize = 200;

/// What stands for a part of a line that is not shown.
const ELLIPSIS: char = '…';

/// The text of a script.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    name: String,
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    /// Whether each of its letters is a byte: then nobody has to count those of a line that holds thousands of statements.
    is_ascii: bool,
}

impl Source {
    pub(super) fn new(name: &str, text: &str) -> Arc<Self> {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Arc::new(Self { name: name.to_owned(), text: text.to_owned(), lines, is_ascii: text.is_ascii() })
    }

    /// The text between two places.
    pub(super) fn between(&self, begin: Location, end: Location) -> &str {
        self.text.get(self.byte(begin)..self.byte(end)).unwrap_or_default()
    }

    /// The text from a place on.
    pub(super) fn from(&self, begin: Location) -> &str {
        self.text.get(self.byte(begin)..).unwrap_or_default()
    }

    fn byte(&self, at: Location) -> usize {
        let Range { start, end } = self.line(at.line);
        let before = usize::try_from(at.column.saturating_sub(1)).unwrap_or(usize::MAX);
        if self.is_ascii {
            return start.saturating_add(before).min(end);
        }
        self.text[start..end].char_indices().nth(before).map_or(end, |(column, _)| start + column)
    }

    /// The bytes of a line, its end included.
    fn line(&self, number: u64) -> Range<usize> {
        let index = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
        let end = self.text.len();
        let start = self.lines.get(index).copied().unwrap_or(end);
        start..self.lines.get(index.saturating_add(1)).copied().unwrap_or(end)
    }
}

/// A place in a script: `queries/unused.sql:3:14`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub(super) source: Arc<Source>,
    /// Its line, from 1.
    pub line: u64,
    /// Its column in characters, from 1.
    pub column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source.name, self.line, self.column)
    }
}

impl Place {
    pub(super) fn new(source: &Arc<Source>, at: Location) -> Self {
        Self { source: Arc::clone(source), line: at.line.max(1), column: at.column.max(1) }
    }

    pub(super) fn location(&self) -> Location {
        Location { line: self.line, column: self.column }
    }

    /// Another place in the same script.
    pub(super) fn moved(&self, at: Location) -> Self {
        Self::new(&self.source, at)
    }

    /// An error that is about this place: named in its message, and shown below it.
    pub(super) fn blamed(&self, error: Error) -> Error {
        error.at(self).with_excerpt(self.excerpt()).with_location(self.line, self.column)
    }

    /// The line and a caret below the place; a long line only around it.
    pub fn excerpt(&self) -> String {
        let line = self.source.text[self.source.line(self.line)].trim_end().replace('\t', " ");
        let before: String =
            line.chars().take(usize::try_from(self.column - 1).unwrap_or(usize::MAX)).collect();
        let (shown, indent) = fit(&line, before.width(), SHOWN);
        format!("  {shown}\n  {:indent$}^", "")
    }
}

/// The part of a line around a column that fits a width, and where the column is in it. `…` stands for what is cut.
pub fn fit(line: &str, column: usize, width: usize) -> (String, usize) {
    if line.width() <= width {
        return (line.to_owned(), column);
    }
    // Half of the width stays for what comes before the column, if there is as much.
    let first = column.saturating_sub(width / 2);
    let (mut shown, mut used, mut at, mut indent) = (String::new(), 0, 0, column);
    for c in line.chars() {
        let wide = c.width().unwrap_or_default();
        if at < first {
            at += wide;
            continue;
        }
        if shown.is_empty() && at > 0 {
            shown.push(ELLIPSIS);
            used = 1;
            indent = column - at.min(column) + 1;
        }
        // The last column is for what says that there is more.
        if used + wide >= width && line.width() > at + wide {
            shown.push(ELLIPSIS);
            break;
        }
        shown.push(c);
        (used, at) = (used + wide, at + wide);
    }
    (shown, indent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, line: u64, column: u64) -> String {
        Place::new(&Source::new("s", text), Location { line, column }).excerpt()
    }

    #[test]
    fn the_caret_stands_below_the_place_however_wide_the_letters_are() {
        assert_eq!(excerpt("SELECT 1;\nSELECT nme FROM t", 2, 8), "  SELECT nme FROM t\n         ^");
        assert_eq!(excerpt("SELECT '日本', nme", 1, 14), "  SELECT '日本', nme\n                 ^");
        assert_eq!(excerpt("SELECT (1", 1, 10), "  SELECT (1\n           ^");
    }

    #[test]
    fn of_a_long_line_the_part_around_the_place_is_shown() {
        let line = format!("SELECT {} nme {}", "x, ".repeat(100), "y, ".repeat(100));
        let shown = excerpt(&line, 1, 309);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines.iter().all(|line| line.width() <= SHOWN + 2), "{shown}");
        assert!(lines[0].starts_with("  …") && lines[0].ends_with('…'), "{shown}");
        let place = |text: &str, what: &str| text.find(what).map(|byte| text[..byte].width());
        assert_eq!(place(lines[0], "nme"), place(lines[1], "^"), "{shown}");
        assert_eq!(fit("SELECT nme FROM t", 7, 12), ("…ELECT nme …".into(), 7));
        assert_eq!(fit("SELECT nme FROM t", 0, 12), ("SELECT nme …".into(), 0));
        assert_eq!(fit("SELECT nme", 7, 10), ("SELECT nme".into(), 7));
    }

    #[test]
    fn text_is_found_by_its_places() {
        let source = Source::new("s", "SELECT 'ä';\n  SELECT 2");
        let at = |line, column| Location { line, column };
        assert_eq!(source.between(at(1, 8), at(1, 11)), "'ä'");
        assert_eq!(source.between(at(2, 3), at(2, 99)), "SELECT 2");
    }
}
