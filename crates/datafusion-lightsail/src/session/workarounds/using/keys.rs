//! The keys of USING and NATURAL in the clauses of a SELECT, and in its subqueries.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Query, Select, SelectItem, SetExpr, VisitMut, VisitorMut};

use super::super::policy::normal;
use super::super::scopes::{Columns, select_all};
use super::{Named, refusal};
use crate::error::{Error, Result};

/// Puts what they stand for in the place of unqualified keys, but not in FROM. In subqueries, too, if they are not columns
/// of the tables there, which are `inside`.
pub(super) fn name_keys(select: &mut Select, names: &[Named], inside: Vec<Columns>) -> Result<()> {
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(Expr::Identifier(name)) = item
            && let Some(named) = names.iter().find(|named| named.name == normal(name))
        {
            *item = SelectItem::ExprWithAlias { expr: named.value.clone(), alias: name.clone() };
        }
    }
    let from = std::mem::take(&mut select.from);
    let named = visit(select, Keys::new(names, inside, true));
    select.from = from;
    named
}

/// Puts what they stand for in the place of unqualified keys in an expression of ORDER BY.
pub(super) fn name_keys_behind(expr: &mut Expr, names: &[Named]) -> Result<()> {
    visit(expr, Keys::new(names, vec![], false))
}

fn visit(part: &mut impl VisitMut, mut keys: Keys<'_>) -> Result<()> {
    match part.visit(&mut keys) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// The SELECTs in the expressions of one.
pub(super) fn nested(select: &Select) -> Vec<Select> {
    struct Nested(Vec<Select>);
    impl VisitorMut for Nested {
        type Break = ();

        fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
            self.0.push(select.clone());
            ControlFlow::Continue(())
        }
    }
    let mut nested = Nested(vec![]);
    let mut select = Select { from: vec![], ..select.clone() };
    let _ = select.visit(&mut nested);
    // The first is this one.
    nested.0.drain(..1.min(nested.0.len()));
    nested.0
}

/// `SELECT *` of what a SELECT selects from; `None` if that is nothing.
pub(super) fn tables_of(select: &Select) -> Option<SetExpr> {
    let first = select.from.first()?;
    let mut all = select_all(first.relation.clone())?;
    if let SetExpr::Select(all) = &mut all {
        all.from.clone_from(&select.from);
    }
    Some(all)
}

/// Replaces unqualified keys.
struct Keys<'a> {
    names: &'a [Named],
    /// The columns of the tables of the subqueries that have some.
    inside: std::vec::IntoIter<Columns>,
    /// Whether the next SELECT is the one whose keys they are.
    is_first: bool,
    /// How many queries are around.
    depth: usize,
    /// The SELECTs around, but not that one.
    selects: Vec<Inside>,
}

/// What names mean in a SELECT inside.
struct Inside {
    /// The columns of its tables; `None` if they are not known.
    columns: Option<Vec<String>>,
    aliases: Vec<String>,
}

impl<'a> Keys<'a> {
    fn new(names: &'a [Named], inside: Vec<Columns>, is_first: bool) -> Self {
        Self { names, inside: inside.into_iter(), is_first, depth: 0, selects: vec![] }
    }

    /// What a name stands for; `None` if it is no key, or something of a SELECT inside.
    fn value(&self, name: &str) -> Result<Option<Expr>> {
        let Some(named) = self.names.iter().find(|named| named.name == name) else { return Ok(None) };
        // The ORDER BY of a query inside names what it selects.
        if self.depth > 0 && self.selects.is_empty() {
            return Ok(None);
        }
        for Inside { columns, aliases } in self.selects.iter().rev() {
            match columns {
                Some(columns) if columns.iter().any(|column| column == name) => return Ok(None),
                Some(_) if !aliases.iter().any(|alias| alias == name) => {}
                _ => return Err(refusal("with its key without a table in a subquery")),
            }
        }
        Ok(Some(named.value.clone()))
    }
}

impl VisitorMut for Keys<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        if std::mem::take(&mut self.is_first) {
            return ControlFlow::Continue(());
        }
        let columns = match tables_of(select) {
            Some(_) => self.inside.next().flatten(),
            None => Some(vec![]),
        };
        let columns = columns.map(|columns| columns.iter().map(|column| column.name().to_owned()).collect());
        let aliases = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(normal(alias)),
            _ => None,
        });
        self.selects.push(Inside { columns, aliases: aliases.collect() });
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _select: &mut Select) -> ControlFlow<Error> {
        self.selects.pop();
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let Expr::Identifier(name) = expr else { return ControlFlow::Continue(()) };
        match self.value(&normal(name)) {
            Ok(value) => {
                *expr = value.unwrap_or_else(|| expr.clone());
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}
