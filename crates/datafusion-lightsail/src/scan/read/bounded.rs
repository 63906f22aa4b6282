//! The driver of a scan that `lightsail.max_items` bounds: one target after the other, one page after the other.

use std::collections::VecDeque;

use arrow::array::RecordBatch;
use datafusion::common::Result;

use crate::aws::target::Profile;
use crate::scan::read::cursor::{Cursor, Done, Step};
use crate::scan::read::pages::Read;
use crate::scan::read::pagination::ResumePoint;
use crate::scan::read::reader::Reader;

/// What is still to be read, in its order.
pub(in crate::scan) struct Bounded {
    queue: VecDeque<Step>,
    /// Items that `max_items` leaves.
    pub(in crate::scan) left: usize,
    /// The profiles and regions that are asked, as a number for a token.
    asked: u64,
}

impl Bounded {
    pub(in crate::scan) fn new(profiles: VecDeque<Profile>, items: usize, asked: u64) -> Self {
        Self {
            queue: profiles
                .into_iter()
                .enumerate()
                .map(|(number, profile)| Step::Find(number, profile))
                .collect(),
            left: items,
            asked,
        }
    }

    /// The next batch with rows in it.
    pub(in crate::scan) async fn next(&mut self, reader: &mut Reader) -> Result<Option<RecordBatch>> {
        while let Some(step) = self.queue.pop_front() {
            let step = reader.start(step, None);
            let waiting = reader.waiting();
            let done = step.await;
            waiting.done();
            let batch = match done {
                Done::Found(number, profile, targets) => {
                    let cursors = reader.found(number, profile, targets)?;
                    cursors.into_iter().rev().for_each(|cursor| self.queue.push_front(Step::Read(cursor)));
                    None
                }
                Done::Read(cursor, answer) => match reader.answered(&cursor, answer)? {
                    Some(read) => self.read(reader, cursor, &read)?,
                    None => None,
                },
            };
            if batch.is_some() {
                return Ok(batch);
            }
        }
        Ok(None)
    }

    /// Takes as many items of a page as are left.
    fn read(&mut self, reader: &mut Reader, mut cursor: Cursor, read: &Read) -> Result<Option<RecordBatch>> {
        let end = read.items.len().min(cursor.skip.saturating_add(self.left));
        let range = cursor.skip..end;
        self.left -= range.len();
        let batch = reader.rows(&mut cursor, read, range)?;
        self.queue.extend(reader.below(&cursor, read).into_iter().map(Step::Read));
        if self.left == 0 {
            let position = self.next_position(&cursor, read, end);
            reader.stop(&cursor, position);
            self.queue.clear();
        }
        if let Some(next) = reader.behind(cursor, read)
            && self.left > 0
        {
            self.queue.push_front(Step::Read(next));
        }
        Ok(batch)
    }

    /// Where a later run goes on, now that the items of a page are read up to `end`; `None` if nothing follows.
    fn next_position(&self, cursor: &Cursor, read: &Read, end: usize) -> Option<ResumePoint> {
        match (&read.next, self.queue.front()) {
            _ if end < read.items.len() => {
                Some(ResumePoint::at(&cursor.work, read.token.as_ref(), end, self.asked))
            }
            (Some(next), _) => Some(ResumePoint::at(&cursor.work, Some(next), 0, self.asked)),
            (None, Some(Step::Read(next))) => Some(ResumePoint::at(&next.work, None, 0, self.asked)),
            (None, Some(Step::Find(_, next))) => Some(ResumePoint::of_profile(next, self.asked)),
            (None, None) => None,
        }
    }
}
