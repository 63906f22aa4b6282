//! Batch runs: statements of `-c`, files and standard input, one after another; the first error stops the run.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::output::{Destination, Format, Options};
use crate::run::{format_of, partial, rfc3339, run, say};
use crate::script::{Parameters, Script};
use crate::session::Session;

/// Where the results of a batch go, and how.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// A file, a directory for one file a script, or standard output.
    pub path: Option<PathBuf>,
    /// The format; else the suffix of `path` says it, else it is a table.
    pub format: Option<Format>,
    /// How rows look.
    pub options: Options,
    /// A line on standard error after each statement: rows, time, API calls.
    pub timing: bool,
    /// No notes on standard error.
    pub quiet: bool,
}

impl Output {
    fn is_directory(&self) -> bool {
        let ends_with_slash = |path: &Path| path.as_os_str().as_encoded_bytes().ends_with(b"/");
        self.path.as_deref().is_some_and(|path| path.is_dir() || ends_with_slash(path))
    }

    /// The file of a script, if the results go to files.
    fn file(&self, script: &Script) -> Option<PathBuf> {
        let path = self.path.as_deref()?;
        if !self.is_directory() {
            return Some(path.to_owned());
        }
        let stem = match script.is_file {
            true => Path::new(&script.name).file_stem().unwrap_or_default().to_string_lossy(),
            false => "query".into(),
        };
        // Not `with_extension`: that would take the end of report.2024 for one.
        Some(path.join(format!("{stem}.{}", self.format?.extension())))
    }

    fn format(&self) -> Result<Format> {
        match (self.format, &self.path) {
            (Some(format), _) => Ok(format),
            (None, None) => Ok(Format::default()),
            (None, Some(path)) if !self.is_directory() => format_of(path),
            (None, Some(path)) => Err(Error::new(Kind::Usage, format!("{} is a directory", path.display()))
                .with_hint("say which format its files shall have, such as --format parquet")),
        }
    }

    /// Finds out before anything runs that two results would end in one file.
    fn check(&self, scripts: &[Script]) -> Result<()> {
        if self.format()? == Format::Parquet
            && self.path.is_none()
            && std::io::IsTerminal::is_terminal(&std::io::stdout())
        {
            return Err(Error::new(Kind::Usage, "Parquet is not for a terminal")
                .with_hint("write it to a file: -o x.parquet"));
        }
        let mut taken = HashSet::new();
        for script in scripts {
            let Some(file) = self.file(script) else { return Ok(()) };
            for statement in script.statements.iter().filter(|statement| statement.has_rows()) {
                if !taken.insert(file.clone()) {
                    return Err(Error::new(
                        Kind::Usage,
                        format!("{} would hold two results", file.display()),
                    )
                    .at(&statement.place)
                    .with_hint(
                        "one file takes one result: use -o DIR/ with one query a file, or COPY … TO",
                    ));
                }
            }
        }
        Ok(())
    }
}

/// A parameter that no statement has is a slip of the pen, and the statement would run with its default.
fn check_parameters(scripts: &[Script], parameters: &Parameters) -> Result<()> {
    let statements = || scripts.iter().flat_map(|script| &script.statements);
    let unused =
        parameters.keys().find(|name| !statements().any(|statement| statement.parameters.contains(*name)));
    let Some(name) = unused else { return Ok(()) };
    let used: BTreeSet<&String> = statements().flat_map(|statement| &statement.parameters).collect();
    let used: Vec<String> = used.into_iter().map(|name| format!("${name}")).collect();
    let hint =
        if used.is_empty() { "there are none".into() } else { format!("there are {}", used.join(", ")) };
    Err(Error::new(Kind::Usage, format!("no statement has a parameter ${name}")).with_hint(hint))
}

/// Runs scripts that were parsed to their last line.
///
/// # Errors
/// The first error. What earlier statements wrote stays; what the failed one was to replace stays as it was.
pub async fn run_all(
    session: &Session,
    scripts: &[Script],
    parameters: &Parameters,
    output: &Output,
) -> Result<()> {
    output.check(scripts)?;
    check_parameters(scripts, parameters)?;
    let format = output.format()?;
    if let (true, Some(directory)) = (output.is_directory(), &output.path) {
        std::fs::create_dir_all(directory).map_err(|error| {
            Error::io(Kind::Output, format_args!("cannot make {}", directory.display()), error)
        })?;
    }
    let values: Vec<Parameters> = scripts.iter().map(|script| script.values(parameters)).collect();
    let statements = || scripts.iter().flat_map(|script| &script.statements);
    if statements().filter(|statement| statement.may_read()).count() > 1 {
        session.hold_snapshot();
        let values =
            scripts.iter().zip(&values).flat_map(|(script, values)| vec![values; script.statements.len()]);
        let foreseen: Vec<_> = statements().map(|statement| &statement.ast).zip(values).collect();
        session.foresee(&foreseen).await;
    }
    let mut cut = None;
    let for_file = output.options.for_file();
    for (script, values) in scripts.iter().zip(&values) {
        if script.is_file
            && scripts.len() > 1
            && format == Format::Table
            && output.path.is_none()
            && !output.quiet
        {
            say(format_args!("{}:", script.name));
        }
        for statement in &script.statements {
            let file = output.file(script).filter(|_| statement.has_rows());
            let options = if file.is_some() { &for_file } else { &output.options };
            let out = file.map_or_else(|| Ok(Destination::stdout()), |file| Destination::create(&file))?;
            let outcome = run(session, statement, values, out, format, options).await?;
            outcome.tell(output.quiet, output.timing);
            if !outcome.missing.is_empty() {
                cut = cut.or(Some((outcome.missing.len(), outcome.targets)));
            }
        }
    }
    if let Some(taken_at) = session.held_since().filter(|_| !output.quiet) {
        say(format_args!("note: all rows are of one snapshot, taken from {} on", rfc3339(taken_at)));
    }
    match cut {
        Some((missing, all)) => Err(Error::new(Kind::Partial, partial(missing, all))),
        None => Ok(()),
    }
}
