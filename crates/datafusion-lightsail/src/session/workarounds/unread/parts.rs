//! Parts of a query that are refused by themselves: functions, windows, joins, operators.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    Join, JoinConstraint, JoinOperator, TableFactor, Value, WindowSpec, visit_expressions,
};

use super::{refused, unless};
use crate::error::Error;

/// Whether an expression has a subquery in it.
pub(super) fn has_query(expr: &Expr) -> bool {
    visit_expressions(expr, |expr| match expr {
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

pub(super) fn is_query(argument: &FunctionArg) -> bool {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
        | FunctionArg::Named { arg: FunctionArgExpr::Expr(expr), .. } => has_query(expr),
        _ => false,
    }
}

pub(super) fn of_window(window: &WindowSpec) -> ControlFlow<Error> {
    let hint = "write all of it where it is used: OVER (PARTITION BY … ORDER BY …)";
    unless(window.window_name.is_some(), "a window that builds on another", hint)
}

pub(super) fn of_function(function: &Function) -> ControlFlow<Error> {
    let FunctionArguments::List(list) = &function.args else { return ControlFlow::Continue(()) };
    let name = function.name.to_string().to_ascii_lowercase();
    let is_star = |arg: &FunctionArg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Wildcard));
    unless(
        list.duplicate_treatment == Some(DuplicateTreatment::Distinct) && list.args.iter().any(is_star),
        "DISTINCT * in a function",
        "write SELECT count(*) FROM (SELECT DISTINCT * FROM …)",
    )?;
    unless(
        ["sum", "avg", "min", "max", "median", "stddev"].contains(&name.as_str())
            && list.args.iter().any(is_star),
        &format!("{name} of *"),
        &format!("name a column: {name}(cpu_count)"),
    )?;
    let columns: Vec<String> = list.args.iter().map(ToString::to_string).collect();
    unless(
        list.duplicate_treatment == Some(DuplicateTreatment::Distinct)
            && name == "count"
            && columns.len() > 1,
        "DISTINCT of several columns",
        &format!("write count(DISTINCT ({})): it counts rows that differ in any of them", columns.join(", ")),
    )?;
    let format = match &list.args[..] {
        [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(format)))] => {
            format.value.clone().into_string()
        }
        _ => None,
    };
    unless(
        ["to_char", "date_format"].contains(&name.as_str())
            && format.is_some_and(|format| !format.contains('%')),
        &format!("{name} by a format of times without %"),
        "write it as strftime has it: to_char(created_at, '%Y-%m-%d %H:%M')",
    )
}

/// Refuses a join that says nothing of its partners.
pub(super) fn of_join(join: &Join) -> ControlFlow<Error> {
    use JoinOperator as Op;
    let is_lateral = matches!(
        join.relation,
        TableFactor::Derived { lateral: true, .. }
            | TableFactor::Function { lateral: true, .. }
            | TableFactor::UNNEST { .. }
    );
    let (Op::Join(on)
    | Op::Inner(on)
    | Op::Left(on)
    | Op::LeftOuter(on)
    | Op::Right(on)
    | Op::RightOuter(on)
    | Op::FullOuter(on)
    | Op::Semi(on)
    | Op::LeftSemi(on)
    | Op::RightSemi(on)
    | Op::Anti(on)
    | Op::LeftAnti(on)
    | Op::RightAnti(on)) = &join.join_operator
    else {
        return ControlFlow::Continue(());
    };
    unless(
        matches!(on, JoinConstraint::None) && !is_lateral,
        "JOIN without ON or USING",
        "say which rows are partners: ON a.name = b.name, or write CROSS JOIN for all with all",
    )
}

/// Refuses what is no operator between conditions.
pub(super) fn of_operator(left: &Expr, op: &BinaryOperator, right: &Expr) -> ControlFlow<Error> {
    let is_comparison = |op: &BinaryOperator| {
        use BinaryOperator as Op;
        matches!(op, Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq)
    };
    let is_plain = |expr: &Expr| {
        matches!(expr, Expr::Value(value)
            if matches!(value.value, Value::Number(..) | Value::SingleQuotedString(_)))
    };
    unless(*op == BinaryOperator::PGOverlap, "&&", "write AND between conditions")?;
    let Expr::BinaryOp { op: first, right: middle, .. } = left else { return ControlFlow::Continue(()) };
    if !is_comparison(op) || !is_comparison(first) || !is_plain(right) {
        return ControlFlow::Continue(());
    }
    let hint = match middle.as_ref() {
        Expr::BinaryOp { op: BinaryOperator::StringConcat, .. } => {
            "write OR between conditions; || joins texts".to_owned()
        }
        Expr::BinaryOp { op: BinaryOperator::BitwiseOr, .. } => "write OR between conditions".to_owned(),
        Expr::BinaryOp { op: BinaryOperator::BitwiseAnd | BinaryOperator::PGOverlap, .. } => {
            "write AND between conditions".to_owned()
        }
        middle => format!("write two conditions: {left} AND {middle} {op} {right}"),
    };
    refused(&format!("{op} behind a comparison"), &hint)
}
