//! `container_services`.

use aws_sdk_lightsail::types::{ContainerService, ContainerServiceEcrImagePullerRole, PrivateRegistryAccess};

use super::common::{arn, created_at, tag_map, zone};
use super::deployment_columns::deployment_columns;
use crate::catalog::column::{flag, list_map};
use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, Resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetContainerServices: all of a region at once, without pages.
pub static GET_CONTAINER_SERVICES: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetContainerServices",
        member: "serviceName",
        get: call!(|request| get_container_services.set_service_name(request.text("serviceName"))
            => |output| output.container_services.map(Items::new), None),
    }),
    ..Operation::new(
        "GetContainerServices",
        call!(|_| get_container_services => |output| output.container_services.map(Items::new), None),
    )
};

impl Resource for ContainerService {
    fn name(&self) -> Option<&str> {
        self.container_service_name()
    }

    fn arn(&self) -> Option<&str> {
        self.arn()
    }

    fn region(&self) -> Option<&str> {
        Some(self.location()?.region_name()?.as_str())
    }
}

fn puller_role(service: &ContainerService) -> Option<&ContainerServiceEcrImagePullerRole> {
    service.private_registry_access().and_then(PrivateRegistryAccess::ecr_image_puller_role)
}

/// `container_services`.
pub static CONTAINER_SERVICES: TableSpec<Plain<ContainerService>> = TableSpec {
    name: "container_services",
    group: Group::Containers,
    description: "Container services with the deployments that run and come next, one row each.",
    feeds: &[Feed::of::<ContainerService>(&GET_CONTAINER_SERVICES)],
    key: Some("container_service_name"),
    examples: &[
        "SELECT region, container_service_name, state, power, scale, url FROM container_services \
         ORDER BY region, container_service_name",
        "SELECT power, count(*) AS services, sum(scale) AS nodes FROM container_services \
         GROUP BY power ORDER BY nodes DESC",
    ],
    columns: deployment_columns!(
        [
            text(
                "container_service_name",
                "The name that its owner gave the service, unique in its region.",
                |s| s.container_service_name(),
            ),
            arn(|s| s.arn()),
            created_at(|s| s.created_at()),
            zone(|s| s.location()?.availability_zone()),
            text("resource_type", "Always ContainerService.", |s| Some(s.resource_type()?.as_str())),
            tag_map(|s| s.tags.as_deref()),
            text("power", "The size of its nodes, such as nano.", |s| Some(s.power()?.as_str())),
            text("power_id", "The id of that size, to join with container_service_powers.power_id.", |s| {
                s.power_id()
            }),
            text(
                "state",
                "Whether it is PENDING, READY, RUNNING, UPDATING, DELETING, DISABLED or DEPLOYING.",
                |s| Some(s.state()?.as_str()),
            ),
            text(
                "state_detail_code",
                "What it is at while it is deploying or pending, such as PROVISIONING_SERVICE.",
                |s| Some(s.state_detail()?.code()?.as_str()),
            ),
            text("state_detail_message", "What it says about that in words.", |s| {
                s.state_detail()?.message()
            }),
            int("scale", "How many nodes it has.", |s| s.scale()),
        ],
        in ["current_deployment_", "that runs", |s| s.current_deployment()],
        in ["next_deployment_", "that is being rolled out", |s| s.next_deployment()],
        [
            flag("is_disabled", "Whether it is switched off; its nodes cost all the same.", |s| {
                s.is_disabled()
            }),
            text("principal_arn", "The role that it acts as, to grant it access to other services.", |s| {
                s.principal_arn()
            }),
            text(
                "private_domain_name",
                "The name that other Lightsail resources of the region reach it by.",
                |s| s.private_domain_name(),
            ),
            list_map("public_domain_names", "The custom domains by the certificate that they need.", |s| {
                s.public_domain_names.as_ref()
            }),
            text("url", "The URL that everybody reaches it by.", |s| s.url()),
            flag(
                "private_registry_access_ecr_image_puller_role_is_active",
                "Whether it may pull images from private repositories of Amazon ECR.",
                |s| puller_role(s)?.is_active(),
            ),
            text(
                "private_registry_access_ecr_image_puller_role_principal_arn",
                "The role that it pulls such images as.",
                |s| puller_role(s)?.principal_arn(),
            ),
        ]
    ),
};
