//! A record for each row, a line for each column.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width};
use unicode_width::UnicodeWidthStr;

use super::cells::Column;

/// Nothing but a line between name and value.
const BORDERS: &str = "        │          ";

/// The line and the spaces between name and value.
const BETWEEN: usize = 3;

pub(super) struct Records {
    names: Vec<String>,
    name_width: usize,
    room: Option<usize>,
    count: usize,
}

impl Records {
    pub(super) fn new(columns: &[Column], room: Option<usize>) -> Self {
        let names: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
        let widest = names.iter().map(|name| name.width()).max().unwrap_or(0).max(2);
        Self { names, name_width: room.map_or(widest, |room| widest.min(room / 2 - BETWEEN)), room, count: 0 }
    }

    pub(super) fn rows(&mut self, rows: &[Vec<String>], out: &mut Vec<u8>) {
        let records: Vec<Vec<String>> = rows.iter().map(|row| self.lines(row)).collect();
        let width = records.iter().flatten().map(|line| line.width()).max().unwrap_or(0);
        for record in records {
            self.count += 1;
            self.heading(&format!("RECORD {}", self.count), width, out);
            for line in record {
                out.extend_from_slice(line.as_bytes());
                out.push(b'\n');
            }
        }
    }

    pub(super) fn end(&self, out: &mut Vec<u8>) {
        if self.count == 0 {
            self.heading("NO RECORDS", 0, out);
        }
    }

    fn heading(&self, text: &str, width: usize, out: &mut Vec<u8>) {
        let line = format!("{:─<width$}\n", format!("─[ {text} ]─"));
        out.extend_from_slice(line.as_bytes());
    }

    fn lines(&self, row: &[String]) -> Vec<String> {
        let widest = row.iter().map(|value| value.width()).max().unwrap_or(0).max(1);
        let value = self.room.map_or(widest, |room| widest.min(room - BETWEEN - self.name_width));
        let mut table = Table::new();
        table.load_preset(BORDERS).set_content_arrangement(ContentArrangement::Disabled);
        table.add_rows(self.names.iter().zip(row).map(|(name, value)| [name, value]));
        for (column, (width, padding)) in
            table.column_iter_mut().zip([(self.name_width, (0, 1)), (value, (1, 0))])
        {
            let padded = u16::try_from(width + 1).unwrap_or(u16::MAX);
            column.set_padding(padding).set_constraint(ColumnConstraint::Absolute(Width::Fixed(padded)));
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}
