//! Names that a statement has and the session does not: which one it is, and which was meant.

mod columns;
mod functions;
mod misused;

use datafusion::common::{DataFusionError, SchemaError, TableReference};
use datafusion::execution::SessionState;
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{Expr, Set, SetExpr, Statement as Sql};

pub use functions::{WRITTEN_HERE, WrittenHere, function_names};

use crate::error::{Error, Kind};
use crate::nearest::nearest;
use crate::settings::SETTINGS;

/// Says an error of a statement that names what there is not in our words and at the same place; leaves any other as it is.
pub fn explained(error: DataFusionError, ast: &Ast, state: &SessionState) -> DataFusionError {
    let ours = match error.find_root() {
        DataFusionError::SchemaError(schema, _) => match &**schema {
            SchemaError::FieldNotFound { field, valid_fields } => {
                Some(columns::column(field, valid_fields, ast, state).with_sql_state("42703"))
            }
            SchemaError::AmbiguousReference { field } => {
                Some(columns::ambiguous(&field.name).with_sql_state("42702"))
            }
            _ => None,
        },
        DataFusionError::Plan(message) | DataFusionError::Internal(message) => table(message, ast, state)
            .or_else(|| functions::function(message, state))
            .or_else(|| shown(ast, state))
            .or_else(|| set(ast)),
        DataFusionError::NotImplemented(_) => top(ast).or_else(|| set(ast)),
        _ => None,
    };
    let place = || error.diagnostic().cloned();
    let misused = || misused::misused(ast, state);
    let called = || match error.find_root() {
        DataFusionError::Plan(message) => functions::arguments(message, state).map(|ours| (ours, place())),
        _ => None,
    };
    let ours = ours.map(|ours| (ours, place())).or_else(misused).or_else(called);
    let Some((ours, place)) = ours else { return error };
    let ours = DataFusionError::from(ours);
    match place {
        Some(place) => ours.with_diagnostic(place),
        None => ours,
    }
}

fn table(message: &str, ast: &Ast, state: &SessionState) -> Option<Error> {
    let (tables, _) = resolve_table_references(ast, true).ok()?;
    let is_missing = |table: &&TableReference| {
        let schema = state.schema_for_ref((*table).clone());
        !schema.is_ok_and(|schema| schema.table_exist(table.table())) && message.contains(table.table())
    };
    let missing = tables.iter().find(is_missing)?;
    let names = table_names(state);
    let near = nearest(&missing.to_string(), &names).or_else(|| nearest(missing.table(), &names));
    let hint = match (near.or_else(|| called_here(missing.table(), &names)), missing.schema()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, Some(name)) if FILES.contains(&missing.table()) => {
            format!("a file is named in quotes: FROM '{name}.{}'", missing.table())
        }
        _ if READERS.contains(&missing.table()) => {
            "a file is read by its name: SELECT * FROM 'x.csv'".to_owned()
        }
        _ => "SHOW TABLES lists the tables; \\d does in the shell".to_owned(),
    };
    Some(
        Error::new(Kind::Sql, format!("there is no table {missing}")).with_hint(hint).with_sql_state("42P01"),
    )
}

/// Suffixes of files that are read by their names.
const FILES: [&str; 7] = ["csv", "tsv", "json", "ndjson", "jsonl", "parquet", "arrow"];

/// Functions of other databases that read files.
const READERS: [&str; 7] = [
    "read_csv",
    "read_csv_auto",
    "read_parquet",
    "read_json",
    "read_json_auto",
    "read_ndjson",
    "parquet_scan",
];

/// The table that other tools call so: `aws_lightsail_instance`, or `databases`.
fn called_here<'a>(name: &str, names: &'a [String]) -> Option<&'a str> {
    let bare = name.strip_prefix("aws_").unwrap_or(name);
    let bare = bare.strip_prefix("lightsail_").unwrap_or(bare);
    let same = if bare.len() < name.len() { nearest(bare, names) } else { None };
    let mut longer = names.iter().filter(|known| known.ends_with(&format!("_{bare}")));
    same.or_else(|| longer.next().map(String::as_str))
}

