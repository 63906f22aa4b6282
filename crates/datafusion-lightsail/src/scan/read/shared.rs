//! What a scan is read with beside the other scans of its statement: their record, their pages, what all of them need.

use std::sync::Arc;

use crate::catalog::operation::Operation;
use crate::scan::plan::groups::{Group, Groups, group};
#[cfg(feature = "cluster")]
use crate::scan::plan::near::RegionShares;
use crate::scan::plan::requests::{Held, Request};
use crate::scan::read::needless::Needless;
use crate::scan::read::snapshot::Snapshot;
use crate::scan::record::Record;

/// What a scan has in common with the other scans of its query.
#[derive(Debug, Clone)]
pub(in crate::scan) struct Shared {
    pub(in crate::scan) record: Arc<Record>,
    pub(in crate::scan) snapshot: Arc<Snapshot>,
    /// All scans of each operation.
    pub(in crate::scan) groups: Arc<Groups>,
    /// The targets that are asked, in EXPLAIN's words.
    pub(in crate::scan) targets: Arc<str>,
    /// Whether it is read beside what its join reads first.
    pub(in crate::scan) is_beside: bool,
    /// Whether its rows come in the order of targets and pages.
    pub(in crate::scan) in_order: bool,
    /// Where it is said that a LIMIT over the statement has its rows; `None` if that makes it no less needed.
    pub(in crate::scan) needless: Option<Arc<Needless>>,
    /// Whether it is a part of its statement, whose other parts others read: they may have rows although nothing is left of
    /// this one, and what is said of all targets is said by who knows them all.
    pub(in crate::scan) is_part: bool,
    /// Which targets of its profiles are asked here, where other workers ask the rest.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) near: Arc<RegionShares>,
    /// Its place among the scans of the statement, in the order of the plan.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) place: usize,
}

impl Shared {
    /// The scans of an operation of this scan.
    pub(in crate::scan) fn group(&self, operation: &Operation) -> &Group {
        group(&self.groups, operation)
    }
}

impl Held for Shared {
    fn has_all_of(&self, request: &Request) -> bool {
        self.snapshot.has_all_of(request, self.record.begun_at)
    }
}
