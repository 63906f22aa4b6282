//! `container_images`: asked for one service each.

use aws_sdk_lightsail::types::{ContainerImage, ContainerService};

use super::container_services::GET_CONTAINER_SERVICES;
use crate::catalog::column::{text, time};
use crate::catalog::operation::{Asked, Items, Operation, Parent, call};
use crate::catalog::rows::{Plain, named, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetContainerImages: the images that were pushed to one service, without pages.
pub static GET_CONTAINER_IMAGES: Operation = Operation::about(
    "GetContainerImages",
    &[("container_service_name", "serviceName")],
    &[Parent {
        operation: &GET_CONTAINER_SERVICES,
        subjects: |items| named::<ContainerService>(items, "serviceName"),
    }],
    call!(|request| get_container_images.set_service_name(request.text("serviceName"))
        => |output| output.container_images.map(|items| Items::asked(&request.parameters, items)), None),
);

resource!(ContainerImage);

/// `container_images`.
pub static CONTAINER_IMAGES: TableSpec<Plain<Asked<ContainerImage>>> = TableSpec {
    name: "container_images",
    group: Group::Containers,
    description: "Images that were pushed to container services, one row each; one call for each service.",
    feeds: &[Feed::of::<Asked<ContainerImage>>(&GET_CONTAINER_IMAGES)],
    key: None,
    examples: &[
        "SELECT container_service_name, count(*) AS images, max(created_at) AS newest FROM container_images \
                 GROUP BY container_service_name ORDER BY images DESC",
    ],
    columns: &[
        text(
            "container_service_name",
            "The name of the container service; a predicate on it saves the other calls.",
            |i| i.parameters.text("serviceName"),
        ),
        text("image", "The name of the image, such as :web.www.3.", |i| i.item.image()),
        text("digest", "The digest of its content, such as sha256:….", |i| i.item.digest()),
        time("created_at", "When it was pushed.", |i| i.item.created_at()),
    ],
};
