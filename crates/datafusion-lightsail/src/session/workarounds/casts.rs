//! Expressions that differ in their casts alone, which are one name to DataFusion: `GROUP BY x, CAST(x AS DATE)`,
//! `SELECT sum(x), sum(CAST(x AS DOUBLE))`.
//!
//! The name of a cast is that of what it casts. Columns of groups, aggregates and windows are found by their names, whatever
//! alias a SELECT gives them, so that the second one cannot be had at all. `arrow_cast` has its type in its name: around a
//! cast, with the same type, it changes no value, and the optimizer takes it away again.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    DataType, Distinct, Expr, GroupByExpr, Ident, OrderBy, Query, Select, SelectItem, SetExpr, Value,
    VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::policy::normal;
use super::scopes::{Columns, Rewriting};
use super::using::{selects, selects_mut};
use super::{Answer, Difference, Example};
use crate::error::Result;

/// What stock makes of such expressions.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "Groups, aggregates and windows that differ in their casts alone",
    stock: "has one name for both, and refuses the statement",
    ours: "names the types of the casts",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT x AS a, CAST(x AS VARCHAR) AS b FROM (VALUES (1), (1)) t(x) GROUP BY x, CAST(x AS VARCHAR)",
            stock: Answer::Error("Projections require unique expression names"),
            right: Answer::Rows(&["1|1"]),
        },
        Example {
            tables: &[],
            sql: "SELECT sum(x) AS a, sum(CAST(x AS DOUBLE)) AS b FROM (VALUES (1), (2)) t(x)",
            stock: Answer::Error("duplicate unqualified field name"),
            right: Answer::Rows(&["3|3.0"]),
        },
        Example {
            tables: &[],
            sql: "SELECT max(x) OVER () AS a, max(CAST(x AS VARCHAR)) OVER () AS b FROM (VALUES (9), (10)) t(x) LIMIT 1",
            stock: Answer::Error("Windows require unique expression names"),
            right: Answer::Rows(&["10|9"]),
        },
    ],
};

/// Gives the casts of such a SELECT names of their own.
pub(crate) struct NamedCasts;

impl Rewriting for NamedCasts {
    fn parts(&self, query: &Query) -> Vec<SetExpr> {
        let scopes = selects(&query.body).into_iter().map(|select| Scope::of(select, query));
        scopes.filter_map(|scope| scope.casts_of_nothing()).collect()
    }

    fn rewrite(&self, query: &mut Query, columns: Vec<Columns>) -> Result<()> {
        let scopes: Vec<Scope> =
            selects(&query.body).into_iter().map(|select| Scope::of(select, query)).collect();
        let mut columns = columns.into_iter();
        for (select, mut scope) in selects_mut(&mut query.body).into_iter().zip(scopes) {
            // What cannot be planned by itself is a type that there is not.
            let Some(columns) = scope.casts_of_nothing().and_then(|_| columns.next().flatten()) else {
                continue;
            };
            let names = columns.iter().map(|column| column.data_type().to_string());
            let names: HashMap<DataType, String> = scope.types().into_iter().zip(names).collect();
            alias(&mut scope.projection);
            scope.visit(&mut |expr| {
                if let Expr::Cast { data_type, .. } = expr
                    && let Some(name) = names.get(data_type)
                    && let Some(named) = arrow_cast(expr.clone(), name)
                {
                    *expr = named;
                }
            });
            let Scope { projection, distinct, group_by, having, qualify, order_by } = scope;
            (select.projection, select.distinct, select.group_by) = (projection, distinct, group_by);
            (select.having, select.qualify) = (having, qualify);
            if order_by.is_some() {
                query.order_by = order_by;
            }
        }
        Ok(())
    }
}

/// The parts of a SELECT in which an expression may be found by its name.
#[derive(Clone)]
struct Scope {
    projection: Vec<SelectItem>,
    distinct: Option<Distinct>,
    group_by: GroupByExpr,
    having: Option<Expr>,
    qualify: Option<Expr>,
    /// Of the query, if it is one SELECT.
    order_by: Option<OrderBy>,
}

impl Scope {
    fn of(select: &Select, query: &Query) -> Self {
        let Select { projection, distinct, group_by, having, qualify, .. } = select.clone();
        let is_all = matches!(query.body.as_ref(), SetExpr::Select(_));
        let order_by = query.order_by.clone().filter(|_| is_all);
        Self { projection, distinct, group_by, having, qualify, order_by }
    }

    /// Does something with each expression, those of subqueries apart.
    fn visit(&mut self, what: &mut dyn FnMut(&mut Expr)) {
        let mut own = Own { what, depth: 0 };
        let _ = self.projection.visit(&mut own);
        let _ = self.distinct.visit(&mut own);
        let _ = self.group_by.visit(&mut own);
        let _ = self.having.visit(&mut own);
        let _ = self.qualify.visit(&mut own);
        let _ = self.order_by.visit(&mut own);
    }

    /// The types of its casts.
    fn types(&self) -> Vec<DataType> {
        let mut types = Vec::new();
        self.clone().visit(&mut |expr| {
            if let Expr::Cast { data_type, .. } = expr
                && !types.contains(data_type)
            {
                types.push(data_type.clone());
            }
        });
        types
    }

