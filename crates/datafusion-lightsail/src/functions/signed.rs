//! Functions that count, whose results have a sign here as everywhere else in SQL.
//!
//! DataFusion gives `row_number()`, `rank()`, `array_length()` and others as integers without one: the difference of two of
//! them wraps around, half of one is a decimal, and `-rank()` has no plan.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::{SortOptions, cast};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::function::{
    AccumulatorArgs, ExpressionArgs, PartitionEvaluatorArgs, StateFieldsArgs, WindowUDFFieldArgs,
};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, Documentation, LimitEffect,
    PartitionEvaluator, ReturnFieldArgs, ReversedUDAF, ReversedUDWF, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, WindowUDF, WindowUDFImpl,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::prelude::SessionContext;

const SCALARS: [&str; 6] =
    ["array_dims", "array_length", "array_ndims", "array_position", "array_positions", "cardinality"];
const AGGREGATES: [&str; 2] = ["approx_distinct", "regr_count"];
const WINDOWS: [&str; 4] = ["dense_rank", "ntile", "rank", "row_number"];

/// Gives a session these functions with a sign.
pub(crate) fn register_signed(context: &SessionContext) {
    for function in SCALARS.iter().filter_map(|name| context.udf(name).ok()) {
        context.register_udf(ScalarUDF::from(Signed(Arc::unwrap_or_clone(function))));
    }
    for function in AGGREGATES.iter().filter_map(|name| context.udaf(name).ok()) {
        context.register_udaf(AggregateUDF::from(Signed(Arc::unwrap_or_clone(function))));
    }
    for function in WINDOWS.iter().filter_map(|name| context.udwf(name).ok()) {
        context.register_udwf(WindowUDF::from(Signed(Arc::unwrap_or_clone(function))));
    }
}

/// A type with a sign wherever it has none.
fn signed(of: &DataType) -> DataType {
    match of {
        DataType::UInt64 => DataType::Int64,
        DataType::List(item) => {
            let item = Field::clone(item).with_data_type(signed(item.data_type()));
            DataType::List(Arc::new(item))
        }
        other => other.clone(),
    }
}

fn signed_field(field: &FieldRef) -> FieldRef {
    Arc::new(Field::clone(field).with_data_type(signed(field.data_type())))
}

fn signed_array(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(cast(array, &signed(array.data_type()))?)
}

fn signed_value(value: &ScalarValue) -> Result<ScalarValue> {
    value.cast_to(&signed(&value.data_type()))
}

/// One of these functions.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Signed<F>(F);

impl ScalarUDFImpl for Signed<ScalarUDF> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn aliases(&self) -> &[String] {
        self.0.aliases()
    }

    fn signature(&self) -> &Signature {
        self.0.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(signed(&self.0.return_type(types)?))
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(signed_field(&self.0.return_field_from_args(arguments)?))
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.0.coerce_types(types)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.0.documentation()
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        // What it gives is held against the type that it is said to have.
        let types: Vec<_> = arguments.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let own = Field::clone(&arguments.return_field).with_data_type(self.0.return_type(&types)?);
        let arguments = ScalarFunctionArgs { return_field: Arc::new(own), ..arguments };
        Ok(match self.0.invoke_with_args(arguments)? {
            ColumnarValue::Array(array) => ColumnarValue::Array(signed_array(&array)?),
            ColumnarValue::Scalar(value) => ColumnarValue::Scalar(signed_value(&value)?),
        })
    }
}

impl AggregateUDFImpl for Signed<AggregateUDF> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn aliases(&self) -> &[String] {
        self.0.aliases()
    }

    fn signature(&self) -> &Signature {
        self.0.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(signed(&self.0.return_type(types)?))
    }

    fn is_nullable(&self) -> bool {
        self.0.is_nullable()
    }

    fn accumulator(&self, arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Signed(self.0.accumulator(arguments)?)))
    }

    fn state_fields(&self, arguments: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.0.state_fields(arguments)
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.0.order_sensitivity()
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.0.coerce_types(types)
    }

    fn default_value(&self, of: &DataType) -> Result<ScalarValue> {
        signed_value(&self.0.default_value(of)?)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.0.documentation()
    }
}

