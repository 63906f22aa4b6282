//! All that waits for the API: readers of scans, the page logs that they share, and the snapshots that hold those.

pub(in crate::scan) mod ahead;
pub(in crate::scan) mod bounds;
pub(in crate::scan) mod cache;
pub(in crate::scan) mod cursor;
pub(in crate::scan) mod guard;
pub(in crate::scan) mod measures;
pub(in crate::scan) mod order;
pub(in crate::scan) mod pages;
pub(in crate::scan) mod reader;
pub(in crate::scan) mod run;
pub(in crate::scan) mod snapshot;
