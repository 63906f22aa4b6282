//! Which joins and groups stay within a profile, so that each worker makes its own.

use std::sync::Arc;

use datafusion::common::{JoinSide, JoinType, NullEquality};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;

use crate::scan::barrier::Barrier;
use crate::scan::exec::ScanExec;
use crate::scan::share::origin::origin;

/// Whether no row of a join is made of rows of two profiles, nor kept for want of a partner that another profile may have.
pub(super) fn is_within_profiles(join: &HashJoinExec) -> bool {
    let is_plain = join.null_equality() == NullEquality::NullEqualsNothing && !join.null_aware;
    is_plain
        && join
            .on()
            .iter()
            .any(|(left, right)| is_profile_key(join.left(), left) && is_profile_key(join.right(), right))
}

/// Whether a key is the profile that rows were read of.
pub(super) fn is_profile_key(input: &Arc<dyn ExecutionPlan>, key: &Arc<dyn PhysicalExpr>) -> bool {
    key.downcast_ref::<Column>().is_some_and(|column| is_profile(input, column.index()))
}

/// Whether a column is the profile that a row was read of, and never NULL for want of a partner.
fn is_profile(node: &Arc<dyn ExecutionPlan>, index: usize) -> bool {
    if node.downcast_ref::<ScanExec>().is_some() {
        return node.schema().fields().get(index).is_some_and(|field| field.name() == "profile");
    }
    if let Some(projection) = node.downcast_ref::<ProjectionExec>() {
        return projection
            .expr()
            .get(index)
            .is_some_and(|made| is_profile_key(projection.input(), &made.expr));
    }
    if let Some(filter) = node.downcast_ref::<FilterExec>() {
        let index = filter.projection().as_ref().map_or(Some(index), |kept| kept.get(index).copied());
        return index.is_some_and(|index| is_profile(filter.input(), index));
    }
    if let Some(aggregate) = node.downcast_ref::<AggregateExec>() {
        let key = aggregate.group_expr().expr().get(index);
        return key.is_some_and(|(key, _)| is_profile_key(aggregate.input(), key));
    }
    if let Some(join) = node.downcast_ref::<HashJoinExec>() {
        let (kind, found) = (join.join_type(), origin(join, index));
        return found.is_some_and(|found| match found.side {
            JoinSide::Left => {
                !matches!(kind, JoinType::Right | JoinType::Full) && is_profile(join.left(), found.index)
            }
            _ => !matches!(kind, JoinType::Left | JoinType::Full) && is_profile(join.right(), found.index),
        });
    }
    if node.downcast_ref::<UnionExec>().is_some() {
        return node.children().into_iter().all(|branch| is_profile(branch, index));
    }
    let keeps_columns = node.downcast_ref::<CooperativeExec>().is_some()
        || node.downcast_ref::<CoalescePartitionsExec>().is_some()
        || node.downcast_ref::<SortExec>().is_some()
        || Barrier::is_unordered(node);
    match node.children()[..] {
        [input] if keeps_columns => is_profile(input, index),
        _ => false,
    }
}
