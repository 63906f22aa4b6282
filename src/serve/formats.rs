//! `to_date` and `to_timestamp` with the formats of Postgres: `YYYY-MM-DD HH24:MI:SS.US`, as Superset writes them.
//!
//! DataFusion's are those of strftime, for which such a format is a text that stands for itself. A format that has a percent sign is
//! left as it is.

use std::sync::Arc;

use arrow::array::{Array, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use datafusion::prelude::SessionContext;

use datafusion_lightsail::error::{Error, Kind};

/// The functions whose arguments behind the first are formats.
const FUNCTIONS: &[&str] = &["to_date", "to_timestamp"];

/// What stands in formats of Postgres and of strftime; what begins as another does comes before it.
const PATTERNS: &[(&str, &str)] = &[
    ("YYYY", "%Y"),
    ("IYYY", "%G"),
    ("YY", "%y"),
    ("MM", "%m"),
    ("Mon", "%b"),
    ("MI", "%M"),
    ("MS", "%3f"),
    ("DDD", "%j"),
    ("DD", "%d"),
    ("Dy", "%a"),
    ("HH24", "%H"),
    ("HH12", "%I"),
    ("HH", "%I"),
    ("SS", "%S"),
    ("US", "%6f"),
    ("AM", "%p"),
    ("PM", "%p"),
    ("IW", "%V"),
    ("ID", "%u"),
    ("TZ", "%Z"),
];

/// Gives a session these functions in place of its own.
pub(super) fn register(context: &SessionContext) {
    for function in FUNCTIONS.iter().filter_map(|name| context.udf(name).ok()) {
        context.register_udf(ScalarUDF::from(Formatted(function)));
    }
}

/// A format of Postgres as strftime has it.
///
/// # Errors
/// [`Kind::Sql`] if it has a pattern that is not known.
fn translated(format: &str) -> Result<String, Error> {
    if format.contains('%') {
        return Ok(format.to_owned());
    }
    let (mut found, mut rest) = (String::new(), format);
    while let Some(letter) = rest.chars().next() {
        if let Some((pattern, known)) = PATTERNS.iter().find(|(pattern, _)| rest.starts_with(pattern)) {
            found += known;
            rest = &rest[pattern.len()..];
        } else if let Some((text, behind)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            found += text;
            rest = behind;
        } else if letter.is_alphabetic() {
            let what = format!("the format {format:?} has something at {rest:?} that is not known here");
            return Err(Error::new(Kind::Sql, what).with_sql_state("0A000").with_hint(
                "YYYY, MM, DD, HH24, MI, SS, MS and US are known, and all of strftime: %Y-%m-%d; letters that stand for themselves are in double quotes",
            ));
        } else {
            found.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    Ok(found)
}

/// One of the functions, by that of DataFusion.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Formatted(Arc<ScalarUDF>);

impl ScalarUDFImpl for Formatted {
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

    fn invoke_with_args(&self, mut arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        for format in arguments.args.iter_mut().skip(1) {
            *format = match &*format {
                ColumnarValue::Scalar(value) => match value.try_as_str() {
                    Some(Some(text)) => ColumnarValue::Scalar(ScalarValue::from(translated(text)?)),
                    _ => continue,
                },
                ColumnarValue::Array(formats) => {
                    let of = formats.data_type().clone();
                    let texts = cast(formats, &DataType::Utf8)?;
                    let texts = texts.as_string::<i32>().iter();
                    let texts = texts.map(|text| text.map(translated).transpose());
                    let texts = texts.collect::<Result<StringArray, Error>>()?;
                    ColumnarValue::Array(cast(&texts, &of)?)
                }
            };
        }
        self.0.invoke_with_args(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_postgres_are_those_of_strftime() {
        for (format, expected) in [
            ("YYYY-MM-DD HH24:MI:SS.US", "%Y-%m-%d %H:%M:%S.%6f"),
            ("DD Mon YYYY, HH12:MI AM", "%d %b %Y, %I:%M %p"),
            ("YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"", "%Y-%m-%dT%H:%M:%S.%3fZ"),
            ("%Y", "%Y"),
            ("", ""),
        ] {
            assert_eq!(translated(format).unwrap(), expected, "{format}");
        }
        assert!(translated("YYYYTH").is_err() && translated("Month").is_err());
    }
}
