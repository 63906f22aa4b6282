//! One run of a statement: pulled batch by batch, from whatever thread, and cancelled from any other.

use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use datafusion::execution::SendableRecordBatchStream;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::scan::{Record, RowOrder};
use datafusion_lightsail::script::{Parameters, Statement, located};
use datafusion_lightsail::session::Session;
use futures::StreamExt;
use tokio::task::AbortHandle;

use crate::errors::cancelled;
use crate::home::{Home, lock};

/// How long anything is waited for before somebody looks whether it is still wanted.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// A statement, and what it is asked of.
pub(crate) struct Question {
    pub(crate) session: Session,
    pub(crate) statement: Statement,
    pub(crate) parameters: Parameters,
}

impl Question {
    /// Plans it; of a statement with rows nothing is asked before they are pulled.
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub(crate) async fn ask(&self, record: Arc<Record>) -> Result<SendableRecordBatchStream> {
        let ast = self.statement.ast.clone();
        let answer = self.session.ask_with(record, ast, &self.parameters, RowOrder::Target).await;
        Ok(answer.map_err(|error| located(error, &self.statement.place))?.stream)
    }
}

/// How far a run has come.
pub(crate) enum State {
    New,
    Reading(SendableRecordBatchStream),
    /// Some thread is pulling.
    Busy,
    Ended,
}

pub(crate) type Pulled = (State, Result<Option<RecordBatch>>);

/// One run of a statement.
pub(crate) struct Run {
    home: Arc<Home>,
    question: Arc<Question>,
    /// How its rows come to be.
    pub(crate) record: Arc<Record>,
    state: Mutex<State>,
    pulling: Mutex<Option<AbortHandle>>,
    is_cancelled: AtomicBool,
    is_finished: AtomicBool,
    error: Mutex<Option<Error>>,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("record", &self.record).finish_non_exhaustive()
    }
}

impl Run {
    /// A run that begins with its first pull.
    pub(crate) fn new(home: &Arc<Home>, question: &Arc<Question>) -> Arc<Self> {
        let run = Self::with(home, question, question.session.begin(), State::New);
        home.add(Arc::downgrade(&run));
        run
    }

    /// The run of a statement without rows, which is done.
    pub(crate) fn done(home: &Arc<Home>, question: &Arc<Question>, record: Arc<Record>) -> Arc<Self> {
        Self::with(home, question, record, State::Ended)
    }

    fn with(home: &Arc<Home>, question: &Arc<Question>, record: Arc<Record>, state: State) -> Arc<Self> {
        Arc::new(Self {
            home: Arc::clone(home),
            question: Arc::clone(question),
            record,
            is_finished: AtomicBool::new(matches!(state, State::Ended)),
            state: Mutex::new(state),
            pulling: Mutex::default(),
            is_cancelled: AtomicBool::new(false),
            error: Mutex::default(),
        })
    }

    /// Whether all of its rows were pulled.
    pub(crate) fn is_finished(&self) -> bool {
        self.is_finished.load(Ordering::Acquire)
    }

    /// Why it failed, if it did.
    pub(crate) fn error(&self) -> Option<Error> {
        lock(&self.error).as_ref().map(Error::retold)
    }

    /// Ends it: whatever waits for its rows gets an error, and no call is made any more.
    pub(crate) fn cancel(&self) {
        if self.is_finished() {
            return;
        }
        self.is_cancelled.store(true, Ordering::Release);
        if self.home.is_forked() {
            return;
        }
        if let Some(pulling) = lock(&self.pulling).take() {
            pulling.abort();
        }
        let mut state = lock(&self.state);
        if !matches!(*state, State::Busy) {
            *state = State::Ended;
        }
    }

