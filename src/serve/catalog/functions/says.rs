//! What a function says of its arguments.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
    new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, Int64Type, TimeUnit};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use pgwire::api::Type;
use pgwire::error::PgWireError;

use super::Oids;
use super::written::{format, relation};
use crate::serve::catalog::{Comments, information};
use crate::serve::settings::Settings;
use crate::serve::wire::pg_type;
use crate::serve::{Backends, Ender, end_of};
use datafusion_lightsail::error::{Error, Kind};

/// What a function says.
#[derive(Clone)]
pub(super) enum Says {
    /// A text, whatever it is asked.
    Text(String),
    /// Yes or no, whatever it is asked.
    Bool(bool),
    /// A number, whatever it is asked.
    Number(i64),
    /// Nothing: there is nothing of the kind here.
    Nothing,
    /// No number: nobody knows.
    NoNumber,
    /// Whether all that is to be done is to read.
    Privilege,
    /// What a setting is.
    Setting(Arc<Mutex<Settings>>),
    /// Sets one, and says what it is then.
    SetConfig(Arc<Mutex<Settings>>),
    /// The items of a list; of a text, which the crate has in place of some lists, itself.
    Joined,
    /// A text with others in it.
    Formatted,
    /// The name of an encoding.
    Encoding,
    /// The name of the type of its argument.
    TypeOf,
    /// The oid of the type of a name; NULL if there is none, as of hstore, which drivers ask for.
    TypeNamed,
    /// A time, in microseconds since 1970.
    Time(i64),
    /// What is said of a table or a column.
    Comment(Arc<Comments>),
    /// The oid of the table of a name, which must be there unless it is one of Postgres' own.
    OidOf(Arc<Oids>),
    /// The name of a table as it is written; NULL if there is none.
    NameOf(Arc<Oids>),
    /// Whether the statement of one of this user's connections was ended.
    Ended(Arc<Backends>, String),
}

pub(super) struct Function {
    name: &'static str,
    says: Says,
    signature: Signature,
}

impl Function {
    pub(super) fn new(name: &'static str, says: Says) -> Self {
        let arguments = TypeSignature::OneOf(vec![TypeSignature::Nullary, TypeSignature::VariadicAny]);
        Self { name, says, signature: Signature::new(arguments, Volatility::Volatile) }
    }

    /// An argument as texts.
    fn texts(&self, arguments: &[ArrayRef], at: usize) -> Result<StringArray> {
        Ok(cast(self.argument(arguments, at)?, &DataType::Utf8)?.as_string::<i32>().clone())
    }