/// The tables and views of the session, those of another schema than the default with its name.
fn table_names(state: &SessionState) -> Vec<String> {
    let defaults = &state.config_options().catalog;
    let Some(catalog) = state.catalog_list().catalog(&defaults.default_catalog) else { return Vec::new() };
    let of_schema = |schema: String| {
        let tables = catalog.schema(&schema).map(|schema| schema.table_names()).unwrap_or_default();
        let is_default = schema == defaults.default_schema;
        tables.into_iter().map(move |table| if is_default { table } else { format!("{schema}.{table}") })
    };
    let mut names: Vec<String> = catalog.schema_names().into_iter().flat_map(of_schema).collect();
    names.sort_unstable();
    names
}

/// `SELECT TOP 5`, as other databases write it.
fn top(ast: &Ast) -> Option<Error> {
    let Ast::Statement(sql) = ast else { return None };
    let Sql::Query(query) = &**sql else { return None };
    let SetExpr::Select(select) = &*query.body else { return None };
    let top = select.top.as_ref()?.to_string();
    let number: String = top.chars().filter(char::is_ascii_digit).collect();
    let hint = format!("here it is written LIMIT {number}, at the end of the statement");
    Some(Error::new(Kind::Sql, "there is no TOP").with_hint(hint))
}

/// SET of what is no single value.
fn set(ast: &Ast) -> Option<Error> {
    let Ast::Statement(sql) = ast else { return None };
    let Sql::Set(Set::SingleAssignment { variable, values, .. }) = &**sql else { return None };
    if let [Expr::Value(_) | Expr::Identifier(_)] = &values[..] {
        return None;
    }
    let values: Vec<String> = values.iter().map(|value| value.to_string().replace([' ', '\''], "")).collect();
    let hint = format!("SET {variable} = '{}'", values.join(","));
    Some(Error::new(Kind::Sql, "SET takes one value, as a text in single quotes").with_hint(hint))
}

/// SHOW of a setting.
fn shown(ast: &Ast, state: &SessionState) -> Option<Error> {
    let Ast::Statement(sql) = ast else { return None };
    let Sql::ShowVariable { variable } = &**sql else { return None };
    let parts: Vec<String> = variable.iter().map(|part| part.value.to_lowercase()).collect();
    let names = table_names(state);
    if let Some(table) = parts.iter().find(|part| names.contains(part)) {
        let hint = format!("SELECT * FROM {table} has its rows; DESCRIBE {table} lists its columns");
        return Some(Error::new(Kind::Sql, format!("SHOW is not for {table}")).with_hint(hint));
    }
    setting(&parts.join("."), state)
}

/// The error of a setting that there is not; `None` if there is.
pub(in crate::session) fn setting(name: &str, state: &SessionState) -> Option<Error> {
    let ours = SETTINGS.iter().map(|setting| setting.key());
    let theirs = state.config_options().entries().into_iter().map(|entry| entry.key);
    let mut keys: Vec<String> = ours.chain(theirs).collect();
    keys.sort_unstable();
    let name = name.to_lowercase();
    // DataFusion keeps these elsewhere, and complains of others itself.
    if name.starts_with("datafusion.runtime.") {
        return None;
    }
    // Some have settings below them, of columns for instance.
    if keys.iter().any(|key| *key == name || name.starts_with(&format!("{key}."))) {
        return None;
    }
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let same = keys.iter().find(|key| last(key) == last(&name)).map(String::as_str);
    let of_ours = || {
        let bare = (!name.contains('.')).then_some(name.as_str())?;
        let near = nearest(bare, SETTINGS.iter().map(|setting| setting.name))?;
        keys.iter().find(|key| **key == format!("lightsail.{near}")).map(String::as_str)
    };
    let same = same.or_else(of_ours);
    let hint = match same.or_else(|| nearest(&name, &keys)) {
        _ if name == "all" => "RESET takes one setting: RESET lightsail.regions".to_owned(),
        Some(near) => format!("did you mean {near}?"),
        None => "SHOW ALL lists the settings".to_owned(),
    };
    Some(Error::new(Kind::Sql, format!("there is no setting {name}")).with_hint(hint).with_sql_state("42704"))
}

#[cfg(test)]
mod tests;
