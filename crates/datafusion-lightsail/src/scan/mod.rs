//! How tables are read: filters and limit become calls, pages become record batches.
//!
//! | room | what is in it |
//! |---|---|
//! | `provider`, `exec`, `made` | what DataFusion sees: a table, and the leaves of a plan |
//! | `plan` | decided before any call: what a scan is to read, what is known of its rows, which requests follow |
//! | `share` | over all scans of a statement: the optimizer rule, and what joins and filters above say of a scan |
//! | `read` | all that waits for the API: readers, page logs, snapshots |
//! | `barrier` | a node that keeps what is above from what is below |
//! | `context`, `record` | what scans are read with, and the record that they leave |

pub(crate) mod barrier;
mod context;
mod estimate;
mod exec;
mod explain;
mod made;
mod moment;
mod plan;
mod provider;
mod read;
mod record;
#[cfg(feature = "cluster")]
pub(crate) mod remote;
mod share;

pub(crate) use context::{Mode, Statement};
pub use context::{RowOrder, ScanContext};
pub(crate) use estimate::Basis;
pub use estimate::Estimate;
pub use exec::ScanExec;
pub(crate) use made::{Lineage, MadeExec};
pub use moment::Moment;
pub use plan::unasked::{stray_profiles, stray_regions};
pub use provider::LightsailTable;
pub use read::cache::PageCache;
pub(crate) use read::needless::Needless;
pub use read::snapshot::Snapshot;
pub use record::{Completeness, Notes, Record, RecordLog, ScanRecord, StoredAnswer};
pub use share::ShareScans;
pub(crate) use share::enough::limit;
pub(crate) use share::origin::origin;
