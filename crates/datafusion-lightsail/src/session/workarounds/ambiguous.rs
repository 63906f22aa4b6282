//! Columns that a CTE, a derived table or a view has twice, of which DataFusion picks the first without a word.

use std::collections::BTreeMap;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, Union};

use super::{Answer, Difference, Example};
use crate::error::{Error, Kind};

/// What stock takes for a column that is there twice.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "A column that is there twice",
    stock: "of a CTE, a derived table or a view takes the first",
    ours: "says that it is ambiguous",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "WITH q AS (SELECT a.name, b.name FROM (VALUES ('x')) a(name) CROSS JOIN (VALUES ('y')) b(name)) SELECT name FROM q",
            stock: Answer::Rows(&["x"]),
            right: Answer::Error("column 'name' is ambiguous"),
        },
        Example {
            tables: &[],
            sql: "WITH q AS (SELECT a.name, b.name FROM (VALUES ('x')) a(name) CROSS JOIN (VALUES ('y')) b(name)) SELECT * EXCEPT (name) FROM q",
            stock: Answer::Rows(&["y"]),
            right: Answer::Error("column 'name' is ambiguous"),
        },
        Example {
            tables: &[],
            sql: "WITH q AS (SELECT a.name, b.name FROM (VALUES ('x')) a(name) CROSS JOIN (VALUES ('y')) b(name)) SELECT * REPLACE ('z' AS name) FROM q",
            stock: Answer::Rows(&["z|y"]),
            right: Answer::Error("column 'name' is ambiguous"),
        },
    ],
};

/// Refuses a plan that names a column which is there twice.
///
/// DataFusion names the second one `name:1`, and otherwise where the rows are those of a UNION. All columns, as `SELECT *`
/// has them, is not naming one.
///
/// # Errors
/// [`Kind::Sql`], which names the column.
pub(crate) fn check(plan: &LogicalPlan) -> Result<()> {
    // Each with the other column of its name.
    let mut doubled: BTreeMap<Column, Column> = BTreeMap::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::SubqueryAlias(alias) = node {
            let columns = alias.schema.columns();
            let pairs = columns.iter().map(|column| (column.clone(), second(column)));
            doubled.extend(pairs.filter(|(_, second)| columns.contains(second)));
        }
        if matches!(node, LogicalPlan::SubqueryAlias(_) | LogicalPlan::Union(_))
            && let Some(union) = union_of(node)
        {
            doubled.extend(doubled_in(union, &node.schema().columns()));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    if doubled.is_empty() {
        return Ok(());
    }
    plan.apply_with_subqueries(|node| {
        let exprs = node.expressions();
        let is_all = |second: &Column| {
            matches!(node, LogicalPlan::Projection(_))
                && exprs.iter().any(|expr| expr.try_as_col() == Some(second))
        };
        let has_both = |first: &Column, second: &Column| {
            let has = |column| node.inputs().iter().any(|input| input.schema().has_column(column));
            has(first) && has(second)
        };
        // `* EXCEPT (name)` and `* REPLACE (… AS name)` take the first and leave the second as it is.
        let is_left_alone = |(first, second): &(&Column, &Column)| {
            has_both(first, second)
                && is_all(second)
                && !exprs.iter().any(|expr| expr.try_as_col() == Some(first))
        };
        if let Some((first, _)) = doubled.iter().find(is_left_alone) {
            let table = first.relation.as_ref().map_or("what is read".to_owned(), ToString::to_string);
            return Err(twice(&first.name, &table).into());
        }
        for expr in &exprs {
            expr.apply(|expr| {
                let (column, is_outer) = match expr {
                    Expr::Column(column) => (column, false),
                    Expr::OuterReferenceColumn(_, column) => (column, true),
                    _ => return Ok(TreeNodeRecursion::Continue),
                };
                if let Some(second) = doubled.get(column)
                    && (is_outer || has_both(column, second))
                    && !is_all(second)
                {
                    let table =
                        column.relation.as_ref().map_or("what is read".to_owned(), ToString::to_string);
                    return Err(twice(&column.name, &table).into());
                }
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

/// The error of a name that is there twice.
pub(super) fn twice(name: &str, table: &str) -> Error {
    Error::new(Kind::Sql, format!("column '{name}' is ambiguous: {table} has it twice"))
        .with_hint("give one of them an alias where they are selected: name AS other_name")
}

/// The UNION whose columns a node hands on as they are.
fn union_of(node: &LogicalPlan) -> Option<&Union> {
    match node {
        LogicalPlan::Union(union) => Some(union),
        LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Filter(_) => union_of(node.inputs().first()?),
        _ => None,
    }
}

/// The pairs among the columns of a UNION that have one name in its first branch, which names them all.
fn doubled_in(union: &Union, columns: &[Column]) -> Vec<(Column, Column)> {
    let Some(first) = union.inputs.first() else { return Vec::new() };
    let names: Vec<&String> = first.schema().fields().iter().map(|field| field.name()).collect();
    let pairs = (0..names.len()).flat_map(|one| (one + 1..names.len()).map(move |other| (one, other)));
    let same = pairs.filter(|(one, other)| names[*one] == names[*other]);
    same.filter_map(|(one, other)| Some((columns.get(one)?.clone(), columns.get(other)?.clone()))).collect()
}

/// The name that DataFusion gives to the second column of a name.
fn second(column: &Column) -> Column {
    Column::new(column.relation.clone(), format!("{}:1", column.name))
}
