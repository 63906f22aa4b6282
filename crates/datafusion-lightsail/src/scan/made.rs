//! The leaf that reads a table of the session: it knows of which columns of the service its own were made.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions, StatisticsArgs,
};

use crate::catalog::Table;
use crate::options::LightsailOptions;
use crate::scan::exec::ScanExec;
use crate::scan::plan::predicate::Predicate;
use crate::scan::plan::spec::ScanSpec;

/// A scan that rows of a table were made of, and the settings that it ran with.
#[derive(Debug)]
pub(in crate::scan) struct Origin {
    pub(in crate::scan) scan: ScanSpec,
    pub(in crate::scan) options: LightsailOptions,
}

/// The columns of scans that one column of an answer is made of.
pub(in crate::scan) type Origins = Vec<(Arc<Origin>, String)>;

/// What the columns of an answer are made of, by their place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lineage(pub(in crate::scan) Vec<Origins>);

impl Lineage {
    /// What the columns of a table are made of that has all rows of one of the service's, asked with these settings.
    ///
    /// # Errors
    /// Never, of a table of the catalog.
    pub(crate) fn of_table(table: &'static dyn Table, options: &LightsailOptions) -> Result<Self> {
        let schema = table.schema();
        let columns: Vec<usize> = (0..schema.fields().len()).collect();
        let (all, now) = (Predicate::default(), SystemTime::now());
        let scan = ScanExec::try_new(table, &schema, &columns, all, None, now)?.spec().clone();
        let origin = Arc::new(Origin { scan, options: options.clone() });
        let of_column = |name: &String| vec![(Arc::clone(&origin), name.clone())];
        Ok(Self(schema.fields().iter().map(|field| of_column(field.name())).collect()))
    }

    /// What the columns are made of if the rows of several answers are in one table.
    pub(crate) fn of_all(all: impl IntoIterator<Item = Self>) -> Self {
        let mut columns: Vec<Origins> = Vec::new();
        for Self(more) in all {
            columns.resize(columns.len().max(more.len()), Origins::new());
            columns.iter_mut().zip(more).for_each(|(column, more)| column.extend(more));
        }
        Self(columns)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    /// What is left of it in a projection.
    #[must_use]
    pub(crate) fn projected(&self, projection: Option<&Vec<usize>>) -> Self {
        match projection {
            Some(kept) => {
                Self(kept.iter().map(|index| self.0.get(*index).cloned().unwrap_or_default()).collect())
            }
            None => self.clone(),
        }
    }
}

/// Reads a table of the session. All that it does is the inner plan's doing.
#[derive(Debug)]
pub(crate) struct MadeExec {
    inner: Arc<dyn ExecutionPlan>,
    pub(in crate::scan) lineage: Lineage,
}

impl MadeExec {
    /// A leaf that reads what `inner` reads, whose columns are made of `lineage`.
    pub(crate) fn new(inner: Arc<dyn ExecutionPlan>, lineage: Lineage) -> Self {
        Self { inner, lineage }
    }

    /// The plan that reads the rows.
    pub(in crate::scan) fn inner(&self) -> &Arc<dyn ExecutionPlan> {
        &self.inner
    }

    fn with(&self, inner: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(Self { inner, lineage: self.lineage.clone() })
    }
}

impl DisplayAs for MadeExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt_as(kind, f)
    }
}

impl ExecutionPlan for MadeExec {
    fn name(&self) -> &'static str {
        "MadeExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.inner.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.inner.apply_expressions(f)
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    /// A file is handed on once, and anew by a plan that is reset: in each round of a recursive query.
    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self.with(Arc::clone(&self.inner).reset_state()?))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn repartitioned(
        &self,
        partitions: usize,
        config: &ConfigOptions,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        Ok(self.inner.repartitioned(partitions, config)?.map(|inner| self.with(inner)))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.inner.execute(partition, context)
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.inner.metrics()
    }

    fn statistics_from_inputs(
        &self,
        inputs: &[Arc<Statistics>],
        args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        self.inner.statistics_from_inputs(inputs, args)
    }

    fn fetch(&self) -> Option<usize> {
        self.inner.fetch()
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        self.inner.with_fetch(limit).map(|inner| self.with(inner))
    }
}
