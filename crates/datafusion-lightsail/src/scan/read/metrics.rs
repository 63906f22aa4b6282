//! What EXPLAIN ANALYZE says that a scan did.

use arrow::array::RecordBatch;
use datafusion::common::instant::Instant;
use datafusion::physical_plan::metrics::{
    BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder, RecordOutput, ScopedTimerGuard, Time,
};

use crate::scan::read::pages::Read;

/// The counters of one scan.
pub(in crate::scan) struct ScanMetrics {
    baseline: BaselineMetrics,
    calls: Count,
    pages: Count,
    items: Count,
    retries: Count,
    bytes: Count,
    waiting: Time,
}

impl ScanMetrics {
    pub(in crate::scan) fn new(metrics: &ExecutionPlanMetricsSet, partition: usize) -> Self {
        let count = |name| MetricBuilder::new(metrics).counter(name, partition);
        Self {
            baseline: BaselineMetrics::new(metrics, partition),
            calls: count("calls"),
            pages: count("pages"),
            items: count("items"),
            retries: count("retries"),
            bytes: count("bytes"),
            waiting: MetricBuilder::new(metrics).subset_time("waiting", partition),
        }
    }

    /// Takes note of a page, of which so many items count.
    pub(in crate::scan) fn note(&self, read: &Read, items: usize) {
        self.pages.add(1);
        self.items.add(items);
        if let Some(cost) = &read.cost {
            self.calls.add(1);
            self.retries.add(usize::try_from(cost.attempts.saturating_sub(1)).unwrap_or(usize::MAX));
            self.bytes.add(usize::try_from(cost.bytes).unwrap_or(usize::MAX));
        }
    }

    /// Counts the time until it is done as waiting for answers.
    pub(in crate::scan) fn waiting(&self) -> Waiting {
        Waiting { time: self.waiting.clone(), since: Instant::now() }
    }

    /// Counts the time until it is done as work.
    pub(in crate::scan) fn computing(&self) -> ScopedTimerGuard<'_> {
        self.baseline.elapsed_compute().timer()
    }

    /// Counts what is handed on.
    pub(in crate::scan) fn output(&self, batch: RecordBatch) -> RecordBatch {
        batch.record_output(&self.baseline)
    }
}

/// A timer that borrows nothing while its scan waits.
pub(in crate::scan) struct Waiting {
    time: Time,
    since: Instant,
}

impl Waiting {
    pub(in crate::scan) fn done(self) {
        self.time.add_elapsed(self.since);
    }
}
