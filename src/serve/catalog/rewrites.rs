//! What tools write that DataFusion cannot plan, written so that it can: each with the same answer here.

mod text;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    DataType, Expr, Ident, ObjectName, ObjectNamePart, Query, SelectItem, SetExpr, Statement, Value,
    VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::empty;
pub(super) use text::{lists, text, with_lists};

/// What a subquery of one value is about that is NULL here: defaults, sequences and collations of columns, and what JDBC makes
/// of the types of domains, in a CASE of 330 branches that take DataFusion a minute.
const NULL_HERE: &[&str] =
    &["pg_attrdef", "pg_sequence", "pg_collation", "typcollation", "WHEN base_type.oid = 25 THEN"];

/// Rewrites a statement that is parsed.
pub(super) fn statement(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Rewrites);
}

/// Who is connected.
const ACTIVITY: &str = "pg_stat_activity";

struct Rewrites;

impl VisitorMut for Rewrites {
    type Break = ();

    /// Columns of one name, such as NULL and NULL, or what `current_user, session_user` comes to, get others.
    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_mut() {
            let mut known = BTreeSet::new();
            for (number, item) in select.projection.iter_mut().enumerate() {
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

    /// Qualifies the tables of the system catalog that the crate has none of.
    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        if let [ObjectNamePart::Identifier(name)] = &relation.0[..]
            && (name.value == ACTIVITY || empty::names().any(|empty| empty == name.value))
        {
            relation.0.insert(0, ObjectNamePart::Identifier(Ident::new("pg_catalog")));
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
        (text, "format", "regclass") | (text, "to_regclass", "oid") => format!("oid_of_relation({text})"),
        (Expr::Cast { expr: oid, data_type, .. }, _, "text") if is_type(data_type) => {
            format!("format_type({oid}, NULL)")
        }
        _ => return,
    };
    if let Some(rewritten) = parsed(&sql) {
        *expr = rewritten;
    }
}

fn is_type(of: &DataType) -> bool {
    matches!(of.to_string().to_ascii_lowercase().as_str(), "regtype" | "pg_catalog.regtype")
}

fn parsed(sql: &str) -> Option<Expr> {
    Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).ok()?.parse_expr().ok()
}

fn is_aggregate(expr: &Expr) -> bool {
    const AGGREGATES: &[&str] =
        &["count", "min", "max", "sum", "avg", "array_agg", "string_agg", "bool_and", "bool_or"];
    let Expr::Function(function) = expr else { return false };
    function
        .name
        .0
        .last()
        .is_some_and(|name| AGGREGATES.contains(&name.to_string().to_ascii_lowercase().as_str()))
}
