//! Sessions: the tables, the settings, and one statement turned into one answer.

mod bind;
mod builder;
mod captured;
mod changes;
mod cooperative;
mod csv;
mod deadline;
mod describe;
mod files;
mod foresee;
mod hive;
mod last_answer;
mod memory;
mod policy;
mod prepared;
mod provenance;
mod quoting;
pub mod stored;
mod tables;
mod targets;
pub mod translation;
mod types;
mod watched;
pub mod workarounds;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use arrow::datatypes::SchemaRef;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::{DdlStatement, LogicalPlan, SetVariable, Statement as PlanStatement};
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement as Ast;

#[cfg(feature = "cluster")]
pub use builder::RemoteWorkers;
pub use builder::SessionBuilder;
pub use captured::Archive;
pub use changes::CHANGES;
use deadline::Deadline;
pub use deadline::out_of_time;
pub use describe::Description;
pub use last_answer::{LAST_ANSWER, reads_last_answer};
pub use memory::{part, remove_spilled, runtime};
pub use policy::Policy;
use prepared::Prepared;
pub use targets::KnownTarget;
use watched::watched;

use crate::aws::Clients;
use crate::aws::calls::Call;
use crate::aws::target::Profile;
use crate::captures::Capture;
use crate::error::{Error, Kind, Result};
use crate::options::{LightsailOptions, list};
use crate::panics;
use crate::scan::{
    Basis, Estimate, Mode, Needless, Record, RecordLog, RowOrder, ScanContext, Statement, limit,
    stray_profiles, stray_regions,
};
use crate::script::Parameters;

/// A DataFusion session over Lightsail. Its clones are the same session.
#[derive(Clone)]
pub struct Session {
    context: SessionContext,
    scans: ScanContext,
    policy: Policy,
    prepared: Arc<Prepared>,
    /// The captures that it reads instead of asking the service.
    archive: Option<Arc<Archive>>,
    /// The memory and the files that it shares with other sessions; `None` if they are its own.
    shared: Option<Arc<RuntimeEnv>>,
    /// What RESET goes back to.
    begun_with: Arc<HashMap<String, String>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("scans", &self.scans).finish_non_exhaustive()
    }
}

/// The answer to one statement.
pub struct Answer {
    /// The columns of its rows.
    pub schema: SchemaRef,
    /// Its rows, as they are read. A statement without a result, such as SET, is done already.
    pub stream: SendableRecordBatchStream,
    /// How the rows come to be: what was read at which target, what is missing, what it cost.
    pub record: Arc<Record>,
}

/// Adds all tables and views and the `lightsail.*` settings to a DataFusion session of your own.
///
/// # Errors
/// As [`SessionBuilder::register`].
pub fn register(
    context: &SessionContext,
    clients: &Arc<Clients>,
    options: LightsailOptions,
) -> Result<ScanContext> {
    SessionBuilder::new(Arc::clone(clients)).with_options(options).register(context)
}

impl Session {
    /// A session with all tables, whose API calls go through `clients`. Nothing is asked yet.
    ///
    /// # Errors
    /// As [`SessionBuilder::build`].
    pub fn new(clients: Arc<Clients>, options: LightsailOptions) -> Result<Self> {
        SessionBuilder::new(clients).with_options(options).build()
    }

    /// DataFusion's own handle.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Which statements it runs.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// From now on every statement sees the fleet as it was when it was first asked: one batch run is one snapshot.
    pub fn hold_snapshot(&self) {
        self.scans.hold_snapshot();
    }

    /// When the snapshot that is held was begun, if a statement has read it.
    pub fn held_since(&self) -> Option<SystemTime> {
        self.scans.held_since()
    }

    /// From now on statements ask anew, whatever the cache holds.
    pub fn refresh(&self) {
        self.scans.refresh();
    }

    /// What is to be said of the regions that are set before anything is asked there.
    pub fn stray_regions(&self) -> Vec<String> {
        let config = self.context.copied_config();
        let options = config.options().extensions.get::<LightsailOptions>();
        options.map(|options| stray_regions(self.scans.clients(), options)).unwrap_or_default()
    }

    /// What is to be said of the profiles that are set before anything is asked of them.
    pub fn stray_profiles(&self) -> Vec<String> {
        let config = self.context.copied_config();
        match config.options().extensions.get::<LightsailOptions>() {
            Some(options) => stray_profiles(self.scans.clients(), options),
            None => Vec::new(),
        }
    }

