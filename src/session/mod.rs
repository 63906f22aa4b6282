//! Sessions: the tables, the settings, and SQL statements turned into streams of record batches.

mod bind;
mod csv;
mod translation;
pub mod workarounds;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use arrow::datatypes::SchemaRef;
use csv::CsvTables;
use datafusion::catalog::TableProvider;
use datafusion::config::ConfigOptions;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{DdlStatement, LogicalPlan, SetVariable, Statement};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use datafusion::sql::parser::Statement as Ast;

use crate::aws::Clients;
use crate::aws::calls::Call;
use crate::catalog::TABLES;
use crate::error::{Error, Kind, Result};
use crate::options::LightsailOptions;
use crate::origins::{Foreseen, Origins, Said};
use crate::scan::{LightsailTable, Query, QueryLog, ShareScans, stray_regions};
use crate::script::Parameters;
use crate::views::Plans;
use crate::{functions, system, views};

/// What sorts, joins and aggregates may hold before they spill to disk, in bytes.
const MEMORY: usize = 1 << 30;

/// A DataFusion session over Lightsail.
#[derive(Clone)]
pub struct Session {
    context: SessionContext,
    clients: Arc<Clients>,
    share: Arc<ShareScans>,
    origins: Arc<Origins>,
    csv: Arc<CsvTables>,
    /// What RESET goes back to.
    begun_with: Arc<HashMap<String, String>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("clients", &self.clients).finish_non_exhaustive()
    }
}

/// Adds all tables and views and the `lightsail.*` settings to a DataFusion session of your own.
///
/// # Errors
/// When the session's default schema takes no tables.
pub fn register(context: &SessionContext, clients: &Arc<Clients>, options: LightsailOptions) -> Result<()> {
    register_all(context, clients, options).map(drop)
}

/// The same; gives the views, of which nobody but they themselves knows what they are.
fn register_all(
    context: &SessionContext,
    clients: &Arc<Clients>,
    options: LightsailOptions,
) -> Result<Arc<Plans>> {
    context.state_ref().write().config_mut().options_mut().extensions.insert(options);
    functions::all().into_iter().for_each(|function| context.register_udf(function));
    let mut tables = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        let provider: Arc<dyn TableProvider> = Arc::new(LightsailTable::new(*table, Arc::clone(clients)));
        context.register_table(table.name(), Arc::clone(&provider))?;
        tables.push((table.name(), provider));
    }
    Ok(views::register(context, tables)?)
}

impl Session {
    /// A session with all tables, whose API calls go through `clients`. Nothing is asked yet.
    ///
    /// # Errors
    /// When DataFusion's environment (its directory for spilling) cannot be made.
    pub fn new(clients: Arc<Clients>, options: LightsailOptions) -> Result<Self> {
        let mut config = SessionConfig::new()
            // One: a repartition holds rows back until it has thousands or all; the network is the bottleneck.
            .with_target_partitions(1)
            .with_information_schema(true)
            .with_default_catalog_and_schema("lightsail", "public");
        let settings = config.options_mut();
        settings.sql_parser.collect_spans = true;
        settings.execution.time_zone = Some("UTC".into());
        workarounds::pin(settings)?;
        let consumers = std::num::NonZeroUsize::MIN.saturating_add(4);
        let pool = TrackConsumersPool::new(FairSpillPool::new(MEMORY), consumers);
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc()?;
        let share = Arc::new(ShareScans::new(Arc::clone(&clients)));
        let csv = Arc::new(CsvTables::default());
        let state = SessionStateBuilder::new_with_default_features()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_analyzer_rules(workarounds::analyzer_rules())
            .with_optimizer_rules(workarounds::optimizer_rules())
            .with_physical_optimizer_rules(workarounds::physical_rules())
            .with_physical_optimizer_rule(Arc::clone(&share) as _)
            .with_table_factory("CSV".to_owned(), Arc::clone(&csv) as _)
            .build();
        let context = SessionContext::new_with_state(state);
        let views = register_all(&context, &clients, options)?;
        let begun_with = Arc::new(values(context.copied_config().options()));
        system::register(&context, &clients, &share, views)?;
        Ok(Self { context, clients, share, origins: Arc::default(), csv, begun_with })
    }

    /// DataFusion's own handle.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// From now on every query sees the fleet as it was when it was first asked: one batch run is one snapshot.
    pub fn hold_snapshot(&self) {
        self.share.hold_snapshot();
    }

