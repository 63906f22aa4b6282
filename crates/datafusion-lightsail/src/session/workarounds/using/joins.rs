//! The joins of a FROM clause, written with ON in place of USING and NATURAL.

use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, JoinConstraint,
    JoinOperator, ObjectName, ObjectNamePart, TableAlias, TableFactor, TableWithJoins,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::super::policy::normal;
use super::super::scopes::Columns;
use super::{Named, refusal};
use crate::error::{Error, Kind, Result};

/// Which side of a join has its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Both, for it is an inner join.
    Both,
    Left,
    Right,
    Either,
}

pub(super) fn kind(operator: &JoinOperator) -> Option<(Side, &JoinConstraint)> {
    match operator {
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => Some((Side::Both, constraint)),
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
            Some((Side::Left, constraint))
        }
        JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
            Some((Side::Right, constraint))
        }
        JoinOperator::FullOuter(constraint) => Some((Side::Either, constraint)),
        _ => None,
    }
}

fn constraint_mut(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint) => Some(constraint),
        _ => None,
    }
}

/// Writes the joins of one item of FROM with ON; gives its columns.
pub(super) fn rewrite_from(
    table: &mut TableWithJoins,
    columns: &mut dyn Iterator<Item = Columns>,
    unnamed: &AtomicUsize,
) -> Result<Vec<Named>> {
    let mut names = columns_of(&mut table.relation, columns.next().flatten(), unnamed)?;
    for join in &mut table.joins {
        let added = columns_of(&mut join.relation, columns.next().flatten(), unnamed)?;
        let Some((side, constraint)) = kind(&join.join_operator) else {
            match &join.join_operator {
                JoinOperator::CrossJoin(_) => names.extend(added),
                // They have the columns of one side.
                JoinOperator::Semi(_) | JoinOperator::LeftSemi(_) => {}
                JoinOperator::Anti(_) | JoinOperator::LeftAnti(_) => {}
                JoinOperator::RightSemi(_) | JoinOperator::RightAnti(_) => names = added,
                _ => return Err(refusal("beside a join of this kind")),
            }
            continue;
        };
        let keys: Vec<String> = match constraint {
            JoinConstraint::Using(keys) => keys.iter().map(key).collect::<Result<_>>()?,
            JoinConstraint::Natural => {
                let is_common = |named: &&Named| added.iter().any(|other| other.name == named.name);
                names.iter().filter(is_common).map(|named| named.name.clone()).collect()
            }
            JoinConstraint::On(_) | JoinConstraint::None => {
                names.extend(added);
                continue;
            }
        };
        let mut on: Option<Expr> = None;
        for key in &keys {
            let theirs = only(&added, key)?.value.clone();
            only(&names, key)?;
            let Some(ours) = names.iter_mut().find(|named| named.name == *key) else { continue };
            let equal = binary(ours.value.clone(), BinaryOperator::Eq, theirs.clone());
            on = Some(match on {
                Some(on) => binary(on, BinaryOperator::And, equal),
                None => equal,
            });
            ours.is_key = true;
            ours.value = match side {
                Side::Both | Side::Left => ours.value.clone(),
                Side::Right => theirs,
                Side::Either => coalesce(ours.value.clone(), theirs)?,
            };
        }
        names.extend(added.into_iter().filter(|named| !keys.contains(&named.name)));
        if let Some(constraint) = constraint_mut(&mut join.join_operator) {
            let always = Expr::value(datafusion::sql::sqlparser::ast::Value::Boolean(true));
            *constraint = JoinConstraint::On(on.unwrap_or(always));
        }
    }
    Ok(names)
}

/// The columns of a table by its name; one without a name gets one.
pub(super) fn columns_of(
    factor: &mut TableFactor,
    columns: Columns,
    unnamed: &AtomicUsize,
) -> Result<Vec<Named>> {
    let columns = columns.ok_or_else(|| refusal("with this table in it"))?;
    let qualifier: Vec<Ident> = match factor {
        TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. }
        | TableFactor::NestedJoin { alias: Some(alias), .. } => vec![alias.name.clone()],
        TableFactor::Table { name, args: None, .. } => {
            name.0.iter().filter_map(ObjectNamePart::as_ident).cloned().collect()
        }
        TableFactor::Derived { alias, .. } | TableFactor::Table { alias, .. } => {
            let number = unnamed.fetch_add(1, Ordering::Relaxed);
            let name = Ident::new(format!("__derived_{number}"));
            *alias = Some(TableAlias { explicit: true, name: name.clone(), columns: vec![], at: None });
            vec![name]
        }
        _ => return Err(refusal("with this table in it")),
    };
    let named = |name: &str| Named {
        name: name.to_owned(),
        value: Expr::CompoundIdentifier(
            qualifier.iter().cloned().chain([Ident::with_quote('"', name)]).collect(),
        ),
        is_key: false,
    };
    Ok(columns.iter().map(|field| named(field.name())).collect())
}

pub(super) fn key(name: &ObjectName) -> Result<String> {
    match name.0.as_slice() {
        [part] => part.as_ident().map(normal).ok_or_else(|| refusal("with this key")),
        _ => Err(refusal("with a qualified key")),
    }
}

/// The one column of a name.
fn only<'a>(names: &'a [Named], name: &str) -> Result<&'a Named> {
    let mut found = names.iter().filter(|named| named.name == name);
    match (found.next(), found.next()) {
        (Some(named), None) => Ok(named),
        (None, _) => {
            Err(Error::new(Kind::Sql, format!("the key '{name}' of USING is not a column of both sides")))
        }
        _ => Err(Error::new(Kind::Sql, format!("the key '{name}' of USING is ambiguous"))
            .with_hint("write the join with ON: … JOIN b ON b.key = a.key")),
    }
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn coalesce(left: Expr, right: Expr) -> Result<Expr> {
    let parsed =
        Parser::new(&GenericDialect {}).try_with_sql("coalesce()").and_then(|mut sql| sql.parse_expr());
    let Ok(Expr::Function(mut call)) = parsed else {
        return Err(Error::new(Kind::Internal, "coalesce is no function"));
    };
    if let FunctionArguments::List(list) = &mut call.args {
        list.args = [left, right].map(|side| FunctionArg::Unnamed(FunctionArgExpr::Expr(side))).into();
    }
    Ok(Expr::Function(call))
}
