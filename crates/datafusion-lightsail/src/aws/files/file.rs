//! One of the AWS configuration files: where it is, and what could not be read of it.

use std::path::{Path, PathBuf};

use crate::aws::ini::{self, Problem, Section};

/// One of the files.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) path: PathBuf,
    /// Why nothing of it could be read.
    pub(super) unreadable: Option<String>,
    /// What stands before its first section.
    pub(super) stray: Option<Problem>,
}

impl File {
    pub(super) fn read(path: &Path) -> (Self, Vec<Section>) {
        let file = |unreadable, stray| Self { path: path.to_owned(), unreadable, stray };
        // As for the AWS CLI, what is no file, or in a directory that is closed to us, is not there.
        if !path.is_file() {
            return (file(None, None), Vec::new());
        }
        match std::fs::read(path) {
            Ok(text) => {
                let (sections, stray) = ini::parse(&text);
                (file(None, stray), sections)
            }
            Err(error) => (file(Some(error.to_string()), None), Vec::new()),
        }
    }

    pub(super) fn at(&self, line: usize) -> String {
        format!("{}, line {line}", self.path.display())
    }
}

/// A path with `~` and `$VARIABLES` as botocore resolves them; a variable that there is not stays as it is.
pub(super) fn expand(path: &str) -> PathBuf {
    let mut expanded = String::new();
    let mut rest = path;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        expanded.push_str(before);
        let after = &after[1..];
        let (name, behind) = match after.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
            Some(found) => found,
            None => after.split_at(
                after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len()),
            ),
        };
        match std::env::var(name) {
            Ok(value) => expanded.push_str(&value),
            Err(_) => expanded.push_str(&rest[at..rest.len() - behind.len()]),
        }
        rest = behind;
    }
    expanded.push_str(rest);
    match (expanded.strip_prefix('~'), std::env::home_dir()) {
        (Some(""), Some(home)) => home,
        (Some(below), Some(home)) if below.starts_with(['/', '\\']) => home.join(&below[1..]),
        _ => expanded.into(),
    }
}
