//! INTERSECT ALL and EXCEPT ALL, which count how often a row occurs.
//!
//! DataFusion plans them as semi and anti joins: all copies of a row stay, or none (apache/datafusion#12955, #12956). Here
//! the copies are numbered on both sides, so that each is another row, and the operation is the one without ALL.

use datafusion::sql::sqlparser::ast::{Query, SelectItem, SetExpr, SetOperator, SetQuantifier, TableFactor};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::scopes::{Columns, Rewriting};
use super::using::output;
use super::{Answer, Difference, Example, ambiguous};
use crate::error::{Error, Kind, Result};

/// What stock does without counting.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "INTERSECT ALL and EXCEPT ALL",
    stock: "keep all copies of a row, or none",
    ours: "numbers the copies, so that each has its partner",
    upstream: &["apache/datafusion#12955", "apache/datafusion#12956"],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT * FROM (VALUES (1), (1), (1), (NULL), (NULL)) a(k) EXCEPT ALL \
                  SELECT * FROM (VALUES (1), (NULL)) b(l) ORDER BY k",
            stock: Answer::Rows(&[]),
            right: Answer::Rows(&["1", "1", "NULL"]),
        },
        Example {
            tables: &[],
            sql: "SELECT count(*) FROM (VALUES (1), (1), (1), (2) INTERSECT ALL VALUES (1), (1)) q",
            stock: Answer::Rows(&["3"]),
            right: Answer::Rows(&["2"]),
        },
    ],
};

/// Writes them over numbered rows.
pub(crate) struct NumberedCopies;

impl Rewriting for NumberedCopies {
    fn parts(&self, query: &Query) -> Vec<SetExpr> {
        let mut parts = Vec::new();
        collect(&query.body, &mut parts);
        parts
    }

    fn rewrite(&self, query: &mut Query, columns: Vec<Columns>) -> Result<()> {
        number(&mut query.body, &mut columns.into_iter())
    }
}

/// Whether an operation counts copies, which DataFusion does not.
fn is_counted(op: SetOperator, quantifier: SetQuantifier) -> bool {
    is_planned_as_join(op) && matches!(quantifier, SetQuantifier::All | SetQuantifier::AllByName)
}

/// Whether DataFusion plans an operation as a join of its sides, which finds their columns by name.
fn is_planned_as_join(op: SetOperator) -> bool {
    matches!(op, SetOperator::Intersect | SetOperator::Except | SetOperator::Minus)
}

/// The sides of such operations, in the order in which [`number`] comes to them.
fn collect(body: &SetExpr, parts: &mut Vec<SetExpr>) {
    let SetExpr::SetOperation { op, left, right, .. } = body else { return };
    collect(left, parts);
    collect(right, parts);
    if is_planned_as_join(*op) {
        parts.extend([SetExpr::clone(left), SetExpr::clone(right)]);
    }
}

fn number(body: &mut SetExpr, columns: &mut dyn Iterator<Item = Columns>) -> Result<()> {
    let SetExpr::SetOperation { op, set_quantifier, left, right } = body else { return Ok(()) };
    number(left, columns)?;
    number(right, columns)?;
    if !is_planned_as_join(*op) {
        return Ok(());
    }
    let (of_left, of_right) = (columns.next().flatten(), columns.next().flatten());
    let is_by_name = matches!(set_quantifier, SetQuantifier::AllByName);
    // What cannot be planned by itself is about the query around it.
    let names = |columns: Columns, side: &SetExpr| match columns {
        Some(columns) => Some(columns.iter().map(|column| column.name().to_owned()).collect()),
        None => selected(side),
    };
    let (of_left, of_right) = (names(of_left, left), names(of_right, right));
    let is_counted = is_counted(*op, *set_quantifier);
    // Numbered copies have names of their own.
    let sides = [Some(&of_left), Some(&of_right).filter(|_| !is_counted)];
    if let Some(name) = sides.into_iter().flatten().flatten().find_map(|names| doubled(names)) {
        return Err(ambiguous::twice(name, &format!("a side of {op}")));
    }
    if !is_counted {
        return Ok(());
    }
    let sides = of_left.zip(of_right);
    let sides = sides.filter(|(left, right)| !is_by_name && left.len() == right.len());
    let numbered = sides.and_then(|(names, _)| numbered(*op, &names, left, right));
    *body = numbered.ok_or_else(|| {
        Error::new(Kind::Sql, format!("{op} ALL of these two queries cannot be planned"))
            .with_hint(format!("write {op} without ALL, or number the rows of both with row_number()"))
    })?;
    Ok(())
}

/// A name that is there twice.
fn doubled(names: &[String]) -> Option<&str> {
    let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
    twice.map(|(_, name)| name.as_str())
}

/// The names of what a SELECT selects; `None` if it does not list them.
fn selected(body: &SetExpr) -> Option<Vec<String>> {
    let SetExpr::Select(select) = body else { return None };
    let name = |(number, item): (usize, &SelectItem)| match item {
        SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. } => {
            Some(output(item).unwrap_or_else(|| format!("column{}", number + 1)))
        }
        _ => None,
    };
    select.projection.iter().enumerate().map(name).collect()
}

/// The operation over the rows of both sides, the copies of a row numbered.
fn numbered(op: SetOperator, names: &[String], left: &SetExpr, right: &SetExpr) -> Option<SetExpr> {
    // By their places: a name may be there twice, and the other side has its own.
    let places: Vec<String> = (1..=names.len()).map(|place| format!("__{place}")).collect();
    let list = places.join(", ");
    let named = places.iter().zip(names);
    let named = named.map(|(place, name)| format!("{place} AS \"{}\"", name.replace('"', "\"\"")));
    let named = named.collect::<Vec<_>>().join(", ");
    let side = format!(
        "SELECT {list}, row_number() OVER (PARTITION BY {list}) AS __copy FROM (SELECT 1) AS __side ({list})"
    );
    let template = format!("SELECT {named} FROM ({side} {op} {side}) AS __copies");
    let mut body = *Parser::new(&GenericDialect {}).try_with_sql(&template).ok()?.parse_query().ok()?.body;
    let SetExpr::SetOperation { left: first, right: second, .. } = derived(&mut body)? else { return None };
    *derived(first)? = left.clone();
    *derived(second)? = right.clone();
    Some(body)
}

/// What a SELECT selects from, where it is a query.
fn derived(select: &mut SetExpr) -> Option<&mut SetExpr> {
    let SetExpr::Select(select) = select else { return None };
    let TableFactor::Derived { subquery, .. } = &mut select.from.first_mut()?.relation else { return None };
    Some(&mut subquery.body)
}
