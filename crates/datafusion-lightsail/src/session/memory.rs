//! What statements may hold in memory: sorts, joins and aggregates, and the rows that the session's own tables keep.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use std::{fmt, fs};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::common::Result;
use datafusion::datasource::sink::{DataSink, DataSinkExec};
use datafusion::execution::disk_manager::DiskManager;
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation, TrackConsumersPool,
};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder, TaskContext};
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, execute_stream};
use datafusion::prelude::{DataFrame, SessionContext};
use futures::{StreamExt, TryStreamExt};

/// What DataFusion calls the limit: it would take another kind of pool for it, and none at RESET.
pub(super) const THEIR_LIMIT: &str = "datafusion.runtime.memory_limit";

/// How many of those that hold the most an error names.
const NAMED: usize = 3;

/// Where this process spills.
static SPILLING: Mutex<Vec<Weak<DiskManager>>> = Mutex::new(Vec::new());

/// How long the last moment of a process may take to remove what was spilled.
const REMOVING: Duration = Duration::from_millis(50);

/// Removes what statements have spilled. For the last moment of a process that is told to exit at once: a statement that
/// computes is not waited for, and what it spilled would stay. Gigabytes take the file system longer than anybody waits for:
/// then `hand_over` gives the folders to what outlives the process, and where it fails they are waited for.
pub fn remove_spilled(hand_over: impl FnOnce(&[PathBuf]) -> std::io::Result<()>) {
    let spilling = std::mem::take(&mut *SPILLING.lock().unwrap_or_else(PoisonError::into_inner));
    let folders: Vec<PathBuf> =
        spilling.iter().filter_map(Weak::upgrade).flat_map(|disk| disk.temp_dir_paths()).collect();
    if folders.is_empty() {
        return;
    }
    let (done, removed) = mpsc::channel();
    let all = folders.clone();
    let removing = std::thread::spawn(move || {
        for folder in all {
            // A file may be added to it meanwhile; once it is gone none can be.
            let _ = fs::remove_dir_all(&folder).or_else(|_| fs::remove_dir_all(&folder));
        }
        let _ = done.send(());
    });
    if removed.recv_timeout(REMOVING).is_ok() {
        return;
    }
    if hand_over(&folders).is_err() {
        let _ = removing.join();
    }
}

/// The memory and the files of sessions that share them, or of one: `limit` bytes, beyond which sorts, joins and aggregates
/// spill to a directory of the system's, and what cannot spill fails.
///
/// # Errors
/// When the directory for spilling cannot be made.
pub fn runtime(limit: usize) -> crate::error::Result<Arc<RuntimeEnv>> {
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool(limit)).build_arc()?;
    let mut spilling = SPILLING.lock().unwrap_or_else(PoisonError::into_inner);
    spilling.retain(|disk| disk.strong_count() > 0);
    spilling.push(Arc::downgrade(&runtime.disk_manager));
    drop(spilling);
    Ok(runtime)
}

fn pool(limit: usize) -> Arc<dyn MemoryPool> {
    tracked(FairSpillPool::new(limit))
}

fn tracked(pool: impl MemoryPool) -> Arc<dyn MemoryPool> {
    let named = NonZeroUsize::MIN.saturating_add(NAMED - 1);
    Arc::new(TrackConsumersPool::new(pool, named))
}

/// The memory of one of the sessions that share `whole`: at most `limit` bytes of it. Its files are those of all.
///
/// # Errors
/// As [`runtime`].
pub fn part(whole: &RuntimeEnv, limit: usize) -> Result<Arc<RuntimeEnv>> {
    let part = Part { own: FairSpillPool::new(limit), whole: Arc::clone(&whole.memory_pool) };
    RuntimeEnvBuilder::from_runtime_env(whole).with_memory_pool(tracked(part)).build_arc()
}

