//! How many calls may be in flight: over all targets, and at each profile, so that one account's regions never take
//! all the places.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::descriptors;
use super::target::Profile;

/// The most calls of a session in flight unless somebody sets `lightsail.concurrency`.
pub const DEFAULT_CONCURRENCY: usize = 64;

/// The most calls in flight at one profile: more regions than Lightsail has.
const PER_PROFILE: usize = 32;

/// A number of places for calls in flight, which can be changed.
#[derive(Debug)]
pub struct Limit(Mutex<Places>);

#[derive(Debug)]
struct Places {
    concurrency: usize,
    semaphore: Arc<Semaphore>,
}

impl Places {
    fn new(concurrency: usize) -> Self {
        let places = concurrency.clamp(1, Semaphore::MAX_PERMITS);
        Self { concurrency, semaphore: Arc::new(Semaphore::new(places)) }
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
        Self(Mutex::new(Places::new(concurrency)))
    }

    /// From now on so many calls at most. Calls under way keep the places that they have.
    pub fn set(&self, concurrency: usize) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.concurrency != concurrency {
            *places = Places::new(concurrency);
        }
    }

    async fn acquire(&self) -> Option<OwnedSemaphorePermit> {
        let semaphore = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner).semaphore);
        // The semaphore is never closed.
        semaphore.acquire_owned().await.ok()
    }
}

/// The places that all sessions of one [`Clients`](super::Clients) share.
#[derive(Debug)]
pub(super) struct Limits {
    /// `None` if only each session's own limit counts.
    overall: Option<Limit>,
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
            overall: overall.map(Limit::new),
            resolving: Arc::new(Semaphore::new(resolutions)),
            profiles: Mutex::default(),
        }
    }

    /// Waits until a profile may come up with its credentials.
    pub(super) async fn resolve(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.resolving).acquire_owned().await.ok()
    }

    /// Waits for a place, also within the limit of the session that asks. It is given back when the permits are dropped.
    pub(super) async fn acquire(
        &self,
        profile: &Profile,
        session: &Limit,
    ) -> [Option<OwnedSemaphorePermit>; 3] {
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
        [own, session, overall]
    }
}
