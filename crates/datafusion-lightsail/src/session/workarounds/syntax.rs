//! What is written another way before DataFusion plans it, for it to be planned right.

use std::ops::ControlFlow;

use datafusion::sql::parser::{CopyToSource, Statement as Ast};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Ident, Query, Select, SelectFlavor, SelectItem, SetExpr, TableAliasColumnDef,
    TableFactor, Value, VisitMut, VisitorMut, WildcardAdditionalOptions,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::{Answer, Difference, Example};

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
        if let Expr::InSubquery { expr: row, subquery, negated } = expr
            && let Expr::Tuple(items) = row.as_ref()
            && let Some(rewritten) = row_in(items, subquery, *negated)
        {
            *expr = rewritten;
        }
        ControlFlow::Continue(())
    }
}

/// `(a, b) IN (SELECT …)`, which DataFusion does not plan: true if a row is equal; NULL if one may be; else false.
fn row_in(items: &[Expr], subquery: &Query, negated: bool) -> Option<Expr> {
    let names: Vec<Ident> = (1..=items.len()).map(|number| Ident::new(format!("__item_{number}"))).collect();
    let equal = items.iter().zip(&names).map(|(item, name)| Expr::BinaryOp {
        left: Box::new(item.clone()),
        op: BinaryOperator::Eq,
        right: Box::new(Expr::CompoundIdentifier(vec![Ident::new("__row"), name.clone()])),
    });
    let and = |left, right| Expr::BinaryOp {
        left: Box::new(left),
        op: BinaryOperator::And,
        right: Box::new(right),
    };
    let is_equal = Expr::Nested(Box::new(equal.reduce(and)?));
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
    let is_in = Expr::Nested(Box::new(Expr::BinaryOp {
        left: Box::new(found),
        op: BinaryOperator::Or,
        right: Box::new(Expr::Nested(Box::new(unknown))),
    }));
    Some(match negated {
        true => {
            Expr::UnaryOp { op: datafusion::sql::sqlparser::ast::UnaryOperator::Not, expr: Box::new(is_in) }
        }
        false => is_in,
    })
}
