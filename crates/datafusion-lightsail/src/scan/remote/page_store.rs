//! The pages that a worker keeps for the statements of one coordinator: for as long as its connection is there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Kind, Result};
use crate::scan::read::cache::PageCache;
use crate::scan::read::snapshot::Snapshot;

/// The pages of one batch run and of one cache, each with the lease that its coordinator knows it by: a new lease takes the place
/// of the one before.
#[derive(Debug, Default)]
pub(crate) struct PageStore {
    batch: Mutex<Option<(Vec<u8>, Arc<Snapshot>)>>,
    cache: Mutex<Option<(Vec<u8>, Arc<PageCache>)>>,
}

impl PageStore {
    /// The snapshot of a batch run, which its first statement here begins. `is_held`: one has.
    ///
    /// # Errors
    /// [`Kind::Api`] when it should be here and is not: another one would be of another time.
    pub(super) fn batch(
        &self,
        lease: &[u8],
        is_held: bool,
        begin: impl FnOnce() -> Arc<Snapshot>,
    ) -> Result<Arc<Snapshot>> {
        let mut batch = lock(&self.batch);
        match &*batch {
            Some((known, snapshot)) if known == lease => Ok(Arc::clone(snapshot)),
            _ if is_held => Err(Error::new(
                Kind::Api,
                "it has not got the pages any more that statements of this run have read: it was started anew, or the \
                 connection to it was lost",
            )
            .with_hint("run all of them again: they are to read one snapshot")),
            _ => Ok(Arc::clone(&batch.insert((lease.to_vec(), begin())).1)),
        }
    }

    /// The cache of a session; `new` if it has none here yet.
    pub(super) fn cache(&self, lease: &[u8], new: Arc<PageCache>) -> Arc<PageCache> {
        let mut cache = lock(&self.cache);
        match &*cache {
            Some((known, pages)) if known == lease => Arc::clone(pages),
            _ => Arc::clone(&cache.insert((lease.to_vec(), new)).1),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Clients, Settings};

    #[test]
    fn a_run_goes_on_with_its_own_pages_or_not_at_all() {
        let clients = Arc::new(Clients::new(Settings::default()));
        let kept = PageStore::default();
        let begin = || Arc::new(Snapshot::lasting(Arc::clone(&clients), 0));
        let first = kept.batch(b"a", false, begin).unwrap();
        assert!(Arc::ptr_eq(&first, &kept.batch(b"a", true, begin).unwrap()));
        assert_eq!(kept.batch(b"b", true, begin).unwrap_err().kind(), Kind::Api);
        kept.batch(b"b", false, begin).unwrap();
        assert_eq!(kept.batch(b"a", true, begin).unwrap_err().kind(), Kind::Api, "it was given up");
    }

    #[test]
    fn a_cache_is_that_of_its_lease() {
        let new = || Arc::new(PageCache::new(Arc::new(Clients::new(Settings::default()))));
        let kept = PageStore::default();
        let first = kept.cache(b"a", new());
        assert!(Arc::ptr_eq(&first, &kept.cache(b"a", new())));
        assert!(!Arc::ptr_eq(&first, &kept.cache(b"b", new())));
    }
}
