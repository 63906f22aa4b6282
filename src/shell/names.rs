//! The names that the session knows, without asking anybody.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::common::utils::quote_identifier;
use datafusion::prelude::SessionContext;
use futures::FutureExt;

use datafusion_lightsail::catalog::TABLES;
use datafusion_lightsail::system;
use datafusion_lightsail::views::VIEWS;

/// All tables and views, ours first; those of another schema than the default with its name.
pub(super) fn tables(context: &SessionContext) -> Vec<TableReference> {
    let state = context.state();
    let defaults = &state.config_options().catalog;
    let Some(catalog) = context.catalog(&defaults.default_catalog) else { return Vec::new() };
    let schemas = catalog.schema_names().into_iter().filter_map(|name| Some((catalog.schema(&name)?, name)));
    let tables = schemas.flat_map(|(schema, name)| {
        let is_default = name == defaults.default_schema;
        schema.table_names().into_iter().map(move |table| match is_default {
            true => TableReference::bare(table),
            false => TableReference::partial(name.clone(), table),
        })
    });
    let mut tables: Vec<_> = tables.collect();
    let rank = |table: &TableReference| TABLES.iter().position(|known| is(table, known.name()));
    tables.sort_by_cached_key(|table| (rank(table).unwrap_or(usize::MAX), table.to_string()));
    tables
}

/// Whether the reference is our table of this name.
pub(super) fn is(table: &TableReference, name: &str) -> bool {
    matches!(table.schema(), None | Some("public")) && table.table() == name
}

/// The table, if the session has it at hand.
pub(super) fn provider(context: &SessionContext, table: &TableReference) -> Option<Arc<dyn TableProvider>> {
    context.table_provider(table.clone()).now_or_never()?.ok()
}

/// The names of the table's columns; none if it is unknown.
pub(super) fn columns(context: &SessionContext, table: &TableReference) -> Vec<String> {
    provider(context, table).map_or_else(Vec::new, |table| {
        table.schema().fields().iter().map(|field| field.name().clone()).collect()
    })
}

/// Whether the table has a column of this name that is true or false.
pub(super) fn is_boolean(context: &SessionContext, table: &TableReference, column: &str) -> bool {
    let schema = provider(context, table).map(|table| table.schema());
    let field = schema.as_ref().and_then(|schema| schema.field_with_name(column).ok());
    field.is_some_and(|field| *field.data_type() == DataType::Boolean)
}

/// The names of the columns of all tables, sorted: the state is copied once for all of them, and not for each table.
pub(super) fn all_columns(context: &SessionContext) -> Vec<String> {
    let state = context.state();
    let Some(catalog) = context.catalog(&state.config_options().catalog.default_catalog) else {
        return Vec::new();
    };
    let mut columns = BTreeSet::new();
    for schema in catalog.schema_names().iter().filter_map(|name| catalog.schema(name)) {
        let tables = schema.table_names().into_iter();
        let tables = tables.filter_map(|table| schema.table(&table).now_or_never()?.ok().flatten());
        tables.for_each(|table| {
            columns.extend(table.schema().fields().iter().map(|field| field.name().clone()))
        });
    }
    columns.into_iter().collect()
}

/// The name as SQL takes it.
pub(super) fn quoted(name: &str) -> Cow<'_, str> {
    quote_identifier(name)
}

/// What a table, a view or a system table of ours holds, in one sentence.
pub(super) fn description(table: &TableReference) -> Option<String> {
    if let Some(known) = TABLES.iter().find(|known| is(table, known.name())) {
        return Some(known.description().to_owned());
    }
    if let Some(view) = VIEWS.iter().find(|known| is(table, known.name())) {
        return Some(view.header().description());
    }
    let described = system::DESCRIPTIONS.iter().find(|(name, _)| *name == table.table())?;
    (table.schema() == Some("system")).then(|| described.1.to_owned())
}
