//! `merge`: which captures become one, and what is said of it.

use std::path::PathBuf;

use chrono::{TimeDelta, Utc};
use clap::Args;

use super::capture::{a_span, told};
use crate::capture::{Merged, Parts, merge};
use crate::say::{counted, say};
use datafusion_lightsail::captures::latest;
use datafusion_lightsail::error::Result;

#[derive(Debug, Args)]
pub(super) struct Merge {
    /// The folder of captures that the new one goes into; it is made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Folders of captures, each of other accounts; of each the newest capture is taken
    #[arg(value_name = "PART", required = true)]
    parts: Vec<PathBuf>,
    /// Take the newest captures that are not later: 2026-11-25, '2026-11-25 06:00', yesterday, -7d; in UTC
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    at: Option<String>,
    /// How far apart the captures may be; a part that was not captured this time is an error
    #[arg(long, value_name = "SPAN", default_value = "12h", value_parser = a_span)]
    within: TimeDelta,
    /// Remove captures from DIR that are older than this, such as 30d, once this one is whole
    #[arg(long, value_name = "SPAN", value_parser = a_span)]
    keep: Option<TimeDelta>,
    /// No notes on standard error
    #[arg(short = 'q', long)]
    quiet: bool,
}

impl Merge {
    /// Merges, and says what.
    ///
    /// # Errors
    /// As [`merge`]; [`Kind::Partial`](datafusion_lightsail::error::Kind::Partial) where a part misses something.
    pub(super) fn run(&self) -> Result<()> {
        let latest = self.at.as_deref().map(|text| latest(text, Utc::now())).transpose()?;
        let Self { folder, parts, within, keep, .. } = self;
        let Merged { manifest, removed } =
            merge(&Parts { folder, parts, latest, within: *within, keep: *keep })?;
        for gap in manifest.gaps.iter().filter(|_| !self.quiet) {
            say(format_args!("note: {gap}"));
        }
        let what = format!("merged {}:", counted(parts.len(), "capture"));
        told(&what, &manifest, removed, self.quiet)
    }
}
