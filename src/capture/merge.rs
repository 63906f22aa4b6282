//! Captures of parts of a fleet, made on other machines, as one capture of all of it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::write::{PROGRAM, locked, place, prune};
use crate::output::Staging;
use datafusion_lightsail::captures::{
    Capture, CapturedTable, Captures, Manifest, data_files, remove_leftovers,
};
use datafusion_lightsail::error::{Error, Kind, Result};

/// What is to be merged, and where to.
pub struct Parts<'a> {
    /// The folder of captures that the new one goes into.
    pub folder: &'a Path,
    /// The folders that have a capture of a part each.
    pub parts: &'a [PathBuf],
    /// Of each the newest capture is taken that is not later.
    pub latest: Option<DateTime<Utc>>,
    /// How far apart the captures may be.
    pub within: TimeDelta,
    /// How long captures are kept in the folder; `None` is for ever.
    pub keep: Option<TimeDelta>,
}

/// What was merged.
pub struct Merged {
    /// What the capture says of itself.
    pub manifest: Manifest,
    /// The captures that were removed.
    pub removed: usize,
}

/// Makes one capture of all parts. It is as old as the oldest of them.
///
/// # Errors
/// [`Kind::Usage`] where a part has no capture, is too old, or has a profile or an account that another has too, whose rows
/// would be there twice; or where the parts do not have the same tables. A failed write. The folder is then as it was.
pub fn merge(request: &Parts<'_>) -> Result<Merged> {
    let parts: Vec<_> = request
        .parts
        .iter()
        .map(|folder| Captures::open(folder)?.at(request.latest))
        .collect::<Result<_>>()?;
    check(&parts, request.within)?;
    let manifest = sum(&parts);
    let _lock = locked(request.folder)?;
    remove_leftovers(request.folder)?;
    if let Some(there) =
        Captures::list(request.folder)?.all().iter().find(|there| there.time() == manifest.captured_at)
    {
        return Err(Error::new(Kind::Usage, format!("there is {} already", there.name()))
            .with_hint("it is as old as the oldest part: capture that one again"));
    }
    let staging = Staging::within(request.folder)?;
    for (table, captured) in &manifest.tables {
        copy(&parts, table, captured, &staging.path().join(table))?;
    }
    place(&staging, request.folder, &manifest)?;
    let removed = prune(request.folder, manifest.captured_at, request.keep)?;
    Ok(Merged { manifest, removed })
}

/// Refuses parts of which no whole can be made.
fn check(parts: &[Arc<Capture>], within: TimeDelta) -> Result<()> {
    let wrong = |what: String| Error::new(Kind::Usage, what);
    let newest = parts.iter().max_by_key(|part| part.time());
    for (at, part) in parts.iter().enumerate() {
        if let Some(newest) = newest.filter(|newest| newest.time() - part.time() > within) {
            let what = format!("{} is older than {} by more than is allowed", part.name(), newest.name());
            return Err(wrong(what).with_hint("capture that part again, or allow it: --within 7d"));
        }
        for other in &parts[..at] {
            if let Some(name) = twice(part, other) {
                let what = format!("{} and {} both have {name}", other.name(), part.name());
                return Err(wrong(what).with_hint(
                    "its rows would be there twice: capture each account with all its regions in one part",
                ));
            }
            let tables = |part: &Capture| part.manifest.tables.keys().cloned().collect::<Vec<_>>();
            let (ours, theirs) = (tables(part), tables(other));
            let lacks =
                |one: &[String], other: &[String]| one.iter().find(|name| !other.contains(name)).cloned();
            let missing = lacks(&theirs, &ours).map(|name| (name, part, other));
            if let Some((name, part, other)) =
                missing.or_else(|| lacks(&ours, &theirs).map(|name| (name, other, part)))
            {
                return Err(wrong(format!("{} has no {name}, which {} has", part.name(), other.name()))
                    .with_hint(
                        "capture the parts with the same --tables and --exclude, by the same version",
                    ));
            }
        }
    }
    Ok(())
}

/// The account that two parts have; the profile, where it is not known of which account it is.
fn twice(one: &Capture, other: &Capture) -> Option<String> {
    let pairs = one
        .manifest
        .targets
        .iter()
        .flat_map(|ours| other.manifest.targets.iter().map(move |theirs| (ours, theirs)));
    pairs.into_iter().find_map(|(ours, theirs)| match (&ours.account_id, &theirs.account_id) {
        (Some(ours), Some(theirs)) => (ours == theirs).then(|| format!("the account {ours}")),
        _ => (ours.profile == theirs.profile).then(|| format!("the profile {}", ours.profile)),
    })
}

/// What is said of all parts together.
fn sum(parts: &[Arc<Capture>]) -> Manifest {
    let all = || parts.iter().map(|part| &part.manifest);
    let mut tables = BTreeMap::<String, CapturedTable>::new();
    for (name, table) in all().flat_map(|part| &part.tables) {
        let sum = tables.entry(name.clone()).or_default();
        sum.rows += table.rows;
        sum.bytes += table.bytes;
        sum.files += table.files;
        // What one part's program did not have yet is NULL in its rows.
        sum.columns.extend(
            table.columns.iter().filter(|name| !sum.columns.contains(name)).cloned().collect::<Vec<_>>(),
        );
    }
    let mut gaps: Vec<String> = Vec::new();
    for gap in all().flat_map(|part| &part.gaps) {
        if !gaps.contains(gap) {
            gaps.push(gap.clone());
        }
    }
    let mut targets: Vec<_> = all().flat_map(|part| part.targets.iter().cloned()).collect();
    targets.sort();
    Manifest {
        captured_at: all().map(|part| part.captured_at).min().unwrap_or_default(),
        program: PROGRAM.to_owned(),
        // They were made at the same time.
        seconds: all().map(|part| part.seconds).fold(0.0, f64::max),
        calls: all().map(|part| part.calls).sum(),
        targets,
        has_all_regions: all().all(|part| part.has_all_regions),
        missing: all().flat_map(|part| part.missing.iter().cloned()).collect(),
        gaps,
        since: all().filter_map(|part| part.since).max(),
        tables,
    }
}

/// Copies the files of a table of all parts.
fn copy(parts: &[Arc<Capture>], table: &str, captured: &CapturedTable, folder: &Path) -> Result<()> {
    let fail =
        |path: &Path, error| Error::io(Kind::Output, format_args!("cannot copy {}", path.display()), error);
    fs::create_dir(folder).map_err(|error| fail(folder, error))?;
    let files = parts.iter().flat_map(|part| part.files(table));
    for (from, name) in files.zip(data_files(captured.files)) {
        let to = folder.join(name);
        // What a manifest tells of is there after a power cut.
        let copied = fs::copy(&from, &to).and_then(|_| File::open(&to)?.sync_all());
        copied.map_err(|error| fail(&from, error))?;
    }
    Ok(())
}
