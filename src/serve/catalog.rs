//! The system catalog, as the tools of Postgres ask for it: tables, columns, types, and what we say of them.
//!
//! datafusion-pg-catalog answers it in a context of its own, and its parser reads the statements: it leaves out and replaces
//! what it cannot plan, which is well for the questions of tools that it knows, and would be a wrong answer for any other. The
//! tables of the fleet have their columns here, and no rows.

mod functions;
mod information;
mod rewrites;
mod unreadable;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use arrow::array::{AsArray, Int32Array, RecordBatch, StringArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Int16Type, Int32Type, Schema, SchemaRef};
use datafusion::catalog::{
    CatalogProvider, MemTable, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::common::{DataFusionError, ParamValues, Result, ScalarValue};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext, ident};
use datafusion::sql::parser::Statement as Ast;
use datafusion_pg_catalog::pg_catalog::context::{PgCatalogContextProvider, Role};
use datafusion_pg_catalog::setup_pg_catalog;
use datafusion_pg_catalog::sql::PostgresCompatibilityParser;
use futures::StreamExt;

use super::DATABASE;
use super::settings::Settings;
use super::wire::pg_type;
use datafusion_lightsail::error::{Error, Kind};
use datafusion_lightsail::script::Parameters;
use datafusion_lightsail::session::Session;

/// What answers questions about the system catalog.
pub(super) struct Catalog {
    context: SessionContext,
    parser: PostgresCompatibilityParser,
}

/// What is the same for all connections, so that a table has one oid for all of them.
#[derive(Clone)]
pub(super) struct Shared {
    context: SessionContext,
    comments: Arc<Comments>,
}

/// The role that owns everything: what users there are is nobody's to see.
#[derive(Debug, Clone)]
struct OneRole;

#[async_trait::async_trait]
impl PgCatalogContextProvider for OneRole {
    async fn roles(&self) -> Vec<String> {
        vec![DATABASE.to_owned()]
    }

    async fn role(&self, name: &str) -> Option<Role> {
        (name == DATABASE).then(|| Role {
            name: name.to_owned(),
            is_superuser: false,
            can_login: true,
            can_create_db: false,
            can_create_role: false,
            can_create_user: false,
            can_replication: false,
            grants: vec![],
            inherited_roles: vec![],
        })
    }
}

/// What we say of tables and columns: by oid, and by number of column, 0 for the table.
pub(super) type Comments = HashMap<(i32, i32), String>;

/// The oid of `pg_class`, whose rows comments are about.
const PG_CLASS: i32 = 1259;

impl Shared {
    /// The catalog of the tables of a session.
    ///
    /// # Errors
    /// When a table of the session cannot be looked at.
    pub(super) async fn new(session: &Session) -> Result<Self> {
        let config = SessionConfig::new()
            .with_default_catalog_and_schema(DATABASE, "public")
            .with_create_default_catalog_and_schema(false)
            .with_target_partitions(1);
        let context = SessionContext::new_with_config(config);
        let catalog = Arc::new(MemoryCatalogProvider::new());
        context.register_catalog(DATABASE, Arc::clone(&catalog) as _);
        let tables = unreadable::tables(session).await?;
        for (schema, tables) in &tables {
            let of_schema = MemorySchemaProvider::new();
            for (name, table) in tables {
                of_schema.register_table(name.clone(), Arc::clone(table) as _)?;
            }
            catalog.register_schema(schema, Arc::new(of_schema))?;
        }
        setup_pg_catalog(&context, DATABASE, OneRole).map_err(|error| *error)?;
        let Some(inner) = catalog.schema("pg_catalog") else {
            return Err(DataFusionError::Internal("there is no pg_catalog".into()));
        };
        let oids = oids(&context).await?;
        let comments = Arc::new(comments(session, &oids, &tables).await?);
        let own = HashMap::from([
            ("pg_attribute", attributes(&context, &oids, &tables).await?),
            ("pg_class", with_lists(&context, "pg_class", &["relacl", "reloptions"], "''").await?),
            ("pg_constraint", with_lists(&context, "pg_constraint", &["conkey", "confkey"], SMALLINT).await?),
            (
                "pg_index",
                with_lists(
                    &context,
                    "pg_index",
                    &["indkey", "indoption", "indclass", "indcollation"],
                    SMALLINT,
                )
                .await?,
            ),
            ("pg_description", descriptions(&comments)?),
            ("pg_settings", Arc::new(information::settings()?)),
        ]);
        catalog.register_schema("pg_catalog", Arc::new(Overridden { inner, own }))?;
        catalog.register_schema("information_schema", Arc::new(information::schema(&tables)?))?;
        Ok(Self { context, comments })
    }
}

