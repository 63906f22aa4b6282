//! A row as a line: what it is about, and what is first said of it.

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::Map;

use super::model::Example;
use crate::output::json_rows;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::visible::visible;

/// How many columns are said beside the name and the region.
const COLUMNS: usize = 3;

/// The first row of a batch that has one.
///
/// # Errors
/// When a value cannot be written.
pub(super) fn example(rows: &RecordBatch) -> Result<Option<Example>> {
    if rows.num_rows() == 0 {
        return Ok(None);
    }
    let row = rows.slice(0, 1);
    let unwritable = |error: arrow::error::ArrowError| {
        Error::new(Kind::Output, format!("a row cannot be written: {error}")).with_source(error)
    };
    let values = json_rows(&row).map_err(unwritable)?.pop().unwrap_or_default();
    let schema = row.schema();
    let names = || schema.fields().iter().map(|field| field.name().as_str());
    let options = FormatOptions::new().with_null("null");
    let mut texts = Vec::new();
    for (name, column) in names().zip(row.columns()) {
        let text = ArrayFormatter::try_new(column, &options).map_err(unwritable)?;
        let text = text.value(0).try_to_string().map_err(unwritable)?;
        if column.is_valid(0) && !text.is_empty() && name != "profile" {
            texts.push((visible(name).into_owned(), visible(&text).into_owned()));
        }
    }
    let row = names().map(ToOwned::to_owned).zip(values).collect::<Map<_, _>>();
    Ok(Some(Example { text: line(texts), row }))
}

/// `web-1 (us-east-1): service SSH, port 22, protocol tcp`
fn line(mut texts: Vec<(String, String)>) -> String {
    let named = |is_name: fn(&str) -> bool| texts.iter().position(|(name, _)| is_name(name));
    let lead = named(|name| name == "name").or_else(|| named(|name| name.ends_with("_name")));
    let lead = lead.map(|place| texts.remove(place).1);
    let place = texts.iter().position(|(name, _)| name == "region");
    let region = place.map(|place| texts.remove(place).1);
    let lead = lead.or_else(|| (region.is_none() && !texts.is_empty()).then(|| texts.remove(0).1));
    let rest: Vec<String> =
        texts.into_iter().take(COLUMNS).map(|(name, text)| format!("{name} {text}")).collect();
    let mut line = match (lead, region) {
        (Some(lead), Some(region)) => format!("{lead} ({region})"),
        (lead, region) => lead.or(region).unwrap_or_default(),
    };
    if !rest.is_empty() {
        line += &format!(": {}", rest.join(", "));
    }
    line
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int32Array, StringArray};

    use super::*;

    #[test]
    fn a_row_is_a_line_that_begins_with_what_it_is_about() {
        let text = |text: &str| Arc::new(StringArray::from(vec![Some(text), None])) as ArrayRef;
        let port = Arc::new(Int32Array::from(vec![Some(22), None])) as ArrayRef;
        let columns = [
            ("profile", text("default")),
            ("region", text("us-east-1")),
            ("service", text("SSH")),
            ("instance_name", text("web\u{1b}[2J")),
            ("port", port),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let example = super::example(&batch).unwrap().unwrap();
        assert_eq!(example.text, r"web\x1b[2J (us-east-1): service SSH, port 22");
        assert_eq!((&example.row["profile"], &example.row["port"]), (&"default".into(), &22.into()));
        assert!(super::example(&batch.slice(0, 0)).unwrap().is_none());
        assert_eq!(super::example(&batch.slice(1, 1)).unwrap().unwrap().text, "");
    }
}
