//! Where the columns of a join come from, by their position: its sides often have columns of the same name.

use datafusion::common::{JoinSide, JoinType};
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::joins::utils::ColumnIndex;

/// The side and the place there that a column of a join comes from; `None` for the mark of a mark join.
pub fn origin(join: &HashJoinExec, index: usize) -> Option<ColumnIndex> {
    let index = join.projection.as_ref().map_or(Some(index), |kept| kept.get(index).copied())?;
    let on_left = join.left().schema().fields().len();
    let on_right = join.right().schema().fields().len();
    let left = |index| ColumnIndex { index, side: JoinSide::Left };
    let right = |index| ColumnIndex { index, side: JoinSide::Right };
    match join.join_type() {
        JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => {
            (index < on_left).then(|| left(index))
        }
        JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => {
            (index < on_right).then(|| right(index))
        }
        JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full if index < on_left => {
            Some(left(index))
        }
        JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => Some(right(index - on_left)),
    }
}