/// Gives the statements of a session that begin from now on a limit of their own, within that of the sessions that it
/// shares memory with.
///
/// # Errors
/// As [`runtime`].
pub(super) fn set_limit(context: &SessionContext, shared: Option<&RuntimeEnv>, limit: usize) -> Result<()> {
    let state = context.state_ref();
    let mut state = state.write();
    let runtime = match shared {
        Some(whole) => part(whole, limit)?,
        None => RuntimeEnvBuilder::from_runtime_env(state.runtime_env())
            .with_memory_pool(pool(limit))
            .build_arc()?,
    };
    *state = SessionStateBuilder::from(state.clone()).with_runtime_env(runtime).build();
    Ok(())
}

/// A bounded part of a pool from which others take as well.
#[derive(Debug)]
struct Part {
    own: FairSpillPool,
    whole: Arc<dyn MemoryPool>,
}

impl MemoryPool for Part {
    fn name(&self) -> &str {
        "part"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.own.register(consumer);
        self.whole.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.own.unregister(consumer);
        self.whole.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.own.grow(reservation, additional);
        self.whole.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.whole.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.own.try_grow(reservation, additional)?;
        self.whole.try_grow(reservation, additional).inspect_err(|_| self.own.shrink(reservation, additional))
    }

    fn reserved(&self) -> usize {
        self.own.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.own.memory_limit()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part of {}: {}", self.whole, self.own)
    }
}

/// What the rows of a table take; it is given back when the table is dropped.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<Vec<MemoryReservation>>);

impl Held {
    fn keep(&self, reservation: Arc<MemoryReservation>) {
        // Its stream is at an end, so that nobody else has it.
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend(Arc::into_inner(reservation));
    }
}

/// Reads a query to its end, and counts what its rows take.
///
/// # Errors
/// What the query fails with; more rows than there is memory for.
pub(super) async fn collect(frame: DataFrame) -> Result<(Vec<RecordBatch>, Held)> {
    let context = Arc::new(frame.task_ctx());
    let rows = execute_stream(frame.create_physical_plan().await?, Arc::clone(&context))?;
    let held = Held::default();
    let (rows, reservation) = counted(rows, &context);
    let batches = rows.try_collect().await?;
    held.keep(reservation);
    Ok((batches, held))
}

/// Has the rows that a plan inserts into a table counted as the table's.
pub(super) fn count_inserted(plan: Arc<dyn ExecutionPlan>, held: &Arc<Held>) -> Arc<dyn ExecutionPlan> {
    let counted = plan.downcast_ref::<DataSinkExec>().map(|insert| {
        let sink = CountedSink { insert: insert.clone(), held: Arc::clone(held) };
        Arc::new(DataSinkExec::new(Arc::clone(insert.input()), Arc::new(sink), insert.sort_order().clone()))
            as Arc<dyn ExecutionPlan>
    });
    counted.unwrap_or(plan)
}

/// The same rows, each batch of which is taken from the pool before it is handed on.
fn counted(
    rows: SendableRecordBatchStream,
    context: &TaskContext,
) -> (SendableRecordBatchStream, Arc<MemoryReservation>) {
    let reservation = MemoryConsumer::new("a table of the session").register(context.memory_pool());
    let reservation = Arc::new(reservation);
    let (schema, taken) = (rows.schema(), Arc::clone(&reservation));
    let rows = rows.map(move |batch| {
        let batch = batch?;
        taken.try_grow(batch.get_array_memory_size())?;
        Ok(batch)
    });
    (Box::pin(RecordBatchStreamAdapter::new(schema, rows)), reservation)
}

/// A table's sink whose rows are counted.
#[derive(Debug)]
struct CountedSink {
    insert: DataSinkExec,
    held: Arc<Held>,
}

impl DisplayAs for CountedSink {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.insert.sink().fmt_as(kind, f)
    }
}

#[async_trait]
impl DataSink for CountedSink {
    fn metrics(&self) -> Option<MetricsSet> {
        self.insert.sink().metrics()
    }

    fn schema(&self) -> &SchemaRef {
        self.insert.sink().schema()
    }

    async fn write_all(&self, rows: SendableRecordBatchStream, context: &Arc<TaskContext>) -> Result<u64> {
        let (rows, reservation) = counted(rows, context);
        let count = self.insert.sink().write_all(rows, context).await?;
        self.held.keep(reservation);
        Ok(count)
    }
}
