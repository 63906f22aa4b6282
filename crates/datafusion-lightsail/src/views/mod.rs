//! Views: questions over several tables that come up again and again, each in an SQL file with its documentation.
//!
//! A view is planned when something first reads one: a session that reads none pays nothing for them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::{TableType, ViewTable};
use datafusion::logical_expr::{Expr, LogicalPlan, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::FutureExt;

use crate::catalog::TABLES;
use crate::functions;
use crate::header::Header;

/// A view: its name, and an SQL file that begins with its documentation.
#[derive(Debug)]
pub struct View {
    name: &'static str,
    sql: &'static str,
}

/// Declares views, each after those that it reads.
macro_rules! views {
    ($($name:literal),* $(,)?) => {
        &[$(View { name: $name, sql: include_str!(concat!($name, ".sql")) }),*]
    };
}

/// Every view, in the order in which they are listed.
pub static VIEWS: &[View] =
    views!["open_ports", "exposed_services", "all_disks", "monthly_costs", "unused", "exposure"];

impl View {
    /// Its name in SQL.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The file: its documentation, and the query that it is.
    pub fn sql(&self) -> &'static str {
        self.sql
    }

    /// Its documentation: what a row is, in one sentence, and a field for each column.
    pub fn header(&self) -> Header {
        Header::read(self.sql)
    }
}

