//! `container_logs`: asked for one container of one service each.

use std::collections::BTreeSet;

use aws_sdk_lightsail::types::{ContainerService, ContainerServiceLogEvent};

use super::container_services::GET_CONTAINER_SERVICES;
use crate::catalog::asks::between;
use crate::catalog::column::{text, time};
use crate::catalog::operation::{Asked, Items, Operation, Parameters, Parent, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::shortfall::{Shortfall, kept_alone};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetContainerLog: pages of what one container wrote.
pub static GET_CONTAINER_LOG: Operation = Operation {
    range: Some("created_at"),
    asks: |known| between(known, "created_at"),
    is_log: true,
    falls_short_of: |known| {
        let containers = || {
            Shortfall::new("container_name", "only containers of deployments that run or come next are asked")
        };
        let containers = known.texts("container_name").is_none().then(containers);
        kept_alone(known, "created_at").into_iter().chain(containers).collect()
    },
    ..Operation::about(
        "GetContainerLog",
        &[("container_service_name", "serviceName"), ("container_name", "containerName")],
        &[Parent { operation: &GET_CONTAINER_SERVICES, subjects: containers }],
        call!(|request| get_container_log
            .set_service_name(request.text("serviceName"))
            .set_container_name(request.text("containerName"))
            .set_start_time(request.parameters.time("startTime"))
            .set_end_time(request.parameters.time("endTime"))
            .set_page_token(request.token)
            => |output| output.log_events.map(|items| Items::asked(&request.parameters, items)),
            output.next_page_token),
    )
};

/// Each container of the deployments that run or come next; older ones can be named in a predicate.
fn containers(items: &Items) -> Vec<Parameters> {
    let of_service = |service: &ContainerService| {
        let deployments = [service.current_deployment(), service.next_deployment()];
        let names = deployments.into_iter().flatten().filter_map(|deployment| deployment.containers());
        let names: BTreeSet<String> = names.flat_map(|containers| containers.keys().cloned()).collect();
        let service =
            service.container_service_name().map(|name| Parameters::default().with_text("serviceName", name));
        names.into_iter().filter_map(move |name| Some(service.clone()?.with_text("containerName", name)))
    };
    items.of().unwrap_or_default().iter().flat_map(of_service).collect()
}

resource!(ContainerServiceLogEvent);

/// `container_logs`.
pub static CONTAINER_LOGS: TableSpec<Plain<Asked<ContainerServiceLogEvent>>> = TableSpec {
    name: "container_logs",
    group: Group::Containers,
    description: "What the containers of container services wrote, one row for each line; at least one \
                  call for each container.",
    feeds: &[Feed::of::<Asked<ContainerServiceLogEvent>>(&GET_CONTAINER_LOG)],
    key: None,
    examples: &["SELECT created_at, container_service_name, container_name, message FROM container_logs \
         ORDER BY created_at DESC LIMIT 20"],
    columns: &[
        text(
            "container_service_name",
            "The name of the container service; a predicate on it and on container_name saves the other \
             calls.",
            |e| e.parameters.text("serviceName"),
        ),
        text(
            "container_name",
            "The name of the container; by default those of the deployments that run and come next.",
            |e| e.parameters.text("containerName"),
        ),
        time(
            "created_at",
            "When the line was written; a range in a predicate is asked of the API, by default all that is \
             kept, with a note.",
            |e| e.item.created_at(),
        ),
        text("message", "The line.", |e| e.item.message()),
    ],
};
