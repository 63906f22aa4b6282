//! The table for people: decides how much is shown, when, and in which form.

use std::collections::VecDeque;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::cells::{Cell, Cells, Column};
use super::constants::Constants;
use super::grid::{Borders, Grid, Look};
use super::paint::{Style, paint};
use super::records::Records;
use super::{Encode, Expanded, Options, Place};

/// The widths of columns are taken from this many rows at most, and from those that are there when they are shown.
const GATHERED: usize = 1000;

/// No terminal is narrower in earnest; below it nothing sensible could be laid out.
const NARROWEST: usize = 20;

/// Of the rows of a result that is too long, every fourth that is shown is one of the last.
const LAST: usize = 4;

pub(super) struct Table {
    cells: Cells,
    columns: Vec<Column>,
    options: Options,
    borders: Borders,
    /// What stands above the table on a terminal, and goes into the pager with it.
    title: Option<String>,
    form: Option<Form>,
    gathered: Vec<Vec<Cell>>,
    shown: usize,
    seen: usize,
    /// The newest rows that are not shown yet: those that will be, should no others come.
    tail: VecDeque<RecordBatch>,
    /// Which columns have one value in all rows, those that are not shown among them.
    constants: Constants,
}

enum Form {
    Grid(Box<Grid>),
    Records(Records),
}

impl Table {
    pub(super) fn new(schema: SchemaRef, borders: Borders, options: &Options) -> Self {
        let title = options.width.and(options.about.title.clone());
        let options = Options {
            // A pseudo-terminal without a size says that it is 0 wide.
            width: options.width.filter(|&width| width > 0).map(|width| width.max(NARROWEST)),
            ..options.clone()
        };
        let cells = Cells::new(schema, &options);
        Self {
            columns: cells.columns(),
            cells,
            options,
            borders,
            title,
            form: None,
            gathered: Vec::new(),
            shown: 0,
            seen: 0,
            tail: VecDeque::new(),
            constants: Constants::default(),
        }
    }

    /// How many of the first rows are shown, and of the last, if there are more than both.
    fn ends(&self) -> (usize, usize) {
        self.options.max_rows.map_or((usize::MAX, 0), |most| (most - most / LAST, most / LAST))
    }

    /// How many rows to wait for before the form is chosen from them. On a terminal it is also chosen when a moment has
    /// passed, see [`release`](Encode::release).
    fn patience(&self) -> usize {
        // The last rows are measured with the first, or they would be laid out wider: so no row is shown before the end
        // where fewer are shown than are waited for.
        match self.options.expanded {
            Expanded::On => 1,
            Expanded::Off | Expanded::Auto => GATHERED,
        }
    }

    /// Chooses the form for the rows that are there and those that will be shown last, if they are known: then no others
    /// come.
    fn choose(&self, last: Option<&[Vec<Cell>]>) -> Form {
        let look = Look {
            borders: self.borders,
            header: self.options.header,
            has_color: self.options.has_color,
            room: self.options.width,
            may_hide: self.options.expanded == Expanded::Off,
        };
        let rows = [self.gathered.as_slice(), last.unwrap_or_default()];
        let grid = match self.options.expanded {
            Expanded::On => None,
            Expanded::Off | Expanded::Auto => {
                Grid::new(&self.columns, rows, self.constants.varying(), last.is_some(), look)
            }
        };
        // A row alone is read for what is in it, and not compared with others.
        let is_one_cut_row = |grid: &Grid| last.is_some() && self.seen == 1 && !grid.hidden().is_empty();
        match grid.filter(|grid| !is_one_cut_row(grid)) {
            Some(grid) => Form::Grid(Box::new(grid)),
            None => Form::Records(Records::new(&self.columns, look.room, look.has_color)),
        }
    }

    /// Shows the rows that are there.
    fn show(&mut self, last: Option<&[Vec<Cell>]>, out: &mut Vec<u8>) {
        if let Some(title) = self.title.take() {
            let mut line = String::new();
            paint(&title, Style::Bold, self.options.has_color, &mut line);
            out.extend(format!("{line}\n").bytes());
        }
        if self.form.is_none() {
            self.form = Some(self.choose(last));
        }
        let rows = std::mem::take(&mut self.gathered);
        match &mut self.form {
            Some(Form::Grid(grid)) => grid.rows(&rows, out),
            Some(Form::Records(records)) => records.rows(&rows, out),
            None => {}
        }
    }

