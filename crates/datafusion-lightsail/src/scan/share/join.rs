//! Joins of a plan, whichever way they are run.

use std::sync::Arc;

use datafusion::common::{JoinSide, JoinType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::utils::{JoinFilter, JoinOnRef};
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};

/// A join, of whichever kind.
pub(in crate::scan) struct Join<'a> {
    pub(in crate::scan) on: JoinOnRef<'a>,
    pub(in crate::scan) filter: Option<&'a JoinFilter>,
    pub(in crate::scan) kind: JoinType,
    pub(in crate::scan) projection: Option<&'a [usize]>,
}

impl<'a> Join<'a> {
    pub(in crate::scan) fn of(node: &'a Arc<dyn ExecutionPlan>) -> Option<Self> {
        if let Some(join) = node.downcast_ref::<HashJoinExec>() {
            let projection = join.projection.as_deref();
            return Some(Self { on: join.on(), filter: join.filter(), kind: *join.join_type(), projection });
        }
        if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() {
            let projection = join.projection().as_deref();
            return Some(Self { on: &[], filter: join.filter(), kind: *join.join_type(), projection });
        }
        let join = node.downcast_ref::<SortMergeJoinExec>()?;
        Some(Self { on: join.on(), filter: join.filter().as_ref(), kind: join.join_type(), projection: None })
    }

    /// Whether its conditions leave out rows of a side, or decide which of them are partners.
    pub(in crate::scan) fn restricts(&self, side: JoinSide) -> bool {
        use JoinType::{
            Full, Inner, Left, LeftAnti, LeftMark, LeftSemi, Right, RightAnti, RightMark, RightSemi,
        };
        match side {
            JoinSide::Left => {
                matches!(self.kind, Inner | Right | Full | LeftSemi | RightSemi | RightAnti | RightMark)
            }
            _ => matches!(self.kind, Inner | Left | Full | LeftSemi | RightSemi | LeftAnti | LeftMark),
        }
    }

    /// Whether rows of a side are what it gives, with a partner or without one.
    pub(in crate::scan) fn gives(&self, side: JoinSide) -> bool {
        use JoinType::{
            Full, Inner, Left, LeftAnti, LeftMark, LeftSemi, Right, RightAnti, RightMark, RightSemi,
        };
        match side {
            JoinSide::Left => matches!(self.kind, Inner | Left | Full | LeftSemi | LeftAnti | LeftMark),
            _ => matches!(self.kind, Inner | Right | Full | RightSemi | RightAnti | RightMark),
        }
    }

    pub(in crate::scan) fn keeps_alone(&self) -> bool {
        !matches!(self.kind, JoinType::Inner | JoinType::LeftSemi | JoinType::RightSemi)
    }
}
