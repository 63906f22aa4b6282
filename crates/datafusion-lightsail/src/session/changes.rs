//! The table `changes`: what of each table was added, removed and changed between two captures, column by column.
//!
//! Both captures are read twice: once for what tells rows apart and a hash of the rest, and where hashes differ once more
//! for the values. Memory holds the names of things, and the values of those that changed.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, TableReference};
use datafusion::datasource::TableType;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::prelude::SessionContext;
use futures::{StreamExt, TryStreamExt, stream};

use super::captured::{Archive, CapturedTable, adopt, passing};
use super::provenance::running;
use crate::captures::{Capture, shown};
use crate::catalog::identity::identity;
use crate::catalog::{TABLES, Table};
use crate::error::{Error, Kind};

/// The name of the table.
pub const CHANGES: &str = "changes";

/// The column that names the table of a change.
const TABLE: &str = "table";

/// Its columns, and whether they can be NULL.
const COLUMNS: [(&str, bool); 9] = [
    (TABLE, false),
    ("change", false),
    ("profile", true),
    ("region", true),
    ("key", false),
    ("name", true),
    ("column", true),
    ("before", true),
    ("after", true),
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let field = |(name, is_nullable)| Field::new(name, DataType::Utf8, is_nullable);
    Arc::new(Schema::new(COLUMNS.map(field).to_vec()))
});

/// What stands between the parts of a key.
const PART: &str = " ";

/// Adds the table to a session that reads captures.
///
/// # Errors
/// When the session's default schema takes no tables.
pub(super) fn register(context: &SessionContext, archive: &Arc<Archive>) -> Result<()> {
    context
        .register_table(TableReference::bare(CHANGES), Arc::new(Changes { archive: Arc::clone(archive) }))?;
    Ok(())
}

#[derive(Debug)]
struct Changes {
    archive: Arc<Archive>,
}

impl Changes {
    /// The capture that is compared with.
    ///
    /// # Errors
    /// [`Kind::Sql`] where there is none.
    fn since(&self) -> Result<&Arc<Capture>> {
        let at = &self.archive.at;
        self.archive.since.as_ref().ok_or_else(|| {
            let what = format!("there is no capture before {}", at.name());
            Error::new(Kind::Sql, what)
                .with_hint("changes are between two captures: make another one later")
                .into()
        })
    }

    /// What of a table is compared; `None` where one of the captures has it not.
    async fn pair(&self, state: &dyn Session, table: &'static dyn Table) -> Result<Option<Pair>> {
        let (before, after) = (self.since()?, &self.archive.at);
        let tables = [before, after].map(|capture| capture.manifest.tables.get(table.name()));
        let [Some(old), Some(new)] = tables else { return Ok(None) };
        let identity = identity(table);
        let is_there = |name: &String| old.columns.contains(name) && new.columns.contains(name);
        let columns = table.columns().into_iter().enumerate();
        let columns = columns.filter(|(_, column)| {
            let name = column.field.name();
            is_there(name) && (!column.is_volatile || identity.contains(name))
        });
        let (places, names): (Vec<usize>, Vec<String>) =
            columns.map(|(place, column)| (place, column.field.name().clone())).unzip();
        let captured = CapturedTable::new(table, &self.archive, false);
        let plan = async |capture| captured.read(state, &[capture], Some(&places), &[], None).await;
        Ok(Some(Pair {
            table: table.name(),
            sides: [plan(before).await?, plan(after).await?],
            identity: identity
                .iter()
                .filter_map(|name| names.iter().position(|known| known == name))
                .collect(),
            names,
        }))
    }
}

#[async_trait]
impl TableProvider for Changes {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&SCHEMA)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (before, after) = (self.since()?, &self.archive.at);
        let all = TABLES.iter().filter(|table| table.range().is_none());
        let all: Vec<&'static dyn Table> = all.copied().collect();
        let names: ArrayRef = Arc::new(all.iter().map(|table| Some(table.name())).collect::<StringArray>());
        let wanted = passing(state, filters, &Field::new(TABLE, DataType::Utf8, false), names)?;
        let (mut pairs, mut in_one) = (Vec::new(), Vec::new());
        for (table, _) in all.into_iter().zip(wanted).filter(|(_, is_wanted)| *is_wanted) {
            match self.pair(state, table).await? {
                Some(pair) => pairs.push(pair),
                None => in_one.push(table.name()),
            }
        }
        let targets = Targets::of(before, after);
        if let Some(record) = running(state) {
            record.remark_once(Some(format!(
                "what changed from {} to {}",
                shown(before.time()),
                shown(after.time())
            )));
            let is_captured = |name: &&str| {
                [before, after].iter().any(|capture| capture.manifest.tables.contains_key(*name))
            };
            in_one.retain(is_captured);
            record.remark_once((!in_one.is_empty()).then(|| {
                format!("not compared, for only one of the captures has them: {}", in_one.join(", "))
            }));
            record.remark_once(targets.remark());
            for pair in &pairs {
                adopt(record, before, pair.table);
                adopt(record, after, pair.table);
            }
        }
        let comparison: Arc<dyn PartitionStream> = Arc::new(Comparison { pairs: pairs.into(), targets });
        let schema = Arc::clone(&SCHEMA);
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![comparison], projection, [], false, limit)?))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}

