//! The page loop: the pages of one operation at one target, one after another, and the guards that keep it honest.
//!
//! The Lightsail model has no paginators in the Rust SDK, and a client that reads only page one loses data in
//! silence; so does one that takes a repeated token, or a response without its list, for the end.

use std::collections::HashSet;
use std::sync::Arc;

use aws_sdk_lightsail::Client;

use crate::aws::{Clients, Target, fault};
use crate::catalog::operation::{Items, Operation, PageRequest, Parameters};
use crate::error::{Error, Result};

/// The most pages that one listing may have. At 20 items a page that is far beyond any account's quota.
const MAX_PAGES: usize = 10_000;

/// The most pages without a single item that may follow one another.
const MAX_EMPTY_PAGES: usize = 20;

/// Reads the pages of one operation at one target in order.
#[derive(Debug)]
pub struct Pages {
    clients: Arc<Clients>,
    client: Client,
    target: Target,
    operation: &'static Operation,
    request: PageRequest,
    guard: Guard,
    ended: bool,
}

impl Pages {
    /// The pages from the first on. Nothing is asked yet.
    ///
    /// # Errors
    /// When the target's profile has no credentials.
    pub async fn new(
        clients: Arc<Clients>,
        target: Target,
        operation: &'static Operation,
        parameters: Parameters,
    ) -> Result<Self> {
        let client = clients.client(&target).await?;
        let request = PageRequest { token: None, parameters };
        Ok(Self { clients, client, target, operation, request, guard: Guard::default(), ended: false })
    }

    /// The target that answers.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The next page's items, or none after the last.
    ///
    /// # Errors
    /// When the call fails, or the answer cannot be right.
    pub async fn next(&mut self) -> Result<Option<Items>> {
        if self.ended {
            return Ok(None);
        }
        self.clients.count_call();
        let page = (self.operation.page)(self.client.clone(), self.request.clone()).await;
        let page = page.map_err(|error| fault::from_sdk(self.operation.name, &self.target, error))?;
        let items = page.items.ok_or_else(|| self.malformed("the response has no list"))?;
        self.request.token = page.next_token.filter(|token| !token.is_empty());
        self.ended = self.request.token.is_none();
        self.guard.check(items.len(), self.request.token.as_deref()).map_err(|what| self.malformed(what))?;
        Ok(Some(items))
    }

    fn malformed(&self, what: impl Into<String>) -> Error {
        fault::malformed(self.operation.name, &self.target, what)
    }
}

/// What no healthy listing does.
#[derive(Debug, Default)]
struct Guard {
    tokens: HashSet<String>,
    pages: usize,
    empty_pages: usize,
}

impl Guard {
    /// Takes note of a page and of the token for the next.
    fn check(&mut self, items: usize, token: Option<&str>) -> Result<(), String> {
        self.pages += 1;
        self.empty_pages = if items == 0 { self.empty_pages + 1 } else { 0 };
        let Some(token) = token else { return Ok(()) };
        if !self.tokens.insert(token.to_owned()) {
            return Err(format!(
                "page {} names a next token that was used before: the pages run in a circle",
                self.pages
            ));
        }
        if self.pages >= MAX_PAGES {
            return Err(format!("there is no end after {MAX_PAGES} pages"));
        }
        if self.empty_pages > MAX_EMPTY_PAGES {
            return Err(format!("{} pages without a single item follow one another", self.empty_pages));
        }
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
    fn empty_pages_go_on_but_not_for_ever() {
        let mut guard = Guard::default();
        for page in 0..MAX_EMPTY_PAGES {
            assert_eq!(guard.check(0, Some(&page.to_string())), Ok(()));
        }
        assert!(guard.check(0, Some("one too many")).is_err());
        assert_eq!(Guard::default().check(0, None), Ok(()), "an empty last page is an end like any other");
    }

    #[test]
    fn the_page_cap_stops_an_endless_listing() {
        let mut guard = Guard::default();
        let end = (0..).find(|page: &usize| guard.check(1, Some(&page.to_string())).is_err());
        assert_eq!(end, Some(MAX_PAGES - 1));
    }
}
