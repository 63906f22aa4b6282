//! Names that a statement has and the session does not: which one it is, and which was meant.

use std::collections::BTreeSet;

use datafusion::common::{Column, DataFusionError, SchemaError, TableReference};
use datafusion::execution::SessionState;
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{SetExpr, Statement as Sql};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::{Error, Kind};
use crate::nearest::nearest;
use crate::settings::SETTINGS;

/// A function of other databases, and how that is written here.
pub struct WrittenHere {
    /// Its names elsewhere.
    pub names: &'static [&'static str],
    /// Expressions over `instances`, each with what it gives.
    pub here: &'static [(&'static str, &'static str)],
}

/// What other databases have and people ask for.
pub const WRITTEN_HERE: &[WrittenHere] = &[
    WrittenHere {
        names: &["age"],
        here: &[
            ("now() - created_at", "an interval"),
            ("(to_unixtime(now()) - to_unixtime(created_at)) / 86400", "days"),
        ],
    },
    WrittenHere {
        names: &["date_diff", "datediff", "timestampdiff", "days_between"],
        here: &[
            ("(to_unixtime(now()) - to_unixtime(created_at)) / 86400", "days"),
            ("now() - created_at", "an interval"),
        ],
    },
    WrittenHere {
        names: &["date_add", "dateadd", "date_sub", "datesub"],
        here: &[("created_at + INTERVAL '30 days'", "a time")],
    },
    WrittenHere {
        names: &["getdate", "sysdate", "curdate", "getutcdate"],
        here: &[("now()", "a time"), ("current_date", "a date")],
    },
    WrittenHere {
        names: &["year", "month", "day", "hour", "week", "quarter"],
        here: &[("date_part('year', created_at)", "a number"), ("date_trunc('month', created_at)", "a time")],
    },
    WrittenHere {
        names: &["strftime", "format_date", "formatdatetime"],
        here: &[("to_char(created_at, '%Y-%m-%d')", "a text")],
    },
    WrittenHere { names: &["group_concat", "listagg"], here: &[("string_agg(name, ', ')", "a text")] },
    WrittenHere {
        names: &["countif", "count_if", "sumif", "sum_if"],
        here: &[("count(*) FILTER (WHERE state = 'running')", "a number")],
    },
    WrittenHere {
        names: &["iif", "if"],
        here: &[("CASE WHEN state = 'running' THEN 1 ELSE 0 END", "one of the two")],
    },
    WrittenHere {
        names: &["isnull"],
        here: &[("state IS NULL", "true or false"), ("coalesce(state, 'none')", "a value")],
    },
    WrittenHere {
        names: &["array"],
        here: &[("array_agg(name ORDER BY name)", "a list of the rows"), ("[1, 2]", "a list of values")],
    },
    WrittenHere { names: &["len"], here: &[("length(name)", "a number")] },
    WrittenHere {
        names: &["regexp_extract", "regexp_substr"],
        here: &[("regexp_match(name, '[0-9]+')[1]", "a text")],
    },
    WrittenHere {
        names: &["json_extract", "json_extract_string", "json_value"],
        here: &[("tags['env']", "a value of a map")],
    },
];

impl WrittenHere {
    /// What is called so elsewhere.
    pub fn of(name: &str) -> Option<&'static Self> {
        WRITTEN_HERE.iter().find(|written| written.names.contains(&name))
    }
}

impl std::fmt::Display for WrittenHere {
    /// `now() - created_at (an interval) or … (days)`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each: Vec<String> = self.here.iter().map(|(sql, gives)| format!("{sql} ({gives})")).collect();
        f.write_str(&each.join(" or "))
    }
}

/// The error of a statement that names what there is not, in our words and at the same place; any other as it is.
pub(in crate::session) fn explained(
    error: DataFusionError,
    ast: &Ast,
    state: &SessionState,
) -> DataFusionError {
    let ours = match error.find_root() {
        DataFusionError::SchemaError(schema, _) => match &**schema {
            SchemaError::FieldNotFound { field, valid_fields } => {
                Some(column(field, valid_fields, ast).with_sql_state("42703"))
            }
            SchemaError::AmbiguousReference { field } => Some(ambiguous(&field.name).with_sql_state("42702")),
            _ => None,
        },
        DataFusionError::Plan(message) | DataFusionError::Internal(message) => {
            table(message, ast, state).or_else(|| function(message, state)).or_else(|| shown(ast, state))
        }
        DataFusionError::NotImplemented(_) => top(ast),
        _ => None,
    };
    let Some(ours) = ours else { return error };
    let place = error.diagnostic().cloned();
    let ours = DataFusionError::from(ours);
    match place {
        Some(place) => ours.with_diagnostic(place),
        None => ours,
    }
}

