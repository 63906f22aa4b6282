//! What a scan is to read: columns, predicate, limit.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::Result as DataFusionResult;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr_common::physical_expr::snapshot_physical_expr;

use crate::catalog::Table;
use crate::catalog::names::can_ask_for;
use crate::catalog::operation::{Known, Needs, Operation};
use crate::catalog::shortfall::Shortfall;
use crate::catalog::table::Source;
use crate::scan::plan::constraints::Constraints;
use crate::scan::plan::names::Said;
use crate::scan::plan::predicate::Predicate;

/// A name known by equality is looked up; more than this many of them, and the listing is read instead.
pub(in crate::scan) const MAX_LOOKUPS: usize = 4;

/// What a scan is to read: plain data, without clients, pages or a record.
#[derive(Debug, Clone)]
pub(in crate::scan) struct ScanSpec {
    pub(in crate::scan) table: &'static dyn Table,
    /// The columns that are built of each page: those of the result and those that only the predicate reads.
    pub(in crate::scan) columns: Vec<usize>,
    pub(in crate::scan) column_schema: SchemaRef,
    /// The columns of the result, by their place among `columns`.
    pub(in crate::scan) projection: Vec<usize>,
    pub(in crate::scan) predicate: Predicate,
    /// The predicate over `columns`; none if there is nothing to filter.
    pub(in crate::scan) filter: Option<Arc<dyn PhysicalExpr>>,
    /// What a join or a sort above finds out while it runs, over the columns of the result. Its rows are dropped up
    /// there; here it can leave targets out, for it is known when the first page is wanted.
    pub(in crate::scan) dynamic: Vec<Arc<dyn PhysicalExpr>>,
    /// What the columns ask of the API.
    pub(in crate::scan) needs: Needs,
    /// The one operation of the table's that its join wants rows of; none if all of them are.
    pub(in crate::scan) only: Option<&'static Operation>,
    pub(in crate::scan) fetch: Option<usize>,
    /// What the statement says of it.
    pub(in crate::scan) said: Said,
    /// What is known of its rows before it runs.
    pub(in crate::scan) constraints: Constraints,
}

impl ScanSpec {
    /// What feeds it.
    pub(in crate::scan) fn sources(&self) -> Vec<Source> {
        let mut sources = self.table.sources_of(&self.columns);
        sources.retain(|source| self.only.is_none_or(|only| source.operation == only));
        sources
    }

    /// Adds what its statement says of it.
    #[must_use]
    pub(in crate::scan) fn with_said(self, said: Said) -> Self {
        Self { constraints: self.constraints.with_later(&said.later), said, ..self }
    }

    /// What is known of its rows by now: with what a join has found out.
    ///
    /// # Errors
    /// When DataFusion cannot say what its filter is by now.
    pub(in crate::scan) fn constraints_by_now(&self) -> DataFusionResult<Constraints> {
        if self.dynamic.is_empty() {
            return Ok(self.constraints.clone());
        }
        let dynamic = self.dynamic.iter().map(|filter| snapshot_physical_expr(Arc::clone(filter)));
        let dynamic = Predicate::new(dynamic.collect::<DataFusionResult<Vec<_>>>()?);
        Ok(self.constraints.clone().and(dynamic))
    }

    /// What the query may want of it and it does not ask.
    pub(in crate::scan) fn falls_short_of(&self, constraints: &Constraints) -> Vec<Shortfall> {
        let all =
            self.sources().into_iter().flat_map(|source| (source.operation.falls_short_of)(constraints));
        all.map(|shortfall| shortfall.in_table(self.table.name())).collect()
    }

    /// A guess at how many rows it has, for the order of a join: DataFusion reads the side with fewer first and tells the
    /// other one what it found. A request for each of many items is what a join can save most of; even of a few that are
    /// named it may tell what to ask about them. A listing or a look-up comes first.
    pub(in crate::scan) fn weight(&self) -> usize {
        const ITEM: usize = 100;
        const LISTING: usize = 1_000 * ITEM;
        const EACH_ITEM: usize = 1_000 * LISTING;
        let constraints = &self.constraints;
        let of_source = |source: &Source| match source.operation.parents.is_empty() {
            true => self.lookups(constraints).map_or(LISTING, |names| names.len() * ITEM),
            false => constraints.subjects(source.operation.keys).map_or(EACH_ITEM, |_| 2 * LISTING),
        };
        let rows = self.sources().iter().map(of_source).sum();
        self.fetch.map_or(rows, |fetch| fetch.min(rows))
    }

    /// Whether a join above tells it something of a column while it runs.
    pub(in crate::scan) fn hears_of(&self, column: &str) -> bool {
        self.dynamic.iter().flat_map(collect_columns).any(|found| found.name() == column)
    }
}

/// The operation that answers for a source: its own, or the one that tells each item's details.
pub(in crate::scan) fn asked(operation: &'static Operation, needs: Needs) -> &'static Operation {
    operation.detail.filter(|_| needs.contains(Needs::DETAIL)).unwrap_or(operation)
}

impl ScanSpec {
    /// The operation that stands for all of its own: of most tables it is the only one.
    pub(in crate::scan) fn first_operation(&self) -> &'static Operation {
        self.sources()[0].operation
    }

    /// The names to look up, if all rows that pass have one of a few.
    pub(in crate::scan) fn lookups(&self, constraints: &Constraints) -> Option<Vec<String>> {
        let source = self.sources().into_iter().next()?;
        let member = source.operation.lookup.as_ref()?.member;
        let names = constraints.texts(self.table.key()?)?;
        let are_few = names.len() <= MAX_LOOKUPS && names.iter().all(|name| can_ask_for(member, name));
        are_few.then(|| names.into_iter().collect())
    }

    /// The operations whose whole listing it will read, as far as is known before it runs.
    pub(in crate::scan) fn lists(&self) -> Vec<&'static Operation> {
        let constraints = &self.constraints;
        if constraints.is_contradiction() {
            return Vec::new();
        }
        let plain = Constraints::none(self.table.schema(), constraints.now());
        let lists = |operation: &&'static Operation| {
            self.lookups(constraints).is_none() && (operation.asks)(constraints) == (operation.asks)(&plain)
        };
        let sources = self.sources().into_iter().map(|source| source.operation);
        sources.filter(|operation| operation.parents.is_empty()).filter(lists).collect()
    }

    /// Every operation that it may read, those that list parents included, with what its rows need of it.
    pub(in crate::scan) fn operations(&self) -> Vec<(&'static Operation, Needs)> {
        fn with_parents(operation: &'static Operation, found: &mut Vec<&'static Operation>) {
            found.push(operation);
            operation.parents.iter().for_each(|parent| with_parents(parent.operation, found));
        }
        let mut operations: Vec<(&'static Operation, Needs)> = Vec::new();
        for source in self.sources() {
            let needs = source.needs.union(self.needs);
            let mut found = Vec::new();
            with_parents(asked(source.operation, needs), &mut found);
            // An operation that tells details has the name of the one that lists.
            found.dedup();
            for operation in found {
                let needs = if operation == source.operation { needs } else { Needs::NONE };
                // A page is read once for all that becomes of it.
                match operations.iter_mut().find(|(known, _)| std::ptr::eq(*known, operation)) {
                    Some((_, known)) => *known = needs.union(*known),
                    None => operations.push((operation, needs)),
                }
            }
        }
        operations
    }
}
