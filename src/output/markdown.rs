//! A GitHub table.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::cells::Cells;
use super::{Encode, Options};

pub(super) struct Markdown {
    /// What is still to be written above the first row.
    header: String,
    cells: Cells,
}

impl Markdown {
    pub(super) fn new(schema: SchemaRef, options: &Options) -> Self {
        let cells = Cells::exact(schema, options.null.as_deref().unwrap_or_default());
        let columns = cells.columns();
        let mut header = String::new();
        if options.header {
            header += &line(columns.iter().map(|column| escaped(&column.name)));
            header += &line(columns.iter().map(|column| if column.is_number { "---:" } else { "---" }));
        }
        Self { header, cells }
    }
}

impl Encode for Markdown {
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        out.append(&mut std::mem::take(&mut self.header).into_bytes());
        for row in self.cells.rows(batch)? {
            out.append(&mut line(row.iter().map(|cell| escaped(&cell.text))).into_bytes());
        }
        Ok(())
    }

    fn end(self: Box<Self>, _: &[(String, String)], out: &mut Vec<u8>) -> Result<Option<String>, ArrowError> {
        out.append(&mut self.header.into_bytes());
        Ok(None)
    }
}

fn line(cells: impl Iterator<Item = impl AsRef<str>>) -> String {
    cells.fold("|".to_owned(), |line, cell| line + " " + cell.as_ref() + " |") + "\n"
}

/// The text with everything escaped that would end the cell, open an element, or change how the rest looks.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '\\' | '|' | '`' | '*' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::{Format, fixture};
    use super::*;

    const HEADER: &str = "\
| name | cpu_count | ram_size_in_gb | created_at | ipv6_addresses | tags | state |
| --- | ---: | ---: | --- | --- | --- | --- |
";

    #[test]
    fn rows_are_one_line_each() {
        let text = fixture::written(Format::Markdown, &Options::default(), &[fixture::batch()]);
        assert_eq!(
            text,
            HEADER.to_owned()
                + r#"| web-1 | 2 | 0.5 | 2025-03-01T12:34:56Z | [fd00::1, fd00::2] | {env: prod, team: null} | {code: 16, name: running} |
| a,"b"\|\\n日本 | 1024 | 64.0 | 2025-03-01T12:34:56.789Z | [] | {} | {code: null, name: null} |
|  |  |  |  |  |  |  |
"#
        );
    }

    #[test]
    fn the_header_comes_once_or_not_at_all() {
        let options = Options { header: false, null: Some("∅".into()), ..Options::default() };
        let batches = [fixture::batch(), fixture::batch()];
        assert_eq!(
            fixture::written(Format::Markdown, &Options::default(), &batches).matches("---:").count(),
            2
        );
        assert_eq!(fixture::written(Format::Markdown, &Options::default(), &[]), HEADER);
        assert!(fixture::written(Format::Markdown, &options, &batches).ends_with("| ∅ | ∅ |\n"));
        assert_eq!(fixture::written(Format::Markdown, &options, &[]), "");
    }

    #[test]
    fn markup_in_data_stays_data() {
        assert_eq!(escaped(r"<b>\|*`"), r"&lt;b>\\\|\*\`");
    }
}
