//! What a run that was killed left beside its targets: the next one that writes there removes it.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

/// What is written aside is called so, and something behind it.
pub(super) const PREFIX: &str = ".lightsail-sql-";

/// How old a leftover is at least: one that was made a moment ago may not be claimed yet.
const YOUNGEST: Duration = Duration::from_secs(60);

/// Claims what is written aside for as long as the file is open, however its run ends. Where there are no locks it stays
/// unclaimed, and nobody removes it.
pub(super) fn claim(aside: &File) {
    // Without one the file is written all the same.
    let _ = aside.try_lock();
}

/// Removes what is written aside in a directory and claimed by nobody. What cannot be removed stays.
pub(super) fn remove(directory: &Path) {
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        // The next run tries again.
        let _ = remove_unclaimed(&entry.path());
    }
}

fn remove_unclaimed(path: &Path) -> io::Result<()> {
    let metadata = path.symlink_metadata()?;
    let is_young = metadata.modified()?.elapsed().is_ok_and(|age| age < YOUNGEST);
    if is_young || metadata.is_symlink() || File::open(path)?.try_lock().is_err() {
        return Ok(());
    }
    if metadata.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn old_ones_go_that_nobody_claims() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(format!("{PREFIX}{name}"));
        let old = SystemTime::now() - 2 * YOUNGEST;
        let file = |name: &str| {
            let file = File::create(path(name)).unwrap();
            file.set_modified(old).unwrap();
            file
        };
        let (left, claimed) = (file("left"), file("claimed"));
        drop(left);
        claim(&claimed);
        File::create(path("young")).unwrap();
        fs::create_dir(path("folder")).unwrap();
        fs::write(path("folder").join("part"), "").unwrap();
        File::open(path("folder")).unwrap().set_modified(old).unwrap();
        fs::write(directory.path().join("other"), "").unwrap();
        File::open(directory.path().join("other")).unwrap().set_modified(old).unwrap();
        remove(directory.path());
        let is_there = |name: &str| path(name).exists();
        assert_eq!(
            [is_there("left"), is_there("claimed"), is_there("young"), is_there("folder")],
            [false, true, true, false]
        );
        assert!(directory.path().join("other").exists());
        drop(claimed);
        remove(directory.path());
        assert!(!is_there("claimed"));
    }
}
