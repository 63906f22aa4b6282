//! The native part of the Python package `lightsail_sql`: sessions over the engine, and rows as Arrow.
//!
//! | module | what is in it |
//! |---|---|
//! | `session` | a session of one's own, and the statements that it is asked |
//! | `answer` | a statement that is planned; each reading of it is a run |
//! | `run` | one run: pulled batch by batch, waited for without the GIL, cancelled |
//! | `stream` | runs as Arrow's C streams, and batches as its C arrays |
//! | `cells` | values between Arrow and Python |
//! | `errors` | errors as exceptions |
//! | `home` | the threads that a session works on, and the embedded endpoint |
//!
//! Nothing here prints, handles a signal or brings an allocator: all that is the interpreter's.

mod answer;
mod cells;
mod errors;
mod home;
mod run;
mod session;
mod stream;

/// The module that Python imports.
#[pyo3::pymodule]
mod _lightsail_sql {
    #[pymodule_export]
    use crate::answer::{Answer, Batch, Reader};
    #[pymodule_export]
    use crate::session::{Session, queries, settings};
}