impl Accumulator for Signed<Box<dyn Accumulator>> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0.update_batch(values)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        signed_value(&self.0.evaluate()?)
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.state()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.0.merge_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0.retract_batch(values)
    }

    fn supports_retract_batch(&self) -> bool {
        self.0.supports_retract_batch()
    }
}

impl WindowUDFImpl for Signed<WindowUDF> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn aliases(&self) -> &[String] {
        self.0.aliases()
    }

    fn signature(&self) -> &Signature {
        self.0.signature()
    }

    fn expressions(&self, arguments: ExpressionArgs<'_>) -> Vec<Arc<dyn PhysicalExpr>> {
        self.0.expressions(arguments)
    }

    fn partition_evaluator(
        &self,
        arguments: PartitionEvaluatorArgs<'_>,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Signed(self.0.partition_evaluator_factory(arguments)?)))
    }

    fn field(&self, arguments: WindowUDFFieldArgs<'_>) -> Result<FieldRef> {
        Ok(signed_field(&self.0.field(arguments)?))
    }

    fn sort_options(&self) -> Option<SortOptions> {
        self.0.sort_options()
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.0.coerce_types(types)
    }

    fn reverse_expr(&self) -> ReversedUDWF {
        // A reversed one is another function, without a sign.
        match self.0.reverse_expr() {
            ReversedUDWF::Identical => ReversedUDWF::Identical,
            ReversedUDWF::NotSupported | ReversedUDWF::Reversed(_) => ReversedUDWF::NotSupported,
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.0.documentation()
    }

    fn limit_effect(&self, arguments: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        self.0.inner().limit_effect(arguments)
    }
}

impl PartitionEvaluator for Signed<Box<dyn PartitionEvaluator>> {
    fn get_range(&self, index: usize, rows: usize) -> Result<Range<usize>> {
        self.0.get_range(index, rows)
    }

    fn is_causal(&self) -> bool {
        self.0.is_causal()
    }

    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        signed_array(&self.0.evaluate_all(values, rows)?)
    }

    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> Result<ScalarValue> {
        signed_value(&self.0.evaluate(values, range)?)
    }

    fn evaluate_all_with_rank(&self, rows: usize, ranks: &[Range<usize>]) -> Result<ArrayRef> {
        signed_array(&self.0.evaluate_all_with_rank(rows, ranks)?)
    }

    fn supports_bounded_execution(&self) -> bool {
        self.0.supports_bounded_execution()
    }

    fn uses_window_frame(&self) -> bool {
        self.0.uses_window_frame()
    }

    fn include_rank(&self) -> bool {
        self.0.include_rank()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::common::DFSchema;
    use datafusion::logical_expr::{Expr, ExprSchemable};

    use super::*;

    /// What gives integers without a sign although it is given none of them is in one of the lists.
    #[test]
    fn every_function_that_counts_has_a_sign() {
        let state = SessionContext::new().state();
        let list = DataType::new_list(DataType::Int64, true);
        let arguments = [
            vec![],
            vec![DataType::Utf8],
            vec![DataType::Int64],
            vec![DataType::Float64, DataType::Float64],
            vec![DataType::Utf8, DataType::Utf8],
            vec![list.clone()],
            vec![list.clone(), DataType::Int64],
            vec![list.clone(), list],
        ];
        let unsigned = |call: &dyn Fn(Vec<Expr>) -> Expr| {
            arguments.iter().any(|types| {
                let nulls = types.iter().map(|of| Expr::Literal(ScalarValue::try_from(of).unwrap(), None));
                let given = call(nulls.collect()).get_type(&DFSchema::empty());
                given.is_ok_and(|given| given != signed(&given))
            })
        };
        let mut found = Vec::new();
        for function in state.scalar_functions().values() {
            found.extend(unsigned(&|given| function.call(given)).then(|| function.name().to_owned()));
        }
        for function in state.aggregate_functions().values() {
            found.extend(unsigned(&|given| function.call(given)).then(|| function.name().to_owned()));
        }
        for function in state.window_functions().values() {
            found.extend(unsigned(&|given| function.call(given)).then(|| function.name().to_owned()));
        }
        found.sort();
        found.dedup();
        let mut known: Vec<_> = SCALARS.iter().chain(&AGGREGATES).chain(&WINDOWS).copied().collect();
        known.sort_unstable();
        assert_eq!(found, known);
    }
}
