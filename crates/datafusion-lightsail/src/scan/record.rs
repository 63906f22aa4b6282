//! The record of a statement: what each of its scans read at each target, what a person should know, and what it cost.
//!
//! A record is a statement's own from its birth: any number of statements run at the same time without getting each
//! other's warnings, calls or tokens.

mod completeness;
mod log;
mod notes;

#[cfg(feature = "cluster")]
use std::collections::BTreeSet;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;

use crate::aws::Target;
use crate::aws::calls::Caller;
#[cfg(feature = "cluster")]
use crate::aws::target::Profile;
use crate::error::{Error, Kind};
use crate::scan::made::Lineage;
use crate::scan::moment::Moment;
#[cfg(feature = "cluster")]
use crate::scan::plan::names::Names;

pub use completeness::{Completeness, StoredAnswer};
pub use log::RecordLog;
pub use notes::Notes;

use completeness::Condensed;

/// What a scan read at one target.
#[derive(Debug, Clone)]
pub struct ScanRecord {
    /// The table that was read.
    pub table: &'static str,
    /// The API operation that was asked.
    pub operation: &'static str,
    /// Who was asked.
    pub target: Target,
    /// Pages that were read, whoever had fetched them.
    pub pages: usize,
    /// Items on those pages.
    pub items: usize,
    /// How many requests were made out of it: one, or one for each item of a parent.
    pub requests: usize,
    /// How many of them were not read to their end.
    pub open: usize,
    /// Our token for the next run, where a bounded scan stopped here.
    pub next_token: Option<String>,
    /// What the query may want and was not asked.
    pub shortfall: Option<Arc<str>>,
    /// Why the rest is missing.
    pub error: Option<Arc<Error>>,
    /// Whether the statement read the scan to its end: rows that it did not want are not missing.
    pub(in crate::scan) is_read: Arc<AtomicBool>,
}

impl ScanRecord {
    /// Whether everything that the query may want was read; not if a LIMIT had enough before.
    pub fn is_complete(&self) -> bool {
        self.open == 0 && self.error.is_none() && self.next_token.is_none() && self.shortfall.is_none()
    }
}

/// The record of one statement.
pub struct Record {
    /// The statement's number in its session, from 1.
    pub number: u64,
    /// When the statement was begun: the `now` of all of its scans.
    pub begun_at: Moment,
    caller: Arc<Caller>,
    log: Weak<RecordLog>,
    told: Mutex<Told>,
    foreseen: Mutex<Notes>,
    lineage: Mutex<Lineage>,
    has_started: watch::Sender<bool>,
}

/// What a statement has told so far.
#[derive(Debug, Default)]
struct Told {
    scans: Vec<ScanRecord>,
    /// What is left of the scans that were forgotten.
    condensed: Condensed,
    /// How many readers change their scans, which they know by their place.
    readers: usize,
    /// Whether `system.scans` has forgotten it.
    is_forgotten: bool,
    notes: Notes,
    /// The records of the statements that made the tables which it reads, each once.
    sources: Vec<Arc<Record>>,
    /// The files of earlier answers that it reads.
    files: Vec<StoredAnswer>,
    /// The targets that its scans name, by their place in the plan, with what joins at the workers have told them.
    #[cfg(feature = "cluster")]
    heard: HashMap<usize, Names>,
    /// The regions that rows of scans say, where all rows of the table say the same, by their place in the plan.
    #[cfg(feature = "cluster")]
    regions_said: HashMap<usize, BTreeSet<String>>,
    /// The accounts that rows of profiles say they are of.
    #[cfg(feature = "cluster")]
    accounts: HashMap<Profile, String>,
}

impl Record {
    /// The record of statement number `number`, whose calls `caller` makes. `log` takes it in when it begins to read.
    pub(in crate::scan) fn new(number: u64, caller: Arc<Caller>, log: Weak<RecordLog>) -> Self {
        Self {
            number,
            begun_at: Moment::now(),
            caller,
            log,
            told: Mutex::default(),
            foreseen: Mutex::default(),
            lineage: Mutex::default(),
            has_started: watch::Sender::new(false),
        }
    }

