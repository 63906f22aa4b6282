//! Functions that make far more than they take, held to what a statement may have before they make it.
//!
//! They fill a column in one go: no pool is asked for its memory, and nobody hears of Ctrl-C. `repeat(name, 10000000)` takes
//! 2 GB within a second, and `array_repeat(1, 2000000000)` 16 GB.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, FieldRef, Int32Type, Int64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

use crate::error::{Error, Kind};
use crate::options::LightsailOptions;

/// What an item of a list takes at least, in bytes.
const ITEM: i128 = 8;

/// How many bytes a function makes of the arguments in a row; `None` if that is not known before.
type Size = fn(&[ArrayRef], usize) -> Option<i128>;

/// The functions, and what they make.
const FUNCTIONS: [(&str, Size); 7] = [
    ("repeat", |arguments, row| Some(bytes(&arguments[0], row)? * number(arguments.get(1)?, row)?)),
    ("lpad", |arguments, row| number(arguments.get(1)?, row)),
    ("rpad", |arguments, row| number(arguments.get(1)?, row)),
    ("array_repeat", |arguments, row| {
        let each = bytes(&arguments[0], row).unwrap_or(ITEM).max(ITEM);
        Some(each * number(arguments.get(1)?, row)?)
    }),
    ("array_resize", |arguments, row| Some(ITEM * number(arguments.get(1)?, row)?)),
    ("generate_series", series),
    ("range", series),
];

/// The same functions, held to `lightsail.memory_limit`.
pub(crate) fn bounded(known: impl Fn(&str) -> Option<ScalarUDF>) -> Vec<ScalarUDF> {
    FUNCTIONS.iter().filter_map(|(name, _)| Some(ScalarUDF::from(Bounded(known(name)?)))).collect()
}

/// From the first number to the second, in steps of the third.
fn series(arguments: &[ArrayRef], row: usize) -> Option<i128> {
    let first = number(arguments.first()?, row)?;
    let (from, to) = match arguments.get(1) {
        Some(end) => (first, number(end, row)?),
        None => (0, first),
    };
    let step = arguments.get(2).map_or(Some(1), |step| number(step, row))?;
    Some(ITEM * (to - from).checked_div(step)?)
}

/// A whole number of a column.
fn number(column: &ArrayRef, row: usize) -> Option<i128> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Int64 => Some(column.as_primitive::<Int64Type>().value(row).into()),
        DataType::Int32 => Some(column.as_primitive::<Int32Type>().value(row).into()),
        _ => None,
    }
}

/// The bytes of a text of a column.
fn bytes(column: &ArrayRef, row: usize) -> Option<i128> {
    let length = match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).len(),
        DataType::LargeUtf8 => column.as_string::<i64>().value(row).len(),
        DataType::Utf8View => column.as_string_view().value(row).len(),
        _ => return None,
    };
    Some(i128::try_from(length).unwrap_or(i128::MAX))
}

/// One of them. What it makes is found by its name.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded(ScalarUDF);

impl Bounded {
    /// Finds out that a statement may have what is made of the arguments.
    fn check(&self, arguments: &ScalarFunctionArgs) -> Result<()> {
        let Some((name, size)) = FUNCTIONS.iter().find(|(name, _)| *name == self.name()) else {
            return Ok(());
        };
        let options = arguments.config_options.extensions.get::<LightsailOptions>();
        let limit =
            options.map_or_else(|| LightsailOptions::default().memory_limit, |options| options.memory_limit);
        let of_one_row = |argument: &ColumnarValue| matches!(argument, ColumnarValue::Scalar(_));
        let rows = if arguments.args.iter().all(of_one_row) { 1 } else { arguments.number_rows };
        let columns: Vec<ArrayRef> =
            arguments.args.iter().map(|argument| argument.to_array(rows)).collect::<Result<_>>()?;
        let made: i128 = (0..rows).filter_map(|row| size(&columns, row)).filter(|made| *made > 0).sum();
        if made <= i128::try_from(limit).unwrap_or(i128::MAX) {
            return Ok(());
        }
        let megabytes = made >> 20;
        Err(Error::new(
            Kind::Sql,
            format!("{name} would make {megabytes} MB, more than lightsail.memory_limit lets it"),
        )
        .with_hint("make its texts or lists shorter, or raise the limit (--memory-limit)")
        .with_sql_state("53200")
        .into())
    }
}

impl ScalarUDFImpl for Bounded {
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

    fn return_field_from_args(&self, arguments: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.0.return_field_from_args(arguments)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.0.coerce_types(types)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.0.documentation()
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.check(&arguments)?;
        self.0.invoke_with_args(arguments)
    }
}
