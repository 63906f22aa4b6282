//! Scans whose end nobody waits for, because a LIMIT over their statement has its rows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The scans of a statement that a LIMIT over all of it may find needless.
#[derive(Debug, Default)]
pub(crate) struct Needless(Mutex<Vec<Arc<AtomicBool>>>);

impl Needless {
    /// Adds a scan, by what says whether it was read to its end.
    pub(in crate::scan) fn add(&self, is_read: &Arc<AtomicBool>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(is_read));
    }

    /// Says that the LIMIT has its rows.
    pub(crate) fn have_enough(&self) {
        for is_read in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            is_read.store(false, Ordering::Relaxed);
        }
    }
}
