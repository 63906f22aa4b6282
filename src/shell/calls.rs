//! `\calls`: the API calls of a statement, summed up and one by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::error::ArrowError;

use datafusion_lightsail::aws::calls::Call;

/// The calls by operation and target: how many, how long they took together, what came, how many failed.
pub(super) fn summed(calls: &[Call]) -> Result<RecordBatch, ArrowError> {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<&Call>> = BTreeMap::new();
    for call in calls {
        let target = &call.target;
        groups.entry((call.operation, &target.profile.name, &target.region)).or_default().push(call);
    }
    let of = |value: fn(&[&Call]) -> u128| -> ArrayRef {
        Arc::new(groups.values().map(|calls| i64::try_from(value(calls)).ok()).collect::<Int64Array>())
    };
    let text = |part: fn(&(&str, &str, &str)) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(groups.keys().map(part)))
    };
    batch(
        calls,
        vec![
            ("operation", text(|key| key.0.to_owned())),
            ("profile", text(|key| key.1.to_owned())),
            ("region", text(|key| key.2.to_owned())),
            ("calls", of(|calls| calls.len() as u128)),
            ("ms", of(|calls| calls.iter().map(|call| call.latency.as_millis()).sum())),
            ("bytes", of(|calls| calls.iter().filter_map(|call| call.bytes).map(u128::from).sum())),
            ("errors", of(|calls| calls.iter().filter(|call| call.error.is_some()).count() as u128)),
        ],
    )
}

/// The calls, a line each; the id that AWS gave them only with an error, for nobody else asks for it.
pub(super) fn listed(calls: &[Call]) -> Result<RecordBatch, ArrowError> {
    let number = |value: fn(&Call) -> Option<i64>| -> ArrayRef {
        Arc::new(calls.iter().map(value).collect::<Int64Array>())
    };
    let text = |value: fn(&Call) -> Option<&str>| -> ArrayRef {
        Arc::new(calls.iter().map(value).collect::<StringArray>())
    };
    let mut columns = vec![
        ("operation", text(|call| Some(call.operation))),
        ("profile", text(|call| Some(&call.target.profile.name))),
        ("region", text(|call| Some(&call.target.region))),
        ("page", number(|call| i64::try_from(call.page).ok())),
        ("ms", number(|call| i64::try_from(call.latency.as_millis()).ok())),
        ("status", number(|call| call.status.map(i64::from))),
        ("bytes", number(|call| call.bytes.and_then(|bytes| i64::try_from(bytes).ok()))),
    ];
    if calls.iter().any(|call| call.attempts > 1) {
        columns.push(("attempts", number(|call| Some(call.attempts.into()))));
    }
    if calls.iter().any(|call| call.error.is_some()) {
        columns.push(("error", text(|call| call.error.as_deref())));
        columns
            .push(("request_id", text(|call| call.request_id.as_deref().filter(|_| call.error.is_some()))));
    }
    batch(calls, columns)
}

/// The columns, without the profile if there is only one.
fn batch(calls: &[Call], mut columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, ArrowError> {
    let mut profiles = calls.iter().map(|call| &call.target.profile.name);
    let first = profiles.next();
    if profiles.all(|profile| Some(profile) == first) {
        columns.retain(|(name, _)| *name != "profile");
    }
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
}
