//! How tables are read: filters and limit become calls, pages become record batches.

mod ahead;
mod beside;
mod bounds;
mod cursor;
mod exec;
mod explain;
mod facts;
mod guard;
mod interval;
mod measures;
mod narrow;
mod origin;
mod pages;
mod predicate;
mod provider;
mod query;
mod reader;
mod run;
mod share;
mod snapshot;
mod spec;
mod work;

pub use exec::ScanExec;
pub(crate) use origin::origin;
pub use provider::LightsailTable;
pub use query::{Notes, Query, QueryLog, ScanRecord, missing};
pub use share::ShareScans;
pub use snapshot::Snapshot;
