//! The Amazon Lightsail API as tables for any DataFusion session: complete or loud, with the fewest calls.
//!
//! The tables work in a session of your own. Here they are asked through the real SDK and real HTTP, but of an embedded
//! endpoint; `Settings::default()` asks AWS, as the environment and its configuration files say.
//!
//! ```
//! use std::sync::Arc;
//! use datafusion::prelude::SessionContext;
//! use datafusion_lightsail::{aws::{Clients, Settings}, options::LightsailOptions, session::register};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let endpoint = lightsail_demo::Server::start(lightsail_demo::Config::default(), lightsail_demo::LOOPBACK).await?;
//! let settings = Settings::default().for_demo(endpoint.url(), lightsail_demo::ACCESS_KEY);
//!
//! let context = SessionContext::new();
//! let options = LightsailOptions::default().with_regions("us-*");
//! let scans = register(&context, &Arc::new(Clients::new(settings)), options)?;
//! let stopped = context.sql("SELECT name FROM instances WHERE state = 'stopped'").await?.collect().await?;
//! assert!(stopped.iter().map(|batch| batch.num_rows()).sum::<usize>() > 0);
//!
//! // What was read for it, what it cost, and whether anything is missing.
//! let record = scans.records().records().pop().ok_or("no record")?;
//! assert!(record.calls() > 0 && record.completeness().is_complete());
//! # Ok(())
//! # }
//! ```
//!
//! A [`Session`](session::Session) of our own keeps more promises still: it answers one statement with one
//! [`Answer`](session::Answer), the rows and the record of how they came.
//!
//! Where to find what, from the top down; nothing looks back up:
//!
//! | module | question |
//! |---|---|
//! | [`session`] | sessions, one statement → one answer, what DataFusion does wrongly |
//! | [`settings`], [`options`] | the `lightsail.*` settings: which there are, and what a session is set to |
//! | [`script`], [`header`] | SQL text → statements, each with its place; the comments that it begins with |
//! | [`parameters`] | `$parameters`: what a header declares, and the values they are given |
//! | [`views`], [`system`] | questions over several tables; the schema `system`, what was declared and what was done |
//! | [`joins`] | which columns lead from a table to another |
//! | [`visible`] | text that may be shown on a terminal, whoever wrote it |
//! | [`captures`] | all tables as they were at one time, in a folder of Parquet files |
//! | [`scan`] | how a table is read: the `TableProvider`, the leaf plan, the page loop |
//! | [`permissions`] | which operations a profile may ask for |
//! | [`catalog`] | which tables and columns there are: declarations |
//! | [`aws`] | profiles, regions, SDK clients, faults |
//! | [`error`], [`panics`], [`nearest`] | the one error type and its kinds; panics of the libraries beneath; what was meant by a misspelt name |

pub mod aws;
pub mod captures;
pub mod catalog;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod error;
mod functions;
pub mod header;
pub mod joins;
pub mod nearest;
pub mod options;
pub mod panics;
pub mod parameters;
pub mod permissions;
pub mod scan;
pub mod script;
pub mod session;
pub mod settings;
pub mod system;
pub mod views;
pub mod visible;

#[cfg(test)]
#[path = "../../../fuzz/driver.rs"]
mod fuzz;
