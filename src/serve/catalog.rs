//! The system catalog, as the tools of Postgres ask for it: tables, columns, types, and what we say of them.
//!
//! datafusion-pg-catalog answers it in a context of its own, and its parser reads the statements: it leaves out and replaces
//! what it cannot plan, which is well for the questions of tools that it knows, and would be a wrong answer for any other. The
//! tables of the fleet have their columns here, and no rows.

mod activity;
mod empty;
mod functions;
mod information;
pub(super) mod names;
mod rewrites;
mod tables;
mod unreadable;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int32Type, SchemaRef};
use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::common::{DataFusionError, ParamValues, Result, ScalarValue};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement as Ast;
use datafusion_pg_catalog::pg_catalog::context::{PgCatalogContextProvider, Role};
use datafusion_pg_catalog::setup_pg_catalog;
use datafusion_pg_catalog::sql::PostgresCompatibilityParser;
use futures::StreamExt;

use super::settings::Settings;
use super::{Backends, DATABASE};
use activity::Activity;
use datafusion_lightsail::error::{Error, Kind};
use datafusion_lightsail::script::{Parameters, Place, located};
use datafusion_lightsail::session::Session;
use datafusion_lightsail::session::translation::unknown::explained;
use functions::{Asker, Oids};

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
    oids: Arc<Oids>,
    backends: Arc<Backends>,
    /// When the server began, in microseconds since 1970.
    begun: i64,
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

impl Shared {
    /// The catalog of the tables of a session, and of who is connected to a server that began then.
    ///
    /// # Errors
    /// When a table of the session cannot be looked at.
    pub(super) async fn new(session: &Session, backends: &Arc<Backends>, begun: SystemTime) -> Result<Self> {
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
        let comments = comments(session, &oids, &tables).await?;
        let mut own = HashMap::from([
            ("pg_attribute", tables::attributes(&context, &oids, &tables).await?),
            ("pg_description", tables::descriptions(&comments, &oids)?),
            ("pg_settings", Arc::new(information::settings()?)),
        ]);
        own.extend(tables::selected(&context).await?);
        own.extend(tables::with_nulls(&context).await?);
        own.extend(empty::tables()?);
        let activity = Activity::new(Arc::clone(backends));
        catalog.register_schema("pg_catalog", Arc::new(Overridden { inner, own, activity }))?;
        catalog.register_schema("information_schema", Arc::new(information::schema(&tables)?))?;
        Ok(Self {
            context,
            comments: Arc::new(comments),
            oids: Arc::new(oids),
            backends: Arc::clone(backends),
            begun: begun
                .duration_since(UNIX_EPOCH)
                .map_or(0, |time| i64::try_from(time.as_micros()).unwrap_or(0)),
        })
    }
}

impl Catalog {
    /// The catalog as a user sees it with these settings.
    pub(super) fn new(shared: &Shared, user: &str, pid: i32, settings: Arc<Mutex<Settings>>) -> Self {
        let context = SessionContext::new_with_state(shared.context.state());
        let asker = Asker {
            user,
            pid,
            settings,
            backends: Arc::clone(&shared.backends),
            comments: Arc::clone(&shared.comments),
            oids: Arc::clone(&shared.oids),
            begun: shared.begun,
        };
        functions::register(&context, asker);
        Self { context, parser: PostgresCompatibilityParser::new() }
    }

    /// The plan of a statement; of its parameters those in `lists` are already what they stand for.
    async fn plan(&self, sql: &str, place: &Place, lists: &Lists) -> Result<LogicalPlan, Error> {
        let wrong = |what: String| {
            // Places are those of the text as it was rewritten.
            let what = what.split(" at Line: ").next().unwrap_or_default();
            let what = what.strip_prefix("sql parser error: ").unwrap_or(what);
            Error::new(Kind::Sql, what).at(place).with_sql_state("42601")
        };
        let sql = rewrites::anew(sql);
        let text = rewrites::text(&rewrites::with_lists(sql, lists));
        let mut statements = self.parser.parse(&text).map_err(|error| wrong(error.to_string()))?;
        let (Some(mut statement), true) = (statements.pop(), statements.is_empty()) else {
            return Err(wrong("one statement at a time".into()));
        };
        names::name(&mut statement, sql);
        rewrites::statement(&mut statement);
        let (state, ast) = (self.context.state(), Ast::Statement(Box::new(statement)));
        let plan = state.statement_to_plan(ast.clone()).await;
        let plan = plan.map_err(|error| located(without_place(explained(error, &ast, &state)), place))?;
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
        place: &Place,
        parameters: &Parameters,
    ) -> Result<SendableRecordBatchStream, Error> {
        let wrong = |error| located(without_place(error), place);
        let lists = parameters.iter().filter_map(|(name, value)| Some((name.clone(), list(value)?)));
        let mut plan = self.plan(sql, place, &lists.collect()).await?;
        if !parameters.is_empty() {
            plan = plan.with_param_values(ParamValues::from(parameters.clone())).map_err(wrong)?;
        }
        let frame = self.context.execute_logical_plan(plan).await.map_err(wrong)?;
        Ok(names::renamed(frame.execute_stream().await.map_err(wrong)?))
    }

