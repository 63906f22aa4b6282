//! Everything that a session chooses about DataFusion, for sessions of its own and for those of others.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::catalog::{CatalogProvider, TableProvider};
use datafusion::common::TableReference;
use datafusion::config::ConfigOptions;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{FunctionRegistry, SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::captured::{self, Archive};
use super::changes;
use super::cooperative::JoinsGiveWay;
use super::csv::CsvTables;
use super::files;
use super::policy::Policy;
use super::{Session, memory, workarounds};
use crate::aws::Clients;
use crate::catalog::TABLES;
use crate::error::{Error, Kind, Result};
use crate::options::LightsailOptions;
use crate::scan::{LightsailTable, PageCache, ScanContext, ShareScans};
use crate::{functions, system, views};

/// Who asks in place of this process, and runs the parts of plans that ask.
#[cfg(feature = "cluster")]
pub trait RemoteWorkers: std::fmt::Debug + Send + Sync {
    /// Says which profiles there are.
    fn introduce(&self, clients: &Clients);

    /// The rule that says which part of a plan runs there.
    fn rule(&self) -> Arc<dyn datafusion::physical_optimizer::PhysicalOptimizerRule + Send + Sync>;

    /// A session's state that sends them there.
    ///
    /// # Errors
    /// What makes that impossible.
    fn install(&self, state: SessionStateBuilder) -> Result<SessionStateBuilder>;
}

/// Builds a [`Session`], or adds the tables of Lightsail to a session of somebody else's.
#[derive(Debug)]
pub struct SessionBuilder {
    clients: Arc<Clients>,
    cache: Arc<PageCache>,
    runtime: Option<Arc<RuntimeEnv>>,
    options: LightsailOptions,
    policy: Policy,
    archive: Option<Arc<Archive>>,
    #[cfg(feature = "cluster")]
    workers: Option<Arc<dyn RemoteWorkers>>,
}

impl SessionBuilder {
    /// A session whose API calls go through `clients`, with the default settings, and pages and memory of its own.
    pub fn new(clients: Arc<Clients>) -> Self {
        Self {
            cache: Arc::new(PageCache::new(Arc::clone(&clients))),
            clients,
            runtime: None,
            options: LightsailOptions::default(),
            policy: Policy::default(),
            archive: None,
            #[cfg(feature = "cluster")]
            workers: None,
        }
    }

    /// Lets workers ask, each its own profiles, instead of this process.
    #[cfg(feature = "cluster")]
    #[must_use]
    pub fn with_workers(self, workers: Arc<dyn RemoteWorkers>) -> Self {
        workers.introduce(&self.clients);
        Self { workers: Some(workers), ..self }
    }

    /// Sets the `lightsail.*` settings that it begins with.
    #[must_use]
    pub fn with_options(self, options: LightsailOptions) -> Self {
        Self { options, ..self }
    }

    /// Lets it read the pages of other sessions that have the same cache.
    #[must_use]
    pub fn with_cache(self, cache: Arc<PageCache>) -> Self {
        Self { cache, ..self }
    }

    /// Lets it share memory and spill files with other sessions: of the memory it takes `lightsail.memory_limit` at most.
    #[must_use]
    pub fn with_runtime(self, runtime: Arc<RuntimeEnv>) -> Self {
        Self { runtime: Some(runtime), ..self }
    }

    /// Sets which statements it runs.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Lets it read captures instead of asking the service.
    #[must_use]
    pub fn with_archive(self, archive: Archive) -> Self {
        Self { archive: Some(Arc::new(archive)), ..self }
    }

    /// The session. Nothing is read or asked yet.
    ///
    /// # Errors
    /// When DataFusion's environment (its directory for spilling) cannot be made.
    pub fn build(self) -> Result<Session> {
        let config = SessionConfig::new()
            .with_information_schema(true)
            .with_default_catalog_and_schema("lightsail", "public");
        let runtime = match &self.runtime {
            Some(shared) => memory::part(shared, self.options.memory_limit)?,
            None => memory::runtime(self.options.memory_limit)?,
        };
        let csv = Arc::new(CsvTables);
        let state = SessionStateBuilder::new_with_default_features()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_table_factory("CSV".to_owned(), csv)
            .build();
        let context = SessionContext::new_with_state(state);
        let (policy, archive, shared) = (self.policy, self.archive.clone(), self.runtime.clone());
        let scans = self.register(&context)?;
        if policy.allows_files() {
            files::register(&context)?;
        }
        let begun_with = Arc::new(values(context.copied_config().options()));
        Ok(Session { context, scans, begun_with, policy, archive, shared, prepared: Arc::default() })
    }

    /// Adds all tables, views and functions, the settings, the rules, and the schema `system` to a session of somebody
    /// else's. Its statements leave records in the context that this returns, and keep every promise but those that need
    /// the text of a statement: what [`workarounds`] says of rewritten SQL holds for [`Session::ask`] alone.
    ///
    /// It changes the session for all of its statements, also those that read other tables:
    /// `datafusion.execution.target_partitions` becomes 1 and `datafusion.execution.time_zone` UTC, and statements that were
    /// prepared before are forgotten. A table that the session makes with `CREATE TABLE AS` of a partial answer carries no
    /// mark: who reads it is not told what is missing.
    ///
    /// # Errors
    /// [`Kind::Usage`] when the session has the tables of Lightsail already, or a table or schema with the name of one of
    /// ours; what DataFusion says when its default schema takes no tables. The session is then as it was.
    pub fn register(self, context: &SessionContext) -> Result<ScanContext> {
        if ScanContext::of(context.copied_config().options()).is_some() {
            return Err(Error::new(Kind::Usage, "this session has the tables of Lightsail already"));
        }
        check_names(context)?;
        let mut options = self.options;
        self.archive.iter().for_each(|archive| archive.settle(&self.clients, &mut options));
        let scans = ScanContext::new(self.clients, self.cache);
        let state = installed(context.state(), scans.clone(), options)?;
        #[cfg(feature = "cluster")]
        let state = match &self.workers {
            None => state,
            Some(workers) => distributed(state, workers.as_ref())?,
        };
        if let Err(error) = add_tables(context, &scans, self.archive.as_ref()) {
            remove_tables(context);
            return Err(error);
        }
        *context.state_ref().write() = state;
        let bounded = functions::bounded(|name| context.udf(name).ok().map(Arc::unwrap_or_clone));
        bounded.into_iter().chain(functions::all()).for_each(|function| context.register_udf(function));
        if let Ok(sum) = context.udaf("sum") {
            context.register_udaf(functions::checked_sum(Arc::unwrap_or_clone(sum)));
        }
        functions::register_signed(context);
        Ok(scans)
    }
}

/// The names that tables and views take in the default schema.
fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|table| table.name()).chain(views::VIEWS.iter().map(views::View::name))
}

