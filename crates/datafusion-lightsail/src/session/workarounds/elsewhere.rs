//! What the parser takes in the spelling of other databases, and DataFusion plans in its own.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, JoinOperator, LimitClause, NamedWindowExpr, Query, SetExpr, TableWithJoins, Value,
    VisitMut, VisitorMut, WindowSpec, WindowType,
};

use super::{Answer, Difference, Example};

/// What stock does not plan.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "SEMI JOIN, ANTI JOIN, RLIKE, REGEXP, FETCH FIRST, and a named window in QUALIFY or ORDER BY",
    stock: "does not plan them",
    ours: "plans LEFT SEMI JOIN, LEFT ANTI JOIN, `~`, LIMIT, and the window where it is used",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT a FROM (VALUES (1), (2)) t(a) SEMI JOIN (VALUES (2), (2)) u(b) ON b = a",
            stock: Answer::Error("Unsupported JOIN operator"),
            right: Answer::Rows(&["2"]),
        },
        Example {
            tables: &[],
            sql: "SELECT a FROM (VALUES (1), (2)) t(a) ANTI JOIN (VALUES (2), (2)) u(b) ON b = a",
            stock: Answer::Error("Unsupported JOIN operator"),
            right: Answer::Rows(&["1"]),
        },
        Example {
            tables: &[],
            sql: "SELECT a FROM (VALUES ('web-1'), ('db-1')) t(a) WHERE a RLIKE '^w' AND a NOT REGEXP '2$'",
            stock: Answer::Error("Unsupported ast node"),
            right: Answer::Rows(&["web-1"]),
        },
        Example {
            tables: &[],
            sql: "SELECT a FROM (VALUES (3), (1), (2)) t(a) ORDER BY a OFFSET 1 ROW FETCH NEXT 1 ROWS ONLY",
            stock: Answer::Error("FETCH clause is not supported"),
            right: Answer::Rows(&["2"]),
        },
        Example {
            tables: &[],
            sql: "SELECT a FROM (VALUES (2), (1)) t(a) WINDOW w AS (ORDER BY a) QUALIFY row_number() OVER w = 1",
            stock: Answer::Error("row_number"),
            right: Answer::Rows(&["1"]),
        },
    ],
};

/// Says of each SEMI and ANTI JOIN whose rows it has: those of its left side.
pub(super) fn name_joins(tables: &mut TableWithJoins) {
    for join in &mut tables.joins {
        join.join_operator = match join.join_operator.clone() {
            JoinOperator::Semi(on) => JoinOperator::LeftSemi(on),
            JoinOperator::Anti(on) => JoinOperator::LeftAnti(on),
            other => other,
        };
    }
}

/// RLIKE and REGEXP as `~`.
pub(super) fn rewritten(expr: &Expr) -> Option<Expr> {
    let Expr::RLike { negated, expr, pattern, .. } = expr else { return None };
    let op = if *negated { BinaryOperator::PGRegexNotMatch } else { BinaryOperator::PGRegexMatch };
    Some(Expr::BinaryOp { left: expr.clone(), op, right: pattern.clone() })
}

/// FETCH FIRST … ROWS ONLY as LIMIT.
pub(super) fn limit(query: &mut Query) {
    if let Some(fetch) = query.fetch.take() {
        let rows = fetch.quantity.unwrap_or_else(|| Expr::value(Value::Number("1".to_owned(), false)));
        let (offset, limit_by) = match query.limit_clause.take() {
            Some(LimitClause::LimitOffset { offset, limit_by, .. }) => (offset, limit_by),
            _ => (None, Vec::new()),
        };
        query.limit_clause = Some(LimitClause::LimitOffset { limit: Some(rows), offset, limit_by });
    }
}

/// Writes the windows of a WINDOW clause where QUALIFY and ORDER BY use them.
pub(super) fn spell_out_windows(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let named = select.named_window.iter().filter_map(|window| match &window.1 {
        NamedWindowExpr::WindowSpec(spec) => Some((window.0.value.clone(), spec.clone())),
        NamedWindowExpr::NamedWindow(_) => None,
    });
    let mut windows = Windows(named.collect());
    if !windows.0.is_empty() {
        let _ = select.qualify.visit(&mut windows);
        let _ = query.order_by.visit(&mut windows);
    }
}

struct Windows(Vec<(String, WindowSpec)>);

impl VisitorMut for Windows {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr
            && let Some(WindowType::NamedWindow(name)) = &function.over
            && let Some((_, spec)) = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name.value))
        {
            function.over = Some(WindowType::WindowSpec(spec.clone()));
        }
        ControlFlow::Continue(())
    }
}
