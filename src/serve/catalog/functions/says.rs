//! What a function says of its arguments.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, StringArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use datafusion::sql::sqlparser::keywords::RESERVED_FOR_COLUMN_ALIAS;
use pgwire::error::PgWireError;

use super::Oids;
use crate::serve::catalog::Comments;
use crate::serve::settings::Settings;
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
            Says::OidOf(_) => DataType::Int32,
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
            Says::Joined => joined(self.argument(&arguments, 0)?, &texts(1)?)?,
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

/// The items of each list in one text.
fn joined(lists: &ArrayRef, separators: &StringArray) -> Result<ArrayRef> {
    let Some(list) = lists.as_list_opt::<i32>() else { return Ok(cast(lists, &DataType::Utf8)?) };
    let joined = (0..list.len()).map(|row| {
        let separator = separators.value(if separators.len() > row { row } else { 0 });
        if list.is_null(row) {
            return Ok(None);
        }
        let items = cast(&list.value(row), &DataType::Utf8)?;
        let items: Vec<&str> = items.as_string::<i32>().iter().flatten().collect();
        Ok(Some(items.join(separator)))
    });
    Ok(Arc::new(joined.collect::<Result<StringArray>>()?))
}

/// `%s` is a text, `%I` a name, `%L` a value, as SQL writes them.
fn format(template: &str, values: &[Option<&str>]) -> Result<String> {
    let (mut text, mut values, mut letters) = (String::new(), values.iter(), template.chars());
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let wrong = |what: &str| Error::new(Kind::Sql, format!("format: {what}")).with_sql_state("22023");
        let kind = letters.next();
        if kind == Some('%') {
            text.push('%');
            continue;
        }
        let value = values.next().ok_or_else(|| wrong("too few arguments"))?;
        match (kind, value) {
            (Some('s'), value) => text += value.unwrap_or_default(),
            (Some('I'), Some(value)) => text += &identifier(value),
            (Some('L'), Some(value)) => text += &format!("'{}'", value.replace('\'', "''")),
            (Some('L'), None) => text += "NULL",
            _ => return Err(wrong("%s, %I and %L are known here").into()),
        }
    }
    Ok(text)
}

/// A name as SQL writes it.
fn identifier(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && !name.starts_with(|letter: char| letter.is_ascii_digit())
        && !name.is_empty();
    let is_reserved =
        RESERVED_FOR_COLUMN_ALIAS.iter().any(|word| format!("{word:?}").eq_ignore_ascii_case(name));
    match is_plain && !is_reserved {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// A table by its name as SQL writes it: how it is shown, and its oid.
fn relation(oids: &Oids, name: &str) -> Option<(String, i32)> {
    let parts = parts(name)?;
    let find = |schema: &str, table: &str| oids.get(&(schema.to_owned(), table.to_owned())).copied();
    match &parts[..] {
        [table] => {
            let oid = find("public", table).or_else(|| find("pg_catalog", table))?;
            Some((identifier(table), oid))
        }
        [schema, table] => {
            let oid = find(schema, table)?;
            let is_in_path = schema == "public" || schema == "pg_catalog";
            let shown = if is_in_path {
                identifier(table)
            } else {
                format!("{}.{}", identifier(schema), identifier(table))
            };
            Some((shown, oid))
        }
        _ => None,
    }
}

/// The parts of a name with dots; those in quotes are as they stand.
fn parts(name: &str) -> Option<Vec<String>> {
    let (mut parts, mut part, mut is_quoted) = (Vec::new(), String::new(), false);
    for letter in name.trim().chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => parts.push(std::mem::take(&mut part)),
            letter if is_quoted => part.push(letter),
            letter => part.push(letter.to_ascii_lowercase()),
        }
    }
    parts.push(part);
    (!is_quoted).then_some(parts)
}

fn no_relation(name: &str) -> DataFusionError {
    Error::new(Kind::Sql, format!("relation \"{name}\" does not exist")).with_sql_state("42P01").into()
}

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
    use super::*;

    #[test]
    fn a_text_has_others_in_it() {
        let values = [Some("public"), Some("my \"table\""), None];
        assert_eq!(format("%s %I %L 100%%", &values).unwrap(), "public \"my \"\"table\"\"\" NULL 100%");
        assert_eq!(format("%I.%I", &[Some("public"), Some("select")]).unwrap(), "public.\"select\"");
        assert!(format("%s", &[]).is_err() && format("%1$s", &values).is_err());
    }

    #[test]
    fn a_table_is_found_by_its_name() {
        let of = |schema: &str, table: &str| (schema.to_owned(), table.to_owned());
        let oids =
            Oids::from([(of("public", "a"), 1), (of("system", "b"), 2), (of("pg_catalog", "pg_class"), 3)]);
        for (name, expected) in [
            ("a", Some(("a", 1))),
            ("public.A", Some(("a", 1))),
            ("\"A\"", None),
            ("b", None),
            ("system.b", Some(("system.b", 2))),
            ("pg_class", Some(("pg_class", 3))),
            ("x.y.z", None),
            ("\"a", None),
        ] {
            let found = relation(&oids, name);
            let found = found.as_ref().map(|(name, oid)| (name.as_str(), *oid));
            assert_eq!(found, expected, "{name}");
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
