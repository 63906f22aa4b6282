//! The driver of a scan that reads all there is, or what a LIMIT wants: all targets at the same time, one page in flight at
//! each.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::RecordBatch;
use datafusion::common::Result;
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use crate::aws::Target;
use crate::aws::target::Profile;
use crate::scan::read::cursor::{Cursor, Done, Step, Turn};
use crate::scan::read::order::{Order, Place};
use crate::scan::read::pages::Read;
use crate::scan::read::queue::Queue;
use crate::scan::read::reader::Reader;

/// What waits, and what is under way.
pub(in crate::scan) struct Unbounded {
    queue: Queue,
    in_flight: FuturesUnordered<Turn>,
    /// The log whose page was handed on: its next page is asked for when somebody wants more.
    rested: Option<Cursor>,
    /// Whether the reader has nothing to do but to wait.
    is_waiting: Arc<AtomicBool>,
    /// Whether pages may be fetched ahead: nothing says that those which are there will be enough.
    goes_ahead: bool,
    /// What waits for its turn; `None` if rows are handed on as they come.
    order: Option<Order>,
    /// How many steps may be under way.
    width: usize,
}

impl Unbounded {
    /// Begins with finding the targets of these profiles.
    pub(in crate::scan) fn new(
        profiles: VecDeque<Profile>,
        concurrency: usize,
        in_order: bool,
        goes_ahead: bool,
    ) -> Self {
        let order = in_order.then(|| Order::of_profiles(profiles.len()));
        let mut queue = Queue::default();
        let finds = profiles.into_iter().enumerate().map(|(number, profile)| Step::Find(number, profile));
        finds.for_each(|find| queue.push(find));
        Self {
            order,
            queue,
            in_flight: FuturesUnordered::new(),
            rested: None,
            is_waiting: Arc::default(),
            goes_ahead,
            // Twice as many as calls, so that none of their places is empty while a page is handed on.
            width: concurrency.saturating_mul(2),
        }
    }

    /// The next batch with rows in it.
    pub(in crate::scan) async fn next(&mut self, reader: &mut Reader) -> Result<Option<RecordBatch>> {
        if let Some(cursor) = self.rested.take() {
            self.queue.push(Step::Read(cursor));
        }
        loop {
            let batch = self.order.as_mut().and_then(Order::next);
            self.fill(reader);
            if batch.is_some() {
                return Ok(batch);
            }
            let waiting = reader.waiting();
            self.is_waiting.store(true, Ordering::Relaxed);
            let done = self.in_flight.next().await;
            self.is_waiting.store(false, Ordering::Relaxed);
            waiting.done();
            match done {
                None => return Ok(None),
                Some(Done::Found(number, profile, targets)) => {
                    self.queue.done(&[number]);
                    self.found(reader, number, profile, targets)?;
                }
                Some(Done::Read(cursor, answer)) => {
                    self.queue.done(&cursor.place);
                    let Some(batch) = self.read(reader, cursor, answer)? else { continue };
                    self.fill(reader);
                    return Ok(Some(batch));
                }
            }
        }
    }

    /// Queues the work at the targets of a profile.
    fn found(
        &mut self,
        reader: &mut Reader,
        number: usize,
        profile: Profile,
        targets: crate::error::Result<Vec<Target>>,
    ) -> Result<()> {
        if let Some(order) = &mut self.order {
            order.done(&[number]);
        }
        reader.found(number, profile, targets)?.into_iter().for_each(|cursor| self.expect(cursor));
        Ok(())
    }

    /// Takes a page: its rows, or what is to be asked about its items.
    fn read(
        &mut self,
        reader: &mut Reader,
        mut cursor: Cursor,
        answer: crate::error::Result<Option<Read>>,
    ) -> Result<Option<RecordBatch>> {
        let turn = cursor.turn();
        let Some(read) = reader.answered(&cursor, answer)? else {
            return Ok(self.took(&turn, None, None));
        };
        let range = cursor.skip..read.items.len();
        let batch = reader.rows(&mut cursor, &read, range)?;
        reader.below(&cursor, &read).into_iter().for_each(|cursor| self.expect(cursor));
        let next = reader.behind(cursor, &read);
        let batch = self.took(&turn, batch, next.as_ref().map(Cursor::turn));
        match next {
            Some(cursor) if batch.is_some() && rests(reader, &cursor) => self.rested = Some(cursor),
            Some(cursor) => self.queue.push(Step::Read(cursor)),
            None => {}
        }
        Ok(batch)
    }

    /// Queues a request, whose rows are expected from now on.
    fn expect(&mut self, cursor: Cursor) {
        if let Some(order) = &mut self.order {
            order.expect(cursor.turn());
        }
        self.queue.push(Step::Read(cursor));
    }

    /// Gives the rows of a page back if they can be handed on at once, or keeps them for their turn.
    fn took(
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
    fn fill(&mut self, reader: &Reader) {
        let is_waiting = self.goes_ahead.then_some(&self.is_waiting);
        let edge = self.order.as_ref().and_then(Order::edge);
        while self.in_flight.len() < self.width
            && let Some(step) = self.queue.start(edge)
        {
            self.in_flight.push(reader.start(step, is_waiting));
        }
    }
}

/// Whether the next page of a log waits until somebody wants more rows: behind the first page, whose rows shall be seen
/// before another is asked for, and always if a LIMIT may have enough. Else it is fetched while the rows of this one are
/// worked on.
fn rests(reader: &Reader, cursor: &Cursor) -> bool {
    cursor.index == 1 || reader.may_have_enough()
}
