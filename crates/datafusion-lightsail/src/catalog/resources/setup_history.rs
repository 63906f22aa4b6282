//! `setup_history`: how HTTPS was set up on instances, and the commands that did it, asked for one instance each.

use aws_sdk_lightsail::types::{Instance, SetupExecutionDetails, SetupHistory, SetupHistoryResource};

use super::instances::GET_INSTANCES;
use crate::catalog::column::{text, text_list, time};
use crate::catalog::operation::{Asked, Items, Operation, Parent, call};
use crate::catalog::rows::{Plain, Resource, each, named};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetSetupHistory: the last five set-ups of one instance.
pub static GET_SETUP_HISTORY: Operation = Operation::about(
    "GetSetupHistory",
    &[("resource_name", "resourceName")],
    &[Parent { operation: &GET_INSTANCES, subjects: |items| named::<Instance>(items, "resourceName") }],
    call!(|request| get_setup_history
        .set_resource_name(request.text("resourceName"))
        .set_page_token(request.token)
        => |output| output.setup_history.map(|items| Items::asked(&request.parameters, items)),
        output.next_page_token),
);

impl Resource for SetupHistory {
    fn arn(&self) -> Option<&str> {
        self.resource().and_then(SetupHistoryResource::arn)
    }

    fn region(&self) -> Option<&str> {
        Some(self.resource()?.location()?.region_name()?.as_str())
    }
}

/// `setup_history`.
pub static SETUP_HISTORY: TableSpec<Plain<Asked<SetupHistory>>> = TableSpec {
    name: "setup_history",
    group: Group::Servers,
    description: "Set-ups of HTTPS on instances, the last five of each, one row each; one call for each \
                  instance.",
    feeds: &[Feed::of::<Asked<SetupHistory>>(&GET_SETUP_HISTORY)],
    key: None,
    examples: &[
        "SELECT resource_name, request_domain_names, status, resource_created_at FROM setup_history \
                 ORDER BY resource_created_at DESC",
    ],
    columns: &[
        text("resource_name", "The name of the instance; a predicate on it saves the other calls.", |h| {
            h.parameters.text("resourceName")
        }),
        text("operation_id", "The id of the set-up.", |h| h.item.operation_id()),
        text("request_instance_name", "The name of the instance as the set-up was asked for.", |h| {
            h.item.request()?.instance_name()
        }),
        text_list("request_domain_names", "The domains that the certificate was asked for.", |h| {
            h.item.request()?.domain_names.as_deref()
        }),
        text(
            "request_certificate_provider",
            "Who was asked for the certificate, such as LetsEncrypt.",
            |h| Some(h.item.request()?.certificate_provider()?.as_str()),
        ),
        text("resource_arn", "The arn of the instance, to join with instances.arn.", |h| {
            h.item.resource()?.arn()
        }),
        time("resource_created_at", "When the set-up was asked for.", |h| h.item.resource()?.created_at()),
        text("resource_availability_zone", "The zone of the instance.", |h| {
            h.item.resource()?.location()?.availability_zone()
        }),
        text("resource_resource_type", "Always Instance.", |h| {
            Some(h.item.resource()?.resource_type()?.as_str())
        }),
        text("status", "How it went: succeeded, failed or inProgress.", |h| Some(h.item.status()?.as_str())),
    ],
};

each! {
    /// One row for each command of a set-up.
    pub StepRows: Asked<SetupHistory> => &'a SetupExecutionDetails, |history| history.item.execution_details()
}

/// `setup_history_steps`.
pub static SETUP_HISTORY_STEPS: TableSpec<StepRows> = TableSpec {
    name: "setup_history_steps",
    group: Group::Servers,
    description: "Commands that set up HTTPS on instances, one row each.",
    feeds: &[Feed::of::<Asked<SetupHistory>>(&GET_SETUP_HISTORY)],
    key: None,
    examples: &["SELECT resource_name, date_time, name, status, standard_error FROM setup_history_steps \
         ORDER BY resource_name, date_time"],
    columns: &[
        text(
            "resource_name",
            "The name of the instance; a predicate on it saves the other calls.",
            |(h, _)| h.parameters.text("resourceName"),
        ),
        text("command", "The command that was run.", |(_, s)| s.command()),
        time("date_time", "When it was run.", |(_, s)| s.date_time()),
        text("name", "The name of the script.", |(_, s)| s.name()),
        text("status", "How it went: succeeded, failed or inProgress.", |(_, s)| Some(s.status()?.as_str())),
        text("standard_error", "What it wrote to standard error.", |(_, s)| s.standard_error()),
        text("standard_output", "What it wrote to standard output.", |(_, s)| s.standard_output()),
        text("version", "The version of the script.", |(_, s)| s.version()),
    ],
};
