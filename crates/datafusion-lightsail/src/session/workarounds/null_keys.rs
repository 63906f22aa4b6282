//! Joins whose keys are equal where both are NULL, as `IS NOT DISTINCT FROM` wants, and what else is added to their keys.
//!
//! Such a join compares all its keys so. DataFusion's second pass over a plan takes an `=` of WHERE for one more key of it,
//! and flattens it with joins around it into one kind, either of which finds NULL equal to NULL, or no longer.

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{NullEquality, Result};
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::eliminate_cross_join::EliminateCrossJoin;
use datafusion::optimizer::extract_equijoin_predicate::ExtractEquijoinPredicate;
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use super::{Answer, Difference, Example};

/// What stock takes for equal.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "IS NOT DISTINCT FROM in ON, and = in WHERE",
    stock: "makes keys of one join of both, so that NULL = NULL is true",
    ours: "leaves the second one a condition",
    upstream: &[],
    examples: &[Example {
        tables: &[],
        sql: "SELECT count(*) FROM (VALUES (1, CAST(NULL AS INT))) a(k, f) JOIN (VALUES (1, CAST(NULL AS INT))) b(k, f) \
              ON a.k IS NOT DISTINCT FROM b.k WHERE a.f = b.f",
        stock: Answer::Rows(&["1"]),
        right: Answer::Rows(&["0"]),
    }],
};

fn has_null_keys(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::Join(join) if join.null_equality == NullEquality::NullEqualsNull)
}

/// DataFusion's rule, which leaves the keys of such joins as they are.
#[derive(Debug, Default)]
pub(super) struct KeepKeys(ExtractEquijoinPredicate);

impl OptimizerRule for KeepKeys {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if has_null_keys(&plan) { Ok(Transformed::no(plan)) } else { self.0.rewrite(plan, config) }
    }
}

/// DataFusion's rule, which leaves plans with such joins as they are.
#[derive(Debug, Default)]
pub(super) struct KeepJoins(EliminateCrossJoin);

impl OptimizerRule for KeepJoins {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if plan.exists(|plan| Ok(has_null_keys(plan)))? {
            return Ok(Transformed::no(plan));
        }
        self.0.rewrite(plan, config)
    }
}
