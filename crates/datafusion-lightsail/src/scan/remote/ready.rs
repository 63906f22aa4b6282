//! A plan that has arrived at a worker: nothing of it runs that no coordinator of ours sends.

use std::sync::Arc;

use datafusion::common::Result as DataFusionResult;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;

use super::failure::crossing;
use super::report::ReportExec;
use crate::error::{Error, Kind};
use crate::scan::barrier::Barrier;
use crate::scan::exec::ScanExec;
use crate::scan::share::beside::{address, beside};

/// Refuses a plan with a node that no coordinator of ours sends, and makes the rest ready to run: what runs here runs with
/// the credentials of this machine.
///
/// # Errors
/// [`Kind::Usage`] that names the node.
pub(crate) fn ready(
    plan: Arc<dyn ExecutionPlan>,
    push: super::Push,
) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
    let is_root = plan.downcast_ref::<ReportExec>().is_some();
    let mut refused = (!is_root).then(|| plan.name().to_owned());
    plan.apply(|node| {
        if refused.is_none() && !is_allowed(node) {
            refused = Some(node.name().to_owned());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    if let Some(name) = refused {
        let what =
            format!("this worker runs scans of Lightsail and what is made of them alone: {name} is refused");
        return Err(crossing(Error::new(Kind::Usage, what).into()));
    }
    let plan = afresh(plan, push)?;
    let is_one_target = false;
    let beside = beside(&plan, is_one_target)?;
    let plan = plan.transform_up(|node| {
        if let Some(filter) = node.downcast_ref::<FilterExec>() {
            // By default it gathers thousands of rows before it hands on any.
            return Ok(Transformed::yes(Arc::new(filter.with_batch_size(1)?) as _));
        }
        match node.downcast_ref::<ScanExec>() {
            Some(scan) if beside.contains(&address(&node)) => {
                Ok(Transformed::yes(Arc::new(scan.beside()) as _))
            }
            _ => Ok(Transformed::no(node)),
        }
    })?;
    Ok(plan.data)
}

/// A plan whose scans hear of its own joins and sorts, and of no others.
pub(super) fn afresh(
    plan: Arc<dyn ExecutionPlan>,
    push: super::Push,
) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
    let plan = plan.transform_up(|node| {
        if let Some(scan) = node.downcast_ref::<ScanExec>() {
            return Ok(Transformed::yes(Arc::new(scan.unheard()) as Arc<dyn ExecutionPlan>));
        }
        // A join that has told a scan already tells no other.
        match node.downcast_ref::<HashJoinExec>().is_some() {
            true => Ok(Transformed::yes(node.reset_state()?)),
            false => Ok(Transformed::no(node)),
        }
    })?;
    push(plan.data)
}

fn is_allowed(node: &Arc<dyn ExecutionPlan>) -> bool {
    node.downcast_ref::<ReportExec>().is_some()
        || node.downcast_ref::<ScanExec>().is_some()
        || node.downcast_ref::<EmptyExec>().is_some()
        || node.downcast_ref::<FilterExec>().is_some()
        || node.downcast_ref::<ProjectionExec>().is_some()
        || node.downcast_ref::<HashJoinExec>().is_some()
        || node.downcast_ref::<AggregateExec>().is_some()
        || node.downcast_ref::<SortExec>().is_some()
        || node.downcast_ref::<LocalLimitExec>().is_some()
        || node.downcast_ref::<GlobalLimitExec>().is_some()
        || node.downcast_ref::<UnionExec>().is_some()
        || node.downcast_ref::<CoalescePartitionsExec>().is_some()
        || node.downcast_ref::<CooperativeExec>().is_some()
        || Barrier::is_unordered(node)
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::{CsvReadOptions, SessionContext};
    use datafusion_distributed::NetworkCoalesceExec;

    use super::*;

    fn refusal(plan: Arc<dyn ExecutionPlan>) -> String {
        Error::from(ready(plan, Ok).unwrap_err()).to_string()
    }

    #[tokio::test]
    async fn a_plan_that_reads_a_file_or_asks_another_worker_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets.csv");
        std::fs::write(&file, "a\n1\n").unwrap();
        let context = SessionContext::new();
        context.register_csv("t", file.to_str().unwrap(), CsvReadOptions::new()).await.unwrap();
        let plan =
            context.sql("SELECT a FROM t WHERE a > 0").await.unwrap().create_physical_plan().await.unwrap();
        let bare = refusal(Arc::clone(&plan));
        assert!(bare.contains("is refused"), "{bare}");
        let sent: Arc<dyn ExecutionPlan> = Arc::new(ReportExec::new(plan, Vec::new()));
        let reads = refusal(Arc::clone(&sent));
        assert!(reads.contains("is refused"), "{reads}");
        let empty: Arc<dyn ExecutionPlan> = Arc::new(EmptyExec::new(sent.schema()));
        let asks = NetworkCoalesceExec::try_new(Arc::clone(&empty), 2, 1).unwrap();
        let asks = refusal(Arc::new(ReportExec::new(Arc::new(asks), Vec::new())));
        assert!(asks.contains("NetworkCoalesceExec is refused"), "{asks}");
        ready(Arc::new(ReportExec::new(empty, Vec::new())), Ok).unwrap();
    }
}
