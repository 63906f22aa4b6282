//! A line for each value, as SQLite's `.mode line` shows them: for rows of many columns, and for programs that look for a name.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use unicode_width::UnicodeWidthStr;

use super::cells::{Cells, Column};
use super::paint::{Style, paint};
use super::{Encode, Options};

pub(super) struct Line {
    cells: Cells,
    columns: Vec<Column>,
    name_width: usize,
    has_color: bool,
    is_begun: bool,
}

impl Line {
    pub(super) fn new(schema: SchemaRef, options: &Options) -> Self {
        let cells = Cells::new(schema, options);
        let columns = cells.columns();
        let name_width = columns.iter().map(|column| column.name.width()).max().unwrap_or(0);
        Self { cells, columns, name_width, has_color: options.has_color, is_begun: false }
    }
}

impl Encode for Line {
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        for row in self.cells.rows(batch)? {
            let mut record = String::new();
            if std::mem::replace(&mut self.is_begun, true) {
                record.push('\n');
            }
            for (column, cell) in self.columns.iter().zip(&row) {
                record.extend(std::iter::repeat_n(' ', self.name_width - column.name.width()));
                paint(&column.name, Style::Bold, self.has_color, &mut record);
                record.push_str(" =");
                if !cell.text.is_empty() {
                    record.push(' ');
                    paint(&cell.text, cell.style, self.has_color, &mut record);
                }
                record.push('\n');
            }
            out.extend_from_slice(record.as_bytes());
        }
        Ok(())
    }

    fn end(self: Box<Self>, _: &[(String, String)], _: &mut Vec<u8>) -> Result<Option<String>, ArrowError> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, fixture};
    use super::*;

    #[test]
    fn a_value_is_a_line_and_a_row_a_paragraph() {
        let text = fixture::written(Format::Line, &Options::default(), &[fixture::texts(["a", ""])]);
        assert_eq!(text, "text = a\n   n = 1\n\ntext =\n   n = 0\n");
        assert_eq!(fixture::written(Format::Line, &Options::default(), &[]), "");
    }
}
