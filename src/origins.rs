//! Where the rows of tables come from that a session made: `CREATE TABLE t AS SELECT …` of an answer that misses a region
//! must not make a whole one of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{ObjectName, Statement as Sql, TableObject};

use crate::scan::Query;

/// The queries that the tables and views of a session were made of, by their names.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    made: Mutex<HashMap<String, Vec<Arc<Query>>>>,
}

impl Origins {
    /// The queries that the tables were made of which a statement reads.
    pub(crate) fn of(&self, statement: &Ast) -> Vec<Arc<Query>> {
        let Ok((read, _)) = resolve_table_references(statement, true) else { return Vec::new() };
        let made = self.made();
        let mut queries: Vec<Arc<Query>> = Vec::new();
        for query in read.iter().filter_map(|table| made.get(table.table())).flatten() {
            if !queries.iter().any(|known| Arc::ptr_eq(known, query)) {
                queries.push(Arc::clone(query));
            }
        }
        queries
    }

    /// Takes note of what a statement has made a table or view of, or has put into one.
    pub(crate) fn note(&self, statement: &Ast, queries: &[Arc<Query>]) {
        let Ast::Statement(statement) = statement else { return };
        match &**statement {
            Sql::CreateTable(table) => {
                self.made().insert(name(&table.name), queries.to_vec());
            }
            Sql::CreateView(view) => {
                self.made().insert(name(&view.name), queries.to_vec());
            }
            Sql::Insert(insert) => {
                if let TableObject::TableName(table) = &insert.table {
                    self.made().entry(name(table)).or_default().extend(queries.iter().cloned());
                }
            }
            _ => {}
        }
    }

    fn made(&self) -> MutexGuard<'_, HashMap<String, Vec<Arc<Query>>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name as DataFusion knows it: in lower case unless it is quoted.
fn name(name: &ObjectName) -> String {
    let last = name.0.last().and_then(|part| part.as_ident());
    last.map_or_else(String::new, |ident| match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    })
}
