//! What a part of a query is made of: its columns, as planned with the CTEs that it sees.

use std::ops::ControlFlow;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Column;
use datafusion::common::tree_node::TreeNode;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::{Cte, Query, SetExpr, Statement as Sql, TableFactor, VisitorMut, With};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::syntax;
use crate::error::Error;

/// The columns of a part of a query; `None` if it cannot be planned by itself.
pub(crate) type Columns = Option<Vec<PartColumn>>;

/// A column of a part of a query.
#[derive(Debug, Clone)]
pub(crate) struct PartColumn {
    field: FieldRef,
    has_parameter: bool,
}

impl PartColumn {
    pub(crate) fn name(&self) -> &str {
        self.field.name()
    }

    pub(crate) fn data_type(&self) -> &DataType {
        self.field.data_type()
    }

    /// Whether it is NULL without a type. A parameter has none either, but it gets one with its value.
    pub(crate) fn is_untyped(&self) -> bool {
        *self.data_type() == DataType::Null && !self.has_parameter
    }
}

/// A rewriting of queries that has to know the columns of parts of them.
pub(crate) trait Rewriting {
    /// The parts of a query whose columns are wanted.
    fn parts(&self, query: &Query) -> Vec<SetExpr>;

    /// Rewrites the query, with the columns of its parts in their order.
    ///
    /// # Errors
    /// When it cannot be written another way.
    fn rewrite(&self, query: &mut Query, columns: Vec<Columns>) -> Result<(), Error>;
}

/// Rewrites all queries of a statement, from the innermost out.
///
/// # Errors
/// As [`Rewriting::rewrite`].
pub(crate) async fn rewrite(
    ast: &mut Ast,
    state: &SessionState,
    rewriting: &(dyn Rewriting + Sync),
) -> Result<(), Error> {
    let mut collector = Collector { rewriting, scopes: vec![], parts: vec![] };
    // It changes nothing: visiting for changes is the only way to come to the queries inside of COPY and EXPLAIN once.
    let _ = syntax::visit(ast, &mut collector);
    if collector.parts.iter().all(Vec::is_empty) {
        return Ok(());
    }
    let mut columns = Vec::with_capacity(collector.parts.len());
    for parts in collector.parts {
        let mut of_query = Vec::with_capacity(parts.len());
        for part in parts {
            of_query.push(planned(part, state).await);
        }
        columns.push(of_query);
    }
    let mut rewriter = Rewriter { rewriting, columns: columns.into_iter(), pending: vec![] };
    match syntax::visit(ast, &mut rewriter) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// The columns of a query.
pub(crate) async fn planned(part: Query, state: &SessionState) -> Columns {
    let statement = Ast::Statement(Box::new(Sql::Query(Box::new(part))));
    let plan = Box::pin(state.statement_to_plan(statement)).await.ok()?;
    let fields = plan.schema().fields().iter().enumerate();
    let column = |(index, field): (usize, &FieldRef)| PartColumn {
        field: FieldRef::clone(field),
        has_parameter: *field.data_type() == DataType::Null && has_parameter(&plan, index),
    };
    Some(fields.map(column).collect())
}

/// Whether the column of a plan at this place is made of parameters.
fn has_parameter(plan: &LogicalPlan, index: usize) -> bool {
    let inputs = plan.inputs();
    let of_column = |column: &Column| {
        let mut places = inputs.iter().map(|input| (input, input.schema().maybe_index_of_column(column)));
        places.any(|(input, place)| place.is_some_and(|place| has_parameter(input, place)))
    };
    let of_expr = |expr: &Expr| {
        let is_parameter = |expr: &Expr| match expr {
            Expr::Placeholder(_) => true,
            Expr::Column(column) => of_column(column),
            Expr::ScalarSubquery(subquery) => has_parameter(&subquery.subquery, 0),
            _ => false,
        };
        expr.exists(|expr| Ok(is_parameter(expr))).unwrap_or(true)
    };
    match plan {
        LogicalPlan::Projection(projection) => projection.expr.get(index).is_some_and(of_expr),
        LogicalPlan::Values(values) => values.values.iter().filter_map(|row| row.get(index)).any(of_expr),
        LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Union(_) => inputs.iter().any(|input| has_parameter(input, index)),
        plan => {
            of_column(&Column::from(plan.schema().qualified_field(index)))
                || plan.expressions().iter().any(of_expr)
        }
    }
}

/// The CTEs of a query.
struct Scope {
    is_recursive: bool,
    /// Each with the place of its query in memory.
    ctes: Vec<(usize, Cte)>,
    /// How many are visible.
    visible: usize,
    /// The one that is being visited, and sees itself.
    own: Option<usize>,
}

struct Collector<'a> {
    rewriting: &'a (dyn Rewriting + Sync),
    /// Those of the queries around.
    scopes: Vec<Scope>,
    parts: Vec<Vec<Query>>,
}

