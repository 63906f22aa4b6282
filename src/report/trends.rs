//! How the figures of a report went over the captures of a folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};

use super::ask::{Request, ask};
use super::model::{Report, Trend};
use crate::progress::Progress;
use datafusion_lightsail::captures::{Capture, Captures};
use datafusion_lightsail::error::Result;
use datafusion_lightsail::scan::Record;
use datafusion_lightsail::session::Session;

/// The figures whose course is shown.
const SHOWN: [&str; 4] = ["red", "yellow", "instances", "list_price"];

/// The courses up to a report of the newest of some captures: each earlier one is asked the same. A capture that is not
/// complete, or misses a table, has no point: what nobody saw is no drop.
///
/// # Errors
/// When there can be no session.
pub async fn trends(
    (report, session): (&Report, &Session),
    request: &Request<'_>,
    captures: &Captures,
    most: usize,
    open: impl Fn(&Arc<Capture>) -> Result<Session>,
) -> Result<Vec<Trend>> {
    let earlier = captures.all().iter().filter(|capture| capture.time() < report.taken_at);
    let earlier: Vec<_> = earlier.rev().take(most.saturating_sub(1)).collect();
    let (done, all) = (Arc::<AtomicUsize>::default(), earlier.len());
    let shown = Arc::clone(&done);
    let state = move |_: &Record| format!("{} of {all} earlier captures", shown.load(Ordering::Relaxed));
    let _progress = Progress::of(&session.begin(), request.has_progress, state);
    let mut trends: Vec<Trend> = Vec::new();
    for capture in earlier.into_iter().rev() {
        let session = open(capture)?;
        let (taken_at, capture_of) = (capture.time(), Some(capture.as_ref()));
        let request = Request { taken_at, capture: capture_of, has_progress: false, ..*request };
        // One that cannot be asked at all has no points.
        if let Ok(earlier) = Box::pin(ask(&session, &request)).await {
            add(&mut trends, &earlier, capture.time(), report);
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
    add(&mut trends, report, report.taken_at, report);
    // A point is no course.
    trends.retain(|trend| trend.points.iter().filter(|(_, value)| value.is_some()).count() > 1);
    Ok(trends)
}

/// Adds the figures of one report, as far as they are comparable with those of the last.
fn add(trends: &mut Vec<Trend>, of: &Report, at: DateTime<Utc>, last: &Report) {
    let figures = of.figures();
    for figure in last.figures().into_iter().filter(|figure| SHOWN.contains(&figure.name)) {
        let found = figures.iter().find(|it| it.name == figure.name && it.is_complete);
        let is_finding = ["red", "yellow"].contains(&figure.name);
        let value = found.and_then(|it| it.value).filter(|_| !is_finding || of.asks_what(last));
        match trends.iter_mut().find(|trend| trend.name == figure.name) {
            Some(trend) => trend.points.push((at, value)),
            None => trends.push(Trend {
                name: figure.name,
                label: figure.label,
                points: vec![(at, value)],
                is_money: figure.is_money,
            }),
        }
    }
}

impl Report {
    /// Whether it asked the questions that another asked.
    fn asks_what(&self, other: &Self) -> bool {
        let names = |report: &Self| report.questions.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        let (mut ours, mut theirs) = (names(self), names(other));
        ours.sort();
        theirs.sort();
        ours == theirs
    }
}
