//! The pages that a worker keeps for the statements of one coordinator: for as long as its connection is there.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Kind, Result};
use crate::scan::read::cache::PageCache;
use crate::scan::read::snapshot::Snapshot;

/// How many leases one connection has at most. A session has two; what it gave up goes when others come.
const MOST: usize = 8;

/// Pages by what their coordinator knows them by, those that were read last behind.
#[derive(Debug, Default)]
pub(crate) struct KeptPages(Mutex<VecDeque<(Vec<u8>, Pages)>>);

#[derive(Debug, Clone)]
enum Pages {
    /// Those of a run, all of whose statements read one snapshot.
    Run(Arc<Snapshot>),
    Cache(Arc<PageCache>),
}

impl KeptPages {
    /// The snapshot of a run, which its first statement here begins. `is_held`: one has.
    ///
    /// # Errors
    /// [`Kind::Api`] when it should be here and is not: another one would be of another time.
    pub(super) fn of_run(
        &self,
        lease: &[u8],
        is_held: bool,
        begin: impl FnOnce() -> Arc<Snapshot>,
    ) -> Result<Arc<Snapshot>> {
        match self.pages(lease, || (!is_held).then(|| Pages::Run(begin()))) {
            Some(Pages::Run(snapshot)) => Ok(snapshot),
            _ => Err(Error::new(
                Kind::Api,
                "it has not got the pages any more that statements of this run have read: it was started anew, or the \
                 connection to it was lost",
            )
            .with_hint("run all of them again: they are to read one snapshot")),
        }
    }

    /// The cache of a session; `new` if it has none here yet.
    pub(super) fn cache(&self, lease: &[u8], new: Arc<PageCache>) -> Arc<PageCache> {
        match self.pages(lease, || Some(Pages::Cache(Arc::clone(&new)))) {
            Some(Pages::Cache(cache)) => cache,
            _ => new,
        }
    }

    fn pages(&self, lease: &[u8], begin: impl FnOnce() -> Option<Pages>) -> Option<Pages> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| known == lease);
        let pages = match place.and_then(|place| kept.remove(place)) {
            Some((_, pages)) => pages,
            None => begin()?,
        };
        if kept.len() >= MOST {
            kept.pop_front();
        }
        kept.push_back((lease.to_vec(), pages.clone()));
        Some(pages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Clients, Settings};

    #[test]
    fn a_run_goes_on_with_its_own_pages_or_not_at_all() {
        let clients = Arc::new(Clients::new(Settings::default()));
        let kept = KeptPages::default();
        let begin = || Arc::new(Snapshot::lasting(Arc::clone(&clients), 0));
        let first = kept.of_run(b"a", false, begin).unwrap();
        assert!(Arc::ptr_eq(&first, &kept.of_run(b"a", true, begin).unwrap()));
        assert_eq!(kept.of_run(b"b", true, begin).unwrap_err().kind(), Kind::Api);
        for lease in 0..MOST {
            kept.cache(&[lease as u8], Arc::new(PageCache::new(Arc::clone(&clients))));
        }
        assert_eq!(kept.of_run(b"a", true, begin).unwrap_err().kind(), Kind::Api, "it was given up");
    }
}
