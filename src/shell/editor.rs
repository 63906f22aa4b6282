//! Other programs on the terminal: the editor of `\e`, and the commands of `\!`.

use std::io::Write;
use std::process::{Command, ExitStatus};

use super::echo::Loud;
use datafusion_lightsail::error::{Error, Kind, Result};

/// The editor of a system where nobody says which.
const EDITOR: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// Opens a text in `$VISUAL`, `$EDITOR` or vi, and gives what it was saved as.
///
/// # Errors
/// [`Kind::Usage`] when the editor cannot be started or says that it failed.
pub(super) fn edit(text: &str) -> Result<String> {
    let named = |variable| std::env::var(variable).ok().filter(|value: &String| !value.trim().is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| EDITOR.to_owned());
    let failed = |error| Error::io(Kind::Usage, format_args!("cannot edit in {editor}"), error);
    let mut file =
        tempfile::Builder::new().prefix("lightsail-sql-").suffix(".sql").tempfile().map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    if !text.is_empty() && !text.ends_with('\n') {
        file.write_all(b"\n").map_err(failed)?;
    }
    file.flush().map_err(failed)?;
    // It may have arguments, such as `code --wait`.
    let line = format!("{editor} \"$1\"");
    let _loud = Loud::begin();
    let status = match cfg!(windows) {
        true => Command::new(&editor).arg(file.path()).status(),
        false => Command::new("/bin/sh").args(["-c", &line, "edit"]).arg(file.path()).status(),
    };
    let status = status.map_err(failed)?;
    if !status.success() {
        return Err(Error::new(Kind::Usage, format!("{editor} ended with {}", code(status)))
            .with_hint("$VISUAL or $EDITOR names another"));
    }
    let text = std::fs::read_to_string(file.path()).map_err(failed)?;
    Ok(text.trim().to_owned())
}

/// Runs a command of the system's shell on the terminal.
///
/// # Errors
/// [`Kind::Usage`] when it cannot be started or says that it failed.
pub(super) fn system(line: &str) -> Result<()> {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let _loud = Loud::begin();
    let status = Command::new(shell)
        .args([option, line])
        .status()
        .map_err(|error| Error::io(Kind::Usage, format_args!("cannot run {line}"), error))?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::new(Kind::Usage, format!("{line} ended with {}", code(status)))),
    }
}

fn code(status: ExitStatus) -> String {
    status.code().map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"))
}