    /// Plans statements before the first is run, and says of each what its rows will be, or why it cannot be planned;
    /// `None` where an earlier statement makes what it reads. A snapshot that is held is told what they read: a page is
    /// asked for once, with all that any of them needs of it.
    pub async fn foresee(
        &self,
        statements: &[(&Ast, &Parameters)],
    ) -> Vec<datafusion::common::Result<Option<SchemaRef>>> {
        // In a state of their own: whoever gives up midway leaves no trace of it.
        let mut state = self.context.state();
        if let Some(options) = state.config_mut().options_mut().extensions.get_mut::<LightsailOptions>() {
            options.foresees = true;
        }
        let schema = self.default_schema();
        let said = |statement| Said { statement, schema: &schema };
        let mut foreseen = Foreseen::default();
        let mut outcomes = Vec::with_capacity(statements.len());
        for (ast, parameters) in statements {
            let is_open = foreseen.bears_on(said(ast));
            foreseen.note(said(ast));
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
            let mut outcome = Ok((!is_open).then(|| Arc::clone(plan.schema().inner())));
            // A view that nobody reads is no reason to ask for anything.
            if let Some(view) = said(ast).view()
                && !statements.iter().any(|(ast, _)| said(ast).reads().contains(&view))
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
            let is_without_values = matches!(plan, LogicalPlan::Statement(Statement::Prepare(_)))
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

    /// What is to be said of the regions that are set before anything is asked there.
    pub(crate) fn stray_regions(&self) -> Vec<String> {
        let config = self.context.copied_config();
        let options = config.options().extensions.get::<LightsailOptions>();
        options.map(|options| stray_regions(&self.clients, options)).unwrap_or_default()
    }

    /// When the snapshot that is held was begun, if a query has read it.
    pub fn held_since(&self) -> Option<SystemTime> {
        self.share.held_since()
    }

    /// From now on queries ask anew, whatever the cache holds.
    pub fn refresh(&self) {
        self.share.refresh();
    }

    /// The newest API calls of this session.
    pub fn call_log(&self) -> Vec<Call> {
        self.clients.log().calls()
    }

    /// How many API calls were made so far.
    pub fn calls(&self) -> u64 {
        self.clients.log().total()
    }

    /// Plans a statement and starts it. A statement that has no result, such as SET, is done when this returns. Its rows
    /// come as they arrive.
    ///
    /// # Errors
    /// What DataFusion finds wrong with it.
    pub async fn run(
        &self,
        ast: Ast,
        parameters: &Parameters,
    ) -> datafusion::common::Result<SendableRecordBatchStream> {
        self.start(ast, parameters, false).await
    }

    /// Like [`run`](Self::run), with the rows in the order of targets and pages: the same rows come in the same order
    /// whichever target answers first. A LIMIT still takes the rows that are there first.
    ///
    /// # Errors
    /// What DataFusion finds wrong with it.
    pub async fn run_in_order(
        &self,
        ast: Ast,
        parameters: &Parameters,
    ) -> datafusion::common::Result<SendableRecordBatchStream> {
        self.start(ast, parameters, true).await
    }

    async fn start(
        &self,
        ast: Ast,
        parameters: &Parameters,
        in_order: bool,
    ) -> datafusion::common::Result<SendableRecordBatchStream> {
        let mut plan = plan(&self.context.state(), ast, parameters).await?;
        if let LogicalPlan::Statement(Statement::SetVariable(set)) = &plan {
            workarounds::check_set(&set.variable, &set.value)?;
        }
        if let LogicalPlan::Statement(Statement::ResetVariable(reset)) = &plan
            && let Some(value) = self.begun_with.get(&reset.variable)
        {
            // DataFusion would reset to its own defaults, and none but its own settings.
            let set = SetVariable { variable: reset.variable.clone(), value: value.clone() };
            plan = LogicalPlan::Statement(Statement::SetVariable(set));
        }
        if let LogicalPlan::Explain(explain) = &plan {
            // DataFusion explains what cannot be planned as if it had no physical plan to show.
            let planned = self.context.state().create_physical_plan(&explain.plan).await;
            planned.map(drop).map_err(Error::from).or_else(|error| match error.kind() {
                Kind::Sql => Ok(()),
                _ => Err(error),
            })?;
        }
        let frame = match &plan {
            // Its query runs before there is a frame to take the state of.
            LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(_)) if in_order => {
                SessionContext::new_with_state(ordered(self.context.state()))
                    .execute_logical_plan(plan)
                    .await?
            }
            _ => self.context.execute_logical_plan(plan).await?,
        };
        let (state, plan) = frame.into_parts();
        let state = if in_order { ordered(state) } else { state };
        DataFrame::new(state, plan).execute_stream().await
    }

    /// What was found out about tables since this was last asked, for a person to know.
    pub(crate) fn take_notes(&self) -> Vec<String> {
        self.csv.take_notes()
    }

    /// The queries that the tables were made of which a statement reads.
    pub(crate) fn origins(&self, statement: &Ast) -> Vec<Arc<Query>> {
        self.origins.of(Said { statement, schema: &self.default_schema() })
    }

    /// Takes note of what a statement has made, and of the queries that it read.
    pub(crate) fn note_origins(&self, statement: &Ast, queries: &[Arc<Query>]) {
        self.origins.note(Said { statement, schema: &self.default_schema() }, queries);
    }

    fn default_schema(&self) -> String {
        self.context.copied_config().options().catalog.default_schema.clone()
    }

    /// The queries of this session.
    pub fn queries(&self) -> &QueryLog {
        self.share.log()
    }
}

/// The state of one statement whose rows come in the order of targets and pages.
fn ordered(mut state: SessionState) -> SessionState {
    if let Some(options) = state.config_mut().options_mut().extensions.get_mut::<LightsailOptions>() {
        options.in_order = true;
    }
    state
}

/// What each setting is set to.
fn values(options: &ConfigOptions) -> HashMap<String, String> {
    let entries = options.entries().into_iter();
    // DataFusion keeps this one elsewhere, and would reset it to no limit.
    let memory = ("datafusion.runtime.memory_limit".to_owned(), format!("{}M", MEMORY >> 20));
    entries.filter_map(|entry| Some((entry.key, entry.value?))).chain([memory]).collect()
}

async fn plan(
    state: &SessionState,
    ast: Ast,
    parameters: &Parameters,
) -> datafusion::common::Result<LogicalPlan> {
    let ast = workarounds::rewritten(ast, state).await?;
    let plan = state.statement_to_plan(ast).await?;
    workarounds::ambiguous::check(&plan)?;
    match parameters.is_empty() {
        true => Ok(plan),
        false => bind::bind(plan, parameters),
    }
}
