//! A scan under way: all targets at the same time, one page in flight at each, one row budget over all.
//!
//! One partition and not one for each target, because DataFusion starts all partitions at once and could neither
//! share one LIMIT among them nor hold back the calls of those that are not needed any more.
//!
//! A scan that `lightsail.max_items` bounds goes from target to target instead, for what it counts has an order.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::stream::{self, FuturesUnordered};
use futures::{Stream, StreamExt};

use super::bounds::{Bounds, Position};
use super::cursor::{Cursor, Done, Step};
use super::measures::Measures;
use super::pages::{Read, Request};
use super::predicate::filter;
use super::query::{Query, is_targets_own};
use super::run::Run;
use super::spec::{Group, Scan, Shared};
use super::work::{Planner, Work};
use crate::aws::target::Profile;
use crate::aws::{Clients, Target, fault};
use crate::catalog::TABLES;
use crate::catalog::table::Origin;
use crate::error::Error;
use crate::options::{LightsailOptions, list};

/// What to do about a value that no column can have.
const UNREADABLE: &str = "name the columns that are wanted, without the one that cannot be read, or leave the region out: \
                          --region";

pub(super) struct Reader {
    scan: Scan,
    shared: Shared,
    schema: SchemaRef,
    options: LightsailOptions,
    regions: Arc<[String]>,
    measures: Measures,
    /// None until the first poll: a plan that is never polled asks nothing.
    run: Option<Run>,
    /// Rows that a LIMIT still wants.
    wanted: Option<usize>,
    /// The place in the query's records of what was asked at a target.
    records: HashMap<(&'static str, Target), usize>,
    /// Profiles whose targets are not known yet.
    unfound: usize,
    /// What a partial answer leaves out, should nothing be left of it.
    first_failure: Option<Error>,
}

/// Who stops before the bound leaves nobody any the wiser where the next run would begin.
impl Drop for Reader {
    fn drop(&mut self) {
        if self.run.as_ref().is_some_and(|run| run.left.is_some_and(|left| left > 0)) {
            self.shared.query.note(|notes| notes.is_cut = true);
        }
    }
}

impl Reader {
    pub(super) fn new(
        scan: Scan,
        metrics: &ExecutionPlanMetricsSet,
        schema: SchemaRef,
        partition: usize,
        context: &TaskContext,
    ) -> Self {
        let options = context.session_config().options().extensions.get::<LightsailOptions>().cloned();
        let options = options.unwrap_or_default();
        Self {
            schema,
            regions: scan.regions(&list(&options.regions)).into(),
            shared: scan.shared.clone().unwrap_or_else(|| Shared::alone(&scan, &options)),
            measures: Measures::new(metrics, partition),
            run: None,
            wanted: scan.fetch,
            records: HashMap::new(),
            unfound: 0,
            first_failure: None,
            options,
            scan,
        }
    }

    pub(super) fn batches(self) -> impl Stream<Item = Result<RecordBatch>> {
        stream::try_unfold(self, async |mut reader| Ok(reader.next().await?.map(|batch| (batch, reader))))
    }

    /// The query that it reads for.
    pub(super) fn query(&self) -> &Arc<Query> {
        &self.shared.query
    }

