//! What the endpoint can be asked: the table of its operations, and the way to each.

use serde_json::Value;

use super::call::{Answer, Call, Operation};
use super::error::Error;
use super::place::{Extent, Place};
use super::resources;

/// All operations.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    resources::OPERATIONS.iter().copied().flatten()
}

/// The response body of `operation` with the members of `body`, for an account and region number.
pub(super) fn answer(extent: Extent, account: &str, region: usize, operation: &str, body: &Value) -> Answer {
    let place = Place { extent, account, number: region };
    let operation =
        all().find(|one| one.name == operation).ok_or_else(|| Error::unknown_operation(operation))?;
    (operation.answer)(&Call::new(place, operation, body)?)
}
