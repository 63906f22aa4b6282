//! Subqueries that stand for a column of a SELECT and have the name of another of its columns, which DataFusion finds
//! ambiguous: `SELECT i.name, (SELECT s.name FROM …) FROM i`.

use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, Select, SelectItem, SetExpr};

use super::scopes::{Columns, PartColumn, Rewriting};
use super::using::{output, selects, selects_mut};
use crate::error::Result;

/// Gives such a subquery a name of its own: `name_2`.
pub(crate) struct NamedSubqueries;

impl Rewriting for NamedSubqueries {
    fn parts(&self, query: &Query) -> Vec<SetExpr> {
        selects(&query.body).into_iter().filter(|select| is_concerned(select)).map(others).collect()
    }

    fn rewrite(&self, query: &mut Query, columns: Vec<Columns>) -> Result<()> {
        let concerned = selects_mut(&mut query.body).into_iter().filter(|select| is_concerned(select));
        for (select, columns) in concerned.zip(columns) {
            let mut names: Vec<String> = match columns {
                Some(columns) => columns.iter().map(PartColumn::name).map(str::to_owned).collect(),
                None => select.projection.iter().filter_map(output).collect(),
            };
            for item in &mut select.projection {
                let Some(name) = subquery_name(item) else { continue };
                let mut free = name.clone();
                for number in 2.. {
                    if !names.contains(&free) {
                        break;
                    }
                    free = format!("{name}_{number}");
                }
                if free != name
                    && let SelectItem::UnnamedExpr(expr) = item
                {
                    let alias = Ident::with_quote('"', &free);
                    *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
                }
                names.push(free);
            }
        }
        Ok(())
    }
}

fn is_concerned(select: &Select) -> bool {
    select.projection.len() > 1 && select.projection.iter().any(|item| subquery_name(item).is_some())
}

/// The SELECT without these subqueries.
fn others(select: &Select) -> SetExpr {
    let mut select = select.clone();
    select.projection.retain(|item| subquery_name(item).is_none());
    SetExpr::Select(Box::new(select))
}

/// The name of the column that a subquery without an alias stands for.
fn subquery_name(item: &SelectItem) -> Option<String> {
    let SelectItem::UnnamedExpr(Expr::Subquery(query)) = item else { return None };
    let mut body = query.body.as_ref();
    while let SetExpr::Query(query) = body {
        body = query.body.as_ref();
    }
    match selects(body).first()?.projection.as_slice() {
        [item] => output(item),
        _ => None,
    }
}
