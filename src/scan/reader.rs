//! A scan under way: all targets at the same time, one page in flight at each, one row budget over all.
//!
//! One partition and not one for each target, because DataFusion starts all partitions at once and could neither
//! share one LIMIT among them nor hold back the calls of those that are not needed any more.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr_common::physical_expr::snapshot_physical_expr;
use datafusion::physical_plan::metrics::{BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder};
use futures::future::BoxFuture;
use futures::stream::{self, FuturesUnordered};
use futures::{Stream, StreamExt};

use super::pages::{PageLog, Read, Request};
use super::predicate::{Predicate, filter};
use super::query::{Query, is_targets_own, missing};
use super::snapshot::Snapshot;
use super::spec::Scan;
use crate::aws::{Target, fault};
use crate::catalog::table::Origin;
use crate::error::{Error, Kind};
use crate::options::{LightsailOptions, list};

/// A reader's place in a page log.
struct Cursor {
    log: Arc<PageLog>,
    index: usize,
    /// Its place in the query's records.
    record: usize,
}

/// What a cursor came to: a page, the end of its log, or a failure.
type Turn = BoxFuture<'static, (Cursor, crate::error::Result<Option<Read>>)>;

pub(super) struct Reader {
    scan: Scan,
    schema: SchemaRef,
    options: LightsailOptions,
    query: Arc<Query>,
    snapshot: Arc<Snapshot>,
    /// None until the first poll: a plan that is never polled asks nothing.
    in_flight: Option<FuturesUnordered<Turn>>,
    /// The log whose page was handed on: its next page is asked for when somebody wants more.
    rested: Option<Cursor>,
    /// Rows that a LIMIT still wants.
    wanted: Option<usize>,
    baseline: BaselineMetrics,
    calls: Count,
    pages: Count,
    items: Count,
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
        let count = |name| MetricBuilder::new(metrics).counter(name, partition);
        let (query, snapshot) = match &scan.shared {
            Some(shared) => (Arc::clone(&shared.query), Arc::clone(&shared.snapshot)),
            None => {
                let readers = HashMap::from([(scan.operation().name, 1)]);
                let snapshot = Snapshot::of_one_query(Arc::clone(&scan.clients), readers);
                (Arc::new(Query::new(0, snapshot.taken_at())), Arc::new(snapshot))
            }
        };
        Self {
            schema,
            options: options.unwrap_or_default(),
            query,
            snapshot,
            in_flight: None,
            rested: None,
            wanted: scan.fetch,
            baseline: BaselineMetrics::new(metrics, partition),
            calls: count("calls"),
            pages: count("pages"),
            items: count("items"),
            scan,
        }
    }

    pub(super) fn batches(self) -> impl Stream<Item = Result<RecordBatch>> {
        stream::try_unfold(self, async |mut reader| Ok(reader.next().await?.map(|batch| (batch, reader))))
    }

    /// The next batch with rows in it.
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.wanted == Some(0) {
            return Ok(None);
        }
        let mut in_flight = match self.in_flight.take() {
            Some(in_flight) => in_flight,
            None => self.start().await?,
        };
        if let Some(cursor) = self.rested.take() {
            in_flight.push(turn(cursor));
        }
        while let Some((mut cursor, answer)) = in_flight.next().await {
            let read = match answer {
                Ok(Some(read)) => read,
                Ok(None) => {
                    self.query.scans()[cursor.record].is_complete = true;
                    continue;
                }
                Err(error) => {
                    self.failed(cursor.record, error)?;
                    continue;
                }
            };
            self.note(cursor.record, &read);
            let batch = self.batch(&cursor.log.request().target, &read)?;
            cursor.log.release(cursor.index);
            cursor.index += 1;
            let has_rows = batch.num_rows() > 0;
            if read.next.is_some() {
                match has_rows {
                    true => self.rested = Some(cursor),
                    false => in_flight.push(turn(cursor)),
                }
            }
            if has_rows {
                // With all the rows that are wanted, the calls under way are given up here.
                self.in_flight = (self.wanted != Some(0)).then_some(in_flight);
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    /// One request for each target that the predicate leaves, or for each name that it leaves there.
    async fn start(&mut self) -> Result<FuturesUnordered<Turn>> {
        let in_flight = FuturesUnordered::new();
        let scan = &self.scan;
        if scan.predicate.is_contradiction() {
            return Ok(in_flight);
        }
        scan.clients.set_concurrency(self.options.concurrency);
        let dynamic = scan.dynamic.iter().map(|filter| snapshot_physical_expr(Arc::clone(filter)));
        let dynamic = Predicate::new(dynamic.collect::<Result<Vec<_>>>()?);
        if dynamic.is_contradiction() {
            return Ok(in_flight);
        }
        let names = match scan.lookups(&scan.predicate).or_else(|| scan.lookups(&dynamic)) {
            Some(names) => names.into_iter().map(Some).collect(),
            None => vec![None],
        };
        let operation = scan.operation();
        let table_schema = scan.table.schema();
        let (targets, broken) =
            scan.clients.targets(&list(&self.options.profiles), &list(&self.options.regions)).await;
        for target in targets {
            let known = [("profile", target.profile.name.as_str()), ("region", target.region.as_str())];
            let is_possible = |predicate: &Predicate| predicate.is_possible(&table_schema, &known);
            if !is_possible(&scan.predicate) || !is_possible(&dynamic) {
                continue;
            }
            let listing = Request { target: target.clone(), operation, needs: scan.needs, name: None };
            let is_known = self.snapshot.has_all_of(&listing);
            for name in if is_known { &[None] } else { names.as_slice() } {
                let request =
                    Request { target: target.clone(), operation, needs: scan.needs, name: name.clone() };
                let record = self.query.open(scan.table.name(), request.operation_name(), target.clone());
                in_flight.push(turn(Cursor { log: self.snapshot.log(request), index: 0, record }));
            }
        }
        for (target, error) in broken {
            let record = self.query.open(scan.table.name(), operation.name, target);
            self.failed(record, error)?;
        }
        Ok(in_flight)
    }

    /// Writes down what a page brought.
    fn note(&self, record: usize, read: &Read) {
        self.calls.add(usize::from(read.was_fetched));
        self.pages.add(1);
        self.items.add(read.items.len());
        let mut scans = self.query.scans();
        let record = &mut scans[record];
        record.pages += 1;
        record.items += read.items.len();
        record.next_token.clone_from(&read.next);
        record.is_complete = read.next.is_none();
    }

    /// Writes a failure down; passes it on unless a partial answer is wanted and there is a part to answer with.
    fn failed(&self, record: usize, error: Error) -> Result<()> {
        self.query.scans()[record].error = Some(error.retold());
        let (missing, all) = missing(std::slice::from_ref(&self.query));
        let others = all - missing.len();
        if self.options.allow_partial && is_targets_own(&error) && others > 0 {
            return Ok(());
        }
        let error = match others {
            0 => error,
            _ => error
                .and(format!("; {others} of {all} targets had not failed; --allow-partial shows the rest")),
        };
        Err(error.into())
    }

    /// The rows of a page that pass, as many as are still wanted.
    fn batch(&mut self, target: &Target, read: &Read) -> Result<RecordBatch> {
        let _timer = self.baseline.elapsed_compute().timer();
        let scan = &self.scan;
        let origin = Origin {
            operation: scan.operation(),
            profile: &target.profile.name,
            region: &target.region,
            account: None,
        };
        let built =
            scan.table.batch(&read.items, 0..read.items.len(), origin, &scan.columns, &scan.column_schema);
        let mut batch = built.map_err(|error| {
            let what = format!("a page cannot be read: {error}");
            DataFusionError::from(fault::malformed(scan.operation().name, target, what))
        })?;
        if let Some(predicate) = &scan.filter {
            batch = filter(&batch, predicate)?;
        }
        batch = batch.project(&scan.projection)?.with_schema(Arc::clone(&self.schema))?;
        if let Some(wanted) = &mut self.wanted {
            batch = batch.slice(0, batch.num_rows().min(*wanted));
            *wanted -= batch.num_rows();
        }
        self.baseline.record_output(batch.num_rows());
        Ok(batch)
    }
}

/// The page is fetched by a task of its own: a reader that is not polled for a while, because its join waits for another
/// reader of the same log, must not keep that one waiting for a fetch that nobody drives. Dropped, it is given up.
fn turn(cursor: Cursor) -> Turn {
    let (log, index) = (Arc::clone(&cursor.log), cursor.index);
    let page = SpawnedTask::spawn(async move { log.page(index).await });
    Box::pin(async move {
        let bug = |error| Err(Error::new(Kind::Internal, format!("this is a bug: {error}")));
        let answer = page.join().await.unwrap_or_else(bug);
        (cursor, answer)
    })
}