    /// The next batch, or as many as have so many rows together; `None` after the last. `wait` waits for what a receiver
    /// gives, and says when to stop.
    ///
    /// # Errors
    /// Why the statement failed, or that it was cancelled. The exception of `wait`, and then it is cancelled.
    pub(crate) fn next<E>(
        &self,
        rows: usize,
        mut wait: impl FnMut(Wait<'_>) -> Result<Option<Pulled>, E>,
    ) -> Result<Result<Option<RecordBatch>>, E> {
        let mut receiver = match self.begin(rows) {
            Ok(receiver) => receiver,
            Err(error) => return Ok(self.failed(error)),
        };
        loop {
            if self.is_cancelled.load(Ordering::Acquire) {
                // It may have begun right when it was cancelled.
                if let Some(pulling) = lock(&self.pulling).take() {
                    pulling.abort();
                }
                return Ok(self.failed(cancelled()));
            }
            let pulled = wait(Wait(&mut receiver)).inspect_err(|_| {
                self.cancel();
                let _ = self.failed(cancelled());
            })?;
            if let Some((state, item)) = pulled {
                *lock(&self.pulling) = None;
                let has_ended = matches!(state, State::Ended);
                *lock(&self.state) = state;
                return Ok(match item {
                    Ok(Some(batch)) => Ok(Some(batch)),
                    Ok(None) if has_ended => self.finished(),
                    Ok(None) => Ok(None),
                    Err(error) => self.failed(error),
                });
            }
        }
    }

    /// Gives the next pull to a worker.
    fn begin(&self, rows: usize) -> Result<Receiver<Pulled>> {
        if let Some(error) = self.error() {
            return Err(error);
        }
        let handle = self.home.handle()?;
        let state = mem::replace(&mut *lock(&self.state), State::Busy);
        if matches!(state, State::Busy) {
            return Err(Error::new(Kind::Usage, "another thread is reading this")
                .with_hint("each thread can read a result of its own: call sql() there"));
        }
        let (sender, receiver) = channel();
        let (question, record) = (Arc::clone(&self.question), Arc::clone(&self.record));
        let task = handle.spawn(async move {
            // Nobody may wait any more.
            let _ = sender.send(pull(state, &question, record, rows).await);
        });
        *lock(&self.pulling) = Some(task.abort_handle());
        Ok(receiver)
    }

    fn finished(&self) -> Result<Option<RecordBatch>> {
        match self.record.total_failure() {
            // A partial answer of nothing is none.
            Some(error) => self.failed(error),
            None => {
                self.is_finished.store(true, Ordering::Release);
                Ok(None)
            }
        }
    }

    fn failed(&self, error: Error) -> Result<Option<RecordBatch>> {
        lock(&self.error).get_or_insert_with(|| error.retold());
        Err(error)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.home.is_forked() {
            mem::forget(mem::replace(&mut *lock(&self.state), State::Ended));
        }
    }
}

/// A pull that is under way.
pub(crate) struct Wait<'a>(&'a mut Receiver<Pulled>);

impl Wait<'_> {
    /// Waits for a moment; `None` if there is nothing yet.
    pub(crate) fn for_a_moment(self) -> Option<Pulled> {
        match self.0.recv_timeout(TICK) {
            Ok(pulled) => Some(pulled),
            Err(RecvTimeoutError::Timeout) => None,
            // Its worker was told to stop, or is gone with the connection.
            Err(RecvTimeoutError::Disconnected) => Some((State::Ended, Err(cancelled()))),
        }
    }
}

async fn pull(state: State, question: &Question, record: Arc<Record>, rows: usize) -> Pulled {
    let mut stream = match state {
        State::New => match question.ask(record).await {
            Ok(stream) => stream,
            Err(error) => return (State::Ended, Err(error)),
        },
        State::Reading(stream) => stream,
        State::Busy | State::Ended => return (State::Ended, Ok(None)),
    };
    let (mut batches, mut found) = (Vec::new(), 0);
    let schema = stream.schema();
    let together = |batches: Vec<RecordBatch>| match batches.as_slice() {
        [] => Ok(None),
        [batch] => Ok(Some(batch.clone())),
        several => concat_batches(&schema, several).map(Some).map_err(Error::bug),
    };
    loop {
        match stream.next().await {
            Some(Ok(batch)) => {
                found += batch.num_rows();
                batches.push(batch);
                if found >= rows {
                    return (State::Reading(stream), together(batches));
                }
            }
            Some(Err(error)) => return (State::Ended, Err(located(error, &question.statement.place))),
            // What comes before the end is handed on; the next pull finds it.
            None => return (State::Ended, together(batches)),
        }
    }
}
