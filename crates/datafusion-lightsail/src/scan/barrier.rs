//! A node that keeps rules of DataFusion, and the order that they see, from what is below it.

use std::fmt;
use std::sync::Arc;

use datafusion::common::stats::Statistics;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::CardinalityEffect;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions, StatisticsArgs,
};

/// A node that hands on the rows of its input, and keeps what is above from what is below.
#[derive(Debug)]
pub(crate) struct Barrier {
    kind: Kind,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Stands above a LIMIT while a rule runs: the same rows in the same order, but no order can be asked of it.
    Fence,
    /// Rows in no order that is known.
    Unordered,
}

impl Barrier {
    /// A fence above a LIMIT.
    pub(crate) fn fence(limit: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        let properties = Arc::clone(limit.properties());
        Arc::new(Self { kind: Kind::Fence, input: limit, properties })
    }

    /// What is below a fence; `None` of any other node.
    pub(crate) fn fenced(node: &Arc<dyn ExecutionPlan>) -> Option<&Arc<dyn ExecutionPlan>> {
        let barrier = node.downcast_ref::<Self>()?;
        (barrier.kind == Kind::Fence).then_some(&barrier.input)
    }

    /// Whether a node only says that the order of its rows is not known.
    #[cfg(feature = "cluster")]
    pub(crate) fn is_unordered(node: &Arc<dyn ExecutionPlan>) -> bool {
        node.downcast_ref::<Self>().is_some_and(|barrier| barrier.kind == Kind::Unordered)
    }

    /// The rows of a plan in no order that is known.
    pub(crate) fn unordered(input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        let mut properties = PlanProperties::clone(input.properties());
        properties.set_eq_properties(EquivalenceProperties::new(input.schema()));
        Arc::new(Self { kind: Kind::Unordered, input, properties: Arc::new(properties) })
    }
}

impl DisplayAs for Barrier {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl ExecutionPlan for Barrier {
    fn name(&self) -> &'static str {
        "Barrier"
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

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn supports_limit_pushdown(&self) -> bool {
        self.kind == Kind::Unordered
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }

    fn statistics_from_inputs(
        &self,
        inputs: &[Arc<Statistics>],
        _: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        Ok(Arc::clone(&inputs[0]))
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (self.kind, <[_; 1]>::try_from(children)) {
            (Kind::Fence, Ok([limit])) => Ok(Self::fence(limit)),
            (Kind::Unordered, Ok([input])) => Ok(Self::unordered(input)),
            (_, Err(_)) => internal_err!("a barrier has one child"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }
}
