//! The leaf of every plan: what a scan will ask, in EXPLAIN's words, and the metrics of what it did ask.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, internal_err};
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
    ReplaceChildrenOptions, StatisticsArgs,
};

use futures::StreamExt;

use crate::catalog::Table;
use crate::catalog::operation::{Needs, Operation};
use crate::error::{Error, Kind};
use crate::options::LightsailOptions;
use crate::scan::context::ScanContext;
use crate::scan::explain::Explained;
use crate::scan::plan::constraints::Constraints;
use crate::scan::plan::groups::groups;
use crate::scan::plan::names::Said;
use crate::scan::plan::predicate::Predicate;
use crate::scan::plan::spec::ScanSpec;
use crate::scan::read::ahead;
use crate::scan::read::metrics::ScanMetrics;
use crate::scan::read::reader::Reader;
use crate::scan::read::shared::Shared;
use crate::scan::read::snapshot::Snapshot;

/// Reads a table: one call for each page of each target, one record batch for each page.
#[derive(Debug, Clone)]
pub struct ScanExec {
    spec: ScanSpec,
    /// What the rule gave it; `None` in a plan that the rule has not seen.
    shared: Option<Shared>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl ScanExec {
    /// A scan of the columns that `projection` names by their place in the table's `schema`, of the rows that pass
    /// `predicate`, and of `fetch` rows at most, for a statement that was begun at `now`.
    ///
    /// # Errors
    /// When the projection names a column that is not there.
    pub fn try_new(
        table: &'static dyn Table,
        schema: &SchemaRef,
        projection: &[usize],
        predicate: Predicate,
        fetch: Option<usize>,
        now: SystemTime,
    ) -> Result<Self> {
        let only_filtered = predicate.columns().into_iter().filter(|column| !projection.contains(column));
        let columns: Vec<usize> = projection.iter().copied().chain(only_filtered).collect();
        let column_schema = Arc::new(schema.project(&columns)?);
        let filter = if predicate.is_empty() { None } else { Some(predicate.over(&column_schema)?) };
        let all = table.columns();
        let needs = columns.iter().fold(Needs::NONE, |sum, &index| sum.union(all[index].needs));
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::new(schema.project(projection)?)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        .with_scheduling_type(SchedulingType::Cooperative);
        let constraints = Constraints::new(predicate.clone(), Arc::clone(schema), millis(now));
        let mut spec = ScanSpec {
            table,
            columns,
            column_schema,
            projection: (0..projection.len()).collect(),
            predicate,
            filter,
            dynamic: Vec::new(),
            needs,
            only: None,
            fetch,
            said: Said::default(),
            constraints,
        };
        spec.said = Said::alone(&spec);
        Ok(Self {
            spec,
            shared: None,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        })
    }

    fn explained(&self) -> Explained<'_> {
        Explained { scan: &self.spec, shared: self.shared.as_ref() }
    }

    /// What it is to read.
    pub(in crate::scan) fn spec(&self) -> &ScanSpec {
        &self.spec
    }

    /// Keeps the scan to the rows of one operation.
    #[must_use]
    pub(in crate::scan) fn narrowed(&self, only: &'static Operation) -> Self {
        Self { spec: ScanSpec { only: Some(only), ..self.spec.clone() }, ..self.clone() }
    }

    /// Makes the scan part of a statement, which says `said` of it.
    #[must_use]
    pub(in crate::scan) fn sharing(&self, said: Said, shared: Shared) -> Self {
        Self { spec: self.spec.clone().with_said(said), shared: Some(shared), ..self.clone() }
    }
}

/// What plans of several machines make of a scan.
#[cfg(feature = "cluster")]
impl ScanExec {
    /// What it has in common with the others of its statement; `None` before the rule has seen it.
    pub(in crate::scan) fn shared(&self) -> Option<&Shared> {
        self.shared.as_ref()
    }

    /// The targets that it asks, in EXPLAIN's words.
    pub(in crate::scan) fn targets(&self) -> &str {
        self.shared.as_ref().map(|shared| &*shared.targets).unwrap_or_default()
    }

