//! How tables are read: filters and limit become calls, pages become record batches.

mod ahead;
mod beside;
mod bounds;
mod concat;
mod cursor;
mod exec;
mod explain;
mod facts;
mod guard;
mod interval;
mod measures;
mod names;
mod narrow;
mod order;
mod origin;
mod pages;
mod predicate;
mod provider;
mod reader;
mod record;
mod run;
mod share;
mod snapshot;
mod spec;
mod trace;
mod unasked;
mod work;

pub use exec::ScanExec;
pub(crate) use origin::origin;
pub use provider::LightsailTable;
pub use record::{Notes, Record, RecordLog, ScanRecord, missing};
pub use share::ShareScans;
pub use snapshot::Snapshot;
pub use unasked::{stray_profiles, stray_regions};
