//! The application's one integration-test binary, as the engine has one: every extra one would link DataFusion again.

#![expect(clippy::unwrap_used, reason = "clippy excuses #[test] functions, not their helpers")]

mod about;
mod accounts;
mod advice;
mod answers;
mod asked;
mod batches;
mod canary;
mod captures;
mod cli;
mod commands;
mod compared;
mod config;
mod docs;
mod doctor;
mod environment;
mod explain;
mod exports;
mod faults;
mod guides;
mod layers;
mod limits;
mod looks;
mod mcp;
mod memory;
mod named;
mod ordered;
mod outages;
mod paginator;
mod plainly;
mod profiles;
mod queries;
mod readme;
mod reference;
mod reliability;
mod safe;
mod saved;
mod screens;
mod shell;
mod signals;
mod support;
mod terminal;
mod typing;
mod views;
mod written;
