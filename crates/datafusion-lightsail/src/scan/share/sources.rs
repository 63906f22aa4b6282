//! What a column of a plan is made of.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_plan::ExecutionPlan;

use crate::scan::plan::mentions::is_same_name;

/// The most rows of VALUES, or of a table of the session, that are looked at for the targets that they name.
const MAX_ROWS: usize = 10_000;

/// A column of a scan that a column of a plan is made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::scan) struct Source {
    /// The number of the scan.
    pub(in crate::scan) scan: usize,
    pub(in crate::scan) column: String,
    /// Whether it names the target that the column of the scan names, and no part of it.
    pub(in crate::scan) is_same: bool,
}

/// What a column of a plan is made of.
#[derive(Debug, Clone, Default)]
pub(in crate::scan) struct Sources {
    pub(in crate::scan) all: BTreeSet<Source>,
    /// The texts that are known to be in it, of rows that the statement has at hand.
    pub(in crate::scan) texts: Arc<BTreeSet<String>>,
}

impl Sources {
    /// A column as it is in a scan.
    pub(in crate::scan) fn of(scan: usize, column: &str) -> Self {
        let source = Source { scan, column: column.to_owned(), is_same: true };
        Self { all: BTreeSet::from([source]), texts: Arc::default() }
    }

    /// What an expression over columns is made of.
    pub(in crate::scan) fn of_expr(expr: &Arc<dyn PhysicalExpr>, columns: &[Self]) -> Self {
        if let Some(column) = expr.downcast_ref::<Column>() {
            return columns.get(column.index()).cloned().unwrap_or_default();
        }
        let is_same = is_same_name(expr);
        let read = collect_columns(expr);
        let read = read.iter().filter_map(|column| columns.get(column.index()));
        let all = read.flat_map(|column| &column.all);
        let all = all.map(|source| Source { is_same: is_same && source.is_same, ..source.clone() });
        Self { all: all.collect(), texts: Arc::new(texts_of(expr, columns).unwrap_or_default()) }
    }

    /// What a column is made of that has rows of both.
    pub(in crate::scan) fn or(self, other: Self) -> Self {
        let texts = match (self.texts.is_empty(), other.texts.is_empty()) {
            (_, true) => self.texts,
            (true, false) => other.texts,
            (false, false) => Arc::new(&*self.texts | &*other.texts),
        };
        Self { all: &self.all | &other.all, texts }
    }

    /// The names of the columns of scans.
    pub(in crate::scan) fn names(&self) -> BTreeSet<&str> {
        self.all.iter().map(|source| source.column.as_str()).collect()
    }
}

/// The texts that an expression makes of those at hand in the only column that it reads.
fn texts_of(expr: &Arc<dyn PhysicalExpr>, columns: &[Sources]) -> Option<BTreeSet<String>> {
    let read = collect_columns(expr);
    let (Some(column), 1) = (read.iter().next(), read.len()) else { return None };
    let texts = &columns.get(column.index())?.texts;
    if texts.is_empty() {
        return None;
    }
    let alone = Arc::clone(expr).transform(|part| {
        Ok(match part.downcast_ref::<Column>() {
            Some(_) => Transformed::yes(Arc::new(Column::new(column.name(), 0)) as Arc<dyn PhysicalExpr>),
            None => Transformed::no(part),
        })
    });
    let schema = Arc::new(Schema::new(vec![Field::new(column.name(), DataType::Utf8, true)]));
    let rows =
        RecordBatch::try_new(schema, vec![Arc::new(StringArray::from_iter_values(texts.iter()))]).ok()?;
    // What fails here fails again where it runs, and is told then.
    let made = alone.ok()?.data.evaluate(&rows).ok()?.into_array(rows.num_rows()).ok()?;
    let made = cast(&made, &DataType::Utf8).ok()?;
    Some(made.as_string::<i32>().iter().flatten().map(ToOwned::to_owned).collect())
}

/// Keeps the columns of a projection by place.
pub(in crate::scan) fn project(columns: Vec<Sources>, projection: Option<&[usize]>) -> Vec<Sources> {
    match projection {
        Some(kept) => kept.iter().map(|index| columns.get(*index).cloned().unwrap_or_default()).collect(),
        None => columns,
    }
}

/// The texts in the columns of VALUES, or of a table of the session; none of a plan that reads anything else.
pub(in crate::scan) fn texts_at_hand(plan: &Arc<dyn ExecutionPlan>) -> Vec<Sources> {
    let source = plan.downcast_ref::<DataSourceExec>();
    let Some(memory) = source.and_then(|node| node.data_source().downcast_ref::<MemorySourceConfig>()) else {
        return Vec::new();
    };
    let batches = || memory.partitions().iter().flatten();
    if batches().map(RecordBatch::num_rows).sum::<usize>() > MAX_ROWS {
        return Vec::new();
    }
    let schema = memory.original_schema();
    let all: Vec<usize> = (0..schema.fields().len()).collect();
    let of_column = |index: &usize| {
        let texts = match schema.field(*index).data_type() {
            DataType::Utf8 => {
                let values = batches().flat_map(|batch| batch.column(*index).as_string::<i32>());
                values.flatten().map(ToOwned::to_owned).collect()
            }
            DataType::Utf8View => {
                let values = batches().flat_map(|batch| batch.column(*index).as_string_view());
                values.flatten().map(ToOwned::to_owned).collect()
            }
            _ => BTreeSet::new(),
        };
        Sources { all: BTreeSet::new(), texts: Arc::new(texts) }
    };
    memory.projection().as_ref().unwrap_or(&all).iter().map(of_column).collect()
}
