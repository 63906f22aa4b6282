//! One integration-test binary: every extra one would link DataFusion again.

#![allow(
    clippy::unwrap_used,
    clippy::unimplemented,
    reason = "clippy excuses #[test] functions, not their helpers"
)]

mod cli;
mod coverage;
mod examples;
mod faults;
mod pushdown;
mod queries;
mod reading;
mod readme;
mod shell;
mod sql;
mod support;
