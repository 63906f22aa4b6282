//! Writing aside, and putting what is whole into its place: neither a reader, nor a run that is killed, nor a power cut
//! finds half of it there.
//!
//! # Power cuts
//!
//! A file system may bring what it was told to the disk in any order, and some time after the call has returned, until it is
//! told to sync. After a cut the disk may therefore have any of the calls that were not synced, and lack any other. So:
//!
//! 1. The bytes of a file are synced before its name changes. A rename that came to the disk before the bytes would
//!    leave an empty file under the name of the old one: the well-known zero-length file.
//! 2. Of a folder, all that is in it is synced before its name changes: files as in 1, then the entries of the folders within.
//! 3. The name changes by one `rename(2)` within one file system, which is atomic: what is there is the old or the new, and
//!    by 1 and 2 each of them is whole.
//! 4. Then the folder that holds the name is synced. Until that the old one may come back; from then on it cannot. Only after
//!    it is the write said to be done, the exit code 0 given, or anything written that relies on it: a capture's manifest
//!    after its tables. What is removed goes the other way round, the manifest first.
//!
//! `tests/conformance/power.sh` records the calls of runs and tries all of this with a cut after every one of them.
//!
//! On Windows, and where a file system cannot sync folders, 4 is left to it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::{NamedTempFile, TempDir};

use super::leftovers::{self, PREFIX};
use datafusion_lightsail::error::{Error, Kind, Result};

/// The files that are being written aside. A process that is told to exit at once runs no destructors: it takes them
/// away with [`remove_unfinished`].
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Removes what was written aside and is not whole. For the last moment of a process: it ends every
/// [`Destination`](super::Destination).
pub fn remove_unfinished() {
    for path in std::mem::take(&mut *UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)) {
        // Gone already, or not ours to remove any more: nothing is left to be done about it.
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
}

fn begun(path: &Path) {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
}

fn ended(path: &Path) {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
}

/// A hidden folder in which files are written until they are whole. Dropped, it is gone.
pub struct Staging {
    folder: TempDir,
    /// Whose lock claims it; `None` where a folder cannot be opened.
    _claimed: Option<File>,
}

impl Staging {
    /// A new one in a folder, from which what runs left that were killed is removed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn within(folder: &Path) -> Result<Self> {
        Self::made(folder).map_err(|error| {
            Error::io(Kind::Output, format_args!("cannot write {}", folder.display()), error)
        })
    }

    pub(super) fn made(parent: &Path) -> io::Result<Self> {
        leftovers::remove(parent);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let claimed = File::open(folder.path()).ok().inspect(leftovers::claim);
        begun(folder.path());
        Ok(Self { folder, _claimed: claimed })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it its name. An empty folder of that name is replaced; of one that has something in it the system says so.
    pub(super) fn put(self, target: &Path) -> io::Result<()> {
        let path = self.path().to_owned();
        let put = put_folder(&path, target).map(|()| drop(self.folder.keep()));
        ended(&path);
        put
    }
}

/// A new hidden file beside the target, on the same file system, so that it can take its place in one step.
pub(super) fn file(target: &Path) -> io::Result<NamedTempFile> {
    if target.to_string_lossy().ends_with(std::path::is_separator) {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let directory = parent(target);
    leftovers::remove(directory);
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let created = builder.tempfile_in(directory).map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => format!("there is no directory {}", directory.display()),
            kind => format!("cannot create a file in {}: {kind}", directory.display()),
        };
        io::Error::new(error.kind(), reason)
    });
    created.inspect(|file| {
        leftovers::claim(file.as_file());
        begun(file.path());
    })
}

/// Gives a file that was written aside its name. A full disk or quota may show only when it is synced.
pub(super) fn put_file(file: NamedTempFile, target: &Path) -> io::Result<()> {
    let path = file.path().to_owned();
    let put = file.as_file().sync_all().and_then(|()| Ok(file.persist(target).map(drop)?));
    ended(&path);
    put.and_then(|()| sync_entries(parent(target)))
}

/// Gives a folder, whose files are synced, its name.
///
/// # Errors
/// When the system refuses.
pub fn put_folder(path: &Path, target: &Path) -> io::Result<()> {
    sync_folders(path)?;
    fs::rename(path, target)?;
    sync_entries(parent(target))
}

/// Makes a folder and those above it that are missing; they stay whatever happens.
///
/// # Errors
/// When the system refuses.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = parent(path);
    make_folder(parent)?;
    match fs::create_dir(path) {
        // Another run was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    sync_entries(parent)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// Syncs the entries of a folder and of those within.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_entries(folder)
}

#[cfg(unix)]
fn sync_entries(folder: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    // A folder that may be written but not read, and file systems that sync no folders.
    synced.or_else(|error| match error.kind() {
        InvalidInput | PermissionDenied | Unsupported => Ok(()),
        _ => Err(error),
    })
}

#[cfg(not(unix))]
fn sync_entries(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_where_they_are_missing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b/c");
        make_folder(&path).unwrap();
        make_folder(&path).unwrap();
        assert!(path.is_dir());
        fs::write(directory.path().join("file"), "").unwrap();
        assert!(make_folder(&directory.path().join("file/x")).is_err());
    }
}