/// The targets that only one of two captures has: what is there was neither added nor removed.
#[derive(Debug, Clone)]
struct Targets {
    only_in_one: Vec<(String, String)>,
}

impl Targets {
    fn of(before: &Capture, after: &Capture) -> Self {
        let targets = |capture: &Capture| {
            let targets = capture.manifest.targets.iter();
            targets.map(|target| (target.profile.clone(), target.region.clone())).collect::<Vec<_>>()
        };
        let (old, new) = (targets(before), targets(after));
        let only = old.iter().filter(|target| !new.contains(target));
        let only = only.chain(new.iter().filter(|target| !old.contains(target)));
        Self { only_in_one: only.cloned().collect() }
    }

    fn are_compared(&self, profile: Option<&str>, region: Option<&str>) -> bool {
        !self.only_in_one.iter().any(|(in_profile, in_region)| {
            Some(in_profile.as_str()) == profile && Some(in_region.as_str()) == region
        })
    }

    fn remark(&self) -> Option<String> {
        let targets = self.only_in_one.iter().map(|(profile, region)| format!("{profile}/{region}"));
        let targets: Vec<String> = targets.collect();
        (!targets.is_empty())
            .then(|| format!("not compared, for only one of the captures has them: {}", targets.join(", ")))
    }
}

/// A table as it was in both captures.
#[derive(Debug)]
struct Pair {
    table: &'static str,
    /// The plans that read it before and after.
    sides: [Arc<dyn ExecutionPlan>; 2],
    /// The columns that are compared.
    names: Vec<String>,
    /// The places among them of those that tell rows apart.
    identity: Vec<usize>,
}

#[derive(Debug)]
struct Comparison {
    pairs: Arc<[Pair]>,
    targets: Targets,
}

impl PartitionStream for Comparison {
    fn schema(&self) -> &SchemaRef {
        &SCHEMA
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (pairs, targets) = (Arc::clone(&self.pairs), self.targets.clone());
        let changes = stream::iter(0..pairs.len()).then(move |at| {
            let (pairs, targets, context) = (Arc::clone(&pairs), targets.clone(), Arc::clone(&context));
            async move { pairs[at].changes(&targets, &context).await }
        });
        let changes = changes.try_filter(|batch| std::future::ready(batch.num_rows() > 0));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&SCHEMA), changes))
    }
}

/// What a row is but for what tells it apart, in 128 bits: that two are the same by chance will not happen.
type Digest = (u64, u64);

/// A row: what tells it apart, and its values.
struct Row {
    key: String,
    cells: Vec<Option<String>>,
}

impl Row {
    fn digest(&self, hashers: &[RandomState; 2]) -> Digest {
        (hashers[0].hash_one(&self.cells), hashers[1].hash_one(&self.cells))
    }
}

/// What became of a row.
#[derive(Default)]
struct Fate {
    before: Option<Row>,
    after: Option<Row>,
}

impl Pair {
    async fn changes(&self, targets: &Targets, context: &Arc<TaskContext>) -> Result<RecordBatch> {
        let hashers = [RandomState::new(), RandomState::new()];
        let mut digests: HashMap<String, [Option<Digest>; 2]> = HashMap::new();
        for (side, plan) in self.sides.iter().enumerate() {
            self.read(plan, targets, context, |row| {
                let digest = row.digest(&hashers);
                digests.entry(row.key).or_default()[side] = Some(digest);
            })
            .await?;
        }
        digests.retain(|_, [before, after]| before != after);
        let mut fates: BTreeMap<String, Fate> = BTreeMap::new();
        if !digests.is_empty() {
            for (side, plan) in self.sides.iter().enumerate() {
                self.read(plan, targets, context, |row| {
                    if digests.contains_key(&row.key) {
                        let fate = fates.entry(row.key.clone()).or_default();
                        *(if side == 0 { &mut fate.before } else { &mut fate.after }) = Some(row);
                    }
                })
                .await?;
            }
        }
        self.told(fates.into_values())
    }

