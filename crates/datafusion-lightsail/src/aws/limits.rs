//! How many calls may be in flight: over all targets, and at each profile, so that one account's regions never take
//! all the places.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::descriptors;
use super::target::Profile;

/// The most calls of a session in flight unless somebody sets `lightsail.concurrency`.
pub const DEFAULT_CONCURRENCY: usize = 64;

/// The most calls in flight at one profile: more regions than Lightsail has.
pub(crate) const PER_PROFILE: usize = 32;

/// A number of places for calls in flight, which can be changed.
#[derive(Debug)]
pub struct Limit {
    semaphore: Arc<Semaphore>,
    size: Mutex<Size>,
}

#[derive(Debug)]
struct Size {
    /// The number of the newest statement that said how many places there are.
    statement: u64,
    places: usize,
    /// How many places go when their calls end, because a smaller number was set meanwhile.
    surplus: usize,
}

/// A place of a [`Limit`] that a call has taken. It is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    limit: Arc<Limit>,
    /// `None` once it is given back.
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut size = self.limit.size();
        if size.surplus > 0
            && let Some(permit) = self.permit.take()
        {
            size.surplus -= 1;
            permit.forget();
        }
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self::new(DEFAULT_CONCURRENCY)
    }
}

impl Limit {
    /// A limit of so many calls at once.
    pub fn new(concurrency: usize) -> Self {
        let places = concurrency.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            semaphore: Arc::new(Semaphore::new(places)),
            size: Mutex::new(Size { statement: 0, places, surplus: 0 }),
        }
    }

    /// Sets how many calls may be in flight, for statement number `statement` and those that begin after it.
    ///
    /// The newest statement decides: one that was begun before a `SET` goes on within what those after it have set. Calls
    /// under way keep their places, so that at no time more are in flight than the largest number that they began with.
    pub fn set(&self, statement: u64, concurrency: usize) {
        let mut size = self.size();
        if statement < size.statement {
            return;
        }
        let places = concurrency.clamp(1, Semaphore::MAX_PERMITS);
        size.statement = statement;
        if places < size.places {
            let gone = size.places - places;
            size.surplus += gone - self.semaphore.forget_permits(gone);
        } else {
            let more = places - size.places;
            let kept = more.min(size.surplus);
            size.surplus -= kept;
            self.semaphore.add_permits(more - kept);
        }
        size.places = places;
    }

    async fn acquire(self: &Arc<Self>) -> Option<Place> {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.semaphore).acquire_owned().await.ok()?;
        Some(Place { limit: Arc::clone(self), permit: Some(permit) })
    }

    fn size(&self) -> MutexGuard<'_, Size> {
        self.size.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a call holds while it is in flight: a place at its profile, one of its session's, and one of all sessions'.
pub(super) type Places = (Option<OwnedSemaphorePermit>, Option<Place>, Option<Place>);

/// The places that all sessions of one [`Clients`](super::Clients) share.
#[derive(Debug)]
pub(super) struct Limits {
    /// `None` if only each session's own limit counts.
    overall: Option<Arc<Limit>>,
    /// For profiles that come up with their credentials.
    resolving: Arc<Semaphore>,
    profiles: Mutex<HashMap<Profile, Arc<Semaphore>>>,
}

impl Limits {
    /// Limits with so many calls at once over all sessions, or as many as the sessions' own limits let through.
    /// There are never more than this process may have connections open.
    pub(super) fn new(concurrency: Option<usize>) -> Self {
        let limit = descriptors::limit();
        let overall = match limit {
            Some(_) => Some(descriptors::calls(concurrency.unwrap_or(usize::MAX), limit)),
            None => concurrency,
        };
        let resolutions = descriptors::resolutions(overall.unwrap_or(usize::MAX), limit);
        Self {
            overall: overall.map(|calls| Arc::new(Limit::new(calls))),
            resolving: Arc::new(Semaphore::new(resolutions)),
            profiles: Mutex::default(),
        }
    }

    /// Waits until a profile may come up with its credentials.
    pub(super) async fn resolve(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.resolving).acquire_owned().await.ok()
    }

    /// Waits for a place, also within the limit of the session that asks. It is given back when the places are dropped.
    pub(super) async fn acquire(&self, profile: &Profile, session: &Arc<Limit>) -> Places {
        let own = {
            let mut profiles = self.profiles.lock().unwrap_or_else(PoisonError::into_inner);
            let own =
                profiles.entry(profile.clone()).or_insert_with(|| Arc::new(Semaphore::new(PER_PROFILE)));
            Arc::clone(own)
        };
        // The narrower place first: a call that waits for it must not hold one that another could use.
        let own = own.acquire_owned().await.ok();
        let session = session.acquire().await;
        let overall = match &self.overall {
            Some(overall) => overall.acquire().await,
            None => None,
        };
        (own, session, overall)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    /// As many places as there are at the moment.
    fn places(limit: &Arc<Limit>) -> Vec<Place> {
        std::iter::from_fn(|| limit.acquire().now_or_never().flatten()).collect()
    }

    #[test]
    fn changes_never_let_more_calls_through_than_the_largest_number() {
        let limit = Arc::new(Limit::new(8));
        let mut taken = places(&limit);
        assert_eq!(taken.len(), 8);
        for (statement, concurrency) in [(1, 2), (2, 8), (3, 2), (4, 8), (5, 2)] {
            limit.set(statement, concurrency);
            assert!(places(&limit).is_empty(), "{concurrency} while 8 are under way");
        }
        taken.truncate(2);
        assert!(places(&limit).is_empty(), "six of eight are back, and two are left of which none is free");
        taken.clear();
        assert_eq!(places(&limit).len(), 2);
        limit.set(6, 5);
        assert_eq!(places(&limit).len(), 5);
        limit.set(7, 3);
        assert_eq!(places(&limit).len(), 3, "free places go at once");
        limit.set(8, 0);
        assert_eq!(places(&limit).len(), 1, "there is always one");
    }

    #[test]
    fn a_statement_does_not_change_what_a_newer_one_has_set() {
        let limit = Arc::new(Limit::default());
        limit.set(1, 64);
        limit.set(3, 4);
        limit.set(1, 64);
        assert_eq!(places(&limit).len(), 4);
        limit.set(3, 5);
        assert_eq!(places(&limit).len(), 5);
    }
}