/// A table by its name.
pub(crate) type Named = (&'static str, Arc<dyn TableProvider>);

/// Adds all views of these tables to a session.
///
/// # Errors
/// When the session's default schema takes no tables.
pub(crate) fn register(context: &SessionContext, tables: Vec<Named>) -> Result<Arc<Plans>> {
    let plans = Arc::new(Plans { tables, views: OnceLock::new() });
    for (index, view) in VIEWS.iter().enumerate() {
        context.register_table(view.name, Arc::new(LazyView { view, index, plans: Arc::clone(&plans) }))?;
    }
    Ok(plans)
}

/// The plans of all views over some tables, made when the first is wanted.
#[derive(Debug)]
pub(crate) struct Plans {
    tables: Vec<Named>,
    views: OnceLock<Result<Vec<Arc<ViewTable>>, Arc<DataFusionError>>>,
}

impl Plans {
    /// In the order of [`VIEWS`].
    ///
    /// # Errors
    /// When one of them has no plan.
    pub(crate) fn views(&self) -> Result<&[Arc<ViewTable>]> {
        match self.views.get_or_init(|| self.plan().map_err(Arc::new)) {
            Ok(views) => Ok(views),
            Err(error) => Err(DataFusionError::from(error)),
        }
    }

    /// Plans them in a session of their own: what the user's calls `ports` by now, and how it reads SQL, is not asked.
    fn plan(&self) -> Result<Vec<Arc<ViewTable>>> {
        let mut config = SessionConfig::new();
        config.options_mut().sql_parser.map_string_types_to_utf8view = false;
        let context = SessionContext::new_with_config(config);
        functions::all().into_iter().for_each(|function| context.register_udf(function));
        for (name, table) in &self.tables {
            context.register_table(*name, Arc::clone(table))?;
        }
        let plan = |view: &View| {
            let state = context.state();
            // All tables are at hand: there is nothing to wait for.
            let plan = state.create_logical_plan(view.sql).now_or_never();
            let plan = plan.ok_or_else(|| DataFusionError::Internal(format!("{} waits", view.name)))??;
            let table = Arc::new(ViewTable::new(plan, Some(view.sql.to_owned())));
            context.register_table(view.name, Arc::clone(&table) as _)?;
            Ok(table)
        };
        VIEWS.iter().map(plan).collect()
    }
}

/// The IAM actions without which a view cannot be read whole: those of its tables, each once.
///
/// # Errors
/// When its plan cannot be walked through.
pub(crate) fn iam_actions(view: &ViewTable) -> Result<Vec<String>> {
    let mut actions = BTreeSet::new();
    view.logical_plan().apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let table = TABLES.iter().find(|table| table.name() == scan.table_name.table());
            actions.extend(table.iter().flat_map(|table| table.iam_actions()));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(actions.into_iter().collect())
}

/// A view that is planned when it is first read.
#[derive(Debug)]
struct LazyView {
    view: &'static View,
    index: usize,
    plans: Arc<Plans>,
}

impl LazyView {
    fn table(&self) -> Result<&ViewTable> {
        Ok(self.plans.views()?[self.index].as_ref())
    }
}

#[async_trait]
impl TableProvider for LazyView {
    /// None of its columns, should it have no plan: whoever reads it is told why.
    fn schema(&self) -> SchemaRef {
        self.table().map_or_else(|_| Arc::new(Schema::empty()), ViewTable::schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn get_table_definition(&self) -> Option<&str> {
        Some(self.view.sql)
    }

    /// With this the plan becomes a part of the query's: predicates, projections and limits go through it.
    fn get_logical_plan(&self) -> Option<Cow<'_, LogicalPlan>> {
        self.table().ok()?.get_logical_plan()
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.table()?.supports_filters_pushdown(filters)
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.table()?.scan(state, projection, filters, limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Clients, Settings};
    use crate::catalog::meaning::currency;
    use crate::options::LightsailOptions;

    #[tokio::test]
    async fn every_column_of_every_view_is_documented() {
        let clients = Arc::new(Clients::new(Settings::default()));
        let context = SessionContext::new();
        let scans = crate::session::register(&context, &clients, LightsailOptions::default()).unwrap();
        for view in VIEWS {
            let header = view.header();
            let provider = context.table_provider(view.name()).await.unwrap();
            let schema = provider.schema();
            let names: Vec<_> = header.fields().map(|(name, _)| name).collect();
            assert_eq!(
                names,
                schema.fields().iter().map(|field| field.name()).collect::<Vec<_>>(),
                "{}",
                view.name
            );
            assert_eq!(names[..3], ["profile", "account_id", "region"], "{}", view.name);
            for text in header.fields().map(|(_, text)| text).chain([header.description().as_str()]) {
                assert!(text.ends_with('.') && !text.contains("  "), "{}: {text}", view.name);
            }
            assert!(view.sql.lines().all(|line| line.chars().count() <= 120), "{} has long lines", view.name);
        }
        assert_eq!(scans.calls().total(), 0, "no view asks before it is read");
    }

    #[tokio::test]
    async fn every_column_has_a_type() {
        let session = crate::session::Session::new(
            Arc::new(Clients::new(Settings::default())),
            LightsailOptions::default(),
        )
        .unwrap();
        let catalog = session.context().catalog("lightsail").unwrap();
        let mut columns = 0;
        for schema in catalog.schema_names() {
            let tables = catalog.schema(&schema).unwrap();
            for table in tables.table_names() {
                let provider = tables.table(&table).await.unwrap().unwrap();
                for field in provider.schema().fields() {
                    columns += 1;
                    let is_typed = !field.data_type().to_string().contains("Null");
                    assert!(is_typed, "{schema}.{table}.{} has no type", field.name());
                }
            }
        }
        assert!(columns > 500, "{columns} columns were looked at");
    }

    #[tokio::test]
    async fn a_view_reads_our_tables_whatever_the_session_calls_so() {
        let clients = Arc::new(Clients::new(Settings::default()));
        let context = SessionContext::new();
        crate::session::register(&context, &clients, LightsailOptions::default()).unwrap();
        context.deregister_table("ports").unwrap();
        context.sql("CREATE VIEW ports AS SELECT 1 AS one").await.unwrap().collect().await.unwrap();
        let plan = context.sql("SELECT * FROM open_ports").await.unwrap();
        assert!(plan.logical_plan().display_indent().to_string().contains("ports.cidrs"));
    }

    #[test]
    fn every_column_of_money_is_there_and_says_its_currency() {
        let of_tables = TABLES.iter().flat_map(|table| table.columns());
        let of_tables = of_tables.map(|column| (column.field.name().clone(), column.description.to_owned()));
        let mut columns: Vec<(String, String)> = of_tables.collect();
        for view in VIEWS {
            let header = view.header();
            columns.extend(header.fields().map(|(name, text)| (name.to_owned(), text.to_owned())));
        }
        let money: Vec<_> = columns.into_iter().filter(|(name, _)| currency(name).is_some()).collect();
        assert!(money.len() > 5, "{money:?}");
        for (name, text) in money {
            assert!(text.contains("US dollar") || text.contains("USD"), "{name}: {text}");
        }
    }
}
