//! Where the rows of tables come from that a session made: `CREATE TABLE t AS SELECT …` of an answer that misses a region
//! must not make a whole one of it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::sql::parser::{CopyToSource, Statement as Ast};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    Ident, ObjectName, ObjectNamePart, ObjectType, Query as SqlQuery, Set, Statement as Sql, TableObject,
};

use crate::scan::Record;

/// What a session can make: a table or a view in a schema, or a prepared statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    Table(String, String),
    Statement(String),
}

/// What something that a session made was made of.
#[derive(Debug, Default)]
struct Origin {
    is_view: bool,
    /// The queries whose rows are in it.
    queries: Vec<Arc<Record>>,
    /// What a view or a prepared statement reads when it is read or run.
    reads: Vec<Name>,
    /// What a prepared statement adds its rows to.
    adds_to: Option<Name>,
}

/// What the tables, views and prepared statements of a session were made of.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    made: Mutex<HashMap<Name, Origin>>,
}

/// A statement, and the schema of the names in it that say none.
#[derive(Clone, Copy)]
pub(crate) struct Said<'a> {
    pub(crate) statement: &'a Ast,
    pub(crate) schema: &'a str,
}

impl Origins {
    /// The queries that the tables were made of which a statement reads.
    pub(crate) fn of(&self, said: Said<'_>) -> Vec<Arc<Record>> {
        let made = self.made();
        let (mut queries, mut seen) = (Vec::<Arc<Record>>::new(), HashSet::new());
        let mut names: Vec<Name> = said.reads().into_iter().chain(said.executes()).collect();
        while let Some(name) = names.pop() {
            let Some(origin) = made.get(&name).filter(|_| seen.insert(name.clone())) else { continue };
            names.extend(origin.reads.iter().cloned());
            for query in &origin.queries {
                if !queries.iter().any(|known| Arc::ptr_eq(known, query)) {
                    queries.push(Arc::clone(query));
                }
            }
        }
        queries
    }

    /// Takes note of what a statement has made, and of the queries that it read.
    pub(crate) fn note(&self, said: Said<'_>, queries: &[Arc<Record>]) {
        let Ast::Statement(sql) = said.statement else { return };
        let mut made = self.made();
        match &**sql {
            Sql::CreateTable(table) => {
                let name = said.table(&table.name);
                // With IF NOT EXISTS the one that was there may still be.
                let kept = made.remove(&name).filter(|_| table.if_not_exists);
                let mut origin = kept.unwrap_or_default();
                origin.queries.extend(queries.iter().cloned());
                made.insert(name, origin);
            }
            Sql::CreateView(view) => {
                let name = said.table(&view.name);
                let kept = made.remove(&name).filter(|_| view.if_not_exists);
                let mut origin = kept.unwrap_or_else(|| Origin { is_view: true, ..Origin::default() });
                origin.reads.extend(said.reads());
                made.insert(name, origin);
            }
            Sql::Prepare { name, .. } => {
                let origin = Origin { reads: said.reads(), adds_to: said.adds_to(), ..Origin::default() };
                made.insert(Name::Statement(text(name)), origin);
            }
            Sql::Insert(_) | Sql::Execute { .. } => {
                let prepared = said.executes().and_then(|name| made.get(&name)?.adds_to.clone());
                if let Some(target) = said.adds_to().or(prepared) {
                    made.entry(target).or_default().queries.extend(queries.iter().cloned());
                }
            }
            Sql::Drop { object_type, names, .. } => {
                let is_view = match object_type {
                    ObjectType::Table => false,
                    ObjectType::View => true,
                    _ => return,
                };
                for name in names.iter().map(|name| said.table(name)) {
                    if made.get(&name).is_some_and(|origin| origin.is_view == is_view) {
                        made.remove(&name);
                    }
                }
            }
            _ => {}
        }
    }

    fn made(&self) -> MutexGuard<'_, HashMap<Name, Origin>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the statements of a run make, as far as it is known before any of them has run.
#[derive(Debug, Default)]
pub(crate) struct Foreseen {
    names: HashSet<Name>,
    /// Whether a statement changes what the names or the text of later ones mean.
    is_in_flux: bool,
}

impl Foreseen {
    /// Takes note of what a statement will make.
    pub(crate) fn note(&mut self, said: Said<'_>) {
        match said.statement {
            Ast::CreateExternalTable(table) => {
                self.names.insert(said.table(&table.name));
            }
            Ast::Statement(sql) => match &**sql {
                Sql::CreateTable(table) => {
                    self.names.insert(said.table(&table.name));
                }
                Sql::CreateView(view) => {
                    self.names.insert(said.table(&view.name));
                }
                Sql::Prepare { name, .. } => {
                    self.names.insert(Name::Statement(text(name)));
                }
                Sql::Set(Set::SingleAssignment { variable, .. })
                    if variable.to_string().to_ascii_lowercase().starts_with("lightsail.") => {}
                Sql::Query(_)
                | Sql::Insert(_)
                | Sql::Execute { .. }
                | Sql::Explain { .. }
                | Sql::ExplainTable { .. }
                | Sql::ShowVariable { .. }
                | Sql::ShowTables { .. }
                | Sql::ShowColumns { .. }
                | Sql::ShowFunctions { .. } => {}
                _ => self.is_in_flux = true,
            },
            Ast::Reset(_) => self.is_in_flux = true,
            Ast::CopyTo(_) | Ast::Explain(_) => {}
        }
    }

