//! What goes to a worker: scans, each with what its statement says to all of them. Both ends are of one build, so a message
//! has no versions of its own.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use datafusion_proto::protobuf::PhysicalExprNode;

use crate::aws::Target;
use crate::aws::target::Profile;
use crate::catalog::TABLES;
use crate::catalog::operation::Operation;
use crate::scan::plan::names::Names;

/// A node of a plan of ours.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Node {
    #[prost(message, optional, tag = "1")]
    pub(super) scan: Option<ScanTask>,
    /// Whether it is the node that reports.
    #[prost(bool, tag = "2")]
    pub(super) reports: bool,
    /// Whether it is the node that says that the order of rows is not known.
    #[prost(bool, tag = "3")]
    pub(super) is_unordered: bool,
}

/// A scan with what its statement says to all of them.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ScanTask {
    /// The build that sent it.
    #[prost(string, tag = "1")]
    pub(super) build: String,
    /// The statement, whose scans at one worker share their pages.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) statement: Vec<u8>,
    /// The `lightsail.*` settings.
    #[prost(message, repeated, tag = "3")]
    pub(super) settings: Vec<Entry>,
    /// The profiles that this worker asks.
    #[prost(message, repeated, tag = "4")]
    pub(super) profiles: Vec<ProfileTask>,
    /// Whether rows come in the order of targets and pages.
    #[prost(bool, tag = "5")]
    pub(super) in_order: bool,
    /// All scans of the statement.
    #[prost(message, repeated, tag = "6")]
    pub(super) scans: Vec<Scan>,
    /// Which of them it is.
    #[prost(uint32, tag = "7")]
    pub(super) place: u32,
    /// For how long its pages are kept, beyond the statement.
    #[prost(message, optional, tag = "8")]
    pub(super) kept: Option<PageLease>,
    /// The scans of the statements that read the same pages later.
    #[prost(message, repeated, tag = "9")]
    pub(super) foreseen: Vec<Scan>,
}

/// A profile that a worker asks, and which of its regions.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct ProfileTask {
    #[prost(string, tag = "1")]
    pub(super) profile: String,
    /// The regions that the workers are near to which share it out; none if one asks them all.
    #[prost(message, repeated, tag = "2")]
    pub(super) near: Vec<Patterns>,
    /// The place of this worker among them.
    #[prost(uint32, tag = "3")]
    pub(super) mine: u32,
}

/// Names and patterns of regions.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Patterns {
    #[prost(string, repeated, tag = "1")]
    pub(super) patterns: Vec<String>,
}

/// Pages that outlive a statement.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct PageLease {
    /// What they are known by.
    #[prost(bytes = "vec", tag = "1")]
    pub(super) lease: Vec<u8>,
    /// Whether they are those of one batch run, and not a cache.
    #[prost(bool, tag = "2")]
    pub(super) is_batch: bool,
    /// Whether this worker must have them, for a statement has read them.
    #[prost(bool, tag = "3")]
    pub(super) is_held: bool,
}

/// A name and a value.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Entry {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}

/// What a scan is to read: the part of `ScanSpec` that the rest of it follows from.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Scan {
    #[prost(string, tag = "1")]
    pub(super) table: String,
    #[prost(uint32, repeated, tag = "2")]
    pub(super) projection: Vec<u32>,
    #[prost(message, repeated, tag = "3")]
    pub(super) conjuncts: Vec<PhysicalExprNode>,
    #[prost(uint64, optional, tag = "4")]
    pub(super) fetch: Option<u64>,
    /// The `now` of the statement, in ms since 1970.
    #[prost(int64, tag = "5")]
    pub(super) now: i64,
    #[prost(string, optional, tag = "6")]
    pub(super) only: Option<String>,
    #[prost(string, repeated, tag = "7")]
    pub(super) later: Vec<String>,
    #[prost(bool, tag = "8")]
    pub(super) is_in_union: bool,
    /// What the statement names.
    #[prost(message, optional, tag = "9")]
    pub(super) names: Option<TargetNames>,
}

/// The targets that a scan names.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct TargetNames {
    /// The place of the scan, where a worker tells of it.
    #[prost(uint32, tag = "1")]
    pub(super) place: u32,
    #[prost(string, repeated, tag = "2")]
    pub(super) profiles: Vec<String>,
    #[prost(string, repeated, tag = "3")]
    pub(super) accounts: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    pub(super) regions: Vec<String>,
    /// The regions that its rows say, where all rows of the table say the same.
    #[prost(string, repeated, tag = "5")]
    pub(super) said: Vec<String>,
}

impl TargetNames {
    pub(super) fn of(place: usize, names: &Names) -> Self {
        let texts = |texts: &BTreeSet<String>| texts.iter().cloned().collect();
        let (profiles, accounts) = (texts(&names.profiles), texts(&names.accounts));
        Self { place: number32(place), profiles, accounts, regions: texts(&names.regions), said: Vec::new() }
    }

    pub(super) fn names(self) -> Names {
        let texts = |texts: Vec<String>| texts.into_iter().collect();
        Names::of(texts(self.profiles), texts(self.accounts), texts(self.regions))
    }
}

/// A profile that is asked by its name.
pub(super) fn profile(name: &str) -> Profile {
    Profile { name: name.to_owned(), is_explicit: true }
}

pub(super) fn target(name: &str, region: &str) -> Target {
    Target { profile: profile(name), region: region.to_owned() }
}

/// The name of an operation of the catalog, or of the one that finds regions; `other` stands for any other.
pub(super) fn operation_name(name: &str) -> &'static str {
    static NAMES: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
        let mut names = BTreeSet::from(["GetRegions"]);
        let sources = TABLES.iter().flat_map(|table| table.sources());
        let mut open: Vec<&'static Operation> = sources.map(|source| source.operation).collect();
        while let Some(operation) = open.pop() {
            // The operation that tells details has the name of the one that lists.
            if names.insert(operation.name) {
                names.extend(operation.lookup.as_ref().map(|lookup| lookup.name));
                open.extend(operation.parents.iter().map(|parent| parent.operation));
            }
        }
        names
    });
    NAMES.get(name).copied().unwrap_or("other")
}

/// A small number, such as the place of a column.
pub(super) fn number32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_catalog_has_its_name() {
        for source in TABLES.iter().flat_map(|table| table.sources()) {
            assert_eq!(operation_name(source.operation.name), source.operation.name);
        }
        assert_eq!(operation_name("DeleteInstance"), "other");
    }
}