    /// The next batch with rows in it.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.wanted == Some(0) {
            return Ok(None);
        }
        let mut run = match self.run.take() {
            Some(run) => run,
            None => self.begin()?,
        };
        if let Some(cursor) = run.rested.take() {
            run.go_on(cursor);
        }
        loop {
            run.fill(&self.shared.snapshot, &self.regions);
            let waited = self.measures.waiting();
            run.is_waiting.store(true, Ordering::Relaxed);
            let done = run.in_flight.next().await;
            run.is_waiting.store(false, Ordering::Relaxed);
            waited.done();
            match done {
                None => return self.end().map(|()| None),
                Some(Done::Found(profile, targets)) => self.found(&mut run, profile, targets)?,
                Some(Done::Read(cursor, answer)) => {
                    let Some(batch) = self.read(&mut run, cursor, answer)? else { continue };
                    // Where items are counted, nothing comes before the log that rests.
                    if run.left.is_none() || run.rested.is_none() {
                        run.fill(&self.shared.snapshot, &self.regions);
                    }
                    if self.wanted == Some(0) && run.left.is_some_and(|left| left > 0) {
                        self.shared.query.note(|notes| notes.is_cut = true);
                    }
                    // With all the rows that are wanted, the calls under way are given up here.
                    self.run = (self.wanted != Some(0)).then_some(run);
                    return Ok(Some(batch));
                }
            }
        }
    }

    fn begin(&mut self) -> Result<Run> {
        self.shared.query.start();
        let bounds = Bounds::of(&self.options, self.scan.first_operation().name)?;
        // Every scan of a bounded query counts the same items: what a join finds out must not make a difference.
        let facts = if bounds.is_some() {
            self.scan.facts()
        } else {
            self.scan.facts_at(self.shared.query.begun_at)?
        };
        let mut profiles = VecDeque::from(Clients::profiles(&list(&self.options.profiles)));
        if facts.is_contradiction() {
            profiles.clear();
        }
        let planner = Planner { scan: &self.scan, shared: &self.shared, facts: &facts };
        profiles.retain(|profile| planner.may_ask(profile, bounds.is_some()));
        let asked = Position::asked(&self.options);
        if let Some(start) = bounds.as_ref().and_then(|bounds| bounds.start.as_ref()) {
            start.pass_over(&mut profiles, asked)?;
        }
        self.unfound = profiles.len();
        self.scan.clients.set_concurrency(self.options.concurrency);
        let left = bounds.as_ref().and_then(|bounds| bounds.max_items);
        Ok(Run {
            facts,
            queue: profiles.into_iter().map(Step::Find).collect(),
            in_flight: FuturesUnordered::new(),
            rested: None,
            is_waiting: Arc::default(),
            goes_ahead: left.is_none() && self.wanted.is_none(),
            // Twice as many as calls, so that none of their places is empty while a page is handed on.
            width: if left.is_some() { 1 } else { self.options.concurrency.saturating_mul(2) },
            left,
            bounds,
            asked,
        })
    }

    /// Queues the work at the targets of a profile.
    fn found(
        &mut self,
        run: &mut Run,
        profile: Profile,
        targets: crate::error::Result<Vec<Target>>,
    ) -> Result<()> {
        self.unfound -= 1;
        // Only the profile that a token names is entered in its midst, whichever is found first.
        let is_start = |start: &mut Position| start.profile == profile.name;
        let start = run.bounds.as_mut().and_then(|bounds| bounds.start.take_if(is_start));
        let targets = match targets {
            Ok(targets) => targets,
            Err(error) => {
                let operation = self.scan.first_operation().name;
                let record = self.record(operation, &Target { profile, region: "*".into() });
                return self.failed(record, error);
            }
        };
        let account = self.scan.clients.account(&profile);
        let planner = Planner { scan: &self.scan, shared: &self.shared, facts: &run.facts };
        let mut work = planner.of_profile(&targets, account.as_deref(), run.bounds.is_some());
        if !work.is_empty() {
            let columns = self.scan.falls_short_of(&run.facts);
            self.shared.query.note(|notes| notes.fell_short_of.extend(columns));
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
            let cursor = self.cursor(work, skip);
            run.queue.push_front(Step::Read(cursor));
        }
        Ok(())
    }

    fn cursor(&mut self, work: Work, skip: usize) -> Cursor {
        let record = self.record(work.request.operation_name(), &work.request.target);
        self.shared.query.record(record, |record| {
            record.requests += 1;
            record.open += 1;
        });
        let log = self.shared.snapshot.log(work.request.clone(), self.shared.query.begun_at);
        Cursor { log, work, index: 0, skip, record, taken: Arc::default(), started: None }
    }

    /// Where the query keeps the record of an operation at a target.
    fn record(&mut self, operation: &'static str, target: &Target) -> usize {
        let open = || self.shared.query.open(self.scan.table.name(), operation, target.clone());
        *self.records.entry((operation, target.clone())).or_insert_with(open)
    }

    /// Takes a page: its rows, or what is to be asked about its items.
    fn read(
        &mut self,
        run: &mut Run,
        mut cursor: Cursor,
        answer: crate::error::Result<Option<Read>>,
    ) -> Result<Option<RecordBatch>> {
        let read = match answer {
            Ok(Some(read)) => read,
            Ok(None) => {
                self.close(&cursor);
                return Ok(None);
            }
            Err(error) => {
                self.failed(cursor.record, error)?;
                return Ok(None);
            }
        };
        if cursor.skip > read.items.len() {
            let Request { target, from, .. } = cursor.log.request();
            let position = Position {
                profile: target.profile.name.clone(),
                region: Some(target.region.clone()),
                page: from.as_deref().map(Into::into),
                skip: cursor.skip,
                request: cursor.work.ordinal,
                asked: run.asked,
            };
            return Err(position.is_outdated(read.items.len()).into());
        }
        let end =
            run.left.map_or(read.items.len(), |left| read.items.len().min(cursor.skip.saturating_add(left)));
        let range = cursor.skip..end;
        if let Some(left) = &mut run.left {
            *left -= range.len();
        }
        self.note(&cursor, &read, range.len());
        let batch = match cursor.work.below.is_empty() {
            true => {
                Some(self.batch(&cursor.work.request, &read, range)?).filter(|batch| batch.num_rows() > 0)
            }
            false => {
                self.descend(run, &cursor, &read);
                None
            }
        };
        if run.left == Some(0) {
            self.stop(run, &cursor, &read, end);
        }
        self.shared.snapshot.release(&cursor.log, cursor.index);
        cursor.index += 1;
        cursor.skip = 0;
        match &read.next {
            None if read.is_cut => self.cut(&cursor),
            None => self.close(&cursor),
            Some(_) if run.left == Some(0) => {}
            Some(_) if batch.is_some() && self.rests(&cursor) => run.rested = Some(cursor),
            Some(_) => run.go_on(cursor),
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
    fn descend(&mut self, run: &mut Run, cursor: &Cursor, read: &Read) {
        let planner = Planner { scan: &self.scan, shared: &self.shared, facts: &run.facts };
        let below = planner.below(&cursor.work, &read.items);
        for work in below {
            let cursor = self.cursor(work, 0);
            run.queue.push_back(Step::Read(cursor));
        }
    }

    /// Says where the next run begins, now that `max_items` are read.
    fn stop(&self, run: &mut Run, cursor: &Cursor, read: &Read, end: usize) {
        let token = run.next_position(cursor, read, end);
        let token = token.map(|position| position.token(cursor.work.request.operation.name));
        run.queue.clear();
        self.shared.query.record(cursor.record, |record| record.next_token.clone_from(&token));
        self.shared.query.note(|notes| notes.next_token = token);
    }

    /// Writes down what a page brought.
    fn note(&mut self, cursor: &Cursor, read: &Read, items: usize) {
        self.measures.note(read, items);
        self.shared.query.record(cursor.record, |record| {
            record.pages += 1;
            record.items += items;
        });
        let (begun_at, query) = (cursor.log.begun_at(), &self.shared.query);
        if begun_at < query.begun_at {
            query.note(|notes| {
                notes.oldest = Some(notes.oldest.map_or(begun_at, |oldest| oldest.min(begun_at)));
            });
        }
        if let Some(nulls) = read.cost.map(|cost| cost.nulls).filter(|nulls| *nulls > 0) {
            query.note(|notes| notes.nulls += nulls);
        }
        if read.was_given_up {
            query.note(|notes| notes.given_up += 1);
        }
        let Request { target, operation, .. } = cursor.log.request();
        let is_about_one = !operation.parents.is_empty() && cursor.work.below.is_empty();
        if is_about_one && cursor.index == 0 && read.cost.is_some() {
            query.note(|notes| notes.asked_about += 1);
        }
        self.scan.clients.learn_account(&target.profile, || {
            TABLES.iter().find_map(|table| table.account(operation, &read.items))
        });
    }

    /// Leaves a log that may go on: its record stays open, for what follows was not read.
    fn cut(&self, cursor: &Cursor) {
        let request = &cursor.work.request;
        let log = format!("{} of {} at {}", request.operation_name(), request.parameters, request.target);
        self.shared.query.note(|notes| {
            notes.cut_logs.insert(log);
        });
    }

    fn close(&self, cursor: &Cursor) {
        self.shared.query.record(cursor.record, |record| record.open -= 1);
    }

    /// Writes a failure down; passes it on unless a partial answer is wanted.
    fn failed(&mut self, record: usize, error: Error) -> Result<()> {
        self.shared.query.record(record, |record| record.error = Some(Arc::new(error.retold())));
        if self.options.allow_partial && is_targets_own(&error) {
            self.first_failure.get_or_insert(error);
            return Ok(());
        }
        Err(error.and(self.shared.query.others_are_well(self.unfound)).into())
    }

    /// The end of all targets: an answer of which nothing is left is none.
    fn end(&mut self) -> Result<()> {
        let Some(error) = self.first_failure.take() else { return Ok(()) };
        // Other scans of the query may still begin, and have rows.
        let is_alone = |group: &Group| group.tables.iter().all(|table| *table == self.scan.table.name());
        let is_alone = self.shared.groups.values().all(is_alone);
        if is_alone && self.shared.query.has_nothing() { Err(error.into()) } else { Ok(()) }
    }

    /// The rows of a page that pass, as many as are still wanted.
    fn batch(
        &mut self,
        request: &Request,
        read: &Read,
        range: std::ops::Range<usize>,
    ) -> Result<RecordBatch> {
        let _timer = self.measures.computing();
        let (scan, Request { target, operation, .. }) = (&self.scan, request);
        // The answer about a parent has no arn: its account is the parent's.
        let account = scan.clients.account(&target.profile).filter(|_| !operation.parents.is_empty());
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
        if let Some(predicate) = &scan.filter {
            batch = filter(&batch, predicate)?;
        }
        batch = batch.project(&scan.projection)?.with_schema(Arc::clone(&self.schema))?;
        if let Some(wanted) = &mut self.wanted {
            batch = batch.slice(0, batch.num_rows().min(*wanted));
            *wanted -= batch.num_rows();
        }
        self.shared.query.note(|notes| notes.rows += batch.num_rows());
        Ok(self.measures.output(batch))
    }
}
