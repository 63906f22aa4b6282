//! Scans whose end nobody waits for, because a LIMIT over their statement has its rows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The scans of a statement that a LIMIT over all of it may find needless.
#[derive(Debug, Default)]
pub(crate) struct Needless(Mutex<Scans>);

#[derive(Debug, Default)]
struct Scans {
    /// What says of each whether it was read to its end.
    are_read: Vec<Arc<AtomicBool>>,
    /// Whether the LIMIT has its rows: a scan that ends on another worker afterwards is as needless as those before.
    has_enough: bool,
}

impl Needless {
    /// Adds a scan, by what says whether it was read to its end.
    fn add(&self, is_read: &Arc<AtomicBool>) {
        self.scans().are_read.push(Arc::clone(is_read));
    }

    /// Says that a scan was read to its end, unless the LIMIT has its rows.
    fn end(&self, is_read: &AtomicBool) {
        let scans = self.scans();
        is_read.store(!scans.has_enough, Ordering::Relaxed);
    }

    /// Says that the LIMIT has its rows.
    pub(crate) fn have_enough(&self) {
        let mut scans = self.scans();
        scans.has_enough = true;
        for is_read in &scans.are_read {
            is_read.store(false, Ordering::Relaxed);
        }
    }

    fn scans(&self) -> MutexGuard<'_, Scans> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the statement has read a scan to its end.
#[derive(Debug, Clone)]
pub(in crate::scan) struct End {
    is_read: Arc<AtomicBool>,
    /// Where it is said that a LIMIT over the statement has its rows.
    needless: Option<Arc<Needless>>,
}

impl End {
    pub(in crate::scan) fn new(needless: Option<&Arc<Needless>>) -> Self {
        let end = Self { is_read: Arc::default(), needless: needless.cloned() };
        end.needless.iter().for_each(|needless| needless.add(&end.is_read));
        end
    }

    /// Says that it has.
    pub(in crate::scan) fn reach(&self) {
        match &self.needless {
            Some(needless) => needless.end(&self.is_read),
            None => self.is_read.store(true, Ordering::Relaxed),
        }
    }

    /// What its record looks at.
    pub(in crate::scan) fn is_read(&self) -> &Arc<AtomicBool> {
        &self.is_read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_that_ends_after_the_limit_has_its_rows_is_needless_too() {
        let needless = Arc::<Needless>::default();
        let [before, after] = [(); 2].map(|()| End::new(Some(&needless)));
        before.reach();
        assert!(before.is_read.load(Ordering::Relaxed));
        needless.have_enough();
        after.reach();
        assert!(![&before, &after].into_iter().any(|end| end.is_read.load(Ordering::Relaxed)));
    }
}
