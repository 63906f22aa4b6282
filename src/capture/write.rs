//! How a capture is written: aside, all tables in one pass over the API, and then into its place in one step.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use arrow::array::RecordBatch;
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;

use crate::output::{Destination, Format, Options, Room, RowWriter, Staging, make_folder, put_folder};
use crate::progress::Progress;
use datafusion_lightsail::captures::{
    CapturedTable, CapturedTarget, Captures, Manifest, Missing, data_files, manifest_path, remove_leftovers,
    shown, table_path,
};
use datafusion_lightsail::catalog::everything::rows;
use datafusion_lightsail::catalog::{TABLES, Table};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::scan::{Completeness, Notes, Record, RowOrder};
use datafusion_lightsail::script::{Parameters, Script};
use datafusion_lightsail::session::Session;
use datafusion_lightsail::session::stored::metadata;

/// What manifests call this program.
pub(super) const PROGRAM: &str = concat!("lightsail-sql ", env!("CARGO_PKG_VERSION"));

/// What is to be captured, and where.
pub struct Request<'a> {
    /// The folder of captures.
    pub folder: &'a Path,
    /// As of when it is said to be.
    pub captured_at: DateTime<Utc>,
    /// The tables.
    pub tables: &'a [&'static dyn Table],
    /// How far back tables go that tell what happened.
    pub since: Option<TimeDelta>,
    /// How long captures are kept; `None` is for ever.
    pub keep: Option<TimeDelta>,
    /// Whether standard error shows how far it has come.
    pub has_progress: bool,
}

/// What was captured.
pub struct Captured {
    /// What the capture says of itself.
    pub manifest: Manifest,
    /// What a person should know of how it came to its rows.
    pub notes: Notes,
    /// The captures that were removed.
    pub removed: usize,
}

/// Captures tables.
///
/// # Errors
/// [`Kind::Usage`] when another capture is being written there, or a table wants to be told since when; a failed call; a
/// failed write. The folder is then as it was.
pub async fn capture(session: &Session, request: &Request<'_>) -> Result<Captured> {
    let begun = Instant::now();
    let (whole, ranges): (Vec<_>, Vec<_>) = request.tables.iter().partition(|table| table.range().is_none());
    let since = since(request, &ranges)?;
    let _lock = locked(request.folder)?;
    remove_leftovers(request.folder)?;
    let captured_at = free(request.folder, request.captured_at)?;
    let staging = Staging::within(request.folder)?;
    let mut pass = Pass::new(session, request.has_progress);
    let mut writers = Writers::begin(staging.path(), &whole)?;
    if !whole.is_empty() {
        let answer = session.read_tables(Arc::clone(&pass.record), &whole).await.map_err(Error::from)?;
        let mut stream = answer.stream;
        while let Some(pages) = stream.next().await {
            for (table, rows) in rows(&pages.map_err(Error::from)?) {
                writers.write(table.name(), &rows)?;
                pass.counted.add(&rows);
            }
        }
    }
    let record = Arc::clone(&pass.record);
    let mut tables = writers.end(&record)?;
    for (table, since) in ranges.iter().zip(std::iter::repeat(since).flatten()) {
        tables.extend(pass.range(staging.path(), *table, (since, captured_at)).await?);
    }
    let manifest = Manifest {
        captured_at,
        program: PROGRAM.to_owned(),
        seconds: (begun.elapsed().as_secs_f64() * 1e3).round() / 1e3,
        since: since.filter(|_| !ranges.is_empty()),
        tables,
        ..pass.manifest()
    };
    place(&staging, request.folder, &manifest)?;
    let removed = prune(request.folder, captured_at, request.keep)?;
    Ok(Captured { manifest, notes: pass.notes(), removed })
}

/// The beginning of what is captured of tables that tell what happened.
fn since(request: &Request<'_>, ranges: &[&'static dyn Table]) -> Result<Option<DateTime<Utc>>> {
    match (ranges.first(), request.since) {
        (Some(table), None) => {
            let what = format!("{} tells what happened: of how long is to be said", table.name());
            Err(Error::new(Kind::Usage, what).with_hint("--since 7d captures the last seven days"))
        }
        (_, since) => Ok(since.and_then(|since| request.captured_at.checked_sub_signed(since))),
    }
}

