//! The rows of a part of a plan on their way to the coordinator: a last column beside them, in which a worker reports.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::common::cast::as_binary_array;

/// The name of the last column.
const REPORT: &str = "lightsail_sql.report";

/// The columns of rows with that of reports: in the row of a report all others are NULL.
pub(super) fn schema(rows: &SchemaRef) -> SchemaRef {
    let fields = rows.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
    let report = Field::new(REPORT, DataType::Binary, true);
    Arc::new(Schema::new_with_metadata(fields.chain([report]).collect::<Vec<_>>(), rows.metadata().clone()))
}

/// Rows without a report. `schema` is that of [`schema`].
pub(super) fn rows(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let none = new_null_array(&DataType::Binary, batch.num_rows());
    let columns: Vec<ArrayRef> = batch.columns().iter().cloned().chain([none]).collect();
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

/// A report as a batch of one row.
pub(super) fn report(report: &[u8], schema: &SchemaRef) -> Result<RecordBatch> {
    let width = schema.fields().len() - 1;
    let nulls = schema.fields().iter().take(width).map(|field| new_null_array(field.data_type(), 1));
    let report: ArrayRef = Arc::new(BinaryArray::from_vec(vec![report]));
    Ok(RecordBatch::try_new(Arc::clone(schema), nulls.chain([report]).collect())?)
}

/// What a batch brought.
pub(super) enum Arrival {
    Rows(RecordBatch),
    Report(Vec<u8>),
}

/// Takes the column of reports off. `schema` is that of the rows as the plan has them.
pub(super) fn arrived(batch: &RecordBatch, schema: &SchemaRef) -> Result<Arrival> {
    let width = schema.fields().len();
    let reports = as_binary_array(batch.column(width))?;
    if reports.iter().flatten().next().is_some() {
        return Ok(Arrival::Report(reports.iter().flatten().next().unwrap_or_default().to_vec()));
    }
    let columns = batch.columns()[..width].to_vec();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(Arrival::Rows(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?))
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;

    use super::*;

    #[test]
    fn rows_and_reports_come_apart_again() {
        let plain: SchemaRef = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        let sent = schema(&plain);
        let batch =
            RecordBatch::try_new(Arc::clone(&plain), vec![Arc::new(Int64Array::from(vec![1, 2]))]).unwrap();
        match arrived(&rows(&batch, &sent).unwrap(), &plain).unwrap() {
            Arrival::Rows(back) => assert_eq!(back, batch),
            Arrival::Report(_) => panic!("rows are no report"),
        }
        match arrived(&report(b"told", &sent).unwrap(), &plain).unwrap() {
            Arrival::Report(told) => assert_eq!(told, b"told"),
            Arrival::Rows(_) => panic!("a report is no rows"),
        }
    }

    #[test]
    fn rows_without_columns_keep_their_number() {
        let plain: SchemaRef = Arc::new(Schema::empty());
        let options = RecordBatchOptions::new().with_row_count(Some(7));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&plain), vec![], &options).unwrap();
        match arrived(&rows(&batch, &schema(&plain)).unwrap(), &plain).unwrap() {
            Arrival::Rows(back) => assert_eq!(back.num_rows(), 7),
            Arrival::Report(_) => panic!("rows are no report"),
        }
    }
}
