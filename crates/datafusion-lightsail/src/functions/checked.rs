//! `+`, `-`, `*` and `sum` of whole numbers and decimals that are an error where the result has no place, and wrap around
//! in stock DataFusion.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, BooleanArray, Datum};
use arrow::compute::kernels::numeric;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    DECIMAL128_MAX_PRECISION, DECIMAL256_MAX_PRECISION, DataType, Decimal128Type, Field, FieldRef,
};
use arrow::error::ArrowError;
use datafusion::common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::type_coercion::binary::BinaryTypeCoercer;
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, Documentation, EmitTo, Expr,
    GroupsAccumulator, Operator, ReturnFieldArgs, ReversedUDAF, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    SetMonotonicity, Signature, Volatility,
};
use datafusion::physical_expr_common::datum::apply;

use crate::error::{Error, Kind};

/// What to do about a result that has no place.
fn hint(of: &DataType) -> &'static str {
    match of {
        DataType::Int64 | DataType::UInt64 => {
            "CAST(… AS DECIMAL(20, 0)) around what is reckoned with has room for 38 digits, AS DOUBLE keeps 15 of any number"
        }
        _ => "CAST(… AS DOUBLE) around what is reckoned with keeps 15 digits of any number",
    }
}

static FUNCTIONS: LazyLock<Vec<(Operator, Arc<ScalarUDF>)>> = LazyLock::new(|| {
    let operators = [Operator::Plus, Operator::Minus, Operator::Multiply, Operator::Divide];
    operators.map(|operator| (operator, Arc::new(ScalarUDF::from(Checked::new(operator))))).into()
});

/// `left operator right` of two integers of 64 bits or two decimals, checked; `None` for any other operator.
pub(crate) fn checked(operator: Operator, left: Expr, right: Expr) -> Option<Expr> {
    let (_, function) = FUNCTIONS.iter().find(|(known, _)| *known == operator)?;
    Some(function.call(vec![left, right]))
}

/// The functions that operators are checked with.
#[cfg(feature = "cluster")]
pub(crate) fn operators() -> impl Iterator<Item = ScalarUDF> {
    FUNCTIONS.iter().map(|(_, function)| function.as_ref().clone())
}

/// An operator on integers of 64 bits, signed or not, or on decimals.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Checked {
    operator: Operator,
    signature: Signature,
}

impl Checked {
    fn new(operator: Operator) -> Self {
        Self { operator, signature: Signature::any(2, Volatility::Immutable) }
    }

    fn compute(&self, left: &dyn Datum, right: &dyn Datum) -> std::result::Result<ArrayRef, ArrowError> {
        match self.operator {
            Operator::Plus => numeric::add(left, right),
            Operator::Minus => numeric::sub(left, right),
            Operator::Multiply => numeric::mul(left, right),
            _ => numeric::div(left, right),
        }
    }

    /// The error of a result that has no place in its type; any other error as it is.
    fn explained(&self, error: DataFusionError, of: &DataType) -> DataFusionError {
        let DataFusionError::ArrowError(arrow, _) = &error else { return error };
        let places = match (arrow.as_ref(), of) {
            (ArrowError::ArithmeticOverflow(_), DataType::Int64 | DataType::UInt64) => "64 bits of a BIGINT",
            (ArrowError::ArithmeticOverflow(_) | ArrowError::InvalidArgumentError(_), of)
                if is_decimal(of) =>
            {
                "38 digits of a DECIMAL"
            }
            _ => return error,
        };
        let message = format!("the result of {} is beyond the {places}", self.name());
        Error::new(Kind::Sql, message).with_hint(hint(of)).into()
    }
}

impl ScalarUDFImpl for Checked {
    fn name(&self) -> &str {
        match self.operator {
            Operator::Plus => "+",
            Operator::Minus => "-",
            Operator::Multiply => "*",
            _ => "/",
        }
    }

    fn schema_name(&self, arguments: &[Expr]) -> Result<String> {
        let [left, right] = arguments else { return plan_err!("{} takes two numbers", self.name()) };
        Ok(format!("{} {} {}", left.schema_name(), self.name(), right.schema_name()))
    }

    fn display_name(&self, arguments: &[Expr]) -> Result<String> {
        let [left, right] = arguments else { return plan_err!("{} takes two numbers", self.name()) };
        Ok(format!("{left} {} {right}", self.name()))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let [left, right] = types else { return plan_err!("{} takes two numbers", self.name()) };
        BinaryTypeCoercer::new(left, &self.operator, right).get_result_type()
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let nullable = arguments.arg_fields.iter().any(|field| field.is_nullable());
        let types: Vec<_> = arguments.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        Ok(Arc::new(Field::new(self.name(), self.return_type(&types)?, nullable)))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [left, right] = &arguments.args[..] else {
            return plan_err!("{} takes two numbers", self.name());
        };
        let computed = apply(left, right, |left, right| {
            let computed = self.compute(left, right)?;
            if let DataType::Decimal128(precision, _) = computed.data_type() {
                computed.as_primitive::<Decimal128Type>().validate_decimal_precision(*precision)?;
            }
            Ok(computed)
        });
        computed.map_err(|error| self.explained(error, arguments.return_type()))
    }
}

fn is_decimal(of: &DataType) -> bool {
    matches!(of, DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..))
}

