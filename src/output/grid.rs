//! Rows and columns in a frame.

use unicode_width::UnicodeWidthStr;

use super::cells::{Cell, Column};
use super::layout::{Frame, Layout, Measure, fit};
use super::paint::{Style, paint};
use super::wrap::{longest_word, wrap};

/// What stands for columns and rows that are left out.
const ELLIPSIS: &str = "…";

/// How many digits a number may have more than those before it.
const MORE_DIGITS: usize = 2;

/// The lines around cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Borders {
    left: &'static str,
    between: &'static str,
    right: &'static str,
    /// The lines above the header, below it and below the last row: beginning, filling, crossing, end.
    rules: Option<[[&'static str; 4]; 3]>,
}

/// Rounded corners, a line under the header, none between rows.
pub(super) const ROUNDED: Borders = Borders {
    left: "│ ",
    between: " │ ",
    right: " │",
    rules: Some([["╭─", "─", "─┬─", "─╮"], ["├─", "─", "─┼─", "─┤"], ["╰─", "─", "─┴─", "─╯"]]),
};

/// Square corners, as SQLite and DuckDB draw them.
pub(super) const BOX: Borders = Borders {
    rules: Some([["┌─", "─", "─┬─", "─┐"], ["├─", "─", "─┼─", "─┤"], ["└─", "─", "─┴─", "─┘"]]),
    ..ROUNDED
};

/// Columns with two spaces between them.
pub(super) const PLAIN: Borders = Borders { left: "", between: "  ", right: "", rules: None };

/// How a grid looks, whatever is in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) borders: Borders,
    pub(super) header: bool,
    pub(super) has_color: bool,
    /// The width that it must fit into, if there is one.
    pub(super) room: Option<usize>,
    /// Whether columns may be left out.
    pub(super) may_hide: bool,
}

pub(super) struct Grid {
    columns: Vec<Column>,
    look: Look,
    measures: Vec<Measure>,
    /// The first value of each column, as long as all rows have it.
    constants: Vec<Option<Cell>>,
    layout: Layout,
    is_begun: bool,
    rows: usize,
}

impl Grid {
    /// A grid with columns as wide as these rows want them; `None` if it does not fit into the room.
    ///
    /// `varying` are the columns that have several values in all rows, whatever these say; `is_whole` if no others come.
    /// If others may, what is left of the room is for them.
    pub(super) fn new(
        columns: &[Column],
        rows: [&[Vec<Cell>]; 2],
        varying: &[bool],
        is_whole: bool,
        look: Look,
    ) -> Option<Self> {
        let mut grid = Self {
            columns: columns.to_vec(),
            look,
            measures: columns
                .iter()
                .map(|column| Measure {
                    is_number: column.is_number,
                    is_nested: column.is_nested,
                    is_telling: column.is_telling,
                    is_null: true,
                    ..Measure::default()
                })
                .collect(),
            constants: vec![None; columns.len()],
            layout: Layout::default(),
            is_begun: false,
            rows: 0,
        };
        rows.into_iter().for_each(|rows| grid.measure(rows));
        for (measure, _) in grid.measures.iter_mut().zip(varying).filter(|(_, varies)| **varies) {
            measure.constant = None;
        }
        grid.layout = grid.fitted()?;
        if !is_whole {
            grid.loosen();
        }
        Some(grid)
    }

    /// The names of the columns that are left out.
    pub(super) fn hidden(&self) -> Vec<&str> {
        self.layout.hidden.iter().map(|&index| self.columns[index].name.as_str()).collect()
    }

    pub(super) fn rows(&mut self, rows: &[Vec<Cell>], out: &mut Vec<u8>) {
        if self.is_begun {
            self.adapt(rows, out);
        }
        if !std::mem::replace(&mut self.is_begun, true) {
            self.begin(out);
        }
        for row in rows {
            let cells: Vec<(&str, Style)> =
                self.shown().map(|index| (row[index].text.as_str(), row[index].style)).collect();
            self.line(&cells, out);
        }
    }

    /// A line that says how many rows are left out here, and which values above the table are not theirs.
    pub(super) fn gap(&self, rows: usize, varying: &[bool], out: &mut Vec<u8>) {
        let mut text = format!("{ELLIPSIS} {} more row{}", grouped(rows), if rows == 1 { "" } else { "s" });
        let varying =
            self.layout.above.iter().filter(|index| varying.get(**index).is_some_and(|varies| *varies));
        let names: Vec<&str> = varying.map(|&index| self.columns[index].name.as_str()).collect();
        if !names.is_empty() {
            text.extend([", not all of this ", &names.join(", ")]);
        }
        self.across(&text, out);
    }

