//! lightsail-sql, the application: how a person asks the engine [`datafusion_lightsail`], by hand or in batch.
//!
//! Where to find what, from the top down:
//!
//! | module | question |
//! |---|---|
//! | [`cli`] | the flags, and what they mean |
//! | [`config`], [`doctor`] | the configuration file; what keeps questions from being answered |
//! | [`shell`], [`batch`] | asking by hand, and by file |
//! | [`capture`], [`diff`] | all tables into a folder, to be asked later; what changed between two times |
//! | [`report`] | the state of a fleet at a glance |
//! | [`mcp`] | an agent's tools |
//! | [`serve`] | psql, dashboards and drivers: the Postgres wire protocol |
//! | [`script`] | text → statements, and the commands among them |
//! | [`run`] | one statement: SQL → rows at a destination |
//! | [`say`] | what is said on standard error |
//! | [`saved`] | the queries that ship inside the binary, and one's own |
//! | [`output`] | rows as tables, CSV, JSON, Parquet |
//!
//! The embedded endpoint of `--demo` is a package of its own, [`lightsail_demo`].

mod apart;
pub mod batch;
pub mod capture;
pub mod cli;
pub mod config;
mod copy;
pub mod diff;
pub mod doctor;
mod kept;
pub mod mcp;
pub mod output;
pub mod panics;
mod pattern;
pub mod progress;
pub mod report;
pub mod run;
pub mod saved;
pub mod say;
pub mod script;
pub mod serve;
pub mod shell;
pub mod signals;

#[cfg(test)]
#[path = "../fuzz/driver.rs"]
mod fuzz;