impl Catalog {
    /// The catalog as a user sees it with these settings.
    pub(super) fn new(shared: &Shared, user: &str, settings: Arc<Mutex<Settings>>) -> Self {
        let context = SessionContext::new_with_state(shared.context.state());
        functions::register(&context, user, settings, &shared.comments);
        Self { context, parser: PostgresCompatibilityParser::new() }
    }

    async fn plan(&self, sql: &str) -> Result<LogicalPlan, Error> {
        let wrong = |what: String| Error::new(Kind::Sql, what).with_sql_state("42601");
        let sql = rewrites::text(sql);
        let mut statements = self.parser.parse(&sql).map_err(|error| wrong(error.to_string()))?;
        let (Some(mut statement), true) = (statements.pop(), statements.is_empty()) else {
            return Err(wrong("one statement at a time".into()));
        };
        rewrites::statement(&mut statement);
        let plan = self.context.state().statement_to_plan(Ast::Statement(Box::new(statement))).await?;
        let queries =
            SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        queries.verify_plan(&plan).map_err(|error| {
            let what = format!("this server only reads: {}", error.strip_backtrace());
            Error::new(Kind::Usage, what).with_hint("ask with SELECT")
        })?;
        Ok(plan)
    }

    /// The rows of a statement.
    ///
    /// # Errors
    /// What is wrong with it; when it reads the fleet as well.
    pub(super) async fn ask(
        &self,
        sql: &str,
        parameters: &Parameters,
    ) -> Result<SendableRecordBatchStream, Error> {
        let mut plan = self.plan(sql).await?;
        if !parameters.is_empty() {
            plan = plan.with_param_values(ParamValues::from(parameters.clone()))?;
        }
        Ok(self.context.execute_logical_plan(plan).await?.execute_stream().await?)
    }

    /// The columns of a statement's rows, and its parameters with the types that they stand beside.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) async fn describe(
        &self,
        sql: &str,
        known: &BTreeMap<String, DataType>,
    ) -> Result<(SchemaRef, BTreeMap<String, Option<DataType>>), Error> {
        let mut plan = self.plan(sql).await?;
        let types = plan.get_parameter_types()?.into_iter().map(|(name, inferred)| {
            let name = name.trim_start_matches('$').to_owned();
            let of = known.get(&name).cloned().or(inferred);
            (name, of)
        });
        let types: BTreeMap<_, _> = types.collect();
        if !types.is_empty() {
            let null = |of: &Option<DataType>| {
                of.as_ref().map_or(Ok(ScalarValue::Utf8(None)), ScalarValue::try_from)
            };
            let nulls = types.iter().map(|(name, of)| Ok((name.clone(), null(of)?)));
            let nulls: Parameters = nulls.collect::<Result<_>>()?;
            plan = plan.with_param_values(ParamValues::from(nulls))?;
        }
        let plan = self.context.state().create_physical_plan(&plan).await?;
        Ok((plan.schema(), types))
    }
}

/// The oid of each table, by schema and name.
async fn oids(context: &SessionContext) -> Result<HashMap<(String, String), i32>> {
    let sql = "SELECT n.nspname, c.relname, c.oid FROM pg_catalog.pg_class c \
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace";
    let mut oids = HashMap::new();
    for batch in context.sql(sql).await?.collect().await? {
        let (schemas, names) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let numbers = batch.column(2).as_primitive::<Int32Type>();
        for row in 0..batch.num_rows() {
            oids.insert((schemas.value(row).to_owned(), names.value(row).to_owned()), numbers.value(row));
        }
    }
    Ok(oids)
}

/// What the engine says of its tables and columns.
async fn comments(
    session: &Session,
    oids: &HashMap<(String, String), i32>,
    tables: &unreadable::Tables,
) -> Result<Comments> {
    let sql = r#"SELECT name AS "table", '' AS "column", description FROM system.tables
                 UNION ALL SELECT "table", "column", description FROM system.columns"#;
    let Some(statement) = datafusion_lightsail::script::parse(super::SQL, sql)?.pop() else {
        return Ok(Comments::new());
    };
    let mut stream = session.ask(statement.ast, &Parameters::new()).await?.stream;
    let mut comments = Comments::new();
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        let texts = |at: usize| cast(batch.column(at), &DataType::Utf8);
        let (names, columns, said) = (texts(0)?, texts(1)?, texts(2)?);
        let (names, columns, said) =
            (names.as_string::<i32>(), columns.as_string::<i32>(), said.as_string::<i32>());
        for row in 0..batch.num_rows() {
            let (schema, name) = names.value(row).split_once('.').unwrap_or(("public", names.value(row)));
            let (Some(oid), Some(table)) = (
                oids.get(&(schema.to_owned(), name.to_owned())),
                tables.get(schema).and_then(|tables| tables.get(name)),
            ) else {
                continue;
            };
            let number = match columns.value(row) {
                "" => Some(0),
                column => table.fleet_schema().index_of(column).ok().map(|at| at + 1),
            };
            if let Some(number) = number.and_then(|number| i32::try_from(number).ok()) {
                comments.insert((*oid, number), said.value(row).to_owned());
            }
        }
    }
    Ok(comments)
}

