//! How tables are read: filters and limit become calls, pages become record batches.

mod exec;
mod pages;
mod predicate;
mod provider;
mod query;
mod reader;
mod share;
mod snapshot;
mod spec;

pub use exec::ScanExec;
pub use provider::LightsailTable;
pub use query::{Query, QueryLog, ScanRecord, missing};
pub use share::ShareScans;
pub use snapshot::Snapshot;
