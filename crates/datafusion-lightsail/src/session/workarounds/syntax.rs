//! What is written another way before DataFusion plans it, for it to be planned right.

use std::ops::ControlFlow;

use datafusion::sql::parser::{CopyToSource, Statement as Ast};
use datafusion::sql::sqlparser::ast::{
    Expr, Select, SelectFlavor, SelectItem, VisitMut, VisitorMut, WildcardAdditionalOptions,
};

use super::{Answer, Difference, Example, rows};

/// What stock makes of FROM.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "FROM without SELECT",
    stock: "selects no column",
    ours: "reads it as `SELECT *`",
    upstream: &[],
    examples: &[Example {
        tables: &[],
        sql: "FROM (VALUES (1)) t(x)",
        stock: Answer::Rows(&[""]),
        right: Answer::Rows(&["1"]),
    }],
};

/// Applies a visitor to all SQL of a statement.
pub(crate) fn visit<V: VisitorMut>(ast: &mut Ast, visitor: &mut V) -> ControlFlow<V::Break> {
    match ast {
        Ast::Statement(sql) => sql.visit(visitor),
        Ast::Explain(explain) => visit(&mut explain.statement, visitor),
        Ast::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => query.visit(visitor),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Ast::CreateExternalTable(_) | Ast::Reset(_) => ControlFlow::Continue(()),
    }
}

/// The statement as it is to be planned.
pub(crate) fn rewritten(mut ast: Ast) -> Ast {
    let _ = visit(&mut ast, &mut Rewrite);
    ast
}

struct Rewrite;

impl VisitorMut for Rewrite {
    type Break = ();

    /// `FROM instances` alone is `SELECT * FROM instances`; DataFusion takes it for a SELECT of no column.
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        if select.flavor == SelectFlavor::FromFirstNoSelect && select.projection.is_empty() {
            select.flavor = SelectFlavor::Standard;
            select.projection.push(SelectItem::Wildcard(WildcardAdditionalOptions::default()));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(rewritten) = rows::rewritten(expr) {
            *expr = rewritten;
        }
        ControlFlow::Continue(())
    }
}
