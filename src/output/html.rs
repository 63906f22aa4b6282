//! One page of HTML that needs nothing else: the rows as a table that sorts itself, with what they are and as of when.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::cells::{Cells, Column};
use super::chart::Svg;
use super::paint::Style;
use super::{Encode, Options};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use datafusion_lightsail::catalog::meaning::Tone;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("html.css");
const SCRIPT: &str = include_str!("html.js");

pub(super) struct Html {
    cells: Cells,
    columns: Vec<Column>,
    /// What is still to be written above the first row.
    head: Option<String>,
    rows: usize,
    /// The picture of the rows, where they are a course in time, or a label and a number.
    picture: Option<Svg>,
}

impl Html {
    pub(super) fn new(schema: SchemaRef, options: &Options) -> Self {
        let picture = Svg::of_page(&schema, options);
        let cells = Cells::exact(schema, options.null.as_deref().unwrap_or("NULL"));
        let columns = cells.columns();
        let title = escaped(options.about.title.as_deref().unwrap_or("lightsail-sql"));
        let mut head = format!("{}<h1>{title}</h1>\n", head(&title, ""));
        if let Some(query) = &options.about.query {
            head +=
                &format!("<details open><summary>Query</summary><pre>{}</pre></details>\n", escaped(query));
        }
        head += "<table>\n";
        if options.header {
            head += &names(&columns);
        }
        Self { cells, columns, head: Some(head + "<tbody>\n"), rows: 0, picture }
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend(self.head.take().unwrap_or_default().into_bytes());
    }
}

impl Encode for Html {
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        self.begin(out);
        self.rows += batch.num_rows();
        if let Some(picture) = &mut self.picture {
            picture.rows(batch, out)?;
        }
        out.extend(lines((&self.cells, None), &self.columns, batch)?.into_bytes());
        Ok(())
    }

    fn end(
        mut self: Box<Self>,
        metadata: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, ArrowError> {
        self.begin(out);
        let plural = if self.rows == 1 { "" } else { "s" };
        out.extend(b"</tbody>\n</table>\n");
        if let Some(picture) = self.picture.take().and_then(Svg::into_page) {
            out.extend(format!("<figure>\n{picture}</figure>\n").into_bytes());
        }
        let mut foot = format!("<dl>\n<dt>rows</dt><dd>{} row{plural}</dd>\n", self.rows);
        for (key, value) in metadata {
            let name = key.strip_prefix("lightsail_sql.").unwrap_or(key).replace('_', " ");
            foot += &format!("<dt>{}</dt><dd>{}</dd>\n", escaped(&name), escaped(value));
        }
        foot += "</dl>\n";
        foot += &end();
        out.extend(foot.into_bytes());
        Ok(None)
    }
}

/// The beginning of a page that loads nothing and may load nothing: its only style and its only script are those whose
/// digests its policy names. Both arguments are HTML and CSS already.
pub(crate) fn head(title: &str, more_style: &str) -> String {
    let style = format!("\n{STYLE}{more_style}");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; script-src '{}'; \
         base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n",
        digest(&style),
        digest(&script())
    )
}

/// The end of the page.
pub(crate) fn end() -> String {
    format!("<script>{}</script>\n</body>\n</html>\n", script())
}

fn script() -> String {
    format!("\n{SCRIPT}")
}

/// A text as a policy names it: `sha256-…`.
fn digest(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

/// Rows as a table that sorts itself, times and amounts as people write them.
///
/// # Errors
/// When a value has no text.
pub(crate) fn table(batch: &RecordBatch) -> Result<String, ArrowError> {
    let exact = Cells::exact(batch.schema(), "NULL");
    let shown = Cells::new(batch.schema(), &Options { null: Some("NULL".to_owned()), ..Options::default() });
    let columns = exact.columns();
    let (names, lines) = (names(&columns), lines((&shown, Some(&exact)), &columns, batch)?);
    Ok(format!("<table>\n{names}<tbody>\n{lines}</tbody>\n</table>\n"))
}

fn names(columns: &[Column]) -> String {
    let name = |column: &Column| {
        let class = if column.is_number { " class=\"number\"" } else { "" };
        format!("<th{class}>{}</th>", escaped(&column.name))
    };
    format!("<thead><tr>{}</tr></thead>\n", columns.iter().map(name).collect::<String>())
}

/// The lines of a table; its cells are sorted by what others say, where those are given.
fn lines(
    (shown, exact): (&Cells, Option<&Cells>),
    columns: &[Column],
    batch: &RecordBatch,
) -> Result<String, ArrowError> {
    let mut lines = String::new();
    let keys = exact.map(|exact| exact.rows(batch)).transpose()?;
    for (place, row) in shown.rows(batch)?.into_iter().enumerate() {
        let cells = row.iter().zip(columns).enumerate().map(|(at, (cell, column))| {
            let key = keys.as_ref().map(|keys| &keys[place][at].text).filter(|key| **key != cell.text);
            let key = key.map(|key| format!(" data-sort=\"{}\"", escaped(key))).unwrap_or_default();
            let class = match cell.style {
                Style::Dim => " class=\"null\"",
                Style::Tone(Tone::Good) => " class=\"good\"",
                Style::Tone(Tone::Warn) => " class=\"warn\"",
                Style::Tone(Tone::Bad) => " class=\"bad\"",
                _ if column.is_number => " class=\"number\"",
                _ => "",
            };
            format!("<td{class}{key}>{}</td>", escaped(&cell.text))
        });
        lines += &format!("<tr>{}</tr>\n", cells.collect::<String>());
    }
    Ok(lines)
}

/// The text with everything escaped that would be more than text, in HTML and SVG.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::{About, Format, RowWriter, fixture};
    use super::*;

    #[test]
    fn a_page_says_what_it_is_and_needs_nothing_else() {
        let about = About { title: Some("Servers <b>".into()), query: Some("SELECT 1 < 2".into()) };
        let options = Options { about, ..Options::default() };
        let (out, bytes) = fixture::buffer();
        let batch = fixture::texts(["<script>alert(1)</script>", "b"]);
        let mut writer = RowWriter::new(Format::Html, batch.schema(), out, &options).unwrap();
        writer.write(&batch).unwrap();
        let metadata = [
            ("lightsail_sql.complete", "false"),
            ("lightsail_sql.snapshot_time", "2026-01-01T00:00:00.000Z"),
        ];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
        writer.finish(&metadata).unwrap();
        let text = bytes.text();
        for part in [
            "<title>Servers &lt;b&gt;</title>",
            "<pre>SELECT 1 &lt; 2</pre>",
            "<th>text</th><th class=\"number\">n</th>",
            "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td><td class=\"number\">25</td>",
            "<dt>complete</dt><dd>false</dd>",
            "<dt>snapshot time</dt><dd>2026-01-01T00:00:00.000Z</dd>",
            "<dd>2 rows</dd>",
            "</html>\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("<figure>\n<svg ") && text.contains("<rect "), "{text}");
        assert!(text.contains("content=\"default-src 'none'; style-src 'sha256-"), "{text}");
        assert!(
            !text.contains("style=") && text.matches("<style").count() == 1,
            "the policy forbids it: {text}"
        );
        let loads = text.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!loads.contains("://") && !loads.contains("src="), "it loads something");
    }
}
