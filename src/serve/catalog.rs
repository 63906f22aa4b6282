//! The system catalog, as the tools of Postgres ask for it: tables, columns, types, and what we say of them.
//!
//! datafusion-pg-catalog answers it in a context of its own, and its parser reads the statements: it leaves out and replaces
//! what it cannot plan, which is well for the questions of tools that it knows, and would be a wrong answer for any other. The
//! tables of the fleet have their columns here, and no rows.

mod functions;
mod information;
mod unreadable;

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
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
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::{Expr, Value, VisitMut, VisitorMut};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};
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
            ("pg_class", relations(&context).await?),
            ("pg_description", descriptions(&comments)?),
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
        let sql = without_empty_arrays(sql);
        let mut statements = self.parser.parse(&sql).map_err(|error| wrong(error.to_string()))?;
        let (Some(mut statement), true) = (statements.pop(), statements.is_empty()) else {
            return Err(wrong("one statement at a time".into()));
        };
        let _ = VisitMut::visit(&mut statement, &mut OwnEscapes);
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

/// Makes `a LIKE replace(b, '/', '\')` of `a LIKE b ESCAPE '/'`: DataFusion's escape is the backslash.
struct OwnEscapes;

impl VisitorMut for OwnEscapes {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let (Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. }) = expr
        else {
            return ControlFlow::Continue(());
        };
        let escape = match escape_char.take().map(|escape| escape.value) {
            Some(Value::SingleQuotedString(escape)) if !matches!(escape.as_str(), "" | "\\") => escape,
            _ => return ControlFlow::Continue(()),
        };
        let text = |text: &str| Expr::value(Value::SingleQuotedString(text.to_owned()));
        let pattern_of = |pattern: Expr| -> Option<Expr> {
            let sql = format!("replace({pattern}, {}, {})", text(&escape), text("\\"));
            Parser::new(&PostgreSqlDialect {}).try_with_sql(&sql).ok()?.parse_expr().ok()
        };
        if let Some(replaced) = pattern_of(pattern.as_ref().clone()) {
            **pattern = replaced;
        }
        ControlFlow::Continue(())
    }
}

/// What there is nothing of here. Tools ask for it as `array(SELECT …)`, which DataFusion cannot plan.
const NOTHING_OF: &[&str] = &["pg_auth_members", "polroles", "generate_subscripts", "reloptions"];

/// The statement with an empty list in place of each `array(SELECT …)` that has no rows here.
fn without_empty_arrays(sql: &str) -> String {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location() else {
        return sql.to_owned();
    };
    let is_word = |token: &TokenWithSpan, word: &str| matches!(&token.token, Token::Word(it) if it.value.eq_ignore_ascii_case(word));
    let starts: Vec<usize> =
        std::iter::once(0).chain(sql.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let byte = |at: Location| {
        let start =
            usize::try_from(at.line).ok().and_then(|line| starts.get(line.checked_sub(1)?)).copied()?;
        let before = usize::try_from(at.column).ok()?.checked_sub(1)?;
        Some(sql[start..].char_indices().nth(before).map_or(sql.len(), |(at, _)| start + at))
    };
    let tokens: Vec<_> =
        tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let (mut text, mut done, mut at) = (String::new(), 0, 0);
    while at + 2 < tokens.len() {
        let is_array = is_word(&tokens[at], "array")
            && tokens[at + 1].token == Token::LParen
            && is_word(&tokens[at + 2], "select");
        let mut depth = 0_usize;
        let end = (at + 1..tokens.len()).filter(|_| is_array).find(|end| {
            depth += usize::from(tokens[*end].token == Token::LParen);
            depth -= usize::from(tokens[*end].token == Token::RParen);
            depth == 0
        });
        if let Some(end) = end
            && tokens[at..end].iter().any(|token| NOTHING_OF.iter().any(|name| is_word(token, name)))
            && let (Some(from), Some(to)) = (byte(tokens[at].span.start), byte(tokens[end].span.end))
        {
            text += &sql[done..from];
            text += "array_remove(make_array(''), '')";
            (done, at) = (to, end);
        }
        at += 1;
    }
    text + &sql[done..]
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

/// `pg_class` with the columns that the crate leaves out: nobody has rights or options of his own here.
async fn relations(context: &SessionContext) -> Result<Arc<dyn TableProvider>> {
    let lists = ["relacl", "reloptions"];
    let lists = lists.map(|name| format!("CASE WHEN false THEN make_array('') END AS {name}")).join(", ");
    let sql = format!("SELECT *, {lists} FROM pg_catalog.pg_class");
    let batches = context.sql(&sql).await?.collect().await?;
    let Some(schema) = batches.first().map(RecordBatch::schema) else {
        return Err(DataFusionError::Internal("pg_class is empty".into()));
    };
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
