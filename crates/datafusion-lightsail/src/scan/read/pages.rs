//! The page log: the pages of one listing or look-up at one target, fetched when first wanted, once, for many readers.
//!
//! Paging, sharing, LIMIT and caching are all this one thing. A reader asks for page number *n*; if the log does not
//! have it yet, the reader that comes first fetches it while the others wait. A log that a LIMIT left in the middle
//! goes on from there when somebody wants more.
//!
//! The Lightsail model has no paginators in the Rust SDK, and a client that reads only page one loses data in
//! silence; so does one that takes a repeated token, or a response without its list, for the end.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::aws::calls::{Caller, Cost};
use crate::aws::{Clients, fault};
use crate::catalog::operation::{Items, PageRequest};
use crate::error::{Error, Result};
use crate::scan::moment::Moment;
use crate::scan::plan::requests::Request;
use crate::scan::read::guard::{self, Guard};

/// What a decoded page takes in memory for two bytes of its JSON text: measured on 50,000 instances of GetInstances.
const DECODED: usize = 5;

/// What to do about pages that come to no end.
const NO_LISTING: &str = "ask again; if the pages still come to no end, leave the region out (--region), or read the \
                          rows that there are with LIMIT";

/// The pages of one request, in order, as far as they are known.
pub struct PageLog {
    request: Request,
    clients: Arc<Clients>,
    begun_at: Moment,
    pages: Mutex<Pages>,
    /// What follows the last known page. Locked while it is fetched; [`PageLog::pages`] never is.
    tail: tokio::sync::Mutex<Tail>,
    /// How often each page will be read; `None` if that is not known, and pages are kept.
    readers: Option<usize>,
    budget: Arc<Budget>,
}

/// How many bytes the logs of a snapshot may hold together. Beyond it pages are handed on and not kept; who comes later
/// has them fetched again.
#[derive(Debug)]
pub struct Budget {
    left: AtomicUsize,
}

