//! `\targets`: whom statements ask, as rows.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array};
use datafusion_lightsail::error::Result;
use datafusion_lightsail::session::KnownTarget;

/// Where the keys are that sign, if they are not the profile's own here: an address is a worker's.
fn keys(target: &KnownTarget) -> Option<&str> {
    target.worker.as_deref().or(target.is_of_environment.then_some("environment"))
}

/// The targets, a row each.
///
/// # Errors
/// Never, as long as all columns are of one length.
pub(super) fn rows(targets: &[KnownTarget]) -> Result<RecordBatch> {
    let text = |of: fn(&KnownTarget) -> Option<&str>| -> ArrayRef {
        Arc::new(targets.iter().map(of).collect::<StringArray>())
    };
    let answered = targets.iter().map(|target| {
        let since = target.answered_at?.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    });
    let answered = answered.collect::<TimestampMillisecondArray>().with_timezone("UTC");
    let calls = targets.iter().map(|target| target.calls as u64).collect::<UInt64Array>();
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("profile", text(|target| Some(&target.profile.name)), true),
        ("keys", text(keys), true),
        ("region", text(|target| target.region.as_deref().or(Some("(known once asked)"))), true),
        ("home", text(|target| target.is_home.then_some("home")), true),
        ("account", text(|target| target.account.as_deref()), true),
        ("last_answer", Arc::new(answered), true),
        ("calls", Arc::new(calls), true),
        ("error", text(|target| target.error.as_deref()), true),
    ])?)
}
