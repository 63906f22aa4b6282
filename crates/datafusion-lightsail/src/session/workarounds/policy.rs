//! Statements that are refused before anything is asked.

use std::ops::ControlFlow;

use datafusion::config::CatalogOptions;
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::{
    Ident, ObjectName, ObjectNamePart, ObjectType, Statement as Sql, TableObject, Visit, Visitor,
};

use super::{Answer, Difference, Example};
use crate::catalog::TABLES;
use crate::error::{Error, Kind, Result};
use crate::views::VIEWS;

/// What stock does for a statement that is refused.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "DELETE and UPDATE",
    stock: "change rows that WHERE does not name, in EXPLAIN too",
    ours: "refuses them, MERGE, TRUNCATE, and dropping or replacing tables of its own",
    upstream: &["apache/datafusion#24654", "apache/datafusion#24656"],
    examples: &[
        Example {
            tables: &[],
            sql: "CREATE TABLE t AS VALUES (1), (2); DELETE FROM t WHERE false; SELECT count(*) FROM t",
            stock: Answer::Rows(&["0"]),
            right: Answer::Error("DELETE is refused"),
        },
        Example {
            tables: &[],
            sql: "CREATE TABLE t AS VALUES (1), (2); EXPLAIN DELETE FROM t; SELECT count(*) FROM t",
            stock: Answer::Rows(&["0"]),
            right: Answer::Error("DELETE is refused"),
        },
        Example {
            tables: &[],
            sql: "CREATE TABLE t AS VALUES (1), (2); UPDATE t SET column1 = 3 WHERE column1 IN (SELECT 1); SELECT column1 FROM t",
            stock: Answer::Rows(&["3", "3"]),
            right: Answer::Error("UPDATE is refused"),
        },
    ],
};

/// The catalog and the schema of the service's tables.
const HOME: [&str; 2] = ["lightsail", "public"];

/// Schemas of the catalog that hold tables of ours, or DataFusion's own.
const OUR_SCHEMAS: [&str; 3] = ["public", "system", "information_schema"];

/// Refuses what would change rows, and what would take a table of the service away, in EXPLAIN and PREPARE too.
///
/// DataFusion's tables in memory lose rows that a DELETE does not mean (apache/datafusion#24654, #24656), and EXPLAIN of it
/// deletes. A table of the service that was dropped would be gone for the rest of the session.
///
/// # Errors
/// [`Kind::Sql`], with what to write instead.
pub(crate) fn check(ast: &Ast, defaults: &CatalogOptions) -> Result<()> {
    let mut refusals = Refusals { defaults };
    let refusal = match ast {
        Ast::Statement(sql) => sql.visit(&mut refusals),
        Ast::Explain(explain) => return check(&explain.statement, defaults),
        Ast::CreateExternalTable(table) => refusals.replaces(&table.name, table.or_replace),
        Ast::CopyTo(_) | Ast::Reset(_) => ControlFlow::Continue(()),
    };
    match refusal {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Refusals<'a> {
    defaults: &'a CatalogOptions,
}

impl Visitor for Refusals<'_> {
    type Break = Error;

    fn pre_visit_statement(&mut self, sql: &Sql) -> ControlFlow<Error> {
        let changing = match sql {
            Sql::Delete(_) => "DELETE",
            Sql::Update(_) => "UPDATE",
            Sql::Merge(_) => "MERGE",
            Sql::Truncate(_) => "TRUNCATE",
            Sql::Insert(insert) => return self.inserts(&insert.table),
            Sql::CreateTable(table) => return self.replaces(&table.name, table.or_replace),
            Sql::CreateView(view) => return self.replaces(&view.name, view.or_replace),
            Sql::Drop { object_type, names, .. } => {
                return names.iter().try_for_each(|name| self.drops(object_type, name));
            }
            _ => return ControlFlow::Continue(()),
        };
        let error = Error::new(Kind::Sql, format!("{changing} is refused: no table here changes row by row"));
        ControlFlow::Break(
            error.with_hint("make a table of the rows that you want: CREATE OR REPLACE TABLE … AS SELECT …"),
        )
    }
}