    /// The scan as one that hears of no join or sort.
    #[must_use]
    pub(in crate::scan) fn unheard(&self) -> Self {
        Self { spec: ScanSpec { dynamic: Vec::new(), ..self.spec.clone() }, ..self.clone() }
    }

    /// The scan with what its statement says of it.
    #[must_use]
    pub(in crate::scan) fn saying(self, said: Said) -> Self {
        Self { spec: self.spec.with_said(said), ..self }
    }

    /// The scan as one that is read beside the other side of its join.
    #[must_use]
    pub(in crate::scan) fn beside(&self) -> Self {
        let shared = self.shared.clone().map(|shared| Shared { is_beside: true, ..shared });
        Self { shared, ..self.clone() }
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match kind {
            DisplayFormatType::TreeRender => write!(f, "{}", self.explained().asked()),
            _ => write!(f, "ScanExec: {}", self.explained()),
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
        // A join makes a dynamic filter only for a leaf that shows it as one of its expressions.
        for expression in self.spec.filter.iter().chain(&self.spec.dynamic) {
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
            matches!(phase, FilterPushdownPhase::Post) && self.spec.fetch.is_none() && !dynamic.is_empty();
        let propagation = FilterPushdownPropagation::all_unsupported(result);
        Ok(match is_useful {
            true => propagation.with_updated_node(Arc::new(Self {
                spec: ScanSpec { dynamic, ..self.spec.clone() },
                ..self.clone()
            })),
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
        self.spec.fetch
    }

    fn with_fetch(&self, fetch: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(Self { spec: ScanSpec { fetch, ..self.spec.clone() }, ..self.clone() }))
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let rows = Precision::Inexact(self.spec.weight());
        Ok(Arc::new(Statistics::new_unknown(&self.schema()).with_num_rows(rows)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let config = context.session_config().options();
        let Some(scans) = ScanContext::of(config) else { return Err(unregistered().into()) };
        let options = config.extensions.get::<LightsailOptions>().cloned().unwrap_or_default();
        let shared = match &self.shared {
            Some(shared) => shared.clone(),
            None => alone(&self.spec, scans, &options)?,
        };
        let is_beside = shared.is_beside;
        let metrics = ScanMetrics::new(&self.metrics, partition);
        let clients = Arc::clone(scans.clients());
        let reader = Reader::new(self.spec.clone(), shared, clients, options, self.schema(), metrics);
        let batches = if is_beside { ahead::batches(reader).boxed() } else { reader.batches().boxed() };
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }
}

/// What a scan has that shares with nobody, for a plan that [`ShareScans`](crate::scan::ShareScans) has not seen.
///
/// # Errors
/// [`Kind::Usage`] where a partial answer is allowed: nobody would hear of what is missing.
fn alone(scan: &ScanSpec, context: &ScanContext, options: &LightsailOptions) -> crate::error::Result<Shared> {
    if options.allow_partial {
        let what = "lightsail.allow_partial is set, and this session has no rule share_scans: nobody would hear \
                    which rows are missing";
        return Err(Error::new(Kind::Usage, what).with_hint(
            "keep the rule that `register` adds to the session, or set lightsail.allow_partial = false",
        ));
    }
    let groups = groups([scan]);
    let readers = groups.iter().map(|(operation, group)| (*operation, group.tables.len())).collect();
    let snapshot = Snapshot::of_one_query(Arc::clone(&context.clients), options.page_memory, readers);
    let statement = context.statement();
    Ok(Shared {
        record: statement.map_or_else(|| context.begin(), |statement| Arc::clone(&statement.record)),
        snapshot: Arc::new(snapshot),
        groups: Arc::new(groups),
        targets: "".into(),
        is_beside: false,
        in_order: false,
        needless: None,
        is_part: false,
        #[cfg(feature = "cluster")]
        near: Arc::default(),
        #[cfg(feature = "cluster")]
        place: 0,
    })
}

fn unregistered() -> Error {
    let what = "this session knows the tables of Lightsail, but not how they are reached";
    Error::new(Kind::Usage, what).with_hint("add them to it with datafusion_lightsail::session::register")
}

/// A time in ms since 1970.
fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
