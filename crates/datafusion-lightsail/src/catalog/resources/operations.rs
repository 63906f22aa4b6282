//! `operations`: what was asked of Lightsail lately.

use aws_sdk_lightsail::types::Operation as Request;

use super::common::zone;
use crate::catalog::column::{flag, text, time};
use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetOperations: the last 200 of a region; of a resource by its name, GetOperationsForResource has its own.
pub static GET_OPERATIONS: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetOperationsForResource",
        member: "resourceName",
        get: call!(|request| get_operations_for_resource
            .set_resource_name(request.text("resourceName"))
            .set_page_token(request.token)
            => |output| output.operations.map(Items::new), output.next_page_token),
    }),
    ..Operation::new(
        "GetOperations",
        call!(|request| get_operations.set_page_token(request.token)
            => |output| output.operations.map(Items::new), output.next_page_token),
    )
};

resource!(Request: location);

/// `operations`.
pub static OPERATIONS: TableSpec<Plain<Request>> = TableSpec {
    name: "operations",
    group: Group::Accounts,
    description: "Changes that were asked for lately, one row each: at most 200 in a region, more of a \
                  resource that is named.",
    feeds: &[Feed::of::<Request>(&GET_OPERATIONS)],
    key: Some("resource_name"),
    examples: &[
        "SELECT created_at, resource_type, resource_name, operation_type, status FROM operations \
         ORDER BY created_at DESC LIMIT 20",
        "SELECT operation_type, status, count(*) AS operations FROM operations \
         GROUP BY operation_type, status \
         ORDER BY operations DESC",
    ],
    columns: &[
        text("id", "The id of the operation.", |o| o.id()),
        text(
            "resource_name",
            "The name of what was to be changed; a predicate on it is asked of the API.",
            |o| o.resource_name(),
        ),
        text("resource_type", "What was to be changed, such as Instance.", |o| {
            Some(o.resource_type()?.as_str())
        }),
        time("created_at", "When it was asked for.", |o| o.created_at()),
        zone(|o| o.location()?.availability_zone()),
        flag("is_terminal", "Whether it is over, well or not.", |o| o.is_terminal()),
        text("operation_details", "What it was about, such as the name of what was attached.", |o| {
            o.operation_details()
        }),
        text("operation_type", "What was to be done, such as CreateInstance.", |o| {
            Some(o.operation_type()?.as_str())
        }),
        text("status", "How it stands: NotStarted, Started, Failed, Completed or Succeeded.", |o| {
            Some(o.status()?.as_str())
        }),
        time("status_changed_at", "When it came to stand so.", |o| o.status_changed_at()),
        text("error_code", "The code of what went wrong.", |o| o.error_code()),
        text("error_details", "What went wrong in words.", |o| o.error_details()),
    ],
};
