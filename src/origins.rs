//! Where the rows of tables come from that a session made: `CREATE TABLE t AS SELECT …` of an answer that misses a region
//! must not make a whole one of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{Ident, ObjectName, ObjectNamePart, Statement as Sql, TableObject};

use crate::scan::Query;
use crate::session::SCHEMA;

/// What a session made: a table or a view in a schema, or a prepared statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Made {
    Table(String, String),
    Statement(String),
}

/// The queries that the tables, views and prepared statements of a session were made of.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    made: Mutex<HashMap<Made, Vec<Arc<Query>>>>,
}

impl Origins {
    /// The queries that the tables were made of which a statement reads.
    pub(crate) fn of(&self, statement: &Ast) -> Vec<Arc<Query>> {
        let Ok((read, _)) = resolve_table_references(statement, true) else { return Vec::new() };
        let read = read
            .into_iter()
            .map(|table| Made::Table(table.schema().unwrap_or(SCHEMA).to_owned(), table.table().to_owned()));
        let replaced = target(statement).filter(|_| !is_insert(statement));
        let made = self.made();
        let mut queries: Vec<Arc<Query>> = Vec::new();
        let sources = read.filter(|table| Some(table) != replaced.as_ref()).chain(executed(statement));
        for query in sources.filter_map(|source| made.get(&source)).flatten() {
            if !queries.iter().any(|known| Arc::ptr_eq(known, query)) {
                queries.push(Arc::clone(query));
            }
        }
        queries
    }

    /// Takes note of what a statement has made, and of what.
    pub(crate) fn note(&self, statement: &Ast, queries: &[Arc<Query>]) {
        let mut made = self.made();
        if let Ast::Statement(sql) = statement
            && let Sql::Drop { names, .. } = &**sql
        {
            names.iter().for_each(|name| drop(made.remove(&table(name))));
        }
        let Some(target) = target(statement) else { return };
        if is_insert(statement) {
            made.entry(target).or_default().extend(queries.iter().cloned());
        } else {
            made.insert(target, queries.to_vec());
        }
    }

    fn made(&self) -> MutexGuard<'_, HashMap<Made, Vec<Arc<Query>>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a statement makes, or adds to.
fn target(statement: &Ast) -> Option<Made> {
    let Ast::Statement(sql) = statement else { return None };
    match &**sql {
        Sql::CreateTable(made) => Some(table(&made.name)),
        Sql::CreateView(made) => Some(table(&made.name)),
        Sql::Prepare { name, .. } => Some(Made::Statement(text(name))),
        Sql::Insert(insert) => match &insert.table {
            TableObject::TableName(name) => Some(table(name)),
            _ => None,
        },
        _ => None,
    }
}

fn is_insert(statement: &Ast) -> bool {
    matches!(statement, Ast::Statement(sql) if matches!(**sql, Sql::Insert(_)))
}

/// The prepared statement that is run.
fn executed(statement: &Ast) -> Option<Made> {
    let Ast::Statement(sql) = statement else { return None };
    let Sql::Execute { name: Some(name), .. } = &**sql else { return None };
    Some(Made::Statement(name.0.last().and_then(ObjectNamePart::as_ident).map(text)?))
}

fn table(name: &ObjectName) -> Made {
    let mut parts = name.0.iter().rev().filter_map(ObjectNamePart::as_ident).map(text);
    let table = parts.next().unwrap_or_default();
    Made::Table(parts.next().unwrap_or_else(|| SCHEMA.to_owned()), table)
}

/// A name as DataFusion knows it: in lower case unless it is quoted.
fn text(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}
