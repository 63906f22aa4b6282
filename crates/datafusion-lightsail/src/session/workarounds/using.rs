//! Joins with USING and NATURAL, whose key DataFusion takes from one side whatever the kind of join.
//!
//! Of a RIGHT or FULL join the key is the other side's, or either's (apache/datafusion#22881); `SELECT *` has that of the
//! table whose name comes first in the alphabet. Here the joins are written with ON, the key as what it is, and `*` as its
//! columns.

mod joins;
mod keys;

use std::sync::atomic::AtomicUsize;

use datafusion::sql::sqlparser::ast::{
    ExcludeSelectItem, Expr, Ident, JoinConstraint, OrderByKind, Query, Select, SelectItem, SetExpr,
    TableFactor, WildcardAdditionalOptions,
};
use joins::{Side, columns_of, key, kind, rewrite_from};
use keys::{name_keys, name_keys_behind, nested, tables_of};

use super::policy::normal;
use super::scopes::{Columns, Rewriting, select_all};
use super::{Answer, Difference, Example};
use crate::error::{Error, Kind, Result};

/// What stock takes for the key.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "USING and NATURAL",
    stock: "takes the key from the left side whatever the join, and in `*` from the table whose name comes first; finds several of them ambiguous",
    ours: "writes them with ON, the key as what SQL says it is",
    upstream: &["apache/datafusion#22881"],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT k FROM (VALUES (1)) z(k) RIGHT JOIN (VALUES (2)) a(k) USING (k)",
            stock: Answer::Rows(&["NULL"]),
            right: Answer::Rows(&["2"]),
        },
        Example {
            tables: &[],
            sql: "SELECT k FROM (VALUES (1)) z(k) FULL JOIN (VALUES (2)) a(k) USING (k) ORDER BY k",
            stock: Answer::Rows(&["1", "NULL"]),
            right: Answer::Rows(&["1", "2"]),
        },
        Example {
            tables: &[],
            sql: "SELECT * FROM (VALUES (1, 'l')) z(k, l) LEFT JOIN (VALUES (2, 'r')) a(k, r) USING (k)",
            stock: Answer::Rows(&["l|NULL|NULL"]),
            right: Answer::Rows(&["1|l|NULL"]),
        },
        Example {
            tables: &[],
            sql: "SELECT count(*) FROM (VALUES (1)) a(k) WHERE EXISTS (SELECT 1 FROM (VALUES (2)) b(k) \
                  JOIN (VALUES (2)) c(k) USING (k) WHERE k = a.k)",
            stock: Answer::Rows(&["1"]),
            right: Answer::Rows(&["0"]),
        },
        Example {
            tables: &[],
            sql: "SELECT * FROM (VALUES (1, 'l')) a(k, l) NATURAL RIGHT JOIN (VALUES (2, 'r')) b(k, r)",
            stock: Answer::Rows(&["NULL|NULL|r"]),
            right: Answer::Rows(&["2|NULL|r"]),
        },
    ],
};

/// Writes USING and NATURAL as ON, where DataFusion's reading would be wrong.
#[derive(Debug, Default)]
pub(crate) struct UsingAsOn {
    /// How many tables without a name got one.
    unnamed: AtomicUsize,
}

/// What a name stands for in the clauses of a SELECT.
#[derive(Debug, Clone)]
struct Named {
    name: String,
    value: Expr,
    is_key: bool,
}

impl Rewriting for UsingAsOn {
    fn parts(&self, query: &Query) -> Vec<SetExpr> {
        let mut parts = Vec::new();
        for select in selects(&query.body).into_iter().filter(|select| is_concerned(select)) {
            for table in &select.from {
                let joined = table.joins.iter().map(|join| &join.relation);
                parts.extend([&table.relation].into_iter().chain(joined).cloned().filter_map(select_all));
            }
            parts.extend(nested(select).iter().filter_map(tables_of));
        }
        parts
    }

