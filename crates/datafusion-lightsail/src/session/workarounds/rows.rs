//! Comparisons of row values: `(region, name) = ('us-east-1', 'a')`.
//!
//! DataFusion makes structs of the rows, whose comparison takes NULL for a value, and of which a scan knows no name. Here
//! they are written as what SQL says they are: comparisons of their items.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Ident, Query, SetExpr, TableAliasColumnDef, TableFactor, UnaryOperator, Value,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::{Answer, Difference, Example};

/// What stock makes of row values.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "Row values",
    stock: "compares them as structs, in which NULL is equal to NULL",
    ours: "compares their items, and does not know where one is NULL",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT (1, NULL) = (1, NULL), (1, NULL) <> (1, 2), (1, NULL) <> (2, 2)",
            stock: Answer::Rows(&["true|true|true"]),
            right: Answer::Rows(&["NULL|NULL|true"]),
        },
        Example {
            tables: &[],
            sql: "SELECT count(*) FROM (VALUES (1, 2), (1, NULL), (2, NULL)) t(a, b) WHERE (a, b) NOT IN ((1, 2), (1, 3))",
            stock: Answer::Rows(&["2"]),
            right: Answer::Rows(&["1"]),
        },
        Example {
            tables: &[],
            sql: "SELECT (1, 2) < (1, NULL), (1, NULL) < (2, 0), (NULL, 1) < (1, 1), (1, 2) <= (1, 2)",
            stock: Answer::Rows(&["false|true|true|true"]),
            right: Answer::Rows(&["NULL|true|NULL|true"]),
        },
    ],
};

/// What a comparison of row values is written as; `None` if it is none, or one that DataFusion is to complain about.
pub(super) fn rewritten(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::InSubquery { expr, subquery, negated } => row_in(items(expr)?, subquery, *negated),
        Expr::InList { expr, list, negated } => {
            let row = items(expr)?;
            let equal = list.iter().map(|other| compared(row, &BinaryOperator::Eq, items(other)?));
            let is_in = nested(equal.collect::<Option<Vec<_>>>()?.into_iter().reduce(or)?);
            Some(if *negated { not(is_in) } else { is_in })
        }
        Expr::Between { expr, negated, low, high } => {
            let row = items(expr)?;
            let from = compared(row, &BinaryOperator::GtEq, items(low)?)?;
            let is_between = nested(and(from, compared(row, &BinaryOperator::LtEq, items(high)?)?));
            Some(if *negated { not(is_between) } else { is_between })
        }
        Expr::BinaryOp { left, op, right } => compared(items(left)?, op, items(right)?),
        Expr::IsDistinctFrom(left, right) => Some(not(are_same(items(left)?, items(right)?)?)),
        Expr::IsNotDistinctFrom(left, right) => are_same(items(left)?, items(right)?),
        _ => None,
    }
}

/// The items of a row value.
fn items(expr: &Expr) -> Option<&[Expr]> {
    match expr {
        Expr::Tuple(items) => Some(items),
        Expr::Nested(inner) => items(inner),
        _ => None,
    }
}

/// A comparison of rows as one of their items.
fn compared(left: &[Expr], op: &BinaryOperator, right: &[Expr]) -> Option<Expr> {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    if left.len() != right.len() {
        return None;
    }
    let pairs = || left.iter().cloned().zip(right.iter().cloned());
    match op {
        Eq => Some(nested(pairs().map(|(left, right)| binary(left, Eq, right)).reduce(and)?)),
        NotEq => Some(not(compared(left, &Eq, right)?)),
        // The first items that differ decide.
        Lt | LtEq | Gt | GtEq => {
            let strict = if matches!(op, Lt | LtEq) { Lt } else { Gt };
            let mut pairs = pairs().rev();
            let (left, right) = pairs.next()?;
            let last = binary(left, op.clone(), right);
            let all = pairs.fold(last, |rest, (left, right)| {
                let decides = binary(left.clone(), strict.clone(), right.clone());
                nested(or(decides, nested(and(binary(left, Eq, right), rest))))
            });
            Some(nested(all))
        }
        _ => None,
    }
}

fn are_same(left: &[Expr], right: &[Expr]) -> Option<Expr> {
    if left.len() != right.len() {
        return None;
    }
    let same = left.iter().zip(right).map(|(left, right)| {
        nested(Expr::IsNotDistinctFrom(Box::new(left.clone()), Box::new(right.clone())))
    });
    Some(nested(same.reduce(and)?))
}

/// `(a, b) IN (SELECT …)`, which DataFusion does not plan: true if a row is equal; NULL if one may be; else false.
fn row_in(items: &[Expr], subquery: &Query, negated: bool) -> Option<Expr> {
    let names: Vec<Ident> = (1..=items.len()).map(|number| Ident::new(format!("__item_{number}"))).collect();
    let equal = items.iter().zip(&names).map(|(item, name)| {
        let other = Expr::CompoundIdentifier(vec![Ident::new("__row"), name.clone()]);
        binary(item.clone(), BinaryOperator::Eq, other)
    });
    let is_equal = nested(equal.reduce(and)?);
    let exists = |condition: Expr| {
        let template = "SELECT 1 FROM (SELECT 1) AS __row (__item_1) WHERE true";
        let mut query = Parser::new(&GenericDialect {}).try_with_sql(template).ok()?.parse_query().ok()?;
        let SetExpr::Select(select) = query.body.as_mut() else { return None };
        if let TableFactor::Derived { subquery: derived, alias, .. } = &mut select.from.first_mut()?.relation
        {
            **derived = subquery.clone();
            let columns = names.iter().map(|name| TableAliasColumnDef::from_name(&name.value)).collect();
            alias.as_mut()?.columns = columns;
        }
        select.selection = Some(condition);
        Some(Expr::Exists { subquery: query, negated: false })
    };
    let found = exists(is_equal.clone())?;
    let unknown = and(exists(Expr::IsNull(Box::new(is_equal)))?, Expr::value(Value::Null));
    let is_in = nested(or(found, nested(unknown)));
    Some(if negated { not(is_in) } else { is_in })
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn and(left: Expr, right: Expr) -> Expr {
    binary(left, BinaryOperator::And, right)
}

fn or(left: Expr, right: Expr) -> Expr {
    binary(left, BinaryOperator::Or, right)
}

fn not(expr: Expr) -> Expr {
    nested(Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(expr) })
}

fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}