    /// Hands on the rows of a capture one after the other. Several that nothing tells apart are numbered.
    async fn read(
        &self,
        plan: &Arc<dyn ExecutionPlan>,
        targets: &Targets,
        context: &Arc<TaskContext>,
        mut each: impl FnMut(Row),
    ) -> Result<()> {
        // A plan hands a file on once, unless it is reset.
        let mut stream = Arc::clone(plan).reset_state()?.execute(0, Arc::clone(context))?;
        let mut counts: HashMap<String, usize> = HashMap::new();
        let options = FormatOptions::new();
        while let Some(batch) = stream.next().await.transpose()? {
            let columns = batch.columns().iter();
            let texts = columns.map(|column| ArrayFormatter::try_new(column, &options));
            let texts = texts.collect::<Result<Vec<_>, _>>()?;
            for row in 0..batch.num_rows() {
                let cell = |(column, text): (&ArrayRef, &ArrayFormatter<'_>)| {
                    column.is_valid(row).then(|| text.value(row).to_string())
                };
                let cells: Vec<Option<String>> = batch.columns().iter().zip(&texts).map(cell).collect();
                let value = |name| self.value(&cells, name);
                if !targets.are_compared(value("profile"), value("region")) {
                    continue;
                }
                let parts = self.identity.iter().filter_map(|place| cells[*place].as_deref());
                let mut key = parts.collect::<Vec<_>>().join(PART);
                let count = counts.entry(key.clone()).or_default();
                *count += 1;
                if *count > 1 {
                    key = format!("{key}{PART}#{count}");
                }
                each(Row { key, cells });
            }
        }
        Ok(())
    }

    fn value<'a>(&self, cells: &'a [Option<String>], name: &str) -> Option<&'a str> {
        cells[self.names.iter().position(|known| known == name)?].as_deref()
    }

    /// What a person calls a row without a name of its own: whose it is, and what tells it apart there.
    fn shown(&self, row: &Row) -> String {
        let place = |at: &&usize| matches!(self.names[**at].as_str(), "profile" | "region");
        let is_arn = |at: &&usize| self.names[**at].ends_with("arn");
        let own = self.identity.iter().filter(|at| !place(at) && !is_arn(at));
        let owner = self.names.iter().position(|name| name.ends_with("_name"));
        let owner = owner.filter(|owner| !self.identity.contains(owner));
        let parts = owner.iter().chain(own).filter_map(|at| row.cells[*at].as_deref());
        parts.collect::<Vec<_>>().join(PART)
    }

    /// What became of the rows, as rows: one for what was added or removed, and one for each column that changed.
    fn told(&self, fates: impl Iterator<Item = Fate>) -> Result<RecordBatch> {
        let mut rows: Vec<[Option<String>; COLUMNS.len()]> = Vec::new();
        for fate in fates {
            let Some(row) = fate.after.as_ref().or(fate.before.as_ref()) else { continue };
            let value = |name| self.value(&row.cells, name).map(ToOwned::to_owned);
            let mut tell = |change: &str, column: Option<&String>, before: Option<String>, after| {
                rows.push([
                    Some(self.table.to_owned()),
                    Some(change.to_owned()),
                    value("profile"),
                    value("region"),
                    Some(row.key.clone()),
                    value("name").or_else(|| Some(self.shown(row))),
                    column.cloned(),
                    before,
                    after,
                ]);
            };
            match (&fate.before, &fate.after) {
                (None, _) => tell("added", None, None, None),
                (_, None) => tell("removed", None, None, None),
                (Some(before), Some(after)) => {
                    let cells = before.cells.iter().zip(&after.cells).zip(&self.names);
                    for ((before, after), name) in cells.filter(|((before, after), _)| before != after) {
                        tell("changed", Some(name), before.clone(), after.clone());
                    }
                }
            }
        }
        let column = |at: usize| {
            let texts = rows.iter().map(|row| row[at].as_deref());
            Arc::new(texts.collect::<StringArray>()) as ArrayRef
        };
        Ok(RecordBatch::try_new(Arc::clone(&SCHEMA), (0..COLUMNS.len()).map(column).collect())?)
    }
}
