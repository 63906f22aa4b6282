//! A scan under way: what is asked at its targets, page by page, and one row budget over all of them.
//!
//! One partition and not one for each target, because DataFusion starts all partitions at once and could neither
//! share one LIMIT among them nor hold back the calls of those that are not needed any more.
//!
//! Two drivers say what is asked when: [`Unbounded`] asks all targets at the same time; [`Bounded`], for a scan that
//! `lightsail.max_items` bounds, goes from target to target, for what it counts has an order.

mod notes;
mod rows;
mod targets;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use futures::{Stream, stream};

use crate::aws::{Clients, Target};
use crate::error::Error;
use crate::options::{LightsailOptions, list};
use crate::scan::plan::constraints::Constraints;
use crate::scan::plan::groups::Group;
use crate::scan::plan::names::Names;
use crate::scan::plan::requests::Planner;
use crate::scan::plan::spec::ScanSpec;
use crate::scan::read::bounded::Bounded;
use crate::scan::read::cursor::{Step, Turn};
use crate::scan::read::metrics::{ScanMetrics, Waiting};
use crate::scan::read::needless::End;
use crate::scan::read::pagination::{Pagination, ResumePoint};
use crate::scan::read::shared::Shared;
use crate::scan::read::unbounded::Unbounded;
use crate::scan::record::{Reading, Record};

pub(in crate::scan) struct Reader {
    scan: ScanSpec,
    shared: Shared,
    clients: Arc<Clients>,
    schema: SchemaRef,
    options: LightsailOptions,
    regions: Arc<[String]>,
    metrics: ScanMetrics,
    /// `None` until the first poll: a plan that is never polled asks nothing.
    driver: Option<Driver>,
    /// What is known of the rows now that the first page is wanted.
    constraints: Constraints,
    /// Whether it lists what it is to read, whatever its rows are, as every scan of a bounded query does.
    lists: bool,
    /// Where a token says to begin, until the profile that it names is found.
    start: Option<ResumePoint>,
    /// Rows that a LIMIT still wants.
    wanted: Option<usize>,
    /// The place in the query's records of what was asked at a target.
    records: HashMap<(&'static str, Target), usize>,
    /// Profiles whose targets are not known yet.
    unfound: usize,
    /// The targets that are known.
    found: Vec<Target>,
    /// The targets that the query names.
    names: Names,
    /// The regions that rows have said so far, where all rows of the table say the same.
    regions_said: BTreeSet<String>,
    /// What the query may want and is not asked.
    shortfall: Option<Arc<str>>,
    /// What a partial answer leaves out, should nothing be left of it.
    first_failure: Option<Error>,
    /// Whether the statement has read it to its end.
    end: End,
    /// Keeps the places of `records` as they are; `None` until the first poll.
    reading: Option<Reading>,
}

/// What is asked when.
enum Driver {
    Unbounded(Box<Unbounded>),
    Bounded(Bounded),
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.warn_of_rows();
        if let Some(driver) = self.driver.take() {
            self.leave(&driver);
        }
    }
}

impl Reader {
    pub(in crate::scan) fn new(
        scan: ScanSpec,
        shared: Shared,
        clients: Arc<Clients>,
        options: LightsailOptions,
        schema: SchemaRef,
        metrics: ScanMetrics,
    ) -> Self {
        let end = End::new(shared.needless.as_ref());
        Self {
            schema,
            regions: scan.regions(&list(&options.regions)).into(),
            shared,
            clients,
            metrics,
            driver: None,
            constraints: scan.constraints.clone(),
            lists: false,
            start: None,
            wanted: scan.fetch,
            records: HashMap::new(),
            unfound: 0,
            found: Vec::new(),
            names: Names::default(),
            regions_said: BTreeSet::new(),
            shortfall: None,
            first_failure: None,
            end,
            reading: None,
            options,
            scan,
        }
    }

    pub(in crate::scan) fn batches(self) -> impl Stream<Item = Result<RecordBatch>> {
        stream::try_unfold(self, async |mut reader| match reader.next().await? {
            Some(batch) => Ok(Some((batch, reader))),
            None => {
                // A LIMIT that has its rows did not want those that are missing.
                if reader.wanted != Some(0) {
                    reader.end.reach();
                }
                Ok(None)
            }
        })
    }

    /// What to reach where the statement has read it to its end: what failed before that is missing in its rows.
    pub(in crate::scan) fn at_end(&self) -> &End {
        &self.end
    }