impl Refusals<'_> {
    fn inserts(&self, table: &TableObject) -> ControlFlow<Error> {
        let TableObject::TableName(name) = table else { return ControlFlow::Continue(()) };
        if !self.is_our_table(name) {
            return ControlFlow::Continue(());
        }
        let message = format!("INSERT is refused: {name} is read from the API, and nothing is written there");
        let hint = "make a table of your own: CREATE TABLE … AS SELECT …";
        ControlFlow::Break(Error::new(Kind::Sql, message).with_hint(hint))
    }

    fn drops(&self, kind: &ObjectType, name: &ObjectName) -> ControlFlow<Error> {
        let is_ours = match kind {
            ObjectType::Table | ObjectType::View => self.is_our_table(name),
            ObjectType::Schema => {
                let mut parts = parts(name).into_iter().rev();
                let schema = parts.next().unwrap_or_default();
                let catalog = parts.next().unwrap_or_else(|| self.defaults.default_catalog.clone());
                catalog == HOME[0] && OUR_SCHEMAS.contains(&schema.as_str())
            }
            ObjectType::Database => parts(name).last().is_some_and(|catalog| catalog == HOME[0]),
            _ => false,
        };
        if !is_ours {
            return ControlFlow::Continue(());
        }
        let message =
            format!("DROP is refused: {name} is part of this program and would be gone for the session");
        ControlFlow::Break(
            Error::new(Kind::Sql, message).with_hint("only what you made yourself can be dropped"),
        )
    }

    fn replaces(&self, name: &ObjectName, or_replace: bool) -> ControlFlow<Error> {
        if !or_replace || !self.is_our_table(name) {
            return ControlFlow::Continue(());
        }
        let message = format!("CREATE OR REPLACE is refused: {name} is a table of this program");
        ControlFlow::Break(Error::new(Kind::Sql, message).with_hint("give yours another name"))
    }

    fn is_our_table(&self, name: &ObjectName) -> bool {
        let mut parts = parts(name).into_iter().rev();
        let table = parts.next().unwrap_or_default();
        let schema = parts.next().unwrap_or_else(|| self.defaults.default_schema.clone());
        let catalog = parts.next().unwrap_or_else(|| self.defaults.default_catalog.clone());
        let is_declared =
            TABLES.iter().any(|ours| ours.name() == table) || VIEWS.iter().any(|ours| ours.name() == table);
        catalog == HOME[0] && OUR_SCHEMAS.contains(&schema.as_str()) && (schema != HOME[1] || is_declared)
    }
}

/// The parts of a name as DataFusion knows them: in lower case unless they are quoted.
fn parts(name: &ObjectName) -> Vec<String> {
    name.0.iter().filter_map(ObjectNamePart::as_ident).map(normal).collect()
}

/// A name as DataFusion knows it.
pub(in crate::session) fn normal(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(sql: &str) -> Option<String> {
        let [default_catalog, default_schema] = HOME.map(String::from);
        let defaults = CatalogOptions { default_catalog, default_schema, ..Default::default() };
        let statement = crate::script::parse("t", sql).unwrap().remove(0);
        check(&statement.ast, &defaults).err().map(|error| error.to_string())
    }

    #[test]
    fn what_changes_rows_is_refused_wherever_it_stands() {
        for sql in [
            "DELETE FROM t WHERE false",
            "UPDATE t SET a = 1",
            "TRUNCATE TABLE t",
            "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
            "EXPLAIN DELETE FROM t",
            "EXPLAIN ANALYZE UPDATE t SET a = 1",
            "PREPARE p AS DELETE FROM t WHERE a = $1",
            "WITH gone AS (DELETE FROM t RETURNING a) SELECT * FROM gone",
        ] {
            assert!(refusal(sql).is_some_and(|text| text.contains("is refused")), "{sql}");
        }
    }

    #[test]
    fn what_is_ours_stays() {
        for sql in [
            "DROP TABLE instances",
            "DROP TABLE IF EXISTS mine, public.instances",
            "DROP TABLE lightsail.public.INSTANCES",
            "DROP VIEW unused",
            "DROP TABLE system.columns",
            "DROP SCHEMA public CASCADE",
            "DROP SCHEMA lightsail.system",
            "DROP DATABASE lightsail",
            "INSERT INTO instances SELECT * FROM instances",
            "EXPLAIN INSERT INTO unused VALUES (1)",
            "CREATE OR REPLACE TABLE instances AS SELECT 1",
            "CREATE OR REPLACE VIEW open_ports AS SELECT 1",
            "CREATE OR REPLACE EXTERNAL TABLE disks STORED AS CSV LOCATION 'a.csv'",
        ] {
            assert!(refusal(sql).is_some_and(|text| text.contains("is refused")), "{sql}");
        }
        for sql in [
            "DROP TABLE mine",
            "DROP TABLE mine.instances",
            "DROP SCHEMA mine",
            "CREATE OR REPLACE TABLE mine AS SELECT 1",
            "SELECT 'DELETE FROM t'",
            "INSERT INTO mine VALUES (1)",
        ] {
            assert_eq!(refusal(sql), None, "{sql}");
        }
    }
}
