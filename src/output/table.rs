//! The table for people: decides how much is shown, when, and in which form.

use std::collections::VecDeque;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::cells::{Cell, Cells, Column};
use super::grid::{Borders, Grid, Look};
use super::paint::{Style, paint};
use super::records::Records;
use super::{Encode, Expanded, Options, Place};

/// Where nobody waits for the first row, the widths of columns are taken from this many rows.
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
        }
    }

    /// How many of the first rows are shown, and of the last, if there are more than both.
    fn ends(&self) -> (usize, usize) {
        self.options.max_rows.map_or((usize::MAX, 0), |most| (most - most / LAST, most / LAST))
    }

    /// How many rows to wait for before the form is chosen from them.
    fn patience(&self) -> usize {
        if self.options.expanded == Expanded::On || self.options.width.is_some() {
            1
        } else {
            self.ends().0.clamp(1, GATHERED)
        }
    }

    fn show(&mut self, out: &mut Vec<u8>) {
        let rows = std::mem::take(&mut self.gathered);
        if let Some(title) = self.title.take() {
            let mut line = String::new();
            paint(&title, Style::Bold, self.options.has_color, &mut line);
            out.extend(format!("{line}\n").bytes());
        }
        let form = self.form.get_or_insert_with(|| {
            let look = Look {
                borders: self.borders,
                header: self.options.header,
                has_color: self.options.has_color,
                room: self.options.width,
                may_hide: self.options.expanded == Expanded::Off,
            };
            let grid = match self.options.expanded {
                Expanded::On => None,
                Expanded::Off | Expanded::Auto => Grid::new(&self.columns, &rows, look),
            };
            match grid {
                Some(grid) => Form::Grid(Box::new(grid)),
                None => Form::Records(Records::new(&self.columns, look.room, look.has_color)),
            }
        });
        match form {
            Form::Grid(grid) => grid.rows(&rows, out),
            Form::Records(records) => records.rows(&rows, out),
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

    /// Shows the last rows, below a line that says how many are not shown.
    fn show_tail(&mut self, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        let kept: usize = self.tail.iter().map(RecordBatch::num_rows).sum();
        let mut surplus = kept.saturating_sub(self.ends().1);
        let hidden = self.seen - self.shown - (kept - surplus);
        if hidden > 0 {
            match &mut self.form {
                Some(Form::Grid(grid)) => grid.gap(hidden, out),
                Some(Form::Records(records)) => records.gap(hidden, out),
                None => {}
            }
        }
        for batch in std::mem::take(&mut self.tail) {
            let skipped = surplus.min(batch.num_rows());
            surplus -= skipped;
            let batch = batch.slice(skipped, batch.num_rows() - skipped);
            self.shown += batch.num_rows();
            self.gathered.extend(self.cells.rows(&batch)?);
        }
        if !self.gathered.is_empty() {
            self.show(out);
        }
        Ok(())
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
        self.keep(batch.slice(first, batch.num_rows() - first));
        let batch = batch.slice(0, first);
        self.shown += first;
        self.gathered.extend(self.cells.rows(&batch)?);
        if first > 0 && (self.form.is_some() || self.gathered.len() >= self.patience()) {
            self.show(out);
        }
        Ok(())
    }

    fn end(
        mut self: Box<Self>,
        _: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, ArrowError> {
        let has_lines = !self.columns.is_empty() && (self.options.header || !self.gathered.is_empty());
        if self.form.is_none() && has_lines {
            self.show(out);
        }
        self.show_tail(out)?;
        match &self.form {
            Some(Form::Grid(grid)) => grid.end(out),
            Some(Form::Records(records)) => records.end(out),
            None => {}
        }
        Ok(self.note())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray};
    use unicode_width::UnicodeWidthStr;

    use super::super::{Format, RowWriter, fixture};
    use super::*;

    fn written(options: &Options, batches: &[RecordBatch]) -> String {
        fixture::written(Format::Table, options, batches)
    }

    fn fitting(width: usize) -> Options {
        Options { width: Some(width), ..Options::default() }
    }

    /// As many rows, with texts of different widths.
    fn many(rows: usize) -> RecordBatch {
        fixture::texts((0..rows).map(|i| "ab 日本 👩‍👩‍👧-c".chars().cycle().take(i % 40).collect::<String>()))
    }

    #[test]
    fn a_table_of_everything() {
        let text = written(&Options { null: Some("-".into()), ..Options::default() }, &[fixture::batch()]);
        let expected = r#"
╭──────────────┬───────────┬────────────────┬──────────────────┬────────────────────┬─────────────────────────┬───────────────────────────╮
│ name         │ cpu_count │ ram_size_in_gb │ created_at       │ ipv6_addresses     │ tags                    │ state                     │
├──────────────┼───────────┼────────────────┼──────────────────┼────────────────────┼─────────────────────────┼───────────────────────────┤
│ web-1        │         2 │            0.5 │ 2025-03-01 12:34 │ [fd00::1, fd00::2] │ {env: prod, team: null} │ {code: 16, name: running} │
│ a,"b"|\n日本 │      1024 │           64.0 │ 2025-03-01 12:34 │ []                 │ {}                      │ {code: null, name: null}  │
│ -            │         - │              - │ -                │ -                  │ -                       │ -                         │
╰──────────────┴───────────┴────────────────┴──────────────────┴────────────────────┴─────────────────────────┴───────────────────────────╯
"#;
        assert_eq!(text, &expected[1..]);
    }

    #[test]
    fn a_table_that_does_not_fit_is_shown_as_records() {
        let text = written(&fitting(40), &[fixture::batch()]);
        let expected = r#"
─[ RECORD 1 ]───────────────────────────
name           │ web-1
cpu_count      │ 2
ram_size_in_gb │ 0.5
created_at     │ 2025-03-01 12:34
ipv6_addresses │ [fd00::1, fd00::2]
tags           │ {env: prod, team: null}
state          │ {code: 16, name:
               │ running}
─[ RECORD 2 ]───────────────────────────
name           │ a,"b"|\n日本
cpu_count      │ 1024
"#;
        assert!(text.starts_with(&expected[1..]), "{text}");
        assert!(text.ends_with("tags           │ NULL\nstate          │ NULL\n"), "{text}");
        for expanded in [Expanded::On, Expanded::Auto] {
            assert_eq!(written(&Options { expanded, ..fitting(40) }, &[fixture::batch()]), text);
        }
    }

    #[test]
    fn long_cells_are_wrapped_in_their_column() {
        let text = written(&fitting(24), &[fixture::texts(["ssh from anywhere", "日本日本日本日本"])]);
        let expected = "
╭─────────────────┬────╮
│ text            │  n │
├─────────────────┼────┤
│ ssh from        │ 17 │
│ anywhere        │    │
│ 日本日本日本日  │  8 │
│ 本              │    │
╰─────────────────┴────╯
";
        assert_eq!(text, &expected[1..]);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let long = fixture::rows(&format!(
            r#"{{"name": "{}", "cpu_count": 2147483647, "tags": {{"a": "{}"}}}}"#,
            "日本👩‍👩‍👧".repeat(30),
            "word ".repeat(50)
        ));
        for width in (1..50).chain((50..260).step_by(9)) {
            for expanded in [Expanded::Off, Expanded::On, Expanded::Auto] {
                for batches in [vec![fixture::batch(), long.clone()], vec![many(3), many(60)], vec![]] {
                    let text = written(&Options { expanded, ..fitting(width) }, &batches);
                    let widest = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
                    assert!(widest <= width.max(NARROWEST), "{widest} > {width}:\n{text}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_cut_or_wrapped_without_a_terminal() {
        let long = "word ".repeat(200) + "end";
        let wide = [fixture::texts(vec!["short"; GATHERED]), fixture::texts([long.as_str()])];
        for expanded in [Expanded::Off, Expanded::On] {
            let text = written(&Options { expanded, ..Options::default() }, &wide);
            assert!(text.lines().any(|line| line.contains(&long)));
            assert_eq!(text.matches("short").count(), GATHERED);
            assert_eq!(text.matches("│ text").count(), usize::from(expanded == Expanded::Off));
        }
    }

    #[test]
    fn columns_of_a_grid_are_aligned() {
        for options in [fitting(60), Options::default()] {
            let text = written(&options, &[many(40), many(20)]);
            let widths: Vec<_> = text.lines().map(UnicodeWidthStr::width).collect();
            assert!(widths.iter().all(|width| *width == widths[0]), "{text}");
            assert_eq!(text.matches("─┬─").count(), 1);
        }
    }

    #[test]
    fn rows_are_shown_as_they_come_under_the_same_columns() {
        let (out, bytes) = fixture::buffer();
        let mut writer = RowWriter::new(Format::Table, many(0).schema(), out, &fitting(80)).unwrap();
        writer.write(&many(0)).unwrap();
        assert_eq!(bytes.text(), "");
        writer.write(&fixture::texts(["abcdefgh"])).unwrap();
        let header = "╭──────────┬────╮\n│ text     │  n │\n├──────────┼────┤\n│ abcdefgh │  8 │\n";
        assert_eq!(bytes.text(), header);
        writer.write(&fixture::texts(["abc def ghi"])).unwrap();
        writer.finish(&[]).unwrap();
        let rest = "│ abc def  │ 11 │\n│ ghi      │    │\n╰──────────┴────╯\n";
        assert_eq!(bytes.text(), header.to_owned() + rest);
    }

    #[test]
    fn a_word_that_comes_later_and_is_longer_begins_a_new_table() {
        let batches = [fixture::texts(["abc"]), fixture::texts(["a-longer-word"])];
        let expected = "
╭──────┬────╮
│ text │  n │
├──────┼────┤
│ abc  │  3 │
╰──────┴────╯
╭───────────────┬────╮
│ text          │  n │
├───────────────┼────┤
│ a-longer-word │ 13 │
╰───────────────┴────╯
";
        assert_eq!(written(&fitting(80), &batches), expected[1..]);
    }

    #[test]
    fn a_column_of_one_value_stands_above_until_it_has_another() {
        let batch = |profile: &str, names: [&str; 2]| {
            let schema = fixture::schema_of(&["profile", "name"]);
            let column = |values: [&str; 2]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
            RecordBatch::try_new(schema, vec![column([profile; 2]), column(names)]).unwrap()
        };
        let first = batch("the-profile-of-all", ["name-1", "name-2"]);
        let later = batch("p", ["name-3", "name-4"]);
        let expected = "
profile = the-profile-of-all
╭────────╮
│ name   │
├────────┤
│ name-1 │
│ name-2 │
╰────────╯
─[ RECORD";
        let text = written(&fitting(30), std::slice::from_ref(&first));
        assert_eq!(text + "─[ RECORD", expected[1..]);
        let text = written(&fitting(30), &[first, later]);
        assert!(text.starts_with("profile = the-profile-of-all\n╭────────╮\n"), "{text}");
        assert!(text.contains("│ profile"), "{text}");
        assert!(text.contains("│ p "), "{text}");
    }

    #[test]
    fn middle_columns_go_and_the_note_says_how_to_see_them() {
        let names: Vec<String> = (1..=9).map(|number| format!("column_{number}")).collect();
        let schema = fixture::schema_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let columns = (0..9)
            .map(|number| Arc::new(StringArray::from(vec![format!("v-{number}"), "w".into()])) as ArrayRef);
        let batch = RecordBatch::try_new(schema, columns.collect()).unwrap();
        let (text, note) = fixture::noted(Format::Table, &fitting(50), std::slice::from_ref(&batch));
        let expected = "
╭──────────┬──────────┬───┬──────────┬──────────╮
│ column_1 │ column_2 │ … │ column_8 │ column_9 │
├──────────┼──────────┼───┼──────────┼──────────┤
│ v-0      │ v-1      │ … │ v-7      │ v-8      │
│ w        │ w        │ … │ w        │ w        │
╰──────────┴──────────┴───┴──────────┴──────────╯
";
        assert_eq!(text, expected[1..]);
        assert_eq!(note.as_deref(), Some("… 5 columns: --format line or -o FILE shows them"));
        let options = Options { place: Place::Shell, ..fitting(50) };
        let (_, note) = fixture::noted(Format::Table, &options, std::slice::from_ref(&batch));
        assert_eq!(note.as_deref(), Some("… 5 columns: \\x or \\o FILE shows them"));
        assert_eq!(fixture::noted(Format::Table, &Options::default(), &[batch]).1, None);
    }

    #[test]
    fn colors_change_no_width() {
        let options = |has_color| Options { has_color, ..fitting(60) };
        let batches = [fixture::batch(), many(30)];
        for batch in batches {
            let colored = written(&options(true), std::slice::from_ref(&batch));
            let plain = written(&options(false), &[batch]);
            assert!(
                colored.contains("\x1b[1mname\x1b[0m") || colored.contains("\x1b[1mtext\x1b[0m"),
                "{colored}"
            );
            let stripped =
                ["\x1b[0m", "\x1b[1m", "\x1b[2m"].iter().fold(colored, |text, code| text.replace(code, ""));
            assert_eq!(stripped, plain);
        }
    }

    #[test]
    fn a_number_is_never_wrapped() {
        let text = written(&fitting(80), &[fixture::texts(["a"]), fixture::texts(["b".repeat(1234)])]);
        assert!(text.contains("│ 1234 │"), "{text}");
    }

    #[test]
    fn a_long_result_shows_its_beginning_and_its_end() {
        let options = |max_rows, width| Options { max_rows, width, ..Options::default() };
        let numbered =
            |from: usize, to: usize| fixture::texts((from..to).map(|number| format!("x{number:03}")));
        let batches = [numbered(0, 25), numbered(25, 35), numbered(35, 400), numbered(400, 412)];
        for width in [None, Some(80), Some(20)] {
            let (text, note) = fixture::noted(Format::Table, &options(Some(40), width), &batches);
            let shown: Vec<&str> =
                text.lines().filter_map(|line| line.split_once("│ x")?.1.get(..3)).collect();
            let expected: Vec<String> =
                (0..30).chain(402..412).map(|number| format!("{number:03}")).collect();
            assert_eq!(shown, expected);
            assert!(text.contains("│ … 372"), "{text}");
            assert_eq!(note.as_deref(), Some("40 of 412 rows shown; --maxrows 0 or -o FILE shows all"));
            let (text, note) = fixture::noted(Format::Table, &options(None, width), &batches);
            assert_eq!((text.matches("│ x").count(), note), (412, None));
            let (text, note) = fixture::noted(Format::Table, &options(Some(412), width), &batches);
            assert_eq!((text.matches("│ x").count(), note), (412, None));
            let (text, _) = fixture::noted(Format::Table, &options(Some(1), width), &batches);
            assert_eq!((text.matches("│ x").count(), text.matches("│ … 411").count()), (1, 1));
        }
        let records = Options { expanded: Expanded::On, ..options(Some(4), Some(80)) };
        let text = written(&records, &[numbered(0, 9)]);
        assert_eq!((text.matches("─[ RECORD").count(), text.matches("─[ … 5 MORE ]").count()), (4, 1));
        assert!(text.contains("─[ RECORD 9 ]"), "{text}");
        assert_eq!(grouped_gap(1204), "│ … 1,204 more rows │");
    }

    /// The line for so many rows that are not shown.
    fn grouped_gap(rows: usize) -> String {
        let batch = fixture::texts(vec!["a long enough text"; rows + 2]);
        let options = Options { max_rows: Some(2), width: Some(80), ..Options::default() };
        let text = written(&options, &[batch]);
        let line = text.lines().find(|line| line.contains('…')).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn no_rows_are_a_header() {
        let header = "╭──────┬────╮\n│ text │  n │\n├──────┼────┤\n╰──────┴────╯\n";
        assert_eq!(written(&fitting(80), &[many(0)]), header);
        assert_eq!(written(&Options::default(), &[many(0)]), header);
        assert_eq!(written(&Options { expanded: Expanded::On, ..fitting(40) }, &[]), "─[ NO RECORDS ]─\n");
        let bare = Options { header: false, ..fitting(80) };
        assert_eq!(written(&bare, &[many(0)]), "");
        assert_eq!(written(&bare, &[fixture::texts(["x"])]), "╭────┬────╮\n│ x  │  1 │\n╰────┴────╯\n");
    }

    #[test]
    fn data_does_not_drive_the_terminal() {
        let evil = fixture::texts(["\x1b]0;owned\x07\u{9b}2J\n\u{202e}"]);
        for expanded in [Expanded::Off, Expanded::On] {
            let text = written(&Options { expanded, ..fitting(80) }, std::slice::from_ref(&evil));
            assert!(text.contains(r"\x1b]0;owned\x07\x9b2J\n\u{202e}"), "{text}");
        }
    }

    #[test]
    fn a_result_without_columns_is_nothing() {
        let (out, bytes) = fixture::buffer();
        let writer = RowWriter::new(Format::Table, fixture::schema_of(&[]), out, &fitting(80)).unwrap();
        writer.finish(&[]).unwrap();
        assert_eq!(bytes.text(), "");
    }
}
