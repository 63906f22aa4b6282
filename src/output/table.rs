//! The table for people: decides how much is shown, when, and in which form.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::cells::Column;
use super::grid::Grid;
use super::records::Records;
use super::{Encode, Options, cells};

/// Where nobody waits for the first row, the widths of columns are taken from this many rows.
const GATHERED: usize = 1000;

/// No terminal is narrower in earnest; below it nothing sensible could be laid out.
const NARROWEST: usize = 20;

pub(super) struct Table {
    columns: Vec<Column>,
    options: Options,
    form: Option<Form>,
    gathered: Vec<Vec<String>>,
    shown: usize,
    seen: usize,
}

enum Form {
    Grid(Grid),
    Records(Records),
}

impl Table {
    pub(super) fn new(schema: &SchemaRef, options: &Options) -> Self {
        let columns = schema.fields().iter().map(|field| Column {
            name: cells::visible(field.name()).into_owned(),
            is_number: field.data_type().is_numeric(),
        });
        let options = Options {
            null: Some(cells::visible(options.null.as_deref().unwrap_or_default()).into_owned()),
            // A pseudo-terminal without a size says that it is 0 wide.
            width: options.width.filter(|&width| width > 0).map(|width| width.max(NARROWEST)),
            ..options.clone()
        };
        Self { columns: columns.collect(), options, form: None, gathered: Vec::new(), shown: 0, seen: 0 }
    }

    /// How many rows to wait for before the form is chosen from them.
    fn patience(&self) -> usize {
        if self.options.expanded || self.options.width.is_some() {
            1
        } else {
            self.options.max_rows.unwrap_or(GATHERED).clamp(1, GATHERED)
        }
    }

    fn show(&mut self, out: &mut Vec<u8>) {
        let rows = std::mem::take(&mut self.gathered);
        let form = self.form.get_or_insert_with(|| {
            let grid = Grid::new(&self.columns, &rows, self.options.header, self.options.width);
            match grid.filter(|_| !self.options.expanded) {
                Some(grid) => Form::Grid(grid),
                None => Form::Records(Records::new(&self.columns, self.options.width)),
            }
        });
        match form {
            Form::Grid(grid) => grid.rows(&rows, out),
            Form::Records(records) => records.rows(&rows, out),
        }
    }
}

impl Encode for Table {
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        let room = self.options.max_rows.map_or(usize::MAX, |most| most - self.shown);
        self.seen += batch.num_rows();
        let batch = batch.slice(0, batch.num_rows().min(room));
        self.shown += batch.num_rows();
        self.gathered.extend(cells::rows(&batch, self.options.null.as_deref().unwrap_or_default())?);
        if batch.num_rows() > 0 && (self.form.is_some() || self.gathered.len() >= self.patience()) {
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
        match &self.form {
            Some(Form::Grid(grid)) => grid.end(out),
            Some(Form::Records(records)) => records.end(out),
            None => {}
        }
        let hidden = self.seen > self.shown;
        Ok(hidden
            .then(|| format!("{} of {} rows shown; --maxrows 0 or a file shows all", self.shown, self.seen)))
    }
}

#[cfg(test)]
mod tests {
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
╭──────────────┬───────────┬────────────────┬──────────────────────────┬────────────────────┬─────────────────────────┬───────────────────────────╮
│ name         │ cpu_count │ ram_size_in_gb │ created_at               │ ipv6_addresses     │ tags                    │ state                     │
├──────────────┼───────────┼────────────────┼──────────────────────────┼────────────────────┼─────────────────────────┼───────────────────────────┤
│ web-1        │         2 │            0.5 │ 2025-03-01T12:34:56Z     │ [fd00::1, fd00::2] │ {env: prod, team: null} │ {code: 16, name: running} │
│ a,"b"|\n日本 │      1024 │           64.0 │ 2025-03-01T12:34:56.789Z │ []                 │ {}                      │ {code: null, name: null}  │
│ -            │         - │              - │ -                        │ -                  │ -                       │ -                         │
╰──────────────┴───────────┴────────────────┴──────────────────────────┴────────────────────┴─────────────────────────┴───────────────────────────╯
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
created_at     │ 2025-03-01T12:34:56Z
ipv6_addresses │ [fd00::1, fd00::2]
tags           │ {env: prod, team: null}
state          │ {code: 16, name:
               │ running}
─[ RECORD 2 ]───────────────────────────
name           │ a,"b"|\n日本
cpu_count      │ 1024
"#;
        assert!(text.starts_with(&expected[1..]), "{text}");
        assert!(text.ends_with("tags           │\nstate          │\n"), "{text}");
        assert_eq!(written(&Options { expanded: true, ..fitting(40) }, &[fixture::batch()]), text);
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
            for expanded in [false, true] {
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
        for expanded in [false, true] {
            let text = written(&Options { expanded, ..Options::default() }, &wide);
            assert!(text.lines().any(|line| line.contains(&long)));
            assert_eq!(text.matches("short").count(), GATHERED);
            assert_eq!(text.matches("│ text").count(), usize::from(!expanded));
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
    fn a_number_is_never_wrapped() {
        let text = written(&fitting(80), &[fixture::texts(["a"]), fixture::texts(["b".repeat(1234)])]);
        assert!(text.contains("│ 1234 │"), "{text}");
    }

    #[test]
    fn a_long_result_is_cut_short_with_a_note() {
        let options = |max_rows, width| Options { max_rows, width, ..Options::default() };
        let batches = [fixture::texts(vec!["x"; 30]), fixture::texts(vec!["x"; 382])];
        for width in [None, Some(80), Some(20)] {
            let (text, note) = fixture::noted(Format::Table, &options(Some(40), width), &batches);
            assert_eq!(text.matches("│ x").count(), 40);
            assert_eq!(note.as_deref(), Some("40 of 412 rows shown; --maxrows 0 or a file shows all"));
            let (text, note) = fixture::noted(Format::Table, &options(None, width), &batches);
            assert_eq!((text.matches("│ x").count(), note), (412, None));
            assert_eq!(fixture::noted(Format::Table, &options(Some(412), width), &batches).1, None);
        }
    }

    #[test]
    fn no_rows_are_a_header() {
        let header = "╭──────┬────╮\n│ text │  n │\n├──────┼────┤\n╰──────┴────╯\n";
        assert_eq!(written(&fitting(80), &[many(0)]), header);
        assert_eq!(written(&Options::default(), &[many(0)]), header);
        assert_eq!(written(&fitting(40), &[]), "─[ NO RECORDS ]─\n");
        let bare = Options { header: false, ..fitting(80) };
        assert_eq!(written(&bare, &[many(0)]), "");
        assert_eq!(written(&bare, &[fixture::texts(["x"])]), "╭────┬────╮\n│ x  │  1 │\n╰────┴────╯\n");
    }

    #[test]
    fn data_does_not_drive_the_terminal() {
        let evil = fixture::texts(["\x1b]0;owned\x07\u{9b}2J\n\u{202e}"]);
        for expanded in [false, true] {
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
