//! Filters about no column, such as `HAVING (SELECT false)`, above an aggregate that has a row for no rows.

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::push_down_filter::PushDownFilter;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use super::{Answer, Difference, Example};

/// What stock does with a filter about no column.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "HAVING about no column",
    stock: "moves it below the aggregate, whose row for no rows then stays",
    ours: "leaves it above",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT count(*) FROM (VALUES (1)) t(x) HAVING (SELECT false)",
            stock: Answer::Rows(&["0"]),
            right: Answer::Rows(&[]),
        },
        Example {
            tables: &[],
            sql: "SELECT x, count(*) FROM (VALUES (1)) t(x) GROUP BY ROLLUP (x) HAVING (SELECT false)",
            stock: Answer::Rows(&["NULL|0"]),
            right: Answer::Rows(&[]),
        },
    ],
};

/// DataFusion's `push_down_filter`, which leaves a filter above an aggregate without GROUP BY where it is.
///
/// Stock DataFusion moves a filter below an aggregate if it is only about columns that are grouped by. One about no
/// column is taken for such a filter: the aggregate then has its row for no rows, and nothing takes it away.
#[derive(Debug, Default)]
pub(super) struct KeepConstantFilters(PushDownFilter);

impl OptimizerRule for KeepConstantFilters {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if matches!(plan, LogicalPlan::Filter(_)) && is_above_a_row_for_no_rows(&plan) {
            return Ok(Transformed::no(plan));
        }
        self.0.rewrite(plan, config)
    }
}

/// Whether, below filters, there is an aggregate that has a row even if nothing is left to aggregate.
fn is_above_a_row_for_no_rows(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Filter(filter) => is_above_a_row_for_no_rows(&filter.input),
        LogicalPlan::Aggregate(aggregate) => {
            aggregate.group_expr.iter().all(|group| matches!(group, Expr::GroupingSet(_)))
        }
        _ => false,
    }
}
