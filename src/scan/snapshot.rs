//! A snapshot: the page logs of one run. Whoever reads from it sees the fleet as it was when it was first asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::pages::{Budget, PageLog, Request};
use crate::aws::Clients;

/// The most items that a snapshot holds: at about 6 KB each (measured on the demo fleet), some 250 MB.
const MAX_ITEMS: usize = 42_000;

/// The page logs that the scans of a query, or of several, share.
#[derive(Debug)]
pub struct Snapshot {
    clients: Arc<Clients>,
    logs: Mutex<HashMap<Request, Arc<PageLog>>>,
    taken_at: SystemTime,
    budget: Arc<Budget>,
    /// How many scans read each operation; none if later queries may come, and pages are kept for them.
    readers: Option<HashMap<&'static str, usize>>,
}

impl Snapshot {
    /// A snapshot for any number of queries.
    pub fn lasting(clients: Arc<Clients>) -> Self {
        Self {
            clients,
            logs: Mutex::default(),
            taken_at: SystemTime::now(),
            budget: Arc::new(Budget::new(MAX_ITEMS)),
            readers: None,
        }
    }

    /// A snapshot for one query, of which so many scans read each operation: pages are given up when all have.
    pub fn of_one_query(clients: Arc<Clients>, readers: HashMap<&'static str, usize>) -> Self {
        Self { readers: Some(readers), ..Self::lasting(clients) }
    }

    /// When it was begun.
    pub fn taken_at(&self) -> SystemTime {
        self.taken_at
    }

    /// The log of a request; the same for all who ask.
    ///
    /// A log with health checks serves those who do not need them as well.
    pub fn log(&self, request: Request) -> Arc<PageLog> {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let richer =
            Request { needs: request.needs.union(crate::catalog::operation::Needs::ALL), ..request.clone() };
        if let Some(log) = logs.get(&richer) {
            return Arc::clone(log);
        }
        let readers =
            self.readers.as_ref().map(|readers| readers.get(request.operation.name).copied().unwrap_or(1));
        let log = || {
            Arc::new(PageLog::new(
                request.clone(),
                Arc::clone(&self.clients),
                readers,
                Arc::clone(&self.budget),
            ))
        };
        Arc::clone(logs.entry(request.clone()).or_insert_with(log))
    }

    /// Whether the whole of a listing is here, so that nothing of it need be asked for.
    pub fn has_all_of(&self, listing: &Request) -> bool {
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.get(listing).is_some_and(|log| log.has_all())
    }
}
