//! Rows in the order of targets and pages, whichever target answers first.
//!
//! All targets are still read at the same time. What arrives before its turn is held, and once that is [`HELD`] bytes only
//! the target whose turn it is goes on, so that memory stays flat however long the listings are.

use std::collections::{BTreeMap, VecDeque};

use arrow::array::RecordBatch;

/// What may be held before it is its turn, in bytes: some 200 pages of instances with all columns.
const HELD: usize = 8 << 20;

/// A place in the order: which profile, which of its requests, and of a request about an item of a page, which page and
/// which item.
pub(in crate::scan) type Place = Vec<usize>;

/// The rows that wait for their turn, and the places at which more are to come.
#[derive(Debug, Default)]
pub(in crate::scan) struct Order {
    /// The names of the profiles in their order.
    profiles: Vec<String>,
    turns: BTreeMap<Place, Turn>,
    held: usize,
}

/// A request at its place.
#[derive(Debug, Default)]
struct Turn {
    batches: VecDeque<RecordBatch>,
    /// Whether all of it is here.
    is_done: bool,
}

impl Order {
    /// The order of these profiles. Each is expected until its targets are known.
    pub(in crate::scan) fn of_profiles(profiles: impl Iterator<Item = String>) -> Self {
        let profiles: Vec<String> = profiles.collect();
        let turns = (0..profiles.len()).map(|number| (vec![number], Turn::default())).collect();
        Self { profiles, turns, held: 0 }
    }

    /// The place of a profile.
    pub(in crate::scan) fn place_of(&self, profile: &str) -> Place {
        vec![self.profiles.iter().position(|name| name == profile).unwrap_or_default()]
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
        self.held += batch.get_array_memory_size();
        self.turns.entry(place.to_vec()).or_default().batches.push_back(batch);
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
            if let Some(batch) = first.get_mut().batches.pop_front() {
                self.held -= batch.get_array_memory_size();
                return Some(batch);
            }
            if !first.get().is_done {
                return None;
            }
            first.remove();
        }
        None
    }

    /// Whether a request at a place may be made: there is room for what is not wanted yet, or it is its target's turn.
    pub(in crate::scan) fn may_go_on(&self, place: &[usize]) -> bool {
        let Some((first, _)) = self.turns.first_key_value().filter(|_| self.held >= HELD) else {
            return true;
        };
        let shared = first.len().min(place.len()).min(2);
        first[..shared] == place[..shared]
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
        let mut order = Order::of_profiles(["a", "b"].into_iter().map(Into::into));
        let b = order.place_of("b");
        order.expect(vec![1, 0]);
        order.done(&b);
        order.hold(&[1, 0], batch(3, 1));
        assert!(order.next().is_none(), "the targets of a are not known yet");
        order.expect(vec![0, 0]);
        order.expect(vec![0, 1]);
        order.done(&order.place_of("a"));
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
        let mut order = Order::of_profiles(std::iter::once("a".into()));
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
    fn beyond_its_bound_only_the_first_target_goes_on() {
        let mut order = Order::of_profiles(std::iter::once("a".into()));
        order.expect(vec![0, 0]);
        order.expect(vec![0, 1]);
        order.done(&[0]);
        order.next();
        assert!(order.may_go_on(&[0, 1]));
        order.hold(&[0, 1], batch(2, HELD / 8));
        assert!(!order.may_go_on(&[0, 1]) && !order.may_go_on(&[0, 1, 3, 7]));
        assert!(order.may_go_on(&[0, 0]) && order.may_go_on(&[0, 0, 4, 2]));
        order.done(&[0, 0]);
        assert_eq!(numbers(&mut order), [2]);
        assert!(order.may_go_on(&[0, 1]));
    }
}
