//! The rows of all workers as those of one node of the coordinator's plan.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::stream::{RecordBatchReceiverStreamBuilder, RecordBatchStreamAdapter};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    ReplaceChildrenOptions,
};
use futures::stream::{BoxStream, select_all};
use futures::{StreamExt, stream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::crew::Share;
use super::receiver::Receiver;
use super::stage::{Ends, Stage};
use crate::scan::record::Reading;

/// Hands on the rows of all workers as one partition.
#[derive(Debug, Clone)]
pub(super) struct ReceiveExec {
    input: Arc<dyn ExecutionPlan>,
    stage: Arc<Stage>,
    properties: Arc<PlanProperties>,
}

impl ReceiveExec {
    /// Receives rows of this schema.
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, schema: SchemaRef, stage: Arc<Stage>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        .with_scheduling_type(SchedulingType::Cooperative);
        Self { input, stage, properties: Arc::new(properties) }
    }

    fn receive(&self, context: &Arc<TaskContext>) -> Result<All> {
        let stage = &self.stage;
        stage.record.start();
        let reading = stage.record.reading();
        stage.warn(false);
        let ends = Ends::default();
        stage.miss_absent(&ends);
        let receiver = |(task, share): (usize, &Share)| {
            let rows = self.input.execute(task, Arc::clone(context))?;
            let receiver = Receiver::new(rows, self.schema(), Arc::clone(stage), share.clone(), ends.clone());
            let rows = stream::try_unfold(receiver, async |mut receiver| {
                let batch = receiver.next().await?;
                Ok(batch.map(|batch| (batch, receiver)))
            });
            Ok(rows.boxed())
        };
        let all = stage.shares.iter().enumerate().map(receiver).collect::<Result<Vec<_>>>()?;
        let (failing, failed) = unbounded_channel();
        let rows = match stage.in_order {
            true => {
                let all: Vec<_> = all.into_iter().map(|rows| self.ahead(rows, &failing)).collect();
                stream::iter(all).flatten().boxed()
            }
            false => select_all(all).boxed(),
        };
        Ok(All { rows, failed, ends, stage: Arc::clone(stage), _reading: reading })
    }

    /// The rows of a worker, which begins now although others come first, and whose failure does not wait for them.
    fn ahead(
        &self,
        mut rows: BoxStream<'static, Result<RecordBatch>>,
        failing: &UnboundedSender<DataFusionError>,
    ) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStreamBuilder::new(self.schema(), AHEAD);
        let (sender, failing) = (builder.tx(), failing.clone());
        builder.spawn(async move {
            while let Some(batch) = rows.next().await {
                match batch {
                    Ok(batch) => {
                        if sender.send(Ok(batch)).await.is_err() {
                            break;
                        }
                    }
                    Err(error) => {
                        // With the receiver gone no rows are wanted either.
                        let _ = failing.send(error);
                        std::future::pending::<()>().await;
                    }
                }
            }
            Ok(())
        });
        builder.build()
    }
}

/// How many batches of a worker wait for those of the workers before it.
const AHEAD: usize = 16;

/// The rows of all workers.
struct All {
    rows: BoxStream<'static, Result<RecordBatch>>,
    /// What failed at workers whose rows come later.
    failed: UnboundedReceiver<DataFusionError>,
    ends: Ends,
    stage: Arc<Stage>,
    _reading: Reading,
}

impl All {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let batch = tokio::select! {
            biased;
            Some(error) = self.failed.recv() => return Err(error),
            batch = self.rows.next() => batch,
        };
        if batch.is_none() {
            self.ends.reach();
            self.stage.check_accounts()?;
        }
        batch.transpose()
    }
}

impl Drop for All {
    fn drop(&mut self) {
        self.stage.warn(true);
    }
}

impl DisplayAs for ReceiveExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = self.stage.shares.iter().filter(|share| !share.profiles.is_empty());
        let workers: Vec<String> = asked.map(ToString::to_string).collect();
        match kind {
            DisplayFormatType::TreeRender => write!(f, "{}", workers.join(", ")),
            _ => write!(f, "ReceiveExec: workers=[{}]", workers.join(", ")),
        }?;
        match &self.stage.absent[..] {
            [] => Ok(()),
            absent => {
                let names: Vec<&str> = absent.iter().map(|absent| absent.name.as_str()).collect();
                write!(f, ", not reached=[{}]", names.join(", "))
            }
        }
    }
}

impl ExecutionPlan for ReceiveExec {
    fn name(&self) -> &'static str {
        "ReceiveExec"
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
            Ok([input]) => Ok(Arc::new(Self { input, ..self.as_ref().clone() })),
            Err(_) => internal_err!("rows are received of one plan"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("rows of workers are one partition");
        }
        // A join that finds nothing on its first side does not want the second: workers begin when rows are wanted.
        let receive = self.clone();
        let rows = stream::once(async move { receive.receive(&context) }).map(|all| match all {
            Ok(all) => stream::try_unfold(all, async |mut all| {
                let batch = all.next().await?;
                Ok(batch.map(|batch| (batch, all)))
            })
            .left_stream(),
            Err(error) => stream::once(async { Err(error) }).right_stream(),
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows.flatten())))
    }
}
