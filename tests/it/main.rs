//! One integration-test binary: every extra one would link DataFusion again.

#![expect(
    clippy::unwrap_used,
    clippy::unimplemented,
    reason = "clippy excuses #[test] functions, not their helpers"
)]

mod accounts;
mod answers;
mod asked;
mod batches;
mod cache;
mod cli;
mod compared;
mod coverage;
mod differences;
mod docs;
mod environment;
mod explain;
mod faults;
mod layers;
mod memory;
mod metrics;
mod ordered;
mod paginator;
mod parameters;
mod parents;
mod profiles;
mod property;
mod pushdown;
mod queries;
mod reading;
mod readme;
mod records;
mod settings;
mod shell;
mod signals;
mod sql;
mod support;
mod tables;
mod terminal;
mod views;
mod views_asked;
mod written;
