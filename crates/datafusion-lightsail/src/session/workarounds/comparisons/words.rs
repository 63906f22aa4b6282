//! What is said of a comparison that is refused.

use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, DataFusionError, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr, ExprSchemable};

use super::By;
use crate::error::{Error, Kind};

/// Whether texts that stand in the statement are values of the type that they are compared with.
pub(super) fn check_constants(operands: &[Expr], of: &DataType, schema: &DFSchema) -> Result<()> {
    if !of.is_numeric() && !of.is_temporal() {
        return Ok(());
    }
    for operand in operands {
        let Expr::Literal(value, _) = operand else { continue };
        if is_text(&value.data_type()) && value.cast_to(of).is_err() {
            let is_other = |other: &&Expr| other.get_type(schema).is_ok_and(|of| !is_text(&of));
            let other = operands.iter().find(is_other).unwrap_or(operand);
            let message = format!("{} is {}, and {} is none", name_of(other), article(of), name_of(operand));
            let hint = match of.is_temporal() {
                true => {
                    "a time is written '2026-01-31' or '2026-01-31 12:00:00', and now() - INTERVAL '7 days' for a week ago"
                }
                false => "write a number, or compare the text: CAST(… AS VARCHAR)",
            };
            return Err(Error::new(Kind::Sql, message).with_hint(hint).into());
        }
    }
    Ok(())
}

pub(super) fn refusal(by: By, text: &Expr, other: &Expr, of: &DataType) -> DataFusionError {
    let (text, other) = (name_of(text), name_of(other));
    let why = if matches!(by, By::Order | By::Extreme) {
        ": the two have no order"
    } else {
        ", which has more than one text"
    };
    let message = format!("{text} is text and {other} {}{why}", article(of));
    let cast = if of.is_temporal() {
        format!("TRY_CAST({text} AS TIMESTAMP)")
    } else {
        format!("TRY_CAST({text} AS {})", if of.is_integer() { "BIGINT" } else { "DOUBLE" })
    };
    let hint = format!("write {cast}, which is NULL where the text is none, or quote what is meant as text");
    Error::new(Kind::Sql, message).with_hint(hint).into()
}

/// An expression as it may be written in SQL.
pub(in crate::session) fn name_of(expr: &Expr) -> String {
    match expr {
        Expr::Literal(value, _) if is_text(&value.data_type()) => format!("'{value}'"),
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == "get_field" => {
            match &args[..] {
                [value, keys @ ..] => {
                    let keys = keys.iter().map(|key| format!("[{}]", name_of(key)));
                    name_of(value) + &keys.collect::<String>()
                }
                [] => String::new(),
            }
        }
        Expr::ScalarSubquery(_) => "the subquery".to_owned(),
        Expr::OuterReferenceColumn(_, column) => column.flat_name(),
        _ => expr.human_display().to_string(),
    }
}

/// What a type is in words.
pub(in crate::session) fn article(of: &DataType) -> String {
    match of {
        DataType::Boolean => "a truth value".into(),
        of if of.is_integer() => "an integer".into(),
        of if of.is_numeric() => "a number".into(),
        of if of.is_temporal() => "a time".into(),
        of => format!("a {of}"),
    }
}

/// Whether values of a type are texts.
pub(in crate::session) fn is_text(of: &DataType) -> bool {
    match of {
        DataType::Dictionary(_, values) => is_text(values),
        of => of.is_string(),
    }
}