    /// Keeps rows that are among the last, as far as is known.
    fn keep(&mut self, batch: RecordBatch) {
        let most = self.ends().1;
        if batch.num_rows() == 0 || most == 0 {
            return;
        }
        self.tail.push_back(batch);
        let mut kept: usize = self.tail.iter().map(RecordBatch::num_rows).sum();
        while let Some(oldest) = self.tail.front()
            && kept - oldest.num_rows() >= most
        {
            kept -= oldest.num_rows();
            self.tail.pop_front();
        }
    }

    /// Takes the last rows out of those that are kept.
    fn take_tail(&mut self) -> Result<Vec<Vec<Cell>>, ArrowError> {
        let kept: usize = self.tail.iter().map(RecordBatch::num_rows).sum();
        let mut surplus = kept.saturating_sub(self.ends().1);
        let mut rows = Vec::new();
        for batch in std::mem::take(&mut self.tail) {
            let skipped = surplus.min(batch.num_rows());
            surplus -= skipped;
            rows.extend(self.cells.rows(&batch.slice(skipped, batch.num_rows() - skipped))?);
        }
        Ok(rows)
    }

    /// Shows the last rows, below a line that says how many are not shown.
    fn show_tail(&mut self, rows: Vec<Vec<Cell>>, out: &mut Vec<u8>) {
        let hidden = self.seen - self.shown - rows.len();
        if hidden > 0 {
            match &mut self.form {
                Some(Form::Grid(grid)) => grid.gap(hidden, self.constants.varying(), out),
                Some(Form::Records(records)) => records.gap(hidden, out),
                None => {}
            }
        }
        self.shown += rows.len();
        self.gathered = rows;
        if !self.gathered.is_empty() {
            self.show(None, out);
        }
    }

    /// What is not shown, and what would show it.
    fn note(&self) -> Option<String> {
        let [rows_by, columns_by, file] = match self.options.place {
            Place::Shell => ["\\pset maxrows 0", "\\x", "\\o FILE"],
            Place::Batch => ["--maxrows 0", "--format line", "-o FILE"],
        };
        let mut notes = Vec::new();
        if let Some(Form::Grid(grid)) = &self.form
            && !grid.hidden().is_empty()
        {
            let hidden = grid.hidden();
            let plural = if hidden.len() == 1 { "" } else { "s" };
            notes.push(format!("… {} column{plural}: {columns_by} or {file} shows them", hidden.len()));
        }
        if self.seen > self.shown {
            notes.push(format!("{} of {} rows shown; {rows_by} or {file} shows all", self.shown, self.seen));
        }
        (!notes.is_empty()).then(|| notes.join("\n"))
    }
}

impl Encode for Table {
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        let first = batch.num_rows().min(self.ends().0 - self.shown);
        self.seen += batch.num_rows();
        if self.options.width.is_some() {
            self.constants.see(batch)?;
        }
        self.keep(batch.slice(first, batch.num_rows() - first));
        let batch = batch.slice(0, first);
        self.shown += first;
        self.gathered.extend(self.cells.rows(&batch)?);
        if first > 0 && (self.form.is_some() || self.gathered.len() >= self.patience()) {
            self.show(None, out);
        }
        Ok(())
    }

    fn is_holding(&self) -> bool {
        self.form.is_none() && self.options.width.is_some() && !self.gathered.is_empty()
    }

    fn release(&mut self, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        if self.is_holding() {
            self.show(None, out);
        }
        Ok(())
    }

    fn end(
        mut self: Box<Self>,
        _: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, ArrowError> {
        let has_lines = !self.columns.is_empty() && (self.options.header || !self.gathered.is_empty());
        let last = self.take_tail()?;
        if self.form.is_none() && has_lines {
            self.show(Some(&last), out);
        }
        self.show_tail(last, out);
        match &self.form {
            Some(Form::Grid(grid)) => grid.end(out),
            Some(Form::Records(records)) => records.end(out),
            None => {}
        }
        Ok(self.note())
    }
}

#[cfg(test)]
mod tests;
