//! What is answered as it is written, and hardly ever meant: said in a note beside the answer.

use std::ops::ControlFlow;

use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{BinaryExpr, Expr as PlanExpr, ExprSchemable, LogicalPlan, Operator};
use datafusion::sql::parser::{CopyToSource, Statement as Ast};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Ident, Select, SelectItem, Spanned, TableFactor, Value, Visit, Visitor,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::catalog::TABLES;
use crate::error::{Error, Kind};
use crate::views::VIEWS;

/// What a person should know of the conditions of a statement.
pub(crate) fn notes(ast: &Ast) -> Vec<String> {
    let mut suspects = Suspects::default();
    let _ = match ast {
        Ast::Statement(sql) => sql.visit(&mut suspects),
        Ast::Explain(explain) => return notes(&explain.statement),
        Ast::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => query.visit(&mut suspects),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Ast::CreateExternalTable(_) | Ast::Reset(_) => ControlFlow::Continue(()),
    };
    suspects.0
}

/// Refuses `||` of truth values in a condition: it joins texts, and elsewhere it is OR.
///
/// # Errors
/// [`Kind::Sql`], with what to write.
pub(crate) fn check(plan: &LogicalPlan) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        let LogicalPlan::Filter(filter) = node else { return Ok(TreeNodeRecursion::Continue) };
        let schema = filter.input.schema();
        filter.predicate.apply(|expr| {
            let is_truth = |expr: &PlanExpr| matches!(expr.get_type(schema), Ok(DataType::Boolean));
            match expr {
                PlanExpr::BinaryExpr(BinaryExpr { left, op: Operator::StringConcat, right })
                    if is_truth(left) || is_truth(right) =>
                {
                    let hint = "write OR between conditions; CAST(… AS VARCHAR) makes a text of one";
                    let error = Error::new(Kind::Sql, "|| of a truth value is not read here");
                    Err(error.with_hint(hint).into())
                }
                _ => Ok(TreeNodeRecursion::Continue),
            }
        })
    })
    .map(drop)
}

#[derive(Default)]
struct Suspects(Vec<String>);