    /// The columns of a statement's rows, and its parameters with the types that they stand beside.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) async fn describe(
        &self,
        sql: &str,
        place: &Place,
        known: &BTreeMap<String, DataType>,
    ) -> Result<(SchemaRef, BTreeMap<String, Option<DataType>>), Error> {
        let list_of = |item: DataType| DataType::List(Arc::new(Field::new_list_field(item, true)));
        let mut known = known.clone();
        for name in rewrites::lists(rewrites::anew(sql)) {
            known.entry(name).or_insert_with(|| list_of(DataType::Utf8));
        }
        let empty = |(name, of): (&String, &DataType)| {
            let null = ScalarValue::try_from(of).ok()?;
            Some((name.clone(), list(&null)?))
        };
        let wrong = |error| located(without_place(error), place);
        let mut plan = self.plan(sql, place, &known.iter().filter_map(empty).collect()).await?;
        // Where one parameter stands beside several types, the client says which it is.
        let inferred = plan.get_parameter_types().or_else(|_| {
            let names = plan.get_parameter_names()?.into_iter();
            Ok::<_, DataFusionError>(names.map(|name| (name, None)).collect())
        });
        let inferred: HashMap<String, Option<DataType>> = inferred.map_err(wrong)?;
        let types = inferred.into_iter().map(|(name, inferred)| {
            let name = name.trim_start_matches('$').to_owned();
            let of = known.get(&name).cloned().or(inferred);
            (name, of)
        });
        let mut types: BTreeMap<_, _> = types.collect();
        if !types.is_empty() {
            let null = |of: &Option<DataType>| {
                of.as_ref().map_or(Ok(ScalarValue::Utf8(None)), ScalarValue::try_from)
            };
            let nulls = types.iter().map(|(name, of)| Ok((name.clone(), null(of)?)));
            let nulls: Parameters = nulls.collect::<Result<_>>().map_err(wrong)?;
            plan = plan.with_param_values(ParamValues::from(nulls)).map_err(wrong)?;
        }
        let plan = self.context.state().create_physical_plan(&plan).await.map_err(wrong)?;
        types.extend(known.into_iter().map(|(name, of)| (name, Some(of))));
        Ok((names::shown(&plan.schema()), types))
    }
}

/// An error without the place that it has in a text as it was rewritten.
fn without_place(error: DataFusionError) -> DataFusionError {
    match error {
        DataFusionError::Diagnostic(_, inner) => without_place(*inner),
        DataFusionError::Context(_, inner) => without_place(*inner),
        other => other,
    }
}

/// Parameters that are lists, each as SQL has it.
type Lists = BTreeMap<String, String>;

/// A list as SQL has it; `None` if the value is none.
fn list(value: &ScalarValue) -> Option<String> {
    let ScalarValue::List(list) = value else { return None };
    let is_number = list.value_type().is_integer();
    let items = if list.is_null(0) { None } else { Some(list.value(0)) };
    let items = items.and_then(|items| cast(&items, &DataType::Utf8).ok());
    let texts = items.iter().flat_map(|items| items.as_string::<i32>().iter().flatten());
    let texts: Vec<String> = match is_number {
        true => texts.map(ToOwned::to_owned).collect(),
        false => texts.map(|text| format!("'{}'", text.replace('\'', "''"))).collect(),
    };
    Some(match (texts.is_empty(), is_number) {
        (false, _) => format!("ARRAY[{}]", texts.join(", ")),
        (true, true) => "array_remove(ARRAY[0], 0)".to_owned(),
        (true, false) => "array_remove(ARRAY[''], '')".to_owned(),
    })
}

/// The oid of each table, by schema and name.
async fn oids(context: &SessionContext) -> Result<Oids> {
    let sql = "SELECT n.nspname, c.relname, c.oid FROM pg_catalog.pg_class c \
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace";
    let mut oids = Oids::new();
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
async fn comments(session: &Session, oids: &Oids, tables: &unreadable::Tables) -> Result<Comments> {
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

/// A schema, some of whose tables are others.
#[derive(Debug)]
struct Overridden {
    inner: Arc<dyn SchemaProvider>,
    own: HashMap<&'static str, Arc<dyn TableProvider>>,
    activity: Activity,
}

#[async_trait::async_trait]
impl SchemaProvider for Overridden {
    fn table_names(&self) -> Vec<String> {
        let own = self.own.keys().copied().chain([activity::NAME]);
        let others = own.filter(|name| !self.inner.table_exist(name)).map(ToOwned::to_owned);
        self.inner.table_names().into_iter().chain(others).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.own.get(name) {
            Some(table) => Ok(Some(Arc::clone(table))),
            None if name == activity::NAME => self.activity.table().map(Some),
            None => self.inner.table(name).await,
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.own.contains_key(name) || name == activity::NAME || self.inner.table_exist(name)
    }
}
