//! What scans are read with: clients, pages and the record of their statement, as an extension of the session's
//! configuration. The optimizer rule and the scans take them from there, in whoever's session they stand.

use std::any::Any;
use std::sync::{Arc, Weak};
use std::time::SystemTime;

use datafusion::common::{Result, config_err};
use datafusion::config::{ConfigEntry, ConfigExtension, ConfigOptions, ExtensionOptions};

use crate::aws::calls::{CallLog, Caller};
use crate::aws::{Clients, Limit};
use crate::scan::moment::Moment;
use crate::scan::read::cache::{HeldSnapshot, PageCache};
use crate::scan::read::needless::Needless;
use crate::scan::record::{Record, RecordLog};

/// What the scans of a session are read with.
#[derive(Debug, Clone)]
pub struct ScanContext {
    pub(in crate::scan) clients: Arc<Clients>,
    pub(in crate::scan) cache: Arc<PageCache>,
    pub(in crate::scan) held: Arc<HeldSnapshot>,
    records: Arc<RecordLog>,
    calls: Arc<CallLog>,
    limit: Arc<Limit>,
    statement: Option<Statement>,
}

/// What a statement has of its own, in its own copy of the session's state.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) record: Arc<Record>,
    pub(crate) mode: Mode,
    pub(crate) order: RowOrder,
    pub(crate) needless: Arc<Needless>,
}

/// What is done with a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Run,
    /// Only its plan is wanted: it leaves no record and changes nothing.
    Explain,
    /// Its plan is looked at for what later statements of the same snapshot need to know.
    Foresee,
}

/// The order of a statement's rows where its SQL names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowOrder {
    /// As they arrive, whichever target answers first: rows on the screen at once.
    #[default]
    Arrival,
    /// That of targets and pages, the same in every run. A LIMIT still takes the rows that are there first.
    Target,
}

impl ScanContext {
    /// A context whose calls go through `clients` and whose pages `cache` keeps, with logs of its own.
    pub fn new(clients: Arc<Clients>, cache: Arc<PageCache>) -> Self {
        Self {
            clients,
            cache,
            held: Arc::default(),
            records: Arc::default(),
            calls: Arc::default(),
            limit: Arc::default(),
            statement: None,
        }
    }

    /// The context of a session.
    pub fn of(config: &ConfigOptions) -> Option<&Self> {
        config.extensions.get::<Self>()
    }

    /// The clients that its calls go through.
    pub fn clients(&self) -> &Arc<Clients> {
        &self.clients
    }

    /// The records of the session's statements.
    pub fn records(&self) -> &Arc<RecordLog> {
        &self.records
    }

    /// The calls of the session.
    pub fn calls(&self) -> &Arc<CallLog> {
        &self.calls
    }

    /// From now on all statements read one snapshot, as those of one batch run do.
    pub(crate) fn hold_snapshot(&self) {
        self.held.begin();
    }

    /// When the snapshot that is held was begun, if a statement has read it.
    pub(crate) fn held_since(&self) -> Option<SystemTime> {
        self.held.since()
    }

    /// Lets the next statement ask anew, whatever was read before.
    pub fn refresh(&self) {
        self.held.refresh();
        self.cache.refresh();
    }

    /// Begins a statement: gives up the pages that are too old for it, and says where it is recorded.
    pub(crate) fn begin(&self) -> Arc<Record> {
        self.cache.give_up(Moment::now());
        let number = self.records.next_number();
        let caller = Caller::new(number, Arc::clone(&self.limit), Arc::clone(&self.calls));
        Arc::new(Record::new(number, Arc::new(caller), Arc::downgrade(&self.records)))
    }

    /// A record that no log has, for what is looked at before a statement runs.
    pub(crate) fn aside(&self) -> Arc<Record> {
        let caller = Caller::new(0, Arc::clone(&self.limit), Arc::clone(&self.calls));
        Arc::new(Record::new(0, Arc::new(caller), Weak::new()))
    }

    /// The statement whose state this is; `None` in a session that plans without [`Session::ask`](crate::session::Session::ask).
    pub(crate) fn statement(&self) -> Option<&Statement> {
        self.statement.as_ref()
    }

    /// Makes the state that this is part of that of one statement.
    pub(crate) fn set_statement(&mut self, statement: Statement) {
        self.statement = Some(statement);
    }
}

impl ConfigExtension for ScanContext {
    const PREFIX: &'static str = "lightsail_scans";
}

/// It holds nothing that could be set or shown.
impl ExtensionOptions for ScanContext {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, _: &str) -> Result<()> {
        config_err!("there is no setting {}.{key}", Self::PREFIX)
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        Vec::new()
    }
}
