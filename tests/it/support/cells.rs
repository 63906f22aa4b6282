//! Cells as text.

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// The cells of all rows, with this text for NULL.
pub fn cells<'a>(batches: impl IntoIterator<Item = &'a RecordBatch>, null: &str) -> Vec<Vec<String>> {
    let options = FormatOptions::new().with_null(null);
    let mut rows = Vec::new();
    for batch in batches {
        let columns = batch.columns().iter();
        let columns: Vec<_> =
            columns.map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        let row = |row| columns.iter().map(|column| column.value(row).to_string()).collect();
        rows.extend((0..batch.num_rows()).map(row));
    }
    rows
}