impl Budget {
    /// A budget of so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self { left: AtomicUsize::new(bytes) }
    }

    fn take(&self, bytes: usize) -> bool {
        let take = |left: usize| left.checked_sub(bytes);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// The pages that may be wanted again.
#[derive(Default)]
struct Pages {
    /// How many before them are forgotten: every reader is done with them.
    forgotten: usize,
    slots: VecDeque<Slot>,
    /// Where fetching failed; `None` as long as it has not.
    failed_at: Option<Break>,
}

/// Where a log was broken off: what [`PageLog::continued`] goes on with.
enum Break {
    /// At the page with this token, which could not be had.
    At(Option<Arc<str>>, Guard),
    /// At a page that cannot be right, and who knows which of those before it can.
    Nowhere,
}

impl Pages {
    /// How many were fetched.
    fn end(&self) -> usize {
        self.forgotten + self.slots.len()
    }

    fn get(&self, index: usize) -> Option<&Slot> {
        self.slots.get(index.checked_sub(self.forgotten)?)
    }

    fn get_mut(&mut self, index: usize) -> Option<&mut Slot> {
        self.slots.get_mut(index.checked_sub(self.forgotten)?)
    }
}

/// A page that was fetched.
struct Slot {
    /// The token that it was asked for with, to ask again should it be wanted after it was given up.
    token: Option<Arc<str>>,
    /// `None` once it was given up.
    items: Option<Arc<Items>>,
    /// What it counts for in the budget.
    bytes: usize,
    /// Where the page after it begins; `None` if it is the last.
    next: Option<Arc<str>>,
    is_cut: bool,
    reads: usize,
}

struct Tail {
    next: Next,
    guard: Guard,
}

enum Next {
    First,
    Token(Arc<str>),
    End,
    /// What one reader was told, all are: half of a join must not see what the other half missed.
    Failed(Error),
}

/// A page, and what it took to read it.
#[derive(Debug)]
pub struct Read {
    /// What is on the page.
    pub items: Arc<Items>,
    /// The API's token that it is asked for with; `None` for the first.
    pub token: Option<Arc<str>>,
    /// Where the page after it begins, in the API's words; `None` if it is the last.
    pub next: Option<Arc<str>>,
    /// Whether it is the last of a log that may go on.
    pub is_cut: bool,
    /// What this reader's call for it cost; `None` if it was here.
    pub cost: Option<Cost>,
    /// Whether it had been here before and was given up.
    pub was_given_up: bool,
}

impl PageLog {
    /// An empty log. With `readers`, a page is given up when it was read that often.
    pub fn new(request: Request, clients: Arc<Clients>, readers: Option<usize>, budget: Arc<Budget>) -> Self {
        let is_log = request.operation.is_log;
        Self {
            request,
            clients,
            begun_at: Moment::now(),
            pages: Mutex::default(),
            tail: tokio::sync::Mutex::new(Tail { next: Next::First, guard: Guard::of_log(is_log) }),
            readers,
            budget,
        }
    }

    /// What it holds the pages of.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Whether it answers a request of its kind: it has what that one needs.
    pub(in crate::scan) fn serves(&self, request: &Request) -> bool {
        self.request.needs.contains(request.needs)
    }

    /// When it was begun: what it says is as of then, or later.
    pub fn begun_at(&self) -> Moment {
        self.begun_at
    }

    /// Reads page number `index`; `None` if the log ends before it. If it takes a call, that is the `caller`'s.
    ///
    /// # Errors
    /// When the call fails, or the answer cannot be right; then for every reader.
    pub async fn page(&self, caller: &Caller, index: usize) -> Result<Option<Read>> {
        if let Some(read) = self.known(index) {
            return Ok(Some(read));
        }
        let mut tail = self.tail.lock().await;
        // Another reader may have fetched it while this one waited.
        if let Some(read) = self.known(index) {
            return Ok(Some(read));
        }
        let given_up = self.pages().get(index).map(|slot| slot.token.clone());
        let is_open = matches!(tail.next, Next::First | Next::Token(_));
        if given_up.is_none() && is_open && index != self.pages().end() {
            return Err(Error::bug(format_args!("page {index} is not the next one")));
        }
        let token = match (given_up, &tail.next) {
            (Some(token), _) => {
                let (items, next, cost) = self.fetch(caller, index, token.clone()).await?;
                let (items, is_cut) =
                    (Arc::new(items), self.pages().get(index).is_some_and(|slot| slot.is_cut));
                let next = next.filter(|_| !is_cut);
                return Ok(Some(Read { items, token, next, is_cut, cost: Some(cost), was_given_up: true }));
            }
            (None, Next::First) => self.request.from.clone(),
            (None, Next::Token(token)) => Some(Arc::clone(token)),
            (None, Next::End) => return Ok(None),
            (None, Next::Failed(error)) => return Err(error.retold()),
        };
        if let (Next::First, Some(token)) = (&tail.next, &token) {
            tail.guard.begin(token);
        }
        let checked = |(items, next, cost): (Items, Option<Arc<str>>, Cost), guard: &mut Guard| {
            let is_cut = match guard.check(items.len(), next.as_deref()) {
                Ok(follows) => follows == guard::Next::Cut,
                Err(what) => return Err(self.malformed(&cost, what).with_hint(NO_LISTING)),
            };
            Ok((items, next.filter(|_| !is_cut), is_cut, cost))
        };
        let (answer, is_wrong) = match self.fetch(caller, index, token.clone()).await {
            Ok(fetched) => (checked(fetched, &mut tail.guard), true),
            Err(error) => (Err(error), false),
        };
        match answer {
            Ok((items, next, is_cut, cost)) => {
                tail.next = next.clone().map_or(Next::End, Next::Token);
                let items = Arc::new(items);
                let bytes = usize::try_from(cost.bytes).unwrap_or(usize::MAX).saturating_mul(DECODED) / 2;
                self.pages().slots.push_back(Slot {
                    token: token.clone(),
                    items: self.budget.take(bytes).then(|| Arc::clone(&items)),
                    bytes,
                    next: next.clone(),
                    is_cut,
                    reads: 0,
                });
                Ok(Some(Read { items, token, next, is_cut, cost: Some(cost), was_given_up: false }))
            }
            Err(error) => {
                tail.next = Next::Failed(error.retold());
                self.pages().failed_at = Some(match is_wrong {
                    true => Break::Nowhere,
                    false => Break::At(token, tail.guard.clone()),
                });
                Err(error)
            }
        }
    }

    /// Says that a reader is done with a page. True if all of them are by now, with all pages.
    pub fn release(&self, index: usize) -> bool {
        let Some(readers) = self.readers else { return false };
        let mut pages = self.pages();
        if let Some(slot) = pages.get_mut(index) {
            slot.reads += 1;
            if slot.reads >= readers && slot.items.take().is_some() {
                self.budget.give_back(slot.bytes);
            }
        }
        while pages.slots.front().is_some_and(|slot| slot.reads >= readers && slot.next.is_some()) {
            pages.slots.pop_front();
            pages.forgotten += 1;
        }
        pages.slots.front().is_some_and(|slot| slot.reads >= readers && slot.next.is_none())
    }

    /// Whether every page is here.
    pub fn has_all(&self) -> bool {
        let pages = self.pages();
        let is_at_end = pages.slots.back().is_some_and(|last| last.next.is_none());
        is_at_end && pages.forgotten == 0 && pages.slots.iter().all(|slot| slot.items.is_some())
    }

    /// Whether somebody who begins now finds its first pages, or can have them fetched again.
    pub(in crate::scan) fn is_whole(&self) -> bool {
        self.pages().forgotten == 0
    }

    /// Begins a new log where this one failed, with the pages before; `None` if it has not failed. If its pages cannot be
    /// right, it begins at the start: those before a circle may be there twice.
    ///
    /// This one stays as it is: its readers were told of the failure, and all of them must be.
    pub(in crate::scan) fn continued(&self) -> Option<Self> {
        let pages = self.pages();
        let (token, guard) = match pages.failed_at.as_ref()? {
            Break::At(token, guard) => (token, guard),
            Break::Nowhere => {
                let (request, clients) = (self.request.clone(), Arc::clone(&self.clients));
                return Some(Self::new(request, clients, self.readers, Arc::clone(&self.budget)));
            }
        };
        let next = match token {
            Some(token) if pages.end() > 0 => Next::Token(Arc::clone(token)),
            _ => Next::First,
        };
        let slot = |slot: &Slot| Slot {
            token: slot.token.clone(),
            items: slot.items.as_ref().filter(|_| self.budget.take(slot.bytes)).cloned(),
            bytes: slot.bytes,
            next: slot.next.clone(),
            is_cut: slot.is_cut,
            reads: 0,
        };
        let slots = pages.slots.iter().map(slot).collect();
        Some(Self {
            request: self.request.clone(),
            clients: Arc::clone(&self.clients),
            begun_at: self.begun_at,
            pages: Mutex::new(Pages { forgotten: pages.forgotten, slots, failed_at: None }),
            tail: tokio::sync::Mutex::new(Tail { next, guard: guard.clone() }),
            readers: self.readers,
            budget: Arc::clone(&self.budget),
        })
    }

    fn known(&self, index: usize) -> Option<Read> {
        let pages = self.pages();
        let slot = pages.get(index)?;
        Some(Read {
            items: slot.items.clone()?,
            token: slot.token.clone(),
            next: slot.next.clone(),
            is_cut: slot.is_cut,
            cost: None,
            was_given_up: false,
        })
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call: the items, the token of the next page, and the cost.
    async fn fetch(
        &self,
        caller: &Caller,
        index: usize,
        token: Option<Arc<str>>,
    ) -> Result<(Items, Option<Arc<str>>, Cost)> {
        let Request { target, operation, needs, parameters, is_lookup, from } = &self.request;
        let is_resumed = token.is_some() && token == *from;
        let token = token.map(|token| token.to_string());
        let request = PageRequest { token, needs: *needs, parameters: Arc::clone(parameters) };
        let send = |client| match &operation.lookup {
            Some(lookup) if *is_lookup => (lookup.get)(client, request.clone()),
            _ => (operation.page)(client, request.clone()),
        };
        let (page, cost) =
            match self.clients.call(caller, self.request.operation_name(), target, index + 1, send).await {
                // Nothing has that name: an answer, not a failure.
                Err(error) if !parameters.is_empty() && error.code() == Some("NotFoundException") => {
                    return Ok((Items::none(), None, Cost::default()));
                }
                Err(error) if is_resumed && error.code() == Some("InvalidInputException") => {
                    return Err(error.with_hint("the starting token is outdated: begin anew, without one"));
                }
                answer => answer?,
            };
        let missing = if *is_lookup { "the response has no item" } else { "the response has no list" };
        let items =
            page.items.ok_or_else(|| self.malformed(&cost, missing).with_hint(fault::NOT_LIGHTSAIL))?;
        Ok((items, page.next_token.filter(|token| !token.is_empty()).map(Into::into), cost))
    }

    fn malformed(&self, cost: &Cost, what: impl Into<String>) -> Error {
        fault::malformed(self.request.operation_name(), &self.request.target, Some(cost), what)
    }
}

impl Drop for PageLog {
    fn drop(&mut self) {
        let held: usize =
            self.pages().slots.iter().filter(|slot| slot.items.is_some()).map(|slot| slot.bytes).sum();
        self.budget.give_back(held);
    }
}

impl fmt::Debug for PageLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.pages().end();
        write!(f, "{} at {}: {count} pages", self.request.operation_name(), self.request.target)
    }
}