/// The default catalog of a session.
fn catalog(context: &SessionContext) -> Option<Arc<dyn CatalogProvider>> {
    context.catalog(&context.copied_config().options().catalog.default_catalog)
}

/// Refuses a session that has something by a name of ours.
fn check_names(context: &SessionContext) -> Result<()> {
    for name in names() {
        if context.table_exist(TableReference::bare(name))? {
            let what = format!("this session has a table {name} already, and Lightsail has one of that name");
            return Err(Error::new(Kind::Usage, what)
                .with_hint("rename it, or add Lightsail to a session with another default schema"));
        }
    }
    if catalog(context).is_some_and(|catalog| catalog.schema(system::SCHEMA).is_some()) {
        let what = format!("this session has a schema {} already, and Lightsail adds one", system::SCHEMA);
        return Err(Error::new(Kind::Usage, what)
            .with_hint("rename it, or add Lightsail to a session with another default catalog"));
    }
    Ok(())
}

/// Adds tables, views and the schema `system`.
fn add_tables(context: &SessionContext, scans: &ScanContext, archive: Option<&Arc<Archive>>) -> Result<()> {
    let mut tables = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        let provider: Arc<dyn TableProvider> = match archive {
            Some(archive) => captured::table(*table, archive),
            None => Arc::new(LightsailTable::new(*table)),
        };
        context.register_table(TableReference::bare(table.name()), Arc::clone(&provider))?;
        tables.push((table.name(), provider));
    }
    archive.map_or(Ok(()), |archive| {
        captured::register_history(context, archive)?;
        changes::register(context, archive)
    })?;
    let views = views::register(context, tables)?;
    Ok(system::register(context, scans, views)?)
}

/// Takes back what [`add_tables`] added before it failed. Nothing had these names before.
fn remove_tables(context: &SessionContext) {
    // What cannot be taken back was most likely not added either: the first error is the one to tell.
    for name in names() {
        let _ = context.deregister_table(TableReference::bare(name));
    }
    let _ = catalog(context).map(|catalog| catalog.deregister_schema(system::SCHEMA, true));
}

/// A state with our settings and rules.
fn installed(state: SessionState, scans: ScanContext, options: LightsailOptions) -> Result<SessionState> {
    let analyzer = workarounds::analyzer_rules(&state.analyzer().rules);
    let optimizer = workarounds::optimizer_rules(&state.optimizer().rules);
    let mut physical = workarounds::physical_rules(state.physical_optimizers());
    physical.push(Arc::new(ShareScans));
    physical.push(Arc::new(JoinsGiveWay));
    let mut config = state.config().clone();
    let settings = config.options_mut();
    // One: a repartition holds rows back until it has thousands or all; the network is the bottleneck.
    settings.execution.target_partitions = 1;
    settings.execution.time_zone = Some("UTC".into());
    settings.sql_parser.collect_spans = true;
    workarounds::pin(settings)?;
    settings.extensions.insert(options);
    settings.extensions.insert(scans);
    Ok(SessionStateBuilder::new_from_existing(state)
        .with_config(config)
        .with_analyzer_rules(analyzer)
        .with_optimizer_rules(optimizer)
        .with_physical_optimizer_rules(physical)
        .build())
}

/// A state whose plans run at workers.
#[cfg(feature = "cluster")]
fn distributed(state: SessionState, workers: &dyn RemoteWorkers) -> Result<SessionState> {
    let mut physical = state.physical_optimizers().to_vec();
    // Behind what says what is asked, and before what makes joins give way wherever they run.
    let place = physical.iter().position(|rule| rule.name() == "joins_give_way").unwrap_or(physical.len());
    physical.insert(place, workers.rule());
    let builder = SessionStateBuilder::new_from_existing(state).with_physical_optimizer_rules(physical);
    Ok(workers.install(builder)?.build())
}

/// What each setting is set to.
fn values(options: &ConfigOptions) -> HashMap<String, String> {
    let entries = options.entries().into_iter();
    entries.filter_map(|entry| Some((entry.key, entry.value?))).collect()
}
