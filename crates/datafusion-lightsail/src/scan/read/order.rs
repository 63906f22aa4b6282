//! Rows in the order of targets and pages, whichever target answers first.
//!
//! All targets are still read at the same time. What arrives before its turn is held, and the more that is, the fewer of
//! the targets that come next go on: memory stays flat however long the listings are, and calls stay in flight.

use std::collections::{BTreeMap, VecDeque};

use arrow::array::RecordBatch;

/// What may be held before it is its turn, in bytes.
const HELD: usize = 8 << 20;

/// A place in the order: which profile, which of its requests, and of a request about an item of a page, which page and
/// which item.
pub(in crate::scan) type Place = Vec<usize>;

/// The rows that wait for their turn, and the places at which more are to come.
#[derive(Debug, Default)]
pub(in crate::scan) struct Order {
    turns: BTreeMap<Place, Turn>,
    held: usize,
}

/// A request at its place.
#[derive(Debug, Default)]
struct Turn {
    batches: VecDeque<RecordBatch>,
    /// The bytes of its batches.
    held: usize,
    /// Whether all of it is here.
    is_done: bool,
}

impl Order {
    /// The order of so many profiles. Each is expected until its targets are known.
    pub(in crate::scan) fn of_profiles(profiles: usize) -> Self {
        Self { turns: (0..profiles).map(|number| (vec![number], Turn::default())).collect(), held: 0 }
    }

    /// Expects rows at a place.
    pub(in crate::scan) fn expect(&mut self, place: Place) {
        self.turns.entry(place).or_default();
    }

    /// Takes the rows of a page at a place; more are to come at the place `next`.
    pub(in crate::scan) fn took(&mut self, place: &[usize], batch: Option<RecordBatch>, next: Option<Place>) {
        if let Some(batch) = batch {
            self.hold(place, batch);
        }
        if next.as_deref() != Some(place) {
            self.done(place);
        }
        next.into_iter().for_each(|next| self.expect(next));
    }

    fn hold(&mut self, place: &[usize], batch: RecordBatch) {
        let turn = self.turns.entry(place.to_vec()).or_default();
        let bytes = batch.get_array_memory_size();
        turn.held += bytes;
        self.held += bytes;
        turn.batches.push_back(batch);
    }

    /// Expects no more rows at a place.
    pub(in crate::scan) fn done(&mut self, place: &[usize]) {
        if let Some(turn) = self.turns.get_mut(place) {
            turn.is_done = true;
        }
    }

    /// The next rows, if they are here.
    pub(in crate::scan) fn next(&mut self) -> Option<RecordBatch> {
        while let Some(mut first) = self.turns.first_entry() {
            let turn = first.get_mut();
            if let Some(batch) = turn.batches.pop_front() {
                let bytes = batch.get_array_memory_size();
                turn.held -= bytes;
                self.held -= bytes;
                return Some(batch);
            }
            if !turn.is_done {
                return None;
            }
            first.remove();
        }
        None
    }

    /// The last place that may go on; `None` if all may.
    ///
    /// What is held, and once more what is held up to that place, stays below [`HELD`]: the first half is for whoever is
    /// quick, and the rest for those whose turn comes first. The first of all may always go on.
    pub(in crate::scan) fn edge(&self) -> Option<&Place> {
        if 2 * self.held < HELD {
            return None;
        }
        let mut held = self.held;
        let mut turns = self.turns.iter();
        let edge = turns.find(|(_, turn)| {
            held += turn.held;
            held >= HELD
        });
        edge.map(|(place, _)| place)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;

    use super::*;

    fn batch(number: i64, rows: usize) -> RecordBatch {
        let column = Int64Array::from(vec![number; rows]);
        RecordBatch::try_from_iter([("n", Arc::new(column) as _)]).unwrap()
    }

    fn numbers(order: &mut Order) -> Vec<i64> {
        std::iter::from_fn(|| order.next())
            .map(|batch| {
                arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(batch.column(0)).value(0)
            })
            .collect()
    }

    #[test]
    fn rows_wait_for_what_comes_before_them() {
        let mut order = Order::of_profiles(2);
        order.expect(vec![1, 0]);
        order.done(&[1]);
        order.hold(&[1, 0], batch(3, 1));
        assert!(order.next().is_none(), "the targets of a are not known yet");
        order.expect(vec![0, 0]);
        order.expect(vec![0, 1]);
        order.done(&[0]);
        order.hold(&[0, 1], batch(2, 1));
        order.hold(&[0, 0], batch(1, 1));
        assert_eq!(numbers(&mut order), [1]);
        order.done(&[0, 0]);
        assert_eq!(numbers(&mut order), [2]);
        order.done(&[0, 1]);
        order.done(&[1, 0]);
        assert_eq!(numbers(&mut order), [3]);
        assert_eq!((order.held, order.turns.len()), (0, 0));
    }

    #[test]
    fn items_of_a_page_come_before_the_next_page() {
        let mut order = Order::of_profiles(1);
        order.done(&[0]);
        // The listing stands before its page 1 while the items of its page 0 are asked about.
        for place in [vec![0, 0, 1], vec![0, 0, 0, 0], vec![0, 0, 0, 1]] {
            order.expect(place);
        }
        order.hold(&[0, 0, 0, 1], batch(2, 1));
        order.hold(&[0, 0, 0, 0], batch(1, 1));
        order.done(&[0, 0, 0, 0]);
        order.done(&[0, 0, 0, 1]);
        assert_eq!(numbers(&mut order), [1, 2]);
    }

    #[test]
    fn the_more_is_held_the_fewer_go_on() {
        let mut order = Order::of_profiles(1);
        (0..4).for_each(|number| order.expect(vec![0, number]));
        order.done(&[0]);
        order.next();
        let eighths = |count| batch(2, count * HELD / 8 / size_of::<i64>());
        order.hold(&[0, 2], eighths(3));
        assert_eq!(order.edge(), None);
        order.hold(&[0, 1], eighths(2));
        assert_eq!(order.edge(), Some(&vec![0, 2]), "five eighths, and five more up to there");
        order.hold(&[0, 3], eighths(1));
        assert_eq!(order.edge(), Some(&vec![0, 1]), "six eighths, and two more up to there");
        order.hold(&[0, 3], eighths(2));
        assert_eq!(order.edge(), Some(&vec![0, 0]));
        order.done(&[0, 0]);
        assert_eq!(order.next().map(|batch| batch.num_rows()), Some(HELD / 32));
        assert_eq!(order.edge(), Some(&vec![0, 2]), "six eighths, and three more up to there");
    }
}
