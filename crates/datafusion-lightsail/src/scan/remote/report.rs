//! The head of a part of a plan at a worker: its rows, and among them what its scans read, which is as much part of an answer.
//! An error travels the same way, with all that a person is told of it; the stream ends with the last report, and one
//! that ends without it was cut off.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    ReplaceChildrenOptions,
};
use futures::{FutureExt, StreamExt, stream};
use prost::Message;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use url::Url;

use super::failure::Failure;
use super::message::TargetNames;
use super::partition;
use super::records::{CallReport, Findings, NotesReport, Report, ScanReport};
use super::worker_statement::{Part, Task};
use crate::error::Error;
use crate::panics;

/// How often a worker reports while it has no rows: progress for a person, and a sign of life.
const EVERY: Duration = Duration::from_millis(300);

/// Hands on the rows of its input with reports among them.
#[derive(Debug, Clone)]
pub(crate) struct ReportExec {
    input: Arc<dyn ExecutionPlan>,
    /// Where each task runs, at the coordinator.
    urls: Arc<[Url]>,
    properties: Arc<PlanProperties>,
}

impl ReportExec {
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, urls: Vec<Url>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(partition::schema(&input.schema())),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        .with_scheduling_type(SchedulingType::Cooperative);
        Self { input, urls: urls.into(), properties: Arc::new(properties) }
    }

    /// Where its tasks run.
    pub(crate) fn urls(&self) -> &[Url] {
        &self.urls
    }
}

impl DisplayAs for ReportExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match kind {
            DisplayFormatType::TreeRender => Ok(()),
            _ => write!(f, "ReportExec"),
        }
    }
}

impl ExecutionPlan for ReportExec {
    fn name(&self) -> &'static str {
        "ReportExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match <[_; 1]>::try_from(children) {
            Ok([input]) => Ok(Arc::new(Self::new(input, self.urls.to_vec()))),
            Err(_) => internal_err!("a report is of one plan"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let Some(task) = context.session_config().get_extension::<Task>() else {
            return internal_err!("a part of a plan of workers runs at the coordinator");
        };
        let part = task.part().cloned();
        let context = match &part {
            Some(part) => Arc::new(with_settings(&context, part)),
            None => context,
        };
        let rows = self.input.execute(partition, context).map(panics::watch);
        let mut tick = interval_at(Instant::now() + EVERY, EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let reporter = Reporter {
            schema: self.schema(),
            part,
            said: Vec::new(),
            calls: HashSet::new(),
            learnt: Findings::default(),
        };
        let state = State { rows: Some(rows), reporter, tick, next: None, is_first: true };
        let batches = stream::try_unfold(state, async |mut state| {
            let batch = state.next().await?;
            Ok(batch.map(|batch| (batch, state)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }
}

/// The context with the settings of the statement, which came with its scans.
fn with_settings(context: &TaskContext, part: &Part) -> TaskContext {
    let mut config = context.session_config().clone();
    let extensions = &mut config.options_mut().extensions;
    extensions.insert(part.options.clone());
    extensions.insert(part.statement.context.clone());
    TaskContext::new(
        context.task_id(),
        context.session_id(),
        config,
        context.scalar_functions().clone(),
        context.higher_order_functions().clone(),
        context.aggregate_functions().clone(),
        context.window_functions().clone(),
        context.runtime_env(),
    )
}

/// A stream under way.
struct State {
    /// `None` behind the end.
    rows: Option<Result<SendableRecordBatchStream>>,
    reporter: Reporter,
    tick: Interval,
    /// Rows whose report goes before them.
    next: Option<RecordBatch>,
    is_first: bool,
}

impl State {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        if let Some(rows) = self.next.take() {
            return Ok(Some(rows));
        }
        let Some(rows) = &mut self.rows else { return Ok(None) };
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => {
                let error = Error::from(std::mem::replace(error, DataFusionError::Internal(String::new())));
                self.rows = None;
                return self.reporter.report(Some(&error), true).map(Some);
            }
        };
        let arrived = tokio::select! {
            biased;
            batch = rows.next() => batch,
            _ = self.tick.tick() => return self.reporter.report(None, false).map(Some),
        };
        match arrived {
            Some(Ok(batch)) => {
                let rows = partition::rows(&batch, &self.reporter.schema)?;
                // A LIMIT at the coordinator may take no more than the first rows, and wants to know what they cost.
                if std::mem::take(&mut self.is_first) || self.tick.tick().now_or_never().is_some() {
                    self.next = Some(rows);
                    return self.reporter.report(None, false).map(Some);
                }
                Ok(Some(rows))
            }
            Some(Err(error)) => {
                // What is dropped with it still writes into the record.
                self.rows = None;
                self.reporter.report(Some(&Error::from(error)), true).map(Some)
            }
            None => {
                self.rows = None;
                self.reporter.report(None, true).map(Some)
            }
        }
    }
}

/// What was reported, so that it is not again.
struct Reporter {
    schema: SchemaRef,
    /// `None` if nothing is asked.
    part: Option<Part>,
    said: Vec<ScanReport>,
    /// The numbers of the calls: they end in another order than they begin.
    calls: HashSet<u64>,
    learnt: Findings,
}

impl Reporter {
    fn report(&mut self, error: Option<&Error>, is_end: bool) -> Result<RecordBatch> {
        let mut report = Report { is_end, error: error.map(Failure::of), ..Report::default() };
        if let Some(part) = &self.part {
            let record = &part.record;
            for (place, scan) in record.scans().iter().enumerate() {
                let read = ScanReport::of(place, scan);
                match self.said.get_mut(place) {
                    Some(said) if *said == read => continue,
                    Some(said) => said.clone_from(&read),
                    None => self.said.push(read.clone()),
                }
                report.scans.push(read);
            }
            report.process = part.process.to_string();
            report.notes = Some(NotesReport::of(record.notes()));
            let mut said = record.regions_said();
            let named = record.heard().into_iter().map(|(place, names)| TargetNames {
                said: said.remove(&place).into_iter().flatten().collect(),
                ..TargetNames::of(place, &names)
            });
            report.named = named.collect();
            let calls = part.statement.context.calls().calls();
            let own = calls.iter().filter(|call| call.statement == record.number);
            report.calls = own.filter(|call| self.calls.insert(call.sequence)).map(CallReport::of).collect();
            (report.total, report.bytes, report.throttled) =
                (record.calls(), record.bytes(), record.throttled());
            self.learnt.tell(&mut report, record, part.statement.context.clients(), &part.profiles);
        }
        partition::report(&report.encode_to_vec(), &self.schema)
    }
}