    /// A text from one end of a line to the other.
    fn across(&self, text: &str, out: &mut Vec<u8>) {
        let Borders { left, right, .. } = self.look.borders;
        let width = self.width() - left.width() - right.width();
        let mut line = (*left).to_owned();
        for (number, part) in wrap(text, width.max(1)).into_iter().enumerate() {
            if number > 0 {
                line.extend(["\n", left]);
            }
            paint(&part, Style::Dim, self.look.has_color, &mut line);
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(part.width())));
            line.push_str(right);
        }
        push(&line, out);
    }

    pub(super) fn end(&self, out: &mut Vec<u8>) {
        if self.is_begun {
            self.rule(2, out);
        }
    }

    fn shown(&self) -> impl Iterator<Item = usize> + use<'_> {
        self.layout.columns.iter().map(|(index, _)| *index)
    }

    /// Takes rows into account that came after the columns were chosen. On a terminal the columns stand: longer words are
    /// wrapped, and a line says that a value above the table is another from here on. A new table begins only where a
    /// number would be cut, or where rows differ in what stands above. Without a terminal the columns just grow.
    fn adapt(&mut self, rows: &[Vec<Cell>], out: &mut Vec<u8>) {
        let is_terminal = self.look.room.is_some();
        let mut changed = Vec::new();
        for &index in &self.layout.above {
            let Some(first) = rows.first().map(|row| &row[index]) else { continue };
            if self.constants[index].as_ref() != Some(first) && rows.iter().all(|row| row[index] == *first) {
                self.constants[index] = Some(first.clone());
                changed.push(index);
            }
        }
        self.measure(rows);
        let is_tight = |&(index, width): &(usize, usize)| {
            let measure = &self.measures[index];
            measure.widest > width && (measure.is_number || !is_terminal)
        };
        let differs = self.layout.above.iter().any(|&index| self.measures[index].constant.is_none());
        if !differs && !self.layout.columns.iter().any(is_tight) {
            let values = self.values_of(&changed);
            if !values.is_empty() {
                self.across(&values.join(", "), out);
            }
            return;
        }
        let Some(layout) = self.fitted() else { return };
        if is_terminal && layout != self.layout {
            self.end(out);
            self.is_begun = false;
        }
        self.layout = layout;
        if is_terminal {
            self.loosen();
        }
    }

    /// Makes columns wider for rows that may come, as far as there is room.
    fn loosen(&mut self) {
        let Some(mut left) = self.look.room.and_then(|room| room.checked_sub(self.width())) else { return };
        let wanted = |&(index, width): &(usize, usize)| {
            width + if self.measures[index].is_number { MORE_DIGITS } else { width / 2 + 1 }
        };
        let wanted: Vec<usize> = self.layout.columns.iter().map(wanted).collect();
        while left > 0 {
            let before = left;
            for ((_, width), wanted) in self.layout.columns.iter_mut().zip(&wanted) {
                if left > 0 && *width < *wanted {
                    *width += 1;
                    left -= 1;
                }
            }
            if left == before {
                return;
            }
        }
    }

    fn measure(&mut self, rows: &[Vec<Cell>]) {
        for (index, column) in self.columns.iter().enumerate() {
            let measure = &mut self.measures[index];
            let name = if self.look.header { column.name.as_str() } else { "" };
            // Two, so that a wide character always fits.
            let texts = rows.iter().map(|row| row[index].text.as_str());
            for text in texts.chain([name, "  "]) {
                measure.widest = measure.widest.max(text.width());
                measure.word = measure.word.max(longest_word(text));
            }
            measure.is_null &= rows.iter().all(|row| row[index].is_null);
            if column.is_number {
                let widest = rows.iter().map(|row| row[index].width()).max().unwrap_or(0);
                measure.word = measure.word.max(widest);
            }
            let first = match &self.constants[index] {
                None if self.rows == 0 => rows.first().map(|row| row[index].clone()),
                known => known.clone(),
            };
            self.constants[index] = first.filter(|first| rows.iter().all(|row| row[index] == *first));
            let is_one_of_several = self.rows + rows.len() > 1;
            measure.constant = self.constants[index].as_ref().filter(|_| is_one_of_several).map(Cell::width);
        }
        self.rows += rows.len();
    }

    fn fitted(&self) -> Option<Layout> {
        let Borders { left, between, right, .. } = self.look.borders;
        let frame = Frame { ends: left.width() + right.width(), between: between.width() };
        // Without a header nothing would say what a value above the table is.
        let name_width =
            |index: usize| if self.look.header { self.columns[index].name.width() } else { usize::MAX / 2 };
        fit(&self.measures, frame, self.look.room, self.look.may_hide, name_width)
    }

    fn width(&self) -> usize {
        let Borders { left, between, right, .. } = self.look.borders;
        let widths: Vec<usize> = self.widths().collect();
        left.width()
            + right.width()
            + widths.iter().sum::<usize>()
            + between.width() * widths.len().saturating_sub(1)
    }

    /// The widths of the columns, with that of what stands for hidden ones.
    fn widths(&self) -> impl Iterator<Item = usize> {
        let mut widths: Vec<usize> = self.layout.columns.iter().map(|(_, width)| *width).collect();
        self.layout.gaps.iter().rev().for_each(|&gap| widths.insert(gap, ELLIPSIS.width()));
        widths.into_iter()
    }

    /// What stands above the rows.
    fn begin(&self, out: &mut Vec<u8>) {
        for part in in_lines(&self.values_of(&self.layout.above), self.look.room) {
            let mut line = String::new();
            paint(&part, Style::Dim, self.look.has_color, &mut line);
            push(&line, out);
        }
        self.rule(0, out);
        if self.look.header {
            let names: Vec<(&str, Style)> =
                self.shown().map(|index| (self.columns[index].name.as_str(), Style::Bold)).collect();
            self.line(&names, out);
            self.rule(1, out);
        }
    }

    /// `profile = default`, `region = us-east-1`, and last `keys, home = NULL`.
    fn values_of(&self, columns: &[usize]) -> Vec<String> {
        let known = columns
            .iter()
            .filter_map(|&index| Some((self.columns[index].name.as_str(), self.constants[index].as_ref()?)));
        let (nulls, values): (Vec<_>, Vec<_>) = known.partition(|(_, cell)| cell.is_null);
        let mut pairs: Vec<String> =
            values.into_iter().map(|(name, cell)| format!("{name} = {}", cell.text)).collect();
        if let Some((last, cell)) = nulls.last() {
            pairs.extend(nulls[..nulls.len() - 1].iter().map(|(name, _)| (*name).to_owned()));
            pairs.push(format!("{last} = {}", cell.text));
        }
        pairs
    }

    fn rule(&self, place: usize, out: &mut Vec<u8>) {
        let Some([beginning, filling, crossing, end]) = self.look.borders.rules.map(|rules| rules[place])
        else {
            return;
        };
        let parts: Vec<String> = self.widths().map(|width| filling.repeat(width)).collect();
        push(&format!("{beginning}{}{end}", parts.join(crossing)), out);
    }

    /// The cells of the columns that are shown, in as many lines as the highest of them has.
    fn line(&self, cells: &[(&str, Style)], out: &mut Vec<u8>) {
        let mut wrapped: Vec<(Vec<String>, Style, usize, bool)> = cells
            .iter()
            .zip(&self.layout.columns)
            .map(|((text, style), (index, width))| {
                (wrap(text, *width), *style, *width, self.columns[*index].is_number)
            })
            .collect();
        for &gap in self.layout.gaps.iter().rev() {
            wrapped.insert(gap, (vec![ELLIPSIS.to_owned()], Style::Dim, ELLIPSIS.width(), false));
        }
        let height = wrapped.iter().map(|(lines, ..)| lines.len()).max().unwrap_or(0);
        let Borders { left, between, right, .. } = self.look.borders;
        for number in 0..height {
            let mut line = (*left).to_owned();
            for (place, (lines, style, width, is_number)) in wrapped.iter().enumerate() {
                if place > 0 {
                    line.push_str(between);
                }
                let text = lines.get(number).map_or("", String::as_str);
                let padding = width.saturating_sub(text.width());
                let (before, behind) = if *is_number { (padding, 0) } else { (0, padding) };
                line.extend(std::iter::repeat_n(' ', before));
                paint(text, *style, self.look.has_color, &mut line);
                line.extend(std::iter::repeat_n(' ', behind));
            }
            line.push_str(right);
            push(line.trim_end(), out);
        }
    }
}

/// Pairs with commas between them, in lines that break between two of them where they can.
fn in_lines(pairs: &[String], room: Option<usize>) -> Vec<String> {
    let room = room.unwrap_or(usize::MAX);
    let mut lines: Vec<String> = Vec::new();
    for (place, pair) in pairs.iter().enumerate() {
        let pair = if place + 1 < pairs.len() { format!("{pair},") } else { pair.clone() };
        match lines.last_mut() {
            Some(line) if line.width() + 1 + pair.width() <= room => line.extend([" ", &pair]),
            _ => lines.extend(wrap(&pair, room)),
        }
    }
    lines
}

/// `1,204`
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn push(line: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(line.as_bytes());
    out.push(b'\n');
}