    fn rewrite(&self, query: &mut Query, columns: Vec<Columns>) -> Result<()> {
        let mut columns = columns.into_iter();
        let is_single = matches!(query.body.as_ref(), SetExpr::Select(_));
        let mut names = Vec::new();
        let (mut outputs, mut aliases) = (Vec::new(), Vec::new());
        for select in selects_mut(&mut query.body).into_iter().filter(|select| is_concerned(select)) {
            let tables = select.from.iter().map(|table| 1 + table.joins.len()).sum();
            let of_tables: Vec<Columns> = columns.by_ref().take(tables).collect();
            let inside = nested(select).iter().filter_map(tables_of).count();
            let inside: Vec<Columns> = columns.by_ref().take(inside).collect();
            let original = select.clone();
            names = match rewrite_from_and_all(select, &mut of_tables.iter().cloned(), &self.unnamed) {
                Ok(names) => names,
                Err(error) => {
                    *select = original;
                    as_it_is(select, &of_tables).ok_or(error)?
                }
            };
            name_keys(select, &names, inside)?;
            outputs = select.projection.iter().filter_map(output).collect();
            aliases = select.projection.iter().filter_map(aliased).collect();
        }
        let order_by = query.order_by.as_mut().filter(|_| is_single);
        if let Some(OrderByKind::Expressions(keys)) = order_by.map(|order_by| &mut order_by.kind) {
            for key in keys {
                let is_output =
                    matches!(&key.expr, Expr::Identifier(name) if outputs.contains(&normal(name)));
                // The name of an output and the number of one mean what is selected there, and nothing else.
                if is_output || matches!(key.expr, Expr::Value(_)) {
                    continue;
                }
                name_keys_behind(&mut key.expr, &names)?;
                // Behind DISTINCT only what is selected can be named, and a computed key only by its alias.
                if let Some((_, alias)) = aliases.iter().find(|(expr, _)| *expr == key.expr) {
                    key.expr = Expr::Identifier(alias.clone());
                }
            }
        }
        Ok(())
    }
}

fn aliased(item: &SelectItem) -> Option<(Expr, Ident)> {
    match item {
        SelectItem::ExprWithAlias { expr, alias } => Some((expr.clone(), alias.clone())),
        _ => None,
    }
}

pub(super) fn selects(body: &SetExpr) -> Vec<&Select> {
    match body {
        SetExpr::Select(select) => vec![select],
        SetExpr::SetOperation { left, right, .. } => [selects(left), selects(right)].concat(),
        _ => vec![],
    }
}

pub(super) fn selects_mut(body: &mut SetExpr) -> Vec<&mut Select> {
    match body {
        SetExpr::Select(select) => vec![select],
        SetExpr::SetOperation { left, right, .. } => {
            selects_mut(left).into_iter().chain(selects_mut(right)).collect()
        }
        _ => vec![],
    }
}

/// Whether DataFusion reads the keys of joins wrongly: of an inner join, too, it finds the key ambiguous in WHERE, or takes
/// it for a column of the query around.
fn is_concerned(select: &Select) -> bool {
    let mut joins = select.from.iter().flat_map(|table| &table.joins);
    joins.any(|join| {
        let constraint = kind(&join.join_operator).map(|(_, constraint)| constraint);
        matches!(constraint, Some(JoinConstraint::Using(_) | JoinConstraint::Natural))
    })
}

fn refusal(what: &str) -> Error {
    Error::new(Kind::Sql, format!("a join with USING or NATURAL cannot be planned {what}"))
        .with_hint("write it with ON: … JOIN b ON b.key = a.key")
}

