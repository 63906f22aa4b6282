//! `container_service_powers`.

use aws_sdk_lightsail::types::ContainerServicePower;

use crate::catalog::column::{flag, single, text};
use crate::catalog::operation::{Items, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetContainerServicePowers: asked in each region, for what is offered differs among them.
pub static GET_CONTAINER_SERVICE_POWERS: Operation = Operation::new(
    "GetContainerServicePowers",
    call!(|_| get_container_service_powers
        => |output| output.powers.map(Items::new), None),
);

resource!(ContainerServicePower);

/// `container_service_powers`.
pub static CONTAINER_SERVICE_POWERS: TableSpec<Plain<ContainerServicePower>> = TableSpec {
    name: "container_service_powers",
    group: Group::Containers,
    description: "Sizes that the nodes of container services can have, one row for each in each region.",
    feeds: &[Feed::of::<ContainerServicePower>(&GET_CONTAINER_SERVICE_POWERS)],
    key: None,
    examples: &["SELECT s.region, s.container_service_name, s.scale, s.scale * p.price AS price \
         FROM container_services AS s \
         JOIN container_service_powers AS p \
         ON p.region = s.region AND p.power_id = s.power_id ORDER BY price DESC"],
    columns: &[
        text("power_id", "The id of the size, to join with container_services.power_id.", |b| b.power_id()),
        single("price", "The price in US dollars per month of one node.", |b| b.price()),
        single("cpu_count", "How many virtual CPUs a node has, a fraction for the small sizes.", |b| {
            b.cpu_count()
        }),
        single("ram_size_in_gb", "The memory of a node in GB.", |b| b.ram_size_in_gb()),
        text("name", "The name of the size, such as nano, to join with container_services.power.", |b| {
            b.name()
        }),
        flag("is_active", "Whether new container services can have it.", |b| b.is_active()),
    ],
};
