//! The rows of an answer that become the table `_`, as far as there is memory for them.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::sync::Arc;

use datafusion_lightsail::error::Result;
use datafusion_lightsail::scan::Record;
use datafusion_lightsail::session::Session;

/// What a kept answer may hold, in bytes.
const MOST: usize = 64 << 20;

/// The rows of an answer so far; `None` once they are too many.
pub(crate) struct Kept {
    batches: Option<Vec<RecordBatch>>,
    bytes: usize,
}

impl Kept {
    pub(crate) fn new() -> Self {
        Self { batches: Some(Vec::new()), bytes: 0 }
    }

    pub(crate) fn push(&mut self, batch: &RecordBatch) {
        let Some(batches) = &mut self.batches else { return };
        self.bytes += batch.get_array_memory_size();
        if self.bytes > MOST {
            self.batches = None;
        } else {
            batches.push(batch.clone());
        }
    }

    /// Makes the answer the table `_`; says so if it is too large.
    ///
    /// # Errors
    /// When the session takes no tables.
    pub(crate) fn end(
        self,
        session: &Session,
        schema: &SchemaRef,
        record: &Arc<Record>,
    ) -> Result<Option<String>> {
        match self.batches {
            Some(batches) => {
                session.keep_answer(schema, &batches, record)?;
                Ok(None)
            }
            None => {
                session.forget_answer()?;
                Ok(Some(format!("_ does not have this answer: it takes more than {} MB", MOST >> 20)))
            }
        }
    }
}
