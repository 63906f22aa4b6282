//! A page becomes rows: the one way from the items of an answer to a record batch, whatever asked for them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use datafusion::common::{DataFusionError, Result};

use super::Reader;
use crate::aws::fault;
use crate::catalog::table::Origin;
use crate::scan::plan::predicate::filter;
use crate::scan::plan::requests::Request;
use crate::scan::read::cursor::Cursor;
use crate::scan::read::pages::Read;

/// What to do about a value that no column can have.
const UNREADABLE: &str = "name the columns that are wanted, without the one that cannot be read, or leave the region out: \
                          --region";

impl Reader {
    /// Writes down what a page brought, and makes rows of its items; `None` if none passes, or if other operations are asked
    /// about them.
    pub(in crate::scan::read) fn rows(
        &mut self,
        cursor: &mut Cursor,
        read: &Read,
        range: Range<usize>,
    ) -> Result<Option<RecordBatch>> {
        self.note(cursor, read, range.len());
        if !cursor.work.has_rows {
            return Ok(None);
        }
        Ok(Some(self.batch(&cursor.work.request, read, range)?).filter(|batch| batch.num_rows() > 0))
    }

    /// The rows of a page that pass, as many as are still wanted.
    fn batch(&mut self, request: &Request, read: &Read, range: Range<usize>) -> Result<RecordBatch> {
        let _timer = self.metrics.computing();
        let (scan, Request { target, operation, .. }) = (&self.scan, request);
        // The answer about a parent has no arn: its account is the parent's.
        let account = self.clients.account(&target.profile).filter(|_| !operation.parents.is_empty());
        let origin = Origin {
            operation,
            profile: &target.profile.name,
            region: &target.region,
            account: account.as_deref(),
        };
        let built = scan.table.batch(&read.items, range, origin, &scan.columns, &scan.column_schema);
        let mut batch = built.map_err(|error| {
            let what = format!("a page cannot be read: {error}");
            let error = fault::malformed(request.operation_name(), target, read.cost.as_ref(), what);
            DataFusionError::from(error.with_hint(UNREADABLE))
        })?;
        if !self.names.regions.is_empty() && !scan.is_of_regions() {
            let said = texts(&batch, "region");
            #[cfg(feature = "cluster")]
            if self.shared.is_part {
                self.shared.record.say_regions(self.shared.place, said.iter().cloned());
            }
            self.regions_said.extend(said);
        }
        if let Some(predicate) = &scan.filter {
            batch = filter(&batch, predicate)?;
        }
        batch = batch.project(&scan.projection)?.with_schema(Arc::clone(&self.schema))?;
        if let Some(wanted) = &mut self.wanted {
            batch = batch.slice(0, batch.num_rows().min(*wanted));
            *wanted -= batch.num_rows();
        }
        self.shared.record.note(|notes| notes.rows += batch.num_rows());
        Ok(self.metrics.output(batch))
    }
}

/// The texts of a column of a batch; none if it has no such column.
fn texts(batch: &RecordBatch, column: &str) -> BTreeSet<String> {
    let texts = batch.column_by_name(column).and_then(|column| column.as_string_opt::<i32>());
    texts.into_iter().flatten().flatten().map(ToOwned::to_owned).collect()
}
