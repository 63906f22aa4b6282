//! What stands where it cannot: aggregates before there are groups, HAVING without any, positions of no column.

use std::ops::ControlFlow;

use datafusion::common::{Diagnostic, Span};
use datafusion::execution::SessionState;
use datafusion::sql::parser::{CopyToSource, Statement as Ast};
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArguments, GroupByExpr, OrderByKind, Query, Select, SelectItem, SetExpr, Spanned,
    Value, Visit, Visitor, WindowType, visit_expressions,
};

use crate::error::{Error, Kind};

/// What is misused in a statement that cannot be planned, and where it stands.
pub(super) fn misused(ast: &Ast, state: &SessionState) -> Option<(Error, Option<Diagnostic>)> {
    let mut misuse = Misuse { state };
    let found = match ast {
        Ast::Statement(sql) => sql.visit(&mut misuse),
        Ast::Explain(explain) => return misused(&explain.statement, state),
        Ast::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => query.visit(&mut misuse),
            CopyToSource::Relation(_) => return None,
        },
        Ast::CreateExternalTable(_) | Ast::Reset(_) => return None,
    };
    let Found { what, hint, place } = found.break_value()?;
    let place = Span::try_from_sqlparser_span(place);
    let diagnostic = place.map(|place| Diagnostic::new_error(what.clone(), Some(place)));
    Some((Error::new(Kind::Sql, what).with_hint(hint).with_sql_state("42803"), diagnostic))
}

struct Found {
    what: String,
    hint: String,
    place: datafusion::sql::sqlparser::tokenizer::Span,
}

fn found(what: impl Into<String>, hint: impl Into<String>, at: &impl Spanned) -> ControlFlow<Found> {
    ControlFlow::Break(Found { what: what.into(), hint: hint.into(), place: at.span() })
}

/// Whether an expression has an aggregate in it, but for those of its subqueries and windows.
pub(super) fn has_aggregate(expr: &Expr, state: &SessionState) -> bool {
    aggregate(expr, state).is_some()
}

/// The first aggregate of an expression.
fn aggregate(expr: &Expr, state: &SessionState) -> Option<Function> {
    let mut is_query = false;
    visit_expressions(expr, |expr| match expr {
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
            is_query = true;
            ControlFlow::Continue(())
        }
        Expr::Function(function) if !is_query && is_aggregate(function, state) => {
            ControlFlow::Break(function.clone())
        }
        _ => ControlFlow::Continue(()),
    })
    .break_value()
}

fn is_aggregate(function: &Function, state: &SessionState) -> bool {
    function.over.is_none()
        && state.aggregate_functions().contains_key(&function.name.to_string().to_lowercase())
}

struct Misuse<'a> {
    state: &'a SessionState,
}

impl Misuse<'_> {
    fn of_groups(&self, select: &Select) -> ControlFlow<Found> {
        let groups = match &select.group_by {
            GroupByExpr::Expressions(groups, _) => groups.as_slice(),
            GroupByExpr::All(_) => return ControlFlow::Continue(()),
        };
        if let Some(function) = select.selection.as_ref().and_then(|chosen| aggregate(chosen, self.state)) {
            let group = groups.first().map_or_else(|| "region".to_owned(), ToString::to_string);
            return found(
                format!("{function} is not known yet where WHERE chooses the rows"),
                format!(
                    "write it behind the groups: GROUP BY {group} HAVING {function} > 10; or ask for it in a subquery"
                ),
                &function.name,
            );
        }
        let Some(having) = &select.having else { return ControlFlow::Continue(()) };
        if !has_aggregate(having, self.state) {
            let (what, hint) = match groups.is_empty() {
                true => ("HAVING is for groups, and there are none".to_owned(), format!("WHERE {having}")),
                false => (
                    "HAVING takes aggregates, and what GROUP BY names".to_owned(),
                    "conditions on single rows stand in WHERE, before GROUP BY".to_owned(),
                ),
            };
            return found(what, hint, having);
        }
        ControlFlow::Continue(())
    }

    fn of_positions(query: &Query) -> ControlFlow<Found> {
        let SetExpr::Select(select) = query.body.as_ref() else { return ControlFlow::Continue(()) };
        let is_star =
            |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
        if select.projection.iter().any(is_star) {
            return ControlFlow::Continue(());
        }
        let count = select.projection.len();
        let sorted = match query.order_by.as_ref().map(|order| &order.kind) {
            Some(OrderByKind::Expressions(by)) => by.iter().map(|by| &by.expr).collect(),
            _ => Vec::new(),
        };
        let grouped = match &select.group_by {
            GroupByExpr::Expressions(groups, _) => groups.as_slice(),
            GroupByExpr::All(_) => &[],
        };
        for expr in sorted.into_iter().chain(grouped) {
            if let Expr::Value(value) = expr
                && let Value::Number(number, _) = &value.value
                && number.parse::<usize>().is_ok_and(|number| number == 0 || number > count)
            {
                let columns = if count == 1 { "1 column".to_owned() } else { format!("{count} columns") };
                let what = format!("there is no column {number} behind SELECT");
                return found(what, format!("it has {columns}; the first is 1"), expr);
            }
        }
        ControlFlow::Continue(())
    }
}

impl Visitor for Misuse<'_> {
    type Break = Found;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Found> {
        Self::of_positions(query)
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Found> {
        self.of_groups(select)
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Found> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        if let Some(WindowType::NamedWindow(name)) = &function.over {
            let hint = "OVER (PARTITION BY … ORDER BY …), or OVER () for all rows";
            return found(format!("OVER {name} names no window"), hint, &function.name);
        }
        let FunctionArguments::List(list) = &function.args else { return ControlFlow::Continue(()) };
        if !is_aggregate(function, self.state) {
            return ControlFlow::Continue(());
        }
        let inner = list.args.iter().find_map(|argument| {
            use datafusion::sql::sqlparser::ast::{FunctionArg, FunctionArgExpr};
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => aggregate(expr, self.state),
                _ => None,
            }
        });
        if let Some(inner) = inner {
            let what = format!("{} takes no aggregate, and {inner} is one", function.name);
            let hint = format!(
                "ask a query for it: SELECT {}(n) FROM (SELECT {inner} AS n FROM … GROUP BY …)",
                function.name
            );
            return found(what, hint, &inner.name);
        }
        ControlFlow::Continue(())
    }
}
