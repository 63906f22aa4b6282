//! What rustyline asks while an entry is typed.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use datafusion::prelude::SessionContext;
use datafusion_lightsail::session::Policy;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context, Helper};

use super::command::{Text, is_command};
use super::complete::complete;
use super::gutter::{BREAK, removed};
use super::highlight::highlight;
use super::keys::Listing;

const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

/// What is said behind the first line of a statement that did not end with it.
const UNFINISHED: &str = "; ends a statement";

/// Completes, colours and hints.
#[derive(Helper)]
pub(super) struct LineHelper {
    context: SessionContext,
    policy: Policy,
    /// What stands in the gutter.
    more: String,
    listing: Listing,
    has_color: bool,
}

/// What is shown behind the cursor.
pub(super) struct Suggestion {
    shown: String,
    /// What the right arrow takes over; `None` if it is only said.
    taken: Option<String>,
}

impl Hint for Suggestion {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.as_deref()
    }
}

impl LineHelper {
    pub(super) fn new(context: SessionContext, policy: Policy) -> Self {
        let has_color = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { context, policy, more: String::new(), listing: Listing::default(), has_color }
    }

    pub(super) fn set_prompts(&mut self, more: &str) {
        more.clone_into(&mut self.more);
    }

    pub(super) fn listing(&self) -> Listing {
        Arc::clone(&self.listing)
    }
}

impl Completer for LineHelper {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        Ok(complete(&self.context, self.policy, line, pos))
    }
}

impl Hinter for LineHelper {
    type Hint = Suggestion;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<Suggestion> {
        if pos < line.len() || line.is_empty() {
            return None;
        }
        let typed = line.trim_end_matches('\t').trim_end();
        if line.ends_with(BREAK) && line.matches('\n').count() == 1 && !is_command(typed) {
            return Some(Suggestion { shown: UNFINISHED.to_owned(), taken: None });
        }
        let found = rustyline::hint::HistoryHinter::new().hint(line, pos, context)?;
        // Of a long entry the rest of its line, so that the screen does not jump with each key.
        let first = found.split('\n').next().unwrap_or_default();
        let shown = if first.len() < found.len() { format!("{first} …") } else { first.to_owned() };
        Some(Suggestion { shown, taken: Some(found) })
    }
}

impl Highlighter for LineHelper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        self.listing.store(false, Ordering::Relaxed);
        let is_plain = !self.has_color || is_command(line);
        let colored = if is_plain { line.to_owned() } else { highlight(line) };
        // As wide as the tab that stands there.
        let gutter = format!("\n{DIM}{}{RESET}", self.more);
        colored.replace(BREAK, &gutter).into()
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        format!("{DIM}{hint}{RESET}").into()
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        self.listing.store(true, Ordering::Relaxed);
        candidate.into()
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

impl Validator for LineHelper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        // A terminal that only reads lines has no continuation prompt of its own: the reader asks for the next line.
        Ok(match super::keys::is_edited() && !Text::is_complete(&removed(context.input())) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}
