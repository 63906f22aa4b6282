//! The cells of a batch as text for people.

use std::borrow::Cow;

use arrow::array::{Array, RecordBatch};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, DurationFormat, FormatOptions};

/// NULL inside of a list or a map is always written out: there an empty text would be misread.
const FORMAT: FormatOptions<'static> = FormatOptions::new()
    .with_null("null")
    .with_display_error(false)
    .with_duration_format(DurationFormat::Pretty);

/// What the forms know of a column.
#[derive(Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) is_number: bool,
}

/// The rows of a batch, a text for each cell, `null` for NULL.
pub(super) fn rows(batch: &RecordBatch, null: &str) -> Result<Vec<Vec<String>>, ArrowError> {
    let columns = batch
        .columns()
        .iter()
        .map(|column| Ok((ArrayFormatter::try_new(column.as_ref(), &FORMAT)?, column.logical_nulls())))
        .collect::<Result<Vec<_>, ArrowError>>()?;
    (0..batch.num_rows())
        .map(|row| {
            let cells = columns.iter().map(|(formatter, nulls)| match nulls {
                Some(nulls) if nulls.is_null(row) => Ok(null.to_owned()),
                _ => Ok(visible(&formatter.value(row).try_to_string()?).into_owned()),
            });
            cells.collect()
        })
        .collect()
}

/// The text with everything escaped that would move the cursor or reorder what is shown: data never drives a terminal.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_invisible) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.extend(c.escape_default()),
            c if c.is_control() => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if is_invisible(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown.into()
}

/// Control characters, line separators, and the marks that set the direction of writing.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture;

    #[test]
    fn cells_read_well() {
        let rows = rows(&fixture::batch(), "-").unwrap();
        assert_eq!(
            rows[0],
            [
                "web-1",
                "2",
                "0.5",
                "2025-03-01T12:34:56Z",
                "[fd00::1, fd00::2]",
                "{env: prod, team: null}",
                "{code: 16, name: running}"
            ]
        );
        assert_eq!(rows[1][3..], ["2025-03-01T12:34:56.789Z", "[]", "{}", "{code: null, name: null}"]);
        assert_eq!(rows[2], ["-"; 7]);
    }

    #[test]
    fn control_and_direction_characters_are_shown_not_obeyed() {
        assert_eq!(visible("a\n\t\r\x1b[2J\x7f\u{9b}"), r"a\n\t\r\x1b[2J\x7f\x9b");
        assert_eq!(visible("\u{202e}txt.exe\u{2066}"), r"\u{202e}txt.exe\u{2066}");
        assert_eq!(visible("日本 👩‍👩‍👧 é \\"), "日本 👩‍👩‍👧 é \\");
    }
}
