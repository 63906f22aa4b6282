//! `diff`: which captures are compared, and how it is said what changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use clap::Args;
use futures::StreamExt;

use super::{Ask, Write};
use crate::batch::{self, Output};
use crate::capture::{Request, capture, chosen};
use crate::diff::{Look, Screen};
use crate::output::{Destination, Options};
use crate::run::partial;
use crate::say::say;
use crate::script::Script;
use datafusion_lightsail::captures::{Capture, Captures, has_captures, latest};
use datafusion_lightsail::catalog::Table;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::scan::{Completeness, RowOrder};
use datafusion_lightsail::script::Parameters;
use datafusion_lightsail::session::{Archive, CHANGES, Session, SessionBuilder};

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The folder of captures [default: this one], and the tables to compare, names or globs [default: all tables]
    #[arg(value_name = "DIR|TABLE", num_args = 0..)]
    named: Vec<PathBuf>,
    /// What was: the newest capture that is not later [default: the one before the other]
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    at: Option<String>,
    /// What is: the newest capture that is not later, or now: what the service says [default: the newest]
    #[arg(long, value_name = "WHEN|now", allow_hyphen_values = true)]
    to: Option<String>,
    #[command(flatten)]
    ask: Ask,
    #[command(flatten)]
    write: Write,
}

/// What `--to` says for what the service says.
const NOW: &str = "now";

impl Diff {
    /// Compares, and says what changed.
    ///
    /// # Errors
    /// [`Kind::Usage`] where there are no such captures; [`Kind::Found`] where something changed that should not have.
    pub(super) async fn run(self) -> Result<()> {
        let (folder, names) = split(&self.named);
        let names: Vec<String> = names.iter().map(|name| name.display().to_string()).collect();
        let tables = chosen(&names, &[])?;
        let is_people = self.write.path.is_none() && self.write.format.is_none();
        let output = self.write.output()?;
        let captures = Captures::open(folder)?;
        let now = Utc::now();
        let was = self.at.as_deref().map(|text| captures.at(Some(latest(text, now)?))).transpose()?;
        let mut kept = None;
        let archive = match self.to.as_deref() {
            Some(NOW) => {
                let was = was.map_or_else(|| captures.at(None), Ok)?;
                let is_there = |table: &&&'static dyn Table| was.manifest.tables.contains_key(table.name());
                let tables: Vec<_> = tables.iter().filter(is_there).copied().collect();
                let aside = tempfile::tempdir()
                    .map_err(|error| Error::io(Kind::Output, "cannot make a folder aside", error))?;
                live(self.ask, aside.path(), &tables, output.quiet).await?;
                let live = Captures::open(aside.path())?;
                kept = Some(aside);
                let at = live.at(None)?;
                Archive::new(live, at).since(was)
            }
            to => {
                let latest = to.map(|text| latest(text, now)).transpose()?;
                let archive = Archive::new(captures.clone(), captures.at(latest)?);
                was.into_iter().fold(archive, Archive::since)
            }
        };
        let compared = || archive.since.iter().chain([&archive.at]);
        for name in &names {
            let is_there = |capture: &Arc<Capture>| capture.manifest.tables.contains_key(name);
            // A glob is all that there is of it.
            if tables.iter().any(|table| table.name() == name) && !compared().any(is_there) {
                let what = format!("{name} was captured neither time");
                return Err(Error::new(Kind::Usage, what)
                    .with_hint("\\d lists the tables; capture DIR --tables names some"));
            }
        }
        let clients = super::nobody();
        let session = SessionBuilder::new(clients).with_archive(archive).build()?;
        let sql = if names.is_empty() { format!("SELECT * FROM {CHANGES}") } else { of(&tables) };
        let script = Script::new("diff", &sql)?;
        let outcome = match is_people && output.format.is_none() {
            true => screen(&session, &script, &output).await,
            false => batch::run_all(&session, &[script], &[], &Parameters::new(), &output).await,
        };
        drop(kept);
        outcome
    }
}

/// The folder of captures, and what else is named. Within such a folder it need not be named, though its tables have
/// folders there.
fn split(named: &[PathBuf]) -> (&Path, &[PathBuf]) {
    let here = Path::new(".");
    match named.split_first() {
        Some((folder, names)) if has_captures(folder) || !has_captures(here) => (folder, names),
        _ => (here, named),
    }
}

/// The statement that asks what changed in these tables.
fn of(tables: &[&'static dyn Table]) -> String {
    let names: Vec<String> = tables.iter().map(|table| format!("'{}'", table.name())).collect();
    format!("SELECT * FROM {CHANGES} WHERE \"table\" IN ({})", names.join(", "))
}

/// Captures what the service says now, aside.
async fn live(ask: Ask, folder: &Path, tables: &[&'static dyn Table], quiet: bool) -> Result<()> {
    let captured_at = ask.begun_at()?;
    let (clients, mut options, _server) = ask.clients(quiet, None).await?;
    options.cache_ttl = Duration::ZERO;
    let session = Session::new(clients, options)?;
    let request = Request { folder, captured_at, tables, since: None, keep: None, has_progress: !quiet };
    let captured = Box::pin(capture(&session, &request)).await?;
    captured.notes.warnings().for_each(say);
    Ok(())
}

/// What changed, for people.
async fn screen(session: &Session, script: &Script, output: &Output) -> Result<()> {
    let Options { max_rows, has_color, width, .. } = output.options;
    let look = Look { most: max_rows, has_color, width };
    let mut screen = Screen::new(Destination::screen(&output.options), look);
    let record = session.begin();
    for statement in &script.statements {
        let (record, none) = (std::sync::Arc::clone(&record), Parameters::new());
        let answer = session.ask_with(record, statement.ast.clone(), &none, RowOrder::Target).await;
        let mut stream = answer.map_err(Error::from)?.stream;
        while let Some(changes) = stream.next().await {
            screen.write(&changes.map_err(Error::from)?)?;
        }
    }
    let changed = screen.end()?;
    let Completeness { missing, targets, .. } = record.completeness();
    missing.iter().for_each(|error| say(format_args!("warning: {error}")));
    if !output.quiet {
        record.notes().lines().into_iter().for_each(say);
    }
    match (missing.len(), changed) {
        (0, changed) if changed > 0 && output.fails_on_rows => {
            let things = if changed == 1 { "thing" } else { "things" };
            Err(Error::new(Kind::Found, format!("check failed: {changed} {things} changed")))
        }
        (0, _) => Ok(()),
        (missing, _) => Err(Error::new(Kind::Partial, partial(missing, targets))),
    }
}
