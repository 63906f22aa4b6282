//! Who answers: profiles, regions, SDK clients, and what went wrong with a call. Knows no table.

pub mod calls;
pub mod client;
mod credentials;
mod discovery;
pub mod fault;
mod limits;
mod protocol;
pub mod target;

pub use client::{Clients, Settings};
pub(crate) use discovery::{is_name, is_sane, sdk_regions};
pub use limits::{DEFAULT_CONCURRENCY, Limit};
pub use protocol::NULL_TEXT;
pub use target::Target;
