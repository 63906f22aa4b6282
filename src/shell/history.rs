//! The file of what was typed.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use rustyline::history::{FileHistory, History, SearchDirection};

use crate::pattern::Pattern;
use datafusion_lightsail::error::{Error, Kind, Result};

/// The file of the history; `None` on a system that has no place for it.
pub(super) fn file() -> Option<PathBuf> {
    let state = dirs::state_dir().or_else(dirs::data_local_dir)?;
    Some(state.join("lightsail-sql").join("history"))
}

/// Makes the directory of a file, for nobody else's eyes. rustyline does the same for the file.
pub(super) fn create_directory(file: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    file.parent().map_or(Ok(()), |directory| builder.recursive(true).create(directory))
}

/// What was typed, the newest last: all of it, or what has a text in it.
///
/// # Errors
/// [`Kind::Usage`] when the history cannot be read.
pub(super) fn matching(pattern: Option<&str>) -> Result<String> {
    let Some(path) = file().filter(|path| path.exists()) else { return Ok(String::new()) };
    let unreadable =
        |error| Error::new(Kind::Usage, format!("the history cannot be read in {}: {error}", path.display()));
    let mut history = FileHistory::new();
    history.load(&path).map_err(unreadable)?;
    let wanted = pattern.map(|pattern| Pattern::new(&format!("*{pattern}*")));
    let mut entries = Vec::with_capacity(history.len());
    for index in 0..history.len() {
        let Some(found) = history.get(index, SearchDirection::Forward).map_err(unreadable)? else { continue };
        if wanted.as_ref().is_none_or(|wanted| wanted.matches(&found.entry)) {
            entries.push(found.entry.into_owned());
        }
    }
    Ok(entries.join("\n"))
}
