//! A scan on its way to a worker: what stands in the plan of the coordinator for each of them.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions, StatisticsArgs,
};
use datafusion_distributed::DistributedLeafExec;

use super::crew::Share;
use crate::options::LightsailOptions;
use crate::scan::exec::ScanExec;
use crate::scan::plan::spec::ScanSpec;
use crate::scan::read::retention::Retention;

/// What the scans of a statement say together.
#[derive(Debug)]
pub(super) struct Statement {
    /// What tells it from all others.
    pub(super) id: uuid::Uuid,
    pub(super) build: String,
    pub(super) options: LightsailOptions,
    pub(super) in_order: bool,
    /// All scans, in the order of the plan.
    pub(super) scans: Vec<ScanSpec>,
    /// Those of the statements that read the same pages later.
    pub(super) foreseen: Vec<ScanSpec>,
    /// For how long workers keep its pages.
    pub(super) retention: Retention,
}

/// A scan at one worker.
#[derive(Debug, Clone)]
pub(super) struct WorkerScanExec {
    /// The scan as EXPLAIN shows it, with the targets of this worker.
    pub(super) scan: Arc<ScanExec>,
    pub(super) statement: Arc<Statement>,
    /// Its place among the scans of the statement.
    pub(super) place: usize,
    /// What the worker asks; without any profile it has no rows.
    pub(super) share: Share,
}

/// The scan that runs at workers in place of this node, as one of all targets.
pub(crate) fn scan_of(node: &Arc<dyn ExecutionPlan>) -> Option<&ScanExec> {
    let leaf = node.downcast_ref::<DistributedLeafExec>()?;
    leaf.original().downcast_ref::<WorkerScansExec>().map(|leaf| leaf.scan.as_ref())
}

/// What stands for the scan of all workers in EXPLAIN: a line for each of them.
#[derive(Debug)]
pub(super) struct WorkerScansExec {
    pub(super) scan: Arc<ScanExec>,
    pub(super) variants: Vec<WorkerScanExec>,
}

impl DisplayAs for WorkerScansExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.scan.fmt_as(kind, f)?;
        if kind == DisplayFormatType::TreeRender {
            return Ok(());
        }
        let asked = self.variants.iter().filter(|sent| !sent.scan.targets().is_empty());
        let line = |sent: &WorkerScanExec| {
            let Share { worker, near, .. } = &sent.share;
            let of_these = if near.is_empty() { String::new() } else { format!(" of regions {near}") };
            format!("{worker} asks [{}]{of_these}", sent.scan.targets())
        };
        write!(f, ", workers: {}", asked.map(line).collect::<Vec<_>>().join("; "))
    }
}

impl DisplayAs for WorkerScanExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.scan.fmt_as(kind, f)
    }
}

/// Both are leaves that are sent and never run.
macro_rules! leaf {
    ($name:ident) => {
        impl ExecutionPlan for $name {
            fn name(&self) -> &'static str {
                stringify!($name)
            }

            fn properties(&self) -> &Arc<PlanProperties> {
                self.scan.properties()
            }

            fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
                Vec::new()
            }

            fn apply_expressions(
                &self,
                f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
            ) -> Result<TreeNodeRecursion> {
                self.scan.apply_expressions(f)
            }

            fn replace_children(
                self: Arc<Self>,
                _: Vec<Arc<dyn ExecutionPlan>>,
                _: ReplaceChildrenOptions,
            ) -> Result<Arc<dyn ExecutionPlan>> {
                Ok(self)
            }

            fn with_new_children(
                self: Arc<Self>,
                children: Vec<Arc<dyn ExecutionPlan>>,
            ) -> Result<Arc<dyn ExecutionPlan>> {
                self.replace_children(
                    children,
                    ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute),
                )
            }

            fn statistics_from_inputs(
                &self,
                inputs: &[Arc<Statistics>],
                args: &StatisticsArgs,
            ) -> Result<Arc<Statistics>> {
                self.scan.statistics_from_inputs(inputs, args)
            }

            fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
                internal_err!("a scan of a worker's runs at the coordinator")
            }
        }
    };
}

leaf!(WorkerScanExec);
leaf!(WorkerScansExec);
