//! A scan under way: all targets at the same time, one page in flight at each, one row budget over all.
//!
//! One partition and not one for each target, because DataFusion starts all partitions at once and could neither
//! share one LIMIT among them nor hold back the calls of those that are not needed any more.
//!
//! A scan that `lightsail.max_items` bounds goes from target to target instead, for what it counts has an order.

mod notes;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use datafusion::common::{DataFusionError, Result};
use futures::stream::{self, FuturesUnordered};
use futures::{Stream, StreamExt};

use crate::aws::target::Profile;
use crate::aws::{Clients, Target, fault};
use crate::catalog::table::Origin;
use crate::error::Error;
use crate::options::{LightsailOptions, list};
use crate::scan::plan::constraints::Constraints;
use crate::scan::plan::names::Names;
use crate::scan::plan::predicate::filter;
use crate::scan::plan::requests::{Planner, Work};
use crate::scan::plan::spec::{Group, ScanSpec, Shared};
use crate::scan::plan::unasked::Asked;
use crate::scan::read::cursor::{Cursor, Done, Step};
use crate::scan::read::metrics::ScanMetrics;
use crate::scan::read::order::{Order, Place};
use crate::scan::read::pages::{Read, Request};
use crate::scan::read::pagination::{Pagination, ResumePoint};
use crate::scan::read::schedule::Schedule;
use crate::scan::record::{Reading, Record};

/// What to do about a value that no column can have.
const UNREADABLE: &str = "name the columns that are wanted, without the one that cannot be read, or leave the region out: \
                          --region";

pub(in crate::scan) struct Reader {
    scan: ScanSpec,
    shared: Shared,
    clients: Arc<Clients>,
    schema: SchemaRef,
    options: LightsailOptions,
    regions: Arc<[String]>,
    metrics: ScanMetrics,
    /// None until the first poll: a plan that is never polled asks nothing.
    schedule: Option<Schedule>,
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
    is_read: Arc<AtomicBool>,
    /// Keeps the places of `records` as they are; `None` until the first poll.
    reading: Option<Reading>,
}