/// `pg_description`.
fn descriptions(comments: &Comments) -> Result<Arc<dyn TableProvider>> {
    let mut rows: Vec<_> = comments.iter().collect();
    rows.sort_unstable();
    let schema = Arc::new(Schema::new(vec![
        Field::new("objoid", DataType::Int32, false),
        Field::new("classoid", DataType::Int32, false),
        Field::new("objsubid", DataType::Int32, false),
        Field::new("description", DataType::Utf8, false),
    ]));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            Arc::new(rows.iter().map(|((oid, _), _)| Some(*oid)).collect::<Int32Array>()),
            Arc::new(Int32Array::from(vec![PG_CLASS; rows.len()])),
            Arc::new(rows.iter().map(|((_, number), _)| Some(*number)).collect::<Int32Array>()),
            Arc::new(rows.iter().map(|(_, text)| Some(text.as_str())).collect::<StringArray>()),
        ],
    )?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

/// `pg_attribute` with the types that columns have on the wire: of maps and lists of structs the crate knows none.
async fn attributes(
    context: &SessionContext,
    oids: &HashMap<(String, String), i32>,
    tables: &unreadable::Tables,
) -> Result<Arc<dyn TableProvider>> {
    let mut types = HashMap::new();
    for (schema, tables) in tables {
        for (name, table) in tables {
            let Some(oid) = oids.get(&(schema.clone(), name.clone())) else { continue };
            for (number, field) in (1_i16..).zip(table.fleet_schema().fields()) {
                let of = pg_type(field).map_err(|error| DataFusionError::External(Box::new(error)))?;
                types.insert((*oid, number), of.oid().cast_signed());
            }
        }
    }
    let batches = context.sql("SELECT * FROM pg_catalog.pg_attribute").await?.collect().await?;
    let Some(schema) = batches.first().map(RecordBatch::schema) else {
        return Err(DataFusionError::Internal("pg_attribute is empty".into()));
    };
    let batch = concat_batches(&schema, &batches)?;
    let at = |name: &str| schema.index_of(name);
    let (relations, numbers) = (batch.column(at("attrelid")?), batch.column(at("attnum")?));
    let (relations, numbers) = (relations.as_primitive::<Int32Type>(), numbers.as_primitive::<Int16Type>());
    let known = batch.column(at("atttypid")?).as_primitive::<Int32Type>();
    let patched = (0..batch.num_rows()).map(|row| {
        let key = (relations.value(row), numbers.value(row));
        Some(types.get(&key).copied().unwrap_or_else(|| known.value(row)))
    });
    let mut columns = batch.columns().to_vec();
    columns[at("atttypid")?] = Arc::new(patched.collect::<Int32Array>());
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

/// The items of lists of numbers of columns.
const SMALLINT: &str = "CAST(0 AS SMALLINT)";

/// A table with lists of nothing where the crate has texts, or no such columns: there are neither rights nor keys here.
async fn with_lists(
    context: &SessionContext,
    table: &str,
    lists: &[&str],
    item: &str,
) -> Result<Arc<dyn TableProvider>> {
    let table = context.table(format!("pg_catalog.{table}")).await?;
    let columns = table.schema().fields().iter().map(|field| field.name().as_str());
    let columns = columns.filter(|name| !lists.contains(name)).map(ident).collect::<Vec<_>>();
    let lists = lists.iter().map(|name| {
        Ok(context
            .parse_sql_expr(&format!("CASE WHEN false THEN make_array({item}) END"), table.schema())?
            .alias(*name))
    });
    let exprs = columns.into_iter().map(Ok).chain(lists).collect::<Result<Vec<_>>>()?;
    let table = table.select(exprs)?;
    let schema = Arc::clone(table.schema().inner());
    let batches = table.collect().await?;
    Ok(Arc::new(MemTable::try_new(schema, vec![batches])?))
}

/// A schema, some of whose tables are others.
#[derive(Debug)]
struct Overridden {
    inner: Arc<dyn SchemaProvider>,
    own: HashMap<&'static str, Arc<dyn TableProvider>>,
}

#[async_trait::async_trait]
impl SchemaProvider for Overridden {
    fn table_names(&self) -> Vec<String> {
        self.inner.table_names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.own.get(name) {
            Some(table) => Ok(Some(Arc::clone(table))),
            None => self.inner.table(name).await,
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.inner.table_exist(name)
    }
}
