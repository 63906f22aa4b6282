//! The candidates for a word.

use std::collections::HashSet;

use datafusion_lightsail::session::Policy;
use rustyline::completion::{FilenameCompleter, Pair};

use crate::shell::listing::cut;

/// The files that a path may become, and where it begins; none where a session reaches none.
pub(super) fn files(policy: Policy, typed: &str) -> (usize, Vec<Pair>) {
    match policy.allows_files() {
        true => FilenameCompleter::new().complete_path(typed, typed.len()).unwrap_or_default(),
        false => (typed.len(), Vec::new()),
    }
}

/// Candidates for a word, each once, in the order in which they are added.
pub(super) struct Offer<'a> {
    pub(super) word: &'a str,
    pub(super) found: Vec<Pair>,
    names: HashSet<String>,
}

impl<'a> Offer<'a> {
    pub(super) fn new(word: &'a str) -> Self {
        Self { word, found: Vec::new(), names: HashSet::new() }
    }

    /// Adds a name if the word may become it, with or without the quotes that the name needs.
    pub(super) fn add(&mut self, name: &str) {
        self.written(name, name);
    }

    /// Adds a name that the statement must write in another way, if the word may become it.
    pub(super) fn written(&mut self, name: &str, written: &str) {
        let bare = name.trim_start_matches(['"', '\'']);
        let begins = bare.get(..self.word.len()).is_some_and(|head| head.eq_ignore_ascii_case(self.word));
        // `status` and STATUS are one name, "status" is another.
        let key = if name.starts_with('"') { written.to_owned() } else { written.to_lowercase() };
        if begins && self.names.insert(key) {
            self.found.push(Pair { display: written.to_owned(), replacement: written.to_owned() });
        }
    }

    /// Adds a name that is listed with a text about it.
    pub(super) fn described(&mut self, name: &str, text: &str) {
        let before = self.found.len();
        self.add(name);
        if let Some(added) = self.found.get_mut(before) {
            added.display = fitted(text);
        }
    }

    pub(super) fn words(&mut self, words: &[&str]) {
        words.iter().for_each(|word| self.add(&self.in_its_case(word)));
    }

    /// A name that means the same in capitals, in the case that the word is typed in.
    pub(super) fn in_its_case(&self, name: &str) -> String {
        if self.word.chars().any(char::is_lowercase) {
            name.to_lowercase()
        } else if self.word.is_empty() {
            name.to_owned()
        } else {
            name.to_uppercase()
        }
    }
}

/// As much of a text as one line of the list shows.
fn fitted(text: &str) -> String {
    let columns = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
    cut(text, Some(columns.saturating_sub(3)))
}
