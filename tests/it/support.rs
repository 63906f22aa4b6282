//! What the tests share, a file for each subject.

pub mod cells;
pub mod documents;
mod process;
pub mod session;
pub mod shell;

pub use process::{Endpoint, Run, command, csv, json_rows, names_in, run, run_with};

/// Settings for snapshots: what differs from run to run is masked.
pub fn masked() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
    settings.add_filter(r"in \d+(\.\d+)? m?s\b", "in TIME");
    settings.add_filter(r"request id [0-9a-f-]+", "request id ID");
    settings
}
