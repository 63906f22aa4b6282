//! What a scan is to read: columns, predicate, limit, and what it shares with others.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::physical_expr::PhysicalExpr;

use super::predicate::Predicate;
use super::query::Query;
use super::snapshot::Snapshot;
use crate::aws::Clients;
use crate::catalog::Table;
use crate::catalog::operation::{Needs, Operation};

/// A name known by equality is looked up; more than this many of them, and the listing is read instead.
const MAX_LOOKUPS: usize = 4;

/// What a scan is to read.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    pub(super) table: &'static dyn Table,
    pub(super) clients: Arc<Clients>,
    /// The columns that are built of each page: those of the result and those that only the predicate reads.
    pub(super) columns: Vec<usize>,
    pub(super) column_schema: SchemaRef,
    /// The columns of the result, by their place among `columns`.
    pub(super) projection: Vec<usize>,
    pub(super) predicate: Predicate,
    /// The predicate over `columns`; none if there is nothing to filter.
    pub(super) filter: Option<Arc<dyn PhysicalExpr>>,
    /// What a join or a sort above finds out while it runs, over the columns of the result. Its rows are dropped up
    /// there; here it can leave targets out, for it is known when the first page is wanted.
    pub(super) dynamic: Vec<Arc<dyn PhysicalExpr>>,
    pub(super) needs: Needs,
    pub(super) fetch: Option<usize>,
    /// Whether another scan of the query reads the listing anyway, so that look-ups would be calls on top.
    pub(super) is_listed: bool,
    /// Where the pages come from, and with which other tables of the query it is shared; none outside of a session
    /// that shares: then the scan takes a snapshot of its own.
    pub(super) shared: Option<Shared>,
}

/// What a scan has in common with the other scans of its query.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) query: Arc<Query>,
    pub(super) snapshot: Arc<Snapshot>,
    /// The other tables that read the same pages.
    pub(super) with: Arc<[&'static str]>,
}

impl Scan {
    pub(super) fn operation(&self) -> &'static Operation {
        self.table.sources()[0].operation
    }

    /// The names to look up, if all that pass this predicate have one of a few.
    pub(super) fn lookups(&self, predicate: &Predicate) -> Option<Vec<String>> {
        if self.is_listed {
            return None;
        }
        self.operation().lookup.as_ref()?;
        let names = predicate.texts(self.table.key()?)?;
        (names.len() <= MAX_LOOKUPS).then(|| names.into_iter().collect())
    }

    /// Whether it will read the whole listing, as far as is known before it runs.
    pub(super) fn lists(&self) -> bool {
        self.lookups(&self.predicate).is_none() && !self.predicate.is_contradiction()
    }
}
