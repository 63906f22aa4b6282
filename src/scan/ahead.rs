//! Reading both sides of a join at the same time.
//!
//! A join reads one side to its end before it polls the other, and two operations would be read one after the other.
//! Where the calls of the second cannot depend on what the join finds out, its reader runs in a task of its own from
//! the moment on in which anything of the query is read, and what it reads waits in a queue.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::sorts::sort::SortExec;
use futures::{Stream, stream};
use tokio::sync::mpsc;

use super::exec::ScanExec;
use super::reader::Reader;
use super::spec::Scan;

/// How many pages of rows may wait. Beyond that the reader pauses, and memory stays flat.
const QUEUE: usize = 1024;

/// The batches of a reader that begins to read when its query does.
pub(super) fn batches(mut reader: Reader) -> impl Stream<Item = Result<RecordBatch>> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let query = Arc::clone(reader.query());
    let asked = Arc::clone(&query);
    let reading = SpawnedTask::spawn(async move {
        query.started().await;
        while let Some(batch) = reader.next().await.transpose() {
            let is_end = batch.is_err();
            if sender.send(batch).await.is_err() || is_end {
                break;
            }
        }
    });
    stream::unfold((receiver, reading), move |(mut receiver, reading)| {
        let asked = Arc::clone(&asked);
        async move {
            asked.start();
            Some((receiver.recv().await?, (receiver, reading)))
        }
    })
}

/// The scans of a plan that can be read beside what their joins read first, by their address.
pub(super) fn beside(plan: &Arc<dyn ExecutionPlan>) -> Result<HashSet<*const ()>> {
    let mut beside = HashSet::new();
    // What a LIMIT may end early shall make no call ahead of its time. A sort with a limit reads everything.
    let is_limited =
        plan.exists(|node| Ok(node.fetch().is_some() && node.downcast_ref::<SortExec>().is_none()))?;
    if is_limited {
        return Ok(beside);
    }
    plan.apply(|node| {
        let is_join = node.downcast_ref::<HashJoinExec>().is_some()
            || node.downcast_ref::<NestedLoopJoinExec>().is_some()
            || node.downcast_ref::<CrossJoinExec>().is_some();
        if let ([first, second], true) = (&node.children()[..], is_join) {
            let read_first = operations(first)?;
            second.apply(|leaf| {
                let scan = leaf.downcast_ref::<ScanExec>().map(ScanExec::scan);
                if scan.is_some_and(|scan| {
                    !scan.depends_on_join() && read_first.is_disjoint(&operations_of(scan))
                }) {
                    beside.insert(address(leaf));
                }
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(beside)
}

/// What tells a node of a plan from all others.
pub(super) fn address(node: &Arc<dyn ExecutionPlan>) -> *const () {
    Arc::as_ptr(node).cast()
}

fn operations(plan: &Arc<dyn ExecutionPlan>) -> Result<HashSet<&'static str>> {
    let mut operations = HashSet::new();
    plan.apply(|node| {
        operations.extend(
            node.downcast_ref::<ScanExec>().map(|scan| operations_of(scan.scan())).into_iter().flatten(),
        );
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(operations)
}

fn operations_of(scan: &Scan) -> HashSet<&'static str> {
    scan.operations().into_iter().map(|(operation, _)| operation.name).collect()
}

impl Scan {
    /// Whether what a join finds out can leave calls out, or change them.
    fn depends_on_join(&self) -> bool {
        let asked = self.table.sources().into_iter().flat_map(|source| source.operation.asks_about());
        let targets =
            ["profile", "account_id", "region"].into_iter().chain(self.table.key()).map(ToOwned::to_owned);
        let texts = self.table.sources().into_iter().filter_map(|source| Some(source.texts?.0.to_owned()));
        asked.chain(targets).chain(texts).any(|column| self.hears_of(&column))
    }
}