    /// The query that it reads for.
    pub(in crate::scan) fn record(&self) -> &Arc<Record> {
        &self.shared.record
    }

    /// The next batch with rows in it.
    pub(in crate::scan) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.wanted == Some(0) {
            return Ok(None);
        }
        let mut driver = match self.driver.take() {
            Some(driver) => driver,
            None => self.begin()?,
        };
        let batch = match &mut driver {
            Driver::Unbounded(driver) => driver.next(self).await?,
            Driver::Bounded(driver) => driver.next(self).await?,
        };
        if batch.is_none() {
            return self.end().map(|()| None);
        }
        // With all the rows that are wanted, the calls under way are given up.
        match self.wanted {
            Some(0) => self.leave(&driver),
            _ => self.driver = Some(driver),
        }
        Ok(batch)
    }

    fn begin(&mut self) -> Result<Driver> {
        self.reading = Some(self.shared.record.reading());
        self.shared.record.start();
        self.introduce();
        let pagination = Pagination::of(&self.options, self.scan.first_operation().name)?;
        self.lists = pagination.is_some();
        // Every scan of a bounded query counts the same items: what a join finds out must not make a difference.
        if !self.lists {
            self.constraints = self.scan.constraints_by_now()?;
        }
        let mut profiles = VecDeque::from(self.clients.profiles(&list(&self.options.profiles)));
        if self.constraints.is_contradiction() {
            profiles.clear();
        } else {
            self.names = self.scan.names_at(&self.constraints);
            #[cfg(feature = "cluster")]
            if self.shared.is_part {
                self.shared.record.hear(self.shared.place, &self.names);
            }
            if !self.shared.is_part {
                self.warn(self.scan.unasked_profiles(&self.names, &self.clients, &self.options));
            }
            self.remark(self.scan.unknown_values());
        }
        profiles.retain(|profile| self.planner().may_ask(profile, self.lists));
        let Pagination { start, max_items } = pagination.unwrap_or_default();
        if let Some(start) = &start {
            start.pass_over(&mut profiles, ResumePoint::asked(&self.options))?;
        }
        self.start = start;
        self.unfound = profiles.len();
        self.shared.record.caller().set_concurrency(self.options.concurrency);
        Ok(match max_items {
            Some(items) => Driver::Bounded(Bounded::new(profiles, items, ResumePoint::asked(&self.options))),
            None => {
                let in_order = self.shared.in_order && self.wanted.is_none();
                let goes_ahead = self.wanted.is_none();
                let concurrency = self.options.concurrency;
                Driver::Unbounded(Box::new(Unbounded::new(profiles, concurrency, in_order, goes_ahead)))
            }
        })
    }

    /// Whether a LIMIT may have enough before the end.
    pub(super) fn may_have_enough(&self) -> bool {
        self.wanted.is_some()
    }

    fn planner(&self) -> Planner<'_> {
        let Self { scan, shared, clients, constraints, .. } = self;
        Planner { scan, groups: &shared.groups, held: shared, clients, constraints }
    }

    /// Begins a step. With `is_waiting`, a page may be fetched ahead of the reader.
    pub(super) fn start(&self, step: Step, is_waiting: Option<&Arc<AtomicBool>>) -> Turn {
        step.start(&self.shared.snapshot, self.shared.record.caller(), &self.regions, is_waiting)
    }

    /// Measures how long it waits, until that is done.
    pub(super) fn waiting(&self) -> Waiting {
        self.metrics.waiting()
    }

    /// Gives up a driver before its end. What `max_items` leaves is read by nobody, and where it begins is not known:
    /// the record says so, for no NextToken does.
    fn leave(&self, driver: &Driver) {
        if matches!(driver, Driver::Bounded(bounded) if bounded.left > 0) {
            self.shared.record.note(|notes| notes.is_cut = true);
        }
    }

    /// The end of all targets: an answer of which nothing is left is none.
    fn end(&mut self) -> Result<()> {
        self.warn_of_rows();
        let Some(error) = self.first_failure.take() else { return Ok(()) };
        // Other scans of the query may still begin, and have rows.
        let is_alone = |group: &Group| group.tables.iter().all(|table| *table == self.scan.table.name());
        let is_alone = !self.shared.is_part && self.shared.groups.values().all(is_alone);
        if is_alone && self.shared.record.has_no_pages() { Err(error.into()) } else { Ok(()) }
    }
}
