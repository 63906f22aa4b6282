//! A record for each row, a line for each column.

use unicode_width::UnicodeWidthStr;

use super::cells::{Cell, Column};
use super::paint::{Style, paint};
use super::wrap::wrap;

/// What stands between name and value.
const BETWEEN: &str = " │ ";

pub(super) struct Records {
    names: Vec<String>,
    name_width: usize,
    room: Option<usize>,
    has_color: bool,
    count: usize,
}

impl Records {
    pub(super) fn new(columns: &[Column], room: Option<usize>, has_color: bool) -> Self {
        let names: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
        let widest = names.iter().map(|name| name.width()).max().unwrap_or(0).max(2);
        let name_width = room.map_or(widest, |room| widest.min(room / 2 - BETWEEN.width()));
        Self { names, name_width, room, has_color, count: 0 }
    }

    pub(super) fn rows(&mut self, rows: &[Vec<Cell>], out: &mut Vec<u8>) {
        let widest = rows.iter().flatten().map(Cell::width).max().unwrap_or(0).max(1);
        let most = self.room.map_or(usize::MAX, |room| room - BETWEEN.width() - self.name_width);
        let value_width = widest.min(most);
        for row in rows {
            self.count += 1;
            self.heading(
                &format!("RECORD {}", self.count),
                self.name_width + BETWEEN.width() + value_width,
                out,
            );
            for (name, cell) in self.names.iter().zip(row) {
                self.line(name, cell, value_width, out);
            }
        }
    }

    /// A line that says how many records are left out here.
    pub(super) fn gap(&mut self, rows: usize, out: &mut Vec<u8>) {
        self.heading(&format!("… {rows} MORE"), 0, out);
        self.count += rows;
    }

    pub(super) fn end(&self, out: &mut Vec<u8>) {
        if self.count == 0 {
            self.heading("NO RECORDS", 0, out);
        }
    }

    fn heading(&self, text: &str, width: usize, out: &mut Vec<u8>) {
        let mut line = String::new();
        paint(&format!("{:─<width$}", format!("─[ {text} ]─")), Style::Dim, self.has_color, &mut line);
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }

    fn line(&self, name: &str, cell: &Cell, value_width: usize, out: &mut Vec<u8>) {
        let (names, values) = (wrap(name, self.name_width), wrap(&cell.text, value_width));
        for number in 0..names.len().max(values.len()) {
            let part = |lines: &[String]| lines.get(number).cloned().unwrap_or_default();
            let (name, value) = (part(&names), part(&values));
            let mut line = String::new();
            paint(&name, Style::Bold, self.has_color, &mut line);
            line.extend(std::iter::repeat_n(' ', self.name_width.saturating_sub(name.width())));
            line.push_str(BETWEEN);
            paint(&value, cell.style, self.has_color, &mut line);
            out.extend_from_slice(line.trim_end().as_bytes());
            out.push(b'\n');
        }
    }
}
