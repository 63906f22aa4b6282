//! The leaf of every plan: one partition that reads all targets at the same time, page by page.
//!
//! One partition and not one for each target, because DataFusion starts all partitions at once and could neither
//! share one LIMIT among them nor hold back the calls of those that are not needed any more.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::metrics::{
    BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet,
};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    ReplaceChildrenOptions,
};
use futures::future::BoxFuture;
use futures::stream::{self, FuturesUnordered};
use futures::{Stream, StreamExt};

use super::pages::Pages;
use crate::aws::{Clients, Target};
use crate::catalog::Table;
use crate::catalog::operation::{Items, Parameters};
use crate::options::{LightsailOptions, list};

/// Reads a table: one call for each page of each target, one record batch for each page.
#[derive(Debug, Clone)]
pub struct ScanExec {
    table: &'static dyn Table,
    clients: Arc<Clients>,
    projection: Vec<usize>,
    parameters: Parameters,
    fetch: Option<usize>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl ScanExec {
    /// A scan of the columns that `projection` names by their place in `schema`, of `fetch` rows at most.
    ///
    /// # Errors
    /// When the projection names a column that is not there.
    pub fn try_new(
        table: &'static dyn Table,
        clients: Arc<Clients>,
        schema: &SchemaRef,
        projection: Vec<usize>,
        fetch: Option<usize>,
    ) -> Result<Self> {
        let columns = table.columns();
        let parameters =
            projection.iter().fold(Parameters::NONE, |all, &index| all.union(columns[index].needs));
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::new(schema.project(&projection)?)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        .with_scheduling_type(SchedulingType::Cooperative);
        Ok(Self {
            table,
            clients,
            projection,
            parameters,
            fetch,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        })
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.table.operation().name;
        if matches!(kind, DisplayFormatType::TreeRender) {
            return write!(f, "{operation}");
        }
        let schema = self.properties.eq_properties.schema();
        let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        write!(
            f,
            "ScanExec: table={}, operation={operation}, columns=[{}]",
            self.table.name(),
            columns.join(", ")
        )?;
        if self.parameters.include_health_status {
            write!(f, ", includeHealthStatus")?;
        }
        match self.fetch {
            Some(fetch) => write!(f, ", limit={fetch}"),
            None => Ok(()),
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
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
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
        let options = context.session_config().options().extensions.get::<LightsailOptions>().cloned();
        let reader = Reader {
            scan: self.clone(),
            schema: self.schema(),
            options: options.unwrap_or_default(),
            in_flight: None,
            rested: None,
            wanted: self.fetch,
            baseline: BaselineMetrics::new(&self.metrics, partition),
            calls: MetricBuilder::new(&self.metrics).counter("calls", partition),
            items: MetricBuilder::new(&self.metrics).counter("items", partition),
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), reader.batches())))
    }
}

/// A call under way: it gives its log of pages back with what came.
type Call = BoxFuture<'static, crate::error::Result<Option<(Pages, Items)>>>;

/// A scan under way.
struct Reader {
    scan: ScanExec,
    schema: SchemaRef,
    options: LightsailOptions,
    /// None until the first poll: a plan that is never polled asks nothing.
    in_flight: Option<FuturesUnordered<Call>>,
    /// The target whose page was handed on: its next page is asked for when somebody wants more.
    rested: Option<Pages>,
    /// Rows that a LIMIT still wants.
    wanted: Option<usize>,
    baseline: BaselineMetrics,
    calls: Count,
    items: Count,
}

impl Reader {
    fn batches(self) -> impl Stream<Item = Result<RecordBatch>> {
        stream::try_unfold(self, async |mut reader| Ok(reader.next().await?.map(|batch| (batch, reader))))
    }

    /// The next batch with rows in it.
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.wanted == Some(0) {
            return Ok(None);
        }
        let mut in_flight = match self.in_flight.take() {
            Some(in_flight) => in_flight,
            None => self.start().await?,
        };
        if let Some(pages) = self.rested.take() {
            in_flight.push(self.ask(pages));
        }
        while let Some(answer) = in_flight.next().await {
            let Some((pages, items)) = answer? else { continue };
            let batch = self.batch(pages.target(), &items)?;
            if batch.num_rows() > 0 {
                self.rested = Some(pages);
                self.in_flight = Some(in_flight);
                return Ok(Some(batch));
            }
            in_flight.push(self.ask(pages));
        }
        Ok(None)
    }

    /// One call for the first page of each target.
    async fn start(&mut self) -> Result<FuturesUnordered<Call>> {
        let clients = &self.scan.clients;
        let targets = clients.targets(&list(&self.options.profiles), &list(&self.options.regions)).await?;
        let in_flight = FuturesUnordered::new();
        for target in targets {
            let operation = self.scan.table.operation();
            let pages = Pages::new(Arc::clone(clients), target, operation, self.scan.parameters).await?;
            in_flight.push(self.ask(pages));
        }
        Ok(in_flight)
    }

    fn ask(&self, mut pages: Pages) -> Call {
        let calls = self.calls.clone();
        Box::pin(async move {
            let Some(items) = pages.next().await? else { return Ok(None) };
            calls.add(1);
            Ok(Some((pages, items)))
        })
    }

    fn batch(&mut self, target: &Target, items: &Items) -> Result<RecordBatch> {
        let _timer = self.baseline.elapsed_compute().timer();
        self.items.add(items.len());
        let scan = &self.scan;
        let batch =
            scan.table.batch(items, &target.profile.name, &target.region, &scan.projection, &self.schema);
        let mut batch = batch.map_err(|error| {
            let what = format!("a page cannot be read: {error}");
            DataFusionError::from(crate::aws::fault::malformed(scan.table.operation().name, target, what))
        })?;
        if let Some(wanted) = &mut self.wanted {
            batch = batch.slice(0, batch.num_rows().min(*wanted));
            *wanted -= batch.num_rows();
        }
        self.baseline.record_output(batch.num_rows());
        Ok(batch)
    }
}
