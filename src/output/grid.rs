//! Rows and columns, fitted into a width.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use unicode_width::UnicodeWidthStr;

use super::cells::Column;

/// Rounded corners, a line under the header, none between rows.
const BORDERS: &str = "││──├─┼┤│    ┬┴╭╮╰╯";

/// A column is not wrapped to less than this; where all columns do not get it, records read better.
const READABLE: usize = 8;

/// A border and two spaces for each column, and the last border.
const PER_COLUMN: usize = 3;

pub(super) struct Grid {
    columns: Vec<Column>,
    header: bool,
    room: Option<usize>,
    widths: Vec<usize>,
    /// The line below the last row, once there is a line above the first.
    bottom: Option<String>,
}

impl Grid {
    /// A grid with columns as wide as these rows want them; `None` if it does not fit into the room.
    pub(super) fn new(
        columns: &[Column],
        rows: &[Vec<String>],
        header: bool,
        room: Option<usize>,
    ) -> Option<Self> {
        let mut grid =
            Self { columns: columns.to_vec(), header, room, widths: vec![0; columns.len()], bottom: None };
        grid.widths = grid.fitted(rows)?;
        Some(grid)
    }

    pub(super) fn rows(&mut self, rows: &[Vec<String>], out: &mut Vec<u8>) {
        self.widen(rows, out);
        let first = self.bottom.is_none();
        let mut lines: Vec<String> = self.table(first && self.header, rows).lines().collect();
        self.bottom = lines.pop();
        lines.iter().skip(usize::from(!first)).for_each(|line| push(line, out));
    }

    pub(super) fn end(&self, out: &mut Vec<u8>) {
        self.bottom.iter().for_each(|line| push(line, out));
    }

    /// Makes room for the cells of a later batch that must not be wrapped: any without a terminal, where the columns
    /// just grow, and numbers on one, where a new table begins.
    fn widen(&mut self, rows: &[Vec<String>], out: &mut Vec<u8>) {
        let tight = |(i, column): (usize, &Column)| {
            (column.is_number || self.room.is_none()) && widest(rows, i) > self.widths[i]
        };
        if !self.columns.iter().enumerate().any(tight) {
            return;
        }
        if let Some(widths) = self.fitted(rows) {
            self.widths = widths;
            if self.room.is_some() {
                self.end(out);
                self.bottom = None;
            }
        }
    }

    /// Widths for the header, these rows and those before: long cells are wrapped, the longest first, to fit into the
    /// room. `None` if that would leave something unreadable.
    fn fitted(&self, rows: &[Vec<String>]) -> Option<Vec<usize>> {
        let wanted = self.columns.iter().enumerate().map(|(i, column)| {
            let cells = widest(rows, i).max(self.widths[i]);
            let name = if self.header { column.name.width() } else { 0 };
            // Two, so that a wide character always fits.
            let wanted = cells.max(name).max(2);
            let least = if column.is_number { cells.max(wanted.min(READABLE)) } else { wanted.min(READABLE) };
            (least, wanted)
        });
        let wanted: Vec<_> = wanted.collect();
        let capped = |cap: usize| wanted.iter().map(move |&(least, wanted)| wanted.min(cap).max(least));
        let Some(room) = self.room else { return Some(capped(usize::MAX).collect()) };
        let room = room.checked_sub(PER_COLUMN * wanted.len() + 1)?;
        let cap = (0..=room).rev().find(|&cap| capped(cap).sum::<usize>() <= room)?;
        Some(capped(cap).collect())
    }

    fn table(&self, header: bool, rows: &[Vec<String>]) -> Table {
        let mut table = Table::new();
        table.load_preset(BORDERS).set_content_arrangement(ContentArrangement::Disabled);
        if header {
            table.set_header(self.columns.iter().map(|column| Cell::new(&column.name)));
        }
        table.add_rows(rows);
        for ((column, layout), width) in self.columns.iter().zip(table.column_iter_mut()).zip(&self.widths) {
            let padded = u16::try_from(width + 2).unwrap_or(u16::MAX);
            layout.set_constraint(ColumnConstraint::Absolute(Width::Fixed(padded)));
            if column.is_number {
                layout.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }
}

fn widest(rows: &[Vec<String>], column: usize) -> usize {
    rows.iter().map(|row| row[column].width()).max().unwrap_or(0)
}

fn push(line: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(line.as_bytes());
    out.push(b'\n');
}
