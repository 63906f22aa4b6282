//! Which columns of an answer have one value in all of its rows, shown or not.

use arrow::array::make_comparator;
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::SortOptions;
use arrow::error::ArrowError;

/// What is known of the columns of the rows so far.
#[derive(Default)]
pub(super) struct Constants {
    /// The first row.
    first: Vec<ArrayRef>,
    varying: Vec<bool>,
}

impl Constants {
    /// Takes rows into account.
    pub(super) fn see(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if self.first.is_empty() {
            self.first = batch.slice(0, 1).columns().to_vec();
            self.varying = vec![false; batch.num_columns()];
        }
        for ((first, varies), column) in self.first.iter().zip(&mut self.varying).zip(batch.columns()) {
            if !*varies {
                // What cannot be compared is not known to be the same.
                let is_same = make_comparator(first, column, SortOptions::default());
                *varies =
                    is_same.map_or(true, |compare| (0..column.len()).any(|row| compare(0, row).is_ne()));
            }
        }
        Ok(())
    }

    /// Which columns have more than one value; none before the first row.
    pub(super) fn varying(&self) -> &[bool] {
        &self.varying
    }
}