    /// What the columns of its rows are made of.
    pub(crate) fn lineage(&self) -> Lineage {
        self.lineage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what the columns of its rows are made of.
    pub(in crate::scan) fn set_lineage(&self, lineage: Lineage) {
        *self.lineage.lock().unwrap_or_else(PoisonError::into_inner) = lineage;
    }

    /// The maker of its calls.
    pub(in crate::scan) fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// How many API calls it has made.
    pub fn calls(&self) -> u64 {
        self.caller.calls()
    }

    /// The size of the bodies that its calls were answered with.
    pub fn bytes(&self) -> u64 {
        self.caller.bytes()
    }

    /// How many of its calls wait to be tried again because the API said that it was asked too fast.
    pub fn waiting(&self) -> usize {
        self.caller.waiting()
    }

    /// How often the API said that it was asked too fast.
    pub fn throttled(&self) -> u64 {
        self.caller.throttled()
    }

    /// Says that somebody wants rows of a scan.
    pub(in crate::scan) fn start(self: &Arc<Self>) {
        if !self.has_started.send_replace(true)
            && let Some(log) = self.log.upgrade()
        {
            log.add(self);
        }
    }

    /// Says that a reader opens and changes records of scans, until what this returns is dropped.
    pub(in crate::scan) fn reading(self: &Arc<Self>) -> Reading {
        self.told().readers += 1;
        Reading(Arc::clone(self))
    }

    /// Lets its scans go, now that `system.scans` has forgotten them: as soon as no reader changes them any more. A table
    /// that was made of its rows keeps the record, perhaps for days.
    fn forget_scans(&self) {
        let mut told = self.told();
        told.is_forgotten = true;
        told.condense_if_idle();
    }

    /// Takes note of the account that the rows of a profile say they are of: what is configured may be another.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) fn see_account(&self, profile: &Profile, account: impl FnOnce() -> Option<String>) {
        let is_new = !self.told().accounts.contains_key(profile);
        if let Some(account) = is_new.then(account).flatten() {
            self.told().accounts.insert(profile.clone(), account);
        }
    }