/// Makes the folder, and lets nobody else write a capture there for as long as what this returns is there.
pub(super) fn locked(folder: &Path) -> Result<File> {
    let fail = |error| Error::io(Kind::Output, format_args!("cannot write {}", folder.display()), error);
    let path = folder.join("captures").join(".lock");
    make_folder(&folder.join("captures")).map_err(fail)?;
    let lock = File::create(path).map_err(fail)?;
    match lock.try_lock() {
        Err(fs::TryLockError::WouldBlock) => {
            let what = format!("another capture is being written into {}", folder.display());
            Err(Error::new(Kind::Usage, what).with_hint("wait for it, or name another folder"))
        }
        // Where there are no locks, it is written all the same.
        _ => Ok(lock),
    }
}

/// The first second from a time on that no capture has.
fn free(folder: &Path, mut time: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let captures = Captures::list(folder)?;
    while captures.all().iter().any(|capture| capture.time() == time) {
        time += TimeDelta::seconds(1);
    }
    Ok(time)
}

/// The reading of all tables.
struct Pass<'a> {
    session: &'a Session,
    /// The record of what is read in one pass.
    record: Arc<Record>,
    /// Those of the tables that tell what happened.
    records: Vec<Arc<Record>>,
    counted: Arc<Counted>,
    _progress: Progress,
}

/// How much was written so far.
#[derive(Default)]
struct Counted {
    rows: AtomicU64,
}

impl Counted {
    fn add(&self, rows: &RecordBatch) {
        self.rows.fetch_add(rows.num_rows() as u64, Ordering::Relaxed);
    }
}

impl<'a> Pass<'a> {
    fn new(session: &'a Session, has_progress: bool) -> Self {
        let (record, counted) = (session.begin(), Arc::<Counted>::default());
        let read = Arc::clone(&counted);
        let progress = Progress::of(&record, has_progress, move |record| {
            let (tables, rows) = (read_tables(record), read.rows.load(Ordering::Relaxed));
            format!("{} tables, {rows} rows, {} calls", tables.len(), record.calls())
        });
        Self { session, record, records: Vec::new(), counted, _progress: progress }
    }

    /// Captures what happened in a time.
    async fn range(
        &mut self,
        staging: &Path,
        table: &'static dyn Table,
        (since, until): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<BTreeMap<String, CapturedTable>> {
        let column = table.range().unwrap_or_default();
        let (name, since, until) = (table.name(), shown(since), shown(until));
        let sql = format!(
            "SELECT * FROM {name} WHERE \"{column}\" >= TIMESTAMP '{since}' AND \"{column}\" < TIMESTAMP '{until}'"
        );
        let record = self.session.begin();
        self.records.push(Arc::clone(&record));
        let mut writers = Writers::begin(staging, &[table])?;
        for statement in Script::new("capture", &sql)?.statements {
            let (record, none) = (Arc::clone(&record), Parameters::new());
            let asked = self.session.ask_with(record, statement.ast, &none, RowOrder::Target);
            let mut stream = asked.await.map_err(Error::from)?.stream;
            while let Some(rows) = stream.next().await {
                let rows = rows.map_err(Error::from)?;
                writers.write(name, &rows)?;
                self.counted.add(&rows);
            }
        }
        writers.end(&record)
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Record>> {
        std::iter::once(&self.record).chain(&self.records)
    }

    fn notes(&self) -> Notes {
        self.all().map(|record| record.notes()).fold(Notes::default(), Notes::and)
    }

    /// What the records say of who was asked, and of what is missing.
    fn manifest(&self) -> Manifest {
        let has_all_regions = self.session.asks_all_regions();
        let mut manifest = Manifest { has_all_regions, ..Manifest::default() };
        for record in self.all() {
            manifest.calls += record.calls();
            for scan in record.scans() {
                if let Some(error) = &scan.error {
                    let tables = TABLES.iter().filter(|table| reads(**table, scan.operation));
                    let tables = tables.map(|table| table.name().to_owned()).collect();
                    manifest.missing.push(Missing { tables, reason: error.message().to_owned() });
                }
                let account_id = self.session.account(&scan.target.profile);
                let profile = scan.target.profile.name.clone();
                let target = CapturedTarget { profile, account_id, region: scan.target.region.clone() };
                if target.region != "*" && !manifest.targets.contains(&target) {
                    manifest.targets.push(target);
                }
            }
            let Completeness { gaps, .. } = record.completeness();
            manifest
                .gaps
                .extend(gaps.into_iter().filter(|gap| !manifest.gaps.contains(gap)).collect::<Vec<_>>());
        }
        manifest.targets.sort();
        manifest
    }
}

/// Whether a table cannot be read whole without an operation.
fn reads(table: &dyn Table, operation: &str) -> bool {
    table.iam_actions().iter().any(|action| action.strip_prefix("lightsail:") == Some(operation))
}

/// The tables of which something was read.
fn read_tables(record: &Record) -> Vec<&'static str> {
    let scans = record.scans();
    let is_read = |table: &&&'static dyn Table| {
        let sources = table.sources();
        sources.iter().any(|source| scans.iter().any(|scan| scan.operation == source.operation.name))
    };
    TABLES.iter().filter(is_read).map(|table| table.name()).collect()
}

