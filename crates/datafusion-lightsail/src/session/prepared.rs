//! PREPARE and EXECUTE, whose values are bound like those of `--param`.
//!
//! DataFusion casts the values of EXECUTE to the types that it infers, and cuts 1.7 to 1 beside an integer; it takes more
//! values than there are parameters; it fails on a prepared CREATE TABLE.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::{Result, ScalarValue};
use datafusion::execution::SessionState;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Execute, Expr, LogicalPlan, PlanType, Prepare, Statement, ToStringifiedPlan};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;

use super::bind::bind;
use crate::error::{Error, Kind};
use crate::script::Parameters;

/// The prepared statements of a session. DataFusion keeps them too, and says which names there are.
#[derive(Debug, Default)]
pub(super) struct Prepared(Mutex<HashMap<String, Prepare>>);

impl Prepared {
    /// Follows a statement that DataFusion has carried out.
    pub(super) fn follow(&self, statement: &Statement) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match statement {
            Statement::Prepare(prepare) => drop(known.insert(prepare.name.clone(), prepare.clone())),
            Statement::Deallocate(deallocate) => drop(known.remove(&deallocate.name)),
            _ => {}
        }
    }

    /// A plan with what EXECUTE means in its place, in EXPLAIN too. Of a name that there is not DataFusion tells.
    ///
    /// # Errors
    /// When there are more or fewer values than parameters, or one that cannot stand where it is to.
    pub(super) fn resolve(&self, plan: LogicalPlan, state: &SessionState) -> Result<LogicalPlan> {
        match plan {
            LogicalPlan::Statement(Statement::Execute(execute)) => {
                let bound = self.bound(&execute, state)?;
                Ok(bound.unwrap_or(LogicalPlan::Statement(Statement::Execute(execute))))
            }
            LogicalPlan::Explain(mut explain) => {
                let what = self.resolve(LogicalPlan::clone(&explain.plan), state)?;
                if what != *explain.plan {
                    explain.stringified_plans = vec![what.to_stringified(PlanType::InitialLogicalPlan)];
                    explain.plan = Arc::new(what);
                }
                Ok(LogicalPlan::Explain(explain))
            }
            other => Ok(other),
        }
    }

    /// The plan of a prepared statement with the values of EXECUTE; `None` if there is none of that name.
    fn bound(&self, execute: &Execute, state: &SessionState) -> Result<Option<LogicalPlan>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&execute.name).cloned();
        let Some(Prepare { name, fields, input }) = known else { return Ok(None) };
        let places = input.get_parameter_names()?;
        let places = places.iter().filter_map(|name| name.trim_start_matches('$').parse::<usize>().ok());
        let wanted = places.max().unwrap_or_default().max(fields.len());
        let given = execute.parameters.len();
        if given != wanted {
            let plural = |count: usize| if count == 1 { "" } else { "s" };
            let message = format!(
                "{name} has {wanted} parameter{}, and EXECUTE gives {given} value{}",
                plural(wanted),
                plural(given)
            );
            let list: Vec<String> = (1..=wanted).map(|number| format!("value_{number}")).collect();
            let values = if list.is_empty() { String::new() } else { format!("({})", list.join(", ")) };
            return Err(Error::new(Kind::Sql, message).with_hint(format!("EXECUTE {name}{values}")).into());
        }
        let mut parameters = Parameters::new();
        for (at, expr) in execute.parameters.iter().enumerate() {
            let value = value(expr, &input, state)?;
            let value = match fields.get(at) {
                Some(field) => as_it_is(&value, field.data_type()).unwrap_or(value),
                None => value,
            };
            parameters.insert((at + 1).to_string(), value);
        }
        let plan = Arc::unwrap_or_clone(input);
        if parameters.is_empty() { Ok(Some(plan)) } else { bind(plan, &parameters).map(Some) }
    }
}

/// The value that an argument of EXECUTE comes to.
fn value(expr: &Expr, plan: &LogicalPlan, state: &SessionState) -> Result<ScalarValue> {
    let context = SimplifyContext::builder()
        .with_schema(Arc::clone(plan.schema()))
        .with_config_options(Arc::clone(state.config_options()))
        .with_query_execution_start_time(state.execution_props().query_execution_start_time)
        .build();
    let simplifier = ExprSimplifier::new(context);
    match simplifier.simplify(simplifier.coerce(expr.clone(), plan.schema())?)? {
        Expr::Literal(value, _) => Ok(value),
        other => Err(Error::new(Kind::Sql, format!("EXECUTE takes values, and {other} is none")).into()),
    }
}

/// A value as one of another type, if nothing of it is lost so: text that reads as one, or what comes back as it was.
fn as_it_is(value: &ScalarValue, of: &arrow::datatypes::DataType) -> Option<ScalarValue> {
    let cast = value.cast_to(of).ok()?;
    let is_text =
        matches!(value, ScalarValue::Utf8(_) | ScalarValue::Utf8View(_) | ScalarValue::LargeUtf8(_));
    let is_same = || cast.cast_to(&value.data_type()).is_ok_and(|back| back == *value);
    (is_text || is_same()).then_some(cast)
}