    fn argument<'a>(&self, arguments: &'a [ArrayRef], at: usize) -> Result<&'a ArrayRef> {
        arguments.get(at).ok_or_else(|| {
            let what = format!("{} takes {} arguments or more", self.name, at + 1);
            let what = if at == 0 { format!("{} takes an argument", self.name) } else { what };
            Error::new(Kind::Sql, what).into()
        })
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.says {
            Says::Bool(_) | Says::Privilege | Says::Ended(..) => DataType::Boolean,
            Says::Number(_) | Says::NoNumber => DataType::Int64,
            Says::OidOf(_) | Says::TypeNamed => DataType::Int32,
            Says::Time(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            _ => DataType::Utf8,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arguments = ColumnarValue::values_to_arrays(&args.args)?;
        // Arguments that are all values come as arrays of one.
        let rows = if arguments.iter().any(|array| array.len() != rows) { 1 } else { rows };
        let texts = |at| self.texts(&arguments, at);
        let array: ArrayRef = match &self.says {
            Says::Text(text) => Arc::new(StringArray::from(vec![text.as_str(); rows])),
            Says::Bool(says) => Arc::new(BooleanArray::from(vec![*says; rows])),
            Says::Number(number) => Arc::new(Int64Array::from(vec![*number; rows])),
            Says::Nothing => new_null_array(&DataType::Utf8, rows),
            Says::NoNumber => new_null_array(&DataType::Int64, rows),
            Says::Privilege => {
                let wanted = texts(arguments.len().saturating_sub(1))?;
                Arc::new(wanted.iter().map(|wanted| Some(may(wanted?))).collect::<BooleanArray>())
            }
            Says::Joined => {
                let of_null = arguments.get(2).map(|_| texts(2)).transpose()?;
                joined(self.argument(&arguments, 0)?, &texts(1)?, of_null.as_ref())?
            }
            Says::Formatted => {
                let texts = (0..arguments.len()).map(texts).collect::<Result<Vec<_>>>()?;
                let row = |row| {
                    let cells: Vec<Option<&str>> =
                        texts.iter().map(|column| column.is_valid(row).then(|| column.value(row))).collect();
                    let Some((Some(template), cells)) = cells.split_first() else { return Ok(None) };
                    format(template, cells).map(Some)
                };
                Arc::new((0..rows).map(row).collect::<Result<StringArray>>()?)
            }
            Says::TypeOf => {
                let of = args.arg_fields.first().map(|field| pg_type(field)).transpose();
                let of = of.map_err(|error| DataFusionError::External(Box::new(error)))?;
                let name = of.as_ref().map(information::name);
                Arc::new(StringArray::from(vec![name; rows]))
            }
            Says::TypeNamed => {
                Arc::new(texts(0)?.iter().map(|name| type_named(name?)).collect::<Int32Array>())
            }
            Says::Time(time) => {
                Arc::new(TimestampMicrosecondArray::from(vec![*time; rows]).with_timezone("UTC"))
            }
            Says::Encoding => {
                let numbers = cast(self.argument(&arguments, 0)?, &DataType::Int64)?;
                let name = |number| match number {
                    Some(0) => Some("SQL_ASCII"),
                    Some(6) => Some("UTF8"),
                    _ => None,
                };
                Arc::new(numbers.as_primitive::<Int64Type>().iter().map(name).collect::<StringArray>())
            }
            Says::Setting(settings) => {
                let settings = settings.lock().unwrap_or_else(PoisonError::into_inner);
                let may_miss = arguments.len() > 1;
                let value = |name: Option<&str>| match name.map(|name| settings.get(name)) {
                    Some(Ok(value)) => Ok(Some(value)),
                    Some(Err(_)) if !may_miss => Err(unknown(name.unwrap_or_default())),
                    _ => Ok(None),
                };
                Arc::new(texts(0)?.iter().map(value).collect::<Result<StringArray>>()?)
            }
            Says::SetConfig(settings) => {
                let mut settings = settings.lock().unwrap_or_else(PoisonError::into_inner);
                let (names, values) = (texts(0)?, texts(1)?);
                let mut told = Vec::new();
                for (name, value) in names.iter().zip(&values) {
                    let name = name.unwrap_or_default();
                    settings.set(name, value).map_err(|error| refused(&error))?;
                    told.push(settings.get(name).ok());
                }
                Arc::new(StringArray::from(told))
            }
            Says::Comment(comments) => {
                let oids = cast(self.argument(&arguments, 0)?, &DataType::Int32)?;
                let oids = oids.as_primitive::<Int32Type>();
                let numbers = match (self.name, arguments.get(1)) {
                    ("col_description", Some(numbers)) => {
                        cast(numbers, &DataType::Int32)?.as_primitive::<Int32Type>().clone()
                    }
                    _ => Int32Array::from(vec![0; oids.len()]),
                };
                let comment = |(oid, number): (Option<i32>, Option<i32>)| {
                    comments.get(&(oid?, number?)).map(String::as_str)
                };
                Arc::new(oids.iter().zip(&numbers).map(comment).collect::<StringArray>())
            }
            Says::OidOf(oids) => {
                let oid = |name: Option<&str>| {
                    let Some(name) = name else { return Ok(None) };
                    let oid = name.parse().ok().or_else(|| relation(oids, name).map(|(_, oid)| oid));
                    let is_postgres_own = name.rsplit('.').next().is_some_and(|name| name.starts_with("pg_"));
                    if oid.is_some() || is_postgres_own { Ok(oid) } else { Err(no_relation(name)) }
                };
                Arc::new(texts(0)?.iter().map(oid).collect::<Result<Int32Array>>()?)
            }
            Says::NameOf(oids) => {
                let name = |name: Option<&str>| relation(oids, name?).map(|(name, _)| name);
                Arc::new(texts(0)?.iter().map(name).collect::<StringArray>())
            }
            Says::Ended(backends, user) => {
                let pids = cast(self.argument(&arguments, 0)?, &DataType::Int32)?;
                let ended = |pid: Option<i32>| Some(end_of(backends, pid?, user, Ender::Client));
                Arc::new(pids.as_primitive::<Int32Type>().iter().map(ended).collect::<BooleanArray>())
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

/// Whether one of these privileges, `SELECT, INSERT`, is one that everybody has here.
fn may(wanted: &str) -> bool {
    const EVERYBODY_S: &[&str] = &["SELECT", "USAGE", "CONNECT", "EXECUTE"];
    wanted.split(',').any(|one| EVERYBODY_S.contains(&one.trim().to_ascii_uppercase().as_str()))
}

/// The items of each list in one text, what stands for those that are NULL among them; NULL without a separator.
fn joined(lists: &ArrayRef, separators: &StringArray, of_null: Option<&StringArray>) -> Result<ArrayRef> {
    // Values for all rows come as arrays of one.
    let cell = |texts: &StringArray, row: usize| {
        let row = if texts.len() > row { row } else { 0 };
        texts.is_valid(row).then(|| texts.value(row).to_owned())
    };
    let list = lists.as_list_opt::<i32>();
    let texts = if list.is_none() { Some(cast(lists, &DataType::Utf8)?) } else { None };
    let joined = (0..lists.len()).map(|row| {
        let Some(separator) = cell(separators, row).filter(|_| lists.is_valid(row)) else { return Ok(None) };
        if let Some(texts) = &texts {
            return Ok(Some(texts.as_string::<i32>().value(row).to_owned()));
        }
        let items = list.map(|list| cast(&list.value(row), &DataType::Utf8)).transpose()?;
        let of_null = of_null.and_then(|of_null| cell(of_null, row));
        let items = items.iter().flat_map(|items| items.as_string::<i32>());
        let items: Vec<String> =
            items.filter_map(|item| item.map(ToOwned::to_owned).or_else(|| of_null.clone())).collect();
        Ok(Some(items.join(&separator)))
    });
    Ok(Arc::new(joined.collect::<Result<StringArray>>()?))
}

fn no_relation(name: &str) -> DataFusionError {
    Error::new(Kind::Sql, format!("relation \"{name}\" does not exist")).with_sql_state("42P01").into()
}

/// The oid of a type by its own name, or by that of SQL.
fn type_named(name: &str) -> Option<i32> {
    let name = name.trim().to_ascii_lowercase();
    let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
    // Types of Postgres itself have oids below those of its catalogs.
    let types = || (1..LAST_TYPE).filter_map(Type::from_oid);
    let is_called = |of: &Type| of.name() == name || information::name(of) == name;
    let found = types().find(is_called)?;
    Some(found.oid().cast_signed())
}

/// What no type of Postgres' own has an oid beyond of.
const LAST_TYPE: u32 = 6_200;

fn unknown(name: &str) -> DataFusionError {
    Error::new(Kind::Sql, format!("unrecognized configuration parameter \"{name}\""))
        .with_sql_state("42704")
        .into()
}

/// Why a setting cannot be that.
fn refused(error: &PgWireError) -> DataFusionError {
    match error {
        PgWireError::UserError(info) => {
            let code = match info.code.as_str() {
                "22023" => "22023",
                "55P02" => "55P02",
                _ => "42704",
            };
            Error::new(Kind::Sql, info.message.clone()).with_sql_state(code).into()
        }
        other => DataFusionError::Plan(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::ListArray;
    use arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn lists_are_joined_by_what_there_is() {
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), None, Some(2)])]);
        let list: ArrayRef = Arc::new(list);
        let text = |text: Option<&str>| StringArray::from(vec![text]);
        for (separator, of_null, expected) in [
            (Some(","), None, Some("1,2")),
            (Some(","), Some(text(Some("*"))), Some("1,*,2")),
            (Some(","), Some(text(None)), Some("1,2")),
            (None, None, None),
        ] {
            let joined = joined(&list, &text(separator), of_null.as_ref()).unwrap();
            assert_eq!(
                joined.as_string::<i32>().iter().next().unwrap(),
                expected,
                "{separator:?} {of_null:?}"
            );
        }
    }

    #[test]
    fn only_reading_is_everybodys() {
        for (wanted, is) in [
            ("select", true),
            ("INSERT", false),
            ("INSERT, SELECT", true),
            ("USAGE", true),
            ("create", false),
        ] {
            assert_eq!(may(wanted), is, "{wanted}");
        }
    }
}
