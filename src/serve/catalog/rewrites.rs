//! What tools write that DataFusion cannot plan, written so that it can: each with the same answer here.

mod keys;
mod text;
mod whole;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DataType, Expr, Ident, ObjectName, ObjectNamePart, Query, SelectItem, SetExpr, Statement,
    TableAlias, TableFactor, Value, VisitMut, VisitorMut, visit_expressions,
};
use datafusion::sql::sqlparser::dialect::{GenericDialect, PostgreSqlDialect};
use datafusion::sql::sqlparser::parser::Parser;

use super::empty;
use crate::serve::DATABASE;
pub(super) use text::{lists, text, with_lists};
pub(super) use whole::anew;

/// What a subquery of one value is about that is NULL here: defaults, sequences and collations of columns, and what JDBC makes
/// of the types of domains, in a CASE of 330 branches that take DataFusion a minute.
const NULL_HERE: &[&str] =
    &["pg_attrdef", "pg_sequence", "pg_collation", "typcollation", "WHEN base_type.oid = 25 THEN"];

/// Rewrites a statement that is parsed.
pub(super) fn statement(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Rewrites);
}

/// Tables of roles, with their columns of names and of numbers.
const ROLES: &[(&str, &str, &str)] = &[("pg_roles", "rolname", "oid"), ("pg_user", "usename", "usesysid")];

/// The number of the role of who asks.
const USER: i32 = 16_000;

/// Tables with rows that the crate has none of: who is connected, and who may be.
const OWN: &[&str] = &["pg_stat_activity", "pg_user"];

struct Rewrites;

impl VisitorMut for Rewrites {
    type Break = ();

    /// Columns of one name, such as NULL and NULL, or what `current_user, session_user` comes to, get others.
    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_mut() {
            let mut known = BTreeSet::new();
            for (number, item) in select.projection.iter_mut().enumerate() {
                if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                    existence_as_value(expr);
                }
                if let SelectItem::UnnamedExpr(expr) = item
                    && matches!(expr, Expr::Value(_) | Expr::Function(_))
                    && !known.insert(expr.to_string())
                {
                    let alias = Ident::with_quote('"', format!("?column?{}", number + 1));
                    *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Makes NULL of what is NULL here, and `(SELECT min(a) FROM …)` of `(SELECT a FROM …)`: one value either way, and DataFusion plans it beside what it
    /// depends on.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(name) = expr
            && name.quote_style.is_none()
            && matches!(name.value.to_ascii_lowercase().as_str(), "user" | "current_role")
            && let Some(user) = parsed("session_user")
        {
            *expr = user;
        }
        of_oids(expr);
        let is_null = |query: &Query| {
            let text = query.to_string();
            NULL_HERE.iter().any(|name| text.contains(name))
        };
        if let Expr::Subquery(query) = expr
            && is_null(query)
        {
            *expr = Expr::value(Value::Null);
            return ControlFlow::Continue(());
        }
        // `(SELECT f(a))` is f(a).
        if let Expr::Subquery(query) = expr
            && let SetExpr::Select(select) = query.body.as_ref()
            && select.from.is_empty()
            && select.selection.is_none()
            && query.with.is_none()
            && let [SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. }] =
                &select.projection[..]
        {
            *expr = Expr::Nested(Box::new(value.clone()));
            return ControlFlow::Continue(());
        }
        if let Expr::Subquery(query) = expr
            && let SetExpr::Select(select) = query.body.as_mut()
            && select.selection.is_some()
            && let [SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. }] =
                &mut select.projection[..]
            && !is_aggregate(value)
            && let Some(least) = parsed(&format!("min({value})"))
        {
            *value = least;
            query.order_by = None;
        }
        ControlFlow::Continue(())
    }

    /// Qualifies the tables of the system catalog that the crate has none of. A database is called what the client likes.
    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        if let [ObjectNamePart::Identifier(database), _, _] = &mut relation.0[..] {
            *database = Ident::new(DATABASE);
        }
        if let [ObjectNamePart::Identifier(name)] = &relation.0[..]
            && (OWN.contains(&name.value.as_str()) || empty::names().any(|empty| empty == name.value))
        {
            relation.0.insert(0, ObjectNamePart::Identifier(Ident::new("pg_catalog")));
        }
        ControlFlow::Continue(())
    }

    /// Puts who asks beside the role that owns everything: tools look for themselves, and nobody sees the others.
    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, alias, .. } = factor else { return ControlFlow::Continue(()) };
        let called =
            name.0.last().and_then(ObjectNamePart::as_ident).map(|name| name.value.to_ascii_lowercase());
        let Some((table, role, oid)) = ROLES.iter().find(|(table, ..)| called.as_deref() == Some(*table))
        else {
            return ControlFlow::Continue(());
        };
        let sql = format!(
            "SELECT * FROM pg_catalog.{table} UNION ALL SELECT * REPLACE (session_user AS {role}, {USER} AS {oid}) \
             FROM pg_catalog.{table} WHERE session_user <> '{DATABASE}'"
        );
        let parsed =
            Parser::new(&GenericDialect {}).try_with_sql(&sql).and_then(|mut parser| parser.parse_query());
        if let Ok(subquery) = parsed {
            let alias = alias.take().unwrap_or_else(|| TableAlias {
                explicit: true,
                name: Ident::new(*table),
                columns: vec![],
                at: None,
            });
            *factor = TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None };
        }
        ControlFlow::Continue(())
    }

    /// Makes `a LIKE replace(b, '/', '\')` of `a LIKE b ESCAPE '/'`: DataFusion's escape is the backslash.
    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let (Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. }) = expr
        else {
            return ControlFlow::Continue(());
        };
        let escape = match escape_char.take().map(|escape| escape.value) {
            Some(Value::SingleQuotedString(escape)) if !matches!(escape.as_str(), "" | "\\") => escape,
            _ => return ControlFlow::Continue(()),
        };
        let text = |text: &str| Expr::value(Value::SingleQuotedString(text.to_owned()));
        let sql = format!("replace({pattern}, {}, {})", text(&escape), text("\\"));
        if let Some(replaced) = parsed(&sql) {
            **pattern = replaced;
        }
        ControlFlow::Continue(())
    }
}

