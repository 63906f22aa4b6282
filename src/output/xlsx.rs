//! Workbooks of Excel: a sheet a result, and one that says what they are.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use rust_xlsxwriter::{Format as CellFormat, Workbook, Worksheet, XlsxError};

use super::cells::{Cells, Column};
use super::{Encode, Options};

/// What Excel holds: rows of a sheet with the header, and letters of a cell and of a sheet's name.
const MOST_ROWS: u32 = 1_048_576;
const LONGEST_TEXT: usize = 32_767;
const LONGEST_NAME: usize = 31;

/// The largest whole number of which a double, and so a cell, has every digit.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// 1970-01-01 in Excel's count of days.
const EPOCH: f64 = 25_569.0;

const MS_PER_DAY: f64 = 86_400_000.0;

/// The widest column, in pixels: about 60 letters.
const WIDEST: u32 = 420;

/// A workbook that grows by a sheet a result. Its clones are the same book.
#[derive(Clone, Default)]
pub struct Book(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    sheets: Vec<Worksheet>,
    names: Vec<String>,
    about: Vec<[String; 3]>,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Book")
    }
}

impl PartialEq for Book {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Book {}

impl Book {
    fn add(&self, title: &str, mut sheet: Worksheet, about: Vec<(String, String)>) -> Result<(), ArrowError> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = free_name(title, &pages.names);
        sheet.set_name(&name).map_err(failed)?;
        pages.about.extend(about.into_iter().map(|(key, value)| [name.clone(), key, value]));
        pages.names.push(name);
        pages.sheets.push(sheet);
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    /// When Excel could not read it.
    pub fn bytes(&self) -> Result<Vec<u8>, ArrowError> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut book = Workbook::new();
        for sheet in std::mem::take(&mut pages.sheets) {
            book.push_worksheet(sheet);
        }
        let bold = CellFormat::new().set_bold();
        let about = book.add_worksheet();
        about.set_name(free_name("about", &pages.names)).map_err(failed)?;
        for (column, name) in (0..).zip(["sheet", "what", "value"]) {
            about.write_string_with_format(0, column, name, &bold).map_err(failed)?;
        }
        for (row, texts) in (1..).zip(&pages.about) {
            for (column, text) in (0..).zip(texts) {
                about
                    .write_string(row, column, text.chars().take(LONGEST_TEXT).collect::<String>())
                    .map_err(failed)?;
            }
        }
        about.autofit();
        book.save_to_buffer().map_err(failed)
    }
}

/// A name for a sheet that Excel takes and no other sheet has.
fn free_name(title: &str, taken: &[String]) -> String {
    let allowed = |c: char| if "[]:*?/\\".contains(c) || c.is_control() { '_' } else { c };
    let base: String = title.trim_matches('\'').chars().map(allowed).take(LONGEST_NAME).collect();
    let base = if base.trim().is_empty() { "result".to_owned() } else { base };
    let is_taken = |name: &str| taken.iter().any(|known| known.eq_ignore_ascii_case(name));
    if !is_taken(&base) {
        return base;
    }
    let mut number = 2;
    loop {
        let end = format!(" {number}");
        let name = base.chars().take(LONGEST_NAME - end.len()).collect::<String>() + &end;
        if !is_taken(&name) {
            return name;
        }
        number += 1;
    }
}

fn failed(error: XlsxError) -> ArrowError {
    ArrowError::CastError(format!("Excel cannot hold it: {error}"))
}

pub(super) struct Xlsx {
    sheet: Worksheet,
    cells: Cells,
    columns: Vec<Column>,
    kinds: Vec<Kind>,
    options: Options,
    /// The row that comes next.
    row: u32,
    time: CellFormat,
}

/// How a column's values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Flag,
    Time,
}

impl Xlsx {
    pub(super) fn new(schema: SchemaRef, options: &Options) -> Result<Self, ArrowError> {
        let kind = |kind: &DataType| match kind {
            DataType::Boolean => Kind::Flag,
            DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Kind::Time,
            kind if kind.is_numeric() => Kind::Number,
            _ => Kind::Text,
        };
        let kinds: Vec<Kind> = schema.fields().iter().map(|field| kind(field.data_type())).collect();
        let cells = Cells::exact(schema, "");
        let columns = cells.columns();
        let mut sheet = Worksheet::new();
        let bold = CellFormat::new().set_bold();
        if options.header {
            for (number, column) in (0..).zip(&columns) {
                sheet.write_string_with_format(0, number, &column.name, &bold).map_err(failed)?;
            }
            sheet.set_freeze_panes(1, 0).map_err(failed)?;
        }
        let time = CellFormat::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        let row = u32::from(options.header);
        Ok(Self { sheet, cells, columns, kinds, options: options.clone(), row, time })
    }

