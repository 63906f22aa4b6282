//! The steps of a scan: what waits, what is under way, and where a bounded scan goes on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::RecordBatch;
use futures::stream::FuturesUnordered;

use crate::aws::calls::Caller;
use crate::scan::plan::facts::Facts;
use crate::scan::plan::work::Work;
use crate::scan::read::bounds::{Bounds, Position};
use crate::scan::read::cursor::{Cursor, Step, Turn};
use crate::scan::read::order::{Order, Place};
use crate::scan::read::pages::Read;
use crate::scan::read::snapshot::Snapshot;

/// What is under way.
pub(in crate::scan) struct Run {
    pub(in crate::scan) facts: Facts,
    pub(in crate::scan) queue: VecDeque<Step>,
    pub(in crate::scan) in_flight: FuturesUnordered<Turn>,
    /// The log whose page was handed on: its next page is asked for when somebody wants more.
    pub(in crate::scan) rested: Option<Cursor>,
    pub(in crate::scan) bounds: Option<Bounds>,
    /// The profiles and regions that are asked, as a number for a token.
    pub(in crate::scan) asked: u64,
    /// Items that `max_items` leaves; none if all are wanted.
    pub(in crate::scan) left: Option<usize>,
    /// Whether the reader has nothing to do but to wait.
    pub(in crate::scan) is_waiting: Arc<AtomicBool>,
    /// Whether pages may be fetched ahead: nothing says that those which are there will be enough.
    pub(in crate::scan) goes_ahead: bool,
    /// What waits for its turn; `None` if rows are handed on as they come.
    pub(in crate::scan) order: Option<Order>,
    /// How many steps may be under way.
    pub(in crate::scan) width: usize,
}

/// Takes the first step that may be done now.
fn next_step(queue: &mut VecDeque<Step>, order: Option<&Order>) -> Option<Step> {
    let Some(order) = order else { return queue.pop_front() };
    let may_go_on = |step: &Step| match step {
        Step::Find(_) => true,
        Step::Read(cursor) => order.may_go_on(&cursor.place),
    };
    let first = queue.iter().position(may_go_on)?;
    queue.remove(first)
}

impl Run {
    /// Reads on where a cursor stands; before anything else, so that the pages of a target follow one another. But
    /// those of a parent come behind what is to be asked about the items of its last page, or all that would pile up.
    pub(in crate::scan) fn go_on(&mut self, cursor: Cursor) {
        let is_parent = !cursor.work.below.is_empty();
        let step = Step::Read(cursor);
        if is_parent {
            self.queue.push_back(step);
        } else {
            self.queue.push_front(step);
        }
    }

    /// Expects the rows of a request, if they have an order.
    pub(in crate::scan) fn expect(&mut self, cursor: &Cursor) {
        if let Some(order) = &mut self.order {
            order.expect(cursor.turn());
        }
    }

    /// Gives the rows of a page back if they can be handed on at once, or keeps them for their turn.
    pub(in crate::scan) fn took(
        &mut self,
        turn: &[usize],
        batch: Option<RecordBatch>,
        next: Option<Place>,
    ) -> Option<RecordBatch> {
        let Some(order) = &mut self.order else { return batch };
        order.took(turn, batch, next);
        None
    }

    /// Starts steps as long as there is a place for one.
    pub(in crate::scan) fn fill(
        &mut self,
        snapshot: &Arc<Snapshot>,
        caller: &Arc<Caller>,
        regions: &Arc<[String]>,
    ) {
        let is_waiting = self.goes_ahead.then_some(&self.is_waiting);
        while self.in_flight.len() < self.width
            && let Some(step) = next_step(&mut self.queue, self.order.as_ref())
        {
            self.in_flight.push(step.start(snapshot, caller, regions, is_waiting));
        }
    }

    /// Where a bounded scan goes on that has read the items of a page up to `end`; none if nothing follows.
    pub(in crate::scan) fn next_position(
        &self,
        cursor: &Cursor,
        read: &Read,
        end: usize,
    ) -> Option<Position> {
        let at = |work: &Work, page: Option<&Arc<str>>, skip| Position {
            profile: work.request.target.profile.name.clone(),
            region: Some(work.request.target.region.clone()),
            page: page.map(ToString::to_string),
            skip,
            request: work.ordinal,
            asked: self.asked,
        };
        let here = |page, skip| at(&cursor.work, page, skip);
        match (&read.next, self.queue.front()) {
            _ if end < read.items.len() => Some(here(read.token.as_ref(), end)),
            (Some(next), _) => Some(here(Some(next), 0)),
            (None, Some(Step::Read(next))) => Some(at(&next.work, None, 0)),
            (None, Some(Step::Find(next))) => Some(Position {
                profile: next.name.clone(),
                region: None,
                page: None,
                skip: 0,
                request: 0,
                asked: self.asked,
            }),
            (None, None) => None,
        }
    }
}
