//! Sort keys that are there twice, as in `DISTINCT ON (a) … ORDER BY a, b, a`.
//!
//! The accumulator of `first_value` for groups, which DISTINCT ON becomes, counts its keys before DataFusion leaves the
//! second one out, and panics. Behind an equal key a key decides nothing.

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan};
use datafusion::optimizer::AnalyzerRule;

use super::{Answer, Difference, Example};

/// What stock does with such keys.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "Sort keys that are there twice",
    stock: "panics in DISTINCT ON and in first_value of groups",
    ours: "leaves the second one out",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT DISTINCT ON (b) a FROM (VALUES (1, 2), (3, 1)) t(a, b) ORDER BY b, a, b",
            stock: Answer::Error("panicked"),
            right: Answer::Rows(&["3", "1"]),
        },
        Example {
            tables: &[],
            sql: "SELECT b, first_value(a ORDER BY a, b, a) AS f FROM (VALUES (1, 2), (3, 2)) t(a, b) GROUP BY b",
            stock: Answer::Error("panicked"),
            right: Answer::Rows(&["2|1"]),
        },
    ],
};

/// Leaves sort keys out that are there twice.
#[derive(Debug)]
pub(super) struct UniqueSortKeys;

impl AnalyzerRule for UniqueSortKeys {
    fn name(&self) -> &str {
        "unique_sort_keys"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(of_node).data()
    }
}

fn of_node(mut plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    if let LogicalPlan::Distinct(Distinct::On(on)) = &mut plan
        && let Some(keys) = &mut on.sort_expr
        && let Some(unique) = unique(keys)
    {
        *keys = unique;
    }
    let names = NamePreserver::new(&plan);
    plan.map_expressions(|expr| {
        let name = names.save(&expr);
        let changed = expr.transform_up(|expr| Ok(of_expr(expr)))?;
        Ok(if changed.transformed { changed.update_data(|expr| name.restore(expr)) } else { changed })
    })
}

fn of_expr(expr: Expr) -> Transformed<Expr> {
    match expr {
        Expr::AggregateFunction(mut function) => match unique(&function.params.order_by) {
            Some(keys) => {
                function.params.order_by = keys;
                Transformed::yes(Expr::AggregateFunction(function))
            }
            None => Transformed::no(Expr::AggregateFunction(function)),
        },
        other => Transformed::no(other),
    }
}

/// The keys without those that are there before; `None` if there is no such key.
fn unique(keys: &[Sort]) -> Option<Vec<Sort>> {
    let is_new = |(at, key): &(usize, &Sort)| keys[..*at].iter().all(|before| before.expr != key.expr);
    let unique: Vec<Sort> = keys.iter().enumerate().filter(is_new).map(|(_, key)| key.clone()).collect();
    (unique.len() < keys.len()).then_some(unique)
}