/// Leaves the joins of a SELECT as they are, where DataFusion reads all of them rightly: inner joins with one key. A key
/// without a table is that of the first table that has it, for DataFusion finds it ambiguous, or takes it for a column of
/// the query around.
fn as_it_is(select: &mut Select, columns: &[Columns]) -> Option<Vec<Named>> {
    let mut names: Vec<Named> = Vec::new();
    let mut columns = columns.iter();
    for table in &select.from {
        let mut keys = Vec::new();
        for join in &table.joins {
            match kind(&join.join_operator) {
                Some((Side::Both, JoinConstraint::Using(using))) => match using.as_slice() {
                    [name] => keys.push(key(name).ok()?),
                    _ => return None,
                },
                Some((_, JoinConstraint::Using(_) | JoinConstraint::Natural)) => return None,
                _ => {}
            }
        }
        let factors = [&table.relation].into_iter().chain(table.joins.iter().map(|join| &join.relation));
        let mut known = Vec::new();
        for (factor, columns) in factors.zip(columns.by_ref()) {
            // Without changing it: what gets a name here would lose the one that it had.
            let is_named = !matches!(
                factor,
                TableFactor::Derived { alias: None, .. }
                    | TableFactor::Table { alias: None, args: Some(_), .. }
            );
            if is_named
                && let Ok(columns) = columns_of(&mut factor.clone(), columns.clone(), &AtomicUsize::new(0))
            {
                known.extend(columns);
            }
        }
        for key in keys {
            let is_known = names.iter().any(|named| named.name == key);
            if !is_known {
                let found = known.iter().find(|named| named.name == key)?;
                names.push(Named { is_key: true, ..found.clone() });
            }
        }
    }
    Some(names)
}

/// Rewrites FROM and `*` of a SELECT; gives what its unqualified names stand for.
fn rewrite_from_and_all(
    select: &mut Select,
    columns: &mut dyn Iterator<Item = Columns>,
    unnamed: &AtomicUsize,
) -> Result<Vec<Named>> {
    let mut all = Vec::new();
    for table in &mut select.from {
        all.extend(rewrite_from(table, columns, unnamed)?);
    }
    let is_twice = |named: &Named| all.iter().filter(|other| other.name == named.name).count() > 1;
    let names: Vec<Named> = all.iter().filter(|named| named.is_key && !is_twice(named)).cloned().collect();
    let mut projection = Vec::new();
    for item in std::mem::take(&mut select.projection) {
        match item {
            SelectItem::Wildcard(options) => projection.extend(listed(&all, &options)?),
            other => projection.push(other),
        }
    }
    select.projection = projection;
    Ok(names)
}

/// `*` as the columns that it stands for, each key once.
fn listed(names: &[Named], options: &WildcardAdditionalOptions) -> Result<Vec<SelectItem>> {
    let WildcardAdditionalOptions { opt_exclude, opt_except, .. } = options;
    let rest = WildcardAdditionalOptions { opt_exclude: None, opt_except: None, ..options.clone() };
    if rest
        != (WildcardAdditionalOptions {
            wildcard_token: options.wildcard_token.clone(),
            ..Default::default()
        })
    {
        return Err(refusal("with a * that renames or replaces columns"));
    }
    let mut left_out: Vec<String> = Vec::new();
    match opt_exclude {
        Some(ExcludeSelectItem::Single(name)) => left_out.push(key(name)?),
        Some(ExcludeSelectItem::Multiple(names)) => {
            left_out.extend(names.iter().map(key).collect::<Result<Vec<_>>>()?);
        }
        None => {}
    }
    if let Some(except) = opt_except {
        left_out.extend([&except.first_element].into_iter().chain(&except.additional_elements).map(normal));
    }
    if let Some(unknown) = left_out.iter().find(|name| !names.iter().any(|named| named.name == **name)) {
        return Err(Error::new(Kind::Sql, format!("there is no column '{unknown}' to leave out of *")));
    }
    let item = |named: &Named| match named.is_key {
        true => {
            let alias = Ident::with_quote('"', &named.name);
            SelectItem::ExprWithAlias { expr: named.value.clone(), alias }
        }
        false => SelectItem::UnnamedExpr(named.value.clone()),
    };
    Ok(names.iter().filter(|named| !left_out.contains(&named.name)).map(item).collect())
}

/// The name that an item of SELECT gives to its column.
pub(super) fn output(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(normal(alias)),
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(normal(name)),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(names)) => names.last().map(normal),
        _ => None,
    }
}