/// The files of tables.
struct Writers {
    files: BTreeMap<&'static str, TableFile>,
    room: Room<&'static str>,
}

/// The file of a table that is being written.
struct TableFile {
    table: &'static dyn Table,
    writer: RowWriter,
    rows: u64,
    path: PathBuf,
}

impl Writers {
    fn begin(staging: &Path, tables: &[&'static dyn Table]) -> Result<Self> {
        let file = |table: &&'static dyn Table| {
            let folder = staging.join(table.name());
            fs::create_dir(&folder).map_err(|error| {
                Error::io(Kind::Output, format_args!("cannot write {}", folder.display()), error)
            })?;
            let path = data_files(1).map(|name| folder.join(name)).collect::<PathBuf>();
            let out = Destination::create(&path)?;
            let writer = RowWriter::new(Format::Parquet, table.schema(), out, &Options::default())?;
            Ok((table.name(), TableFile { table: *table, writer, rows: 0, path }))
        };
        Ok(Self { files: tables.iter().map(file).collect::<Result<_>>()?, room: Room::default() })
    }

    fn write(&mut self, table: &'static str, rows: &RecordBatch) -> Result<()> {
        let Some(file) = self.files.get_mut(table) else { return Ok(()) };
        file.rows += rows.num_rows() as u64;
        file.writer.write(rows)?;
        let fullest = self.room.holds(&table, file.writer.held());
        if let Some((table, file)) = fullest.and_then(|table| Some((table, self.files.get_mut(table)?))) {
            file.writer.release()?;
            self.room.holds(&table, file.writer.held());
        }
        Ok(())
    }

    /// Ends the files, which say themselves what they miss.
    fn end(self, record: &Arc<Record>) -> Result<BTreeMap<String, CapturedTable>> {
        let metadata = metadata(&record.completeness());
        let end = |TableFile { table, writer, rows, path }| {
            let columns = table.schema().fields().iter().map(|field| field.name().clone()).collect();
            writer.finish(&metadata)?.out.commit()?;
            let size = path.metadata().map_err(|error| {
                Error::io(Kind::Output, format_args!("cannot write {}", path.display()), error)
            })?;
            Ok((table.name().to_owned(), CapturedTable { rows, bytes: size.len(), files: 1, columns }))
        };
        self.files.into_values().map(end).collect()
    }
}

/// Puts the tables into their places and, when all are there, what says that they are.
pub(super) fn place(staging: &Staging, folder: &Path, manifest: &Manifest) -> Result<()> {
    let fail = |error| Error::io(Kind::Output, format_args!("cannot write {}", folder.display()), error);
    let time = manifest.captured_at;
    for table in manifest.tables.keys() {
        let target = table_path(folder, table, time);
        make_folder(&folder.join(table)).map_err(fail)?;
        put_folder(&staging.path().join(table), &target).map_err(fail)?;
    }
    let mut out = Destination::create(&manifest_path(folder, time))?;
    out.send(manifest.written().as_bytes())?;
    out.commit()
}

/// Removes the captures that are older than they are kept, and says how many those are.
pub(super) fn prune(folder: &Path, captured_at: DateTime<Utc>, keep: Option<TimeDelta>) -> Result<usize> {
    let Some(oldest) = keep.and_then(|keep| captured_at.checked_sub_signed(keep)) else { return Ok(0) };
    let captures = Captures::list(folder)?;
    let old: Vec<_> = captures.all().iter().filter(|capture| capture.time() < oldest).collect();
    old.iter().try_for_each(|capture| capture.remove())?;
    Ok(old.len())
}
