//! Work on a thread of its own, which can be left: what computes without a pause hears of nothing, and must not keep the rest
//! of the program from doing so.

use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinError;

use crate::output::is_paging;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::session::out_of_time;

/// How long work that is left may take to end; after that its thread is left behind.
const GRACE: Duration = Duration::from_millis(400);

/// How much later than the work itself the time that it may take is looked at: its own words name its place.
const LATER: Duration = Duration::from_millis(500);

/// How often the memory of the process is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// What the process may hold beside what is counted: itself, pages, what functions make, and rows on their way.
const BESIDE: usize = 250 << 20;

/// What a statement may take in any case, where others have left memory that the process keeps for more.
const LEAST: usize = 64 << 20;

/// What is under way.
#[derive(Debug, Default)]
pub(crate) struct Apart {
    /// Comes to something once its thread has ended.
    ended: Option<oneshot::Receiver<()>>,
}

/// What one piece of work may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    time: Option<Duration>,
    memory: usize,
}

impl Bounds {
    /// Those that the settings of a session give.
    pub(crate) fn of(options: &LightsailOptions) -> Self {
        Self { time: options.query_timeout, memory: options.memory_limit }
    }

    /// Waits until one of them is passed, and says which.
    async fn passed(self) -> Error {
        let (mut spent, mut last) = (Duration::ZERO, Instant::now());
        let before = resident().unwrap_or_default();
        let most = self.memory.saturating_add(BESIDE).max(before + LEAST);
        loop {
            tokio::time::sleep(LOOK).await;
            let since = last.elapsed();
            last += since;
            // Whoever reads in the pager keeps the statement waiting.
            spent += if is_paging() { Duration::ZERO } else { since };
            if let Some(time) = self.time.filter(|time| spent > time.saturating_add(LATER)) {
                return out_of_time(time);
            }
            let held = resident().unwrap_or_default();
            if held > most {
                let what = format!(
                    "with the statement the process holds {} MB, more than lightsail.memory_limit lets it",
                    held >> 20
                );
                return Error::new(Kind::Sql, what)
                    .with_hint("make its texts, lists or groups smaller, or raise the limit (--memory-limit)")
                    .with_sql_state("53200");
            }
        }
    }
}

impl Apart {
    /// Does the work on a thread of its own, until it is done, passes its bounds, or `leave` says why it is left. Dropped, it
    /// is left too.
    ///
    /// # Errors
    /// Those of the work; the bound that it passes; what `leave` comes to.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = Result<T>> + Send + 'static,
        bounds: Bounds,
        leave: impl Future<Output = Error>,
    ) -> Result<T> {
        let (sender, left) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel::<()>();
        self.ended = Some(ended);
        let handle = Handle::current();
        let thread = tokio::task::spawn_blocking(move || {
            // Dropped at the end, whatever that is.
            let _end = end;
            handle.block_on(async {
                tokio::select! {
                    biased;
                    _ = left => None,
                    done = work => Some(done),
                }
            })
        });
        let why = tokio::select! {
            done = thread => {
                let done = done.map_err(Error::bug)?;
                return done.unwrap_or_else(|| Err(Error::bug("a statement was left and waited for")));
            }
            passed = bounds.passed() => {
                // It goes on to take more: nobody waits for it.
                self.ended = None;
                return Err(passed);
            }
            why = leave => why,
        };
        drop(sender);
        self.end().await;
        Err(why)
    }

    /// Waits for what was left, so that it leaves no half-written file and writes nothing more.
    pub(crate) async fn end(&mut self) {
        if let Some(ended) = self.ended.take() {
            let _ = tokio::time::timeout(GRACE, ended).await;
        }
    }
}

/// Does work on a thread of its own, so that others are served while it computes: what is constant in a statement is computed
/// as it is planned, without a pause.
///
/// # Errors
/// What the thread panics with.
pub(crate) async fn on_its_thread<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> std::result::Result<T, JoinError> {
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || handle.block_on(work)).await
}

/// What the process holds of memory, in bytes; `None` where the system does not say.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<usize>().ok()? << 10)
}
