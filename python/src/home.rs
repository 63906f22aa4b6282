//! The threads that a session works on, and the embedded endpoint.

use std::fmt;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::STACK;
use lightsail_demo::Server;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::run::Run;

/// What a session works on. It stays behind in a process that was forked: none of its threads is there.
pub(crate) struct Home {
    inner: Mutex<Option<Inner>>,
    /// The process that has its threads.
    process: u32,
    runs: Mutex<Vec<Weak<Run>>>,
}

struct Inner {
    runtime: Runtime,
    server: Option<Server>,
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home").field("process", &self.process).finish_non_exhaustive()
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Home {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`Kind::Internal`] when there are none to be had.
    pub(crate) fn start() -> Result<Self> {
        let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            .thread_name("lightsail-sql")
            .thread_stack_size(STACK)
            .enable_all()
            .build()
            .map_err(|error| Error::new(Kind::Internal, format!("cannot start: {error}")))?;
        let inner = Mutex::new(Some(Inner { runtime, server: None }));
        Ok(Self { inner, process: std::process::id(), runs: Mutex::default() })
    }

    /// Whether this process was forked from the one that has its threads.
    pub(crate) fn is_forked(&self) -> bool {
        std::process::id() != self.process
    }

    /// Where work is given to its threads.
    ///
    /// # Errors
    /// [`Kind::Usage`] when it is closed, or in a process that was forked.
    pub(crate) fn handle(&self) -> Result<Handle> {
        if self.is_forked() {
            return Err(Error::new(Kind::Usage, "this connection is of the process that forked this one")
                .with_hint("call lightsail_sql.connect here, after the fork"));
        }
        let closed = || Error::new(Kind::Usage, "the connection is closed");
        Ok(lock(&self.inner).as_ref().ok_or_else(closed)?.runtime.handle().clone())
    }

    /// Keeps the embedded endpoint for as long as this.
    pub(crate) fn keep(&self, server: Server) {
        if let Some(inner) = lock(&self.inner).as_mut() {
            inner.server = Some(server);
        }
    }

    /// The URL of the embedded endpoint and how many requests it has had; `None` if there is none.
    pub(crate) fn demo(&self) -> Option<(String, u64)> {
        let inner = lock(&self.inner);
        let server = inner.as_ref()?.server.as_ref()?;
        Some((server.url(), server.request_count()))
    }

    /// Remembers a run, to cancel it when this is closed.
    pub(crate) fn add(&self, run: Weak<Run>) {
        let mut runs = lock(&self.runs);
        runs.retain(|run| run.strong_count() > 0);
        runs.push(run);
    }

    /// Cancels what is running, and ends the threads.
    pub(crate) fn close(&self) {
        if self.is_forked() {
            return;
        }
        let runs = mem::take(&mut *lock(&self.runs));
        runs.iter().filter_map(Weak::upgrade).for_each(|run| run.cancel());
        let inner = lock(&self.inner).take();
        if let Some(Inner { runtime, server }) = inner {
            let within = runtime.enter();
            drop(server);
            drop(within);
            // What still waits for the network is of no use to anybody.
            runtime.shutdown_background();
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        match self.is_forked() {
            // Its threads are in another process: whoever waited for them here would wait for ever.
            true => mem::forget(lock(&self.inner).take()),
            false => self.close(),
        }
    }
}
