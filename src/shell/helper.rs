//! What rustyline asks while a line is typed.

use std::borrow::Cow;

use datafusion::prelude::SessionContext;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::{Context, Helper, Hinter, Validator};

use super::complete::complete;
use super::highlight::highlight;

/// Completes and colours the line, in the light of the lines before it.
#[derive(Helper, Hinter, Validator)]
pub(super) struct LineHelper {
    context: SessionContext,
    /// The lines of the statement that were typed already, each with its end.
    pub(super) before: String,
}

impl LineHelper {
    pub(super) fn new(context: SessionContext) -> Self {
        Self { context, before: String::new() }
    }

    fn with_before<'l>(&self, line: &'l str) -> Cow<'l, str> {
        if self.before.is_empty() { line.into() } else { format!("{}{line}", self.before).into() }
    }
}

impl Completer for LineHelper {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = self.before.len();
        let (start, candidates) = complete(&self.context, &self.with_before(line), before + pos);
        // A name that began in an earlier line cannot be replaced from this one.
        Ok(start.checked_sub(before).map_or((pos, Vec::new()), |start| (start, candidates)))
    }
}

impl Highlighter for LineHelper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if self.before.is_empty() && line.trim_start().starts_with('\\') {
            return line.into();
        }
        highlight(&self.with_before(line), self.before.len()).into()
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}
