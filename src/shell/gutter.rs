//! The gutter of a statement of several lines, where `...>` stands.
//!
//! rustyline edits several lines in one buffer but shows a prompt before the first alone, and counts every other line from
//! the first column. So each line after the first begins with a tab, which is as wide as the prompt and which the
//! highlighter paints as `...>`. The tabs are only in the buffer: neither statements nor the history's file have them.

use std::borrow::Cow;
use std::path::Path;

use rustyline::history::{FileHistory, History, SearchDirection, SearchResult};
use rustyline::{Config, Result};

/// The end of a line and the gutter of the next.
pub(super) const BREAK: &str = "\n\t";

/// A text as the buffer has it.
pub(super) fn added(text: &str) -> String {
    text.replace('\n', BREAK)
}

/// A text as it was meant.
pub(super) fn removed(text: &str) -> String {
    text.replace(BREAK, "\n")
}

/// A history whose entries come into the buffer with a gutter.
pub(super) struct Gutter(FileHistory);

impl Gutter {
    /// What of it is kept is what the editor's configuration says.
    pub(super) fn new(config: &Config) -> Self {
        Self(FileHistory::with_config(config))
    }
}

fn with_gutter(found: Option<SearchResult<'_>>) -> Option<SearchResult<'_>> {
    found.map(|found| {
        let SearchResult { entry, idx, pos } = found;
        let pos = pos + entry[..pos].matches('\n').count();
        SearchResult { entry: Cow::Owned(added(&entry)), idx, pos }
    })
}

impl History for Gutter {
    fn get(&self, index: usize, direction: SearchDirection) -> Result<Option<SearchResult<'_>>> {
        self.0.get(index, direction).map(with_gutter)
    }

    fn add(&mut self, line: &str) -> Result<bool> {
        self.0.add(&removed(line))
    }

    fn add_owned(&mut self, line: String) -> Result<bool> {
        self.0.add_owned(removed(&line))
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn set_max_len(&mut self, len: usize) -> Result<()> {
        self.0.set_max_len(len)
    }

    fn ignore_dups(&mut self, yes: bool) -> Result<()> {
        self.0.ignore_dups(yes)
    }

    fn ignore_space(&mut self, yes: bool) {
        self.0.ignore_space(yes);
    }

    fn save(&mut self, path: &Path) -> Result<()> {
        self.0.save(path)
    }

    fn append(&mut self, path: &Path) -> Result<()> {
        self.0.append(path)
    }

    fn load(&mut self, path: &Path) -> Result<()> {
        self.0.load(path)
    }

    fn clear(&mut self) -> Result<()> {
        self.0.clear()
    }

    fn search(
        &self,
        term: &str,
        start: usize,
        direction: SearchDirection,
    ) -> Result<Option<SearchResult<'_>>> {
        self.0.search(&removed(term), start, direction).map(with_gutter)
    }

    fn starts_with(
        &self,
        term: &str,
        start: usize,
        direction: SearchDirection,
    ) -> Result<Option<SearchResult<'_>>> {
        self.0.starts_with(&removed(term), start, direction).map(with_gutter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_their_gutter_in_the_buffer_alone() {
        let mut history = Gutter::new(&Config::default());
        let typed = "SELECT '\ta'\n  FROM b;";
        assert_eq!(removed(&added(typed)), typed);
        history.add(&added(typed)).unwrap();
        let found = history.get(0, SearchDirection::Forward).unwrap().unwrap();
        assert_eq!(found.entry, "SELECT '\ta'\n\t  FROM b;");
        let found = history.search("FROM", 0, SearchDirection::Reverse).unwrap().unwrap();
        assert_eq!(&found.entry[found.pos..], "FROM b;");
        let found = history.starts_with("SELECT '\ta'\n\t", 0, SearchDirection::Reverse).unwrap().unwrap();
        assert_eq!(found.idx, 0);
    }
}
