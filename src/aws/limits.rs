//! How many calls may be in flight: over all targets, and at each profile, so that one account's regions never take
//! all the places.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::descriptors;
use super::target::Profile;

/// The most calls in flight unless somebody sets `lightsail.concurrency`.
pub const DEFAULT_CONCURRENCY: usize = 64;

/// The most calls in flight at one profile: more regions than Lightsail has.
const PER_PROFILE: usize = 32;

/// The places for calls.
#[derive(Debug)]
pub(super) struct Limits(Mutex<Places>);

#[derive(Debug)]
struct Places {
    concurrency: usize,
    overall: Arc<Semaphore>,
    /// For profiles that come up with their credentials.
    resolving: Arc<Semaphore>,
    profiles: HashMap<Profile, Arc<Semaphore>>,
}

impl Places {
    fn new(concurrency: usize) -> Self {
        let places = concurrency.clamp(1, Semaphore::MAX_PERMITS);
        let resolutions = descriptors::resolutions(places, descriptors::limit());
        Self {
            concurrency,
            overall: Arc::new(Semaphore::new(places)),
            resolving: Arc::new(Semaphore::new(resolutions)),
            profiles: HashMap::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self(Mutex::new(Places::new(DEFAULT_CONCURRENCY)))
    }
}

impl Limits {
    /// How many calls at most.
    pub(super) fn concurrency(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).concurrency
    }

    /// From now on so many calls at most. Calls under way keep the places that they have.
    pub(super) fn set(&self, concurrency: usize) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.concurrency != concurrency {
            *places = Places::new(concurrency);
        }
    }

    /// Waits until a profile may come up with its credentials.
    pub(super) async fn resolve(&self) -> Option<OwnedSemaphorePermit> {
        let resolving = {
            let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&places.resolving)
        };
        resolving.acquire_owned().await.ok()
    }

    /// Waits for a place. It is given back when the permits are dropped.
    pub(super) async fn acquire(&self, profile: &Profile) -> [Option<OwnedSemaphorePermit>; 2] {
        let (overall, own) = {
            let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let own = places
                .profiles
                .entry(profile.clone())
                .or_insert_with(|| Arc::new(Semaphore::new(PER_PROFILE)));
            let own = Arc::clone(own);
            (Arc::clone(&places.overall), own)
        };
        // The profile's own place first: who waits for it must not hold one that another profile could use.
        // Neither semaphore is ever closed.
        let own = own.acquire_owned().await.ok();
        [overall.acquire_owned().await.ok(), own]
    }
}