impl Suspects {
    fn note(&mut self, text: String) {
        if !self.0.contains(&text) {
            self.0.push(text);
        }
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Whether it is a column of names: `name`, `i.instance_name`.
fn is_name(expr: &Expr) -> bool {
    let column = match expr {
        Expr::Identifier(column) => Some(column),
        Expr::CompoundIdentifier(parts) => parts.last(),
        _ => None,
    };
    column.is_some_and(|column| column.value.to_lowercase().ends_with("name"))
}

/// Whether a name follows something without AS between them, as far as their places tell.
fn follows_directly(before: Span, name: &Ident) -> bool {
    // What AS and the spaces around it take; where a line ends between them nothing tells.
    const AS: u64 = 4;
    let (end, start) = (before.end, name.span.start);
    start.line == end.line && start.column < end.column + AS
}

/// The names of tables and views that a query reads, in its FROM.
fn tables_of(select: &Select) -> impl Iterator<Item = (String, Option<&Ident>)> {
    let relations = select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
    relations.filter_map(|relation| match relation {
        TableFactor::Table { name, alias, .. } => {
            let last = name.0.last()?.as_ident()?;
            Some((last.value.to_lowercase(), alias.as_ref().map(|alias| &alias.name)))
        }
        _ => None,
    })
}

impl Suspects {
    /// A name behind another that is one itself: of a list whose comma is missing.
    fn missing_commas(&mut self, select: &Select) {
        for (table, alias) in tables_of(select) {
            let Some(alias) = alias.filter(|alias| alias.quote_style.is_none()) else { continue };
            let other = alias.value.to_lowercase();
            if other != table && is_relation(&other) && is_relation(&table) {
                self.note(format!("{table} {alias} reads {table} and calls it {alias}: both are read with a comma or JOIN between them"));
            }
        }
        for item in &select.projection {
            let SelectItem::ExprWithAlias { expr, alias } = item else { continue };
            let column = match expr {
                Expr::Identifier(column) => Some(column),
                Expr::CompoundIdentifier(parts) => parts.last(),
                _ => None,
            };
            if column.is_some_and(|column| !column.value.eq_ignore_ascii_case(&alias.value))
                && alias.quote_style.is_none()
                && follows_directly(expr.span(), alias)
                && tables_of(select).any(|(table, _)| has_column(&table, &alias.value.to_lowercase()))
            {
                self.note(format!("{expr} {alias} is {expr} called {alias}: a comma between them makes two columns, AS says that one is meant"));
            }
        }
    }
}

/// Whether one of our tables or views has this name.
fn is_relation(name: &str) -> bool {
    TABLES.iter().any(|table| table.name() == name) || VIEWS.iter().any(|view| view.name() == name)
}

/// Whether the table of this name is ours and has this column.
fn has_column(table: &str, column: &str) -> bool {
    let known = TABLES.iter().find(|known| known.name() == table);
    known.is_some_and(|known| known.columns().iter().any(|known| known.field.name() == column))
}

impl Visitor for Suspects {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.missing_commas(select);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let is_null = |expr: &Expr| matches!(expr, Expr::Value(value) if value.value == Value::Null);
        match expr {
            Expr::BinaryOp { left, op: op @ (BinaryOperator::Eq | BinaryOperator::NotEq), right }
                if is_null(left) || is_null(right) =>
            {
                let other = if is_null(left) { right } else { left };
                let not = if *op == BinaryOperator::Eq { "" } else { "NOT " };
                self.note(format!("{expr} is true of no row: {other} IS {not}NULL asks what is missing"));
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                let pattern =
                    text(right).filter(|text| text.len() > 1 && (text.ends_with('%') || text.ends_with('*')));
                // A name has neither sign; a path or the value of a tag may.
                if let (Some(pattern), true) = (pattern, is_name(left)) {
                    let like = pattern.replace('*', "%");
                    self.note(format!("= compares the whole text, '{pattern}' with its sign: {left} LIKE '{like}' takes it for a pattern"));
                }
            }
            Expr::Like { expr: of, pattern, .. } | Expr::ILike { expr: of, pattern, .. } => {
                let pattern = text(pattern).filter(|text| text.contains('*') && !text.contains(['%', '_']));
                if let Some(pattern) = pattern {
                    let like = pattern.replace('*', "%");
                    self.note(format!(
                        "the * of '{pattern}' stands for itself: {of} LIKE '{like}' takes any letters for it"
                    ));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hardly_meant_is_noted() {
        for (sql, note) in [
            (
                "SELECT a FROM t WHERE a = NULL",
                Some("a = NULL is true of no row: a IS NULL asks what is missing"),
            ),
            (
                "SELECT a FROM t WHERE NULL <> b",
                Some("NULL <> b is true of no row: b IS NOT NULL asks what is missing"),
            ),
            (
                "SELECT a FROM t WHERE a LIKE 'web*'",
                Some("the * of 'web*' stands for itself: a LIKE 'web%' takes any letters for it"),
            ),
            (
                "SELECT a FROM t WHERE t.name = 'web%'",
                Some(
                    "= compares the whole text, 'web%' with its sign: t.name LIKE 'web%' takes it for a pattern",
                ),
            ),
            (
                "SELECT name region FROM instances",
                Some(
                    "name region is name called region: a comma between them makes two columns, AS says that one is meant",
                ),
            ),
            (
                "SELECT count(*) FROM instances disks",
                Some(
                    "instances disks reads instances and calls it disks: both are read with a comma or JOIN between them",
                ),
            ),
            (
                "SELECT d.state state, instance_name AS name, path n, instance_name\n  AS state FROM disks d, ports p",
                None,
            ),
            ("SELECT a FROM t WHERE path = '/wp-admin/*' OR tags['a'] = '100%'", None),
            ("SELECT a FROM t WHERE a LIKE 'web%' AND b = '*' AND c IS NULL AND d = '5%x'", None),
        ] {
            let statement = crate::script::parse("s", sql).unwrap().remove(0);
            assert_eq!(notes(&statement.ast).first().map(String::as_str), note, "{sql}");
        }
    }
}
