//! Values for the `$parameters` of a statement. A parameter takes the type of what it is compared with: beside a text,
//! `6.1` is that text and not a number that `6.10` is equal to.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, ParamValues, Result, ScalarValue};
use datafusion::logical_expr::expr::{Cast, Placeholder, ScalarFunction};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, lit};

use super::workarounds::comparisons::{By, article, is_text, name_of, rewrite};
use crate::error::{Error, Kind};
use crate::script::Parameters;

/// Puts the values of its parameters into a plan.
///
/// # Errors
/// When a parameter has no value, or one that what it is compared with, or cast to, cannot have.
pub(super) fn bind(plan: LogicalPlan, parameters: &Parameters) -> Result<LogicalPlan> {
    check_casts(&plan, parameters)?;
    let plan = rewrite(plan, &|by, operands, schema| of_comparison(by, operands, schema, parameters))?;
    plan.with_param_values(ParamValues::from(parameters.clone()))
}

/// The name of the parameter that an expression is, and its value if it has one.
fn parameter<'a>(expr: &'a Expr, parameters: &'a Parameters) -> Option<(&'a str, &'a ScalarValue)> {
    let Expr::Placeholder(Placeholder { id, .. }) = expr else { return None };
    let name = id.trim_start_matches('$');
    Some((name, parameters.get(name)?))
}

/// Gives the parameters among the operands of a comparison values of the type that the others have.
fn of_comparison(by: By, operands: &mut [Expr], schema: &DFSchema, parameters: &Parameters) -> Result<bool> {
    if !operands.iter().any(|operand| parameter(operand, parameters).is_some()) {
        return Ok(false);
    }
    let others = operands.iter().filter(|operand| !matches!(operand, Expr::Placeholder(_)));
    let types = others.map(|other| Ok((other.get_type(schema)?, name_of(other))));
    // What has no type is DataFusion's to complain about.
    let Ok(types) = types.collect::<Result<Vec<_>>>() else { return Ok(false) };
    let types: Vec<_> = types.into_iter().filter(|(of, _)| !of.is_null()).collect();
    let text = types.iter().find(|(of, _)| is_text(of) || by == By::Pattern);
    let common = || {
        let (first, name) = types.first()?;
        let common = types.iter().try_fold(first.clone(), |all, (one, _)| comparison_coercion(&all, one))?;
        Some((common, name.clone()))
    };
    let Some((of, other)) = text.map(|(_, name)| (DataType::Utf8, name.clone())).or_else(common) else {
        return Ok(false);
    };
    for operand in operands {
        if let Some((name, value)) = parameter(operand, parameters) {
            let converted = convert(value, &of);
            *operand = converted.ok_or_else(|| {
                let compared = format!("{other}, which it is compared with, is {}", article(&of));
                misfit(name, value, &compared)
            })?;
        }
    }
    Ok(true)
}

/// A value as one of another type; none if it is no such value.
fn convert(value: &ScalarValue, of: &DataType) -> Option<Expr> {
    if value.is_null() {
        return Some(lit(value.clone()));
    }
    // What is a time already keeps its unit.
    if value.data_type().is_temporal() && of.is_temporal() {
        return Some(lit(value.clone()));
    }
    let text = text(value);
    if of.is_numeric() {
        // Not of the very type: 2.5 is no Int32, and more than 2.
        let whole = text.parse::<i64>().map(lit);
        return whole.or_else(|_| text.parse::<f64>().map(lit)).ok();
    }
    let text = ScalarValue::from(text);
    let converted = text.cast_to(of).ok()?;
    // As a time it would be cut to the unit of the other.
    Some(lit(if of.is_temporal() { text } else { converted }))
}

/// A value as SQL writes it: that of a time is no number.
fn text(value: &ScalarValue) -> String {
    let written = value.cast_to(&DataType::Utf8).ok();
    match written {
        Some(ScalarValue::Utf8(Some(text))) => text,
        _ => value.to_string(),
    }
}

/// Looks whether the parameters that a statement casts are values of what it casts them to, those that it reckons with
/// numbers, and those of LIMIT integers.
fn check_casts(plan: &LogicalPlan, parameters: &Parameters) -> Result<()> {
    let check = |plan: LogicalPlan| {
        if let LogicalPlan::Limit(limit) = &plan {
            for count in limit.skip.iter().chain(&limit.fetch) {
                if let Some((name, value)) = parameter(count, parameters)
                    && value.cast_to(&DataType::Int64).is_err()
                {
                    return Err(misfit(name, value, "it is a number of rows"));
                }
            }
        }
        let schema = merge_schema(&plan.inputs());
        let of_expr = |expr: Expr| {
            let cast = match &expr {
                Expr::Cast(Cast { expr, .. }) => Some(expr.as_ref()),
                Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == "arrow_cast" => {
                    args.first()
                }
                _ => None,
            };
            if let Expr::BinaryExpr(BinaryExpr { left, op, right }) = &expr {
                let is_number = |of: &Expr| of.get_type(&schema).is_ok_and(|of| of.is_numeric());
                for (one, other) in [(left, right), (right, left)] {
                    if let Some((name, value)) = parameter(one, parameters)
                        && op.is_numerical_operators()
                        && is_text(&value.data_type())
                        && is_number(other)
                    {
                        return Err(misfit(name, value, &format!("{op} takes numbers")));
                    }
                }
            }
            let value = cast.and_then(|cast| parameter(cast, parameters));
            if let (Some((name, value)), Ok(of)) = (value, expr.get_type(&schema))
                && value.cast_to(&of).is_err()
            {
                return Err(misfit(name, value, &format!("it is cast to {}", article(&of))));
            }
            Ok(Transformed::no(expr))
        };
        plan.map_expressions(|expr| expr.transform_up(of_expr))
    };
    plan.clone().transform_up_with_subqueries(check).map(drop)
}

fn misfit(name: &str, value: &ScalarValue, why: &str) -> datafusion::common::DataFusionError {
    let message = format!("the parameter ${name} cannot be '{}': {why}", text(value));
    Error::new(Kind::Sql, message).with_hint("give it another value").into()
}
