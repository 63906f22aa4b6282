//! Captures: all tables as they were at one time, in a folder of Parquet files that other programs read as Hive's.
//!
//! | file | what it is |
//! |---|---|
//! | `captures/TIME.json` | the [`Manifest`] of a capture. What has none is not there: a capture is whole or not at all |
//! | `TABLE/captured_at=TIME/data.parquet` | the rows of a table; `data-2.parquet` and so on where captures were merged |
//!
//! `TIME` is in UTC, to the second, and its colons are escaped as Hive escapes them.

mod manifest;
mod when;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};

pub use manifest::{CapturedTable, CapturedTarget, Manifest, Missing};
pub use when::{latest, span};

use crate::error::{Error, Kind, Result};

/// The column that says when rows were captured.
pub const CAPTURED_AT: &str = "captured_at";

/// The folder of the manifests.
const MANIFESTS: &str = "captures";

/// What a manifest's name ends with.
const SUFFIX: &str = ".json";

/// A time as it is shown: `2026-11-25T06:00:00Z`.
pub fn shown(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time as the name of a folder: `2026-11-25T06%3A00%3A00Z`.
fn escaped(time: DateTime<Utc>) -> String {
    shown(time).replace(':', "%3A")
}

fn unescaped(name: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(&name.replace("%3A", ":")).ok()?;
    Some(time.with_timezone(&Utc))
}

/// Whether a folder has, or had, captures.
pub fn has_captures(folder: &Path) -> bool {
    folder.join(MANIFESTS).is_dir()
}

/// Where the manifest of a capture is, or is to be.
pub fn manifest_path(folder: &Path, time: DateTime<Utc>) -> PathBuf {
    folder.join(MANIFESTS).join(escaped(time) + SUFFIX)
}

/// The folder of a table's rows in a capture.
pub fn table_path(folder: &Path, table: &str, time: DateTime<Utc>) -> PathBuf {
    folder.join(table).join(format!("{CAPTURED_AT}={}", escaped(time)))
}

/// The files of a table's rows in its folder: `data.parquet`, `data-2.parquet` and so on.
pub fn data_files(count: u64) -> impl Iterator<Item = String> {
    (1..=count)
        .map(|number| if number == 1 { "data.parquet".to_owned() } else { format!("data-{number}.parquet") })
}

/// A capture that is whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Capture {
    folder: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
}

impl Capture {
    /// As of when it is.
    pub fn time(&self) -> DateTime<Utc> {
        self.manifest.captured_at
    }

    /// The files of a table's rows; none if the table was not captured.
    pub fn files(&self, table: &str) -> Vec<PathBuf> {
        let count = self.manifest.tables.get(table).map_or(0, |table| table.files);
        let folder = table_path(&self.folder, table, self.time());
        data_files(count).map(|name| folder.join(name)).collect()
    }

    /// Where it is, and as of when: `fleet as of 2026-11-25T06:00:00Z`.
    pub fn name(&self) -> String {
        format!("{} as of {}", self.folder.display(), shown(self.time()))
    }

    /// Removes it: first what says that it is there.
    ///
    /// # Errors
    /// [`Kind::Output`] when the system refuses.
    pub fn remove(&self) -> Result<()> {
        let fail = |error| Error::io(Kind::Output, format_args!("cannot remove {}", self.name()), error);
        fs::remove_file(manifest_path(&self.folder, self.time())).map_err(fail)?;
        // A power cut must not bring back the manifest of rows that are gone. Where folders cannot be synced, nothing else helps.
        let _ = fs::File::open(self.folder.join(MANIFESTS)).and_then(|folder| folder.sync_all());
        for table in self.manifest.tables.keys() {
            match fs::remove_dir_all(table_path(&self.folder, table, self.time())) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The captures of a folder, the oldest first.
#[derive(Debug, Clone)]
pub struct Captures {
    folder: PathBuf,
    all: Vec<Arc<Capture>>,
}

impl Captures {
    /// Reads the manifests of a folder; there are none where there is no such folder.
    ///
    /// # Errors
    /// [`Kind::Usage`] when they cannot be read, or are of a newer version of this program.
    pub fn list(folder: &Path) -> Result<Self> {
        let fail = |error| Error::io(Kind::Usage, format_args!("cannot read {}", folder.display()), error);
        let mut all = Vec::new();
        let entries = match fs::read_dir(folder.join(MANIFESTS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            entries => Some(entries.map_err(fail)?),
        };
        for entry in entries.into_iter().flatten() {
            let path = entry.map_err(fail)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(time) = name.strip_suffix(SUFFIX).and_then(unescaped) else { continue };
            let text = match fs::read_to_string(&path) {
                // Another process has removed it by now.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                text => text.map_err(fail)?,
            };
            let manifest = Manifest::read(&text, time)
                .map_err(|what| Error::new(Kind::Usage, format!("cannot read {}: {what}", path.display())))?;
            all.push(Arc::new(Capture { folder: folder.to_owned(), manifest }));
        }
        all.sort_by_key(|capture| capture.time());
        Ok(Self { folder: folder.to_owned(), all })
    }

    /// Reads the manifests of a folder that has some.
    ///
    /// # Errors
    /// As [`list`](Self::list); [`Kind::Usage`] where there is no capture.
    pub fn open(folder: &Path) -> Result<Self> {
        let captures = Self::list(folder)?;
        match captures.all.is_empty() {
            false => Ok(captures),
            true => {
                let what = format!("there is no capture in {}", folder.display());
                let make = format!("lightsail-sql capture {} makes one", folder.display());
                Err(Error::new(Kind::Usage, what).with_hint(make))
            }
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> &[Arc<Capture>] {
        &self.all
    }

    /// The newest one that is not later than a time; of all without one.
    ///
    /// # Errors
    /// [`Kind::Usage`] where all are later.
    pub fn at(&self, latest: Option<DateTime<Utc>>) -> Result<Arc<Capture>> {
        let is_early = |capture: &&Arc<Capture>| latest.is_none_or(|latest| capture.time() <= latest);
        self.all.iter().rev().find(is_early).cloned().ok_or_else(|| {
            let time = latest.map(shown).unwrap_or_default();
            let what = format!("no capture in {} is as old as {time}", self.folder.display());
            let error = Error::new(Kind::Usage, what);
            match self.all.first() {
                Some(first) => error.with_hint(format!("the oldest is of {}", shown(first.time()))),
                None => error,
            }
        })
    }

    /// The last one before another.
    pub fn before(&self, capture: &Capture) -> Option<Arc<Capture>> {
        self.all.iter().rev().find(|earlier| earlier.time() < capture.time()).cloned()
    }
}

/// Removes what a capture left that was cut off: folders of rows that no manifest tells of.
///
/// Only for one who knows that no other capture is being written there.
///
/// # Errors
/// [`Kind::Output`] when the system refuses.
pub fn remove_leftovers(folder: &Path) -> Result<()> {
    let captures = Captures::list(folder)?;
    let fail = |error| Error::io(Kind::Output, format_args!("cannot write {}", folder.display()), error);
    for table in fs::read_dir(folder).into_iter().flatten() {
        let table = table.map_err(fail)?.path();
        for rows in fs::read_dir(&table).into_iter().flatten() {
            let rows = rows.map_err(fail)?.path();
            let name = rows.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let time = name.split_once('=').filter(|(column, _)| *column == CAPTURED_AT);
            let Some(time) = time.and_then(|(_, time)| unescaped(time)) else { continue };
            if !captures.all.iter().any(|capture| capture.time() == time) {
                fs::remove_dir_all(&rows).map_err(fail)?;
            }
        }
    }
    Ok(())
}
