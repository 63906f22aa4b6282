//! The branches of a UNION, whose columns belong together by their places: the optimizer finds them by name.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, Projection};
use datafusion::optimizer::AnalyzerRule;

use super::{Answer, Difference, Example};

/// What stock makes of branches whose columns have other names.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "Branches of a UNION whose columns have other names",
    stock: "finds columns by name when it leaves branches out or joins nested unions: it mixes them up, or fails",
    ours: "gives all branches the names of the first",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT a AS s, a AS c FROM (VALUES (1)) t(a) WHERE a IS NULL UNION ALL SELECT DISTINCT 1 AS c, 2 AS s",
            stock: Answer::Rows(&["2|1"]),
            right: Answer::Rows(&["1|2"]),
        },
        Example {
            tables: &[],
            sql: "SELECT a AS c FROM (VALUES (1)) t(a) WHERE a IS NULL UNION ALL SELECT DISTINCT 1 AS s",
            stock: Answer::Error("No field named c"),
            right: Answer::Rows(&["1"]),
        },
        Example {
            tables: &[],
            sql: "SELECT CAST(a AS INT) AS x, CAST(b AS INT) AS y FROM (VALUES (1, 2)) t(a, b) UNION ALL \
                  SELECT DISTINCT CAST(3 AS INT) AS y, CAST(4 AS INT) AS x UNION ALL SELECT 5, 6 ORDER BY x",
            stock: Answer::Rows(&["1|2", "4|3", "5|6"]),
            right: Answer::Rows(&["1|2", "3|4", "5|6"]),
        },
    ],
};

/// Gives all branches of a UNION the names that it has.
#[derive(Debug)]
pub(super) struct NameBranches;

impl AnalyzerRule for NameBranches {
    fn name(&self) -> &str {
        "name_branches"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(of_node).data()
    }
}

fn of_node(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Union(mut union) = plan else { return Ok(Transformed::no(plan)) };
    let mut has_changed = false;
    for input in &mut union.inputs {
        if names(input.schema()) != names(&union.schema) {
            *input = Arc::new(LogicalPlan::Projection(renamed(input, &union.schema)?));
            has_changed = true;
        }
    }
    let union = LogicalPlan::Union(union);
    Ok(if has_changed { Transformed::yes(union) } else { Transformed::no(union) })
}

fn names(schema: &DFSchema) -> Vec<&str> {
    schema.fields().iter().map(|field| field.name().as_str()).collect()
}

/// The same columns by the names of a schema.
fn renamed(input: &Arc<LogicalPlan>, schema: &DFSchema) -> Result<Projection> {
    let columns = input.schema().columns().into_iter().zip(schema.iter());
    let columns = columns
        .map(|(column, (table, field))| Expr::Column(column).alias_qualified(table.cloned(), field.name()));
    Projection::try_new(columns.collect(), Arc::clone(input))
}