fn column(field: &Column, valid: &[Column], ast: &Ast) -> Error {
    let name = &field.name;
    if let Some(relation) = &field.relation
        && let Some(hint) = other_tables(relation, valid)
    {
        let what = format!("there is no table {} in FROM", relation.table());
        return Error::new(Kind::Sql, what).with_hint(hint);
    }
    let what = match &field.relation {
        Some(relation) => format!("there is no column {name} in {}", relation.table()),
        None => format!("there is no column {name}"),
    };
    let of_table = |column: &&Column| match (&field.relation, &column.relation) {
        (Some(wanted), Some(has)) => wanted.table() == has.table(),
        _ => true,
    };
    let names = || valid.iter().filter(of_table).map(Column::name);
    let near = nearest(name, names());
    let hint = match near {
        _ if is_value(name, ast) && field.relation.is_none() && near.is_none() => {
            format!("text is in single quotes: '{name}'")
        }
        Some(near) => format!("did you mean {near}?"),
        None => "SHOW COLUMNS FROM a table lists its columns; \\d TABLE does in the shell".to_owned(),
    };
    Error::new(Kind::Sql, what).with_hint(hint)
}

/// What to write instead of a table that FROM does not have; `None` if it has it.
fn other_tables(wanted: &TableReference, valid: &[Column]) -> Option<String> {
    let tables: BTreeSet<&str> =
        valid.iter().filter_map(|column| Some(column.relation.as_ref()?.table())).collect();
    if tables.is_empty() || tables.contains(wanted.table()) {
        return None;
    }
    let tables: Vec<&str> = tables.into_iter().collect();
    Some(match nearest(wanted.table(), &tables) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("it has {}", tables.join(", ")),
    })
}

fn ambiguous(name: &str) -> Error {
    Error::new(Kind::Sql, format!("{name} is a column of more than one of the tables"))
        .with_hint(format!("write whose it is: instances.{name}, or with an alias i.{name}"))
}

/// Whether the name stands where a value does: behind a comparison, or in a list.
fn is_value(name: &str, ast: &Ast) -> bool {
    let tokens = Tokenizer::new(&GenericDialect {}, &ast.to_string()).tokenize().unwrap_or_default();
    let tokens: Vec<Token> =
        tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let is_it = |token: &Token| matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case(name));
    let is_behind = |before: &[Token]| {
        let mut before = before.iter().rev().skip_while(|token| match token {
            Token::Comma => true,
            Token::Word(word) => word.keyword == Keyword::NoKeyword || word.quote_style.is_some(),
            _ => false,
        });
        match before.next() {
            Some(
                Token::Eq | Token::DoubleEq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq,
            ) => true,
            Some(Token::Word(word)) => matches!(word.keyword, Keyword::LIKE | Keyword::ILIKE),
            Some(Token::LParen) => {
                matches!(before.next(), Some(Token::Word(word)) if word.keyword == Keyword::IN)
            }
            _ => false,
        }
    };
    tokens.iter().enumerate().any(|(at, token)| is_it(token) && is_behind(&tokens[..at]))
}

