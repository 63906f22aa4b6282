//! Which joins and groups stay within a worker, so that each makes its own: those of rows that one profile, or one account,
//! has read.

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

use crate::catalog::identity::names_resource;
use crate::scan::barrier::Barrier;
use crate::scan::exec::ScanExec;
use crate::scan::share::origin::origin;

/// What the workers of a statement have of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Division {
    /// Whether a profile may be asked by several workers, each in other regions.
    pub(super) by_region: bool,
    /// Whether the accounts of all profiles are known, and no two workers ask the same one.
    pub(super) by_account: bool,
}

/// What keeps a join within each worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locality {
    /// Its rows are of one profile.
    Profile,
    /// Its rows are of one account.
    Account,
}

/// What keeps every row of a join from being made of rows of two workers, and from being kept for want of a partner that
/// another worker may have; `None` if nothing does.
pub(super) fn within(join: &HashJoinExec, apart: Division) -> Option<Locality> {
    if join.null_equality() != NullEquality::NullEqualsNothing || join.null_aware {
        return None;
    }
    let both = |(left, right): &(Arc<dyn PhysicalExpr>, Arc<dyn PhysicalExpr>)| {
        let key = key(join.left(), left)?;
        (Some(key) == self::key(join.right(), right)).then_some(key)
    };
    let keys: Vec<Key> = join.on().iter().filter_map(both).collect();
    if apart.by_region && !keys.contains(&Key::Region) {
        return None;
    }
    if keys.contains(&Key::Profile) {
        return Some(Locality::Profile);
    }
    let has_account = keys.iter().any(|key| matches!(key, Key::Account | Key::Resource));
    (has_account && apart.by_account).then_some(Locality::Account)
}

/// Whether the groups of an aggregate are of rows of one worker each.
pub(super) fn groups_within(aggregate: &AggregateExec, apart: Division) -> bool {
    let groups = aggregate.group_expr();
    let keys = groups.expr().iter().filter_map(|(group, _)| key(aggregate.input(), group));
    let keys: Vec<Key> = keys.collect();
    groups.is_single() && keys.contains(&Key::Profile) && (!apart.by_region || keys.contains(&Key::Region))
}

/// What a column says of where its row was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Profile,
    Region,
    Account,
    /// An arn, which has the account in it.
    Resource,
}

fn key(input: &Arc<dyn ExecutionPlan>, key: &Arc<dyn PhysicalExpr>) -> Option<Key> {
    of_column(input, key.downcast_ref::<Column>()?.index())
}

/// What a column says, if it is not NULL for want of a partner.
fn of_column(node: &Arc<dyn ExecutionPlan>, index: usize) -> Option<Key> {
    if let Some(scan) = node.downcast_ref::<ScanExec>() {
        let schema = node.schema();
        return match schema.fields().get(index)?.name().as_str() {
            "profile" => Some(Key::Profile),
            // What is the same in every region is read in any one of them.
            "region" if scan.spec().is_of_any_region() => None,
            "region" => Some(Key::Region),
            "account_id" => Some(Key::Account),
            name => names_resource(name).then_some(Key::Resource),
        };
    }
    if let Some(projection) = node.downcast_ref::<ProjectionExec>() {
        return key(projection.input(), &projection.expr().get(index)?.expr);
    }
    if let Some(filter) = node.downcast_ref::<FilterExec>() {
        let index = match filter.projection().as_ref() {
            Some(kept) => *kept.get(index)?,
            None => index,
        };
        return of_column(filter.input(), index);
    }
    if let Some(aggregate) = node.downcast_ref::<AggregateExec>() {
        let (group, _) = aggregate.group_expr().expr().get(index)?;
        return key(aggregate.input(), group);
    }
    if let Some(join) = node.downcast_ref::<HashJoinExec>() {
        let found = origin(join, index)?;
        let (input, lost) = match found.side {
            JoinSide::Left => (join.left(), [JoinType::Right, JoinType::Full]),
            _ => (join.right(), [JoinType::Left, JoinType::Full]),
        };
        return of_column(input, found.index).filter(|_| !lost.contains(join.join_type()));
    }
    let children = node.children();
    if node.downcast_ref::<UnionExec>().is_some() {
        let mut keys = children.into_iter().map(|branch| of_column(branch, index));
        let first = keys.next()??;
        return keys.all(|key| key == Some(first)).then_some(first);
    }
    let keeps_columns = node.downcast_ref::<CooperativeExec>().is_some()
        || node.downcast_ref::<CoalescePartitionsExec>().is_some()
        || node.downcast_ref::<SortExec>().is_some()
        || Barrier::is_unordered(node);
    match children[..] {
        [input] if keeps_columns => of_column(input, index),
        _ => None,
    }
}
