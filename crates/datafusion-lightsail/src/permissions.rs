//! Which operations a profile may ask for: one call of each, about things that there are not.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;

use crate::aws::calls::Caller;
use crate::aws::{Clients, Target};
use crate::catalog::TABLES;
use crate::catalog::operation::{Known, Operation, PageFuture, PageRequest, Parameters, Scope};
use crate::catalog::request::nothing_known;
use crate::error::{Error, Kind};

/// The name of what there is not.
const NOBODY: &str = "lightsail-sql-doctor";

/// What came of a call of an operation.
#[derive(Debug)]
pub enum Permission {
    /// It is allowed: the service answered, if only that there is no such thing.
    Allowed,
    /// The IAM action is not allowed.
    Denied,
    /// Nobody knows: the call failed for another reason.
    Unknown(Error),
}

/// A call to try: where an operation answers, and how it is asked.
struct Trial {
    region: Option<&'static str>,
    ask: Box<dyn Fn(aws_sdk_lightsail::Client) -> PageFuture + Send + Sync>,
}

/// Asks each operation that feeds a table once, at a target, and says of each by name whether it is allowed.
///
/// The name is the IAM action's behind `lightsail:`.
pub async fn permissions(
    clients: &Clients,
    caller: &Caller,
    target: &Target,
    now: i64,
) -> BTreeMap<&'static str, Permission> {
    let asked = trials(now).into_iter().map(|(name, trial)| async move {
        let region = trial.region.map_or_else(|| target.region.clone(), ToOwned::to_owned);
        let target = Target { region, ..target.clone() };
        let answer = clients.call(caller, name, &target, 1, |client| (trial.ask)(client)).await;
        (name, answer.map_or_else(verdict, |_| Permission::Allowed))
    });
    join_all(asked).await.into_iter().collect()
}

/// What an error says of the permission: IAM is asked before the service looks for the thing.
fn verdict(error: Error) -> Permission {
    match error.code() {
        Some("AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation") => Permission::Denied,
        Some("NotFoundException" | "InvalidInputException" | "OperationFailureException") => {
            Permission::Allowed
        }
        _ if error.kind() == Kind::Internal => Permission::Allowed,
        _ => Permission::Unknown(error),
    }
}

/// One call of each operation, by name.
fn trials(now: i64) -> BTreeMap<&'static str, Trial> {
    let mut trials = BTreeMap::new();
    for source in TABLES.iter().flat_map(|table| table.sources()) {
        let of_parents = source.operation.parents.iter().map(|parent| parent.operation);
        for operation in of_parents.chain([source.operation]).chain(source.operation.detail) {
            trials.entry(operation.name).or_insert_with(|| of(operation, now));
            let Some(lookup) = &operation.lookup else { continue };
            let parameters = Parameters::default().with_text(lookup.member, NOBODY);
            let request = PageRequest { parameters: Arc::new(parameters), ..PageRequest::default() };
            let get = lookup.get;
            trials.entry(lookup.name).or_insert_with(|| Trial {
                region: region(operation),
                ask: Box::new(move |client| get(client, request.clone())),
            });
        }
    }
    trials
}

fn of(operation: &'static Operation, now: i64) -> Trial {
    let known = nothing_known(now);
    let mut parameters = (operation.asks)(&known as &dyn Known).into_iter().next().unwrap_or_default();
    for (_, member) in operation.keys {
        if parameters.text(member).is_none() {
            parameters = parameters.with_text(member, NOBODY);
        }
    }
    let request = PageRequest { parameters: Arc::new(parameters), ..PageRequest::default() };
    Trial {
        region: region(operation),
        ask: Box::new(move |client| (operation.page)(client, request.clone())),
    }
}

fn region(operation: &Operation) -> Option<&'static str> {
    (operation.scope == Scope::UsEast1).then_some("us-east-1")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_iam_action_of_a_table_is_tried() {
        let tried: BTreeSet<String> = trials(0).keys().map(|name| format!("lightsail:{name}")).collect();
        let wanted: BTreeSet<String> = TABLES.iter().flat_map(|table| table.iam_actions()).collect();
        assert_eq!(tried, wanted);
    }
}
