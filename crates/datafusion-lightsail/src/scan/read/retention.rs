//! For how long workers keep the pages that they read for a statement.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// For how long workers keep the pages that they read for a statement.
#[derive(Debug, Clone)]
pub(in crate::scan) enum Retention {
    /// Until its scans have read them.
    Statement,
    /// For the other statements of a batch run, all of which read one snapshot.
    Batch(Arc<Lease>),
    /// For other statements, while they are young enough.
    Cache(Arc<Lease>),
}

/// What workers know kept pages by. Pages that are to be forgotten are those of a lease that is not named any more.
#[derive(Debug)]
pub(in crate::scan) struct Lease {
    pub(in crate::scan) id: Uuid,
    holders: Mutex<HashSet<Arc<str>>>,
}

impl Lease {
    pub(in crate::scan) fn new() -> Arc<Self> {
        Arc::new(Self { id: Uuid::new_v4(), holders: Mutex::default() })
    }

    /// Takes note that a worker has read for it.
    pub(in crate::scan) fn hold(&self, worker: &Arc<str>) {
        self.holders().insert(Arc::clone(worker));
    }

    /// Whether a worker has read for it, so that it must have its pages.
    pub(in crate::scan) fn is_held_by(&self, worker: &str) -> bool {
        self.holders().contains(worker)
    }

    /// Whether any has.
    pub(in crate::scan) fn is_held(&self) -> bool {
        !self.holders().is_empty()
    }

    fn holders(&self) -> MutexGuard<'_, HashSet<Arc<str>>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Retention {
    /// What the pages are known by, if they are kept.
    pub(in crate::scan) fn lease(&self) -> Option<&Arc<Lease>> {
        match self {
            Self::Statement => None,
            Self::Batch(lease) | Self::Cache(lease) => Some(lease),
        }
    }
}