/// Dropped before `max_items` is used up: no resume point is known, so the record is marked as cut and no NextToken is
/// printed.
impl Drop for Reader {
    fn drop(&mut self) {
        self.warn_of_rows();
        if self.schedule.as_ref().is_some_and(|schedule| schedule.left.is_some_and(|left| left > 0)) {
            self.shared.record.note(|notes| notes.is_cut = true);
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
        let is_read = Arc::default();
        if let Some(needless) = &shared.needless {
            needless.add(&is_read);
        }
        Self {
            schema,
            regions: scan.regions(&list(&options.regions)).into(),
            shared,
            clients,
            metrics,
            schedule: None,
            wanted: scan.fetch,
            records: HashMap::new(),
            unfound: 0,
            found: Vec::new(),
            names: Names::default(),
            regions_said: BTreeSet::new(),
            shortfall: None,
            first_failure: None,
            is_read,
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
                reader.is_read.store(reader.wanted != Some(0), Ordering::Relaxed);
                Ok(None)
            }
        })
    }

    /// Becomes true where the statement has read it to its end: what failed before that is missing in its rows.
    pub(in crate::scan) fn is_read(&self) -> &Arc<AtomicBool> {
        &self.is_read
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
        let mut schedule = match self.schedule.take() {
            Some(schedule) => schedule,
            None => self.begin()?,
        };
        if let Some(cursor) = schedule.rested.take() {
            schedule.go_on(cursor);
        }
        loop {
            let batch = schedule.order.as_mut().and_then(Order::next);
            schedule.fill(&self.shared.snapshot, self.shared.record.caller(), &self.regions);
            if batch.is_some() {
                self.schedule = Some(schedule);
                return Ok(batch);
            }
            let waited = self.metrics.waiting();
            schedule.is_waiting.store(true, Ordering::Relaxed);
            let done = schedule.in_flight.next().await;
            schedule.is_waiting.store(false, Ordering::Relaxed);
            waited.done();
            match done {
                None => return self.end().map(|()| None),
                Some(Done::Found(profile, targets)) => self.found(&mut schedule, profile, targets)?,
                Some(Done::Read(cursor, answer)) => {
                    let Some(batch) = self.read(&mut schedule, cursor, answer)? else { continue };
                    // Where items are counted, nothing comes before the log that rests.
                    if schedule.left.is_none() || schedule.rested.is_none() {
                        schedule.fill(&self.shared.snapshot, self.shared.record.caller(), &self.regions);
                    }
                    if self.wanted == Some(0) && schedule.left.is_some_and(|left| left > 0) {
                        self.shared.record.note(|notes| notes.is_cut = true);
                    }
                    // With all the rows that are wanted, the calls under way are given up here.
                    self.schedule = (self.wanted != Some(0)).then_some(schedule);
                    return Ok(Some(batch));
                }
            }
        }
    }

    fn begin(&mut self) -> Result<Schedule> {
        self.reading = Some(self.shared.record.reading());
        self.shared.record.start();
        let pagination = Pagination::of(&self.options, self.scan.first_operation().name)?;
        // Every scan of a bounded query counts the same items: what a join finds out must not make a difference.
        let constraints = if pagination.is_some() {
            self.scan.constraints.clone()
        } else {
            self.scan.constraints_by_now()?
        };
        let mut profiles = VecDeque::from(self.clients.profiles(&list(&self.options.profiles)));
        if constraints.is_contradiction() {
            profiles.clear();
        } else {
            self.names = self.scan.names_at(&constraints);
            self.warn(self.scan.unasked_profiles(&self.names, &self.clients, &self.options));
            self.remark(self.scan.unknown_values());
        }
        let planner = self.planner(&constraints);
        profiles.retain(|profile| planner.may_ask(profile, pagination.is_some()));
        let asked = ResumePoint::asked(&self.options);
        if let Some(start) = pagination.as_ref().and_then(|pagination| pagination.start.as_ref()) {
            start.pass_over(&mut profiles, asked)?;
        }
        self.unfound = profiles.len();
        self.shared.record.caller().set_concurrency(self.options.concurrency);
        let left = pagination.as_ref().and_then(|pagination| pagination.max_items);
        let is_ordered = self.shared.in_order && left.is_none() && self.wanted.is_none();
        let names = profiles.iter().map(|profile| profile.name.clone());
        Ok(Schedule {
            constraints,
            order: is_ordered.then(|| Order::of_profiles(names)),
            queue: profiles.into_iter().map(Step::Find).collect(),
            in_flight: FuturesUnordered::new(),
            rested: None,
            is_waiting: Arc::default(),
            goes_ahead: left.is_none() && self.wanted.is_none(),
            // Twice as many as calls, so that none of their places is empty while a page is handed on.
            width: if left.is_some() { 1 } else { self.options.concurrency.saturating_mul(2) },
            left,
            pagination,
            asked,
        })
    }

    fn planner<'a>(&'a self, constraints: &'a Constraints) -> Planner<'a> {
        Planner { scan: &self.scan, shared: &self.shared, clients: &self.clients, constraints }
    }

    /// Queues the work at the targets of a profile.
    fn found(
        &mut self,
        schedule: &mut Schedule,
        profile: Profile,
        targets: crate::error::Result<Vec<Target>>,
    ) -> Result<()> {
        self.unfound -= 1;
        // Only the profile that a token names is entered in its midst, whichever is found first.
        let is_start = |start: &mut ResumePoint| start.profile == profile.name;
        let start = schedule.pagination.as_mut().and_then(|pagination| pagination.start.take_if(is_start));
        let place = schedule.order.as_mut().map(|order| order.place_of(&profile.name));
        if let (Some(order), Some(place)) = (&mut schedule.order, &place) {
            order.done(place);
        }
        let targets = match targets {
            Ok(targets) => targets,
            Err(error) => {
                let operation = self.scan.first_operation().name;
                let record = self.scan_record(operation, &Target { profile, region: "*".into() });
                return self.failed(record, error);
            }
        };
        self.found.extend(targets.iter().cloned());
        if self.unfound == 0 {
            let asked = Asked { clients: &self.clients, targets: &self.found, options: &self.options };
            self.warn(self.scan.unasked_regions(&self.names, &asked));
        }
        let account = self.clients.account(&profile);
        let planner = self.planner(&schedule.constraints);
        let mut work = planner.of_profile(&targets, account.as_deref(), schedule.pagination.is_some());
        if !work.is_empty() {
            let shortfalls = self.scan.falls_short_of(&schedule.constraints);
            let missing = shortfalls.iter().find(|shortfall| shortfall.is_missing);
            self.shortfall = missing.map(|shortfall| shortfall.to_string().into());
            self.shared.record.note(|notes| notes.shortfalls.extend(shortfalls));
        }
        let mut skip = 0;
        if let Some(start) = start
            && let Some(region) = &start.region
        {
            let is_there =
                |work: &Work| work.request.target.region == *region && work.ordinal == start.request;
            let at = work.iter().position(is_there).ok_or_else(|| start.is_elsewhere())?;
            work.drain(..at);
            work[0].request.from = start.page.as_deref().map(Into::into);
            skip = start.skip;
        }
        for (number, work) in work.into_iter().enumerate().rev() {
            let skip = if number == 0 { skip } else { 0 };
            let place = place.iter().flatten().copied().chain([number]).collect();
            let cursor = self.cursor(work, skip, place);
            schedule.expect(&cursor);
            schedule.queue.push_front(Step::Read(cursor));
        }
        Ok(())
    }

    fn cursor(&mut self, work: Work, skip: usize, place: Place) -> Cursor {
        let record = self.scan_record(work.request.operation_name(), &work.request.target);
        self.shared.record.update(record, |record| {
            record.requests += 1;
            record.open += 1;
        });
        let log = self.shared.snapshot.log(work.request.clone(), self.shared.record.begun_at);
        Cursor { log, work, index: 0, skip, record, place, taken: Arc::default(), started: None }
    }

    /// Where the query keeps the record of an operation at a target.
    fn scan_record(&mut self, operation: &'static str, target: &Target) -> usize {
        let open = || {
            let record =
                self.shared.record.open(self.scan.table.name(), operation, target.clone(), &self.is_read);
            if self.scan.sources().iter().any(|source| source.operation.name == operation) {
                self.shared.record.update(record, |record| record.shortfall.clone_from(&self.shortfall));
            }
            record
        };
        *self.records.entry((operation, target.clone())).or_insert_with(open)
    }

    /// Takes a page: its rows, or what is to be asked about its items.
    fn read(
        &mut self,
        schedule: &mut Schedule,
        mut cursor: Cursor,
        answer: crate::error::Result<Option<Read>>,
    ) -> Result<Option<RecordBatch>> {
        let read = match answer {
            Ok(Some(read)) => read,
            Ok(None) => {
                self.close(&cursor);
                schedule.took(&cursor.turn(), None, None);
                return Ok(None);
            }
            Err(error) => {
                self.failed(cursor.record, error)?;
                schedule.took(&cursor.turn(), None, None);
                return Ok(None);
            }
        };
        if cursor.skip > read.items.len() {
            let Request { target, from, .. } = cursor.log.request();
            let position = ResumePoint {
                profile: target.profile.name.clone(),
                region: Some(target.region.clone()),
                page: from.as_deref().map(Into::into),
                skip: cursor.skip,
                request: cursor.work.ordinal,
                asked: schedule.asked,
            };
            return Err(position.is_outdated(read.items.len()).into());
        }
        let end = schedule
            .left
            .map_or(read.items.len(), |left| read.items.len().min(cursor.skip.saturating_add(left)));
        let range = cursor.skip..end;
        if let Some(left) = &mut schedule.left {
            *left -= range.len();
        }
        self.note(&cursor, &read, range.len());
        let batch = match cursor.work.below.is_empty() {
            true => {
                Some(self.batch(&cursor.work.request, &read, range)?).filter(|batch| batch.num_rows() > 0)
            }
            false => {
                self.descend(schedule, &cursor, &read);
                None
            }
        };
        if schedule.left == Some(0) {
            self.stop(schedule, &cursor, &read, end);
        }
        self.shared.snapshot.release(&cursor.log, cursor.index);
        let turn = cursor.turn();
        cursor.index += 1;
        cursor.skip = 0;
        let batch = schedule.took(&turn, batch, read.next.is_some().then(|| cursor.turn()));
        match &read.next {
            None if read.is_cut => self.cut(&cursor),
            None => self.close(&cursor),
            Some(_) if schedule.left == Some(0) => {}
            Some(_) if batch.is_some() && self.rests(&cursor) => schedule.rested = Some(cursor),
            Some(_) => schedule.go_on(cursor),
        }
        Ok(batch)
    }

    /// Whether the next page of a log waits until somebody wants more rows: behind the first page, whose rows shall be
    /// seen before another is asked for, and always if a LIMIT may have enough. Else it is fetched while the rows of
    /// this one are worked on.
    fn rests(&self, cursor: &Cursor) -> bool {
        cursor.index == 1 || self.wanted.is_some()
    }

    /// Queues what is to be asked about the items of a page.
    fn descend(&mut self, schedule: &mut Schedule, cursor: &Cursor, read: &Read) {
        let planner = self.planner(&schedule.constraints);
        let below = planner.below(&cursor.work, &read.items);
        let turn = cursor.turn();
        for (number, work) in below.into_iter().enumerate() {
            let place = turn.iter().copied().chain([number]).collect();
            let cursor = self.cursor(work, 0, place);
            schedule.expect(&cursor);
            schedule.queue.push_back(Step::Read(cursor));
        }
    }

    /// Says where the next run begins, now that `max_items` are read.
    fn stop(&self, schedule: &mut Schedule, cursor: &Cursor, read: &Read, end: usize) {
        let token = schedule.next_position(cursor, read, end);
        let token = token.map(|position| position.token(cursor.work.request.operation.name));
        schedule.queue.clear();
        self.shared.record.update(cursor.record, |record| record.next_token.clone_from(&token));
        self.shared.record.note(|notes| notes.next_token = token);
    }

    /// The end of all targets: an answer of which nothing is left is none.
    fn end(&mut self) -> Result<()> {
        self.warn_of_rows();
        let Some(error) = self.first_failure.take() else { return Ok(()) };
        // Other scans of the query may still begin, and have rows.
        let is_alone = |group: &Group| group.tables.iter().all(|table| *table == self.scan.table.name());
        let is_alone = self.shared.groups.values().all(is_alone);
        if is_alone && self.shared.record.has_no_pages() { Err(error.into()) } else { Ok(()) }
    }

    /// The rows of a page that pass, as many as are still wanted.
    fn batch(
        &mut self,
        request: &Request,
        read: &Read,
        range: std::ops::Range<usize>,
    ) -> Result<RecordBatch> {
        let _timer = self.metrics.computing();
        let (scan, Request { target, operation, .. }) = (&self.scan, request);
        // The answer about a parent has no arn: its account is the parent's.
        let account = self.clients.account(&target.profile).filter(|_| !operation.parents.is_empty());
        let origin = Origin {
            operation,
            profile: &target.profile.name,
            region: &target.region,
            account: account.as_deref(),
        };
        let built = scan.table.batch(&read.items, range, origin, &scan.columns, &scan.column_schema);
        let mut batch = built.map_err(|error| {
            let what = format!("a page cannot be read: {error}");
            let error = fault::malformed(request.operation_name(), target, what);
            DataFusionError::from(error.with_hint(UNREADABLE))
        })?;
        if !self.names.regions.is_empty() && !scan.is_of_regions() {
            self.regions_said.extend(texts(&batch, "region"));
        }
        if let Some(predicate) = &scan.filter {
            batch = filter(&batch, predicate)?;
        }
        batch = batch.project(&scan.projection)?.with_schema(Arc::clone(&self.schema))?;
        if let Some(wanted) = &mut self.wanted {
            batch = batch.slice(0, batch.num_rows().min(*wanted));
            *wanted -= batch.num_rows();
        }
        self.shared.record.note(|notes| notes.rows += batch.num_rows());
        Ok(self.metrics.output(batch))
    }
}

/// The texts of a column of a batch; none if it has no such column.
fn texts(batch: &RecordBatch, column: &str) -> BTreeSet<String> {
    let texts = batch.column_by_name(column).and_then(|column| column.as_string_opt::<i32>());
    texts.into_iter().flatten().flatten().map(ToOwned::to_owned).collect()
}