/// Makes the oid of a table of a text that is made up, and the name of a type of its oid: a cast keeps an oid as it is.
fn of_oids(expr: &mut Expr) {
    let Expr::Cast { expr: inner, data_type, .. } = expr else { return };
    let of = data_type.to_string().to_ascii_lowercase();
    let called = match inner.as_ref() {
        Expr::Function(function) => function.name.to_string().to_ascii_lowercase(),
        _ => String::new(),
    };
    let sql = match (inner.as_ref(), called.as_str(), of.as_str()) {
        (text, "format" | "concat" | "quote_ident", "regclass") | (text, "to_regclass", "oid") => {
            format!("oid_of_relation({text})")
        }
        (text, _, "regclass") if is_joined(text) => format!("oid_of_relation({text})"),
        (oid, "to_regtype", "text") => format!("format_type({oid}, NULL)"),
        (Expr::Value(name), ..) if is_type(data_type) => format!("to_regtype({name})"),
        (Expr::Cast { expr: oid, data_type, .. }, _, "text") if is_type(data_type) => {
            format!("format_type({oid}, NULL)")
        }
        _ => return,
    };
    if let Some(rewritten) = parsed(&sql) {
        *expr = rewritten;
    }
}

/// Whether texts are joined.
fn is_joined(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_joined(inner),
        Expr::BinaryOp { op, .. } => *op == BinaryOperator::StringConcat,
        _ => false,
    }
}

fn is_type(of: &DataType) -> bool {
    matches!(of.to_string().to_ascii_lowercase().as_str(), "regtype" | "pg_catalog.regtype")
}

fn parsed(sql: &str) -> Option<Expr> {
    Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).ok()?.parse_expr().ok()
}

/// Makes a subquery of one value of what asks whether a query has rows: DataFusion plans EXISTS in conditions only.
fn existence_as_value(expr: &mut Expr) {
    struct AsValue;
    impl VisitorMut for AsValue {
        type Break = ();

        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            let Expr::Exists { subquery, negated } = expr else { return ControlFlow::Continue(()) };
            let is = if *negated { "IS NULL" } else { "IS NOT NULL" };
            let asked = match subquery.body.as_ref() {
                SetExpr::Select(select)
                    if subquery.limit_clause.is_none() && select.projection.is_empty() =>
                {
                    let mut select = select.clone();
                    select.projection = vec![SelectItem::UnnamedExpr(Expr::value(Value::Boolean(true)))];
                    select.to_string()
                }
                _ => subquery.to_string(),
            };
            if let Some(value) = parsed(&format!("(SELECT bool_or(true) {is} FROM ({asked}) AS asked)")) {
                *expr = value;
            }
            ControlFlow::Continue(())
        }
    }
    // Those of conditions in a subquery stay what they are.
    if !matches!(expr, Expr::Subquery(_)) {
        let _ = VisitMut::visit(expr, &mut AsValue);
    }
}

/// Whether an aggregate is in an expression.
fn is_aggregate(expr: &Expr) -> bool {
    const AGGREGATES: &[&str] =
        &["count", "min", "max", "sum", "avg", "array_agg", "string_agg", "bool_and", "bool_or"];
    let is_one = |expr: &Expr| {
        let Expr::Function(function) = expr else { return false };
        let name = function.name.0.last().map(ToString::to_string).unwrap_or_default();
        AGGREGATES.contains(&name.to_ascii_lowercase().as_str())
    };
    let found = visit_expressions(expr, |expr| match is_one(expr) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    });
    found.is_break()
}
