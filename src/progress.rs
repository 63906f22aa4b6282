//! How far a query has come, on standard error while it runs and only on a terminal.

mod screen;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use datafusion::common::runtime::SpawnedTask;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use datafusion_lightsail::scan::Record;
use screen::Screen;

/// A query that is done before this shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
const PERIOD: Duration = Duration::from_millis(100);
/// How often a second it is drawn at most.
const RATE: u8 = 20;

/// The line that is drawn, for whoever ends the process without dropping what draws it.
static DRAWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Wipes out the line of a run that is not waited for.
pub fn wipe() {
    let drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner).take();
    drawn.into_iter().for_each(|bar| bar.finish_and_clear());
}

/// The line that says how far a query has come. Dropped, it is wiped out.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Whether it has been drawn.
    is_drawn: Arc<AtomicBool>,
    _drawing: Option<SpawnedTask<()>>,
}

impl Progress {
    /// Shows how far a statement has come, if that is wanted and standard error is a terminal.
    pub(crate) fn begin(record: &Arc<Record>, is_wanted: bool) -> Self {
        Self::of(record, is_wanted, state)
    }

    /// Shows what a function says of a record, likewise.
    pub(crate) fn of(
        record: &Arc<Record>,
        is_wanted: bool,
        state: impl Fn(&Record) -> String + Send + 'static,
    ) -> Self {
        if !is_wanted || ProgressDrawTarget::stderr().is_hidden() {
            return Self { bar: ProgressBar::hidden(), is_drawn: Arc::default(), _drawing: None };
        }
        let screen = ProgressDrawTarget::term_like_with_hz(Box::<Screen>::default(), RATE);
        let bar = ProgressBar::with_draw_target(None, screen);
        // The template is a constant of ours; should it be wrong, indicatif's own will do.
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        *DRAWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
        let is_drawn = Arc::<AtomicBool>::default();
        let draws = Arc::clone(&is_drawn);
        let (record, shown, begun) = (Arc::clone(record), bar.clone(), Instant::now());
        let drawing = SpawnedTask::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            draws.store(true, Ordering::Relaxed);
            loop {
                shown.set_message(line(&record, begun.elapsed(), &state(&record)));
                shown.tick();
                tokio::time::sleep(PERIOD).await;
            }
        });
        Self { bar, is_drawn, _drawing: Some(drawing) }
    }

    /// Writes something else to the terminal, with the line out of its way.
    pub(crate) fn hidden<T>(&self, write: impl FnOnce() -> T) -> T {
        // Put out of the way, it would be drawn afterwards.
        if self.is_drawn.load(Ordering::Relaxed) { self.bar.suspend(write) } else { write() }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// `12 s: 3 of 16 targets, 41 pages, 812 rows; throttled, waiting`
pub(crate) fn line(record: &Record, elapsed: Duration, state: &str) -> String {
    let waiting = if record.waiting() > 0 { "; throttled, waiting" } else { "" };
    format!("{} s: {state}{waiting}", elapsed.as_secs())
}

/// `3 of 16 targets, 41 pages, 812 rows`
pub(crate) fn state(record: &Record) -> String {
    let scans = record.scans();
    let done = scans.iter().filter(|scan| scan.open == 0 || scan.error.is_some()).count();
    let pages: usize = scans.iter().map(|scan| scan.pages).sum();
    format!("{done} of {} targets, {pages} pages, {} rows", scans.len(), record.notes().rows)
}
