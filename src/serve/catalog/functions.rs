//! The functions that tools call beside the system catalog, and that datafusion-pg-catalog has none of.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, StringArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use datafusion::prelude::SessionContext;

use super::Comments;
use crate::serve::settings::{Settings, VERSION};
use datafusion_lightsail::error::{Error, Kind};

/// What a function says.
#[derive(Clone)]
enum Says {
    /// A text, whatever it is asked.
    Text(String),
    /// Yes or no, whatever it is asked.
    Bool(bool),
    /// A number, whatever it is asked.
    Number(i64),
    /// Nothing: there is nothing of the kind here.
    Nothing,
    /// What a setting is.
    Setting(Arc<Mutex<Settings>>),
    /// Sets one, and says what it is then.
    SetConfig(Arc<Mutex<Settings>>),
    /// The items of a list; of a text, which the crate has in place of some lists, itself.
    Joined,
    /// What is said of a table or a column.
    Comment(Arc<Comments>),
}

/// Functions that say nothing.
const NOTHING: &[&str] = &[
    "shobj_description",
    "pg_get_viewdef",
    "pg_get_indexdef",
    "pg_get_ruledef",
    "pg_get_triggerdef",
    "pg_get_serial_sequence",
    "pg_get_function_result",
    "pg_get_function_arguments",
    "pg_get_function_identity_arguments",
    "pg_get_function_sqlbody",
    "pg_get_functiondef",
    "pg_get_statisticsobjdef",
    "pg_tablespace_location",
    "pg_advisory_unlock_all",
    "pg_size_pretty",
    "pg_table_size",
    "pg_indexes_size",
    "pg_database_size",
    "pg_relation_filenode",
    "json_build_object",
    "inet_server_addr",
    "inet_client_addr",
    // Drivers ask it for types that they know how to read, hstore among them: there are none of those here.
    "to_regtype",
];

/// Functions that say yes.
const YES: &[&str] = &[
    "pg_collation_is_visible",
    "pg_type_is_visible",
    "pg_function_is_visible",
    "pg_operator_is_visible",
    "pg_opclass_is_visible",
    "pg_conversion_is_visible",
    "pg_statistics_obj_is_visible",
    "pg_ts_config_is_visible",
    "pg_ts_dict_is_visible",
    "pg_ts_parser_is_visible",
    "pg_ts_template_is_visible",
    "has_column_privilege",
    "has_function_privilege",
    "has_sequence_privilege",
    "has_type_privilege",
    "has_language_privilege",
    "pg_has_role",
];

/// Functions that say no.
const NO: &[&str] =
    &["pg_is_in_recovery", "pg_is_other_temp_schema", "pg_index_has_property", "pg_indexam_has_property"];

/// Registers them.
pub(super) fn register(
    context: &SessionContext,
    user: &str,
    settings: Arc<Mutex<Settings>>,
    comments: &Arc<Comments>,
) {
    let version = format!("PostgreSQL {VERSION} on {}", std::env::consts::ARCH);
    let mut functions = vec![
        ("version", Says::Text(version)),
        ("session_user", Says::Text(user.to_owned())),
        ("current_user", Says::Text(user.to_owned())),
        ("pg_my_temp_schema", Says::Number(0)),
        ("txid_current", Says::Number(1)),
        ("pg_char_to_encoding", Says::Number(6)),
        ("generate_subscripts", Says::Number(1)),
        ("array_to_string", Says::Joined),
        ("pg_get_userbyid", Says::Text("lightsail".into())),
        ("current_setting", Says::Setting(Arc::clone(&settings))),
        ("set_config", Says::SetConfig(settings)),
        ("obj_description", Says::Comment(Arc::clone(comments))),
        ("col_description", Says::Comment(Arc::clone(comments))),
    ];
    functions.extend(NOTHING.iter().map(|name| (*name, Says::Nothing)));
    functions.extend(YES.iter().map(|name| (*name, Says::Bool(true))));
    functions.extend(NO.iter().map(|name| (*name, Says::Bool(false))));
    for (name, says) in functions {
        let arguments = TypeSignature::OneOf(vec![TypeSignature::Nullary, TypeSignature::VariadicAny]);
        let signature = Signature::new(arguments, Volatility::Volatile);
        context.register_udf(ScalarUDF::from(Function { name, says, signature }));
    }
}

struct Function {
    name: &'static str,
    says: Says,
    signature: Signature,
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
            Says::Bool(_) => DataType::Boolean,
            Says::Number(_) => DataType::Int64,
            _ => DataType::Utf8,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arguments = ColumnarValue::values_to_arrays(&args.args)?;
        // Arguments that are all values come as arrays of one.
        let rows = if arguments.iter().any(|array| array.len() != rows) { 1 } else { rows };
        let texts = |at: usize| -> Result<StringArray> {
            let array = arguments
                .get(at)
                .ok_or_else(|| DataFusionError::Plan(format!("{} is asked of nothing", self.name)))?;
            Ok(cast(array, &DataType::Utf8)?.as_string::<i32>().clone())
        };
        let array: ArrayRef = match &self.says {
            Says::Text(text) => Arc::new(StringArray::from(vec![text.as_str(); rows])),
            Says::Bool(says) => Arc::new(BooleanArray::from(vec![*says; rows])),
            Says::Number(number) => Arc::new(Int64Array::from(vec![*number; rows])),
            Says::Nothing => new_null_array(&DataType::Utf8, rows),
            Says::Joined => {
                let separators = texts(1)?;
                let list = arguments[0].as_list_opt::<i32>();
                let joined = (0..arguments[0].len()).map(|row| {
                    let separator = separators.value(if separators.len() > row { row } else { 0 });
                    let Some(list) = list else { return Ok(None) };
                    if list.is_null(row) {
                        return Ok(None);
                    }
                    let items = cast(&list.value(row), &DataType::Utf8)?;
                    let items: Vec<&str> = items.as_string::<i32>().iter().flatten().collect();
                    Ok(Some(items.join(separator)))
                });
                match list {
                    Some(_) => Arc::new(joined.collect::<Result<StringArray>>()?),
                    None => Arc::new(texts(0)?),
                }
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
                    settings.set(name, value).map_err(|_| unknown(name))?;
                    told.push(settings.get(name).ok());
                }
                Arc::new(StringArray::from(told))
            }
            Says::Comment(comments) => {
                let oids = cast(&arguments[0], &DataType::Int32)?;
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
        };
        Ok(ColumnarValue::Array(array))
    }
}

fn unknown(name: &str) -> DataFusionError {
    Error::new(Kind::Sql, format!("unrecognized configuration parameter \"{name}\""))
        .with_sql_state("42704")
        .into()
}
