//! What no healthy listing does: repeat a token, go on for ever, or go on without items.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// The most pages that one listing may have. At 20 items a page that is far beyond any account's quota.
const MAX_PAGES: usize = 10_000;

/// The most pages without a single item that may follow one another.
const MAX_EMPTY_PAGES: usize = 20;

/// Watches over the tokens of one listing.
#[derive(Debug, Default)]
pub(super) struct Guard {
    /// Hashes, for a long listing has many tokens: that two of 10,000 share one of 64 bits happens once in 10^11.
    tokens: HashSet<u64>,
    hasher: RandomState,
    pages: usize,
    empty_pages: usize,
}

impl Guard {
    /// Takes note of the token that a listing begins with.
    pub(super) fn begin(&mut self, token: &str) {
        self.tokens.insert(self.hasher.hash_one(token));
    }

    /// Takes note of a page and of the token for the next; of a page that cannot be right it takes none, for it may be
    /// asked for again.
    pub(super) fn check(&mut self, items: usize, token: Option<&str>) -> Result<(), String> {
        let pages = self.pages + 1;
        let empty_pages = if items == 0 { self.empty_pages + 1 } else { 0 };
        if let Some(token) = token {
            let token = self.hasher.hash_one(token);
            if self.tokens.contains(&token) {
                return Err(format!(
                    "page {pages} names a next token that was used before: the pages run in a circle"
                ));
            }
            if pages >= MAX_PAGES {
                return Err(format!("there is no end after {MAX_PAGES} pages"));
            }
            if empty_pages > MAX_EMPTY_PAGES {
                return Err(format!("{empty_pages} pages without a single item follow one another"));
            }
            self.tokens.insert(token);
        }
        (self.pages, self.empty_pages) = (pages, empty_pages);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_seen_before_is_an_error_however_long_ago() {
        let mut guard = Guard::default();
        for token in ["a", "b", "c"] {
            assert_eq!(guard.check(20, Some(token)), Ok(()));
        }
        let message = guard.check(20, Some("a")).unwrap_err();
        assert!(message.starts_with("page 4 names a next token that was used before"), "{message}");
    }

    #[test]
    fn a_listing_that_begins_in_the_middle_does_not_come_back_there() {
        let mut guard = Guard::default();
        guard.begin("m");
        assert_eq!(guard.check(20, Some("n")), Ok(()));
        assert!(guard.check(20, Some("m")).is_err());
    }

    #[test]
    fn empty_pages_go_on_but_not_for_ever() {
        let mut guard = Guard::default();
        for page in 0..MAX_EMPTY_PAGES {
            assert_eq!(guard.check(0, Some(&page.to_string())), Ok(()));
        }
        assert!(guard.check(0, Some("one too many")).is_err());
        assert_eq!(Guard::default().check(0, None), Ok(()), "an empty last page is an end like any other");
    }

    #[test]
    fn a_page_that_was_refused_may_be_asked_for_again() {
        let mut guard = Guard::default();
        for page in 0..MAX_EMPTY_PAGES {
            assert_eq!(guard.check(0, Some(&page.to_string())), Ok(()));
        }
        assert!(guard.check(0, Some("next")).is_err());
        assert_eq!(guard.check(20, Some("next")), Ok(()), "it has items by now");
    }

    #[test]
    fn the_page_cap_stops_an_endless_listing() {
        let mut guard = Guard::default();
        let end = (0..).find(|page: &usize| guard.check(1, Some(&page.to_string())).is_err());
        assert_eq!(end, Some(MAX_PAGES - 1));
    }
}
