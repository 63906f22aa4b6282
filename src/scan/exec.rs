//! The leaf of every plan: what a scan will ask, in EXPLAIN's words, and the metrics of what it did ask.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::DynamicFilterTracking;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::filter_pushdown::{
    ChildPushdownResult, FilterPushdownPhase, FilterPushdownPropagation,
};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    ReplaceChildrenOptions,
};

use super::predicate::Predicate;
use super::query::Query;
use super::reader::Reader;
use crate::aws::Clients;
use crate::catalog::Table;
use crate::catalog::operation::Parameters;

/// A name known by equality is looked up; more than this many of them, and the listing is read instead.
const MAX_LOOKUPS: usize = 8;

/// Reads a table: one call for each page of each target, one record batch for each page.
#[derive(Debug, Clone)]
pub struct ScanExec {
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
    pub(super) parameters: Parameters,
    pub(super) fetch: Option<usize>,
    /// Whether another scan of the query reads the listing anyway, so that look-ups would be calls on top.
    is_listed: bool,
    /// Where the pages come from, and with which other tables of the query it is shared; none outside of a session
    /// that shares: then the scan takes a snapshot of its own.
    pub(super) shared: Option<(Arc<Query>, Arc<[&'static str]>)>,
    properties: Arc<PlanProperties>,
    pub(super) metrics: ExecutionPlanMetricsSet,
}

impl ScanExec {
    /// A scan of the columns that `projection` names by their place in the table's `schema`, of the rows that pass
    /// `predicate`, and of `fetch` rows at most.
    ///
    /// # Errors
    /// When the projection names a column that is not there.
    pub fn try_new(
        table: &'static dyn Table,
        clients: Arc<Clients>,
        schema: &SchemaRef,
        projection: &[usize],
        predicate: Predicate,
        fetch: Option<usize>,
    ) -> Result<Self> {
        let only_filtered = predicate.columns().into_iter().filter(|column| !projection.contains(column));
        let columns: Vec<usize> = projection.iter().copied().chain(only_filtered).collect();
        let column_schema = Arc::new(schema.project(&columns)?);
        let filter = if predicate.is_empty() { None } else { Some(predicate.over(&column_schema)?) };
        let all = table.columns();
        let parameters = columns.iter().fold(Parameters::NONE, |sum, &index| sum.union(all[index].needs));
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::new(schema.project(projection)?)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        .with_scheduling_type(SchedulingType::Cooperative);
        Ok(Self {
            table,
            clients,
            columns,
            column_schema,
            projection: (0..projection.len()).collect(),
            predicate,
            filter,
            dynamic: Vec::new(),
            parameters,
            fetch,
            is_listed: false,
            shared: None,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        })
    }

    /// The table that is read.
    pub fn table(&self) -> &'static dyn Table {
        self.table
    }

    /// What its columns ask of the API.
    pub fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// The query that it is part of, in a session that shares scans.
    pub fn query(&self) -> Option<&Arc<Query>> {
        self.shared.as_ref().map(|(query, _)| query)
    }

    /// The same as part of a query, whose snapshot it reads `with` other tables, all of which ask for `parameters`
    /// together, and one of which reads the listing if it `is_listed`.
    #[must_use]
    pub fn sharing(
        &self,
        query: Arc<Query>,
        parameters: Parameters,
        is_listed: bool,
        with: Arc<[&'static str]>,
    ) -> Self {
        Self { shared: Some((query, with)), parameters, is_listed, ..self.clone() }
    }

    /// The names to look up, if all that pass this predicate have one of a few.
    pub(super) fn lookups(&self, predicate: &Predicate) -> Option<Vec<String>> {
        if self.is_listed {
            return None;
        }
        self.table.operation().lookup.as_ref()?;
        let names = predicate.texts(self.table.key()?)?;
        (names.len() <= MAX_LOOKUPS).then(|| names.into_iter().collect())
    }

    /// Whether it will read the whole listing, as far as is known before it runs.
    pub(super) fn lists(&self) -> bool {
        self.lookups(&self.predicate).is_none() && !self.predicate.is_contradiction()
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.table.operation();
        let lookups = self.lookups(&self.predicate);
        let asked = match (&lookups, &operation.lookup) {
            (Some(_), Some(lookup)) => lookup.name,
            _ => operation.name,
        };
        if matches!(kind, DisplayFormatType::TreeRender) {
            return write!(f, "{asked}");
        }
        let names: Vec<&str> =
            self.column_schema.fields().iter().map(|field| field.name().as_str()).collect();
        let (result, filtered) = names.split_at(self.projection.len());
        write!(
            f,
            "ScanExec: table={}, operation={asked}, columns=[{}]",
            self.table.name(),
            result.join(", ")
        )?;
        if !filtered.is_empty() {
            write!(f, ", read for filters=[{}]", filtered.join(", "))?;
        }
        if self.parameters.include_health_status {
            write!(f, ", includeHealthStatus")?;
        }
        if self.predicate.is_contradiction() {
            write!(f, ", no call: the filters contradict each other")?;
        } else if let Some(names) = lookups {
            write!(f, ", look-ups=[{}]", names.join(", "))?;
        }
        if !self.predicate.is_empty() {
            write!(f, ", filters=[{}]", self.predicate)?;
        }
        if !self.dynamic.is_empty() {
            write!(f, ", targets also by the join")?;
        }
        if let Some(fetch) = self.fetch {
            write!(f, ", limit={fetch}")?;
        }
        match &self.shared {
            Some((_, with)) if !with.is_empty() => write!(f, ", shared with=[{}]", with.join(", ")),
            _ => Ok(()),
        }
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &'static str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        // A join goes to the trouble of a dynamic filter only for who shows that it holds on to it.
        for expression in self.filter.iter().chain(&self.dynamic) {
            if f(expression)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn handle_child_pushdown_result(
        &self,
        phase: FilterPushdownPhase,
        result: ChildPushdownResult,
        _: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        let filters = result.parent_filters.iter().map(|filter| Arc::clone(&filter.filter));
        let is_dynamic = |filter: &Arc<dyn PhysicalExpr>| {
            DynamicFilterTracking::classify(filter).contains_dynamic_filter()
        };
        let dynamic: Vec<_> = filters.filter(is_dynamic).collect();
        // Rows that a LIMIT of its own counts must not be left out.
        let is_useful =
            matches!(phase, FilterPushdownPhase::Post) && self.fetch.is_none() && !dynamic.is_empty();
        let propagation = FilterPushdownPropagation::all_unsupported(result);
        Ok(match is_useful {
            true => propagation.with_updated_node(Arc::new(Self { dynamic, ..self.clone() })),
            false => propagation,
        })
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match children.is_empty() {
            true => Ok(self),
            false => internal_err!("a scan has no children"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn fetch(&self) -> Option<usize> {
        self.fetch
    }

    fn with_fetch(&self, fetch: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(Self { fetch, ..self.clone() }))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let reader = Reader::new(self.clone(), self.schema(), partition, &context);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), reader.batches())))
    }
}