fn table(message: &str, ast: &Ast, state: &SessionState) -> Option<Error> {
    let (tables, _) = resolve_table_references(ast, true).ok()?;
    let is_missing = |table: &&TableReference| {
        let schema = state.schema_for_ref((*table).clone());
        !schema.is_ok_and(|schema| schema.table_exist(table.table())) && message.contains(table.table())
    };
    let missing = tables.iter().find(is_missing)?;
    let names = table_names(state);
    let hint = match nearest(&missing.to_string(), &names).or_else(|| nearest(missing.table(), &names)) {
        Some(near) => format!("did you mean {near}?"),
        None => "SHOW TABLES lists the tables; \\d does in the shell".to_owned(),
    };
    Some(
        Error::new(Kind::Sql, format!("there is no table {missing}")).with_hint(hint).with_sql_state("42P01"),
    )
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

fn function(message: &str, state: &SessionState) -> Option<Error> {
    let name = message.strip_prefix("Invalid function '")?.split('\'').next()?;
    let hint = match WrittenHere::of(name) {
        Some(written) => format!("here it is written {written}"),
        None => {
            let names = function_names(state);
            match nearest(name, &names) {
                Some(near) => format!("did you mean {near}?"),
                None => "SHOW FUNCTIONS lists the functions; \\df does in the shell".to_owned(),
            }
        }
    };
    Some(
        Error::new(Kind::Sql, format!("there is no function {name}")).with_hint(hint).with_sql_state("42883"),
    )
}

/// The names of all functions, sorted.
pub fn function_names(state: &SessionState) -> Vec<String> {
    let names = state.scalar_functions().keys();
    let names = names.chain(state.aggregate_functions().keys()).chain(state.window_functions().keys());
    let mut names: Vec<String> = names.chain(state.table_functions().keys()).cloned().collect();
    names.sort_unstable();
    names.dedup();
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

/// SHOW of a setting.
fn shown(ast: &Ast, state: &SessionState) -> Option<Error> {
    let Ast::Statement(sql) = ast else { return None };
    let Sql::ShowVariable { variable } = &**sql else { return None };
    let name: Vec<String> = variable.iter().map(|part| part.value.clone()).collect();
    setting(&name.join("."), state)
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
    if keys.iter().any(|key| *key == name || name.starts_with(&format!("{key}."))) || !name.contains('.') {
        return None;
    }
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let same = keys.iter().find(|key| last(key) == last(&name)).map(String::as_str);
    let hint = match same.or_else(|| nearest(&name, &keys)) {
        Some(near) => format!("did you mean {near}?"),
        None => "SHOW ALL lists the settings".to_owned(),
    };
    Some(Error::new(Kind::Sql, format!("there is no setting {name}")).with_hint(hint).with_sql_state("42704"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::aws::{Clients, Settings};
    use crate::options::LightsailOptions;
    use crate::script::{Parameters, located, parse};
    use crate::session::Session;

    /// What a person is told of a statement.
    async fn error(sql: &str) -> String {
        let session =
            Session::new(Arc::new(Clients::new(Settings::default())), LightsailOptions::default()).unwrap();
        let statement = parse("s", sql).unwrap().remove(0);
        match session.ask(statement.ast, &Parameters::new()).await {
            Ok(_) => panic!("{sql} is well"),
            Err(error) => located(error, &statement.place).to_string(),
        }
    }

    #[tokio::test]
    async fn a_name_that_there_is_not_is_met_with_the_one_that_was_meant() {
        for (sql, place, message, hint) in [
            ("SELECT nme FROM instances", 8, "there is no column nme", "did you mean name?"),
            ("SELECT i.nme FROM instances i", 8, "there is no column nme in i", "did you mean name?"),
            (
                "SELECT name FROM instances i JOIN disks d ON true",
                8,
                "name is a column of more than one of the tables",
                "write whose it is: instances.name, or with an alias i.name",
            ),
            (
                "SELECT name FROM instances GROUP BY region",
                8,
                "instances.name must be in GROUP BY or in an aggregate function",
                "GROUP BY instances.name, or first_value(instances.name) for any of them",
            ),
            ("SELECT name FROM instnces", 18, "there is no table instnces", "did you mean instances?"),
            (
                "SELECT * FROM system.api_call",
                15,
                "there is no table system.api_call",
                "did you mean system.api_calls?",
            ),
            ("SELECT x.name FROM instances i", 8, "there is no table x in FROM", "it has i"),
            (
                "SELECT name + 1 FROM instances",
                8,
                "+ takes no VARCHAR beside a BIGINT",
                "CAST(… AS DOUBLE) makes a number of a text, || joins texts",
            ),
            ("SELECT cout(*) FROM tags", 8, "there is no function cout", "did you mean count?"),
            (
                "SELECT name FROM instances WHERE state = running",
                42,
                "there is no column running",
                "text is in single quotes: 'running'",
            ),
            (
                "SELECT name FROM instances WHERE state IN (\"running\")",
                44,
                "there is no column running",
                "text is in single quotes: 'running'",
            ),
            (
                "SELECT name FROM instances WHERE name LIKE web",
                44,
                "there is no column web",
                "text is in single quotes: 'web'",
            ),
            (
                "SET lightsail.region = 'all'",
                15,
                "there is no setting lightsail.region",
                "did you mean lightsail.regions?",
            ),
            (
                "SHOW lightsail.cache",
                16,
                "there is no setting lightsail.cache",
                "SHOW ALL lists the settings",
            ),
            (
                "SELECT TOP 5 name FROM tags",
                8,
                "there is no TOP",
                "here it is written LIMIT 5, at the end of the statement",
            ),
            (
                "SELECT age(created_at) FROM instances",
                8,
                "there is no function age",
                "here it is written now() - created_at (an interval) or (to_unixtime(now()) - to_unixtime(created_at)) / 86400 (days)",
            ),
            (
                "SELECT sum(name) FROM instances",
                8,
                "sum takes numbers, not text",
                "CAST(… AS DOUBLE) makes a number of a text",
            ),
        ] {
            let caret = format!("  {sql}\n  {:1$}^", "", place - 1);
            assert_eq!(error(sql).await, format!("s:1:{place}: {message}\n{caret}\nhint: {hint}"), "{sql}");
        }
    }

    #[tokio::test]
    async fn what_is_written_here_can_be_asked_here() {
        let session =
            Session::new(Arc::new(Clients::new(Settings::default())), LightsailOptions::default()).unwrap();
        for (sql, _) in WRITTEN_HERE.iter().flat_map(|written| written.here) {
            let query = format!("SELECT {sql} FROM instances");
            session.context().sql(&query).await.unwrap_or_else(|error| panic!("{query}: {error}"));
        }
        let state = session.context().state();
        let known = function_names(&state);
        for name in WRITTEN_HERE.iter().flat_map(|written| written.names) {
            assert!(!known.iter().any(|known| known == name), "{name} is a function here");
        }
    }
}
