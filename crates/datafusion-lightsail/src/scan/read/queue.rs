//! What a scan has still to do, in the order of its places.

use std::collections::{BTreeMap, HashMap};

use crate::aws::limits::PER_PROFILE;
use crate::scan::read::cursor::Step;
use crate::scan::read::order::Place;

/// How many steps of one profile are under way at most: twice as many as it may have calls in flight, so that none of its
/// places is empty while a page is handed on. More would only wait, in places that other profiles could use.
const STEPS: usize = 2 * PER_PROFILE;

/// The steps that wait. The first that may be done is: the pages of a target follow one another, and what is asked about
/// the items of a parent's page comes before its next page, or all that would pile up.
#[derive(Default)]
pub(in crate::scan) struct Queue {
    steps: BTreeMap<Place, Step>,
    /// How many steps are under way, by the number of their profile.
    under_way: HashMap<usize, usize>,
}

impl Queue {
    pub(in crate::scan) fn push(&mut self, step: Step) {
        self.steps.insert(step.turn(), step);
    }

    /// Takes the first step whose profile has room for one, up to the place `edge`.
    pub(in crate::scan) fn start(&mut self, edge: Option<&Place>) -> Option<Step> {
        let mut from = Place::new();
        loop {
            let (place, _) = self.steps.range(from..).next()?;
            if edge.is_some_and(|edge| place > edge) {
                return None;
            }
            let profile = profile(place);
            let under_way = self.under_way.entry(profile).or_default();
            if *under_way < STEPS {
                *under_way += 1;
                let place = place.clone();
                return self.steps.remove(&place);
            }
            from = vec![profile + 1];
        }
    }

    /// Makes room for another step of the profile of this place, where one is done.
    pub(in crate::scan) fn done(&mut self, place: &[usize]) {
        if let Some(under_way) = self.under_way.get_mut(&profile(place)) {
            *under_way -= 1;
        }
    }
}

/// The number of the profile that a place belongs to.
fn profile(place: &[usize]) -> usize {
    place.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::aws::target::Profile;

    use super::*;

    fn find(number: usize) -> Step {
        Step::Find(number, Profile { name: number.to_string(), is_explicit: true })
    }

    #[test]
    fn the_first_whose_profile_has_room_starts() {
        let mut queue = Queue::default();
        [3, 1, 2].into_iter().for_each(|number| queue.push(find(number)));
        queue.under_way.insert(1, STEPS);
        let start =
            |queue: &mut Queue, edge: &[usize]| queue.start(Some(&edge.to_vec())).map(|step| step.turn());
        assert_eq!(start(&mut queue, &[1, 5]), None);
        assert_eq!(start(&mut queue, &[9]), Some(vec![2]));
        queue.done(&[1]);
        assert_eq!(start(&mut queue, &[9]), Some(vec![1]));
        assert_eq!(start(&mut queue, &[2]), None);
        assert_eq!(start(&mut queue, &[3]), Some(vec![3]));
    }
}