fn place(query: &Query) -> usize {
    std::ptr::from_ref(query) as usize
}

impl VisitorMut for Collector<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        // A CTE sees those before it; with RECURSIVE also itself.
        if let Some(scope) = self.scopes.last_mut()
            && let Some(index) = scope.ctes.iter().position(|(place_of, _)| *place_of == place(query))
        {
            scope.own = scope.is_recursive.then_some(index);
            scope.visible = index + usize::from(scope.is_recursive);
        }
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        let ctes: Vec<_> = ctes.map(|cte| (place(&cte.query), cte.clone())).collect();
        let is_recursive = query.with.as_ref().is_some_and(|with| with.recursive);
        self.scopes.push(Scope { is_recursive, visible: ctes.len(), ctes, own: None });
        let parts = self.rewriting.parts(query).into_iter().filter_map(|part| self.in_scope(part)).collect();
        self.parts.push(parts);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.scopes.pop();
        // Behind a CTE is the next one, or the query itself.
        if let Some(scope) = self.scopes.last_mut()
            && scope.ctes.iter().any(|(place_of, _)| *place_of == place(query))
        {
            (scope.visible, scope.own) = (scope.ctes.len(), None);
        }
        ControlFlow::Continue(())
    }
}

impl Collector<'_> {
    /// A part as a query of its own.
    fn in_scope(&self, part: SetExpr) -> Option<Query> {
        let mut tables: Vec<Cte> = Vec::new();
        let mut recursive = false;
        for Scope { is_recursive, ctes, visible, own } in &self.scopes {
            recursive |= is_recursive;
            for (index, (_, cte)) in ctes[..*visible].iter().enumerate() {
                tables.retain(|known| known.alias.name != cte.alias.name);
                let is_own = *own == Some(index);
                tables.push(if is_own { anchor(cte) } else { cte.clone() });
            }
        }
        let mut query = empty_query()?;
        if !tables.is_empty() {
            let token = datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken::empty();
            query.with = Some(With { with_token: token, recursive, cte_tables: tables });
        }
        *query.body = part;
        Some(query)
    }
}

/// A recursive CTE with the rows that it begins with, whose columns are its own.
fn anchor(cte: &Cte) -> Cte {
    let mut cte = cte.clone();
    if let SetExpr::SetOperation { left, .. } = cte.query.body.as_ref() {
        cte.query.body = left.clone();
    }
    cte
}

struct Rewriter<'a> {
    rewriting: &'a (dyn Rewriting + Sync),
    columns: std::vec::IntoIter<Vec<Columns>>,
    /// Those of the queries that are being visited.
    pending: Vec<Vec<Columns>>,
}

impl VisitorMut for Rewriter<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.pending.push(self.columns.next().unwrap_or_default());
        ControlFlow::Continue(())
    }

    /// Behind its parts, for what is rewritten has queries that were not counted.
    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        let columns = self.pending.pop().unwrap_or_default();
        if columns.is_empty() {
            return ControlFlow::Continue(());
        }
        match self.rewriting.rewrite(query, columns) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

/// A query to be filled in.
fn empty_query() -> Option<Query> {
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql("SELECT 1").ok()?;
    parser.parse_query().ok().map(|query| *query)
}

/// `SELECT *` of something.
pub(crate) fn select_all(from: TableFactor) -> Option<SetExpr> {
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql("SELECT * FROM t").ok()?;
    let mut body = *parser.parse_query().ok()?.body;
    let SetExpr::Select(select) = &mut body else { return None };
    select.from.first_mut()?.relation = from;
    Some(body)
}