    /// Whether a statement may mean something else, or something at all, once the earlier ones have run.
    pub(crate) fn bears_on(&self, said: Said<'_>) -> bool {
        if self.is_in_flux || self.names.is_empty() {
            return self.is_in_flux;
        }
        let is_plain = match said.statement {
            Ast::Statement(sql) => matches!(
                **sql,
                Sql::Query(_)
                    | Sql::Insert(_)
                    | Sql::CreateTable(_)
                    | Sql::CreateView(_)
                    | Sql::Prepare { .. }
            ),
            Ast::CopyTo(_) | Ast::Explain(_) => true,
            Ast::CreateExternalTable(_) | Ast::Reset(_) => false,
        };
        // What SHOW, DESCRIBE and EXECUTE name is not looked for.
        let Ok((tables, _)) = resolve_table_references(said.statement, true) else { return true };
        let names = tables.iter().map(|table| said.resolved(table.schema(), table.table()));
        !is_plain || names.chain(said.adds_to()).any(|name| self.names.contains(&name))
    }
}

impl Said<'_> {
    fn resolved(self, schema: Option<&str>, table: &str) -> Name {
        Name::Table(schema.unwrap_or(self.schema).to_owned(), table.to_owned())
    }

    /// The view that it makes.
    pub(crate) fn view(self) -> Option<Name> {
        let Ast::Statement(sql) = self.statement else { return None };
        if let Sql::CreateView(view) = &**sql { Some(self.table(&view.name)) } else { None }
    }

    /// The tables and views whose rows it reads, or what it makes will.
    pub(crate) fn reads(self) -> Vec<Name> {
        let statement = match self.statement {
            Ast::Statement(sql) => match &**sql {
                Sql::Query(_) => Some(self.statement.clone()),
                Sql::CreateTable(table) => table.query.as_deref().map(query),
                Sql::CreateView(view) => Some(query(&view.query)),
                Sql::Insert(insert) => insert.source.as_deref().map(query),
                Sql::Prepare { statement, .. } => {
                    let prepared = Ast::Statement(statement.clone());
                    return Said { statement: &prepared, ..self }.reads();
                }
                _ => None,
            },
            Ast::CopyTo(copy) => match &copy.source {
                CopyToSource::Query(source) => Some(query(source)),
                CopyToSource::Relation(name) => return vec![self.table(name)],
            },
            _ => None,
        };
        let read = statement.and_then(|statement| resolve_table_references(&statement, true).ok());
        let tables = read.into_iter().flat_map(|(tables, _)| tables);
        tables.map(|table| self.resolved(table.schema(), table.table())).collect()
    }

    /// The table that it adds rows to, or will when it is run.
    fn adds_to(self) -> Option<Name> {
        let Ast::Statement(sql) = self.statement else { return None };
        match &**sql {
            Sql::Insert(insert) => match &insert.table {
                TableObject::TableName(name) => Some(self.table(name)),
                _ => None,
            },
            Sql::Prepare { statement, .. } => {
                let prepared = Ast::Statement(statement.clone());
                Said { statement: &prepared, ..self }.adds_to()
            }
            _ => None,
        }
    }

    /// The prepared statement that it runs.
    fn executes(self) -> Option<Name> {
        let Ast::Statement(sql) = self.statement else { return None };
        let Sql::Execute { name: Some(name), .. } = &**sql else { return None };
        Some(Name::Statement(name.0.last().and_then(ObjectNamePart::as_ident).map(text)?))
    }

    fn table(self, name: &ObjectName) -> Name {
        let mut parts = name.0.iter().rev().filter_map(ObjectNamePart::as_ident).map(text);
        let table = parts.next().unwrap_or_default();
        Name::Table(parts.next().unwrap_or_else(|| self.schema.to_owned()), table)
    }
}

fn query(query: &SqlQuery) -> Ast {
    Ast::Statement(Box::new(Sql::Query(Box::new(query.clone()))))
}

/// A name as DataFusion knows it: in lower case unless it is quoted.
fn text(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}
