//! The engine's one integration-test binary: every extra one would link DataFusion again.

#![expect(
    clippy::unwrap_used,
    clippy::unimplemented,
    reason = "clippy excuses #[test] functions, not their helpers"
)]

mod cache;
mod captures;
mod coverage;
mod differences;
mod faults;
mod fuzz;
mod limits;
mod metrics;
mod parameters;
mod parents;
mod property;
mod public_api;
mod pushdown;
mod reading;
mod records;
mod settings;
mod sql;
mod support;
mod tables;
mod views_asked;
