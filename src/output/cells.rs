//! The cells of a batch as text for people.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, DurationFormat, FormatOptions};
use unicode_width::UnicodeWidthStr;

use super::paint::Style;
use super::{Options, TimeFormat};
use datafusion_lightsail::catalog::meaning::{currency, tells_state, tone};
use datafusion_lightsail::visible::visible;

/// NULL inside of a list or a map is always written out: there an empty text would be misread.
const FULL: FormatOptions<'static> = FormatOptions::new()
    .with_null("null")
    .with_display_error(false)
    .with_duration_format(DurationFormat::Pretty);

/// A time to the minute.
const MINUTES: Option<&str> = Some("%Y-%m-%d %H:%M");

const SHORT: FormatOptions<'static> = FULL.with_timestamp_format(MINUTES).with_timestamp_tz_format(MINUTES);

/// What the forms know of a column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) is_number: bool,
    /// Whether it holds lists, maps or structures.
    pub(super) is_nested: bool,
    /// Whether it tells what a row is, or its state.
    pub(super) is_telling: bool,
}

/// A value as a person sees it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) style: Style,
    pub(super) is_null: bool,
}

impl Cell {
    pub(super) fn width(&self) -> usize {
        self.text.width()
    }
}

/// Makes cells of the values of a result.
pub(super) struct Cells {
    schema: SchemaRef,
    null: String,
    times: FormatOptions<'static>,
    /// Whether amounts of money have the sign of their currency.
    has_currency: bool,
}

impl Cells {
    /// Cells of a table: times and amounts as people write them.
    pub(super) fn new(schema: SchemaRef, options: &Options) -> Self {
        // On a terminal NULL must not look like a text of nothing.
        let default = if options.width.is_some() { "NULL" } else { "" };
        let null = visible(options.null.as_deref().unwrap_or(default)).into_owned();
        let times = match options.times {
            TimeFormat::Short => SHORT,
            TimeFormat::Full => FULL,
        };
        Self { schema, null, times, has_currency: true }
    }

    /// Cells of a document: times as machines write them too, numbers without a sign, `null` for NULL.
    pub(super) fn exact(schema: SchemaRef, null: &str) -> Self {
        Self { schema, null: null.to_owned(), times: FULL, has_currency: false }
    }

    pub(super) fn columns(&self) -> Vec<Column> {
        let column = |(name, kind): (&String, &DataType)| Column {
            name: visible(name).into_owned(),
            is_number: kind.is_numeric(),
            is_nested: kind.is_nested(),
            is_telling: name == "name" || tells_state(name),
        };
        self.schema.fields().iter().map(|field| column((field.name(), field.data_type()))).collect()
    }

    /// The rows of a batch.
    pub(super) fn rows(&self, batch: &RecordBatch) -> Result<Vec<Vec<Cell>>, ArrowError> {
        let columns = self.schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
            let formatter = ArrayFormatter::try_new(column.as_ref(), &self.times)?;
            let money =
                currency(field.name()).filter(|_| self.has_currency && field.data_type().is_numeric());
            Ok((field.name().as_str(), formatter, column.logical_nulls(), money))
        });
        let columns = columns.collect::<Result<Vec<_>, ArrowError>>()?;
        let cell = |row: usize| {
            columns.iter().map(move |(name, formatter, nulls, money)| {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    return Ok(Cell { text: self.null.clone(), style: Style::Dim, is_null: true });
                }
                let text = formatter.value(row).try_to_string()?;
                let style = tone(name, &text).map_or(Style::Plain, Style::Tone);
                let text = match money {
                    Some(sign) => amount(sign, &text),
                    None => visible(&text).into_owned(),
                };
                Ok(Cell { text, style, is_null: false })
            })
        };
        (0..batch.num_rows()).map(|row| cell(row).collect()).collect()
    }
}

/// `$3.50`; of an amount with more than two decimals all of them.
fn amount(sign: &str, number: &str) -> String {
    let (minus, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
    let missing = match number.split_once('.') {
        _ if !number.ends_with(|c: char| c.is_ascii_digit()) || number.contains('e') => "",
        None => ".00",
        Some((_, decimals)) if decimals.len() == 1 => "0",
        Some(_) => "",
    };
    format!("{minus}{sign}{number}{missing}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture;

    fn texts(cells: &Cells, batch: &RecordBatch) -> Vec<Vec<String>> {
        let rows = cells.rows(batch).unwrap().into_iter();
        rows.map(|row| row.into_iter().map(|cell| cell.text).collect()).collect()
    }

    #[test]
    fn cells_read_well() {
        let batch = fixture::batch();
        let exact = texts(&Cells::exact(batch.schema(), "-"), &batch);
        assert_eq!(
            exact[0],
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
        assert_eq!(exact[1][3..], ["2025-03-01T12:34:56.789Z", "[]", "{}", "{code: null, name: null}"]);
        assert_eq!(exact[2], ["-"; 7]);
        let options = Options { width: Some(80), ..Options::default() };
        let seen = texts(&Cells::new(batch.schema(), &options), &batch);
        assert_eq!((seen[0][3].as_str(), seen[2][3].as_str()), ("2025-03-01 12:34", "NULL"));
        let options = Options { times: TimeFormat::Full, ..Options::default() };
        let full = texts(&Cells::new(batch.schema(), &options), &batch);
        assert_eq!((full[1][3].as_str(), full[2][3].as_str()), ("2025-03-01T12:34:56.789Z", ""));
    }

    #[test]
    fn amounts_have_a_currency_and_states_a_tone() {
        for (number, text) in
            [("3.5", "$3.50"), ("12", "$12.00"), ("-0.125", "-$0.125"), ("NaN", "$NaN"), ("1e30", "$1e30")]
        {
            assert_eq!(amount("$", number), text);
        }
        let schema = fixture::schema_of(&["state", "name"]);
        let text = std::sync::Arc::new(arrow::array::StringArray::from(vec!["stopped"]));
        let batch = RecordBatch::try_new(schema.clone(), vec![text.clone(), text]).unwrap();
        let rows = Cells::new(schema, &Options::default()).rows(&batch).unwrap();
        let warn = Style::Tone(datafusion_lightsail::catalog::meaning::Tone::Warn);
        assert_eq!((rows[0][0].style, rows[0][1].style), (warn, Style::Plain));
    }

    #[test]
    fn control_and_direction_characters_are_shown_not_obeyed() {
        assert_eq!(visible("a\n\t\r\x1b[2J\x7f\u{9b}"), r"a\n\t\r\x1b[2J\x7f\x9b");
        assert_eq!(visible("\u{202e}txt.exe\u{2066}"), r"\u{202e}txt.exe\u{2066}");
        assert_eq!(visible("日本 👩‍👩‍👧 é \\"), "日本 👩‍👩‍👧 é \\");
    }
}