    /// `SELECT CAST(NULL AS INT) AS c0, CAST(NULL AS DATE) AS c1`, which tells what Arrow calls its types; `None` if it needs
    /// no names.
    fn casts_of_nothing(&self) -> Option<SetExpr> {
        if !self.is_concerned() {
            return None;
        }
        let types = self.types();
        let cast = |(at, data_type): (usize, &DataType)| format!("CAST(NULL AS {data_type}) AS c{at}");
        let casts: Vec<String> = types.iter().enumerate().map(cast).collect();
        let sql = format!("SELECT {}", casts.join(", "));
        let mut parser = Parser::new(&GenericDialect {}).try_with_sql(&sql).ok()?;
        Some(*parser.parse_query().ok()?.body)
    }

    /// Whether two expressions that DataFusion finds by their names differ in their casts alone.
    fn is_concerned(&self) -> bool {
        let mut named: HashMap<String, String> = HashMap::new();
        self.found_by_name().iter().any(|expr| {
            let (name, whole) = (text(expr, true), text(expr, false));
            named.insert(name, whole.clone()).is_some_and(|other| other != whole)
        })
    }

    /// The expressions that DataFusion finds by their names: groups, aggregates, windows, and columns without an alias.
    fn found_by_name(&self) -> Vec<Expr> {
        let mut found = Vec::new();
        self.clone().visit(&mut |expr| {
            if matches!(expr, Expr::Function(_)) {
                found.push(expr.clone());
            }
        });
        let unnamed = self.projection.iter().filter(|item| matches!(item, SelectItem::UnnamedExpr(_)));
        found.extend(unnamed.filter_map(selected).cloned());
        match &self.group_by {
            GroupByExpr::All(_) => found.extend(self.projection.iter().filter_map(selected).cloned()),
            GroupByExpr::Expressions(exprs, _) => {
                let sets = exprs.iter().flat_map(|expr| match expr {
                    Expr::GroupingSets(sets) | Expr::Rollup(sets) | Expr::Cube(sets) => {
                        sets.iter().flatten().collect()
                    }
                    expr => vec![expr],
                });
                found.extend(sets.map(|expr| self.meant(expr)));
            }
        }
        if let Some(Distinct::On(exprs)) = &self.distinct {
            found.extend(exprs.iter().map(|expr| self.meant(expr)));
        }
        found
    }

    /// What GROUP BY or DISTINCT ON means by an item's number or its alias, or by anything else.
    fn meant(&self, expr: &Expr) -> Expr {
        let item = match expr {
            Expr::Value(value) => match &value.value {
                Value::Number(number, _) => {
                    let place = number.to_string().parse().ok().and_then(|place: usize| place.checked_sub(1));
                    place.and_then(|place| self.projection.get(place)).and_then(selected)
                }
                _ => None,
            },
            Expr::Identifier(name) => self.projection.iter().find_map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias } if normal(alias) == normal(name) => Some(expr),
                _ => None,
            }),
            _ => None,
        };
        item.unwrap_or(expr).clone()
    }
}

fn selected(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

/// An expression with its columns alone, for `i.name` and `NAME` may be one column; as DataFusion names it without its casts.
fn text(expr: &Expr, is_name: bool) -> String {
    let mut expr = expr.clone();
    let mut simplify = |expr: &mut Expr| match expr {
        Expr::CompoundIdentifier(names) => {
            if let Some(name) = names.last() {
                *expr = Expr::Identifier(name.clone());
            }
        }
        Expr::Cast { expr: inner, .. } if is_name => *expr = inner.as_ref().clone(),
        _ => {}
    };
    let _ = VisitMut::visit(&mut expr, &mut Own { what: &mut simplify, depth: 0 });
    expr.to_string().to_lowercase()
}

/// Gives what has a cast in it and no alias the name that it is written with.
fn alias(projection: &mut [SelectItem]) {
    for item in projection {
        if let SelectItem::UnnamedExpr(expr) = item
            && text(expr, true) != text(expr, false)
        {
            let alias = Ident::with_quote('"', expr.to_string());
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
    }
}

/// `arrow_cast(expr, 'name')`
fn arrow_cast(expr: Expr, name: &str) -> Option<Expr> {
    let text = format!("arrow_cast(NULL, '{}')", name.replace('\'', "''"));
    let mut call = Parser::new(&GenericDialect {}).try_with_sql(&text).ok()?.parse_expr().ok()?;
    let mut argument = Some(expr);
    let mut put = |expr: &mut Expr| {
        let is_null = matches!(expr, Expr::Value(value) if value.value == Value::Null);
        if is_null && let Some(argument) = argument.take() {
            *expr = argument;
        }
    };
    let _ = VisitMut::visit(&mut call, &mut Own { what: &mut put, depth: 0 });
    argument.is_none().then_some(call)
}

/// Does something with each expression, from the innermost out, but not with those of subqueries.
struct Own<'a> {
    what: &'a mut dyn FnMut(&mut Expr),
    depth: usize,
}

impl VisitorMut for Own<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.depth == 0 {
            (self.what)(expr);
        }
        ControlFlow::Continue(())
    }
}
