//! `\d`: tables and columns as rows, from declarations and schemas alone.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::common::TableReference;
use datafusion::common::utils::datafusion_strsim::levenshtein;
use datafusion::prelude::SessionContext;

use super::names;
use datafusion_lightsail::catalog::table::type_name;
use datafusion_lightsail::catalog::{TABLES, Table};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::system;
use datafusion_lightsail::views::{VIEWS, View};

/// How many letters may be wrong in a name that we still recognize.
const NEAR: usize = 3;

/// All tables: name, description, operation.
pub(super) fn tables(context: &SessionContext) -> Result<RecordBatch> {
    let rows = names::tables(context).into_iter().map(|table| {
        let (description, operation) = match declared(&table) {
            Some(known) => (Some(known.description().to_owned()), Some(known.operations())),
            None => {
                let of_view = || Some(view(&table)?.header().description());
                (of_system(&table).or_else(of_view).or_else(|| definition(context, &table)), None)
            }
        };
        [Some(table.to_quoted_string()), description, operation]
    });
    batch(["table", "description", "operation"], rows)
}

/// The columns of a table: name, type, whether it may be NULL, what a predicate on it does, description.
pub(super) fn columns(context: &SessionContext, name: &str) -> Result<RecordBatch> {
    let reference = TableReference::parse_str(name);
    let table = names::provider(context, &reference).ok_or_else(|| unknown(context, &reference))?;
    let described = declared(&reference).map(Table::columns).unwrap_or_default();
    let schema = table.schema();
    let of_view = view(&reference).map(View::header).unwrap_or_default();
    let rows = schema.fields().iter().map(|field| {
        let column = described.iter().find(|column| column.field.name() == field.name());
        let nullable = if field.is_nullable() { "yes" } else { "no" };
        [
            Some(field.name().clone()),
            Some(type_name(field.data_type())),
            Some(nullable.to_owned()),
            declared(&reference)
                .filter(|_| column.is_some())
                .map(|table| table.pushdown(field.name()).to_owned()),
            column
                .map(|column| column.description)
                .or_else(|| of_view.field(field.name()))
                .map(ToOwned::to_owned),
        ]
    });
    batch(["column", "type", "nullable", "predicate", "description"], rows)
}

fn declared(table: &TableReference) -> Option<&'static dyn Table> {
    TABLES.iter().copied().find(|known| names::is(table, known.name()))
}

fn of_system(table: &TableReference) -> Option<String> {
    let described = system::DESCRIPTIONS.iter().find(|(name, _)| *name == table.table())?;
    (table.schema() == Some("system")).then(|| described.1.to_owned())
}

/// One of our own views.
fn view(table: &TableReference) -> Option<&'static View> {
    VIEWS.iter().find(|known| names::is(table, known.name()))
}

/// The query behind a view.
fn definition(context: &SessionContext, table: &TableReference) -> Option<String> {
    names::provider(context, table)?.get_table_definition().map(str::to_owned)
}

fn unknown(context: &SessionContext, name: &TableReference) -> Error {
    let distance = |table: &TableReference| levenshtein(table.table(), name.table());
    let tables = names::tables(context);
    let near = tables.iter().filter(|table| distance(table) <= NEAR).min_by_key(|table| distance(table));
    let hint = near.map_or("\\d lists the tables".to_owned(), |table| format!("did you mean {table}?"));
    Error::new(Kind::Usage, format!("there is no table {name}")).with_hint(hint)
}

fn batch<const N: usize>(
    names: [&str; N],
    rows: impl Iterator<Item = [Option<String>; N]>,
) -> Result<RecordBatch> {
    let rows: Vec<_> = rows.collect();
    let column = |i: usize| -> ArrayRef {
        Arc::new(rows.iter().map(|row| row[i].as_deref()).collect::<StringArray>())
    };
    let columns = names.iter().enumerate().map(|(i, name)| (*name, column(i), true));
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;

    use super::*;
    use datafusion_lightsail::aws::{Clients, Settings};
    use datafusion_lightsail::options::LightsailOptions;
    use datafusion_lightsail::session::Session;

    fn session() -> Session {
        let clients = Clients::new(Settings::default());
        Session::new(Arc::new(clients), LightsailOptions::default()).unwrap()
    }

    fn row(batch: &RecordBatch, name: &str) -> Vec<String> {
        let at = batch.column(0).as_string::<i32>().iter().position(|found| found == Some(name)).unwrap();
        batch.columns().iter().map(|column| column.as_string::<i32>().value(at).to_owned()).collect()
    }

    #[tokio::test]
    async fn tables_and_views() {
        let session = session();
        session.context().sql("CREATE VIEW mine AS SELECT name, 1 AS one FROM instances").await.unwrap();
        let all = tables(session.context()).unwrap();
        assert_eq!(all.num_rows(), TABLES.len() + VIEWS.len() + system::DESCRIPTIONS.len() + 1);
        assert_eq!(row(&all, "disks")[2], "GetInstances");
        assert!(row(&all, "mine")[1].contains("SELECT name, 1 AS one FROM instances"));
        let view = columns(session.context(), "Mine").unwrap();
        assert_eq!(row(&view, "name")[..3], ["name", "Utf8", row(&view, "name")[2].as_str()]);
        assert_eq!(session.calls(), 0);
    }

    #[test]
    fn columns_with_their_declarations() {
        let columns = columns(session().context(), "instances").unwrap();
        assert_eq!(columns.num_rows(), TABLES[0].columns().len());
        assert_eq!(
            row(&columns, "region"),
            [
                "region",
                "Utf8",
                "no",
                "target",
                "The AWS region of the resource, global for domains and distributions; where the API says none, the region that was asked."
            ]
        );
    }

    #[test]
    fn a_wrong_name_is_met_with_the_nearest() {
        let error = |name: &str| columns(session().context(), name).unwrap_err().to_string();
        assert_eq!(error("instnces"), "there is no table instnces\nhint: did you mean instances?");
        assert_eq!(error("servers"), "there is no table servers\nhint: \\d lists the tables");
    }
}