    fn cell(&mut self, column: u16, kind: Kind, value: Option<f64>, text: &str) -> Result<(), ArrowError> {
        let row = self.row;
        let written = match (kind, value) {
            (Kind::Number, Some(value)) if value.is_finite() && value.abs() <= LARGEST_WHOLE => {
                self.sheet.write_number(row, column, value)
            }
            (Kind::Time, Some(ms)) if ms >= 0.0 => {
                self.sheet.write_number_with_format(row, column, ms / MS_PER_DAY + EPOCH, &self.time)
            }
            (Kind::Flag, _) => self.sheet.write_boolean(row, column, text == "true"),
            _ if text.chars().count() > LONGEST_TEXT => {
                return Err(ArrowError::CastError(format!(
                    "a cell of Excel has {LONGEST_TEXT} letters at most, and one of {} has {}",
                    self.columns[usize::from(column)].name,
                    text.chars().count()
                )));
            }
            _ => self.sheet.write_string(row, column, text),
        };
        written.map(drop).map_err(failed)
    }
}

impl Encode for Xlsx {
    fn rows(&mut self, batch: &RecordBatch, _: &mut Vec<u8>) -> Result<(), ArrowError> {
        let ms = DataType::Timestamp(TimeUnit::Millisecond, None);
        let numbers = batch.columns().iter().zip(&self.kinds).map(|(column, kind)| {
            Ok(match kind {
                Kind::Number => Some(cast(column, &DataType::Float64)?),
                Kind::Time => Some(cast(&cast(column, &ms)?, &DataType::Int64)?),
                Kind::Flag | Kind::Text => None,
            })
        });
        let numbers = numbers.collect::<Result<Vec<_>, ArrowError>>()?;
        let nulls: Vec<_> = batch.columns().iter().map(|column| column.logical_nulls()).collect();
        for (index, row) in self.cells.rows(batch)?.into_iter().enumerate() {
            if self.row >= MOST_ROWS {
                return Err(ArrowError::CastError(format!("a sheet of Excel has {MOST_ROWS} rows at most")));
            }
            for (place, cell) in row.iter().enumerate() {
                if nulls[place].as_ref().is_some_and(|nulls| nulls.is_null(index)) {
                    continue;
                }
                let kind = self.kinds[place];
                let value = numbers[place].as_ref().map(|column| match kind {
                    Kind::Number => column.as_primitive::<Float64Type>().value(index),
                    _ => column.as_primitive::<Int64Type>().value(index) as f64,
                });
                let place =
                    u16::try_from(place).map_err(|_| ArrowError::CastError("too many columns".to_owned()))?;
                self.cell(place, kind, value, &cell.text)?;
            }
            self.row += 1;
        }
        Ok(())
    }

    fn end(
        mut self: Box<Self>,
        metadata: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, ArrowError> {
        let last = u16::try_from(self.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
        if self.options.header && !self.columns.is_empty() {
            self.sheet.autofilter(0, 0, self.row.saturating_sub(1), last).map_err(failed)?;
        }
        self.sheet.set_autofit_max_width(WIDEST).autofit();
        let title = self.options.about.title.as_deref().unwrap_or("result");
        let mut about: Vec<(String, String)> =
            self.options.about.query.iter().map(|query| ("query".to_owned(), query.clone())).collect();
        about.extend(metadata.iter().map(|(key, value)| {
            (key.strip_prefix("lightsail_sql.").unwrap_or(key).replace('_', " "), value.clone())
        }));
        match &self.options.file.book {
            Some(book) => book.add(title, self.sheet, about)?,
            None => {
                let book = Book::default();
                book.add(title, self.sheet, about)?;
                out.append(&mut book.bytes()?);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, fixture};
    use super::*;

    #[test]
    fn names_of_sheets_are_those_that_excel_takes() {
        assert_eq!(free_name("a/b:[c]", &[]), "a_b__c_");
        assert_eq!(free_name(&"x".repeat(40), &[]), "x".repeat(31));
        assert_eq!(free_name("Cost", &["cost".into(), "Cost 2".into()]), "Cost 3");
        assert_eq!(free_name("", &[]), "result");
    }

    #[test]
    fn a_book_is_a_zip_of_sheets() {
        let (out, bytes) = fixture::buffer();
        let batch = fixture::batch();
        let mut writer =
            super::super::RowWriter::new(Format::Xlsx, batch.schema(), out, &Options::default()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish(&[]).unwrap();
        assert!(bytes.to_vec().starts_with(b"PK"));
        let book = Book::default();
        for title in ["one", "two"] {
            let options = Options {
                about: super::super::About { title: Some(title.into()), query: None },
                file: super::super::FileOptions { book: Some(book.clone()), ..Default::default() },
                ..Options::default()
            };
            let (out, bytes) = fixture::buffer();
            let mut writer =
                super::super::RowWriter::new(Format::Xlsx, batch.schema(), out, &options).unwrap();
            writer.write(&batch).unwrap();
            writer.finish(&[]).unwrap();
            assert!(bytes.to_vec().is_empty());
        }
        assert_eq!(book.0.lock().unwrap().names, ["one", "two"]);
        assert!(book.bytes().unwrap().starts_with(b"PK"));
    }
}
