//! What became of the scripts of a run, and what is said of it at the end.

use super::{Output, Ran};
use crate::run::partial;
use crate::say::say;
use crate::script::Script;
use datafusion_lightsail::error::{Error, Kind, Result};

/// How many names a line lists before it counts the rest.
const LISTED: usize = 5;

/// What became of the scripts of a run.
pub(super) struct Tally<'a> {
    pub(super) output: &'a Output,
    /// The names of the scripts, by what became of them.
    pub(super) written: Vec<&'a str>,
    pub(super) failed: Vec<&'a str>,
    pub(super) idle: Vec<&'a str>,
    pub(super) is_alone: bool,
    /// The targets that the first partial answer misses, and of how many.
    pub(super) cut: Option<(usize, usize)>,
    /// The scripts that have rows, and how many.
    pub(super) found: Vec<(&'a str, usize)>,
    pub(super) worst: Option<Error>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(all: usize, output: &'a Output) -> Self {
        let is_alone = all == 1;
        let [written, failed, idle] = [const { Vec::new() }; 3];
        Self { output, written, failed, idle, is_alone, cut: None, found: Vec::new(), worst: None }
    }

    /// Whether an error ended the run.
    pub(super) fn is_over(&self) -> bool {
        !self.output.keep_going && !self.failed.is_empty()
    }

    /// Takes note of what became of a script. Of several, each error is said at once.
    ///
    /// # Errors
    /// [`Kind::ClosedPipe`]: nobody reads the others either.
    pub(super) fn note(&mut self, script: &'a Script, outcome: Result<Ran>) -> Result<()> {
        match outcome {
            Ok(ran) => {
                if !script.statements.is_empty() {
                    self.written.push(&script.name);
                }
                self.cut = self.cut.or(ran.cut);
                if ran.rows > 0 {
                    self.found.push((&script.name, ran.rows));
                }
            }
            Err(error) if error.kind() == Kind::ClosedPipe => return Err(error),
            Err(error) => self.fail(&script.name, error),
        }
        Ok(())
    }

    pub(super) fn fail(&mut self, name: &'a str, error: Error) {
        self.failed.push(name);
        if !self.is_alone {
            say(format_args!("error: {error}"));
        }
        if self.worst.as_ref().is_none_or(|worst| error.kind().is_worse_than(worst.kind())) {
            self.worst = Some(error);
        }
    }

    pub(super) fn end(self) -> Result<()> {
        let line = self.line();
        let partial = self.cut.map(|(missing, all)| Error::new(Kind::Partial, partial(missing, all)));
        let found = self.found();
        match (self.worst, partial.or(found)) {
            (Some(error), _) if self.is_alone => Err(error),
            (Some(error), _) => Err(Error::new(error.kind(), line)),
            (None, less) => {
                if !self.is_alone && self.output.path.is_some() && !self.output.quiet {
                    say(line);
                }
                less.map_or(Ok(()), Err)
            }
        }
    }

    /// What a check says of the rows that it found: `check failed: 12 rows in a.sql, 1 row in b.sql`.
    fn found(&self) -> Option<Error> {
        if self.found.is_empty() || !self.output.fails_on_rows {
            return None;
        }
        let rows = |(name, rows): &(&str, usize)| {
            format!("{rows} row{} in {name}", if *rows == 1 { "" } else { "s" })
        };
        let named: Vec<String> = self.found.iter().take(LISTED).map(rows).collect();
        let more = match self.found.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and in {more} more"),
        };
        Some(Error::new(Kind::Found, format!("check failed: {}{more}", named.join(", "))))
    }

    /// `30 written, 1 failed (a.sql), 2 not run (b.sql, c.sql)`
    fn line(&self) -> String {
        let listed = |names: &[&str]| match names.len() {
            0 => String::new(),
            count if count > LISTED => {
                format!(" ({} and {} more)", names[..LISTED].join(", "), count - LISTED)
            }
            _ => format!(" ({})", names.join(", ")),
        };
        let Self { written, failed, idle, .. } = self;
        let verb = if self.output.path.is_some() { "written" } else { "run" };
        format!(
            "{} {verb}, {} failed{}, {} not run{}",
            written.len(),
            failed.len(),
            listed(failed),
            idle.len(),
            listed(idle)
        )
    }
}
