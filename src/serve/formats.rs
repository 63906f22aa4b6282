//! `to_char`, `to_date` and `to_timestamp` with the formats of Postgres: `YYYY-MM-DD HH24:MI:SS.US`, as Superset writes them.
//!
//! DataFusion's are those of strftime, for which such a format is a text that stands for itself. A format that has a percent sign is
//! left as it is.

use std::ops::ControlFlow;
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
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Value, VisitMut, VisitorMut,
};

use datafusion_lightsail::error::{Error, Kind};

/// The function that writes times.
const WRITES: &str = "to_char";

/// The functions whose arguments behind the first are formats.
const FUNCTIONS: &[&str] = &["to_date", "to_timestamp", WRITES];

/// A pattern of Postgres, and what strftime has for it.
struct Pattern {
    pattern: &'static str,
    strftime: &'static str,
    /// Without blanks or zeros before it, as FM asks for.
    bare: &'static str,
    /// Whether it may be written in any letters; the letters of names say how the name is written.
    is_number: bool,
}

const fn number(pattern: &'static str, strftime: &'static str, bare: &'static str) -> Pattern {
    Pattern { pattern, strftime, bare, is_number: true }
}

const fn name(pattern: &'static str, strftime: &'static str) -> Pattern {
    Pattern { pattern, strftime, bare: strftime, is_number: false }
}

/// What begins as another does comes before it.
const PATTERNS: &[Pattern] = &[
    number("YYYY", "%Y", "%Y"),
    number("IYYY", "%G", "%G"),
    number("YY", "%y", "%-y"),
    number("MM", "%m", "%-m"),
    number("MI", "%M", "%-M"),
    number("MS", "%3f", "%3f"),
    number("DDD", "%j", "%-j"),
    number("DD", "%d", "%-d"),
    number("HH24", "%H", "%-H"),
    number("HH12", "%I", "%-I"),
    number("HH", "%I", "%-I"),
    number("SS", "%S", "%-S"),
    number("US", "%6f", "%6f"),
    number("IW", "%V", "%-V"),
    number("ID", "%u", "%u"),
    name("Mon", "%b"),
    name("Dy", "%a"),
    name("AM", "%p"),
    name("PM", "%p"),
    name("am", "%P"),
    name("pm", "%P"),
    name("TZ", "%Z"),
];

/// Names that Postgres pads with blanks to nine letters, unless FM stands before them.
const PADDED: &[Pattern] = &[name("Month", "%B"), name("Day", "%A")];

/// Gives a session these functions in place of its own.
pub(super) fn register(context: &SessionContext) {
    for function in FUNCTIONS.iter().filter_map(|name| context.udf(name).ok()) {
        context.register_udf(ScalarUDF::from(Formatted(function)));
    }
}

/// Writes the formats of [`WRITES`] in a statement as strftime has them: the engine refuses one without a percent sign.
///
/// # Errors
/// [`Kind::Sql`] if one has a pattern that is not known.
pub(super) fn translate(ast: &mut Ast) -> Result<(), Error> {
    struct Formats;
    impl VisitorMut for Formats {
        type Break = Error;

        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
            if let Expr::Function(function) = expr
                && function.name.to_string().eq_ignore_ascii_case(WRITES)
                && let FunctionArguments::List(list) = &mut function.args
                && let [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(format)))] =
                    &mut list.args[..]
                && let Value::SingleQuotedString(text) = &mut format.value
            {
                match translated(text, WRITES) {
                    Ok(translated) => *text = translated,
                    Err(error) => return ControlFlow::Break(error),
                }
            }
            ControlFlow::Continue(())
        }
    }
    let statement = match ast {
        Ast::Statement(statement) => statement,
        Ast::Explain(explain) => return translate(&mut explain.statement),
        _ => return Ok(()),
    };
    match statement.visit(&mut Formats) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// A format of Postgres as strftime has it, for one of the functions.
///
/// # Errors
/// [`Kind::Sql`] if it has a pattern that is not known.
fn translated(format: &str, function: &str) -> Result<String, Error> {
    if format.contains('%') {
        return Ok(format.to_owned());
    }
    let begins = |text: &str, pattern: &str| text.get(..pattern.len()).is_some_and(|begin| begin == pattern);
    let begins_in_any = |text: &str, pattern: &str| {
        text.get(..pattern.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(pattern))
    };
    let (mut found, mut rest) = (String::new(), format);
    while let Some(letter) = rest.chars().next() {
        // Padding is of no account where a text is read.
        let is_bare = begins_in_any(rest, "FM");
        let behind = if is_bare { &rest[2..] } else { rest };
        let padded: &[Pattern] = if is_bare || function != WRITES { PADDED } else { &[] };
        let known = padded.iter().chain(PATTERNS).find(|known| match known.is_number {
            true => begins_in_any(behind, known.pattern),
            false => begins(behind, known.pattern),
        });
        // What begins as a known one does, and is another: seconds of the day, days of the ISO year.
        let is_other = ["SSSS", "IDDD"].iter().any(|other| begins_in_any(behind, other));
        if let Some(known) = known.filter(|_| !is_other) {
            let is_fraction = matches!(known.pattern, "MS" | "US") && found.ends_with('.');
            if is_fraction && function != WRITES {
                // What is read has as many digits as it likes.
                found.pop();
                found += "%.f";
            } else {
                found += if is_bare { known.bare } else { known.strftime };
            }
            rest = &behind[known.pattern.len()..];
        } else if let Some((text, behind)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            found += text;
            rest = behind;
        } else if letter.is_alphabetic() {
            let what = format!("the format {format:?} has something at {rest:?} that is not known here");
            return Err(Error::new(Kind::Sql, what).with_sql_state("0A000").with_hint(
                "YYYY, MM, DD, HH24, MI, SS, MS and US are known, Mon, FMMonth and Dy, and all of strftime: %Y-%m-%d; letters that stand for themselves are in double quotes",
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
                    Some(Some(text)) => {
                        ColumnarValue::Scalar(ScalarValue::from(translated(text, self.name())?))
                    }
                    _ => continue,
                },
                ColumnarValue::Array(formats) => {
                    let of = formats.data_type().clone();
                    let texts = cast(formats, &DataType::Utf8)?;
                    let texts = texts.as_string::<i32>().iter();
                    let texts = texts.map(|text| text.map(|text| translated(text, self.name())).transpose());
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
        for (format, read, written) in [
            ("YYYY-MM-DD HH24:MI:SS.US", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S.%6f"),
            ("yyyy-mm-dd hh24:mi:ss.ms", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S.%3f"),
            ("DD Mon YYYY, HH12:MI AM", "%d %b %Y, %I:%M %p", "%d %b %Y, %I:%M %p"),
            ("FMMonth FMDD, hh12 pm", "%B %-d, %I %P", "%B %-d, %I %P"),
            ("YYYY-MM-DD\"T\"HH24:MI:SSMS\"Z\"", "%Y-%m-%dT%H:%M:%S%3fZ", "%Y-%m-%dT%H:%M:%S%3fZ"),
            ("%Y", "%Y", "%Y"),
            ("", "", ""),
        ] {
            assert_eq!(translated(format, "to_timestamp").unwrap(), read, "{format}");
            assert_eq!(translated(format, WRITES).unwrap(), written, "{format}");
        }
        for format in ["YYYYTH", "Month", "MON", "YYYY-MM-DDTHH24", "FMé"] {
            assert!(translated(format, WRITES).is_err(), "{format}");
        }
    }
}
