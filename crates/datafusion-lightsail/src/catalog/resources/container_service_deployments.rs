//! `container_service_deployments` and the containers in them, asked for one service each.

use aws_sdk_lightsail::types::{Container, ContainerService, ContainerServiceDeployment};

use super::container_services::GET_CONTAINER_SERVICES;
use super::deployment_columns::deployment_columns;
use crate::catalog::column::{int, pairs, text, text_list, text_map};
use crate::catalog::operation::{Asked, Items, Operation, Parent, call};
use crate::catalog::rows::{Plain, each, named, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetContainerServiceDeployments: the deployments of one service that are kept, without pages.
pub static GET_CONTAINER_SERVICE_DEPLOYMENTS: Operation = Operation::about(
    "GetContainerServiceDeployments",
    &[("container_service_name", "serviceName")],
    &[Parent {
        operation: &GET_CONTAINER_SERVICES,
        subjects: |items| named::<ContainerService>(items, "serviceName"),
    }],
    call!(|request| get_container_service_deployments.set_service_name(request.text("serviceName"))
        => |output| output.deployments.map(|items| Items::asked(&request.parameters, items)), None),
);

resource!(ContainerServiceDeployment);

/// `container_service_deployments`.
pub static CONTAINER_SERVICE_DEPLOYMENTS: TableSpec<Plain<Asked<ContainerServiceDeployment>>> = TableSpec {
    name: "container_service_deployments",
    group: Group::Containers,
    description: "Deployments of container services, old ones too, one row each; one call for each service.",
    feeds: &[Feed::of::<Asked<ContainerServiceDeployment>>(&GET_CONTAINER_SERVICE_DEPLOYMENTS)],
    key: None,
    examples: &[
        "SELECT container_service_name, version, state, created_at FROM container_service_deployments \
                 ORDER BY container_service_name, version DESC",
    ],
    columns: deployment_columns!(
        [text(
            "container_service_name",
            "The name of the container service; a predicate on it saves the other calls.",
            |d| d.parameters.text("serviceName"),
        )],
        in ["", "in the row", |d| Some(&d.item)],
        []
    ),
};

/// The containers of a deployment in the order of their names: the SDK's own changes from run to run.
fn containers(deployment: &ContainerServiceDeployment) -> Vec<(&String, &Container)> {
    let mut containers: Vec<_> = deployment.containers().into_iter().flatten().collect();
    containers.sort_unstable_by_key(|(name, _)| *name);
    containers
}

each! {
    /// One row for each container of a deployment.
    pub ContainerRows: Asked<ContainerServiceDeployment> => (&'a String, &'a Container),
    |deployment| containers(&deployment.item)
}

/// `container_service_containers`.
pub static CONTAINER_SERVICE_CONTAINERS: TableSpec<ContainerRows> = TableSpec {
    name: "container_service_containers",
    group: Group::Containers,
    description: "Containers in the deployments of container services, one row each.",
    feeds: &[Feed::of::<Asked<ContainerServiceDeployment>>(&GET_CONTAINER_SERVICE_DEPLOYMENTS)],
    key: None,
    examples: &["SELECT container_service_name, deployment_version, container_name, image \
         FROM container_service_containers \
         ORDER BY container_service_name, deployment_version DESC, container_name"],
    columns: &[
        text(
            "container_service_name",
            "The name of the container service; a predicate on it saves the other calls.",
            |(d, _)| d.parameters.text("serviceName"),
        ),
        int(
            "deployment_version",
            "The number of the deployment, to join with container_service_deployments.version.",
            |(d, _)| d.item.version(),
        ),
        text("container_name", "The name of the container, unique in its deployment.", |(_, (name, _))| {
            Some(name)
        }),
        text("image", "The image that it runs.", |(_, (_, c))| c.image()),
        text_list("command", "The command that it is started with, by words.", |(_, (_, c))| {
            c.command.as_deref()
        }),
        text_map("environment", "Its environment variables by name.", |(_, (_, c))| {
            c.environment.as_ref().map(pairs)
        }),
        text_map(
            "ports",
            "The protocols by the ports that it opens: HTTP, HTTPS, TCP or UDP.",
            |(_, (_, c))| c.ports.as_ref().map(pairs),
        ),
    ],
};
