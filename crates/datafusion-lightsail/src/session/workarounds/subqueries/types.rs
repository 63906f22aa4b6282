//! The types of the columns around a subquery.
//!
//! The parser notes them before coercion, which may change them: `max(CASE … THEN an_int ELSE 3 END)` becomes a BIGINT, and a
//! subquery still compares it as the INT that it was. The join that it becomes has keys of two types and fails.

use std::sync::Arc;

use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, ExprSchema, Result};
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, LogicalPlan, Subquery};
use datafusion::optimizer::AnalyzerRule;
use datafusion::optimizer::analyzer::type_coercion::TypeCoercion;

use super::lateral;

/// Gives outer columns the types that they have after coercion, and coerces what is made of them once more.
#[derive(Debug)]
pub(in super::super) struct TypeOuterColumns;

impl AnalyzerRule for TypeOuterColumns {
    fn name(&self) -> &str {
        "type_outer_columns"
    }

    fn analyze(&self, plan: LogicalPlan, config: &ConfigOptions) -> Result<LogicalPlan> {
        let typed = plan.transform_down_with_subqueries(of_node)?;
        match typed.transformed {
            true => TypeCoercion::new().analyze(typed.data, config),
            false => Ok(typed.data),
        }
    }
}

fn of_node(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let schema = merge_schema(&plan.inputs());
    let of_subquery = |subquery: Subquery| -> Result<Transformed<Subquery>> {
        let plan = in_plan(subquery.subquery.as_ref().clone(), &schema)?;
        Ok(plan.update_data(|plan| subquery.with_plan(Arc::new(plan))))
    };
    let (has_lateral, plan) = match plan {
        LogicalPlan::Join(mut join) if lateral::subquery(&join).is_some() => {
            let right = in_plan(Arc::unwrap_or_clone(join.right), join.left.schema())?;
            join.right = Arc::new(right.data);
            (right.transformed, LogicalPlan::Join(join))
        }
        plan => (false, plan),
    };
    let plan = plan.map_expressions(|expr| {
        expr.transform_up(|expr| {
            Ok(match expr {
                Expr::ScalarSubquery(subquery) => of_subquery(subquery)?.update_data(Expr::ScalarSubquery),
                Expr::Exists(Exists { subquery, negated }) => {
                    of_subquery(subquery)?.update_data(|subquery| Expr::Exists(Exists { subquery, negated }))
                }
                Expr::InSubquery(InSubquery { expr, subquery, negated }) => of_subquery(subquery)?
                    .update_data(|subquery| Expr::InSubquery(InSubquery { expr, subquery, negated })),
                Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }) => {
                    of_subquery(subquery)?.update_data(|subquery| {
                        Expr::SetComparison(SetComparison { expr, subquery, op, quantifier })
                    })
                }
                other => Transformed::no(other),
            })
        })
    })?;
    Ok(Transformed { transformed: plan.transformed || has_lateral, ..plan })
}

/// A plan with the types of its outer columns that are in a schema.
fn in_plan(plan: LogicalPlan, schema: &DFSchema) -> Result<Transformed<LogicalPlan>> {
    let in_expr = |expr: Expr| {
        let field: Option<FieldRef> = match &expr {
            Expr::OuterReferenceColumn(known, column) => {
                let now = schema.field_from_column(column).ok();
                now.filter(|now| now.data_type() != known.data_type()).cloned()
            }
            _ => None,
        };
        Ok(match (field, expr) {
            (Some(field), Expr::OuterReferenceColumn(_, column)) => {
                Transformed::yes(Expr::OuterReferenceColumn(field, column))
            }
            (_, expr) => Transformed::no(expr),
        })
    };
    plan.transform_down_with_subqueries(|plan| plan.map_expressions(|expr| expr.transform_up(in_expr)))
}
