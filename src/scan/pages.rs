//! The page log: the pages of one listing or look-up at one target, fetched when first wanted, once, for many readers.
//!
//! Paging, sharing and LIMIT are all this one thing. A reader asks for page number *n*; if the log does not have it
//! yet, the reader that comes first fetches it while the others wait. A log that a LIMIT left in the middle goes on
//! from there when somebody wants more.
//!
//! The Lightsail model has no paginators in the Rust SDK, and a client that reads only page one loses data in
//! silence; so does one that takes a repeated token, or a response without its list, for the end.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::aws::{Clients, Target, fault};
use crate::catalog::operation::{Items, Needs, Operation, PageRequest, Parameters};
use crate::error::{Error, Result};

/// The most pages that one listing may have. At 20 items a page that is far beyond any account's quota.
const MAX_PAGES: usize = 10_000;

/// The most pages without a single item that may follow one another.
const MAX_EMPTY_PAGES: usize = 20;

/// What a page log holds the pages of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// Who is asked.
    pub target: Target,
    /// What is asked.
    pub operation: &'static Operation,
    /// What the columns of the query ask for.
    pub needs: Needs,
    /// The name of the one item to look up; none to list all.
    pub name: Option<String>,
}

impl Request {
    /// The operation that is sent: the listing, or its look-up.
    pub fn operation_name(&self) -> &'static str {
        match (&self.name, &self.operation.lookup) {
            (Some(_), Some(lookup)) => lookup.name,
            _ => self.operation.name,
        }
    }
}

/// The pages of one request, in order, as far as they are known.
pub struct PageLog {
    request: Request,
    clients: Arc<Clients>,
    pages: Mutex<Vec<Slot>>,
    /// What follows the last known page. Locked while it is fetched; [`PageLog::pages`] never is.
    tail: tokio::sync::Mutex<Tail>,
    /// How often each page will be read; none if nobody knows, and pages are kept.
    readers: Option<usize>,
    budget: Arc<Budget>,
}

/// How many items the logs of a snapshot may hold together. Beyond it pages are handed on and not kept; who comes later
/// has them fetched again.
#[derive(Debug)]
pub struct Budget {
    left: AtomicUsize,
}

impl Budget {
    /// A budget of so many items.
    pub fn new(items: usize) -> Self {
        Self { left: AtomicUsize::new(items) }
    }

    fn take(&self, items: usize) -> bool {
        let take = |left: usize| left.checked_sub(items);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    fn give_back(&self, items: usize) {
        self.left.fetch_add(items, Ordering::Relaxed);
    }
}

/// A page that was fetched.
struct Slot {
    /// The token that it was asked for with, to ask again should it be wanted after it was given up.
    token: Option<String>,
    /// None once it was given up.
    items: Option<Arc<Items>>,
    /// Where the page after it begins; none if there is none.
    next: Option<String>,
    reads: usize,
}

#[derive(Default)]
struct Tail {
    next: Next,
    guard: Guard,
}

#[derive(Default)]
enum Next {
    #[default]
    First,
    Token(String),
    End,
    /// What one reader was told, all are: half of a join must not see what the other half missed.
    Failed(Error),
}

/// A page, and whether this reader was the one that fetched it.
#[derive(Debug)]
pub struct Read {
    /// What is on the page.
    pub items: Arc<Items>,
    /// Where the page after it begins, in the API's words; none if it is the last.
    pub next: Option<String>,
    /// Whether reading it took a call.
    pub was_fetched: bool,
}

impl PageLog {
    /// An empty log. With `readers`, a page is given up when it was read that often.
    pub fn new(request: Request, clients: Arc<Clients>, readers: Option<usize>, budget: Arc<Budget>) -> Self {
        Self {
            request,
            clients,
            pages: Mutex::default(),
            tail: tokio::sync::Mutex::default(),
            readers,
            budget,
        }
    }

