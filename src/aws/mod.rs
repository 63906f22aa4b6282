//! Who answers: profiles, regions, SDK clients, and what went wrong with a call. Knows no table.

pub mod client;
mod credentials;
pub mod fault;
pub mod target;

pub use client::{Clients, Settings};
pub use target::Target;