    /// Whether all regions of all its profiles are asked, as far as that is known.
    pub fn asks_all_regions(&self) -> bool {
        let config = self.context.copied_config();
        let options = config.options().extensions.get::<LightsailOptions>();
        options.is_some_and(|options| {
            self.scans.clients().asks_all(&list(&options.profiles), &list(&options.regions))
        })
    }

    /// The capture that its tables are of; `None` if the service is asked.
    pub fn captured(&self) -> Option<&Capture> {
        self.archive.as_ref().map(|archive| archive.at.as_ref())
    }

    /// The account of a profile, as far as it is known.
    pub fn account(&self, profile: &Profile) -> Option<String> {
        self.scans.clients().account(profile)
    }

    /// The newest API calls of this session.
    pub fn call_log(&self) -> Vec<Call> {
        self.scans.calls().calls()
    }

    /// How many API calls this session has made.
    pub fn calls(&self) -> u64 {
        self.scans.calls().total()
    }

    /// The records of its statements that read anything.
    pub fn records(&self) -> &RecordLog {
        self.scans.records()
    }

    /// Begins the record of a statement, for [`ask_with`](Self::ask_with).
    pub fn begin(&self) -> Arc<Record> {
        self.scans.begin()
    }

    /// Plans a statement and starts it; its rows come as they arrive.
    ///
    /// Any number of statements may run at the same time, each with a record of its own.
    ///
    /// # Errors
    /// What DataFusion finds wrong with it; what the policy refuses.
    pub async fn ask(&self, statement: Ast, parameters: &Parameters) -> datafusion::common::Result<Answer> {
        self.ask_with(self.begin(), statement, parameters, RowOrder::Arrival).await
    }