/// The type in which a sum of numbers of this type cannot overflow; `None` if the type's own sum cannot wrap.
fn wider(of: &DataType) -> Option<DataType> {
    match of {
        DataType::Int64 | DataType::UInt64 => Some(DataType::Decimal128(DECIMAL128_MAX_PRECISION, 0)),
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => {
            Some(DataType::Decimal256(DECIMAL256_MAX_PRECISION, *scale))
        }
        _ => None,
    }
}

/// DataFusion's `sum`, computed in a type that has more places and given back in its own.
pub(crate) fn checked_sum(sum: AggregateUDF) -> AggregateUDF {
    AggregateUDF::from(CheckedSum(sum))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CheckedSum(AggregateUDF);

impl CheckedSum {
    /// What `make` makes of the wider type, and the type to give back; `None` if the type's own sum cannot wrap.
    fn widened<T>(
        &self,
        arguments: AccumulatorArgs<'_>,
        make: impl Fn(&AggregateUDF, AccumulatorArgs<'_>) -> Result<T>,
    ) -> Result<(T, Option<Widened>)> {
        let narrow = arguments.return_type().clone();
        let Some(wide) = wider(&narrow) else { return Ok((make(&self.0, arguments)?, None)) };
        let field = |name: &str| Arc::new(Field::new(name, wide.clone(), true));
        let fields = [field("value")];
        let inner = make(
            &self.0,
            AccumulatorArgs { return_field: field(arguments.name), expr_fields: &fields, ..arguments },
        )?;
        Ok((inner, Some(Widened { wide, narrow })))
    }
}

impl AggregateUDFImpl for CheckedSum {
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
        self.0.return_type(types)
    }

    fn accumulator(&self, arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let (inner, widened) = self.widened(arguments, AggregateUDF::accumulator)?;
        Ok(match widened {
            Some(types) => Box::new(Sum { inner, types }),
            None => inner,
        })
    }

    fn state_fields(&self, arguments: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let Some(wide) = wider(arguments.return_type()) else { return self.0.state_fields(arguments) };
        let return_field = Arc::new(Field::new(arguments.name, wide, true));
        self.0.state_fields(StateFieldsArgs { return_field, ..arguments })
    }

    fn groups_accumulator_supported(&self, arguments: AccumulatorArgs<'_>) -> bool {
        self.0.groups_accumulator_supported(arguments)
    }

    fn create_groups_accumulator(
        &self,
        arguments: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        let (inner, widened) = self.widened(arguments, AggregateUDF::create_groups_accumulator)?;
        Ok(match widened {
            Some(types) => Box::new(Sum { inner, types }),
            None => inner,
        })
    }

    fn create_sliding_accumulator(&self, arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        // Distinct values that come and go are kept for integers of 64 bits alone.
        if arguments.is_distinct {
            return self.0.create_sliding_accumulator(arguments);
        }
        let (inner, widened) = self.widened(arguments, AggregateUDF::create_sliding_accumulator)?;
        Ok(match widened {
            Some(types) => Box::new(Sum { inner, types }),
            None => inner,
        })
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.0.order_sensitivity()
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn set_monotonicity(&self, of: &DataType) -> SetMonotonicity {
        self.0.inner().set_monotonicity(of)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.0.documentation()
    }
}

/// The type in which a sum is computed, and the one in which it is given back.
#[derive(Debug)]
struct Widened {
    wide: DataType,
    narrow: DataType,
}

impl Widened {
    fn widen(&self, values: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
        let widened = values.iter().map(|values| Ok(arrow::compute::cast(values, &self.wide)?));
        widened.collect()
    }

    /// The sums in their own type.
    ///
    /// # Errors
    /// [`Kind::Sql`] if one of them has no place there.
    fn narrow(&self, sums: &ArrayRef) -> Result<ArrayRef> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(sums, &self.narrow, &options).map_err(|_| {
            let places = match self.narrow {
                DataType::Int64 | DataType::UInt64 => "the 64 bits of a BIGINT".to_owned(),
                DataType::Decimal128(precision, scale) => {
                    format!("the digits of a DECIMAL({precision}, {scale})")
                }
                _ => format!("the digits of a {}", self.narrow),
            };
            Error::new(Kind::Sql, format!("a sum is beyond {places}")).with_hint(hint(&self.narrow)).into()
        })
    }
}

/// An accumulator of sums, over wider numbers.
#[derive(Debug)]
struct Sum<A> {
    inner: A,
    types: Widened,
}

impl Accumulator for Sum<Box<dyn Accumulator>> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.update_batch(&self.types.widen(values)?)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let sum = self.types.narrow(&self.inner.evaluate()?.to_array()?)?;
        ScalarValue::try_from_array(&sum, 0)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.inner.merge_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.retract_batch(&self.types.widen(values)?)
    }

    fn supports_retract_batch(&self) -> bool {
        self.inner.supports_retract_batch()
    }
}

impl GroupsAccumulator for Sum<Box<dyn GroupsAccumulator>> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.inner.update_batch(&self.types.widen(values)?, groups, filter, total)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.types.narrow(&self.inner.evaluate(emit_to)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.inner.state(emit_to)
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.inner.merge_batch(states, groups, total)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(&self.types.widen(values)?, filter)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}
