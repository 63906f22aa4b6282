//! Looking ahead at the statements of a batch run: all are planned before the first is run.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::logical_expr::{LogicalPlan, Statement as PlanStatement};
use datafusion::sql::parser::{CopyToSource, Statement as Ast};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    ObjectName, ObjectNamePart, Query as SqlQuery, Set, Statement as Sql, TableObject,
};

use super::{LAST_ANSWER, Session, plan};
use crate::scan::{Mode, RowOrder, Statement as RunState};
use crate::script::{Parameters, selects_into};
use crate::session::workarounds::policy::normal;

impl Session {
    /// Plans statements before the first is run, and says of each what its rows will be, or why it cannot be planned;
    /// `None` where an earlier statement makes what it reads. A snapshot that is held is told what they read: a page is
    /// asked for once, with all that any of them needs of it.
    pub async fn foresee(
        &self,
        statements: &[(&Ast, &Parameters)],
    ) -> Vec<datafusion::common::Result<Option<SchemaRef>>> {
        // In a state of their own: a run that is given up midway leaves no trace of it.
        let (record, needless) = (self.begin(), Arc::default());
        let state =
            self.state_of(RunState { record, mode: Mode::Foresee, order: RowOrder::Arrival, needless });
        let schema = self.context.copied_config().options().catalog.default_schema.clone();
        let named = |statement| Named { statement, schema: &schema };
        let mut foreseen = Foreseen::default();
        let mut outcomes = Vec::with_capacity(statements.len());
        for (ast, parameters) in statements {
            let is_open = foreseen.bears_on(named(ast));
            foreseen.note(named(ast));
            let plan = match plan(&state, (*ast).clone(), parameters).await {
                Ok(plan) => plan,
                Err(_) if is_open => {
                    outcomes.push(Ok(None));
                    continue;
                }
                Err(error) => {
                    outcomes.push(Err(error));
                    continue;
                }
            };
            if let Err(error) = self.policy.check(&plan) {
                outcomes.push(Err(error));
                continue;
            }
            let mut outcome = Ok((!is_open).then(|| Arc::clone(plan.schema().inner())));
            // A view that nobody reads is no reason to ask for anything.
            if let Some(view) = named(ast).view()
                && !statements.iter().any(|(ast, _)| named(ast).reads().contains(&view))
            {
                outcomes.push(outcome);
                continue;
            }
            let reads = match &plan {
                LogicalPlan::Explain(_) => vec![],
                LogicalPlan::Ddl(_)
                | LogicalPlan::Dml(_)
                | LogicalPlan::Copy(_)
                | LogicalPlan::Analyze(_)
                | LogicalPlan::Statement(_) => plan.inputs(),
                query => vec![query],
            };
            // What is prepared gets its values, and with them what it asks for, from EXECUTE.
            let is_without_values = matches!(plan, LogicalPlan::Statement(PlanStatement::Prepare(_)))
                && plan.get_parameter_names().is_ok_and(|names| !names.is_empty());
            for plan in reads.into_iter().filter(|_| !is_without_values) {
                if let Err(error) = state.create_physical_plan(plan).await
                    && !is_open
                {
                    outcome = Err(error);
                }
            }
            outcomes.push(outcome);
        }
        outcomes
    }
}

/// What a session can make: a table or a view in a schema, or a prepared statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Name {
    Table(String, String),
    Statement(String),
}

/// A statement, and the schema of the names in it that say none.
#[derive(Clone, Copy)]
struct Named<'a> {
    statement: &'a Ast,
    schema: &'a str,
}

/// What the statements of a run make, as far as it is known before any of them has run.
#[derive(Debug, Default)]
struct Foreseen {
    names: HashSet<Name>,
    /// Whether a statement changes what the names or the text of later ones mean.
    is_in_flux: bool,
}

impl Foreseen {
    /// Takes note of what a statement will make.
    fn note(&mut self, named: Named<'_>) {
        match named.statement {
            Ast::CreateExternalTable(table) => {
                self.names.insert(named.table(&table.name));
            }
            Ast::Statement(_) if let Some(name) = selects_into(named.statement) => {
                self.names.insert(named.table(name));
            }
            Ast::Statement(sql) => match &**sql {
                Sql::CreateTable(table) => {
                    self.names.insert(named.table(&table.name));
                }
                Sql::CreateView(view) => {
                    self.names.insert(named.table(&view.name));
                }
                Sql::Prepare { name, statement, .. } => {
                    self.names.insert(Name::Statement(normal(name)));
                    // Once it is executed.
                    let prepared = Ast::Statement(statement.clone());
                    self.note(Named { statement: &prepared, ..named });
                }
                Sql::Set(Set::SingleAssignment { variable, .. })
                    if variable.to_string().to_ascii_lowercase().starts_with("lightsail.") => {}
                // The last answer is a table for those that come later.
                Sql::Query(_) => {
                    self.names.insert(Name::Table(named.schema.to_owned(), LAST_ANSWER.to_owned()));
                }
                Sql::Insert(_)
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
    fn bears_on(&self, named: Named<'_>) -> bool {
        if self.is_in_flux || self.names.is_empty() {
            return self.is_in_flux;
        }
        let is_plain = match named.statement {
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
        let Ok((tables, _)) = resolve_table_references(named.statement, true) else { return true };
        let names = tables.iter().map(|table| named.resolved(table.schema(), table.table()));
        !is_plain || names.chain(named.adds_to()).any(|name| self.names.contains(&name))
    }
}

impl Named<'_> {
    fn resolved(self, schema: Option<&str>, table: &str) -> Name {
        Name::Table(schema.unwrap_or(self.schema).to_owned(), table.to_owned())
    }

    /// The view that it makes.
    fn view(self) -> Option<Name> {
        let Ast::Statement(sql) = self.statement else { return None };
        if let Sql::CreateView(view) = &**sql { Some(self.table(&view.name)) } else { None }
    }

    /// The tables and views whose rows it reads, or what it makes will.
    fn reads(self) -> Vec<Name> {
        let statement = match self.statement {
            Ast::Statement(sql) => match &**sql {
                Sql::Query(_) => Some(self.statement.clone()),
                Sql::CreateTable(table) => table.query.as_deref().map(query),
                Sql::CreateView(view) => Some(query(&view.query)),
                Sql::Insert(insert) => insert.source.as_deref().map(query),
                Sql::Prepare { statement, .. } => {
                    let prepared = Ast::Statement(statement.clone());
                    return Named { statement: &prepared, ..self }.reads();
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
                Named { statement: &prepared, ..self }.adds_to()
            }
            _ => None,
        }
    }

    fn table(self, name: &ObjectName) -> Name {
        let mut parts = name.0.iter().rev().filter_map(ObjectNamePart::as_ident).map(normal);
        let table = parts.next().unwrap_or_default();
        Name::Table(parts.next().unwrap_or_else(|| self.schema.to_owned()), table)
    }
}

fn query(query: &SqlQuery) -> Ast {
    Ast::Statement(Box::new(Sql::Query(Box::new(query.clone()))))
}
