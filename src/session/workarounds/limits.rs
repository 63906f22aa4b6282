//! LIMIT and OFFSET stay above what they count.
//!
//! Stock DataFusion's `EnsureRequirements` moves the sort of an outer ORDER BY or window below an inner LIMIT, and forgets
//! its OFFSET there (apache/datafusion#25378): `SELECT … FROM (SELECT … LIMIT 10 OFFSET 3) ORDER BY 1` has 7 rows. Even
//! without an OFFSET it reads all pages where the LIMIT wants one. While the rule runs, a fence stands above each LIMIT,
//! which hands on no order that is asked of it. It can be deleted once the rule leaves LIMIT alone.

use std::fmt;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions,
};

/// Runs a rule that must not look below a LIMIT.
#[derive(Debug)]
pub(super) struct FenceLimits(pub(super) Arc<dyn PhysicalOptimizerRule + Send + Sync>);

impl PhysicalOptimizerRule for FenceLimits {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let fenced = plan.transform_up(|node| {
            let is_limit = node.downcast_ref::<GlobalLimitExec>().is_some()
                || node.downcast_ref::<LocalLimitExec>().is_some();
            Ok(if is_limit { Transformed::yes(Arc::new(Fence(node)) as _) } else { Transformed::no(node) })
        })?;
        let planned = self.0.optimize(fenced.data, config)?;
        let unfenced = planned.transform_up(|node| {
            Ok(match node.downcast_ref::<Fence>() {
                Some(Fence(limit)) => Transformed::yes(Arc::clone(limit)),
                None => Transformed::no(node),
            })
        })?;
        Ok(unfenced.data)
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

/// Stands above a LIMIT while a rule runs: it has the limit's rows in the limit's order, and no `fetch` to move.
#[derive(Debug)]
struct Fence(Arc<dyn ExecutionPlan>);

impl DisplayAs for Fence {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fence")
    }
}

impl ExecutionPlan for Fence {
    fn name(&self) -> &'static str {
        "Fence"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.0.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.0]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match <[_; 1]>::try_from(children) {
            Ok([limit]) => Ok(Arc::new(Self(limit))),
            Err(_) => internal_err!("a fence has one child"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        internal_err!("a fence stands only while a plan is made")
    }
}
