//! SQL over the Amazon Lightsail API: complete or loud, with the fewest calls.
//!
//! The tables work in a DataFusion session of your own. Here they are asked through the real SDK and real HTTP, but
//! of the embedded endpoint; `Settings::default()` asks AWS, as the environment and its configuration files say.
//!
//! ```
//! use std::sync::Arc;
//! use datafusion::prelude::SessionContext;
//! use lightsail_sql::{aws::{Clients, Settings}, demo, options::LightsailOptions, session::register};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let endpoint = demo::Server::start(demo::Config::default(), demo::LOOPBACK).await?;
//! let settings = Settings::default().for_demo(endpoint.url(), demo::ACCESS_KEY);
//!
//! let context = SessionContext::new();
//! let options = LightsailOptions::default().with_regions("us-*");
//! register(&context, &Arc::new(Clients::new(settings)), options)?;
//! let stopped = context.sql("SELECT name FROM instances WHERE state = 'stopped'").await?.collect().await?;
//! assert!(stopped.iter().map(|batch| batch.num_rows()).sum::<usize>() > 0);
//! # Ok(())
//! # }
//! ```
//!
//! Where to find what, from the top down:
//!
//! | module | question |
//! |---|---|
//! | [`cli`] | the flags, and what they mean |
//! | [`shell`], [`batch`] | asking by hand, and by file |
//! | [`run`], [`script`] | one statement; statements in a text |
//! | [`session`], [`options`] | the DataFusion session and the `lightsail.*` settings |
//! | [`views`] | questions over several tables, as views in SQL files |
//! | [`scan`] | how a table is read: the `TableProvider`, the leaf plan, the page loop |
//! | [`system`] | the schema `system`: what was declared and what was done, as tables |
//! | [`catalog`] | which tables and columns there are: declarations |
//! | [`aws`] | profiles, regions, SDK clients, faults |
//! | [`output`] | rows as tables, CSV, JSON, Parquet |
//! | [`demo`] | the embedded endpoint, a package of its own: `crates/lightsail-demo` |
//! | [`error`] | the one error type and the exit codes |

pub use lightsail_demo as demo;

pub mod aws;
pub mod batch;
pub mod catalog;
pub mod cli;
pub mod error;
mod functions;
pub mod options;
pub mod output;
mod progress;
pub mod run;
pub mod scan;
pub mod script;
pub mod session;
pub mod shell;
pub mod system;
pub mod views;