    /// What it holds the pages of.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Page number `index`, or none if the log ends before.
    ///
    /// # Errors
    /// When the call fails, or the answer cannot be right; then for every reader.
    pub async fn page(&self, index: usize) -> Result<Option<Read>> {
        if let Some(read) = self.known(index) {
            return Ok(Some(read));
        }
        let mut tail = self.tail.lock().await;
        // Another reader may have fetched it while this one waited.
        if let Some(read) = self.known(index) {
            return Ok(Some(read));
        }
        let given_up = self.pages().get(index).map(|slot| slot.token.clone());
        let token = match (given_up, &tail.next) {
            (Some(token), _) => {
                let (items, next) = self.fetch(index, token).await?;
                return Ok(Some(Read { items: Arc::new(items), next, was_fetched: true }));
            }
            (None, Next::First) => None,
            (None, Next::Token(token)) => Some(token.clone()),
            (None, Next::End) => return Ok(None),
            (None, Next::Failed(error)) => return Err(error.retold()),
        };
        let fetched = match self.fetch(index, token.clone()).await {
            Ok((items, next)) => tail
                .guard
                .check(items.len(), next.as_deref())
                .map(|()| (items, next))
                .map_err(|what| self.malformed(what)),
            Err(error) => Err(error),
        };
        match fetched {
            Ok((items, next)) => {
                tail.next = next.clone().map_or(Next::End, Next::Token);
                let items = Arc::new(items);
                self.pages().push(Slot {
                    token,
                    items: self.budget.take(items.len()).then(|| Arc::clone(&items)),
                    next: next.clone(),
                    reads: 0,
                });
                Ok(Some(Read { items, next, was_fetched: true }))
            }
            Err(error) => {
                tail.next = Next::Failed(error.retold());
                Err(error)
            }
        }
    }

    /// Says that a reader is done with a page.
    pub fn release(&self, index: usize) {
        let Some(readers) = self.readers else { return };
        if let Some(slot) = self.pages().get_mut(index) {
            slot.reads += 1;
            if slot.reads >= readers
                && let Some(items) = slot.items.take()
            {
                self.budget.give_back(items.len());
            }
        }
    }

    /// Whether every page is here.
    pub fn has_all(&self) -> bool {
        let pages = self.pages();
        pages.last().is_some_and(|last| last.next.is_none()) && pages.iter().all(|slot| slot.items.is_some())
    }

    fn known(&self, index: usize) -> Option<Read> {
        let pages = self.pages();
        let slot = pages.get(index)?;
        Some(Read { items: slot.items.clone()?, next: slot.next.clone(), was_fetched: false })
    }

    fn pages(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call: the items and the token of the next page.
    async fn fetch(&self, index: usize, token: Option<String>) -> Result<(Items, Option<String>)> {
        let Request { target, operation, needs, name } = &self.request;
        let send = |client| match (name, &operation.lookup) {
            (Some(name), Some(lookup)) => {
                let parameters = Arc::new(Parameters::default().with_text(lookup.member, name));
                (lookup.get)(client, PageRequest { token: None, needs: *needs, parameters })
            }
            _ => (operation.page)(client, PageRequest { token, needs: *needs, ..PageRequest::default() }),
        };
        let page = match self.clients.call(self.request.operation_name(), target, index + 1, send).await {
            // Nothing has that name: an answer, not a failure.
            Err(error) if name.is_some() && error.code() == Some("NotFoundException") => {
                return Ok((Items::none(), None));
            }
            page => page?,
        };
        let items = page.items.ok_or_else(|| self.malformed("the response has no list"))?;
        Ok((items, page.next_token.filter(|token| !token.is_empty())))
    }

    fn malformed(&self, what: impl Into<String>) -> Error {
        fault::malformed(self.request.operation_name(), &self.request.target, what)
    }
}

impl fmt::Debug for PageLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at {}: {} pages",
            self.request.operation_name(),
            self.request.target,
            self.pages().len()
        )
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
