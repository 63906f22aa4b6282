//! The records of a session's statements, as many as are remembered.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Record;

/// How many scans of targets `system.scans` remembers, some 40 MB of them; whole statements go, the oldest first.
const REMEMBERED: usize = 100_000;

/// How many statements it remembers: one takes 4.5 KB beside its scans, measured over 10,000 rounds of `\watch`.
const STATEMENTS: usize = 1_000;

/// The records of a session's statements that read anything, behind `system.scans`.
#[derive(Debug, Default)]
pub struct RecordLog {
    begun: AtomicU64,
    newest: Mutex<Newest>,
}

#[derive(Debug, Default)]
struct Newest {
    records: VecDeque<Arc<Record>>,
    /// How many scans each of them has, by its number.
    scans: HashMap<u64, usize>,
    /// What they count for together.
    total: usize,
}

impl Newest {
    /// Forgets the oldest records while there are too many statements or scans, but never `newest`.
    fn evict(&mut self, newest: &Arc<Record>) {
        while (self.total > REMEMBERED || self.records.len() > STATEMENTS)
            && self.records.front().is_some_and(|oldest| !Arc::ptr_eq(oldest, newest))
            && let Some(oldest) = self.records.pop_front()
        {
            let scans = self.scans.remove(&oldest.number).unwrap_or_default();
            self.total -= scans.max(1);
            oldest.forget_scans();
        }
    }
}

impl RecordLog {
    /// The newest records, in the order in which they began to read.
    pub fn records(&self) -> Vec<Arc<Record>> {
        self.newest().records.iter().cloned().collect()
    }

    /// The number of the next statement.
    pub(in crate::scan) fn next_number(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Takes in the record of a statement that begins to read.
    pub(super) fn add(&self, record: &Arc<Record>) {
        let mut newest = self.newest();
        newest.records.push_back(Arc::clone(record));
        newest.scans.insert(record.number, 0);
        newest.total += 1;
        newest.evict(record);
    }

    /// Counts a scan of a record, unless the record was forgotten before.
    pub(super) fn count(&self, record: &Arc<Record>) {
        let mut newest = self.newest();
        let Some(scans) = newest.scans.get_mut(&record.number) else { return };
        *scans += 1;
        if *scans > 1 {
            newest.total += 1;
        }
        newest.evict(record);
    }

    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::aws::Target;
    use crate::aws::target::Profile;
    use crate::error::{Error, Kind};
    use crate::scan::record::Completeness;

    fn target(region: &str) -> Target {
        Target { profile: Profile { name: "p".into(), is_explicit: true }, region: region.into() }
    }

    fn begin(log: &Arc<RecordLog>) -> Arc<Record> {
        let record = Arc::new(Record::new(log.next_number(), Arc::default(), Arc::downgrade(log)));
        record.start();
        record
    }

    fn open(record: &Arc<Record>, scans: usize) {
        let read = Arc::default();
        (0..scans).for_each(|_| {
            record.open("instances", "GetInstances", target("us-east-1"), &read);
        });
    }

    fn numbers(log: &RecordLog) -> Vec<u64> {
        log.records().iter().map(|record| record.number).collect()
    }

    #[test]
    fn the_log_is_bounded_by_scans_and_keeps_the_newest_record_whole() {
        let log = Arc::new(RecordLog::default());
        for scans in [10, REMEMBERED - 10, REMEMBERED + 5] {
            let record = begin(&log);
            open(&record, scans);
            let expected: &[u64] = match record.number {
                1 => &[1],
                2 => &[1, 2],
                _ => &[3],
            };
            assert_eq!(numbers(&log), expected);
        }
        assert_eq!(log.records()[0].scans().len(), REMEMBERED + 5);
    }

    #[test]
    fn scans_of_a_forgotten_record_take_nobodys_place() {
        let log = Arc::new(RecordLog::default());
        let old = begin(&log);
        open(&old, 10);
        let second = begin(&log);
        open(&second, REMEMBERED - 5);
        assert_eq!(numbers(&log), [2], "the oldest went");
        open(&old, 100);
        open(&begin(&log), 5);
        assert_eq!(numbers(&log), [2, 3], "{REMEMBERED} scans of those that are held");
        open(&begin(&log), 1);
        assert_eq!(numbers(&log), [3, 4]);
    }

    #[test]
    fn records_without_scans_are_bounded_as_well() {
        let log = Arc::new(RecordLog::default());
        (0..STATEMENTS + 3).for_each(|_| drop(begin(&log)));
        assert_eq!(log.records().len(), STATEMENTS);
        assert_eq!(log.records()[0].number, 4);
    }

    #[test]
    fn a_forgotten_record_keeps_its_completeness_and_not_its_scans() {
        let log = Arc::new(RecordLog::default());
        let (source, reader) = (begin(&log), begin(&log));
        let reading = source.reading();
        let is_read = Arc::new(AtomicBool::new(false));
        open(&source, 50);
        for region in ["eu-west-1", "eu-west-2"] {
            let failed = source.open("disks", "GetDisks", target(region), &is_read);
            let error = Arc::new(Error::new(Kind::Api, format!("GetDisks in {region} failed")));
            source.update(failed, |scan| scan.error = Some(error));
        }
        let page = source.open("disks", "GetDisks", target("us-east-2"), &is_read);
        reader.adopt(&[Arc::clone(&source), Arc::clone(&source)]);
        reader.adopt(&[Arc::clone(&source), Arc::clone(&reader)]);
        assert_eq!(reader.told().sources.len(), 1, "each source once, and never itself");

        open(&begin(&log), REMEMBERED);
        assert_eq!(source.scans().len(), 53, "its scans are still read");
        source.update(page, |scan| scan.pages = 1);
        drop(reading);
        assert_eq!(source.scans().len(), 2, "those that failed");
        assert!(!source.has_no_pages());
        let completeness = || {
            let Completeness { missing, targets, .. } = reader.completeness();
            (missing.iter().map(|error| error.message().to_owned()).collect::<Vec<_>>(), targets)
        };
        assert_eq!(completeness(), (Vec::new(), 4));
        // A task that read ahead may have ended before its rows were wanted.
        is_read.store(true, Ordering::Relaxed);
        let missing = ["eu-west-1", "eu-west-2"].map(|region| format!("GetDisks in {region} failed"));
        assert_eq!(completeness(), (missing.to_vec(), 4));
    }
}
