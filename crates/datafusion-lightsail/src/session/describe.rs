//! What a statement takes and gives, before it is asked: what drivers want to know when they prepare one.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::{Placeholder, ScalarFunction};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};
use datafusion::sql::parser::Statement as Ast;

use super::{Session, bind, plan};
use crate::scan::{Mode, RowOrder, Statement};
use crate::script::Parameters;

/// What a statement takes and gives.
#[derive(Debug, Clone)]
pub struct Description {
    /// The columns of its rows, as those of its answer will be.
    pub schema: SchemaRef,
    /// Its `$parameters` by name, each with the type that what it stands beside has, if that says one.
    pub parameters: BTreeMap<String, Option<DataType>>,
}

/// The types of the parameters that DataFusion infers none of: of lists that something is searched in, as in
/// `name = ANY($1)`, and of numbers of rows.
fn inferred(plan: &LogicalPlan) -> Result<BTreeMap<String, DataType>> {
    let mut types = BTreeMap::new();
    let name = |placeholder: &Placeholder| placeholder.id.trim_start_matches('$').to_owned();
    plan.apply_with_subqueries(|plan| {
        if let LogicalPlan::Limit(limit) = plan {
            for count in limit.skip.iter().chain(&limit.fetch) {
                if let Expr::Placeholder(count) = count.as_ref() {
                    types.insert(name(count), DataType::Int64);
                }
            }
        }
        let schema = merge_schema(&plan.inputs());
        plan.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::ScalarFunction(ScalarFunction { func, args }) = expr
                    && func.name() == "array_has"
                    && let [Expr::Placeholder(list), item] = &args[..]
                    && let Ok(of) = item.get_type(&schema)
                    && !of.is_null()
                {
                    let of = DataType::List(Arc::new(Field::new_list_field(of, true)));
                    types.insert(name(list), of);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(types)
}

impl Session {
    /// Plans a statement whose parameters may have no values yet; `types` are those that the caller knows better. Makes no
    /// call.
    ///
    /// # Errors
    /// What is wrong with it, as [`ask`](Self::ask) says.
    pub async fn describe(&self, statement: Ast, types: &BTreeMap<String, DataType>) -> Result<Description> {
        let (record, needless) = (self.begin(), Arc::default());
        let (mode, order) = (Mode::Explain, RowOrder::Arrival);
        let state = self.state_of(Statement { record, mode, order, needless });
        let plan = plan(&state, statement, &Parameters::new()).await?;
        let plan = self.prepared.resolve(plan, &state)?;
        self.policy.check(&plan)?;
        let mut parameters = BTreeMap::new();
        let own = inferred(&plan)?;
        for (name, inferred) in plan.get_parameter_types()? {
            let name = name.trim_start_matches('$').to_owned();
            let of = types.get(&name).or_else(|| own.get(&name)).cloned().or(inferred);
            parameters.insert(name, of);
        }
        let null = |of: &Option<DataType>| match of {
            // As the values come that nobody has a type for: as texts.
            None | Some(DataType::Null) => Ok(ScalarValue::Utf8(None)),
            Some(of) => ScalarValue::try_from(of),
        };
        let nulls = parameters.iter().map(|(name, of)| Ok((name.clone(), null(of)?)));
        let plan = match parameters.is_empty() {
            true => plan,
            false => bind::bind(plan, &nulls.collect::<Result<_>>()?)?,
        };
        let schema = match &plan {
            LogicalPlan::Statement(_) | LogicalPlan::Ddl(_) | LogicalPlan::Dml(_) | LogicalPlan::Copy(_) => {
                Arc::clone(plan.schema().inner())
            }
            // The types that its optimizer settles on.
            _ => state.create_physical_plan(&plan).await?.schema(),
        };
        Ok(Description { schema, parameters })
    }
}