    /// The accounts that rows have told.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) fn accounts(&self) -> HashMap<Profile, String> {
        self.told().accounts.clone()
    }

    /// Takes note of the targets that a scan names by now.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) fn hear(&self, place: usize, names: &Names) {
        let mut told = self.told();
        let known = told.heard.entry(place).or_default();
        *known = std::mem::take(known).and_heard(names);
    }

    /// Takes note of the regions that rows of a scan say.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) fn say_regions(&self, place: usize, regions: impl IntoIterator<Item = String>) {
        self.told().regions_said.entry(place).or_default().extend(regions);
    }

    /// The regions that rows of its scans say.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) fn regions_said(&self) -> HashMap<usize, BTreeSet<String>> {
        self.told().regions_said.clone()
    }

    /// The targets that its scans name, as far as they have begun.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) fn heard(&self) -> HashMap<usize, Names> {
        self.told().heard.clone()
    }

    /// Waits until somebody wants rows.
    pub(in crate::scan) async fn started(&self) {
        // The sender lives as long as this does.
        let _ = self.has_started.subscribe().wait_for(|has_started| *has_started).await;
    }

    /// Opens the record of a scan at a target and says where to find it. `is_read` becomes true when the statement has
    /// read the scan to its end.
    pub(in crate::scan) fn open(
        self: &Arc<Self>,
        table: &'static str,
        operation: &'static str,
        target: Target,
        is_read: &Arc<AtomicBool>,
    ) -> usize {
        let index = {
            let mut told = self.told();
            told.scans.push(ScanRecord {
                table,
                operation,
                target,
                pages: 0,
                items: 0,
                requests: 0,
                open: 0,
                next_token: None,
                shortfall: None,
                error: None,
                is_read: Arc::clone(is_read),
            });
            told.scans.len() - 1
        };
        if let Some(log) = self.log.upgrade() {
            log.count(self);
        }
        index
    }

    /// Changes the record of a scan.
    pub(in crate::scan) fn update(&self, index: usize, change: impl FnOnce(&mut ScanRecord)) {
        change(&mut self.told().scans[index]);
    }

    /// Adds to what a person should know.
    pub(in crate::scan) fn note(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.told().notes);
    }

    /// Adds a remark of one sentence for a person to know.
    pub(crate) fn remark(&self, text: String) {
        self.note(|notes| notes.remarks.push(text));
    }

    /// Adds a remark unless it has it.
    pub(crate) fn remark_once(&self, text: Option<String>) {
        self.note(|notes| {
            let new = text.into_iter().filter(|text| !notes.remarks.contains(text));
            let new: Vec<String> = new.collect();
            notes.remarks.extend(new);
        });
    }

    /// Takes in what a table was made of that the statement reads.
    pub(crate) fn adopt(&self, sources: &[Arc<Self>]) {
        let mut told = self.told();
        let mut known: HashSet<*const Self> = told.sources.iter().map(Arc::as_ptr).collect();
        known.insert(std::ptr::from_ref(self));
        told.sources.extend(sources.iter().filter(|source| known.insert(Arc::as_ptr(source))).cloned());
    }

    /// Takes in what a file says of itself that the statement reads.
    pub(crate) fn adopt_file(&self, file: StoredAnswer) {
        let mut told = self.told();
        if !told.files.contains(&file) {
            told.files.push(file);
        }
    }

    /// What its scans have read so far.
    pub fn scans(&self) -> Vec<ScanRecord> {
        self.told().scans.clone()
    }

    /// Adds to what a person should know of a statement that is only explained.
    pub(in crate::scan) fn foresee(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.foreseen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What a person should know of it, as far as its plan tells.
    pub fn foreseen(&self) -> Notes {
        self.foreseen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a person should know of it.
    pub fn notes(&self) -> Notes {
        self.told().notes.clone()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no scan has read a page.
    pub(in crate::scan) fn has_no_pages(&self) -> bool {
        self.told().has_no_pages()
    }

    /// The first failure of an answer of which nothing is left, for a partial answer of nothing is none.
    pub fn total_failure(&self) -> Option<Error> {
        let told = self.told();
        let is_missing = |scan: &&ScanRecord| scan.is_read.load(Ordering::Relaxed);
        let failures = told.scans.iter().filter(is_missing).filter_map(|scan| scan.error.as_ref());
        failures.map(|error| error.retold()).next().filter(|_| told.has_no_pages())
    }

    /// What is said beside the first error: how many targets had not failed, and how many profiles whose targets are not
    /// known yet.
    pub(in crate::scan) fn others_are_well(&self, unfound: usize) -> String {
        let mut targets: HashMap<Target, bool> = HashMap::new();
        let told = self.told();
        targets.extend(told.condensed.targets.iter().map(|target| (target.clone(), false)));
        for scan in &told.scans {
            *targets.entry(scan.target.clone()).or_default() |= scan.error.is_some();
        }
        drop(told);
        let all = targets.len();
        let others = targets.into_values().filter(|has_failed| !has_failed).count();
        let targets = (others > 0).then(|| format!("{others} of {all} targets"));
        let profiles = (unfound > 0).then(|| format!("{unfound} more profiles"));
        let others: Vec<_> = targets.into_iter().chain(profiles).collect();
        match others.is_empty() {
            true => String::new(),
            false => format!("; {} had not failed; --allow-partial shows the rest", others.join(" and ")),
        }
    }
}

impl Told {
    fn has_no_pages(&self) -> bool {
        !self.condensed.has_pages && self.scans.iter().all(|scan| scan.pages == 0)
    }

    fn condense_if_idle(&mut self) {
        if self.is_forgotten && self.readers == 0 {
            self.condense();
        }
    }
}

/// A reader that opens and changes records of scans.
#[derive(Debug)]
pub(in crate::scan) struct Reading(Arc<Record>);

impl Drop for Reading {
    fn drop(&mut self) {
        let mut told = self.0.told();
        told.readers -= 1;
        told.condense_if_idle();
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {}", self.number)
    }
}

/// The failures that a partial answer may leave out: the target's, not the query's.
pub(in crate::scan) fn is_targets_own(error: &Error) -> bool {
    matches!(error.kind(), Kind::Api | Kind::Credentials)
}
