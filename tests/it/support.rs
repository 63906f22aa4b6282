//! What the tests share, a file for each subject. Those that need no process are the engine's tests' too.

#[path = "../../crates/datafusion-lightsail/tests/it/support/cells.rs"]
pub mod cells;
#[path = "../../crates/datafusion-lightsail/tests/it/support/documents.rs"]
pub mod documents;
pub mod issuer;
#[path = "../../crates/datafusion-lightsail/tests/it/support/masked.rs"]
mod masked;
mod process;
pub mod screen;
#[path = "../../crates/datafusion-lightsail/tests/it/support/session.rs"]
#[expect(dead_code, reason = "some of it is only for the engine's tests")]
pub mod session;
pub mod shell;

pub use masked::masked;
pub use process::{Endpoint, Run, command, csv, json_rows, names_in, run, run_with, words};
