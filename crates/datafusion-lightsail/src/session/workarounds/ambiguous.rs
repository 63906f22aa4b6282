//! Columns that a CTE, a derived table or a view has twice, of which DataFusion picks the first without a word.

use std::collections::BTreeSet;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::{Answer, Difference, Example};
use crate::error::{Error, Kind};

/// What stock takes for a column that is there twice.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "A column that is there twice",
    stock: "of a CTE, a derived table or a view takes the first",
    ours: "says that it is ambiguous",
    upstream: &[],
    examples: &[Example {
        tables: &[],
        sql: "WITH q AS (SELECT a.name, b.name FROM (VALUES ('x')) a(name) CROSS JOIN (VALUES ('y')) b(name)) SELECT name FROM q",
        stock: Answer::Rows(&["x"]),
        right: Answer::Error("column 'name' is ambiguous"),
    }],
};

/// Refuses a plan that names a column which is there twice.
///
/// DataFusion names the second one `name:1`. All columns, as `SELECT *` has them, is not naming one.
///
/// # Errors
/// [`Kind::Sql`], which names the column.
pub(crate) fn check(plan: &LogicalPlan) -> Result<()> {
    let mut doubled: BTreeSet<Column> = BTreeSet::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::SubqueryAlias(alias) = node {
            let columns = alias.schema.columns();
            doubled.extend(columns.iter().filter(|column| columns.contains(&second(column))).cloned());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    if doubled.is_empty() {
        return Ok(());
    }
    plan.apply_with_subqueries(|node| {
        let exprs = node.expressions();
        let is_all = |column: &Column| {
            matches!(node, LogicalPlan::Projection(_))
                && exprs.iter().any(|expr| expr.try_as_col() == Some(&second(column)))
        };
        let has_both = |column: &Column| {
            node.inputs()
                .iter()
                .any(|input| input.schema().has_column(column) && input.schema().has_column(&second(column)))
        };
        for expr in &exprs {
            expr.apply(|expr| {
                let (column, is_twice) = match expr {
                    Expr::Column(column) => (column, has_both(column)),
                    Expr::OuterReferenceColumn(_, column) => (column, true),
                    _ => return Ok(TreeNodeRecursion::Continue),
                };
                if is_twice && doubled.contains(column) && !is_all(column) {
                    let table = column.relation.as_ref().map(ToString::to_string).unwrap_or_default();
                    let message = format!("column '{}' is ambiguous: {table} has it twice", column.name);
                    let hint = "give one of them an alias where they are selected: name AS other_name";
                    return Err(Error::new(Kind::Sql, message).with_hint(hint).into());
                }
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

/// The name that DataFusion gives to the second column of a name.
fn second(column: &Column) -> Column {
    Column::new(column.relation.clone(), format!("{}:1", column.name))
}
