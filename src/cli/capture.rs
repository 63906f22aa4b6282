//! `capture`: what is captured, and what is said of it. `--from` and `--at`: which capture answers.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use clap::Args;

use super::{Ask, demo};
use crate::capture::{Captured, Request, capture, chosen};
use crate::run::partial;
use crate::say::{counted, say};
use datafusion_lightsail::captures::{Manifest, shown, span};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::session::{Archive, Session};

#[derive(Debug, Args)]
pub(super) struct Capture {
    /// The folder of captures; it is made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only these tables, names or globs; metrics, logs and cost estimates where they are named: '*,instance_metrics'
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    tables: Vec<String>,
    /// Not these tables, names or globs
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    exclude: Vec<String>,
    /// How far back metrics, logs and cost estimates go, such as 7d
    #[arg(long, value_name = "SPAN", value_parser = a_span)]
    since: Option<TimeDelta>,
    /// Remove captures that are older than this, such as 30d, once this one is whole
    #[arg(long, value_name = "SPAN", value_parser = a_span)]
    keep: Option<TimeDelta>,
    /// No notes on standard error
    #[arg(short = 'q', long)]
    quiet: bool,
    #[command(flatten)]
    ask: Ask,
}

pub(super) fn a_span(text: &str) -> Result<TimeDelta, String> {
    span(text).map_err(|error| error.to_string())
}

impl Capture {
    /// Captures, and says what.
    ///
    /// # Errors
    /// As [`capture`]; [`Kind::Partial`] where something is missing, as was allowed.
    pub(super) async fn run(self) -> Result<()> {
        let tables = chosen(&self.tables, &self.exclude)?;
        let captured_at = self.ask.begun_at()?;
        let (clients, mut options, _server) = self.ask.clients(self.quiet, None).await?;
        // Each page is read once: kept for later statements it would only fill memory.
        options.cache_ttl = Duration::ZERO;
        let session = Session::new(clients, options)?;
        for warning in session.stray_regions() {
            say(format_args!("warning: {warning}"));
        }
        let (folder, since, keep) = (&self.folder, self.since, self.keep);
        let has_progress = !self.quiet;
        let request = Request { folder, captured_at, tables: &tables, since, keep, has_progress };
        let Captured { manifest, notes, removed } = Box::pin(capture(&session, &request)).await?;
        notes.warnings().for_each(say);
        if !self.quiet {
            notes.lines().into_iter().for_each(say);
        }
        told("captured", &manifest, removed, self.quiet)
    }
}

/// Says what a new capture has, and what it misses.
///
/// # Errors
/// [`Kind::Partial`] where something is missing.
pub(super) fn told(what: &str, manifest: &Manifest, removed: usize, quiet: bool) -> Result<()> {
    for missing in &manifest.missing {
        say(format_args!("warning: {}", missing.reason));
    }
    if !quiet {
        let rows: u64 = manifest.tables.values().map(|table| table.rows).sum();
        say(format_args!(
            "{what} {}, {}, of {} with {} in {:.1} s: {}",
            counted(manifest.tables.len(), "table"),
            counted(rows, "row"),
            counted(manifest.targets.len(), "target"),
            counted(manifest.calls, "API call"),
            manifest.seconds,
            shown(manifest.captured_at)
        ));
        if removed > 0 {
            say(format_args!("removed {}", counted(removed, "older capture")));
        }
    }
    match manifest.missing.len() {
        0 => Ok(()),
        missing => Err(Error::new(Kind::Partial, partial(missing, manifest.targets.len()))),
    }
}

/// Which capture answers instead of the service.
#[derive(Debug, Args)]
#[command(next_help_heading = "Whom to ask")]
pub(super) struct Past {
    /// Answer from the captures in this folder, without a call or credentials
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["demo", "profile", "region", "target", "accounts", "endpoint_url"],
    )]
    from: Option<PathBuf>,
    /// Answer from the newest capture that is not later: 2026-11-25, '2026-11-25 06:00', yesterday, -7d; in UTC
    #[arg(long, value_name = "WHEN", requires = "from", allow_hyphen_values = true)]
    at: Option<String>,
}

impl Past {
    /// Whether captures answer.
    pub(super) fn is_given(&self) -> bool {
        self.from.is_some()
    }

    /// The captures that answer; `None` if the service does.
    ///
    /// # Errors
    /// [`Kind::Usage`] where there is no such capture.
    pub(super) fn archive(&self) -> Result<Option<Archive>> {
        self.from.as_deref().map(|folder| Archive::open(folder, self.at.as_deref())).transpose()
    }
}

impl Ask {
    /// As of when what is asked now is: the day of the demo fleet if it is pinned, or else the clock's time.
    pub(super) fn begun_at(&self) -> Result<DateTime<Utc>> {
        let is_pinned = self.demo_today.is_some() || super::variable("LIGHTSAIL_SQL_DEMO_TODAY").is_some();
        let time = match self.demo && is_pinned {
            true => demo::today(self.demo_today)?.into(),
            false => Utc::now(),
        };
        Ok(time.with_nanosecond(0).unwrap_or(time))
    }
}