    /// Like [`ask`](Self::ask), with a record that outlives a failure, and the rows in an `order`.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub async fn ask_with(
        &self,
        record: Arc<Record>,
        statement: Ast,
        parameters: &Parameters,
        order: RowOrder,
    ) -> datafusion::common::Result<Answer> {
        let deadline = self.options().query_timeout.and_then(Deadline::in_time);
        let answer = panics::catch(Box::pin(self.answer(record, statement, parameters, order)));
        let Answer { schema, stream, record } = match deadline {
            None => answer.await?,
            Some(deadline) => deadline.wait(answer).await??,
        };
        let stream = panics::watch(stream);
        let stream = match deadline {
            None => stream,
            Some(deadline) => deadline.watch(stream),
        };
        Ok(Answer { schema, stream, record })
    }

    async fn answer(
        &self,
        record: Arc<Record>,
        statement: Ast,
        parameters: &Parameters,
        order: RowOrder,
    ) -> datafusion::common::Result<Answer> {
        let needless = Arc::<Needless>::default();
        let state_for = |mode| {
            let (record, needless) = (Arc::clone(&record), Arc::clone(&needless));
            self.state_of(Statement { record, mode, order, needless })
        };
        let state = state_for(Mode::Run);
        workarounds::suspects::notes(&statement).into_iter().for_each(|note| record.remark_once(Some(note)));
        let mut plan = self.prepared.resolve(plan(&state, statement, parameters).await?, &state)?;
        self.policy.check(&plan)?;
        policy::check_copy(&plan)?;
        let variable = match &plan {
            LogicalPlan::Statement(PlanStatement::SetVariable(set)) => Some(&set.variable),
            LogicalPlan::Statement(PlanStatement::ResetVariable(reset)) => Some(&reset.variable),
            _ => None,
        };
        if variable.is_some_and(|name| name.eq_ignore_ascii_case(memory::THEIR_LIMIT)) {
            return Err(Error::new(Kind::Usage, "lightsail.memory_limit says what statements may hold here")
                .with_hint("SET lightsail.memory_limit = '2 GB'")
                .into());
        }
        if let Some(unknown) = variable.and_then(|name| translation::unknown::setting(name, &state)) {
            return Err(unknown.into());
        }
        if let LogicalPlan::Statement(PlanStatement::SetVariable(set)) = &plan {
            workarounds::check_set(&set.variable, &set.value)?;
        }
        if let LogicalPlan::Statement(PlanStatement::ResetVariable(reset)) = &plan
            && let Some(value) = self.begun_with.get(&reset.variable)
        {
            // DataFusion would reset to its own defaults, and none but its own settings.
            let set = SetVariable { variable: reset.variable.clone(), value: value.clone() };
            plan = LogicalPlan::Statement(PlanStatement::SetVariable(set));
        }
        let is_explained = matches!(plan, LogicalPlan::Explain(_));
        let state = if is_explained { state_for(Mode::Explain) } else { state };
        if let LogicalPlan::Explain(explain) = &plan {
            // DataFusion explains what cannot be planned as if it had no physical plan to show.
            let planned = state.create_physical_plan(&explain.plan).await;
            planned.map(drop).map_err(Error::from).or_else(|error| match error.kind() {
                Kind::Sql => Ok(()),
                _ => Err(error),
            })?;
        }
        let changes_session = matches!(&plan, LogicalPlan::Statement(statement) if !matches!(statement, PlanStatement::Execute(_)));
        let context = match changes_session {
            true => self.context.clone(),
            false => SessionContext::new_with_state(state.clone()),
        };
        let frame = match plan {
            LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(table)) => {
                Box::pin(provenance::create_table(&context, table, &record)).await?
            }
            LogicalPlan::Ddl(DdlStatement::CreateExternalTable(table)) => {
                Box::pin(provenance::create_external_table(&context, table, &record)).await?
            }
            LogicalPlan::Statement(statement) => {
                let plan = LogicalPlan::Statement(statement.clone());
                let before = self.options().memory_limit;
                let frame = context.execute_logical_plan(plan).await?;
                self.prepared.follow(&statement);
                let limit = self.options().memory_limit;
                if limit != before {
                    memory::set_limit(&self.context, self.shared.as_deref(), limit)?;
                }
                frame
            }
            plan => context.execute_logical_plan(plan).await?,
        };
        let (_, plan) = frame.into_parts();
        let plan = state.create_physical_plan(&plan).await?;
        let rows = execute_stream(Arc::clone(&plan), state.task_ctx())?;
        let stream = watched(rows, Arc::clone(&record), limit(&plan), needless);
        Ok(Answer { schema: stream.schema(), stream, record })
    }

    /// About how many calls a statement is going to make, as far as that is known without one.
    ///
    /// # Errors
    /// What is wrong with it, as [`ask`](Self::ask) says.
    pub async fn estimate(
        &self,
        statement: &Ast,
        parameters: &Parameters,
    ) -> datafusion::common::Result<Estimate> {
        let (record, needless) = (self.begin(), Arc::default());
        let (mode, order) = (Mode::Explain, RowOrder::Arrival);
        let state = self.state_of(Statement { record, mode, order, needless });
        let plan = plan(&state, statement.clone(), parameters).await?;
        let reads = match &plan {
            LogicalPlan::Explain(_) | LogicalPlan::Statement(_) => vec![],
            LogicalPlan::Ddl(_) | LogicalPlan::Dml(_) | LogicalPlan::Copy(_) | LogicalPlan::Analyze(_) => {
                plan.inputs()
            }
            query => vec![query],
        };
        let (options, mut estimate) = (self.options(), Estimate::default());
        let basis = Basis { clients: self.scans.clients(), options: &options, records: self.records() };
        for plan in reads {
            let found = basis.estimate(&state.create_physical_plan(plan).await?);
            estimate.calls += found.calls;
            estimate.narrower = estimate.narrower.or(found.narrower);
        }
        Ok(estimate)
    }

    /// A copy of the session's state for one statement.
    fn state_of(&self, statement: Statement) -> SessionState {
        let mut state = self.context.state();
        // One `now` for the SQL and for what is asked of the API. That of a capture is its own: what it says of tomorrow was
        // said then.
        let captured_at = self.archive.as_ref().map(|archive| archive.at.time());
        let now = captured_at.unwrap_or_else(|| statement.record.begun_at.time.into());
        state.execution_props_mut().query_execution_start_time = Some(now);
        if let Some(scans) = state.config_mut().options_mut().extensions.get_mut::<ScanContext>() {
            scans.set_statement(statement);
        }
        state
    }
}

async fn plan(
    state: &SessionState,
    ast: Ast,
    parameters: &Parameters,
) -> datafusion::common::Result<LogicalPlan> {
    let ast = workarounds::rewritten(ast, state).await?;
    let plan = state.statement_to_plan(ast.clone()).await;
    let plan = plan.map_err(|error| translation::unknown::explained(error, &ast, state))?;
    workarounds::ambiguous::check(&plan)?;
    workarounds::intervals::check(&plan)?;
    workarounds::windows::check(&plan)?;
    workarounds::suspects::check(&plan)?;
    let plan = types::named(plan, &ast)?;
    match parameters.is_empty() {
        true => Ok(plan),
        false => bind::bind(plan, parameters),
    }
}
