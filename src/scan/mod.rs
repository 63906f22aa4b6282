//! How tables are read: filters and limit become calls, pages become record batches.

mod exec;
mod pages;
mod provider;

pub use exec::ScanExec;
pub use provider::LightsailTable;
