//! All that waits for the API: readers of scans, the page logs that they share, and the snapshots that hold those.

pub(in crate::scan) mod ahead;
pub(in crate::scan) mod bounded;
pub(in crate::scan) mod cache;
pub(in crate::scan) mod cursor;
pub(in crate::scan) mod guard;
pub(in crate::scan) mod metrics;
pub(in crate::scan) mod needless;
pub(in crate::scan) mod order;
pub(in crate::scan) mod pages;
pub(in crate::scan) mod pagination;
pub(in crate::scan) mod queue;
pub(in crate::scan) mod reader;
#[cfg(feature = "cluster")]
pub(in crate::scan) mod retention;
pub(in crate::scan) mod seen;
pub(in crate::scan) mod shared;
pub(in crate::scan) mod snapshot;
pub(in crate::scan) mod unbounded;
