//! What no healthy listing does: repeat a token, go on for ever, or go on without items.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// The most pages that one listing may have. At 20 items a page that is far beyond any account's quota.
const MAX_PAGES: usize = 10_000;

/// The most pages that are read of one log, of up to 1 MB each: a log that grows as fast as it is read has no last one.
const MAX_LOG_PAGES: usize = 1_000;

/// The most pages without a single item that may follow one another in a listing.
const MAX_EMPTY_PAGES: usize = 20;

/// The most pages without a single line that may follow one another in a log. A page is what the service has looked
/// through, and not what it has found: an hour without lines may take many.
const MAX_EMPTY_LOG_PAGES: usize = 200;

/// What follows a page.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::scan) enum Next {
    /// What the API says: the page of its token, or nothing.
    AsToken,
    /// Nothing that is read: the log may go on.
    Cut,
}

/// Watches over the tokens of one listing or log.
#[derive(Debug, Clone, Default)]
pub(in crate::scan) struct Guard {
    /// Hashes, for a long listing has many tokens: that two of 10,000 share one of 64 bits happens once in 10^11.
    tokens: HashSet<u64>,
    hasher: RandomState,
    is_log: bool,
    pages: usize,
    empty_pages: usize,
}

impl Guard {
    /// A guard of a log, whose bounds cut it short, where those of a listing are errors: lines are no list of what there
    /// is, and tokens that go on for ever are what the end of a log looks like.
    pub(in crate::scan) fn of_log(is_log: bool) -> Self {
        Self { is_log, ..Self::default() }
    }

    /// Takes note of the token that a listing begins with.
    pub(in crate::scan) fn begin(&mut self, token: &str) {
        self.tokens.insert(self.hasher.hash_one(token));
    }

    /// Checks a page and remembers its next token. A rejected page is not remembered: it may be fetched again.
    ///
    /// # Errors
    /// When a listing cannot be right.
    pub(in crate::scan) fn check(&mut self, items: usize, token: Option<&str>) -> Result<Next, String> {
        let pages = self.pages + 1;
        let empty_pages = if items == 0 { self.empty_pages + 1 } else { 0 };
        let hash = token.map(|token| self.hasher.hash_one(token));
        let (max_pages, max_empty_pages) = match self.is_log {
            true => (MAX_LOG_PAGES, MAX_EMPTY_LOG_PAGES),
            false => (MAX_PAGES, MAX_EMPTY_PAGES),
        };
        let wrong = match hash {
            Some(hash) if self.tokens.contains(&hash) => Some(format!(
                "page {pages} names a next token that was used before: the pages run in a circle"
            )),
            Some(_) if pages >= max_pages => Some(format!("there is no end after {max_pages} pages")),
            Some(_) if empty_pages > max_empty_pages => {
                Some(format!("{empty_pages} pages without a single item follow one another"))
            }
            _ => None,
        };
        match wrong {
            Some(wrong) if !self.is_log => return Err(wrong),
            _ => {}
        }
        self.tokens.extend(hash);
        (self.pages, self.empty_pages) = (pages, empty_pages);
        Ok(if wrong.is_some() { Next::Cut } else { Next::AsToken })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_seen_before_is_an_error_however_long_ago() {
        let mut guard = Guard::default();
        for token in ["a", "b", "c"] {
            assert_eq!(guard.check(20, Some(token)), Ok(Next::AsToken));
        }
        let message = guard.check(20, Some("a")).unwrap_err();
        assert!(message.starts_with("page 4 names a next token that was used before"), "{message}");
    }

    #[test]
    fn a_listing_that_begins_in_the_middle_does_not_come_back_there() {
        let mut guard = Guard::default();
        guard.begin("m");
        assert_eq!(guard.check(20, Some("n")), Ok(Next::AsToken));
        assert!(guard.check(20, Some("m")).is_err());
    }

    #[test]
    fn empty_pages_go_on_but_not_for_ever() {
        let mut guard = Guard::default();
        for page in 0..MAX_EMPTY_PAGES {
            assert_eq!(guard.check(0, Some(&page.to_string())), Ok(Next::AsToken));
        }
        assert!(guard.check(0, Some("one too many")).is_err());
        assert_eq!(
            Guard::default().check(0, None),
            Ok(Next::AsToken),
            "an empty last page is an end like any other"
        );
    }

    #[test]
    fn a_page_that_was_refused_may_be_asked_for_again() {
        let mut guard = Guard::default();
        for page in 0..MAX_EMPTY_PAGES {
            assert_eq!(guard.check(0, Some(&page.to_string())), Ok(Next::AsToken));
        }
        assert!(guard.check(0, Some("next")).is_err());
        assert_eq!(guard.check(20, Some("next")), Ok(Next::AsToken), "it has items by now");
    }

    #[test]
    fn the_page_cap_stops_an_endless_listing() {
        let mut guard = Guard::default();
        let end = (0..).find(|page: &usize| guard.check(1, Some(&page.to_string())).is_err());
        assert_eq!(end, Some(MAX_PAGES - 1));
    }

    #[test]
    fn a_log_is_cut_where_a_listing_is_wrong() {
        let mut guard = Guard::of_log(true);
        let cut = (0..).find(|page: &usize| guard.check(0, Some(&page.to_string())) == Ok(Next::Cut));
        assert_eq!(cut, Some(MAX_EMPTY_LOG_PAGES));
        let mut guard = Guard::of_log(true);
        let cut = (0..).find(|page: &usize| guard.check(1, Some(&page.to_string())) == Ok(Next::Cut));
        assert_eq!(cut, Some(MAX_LOG_PAGES - 1));
        let mut guard = Guard::of_log(true);
        assert_eq!(guard.check(1, Some("a")), Ok(Next::AsToken));
        assert_eq!(guard.check(0, Some("a")), Ok(Next::Cut));
    }
}
