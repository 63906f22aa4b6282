//! `instances` and what hangs on them: `disks` and `ports`, all from one GetInstances.

use aws_sdk_lightsail::types::{Disk, Instance, InstanceHardware, InstanceMetadataOptions, InstancePortInfo};

use super::block_disks::disk_columns;
use super::firewall;
use crate::catalog::column::{
    flag, health_details, int, needing, required_int, single, tags, text, text_list, time,
};
use crate::catalog::operation::{Items, Lookup, Needs, Operation, call};
use crate::catalog::rows::{Plain, Resource, each, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetInstances: pages of about 20 instances, in the order of the service.
pub static GET_INSTANCES: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetInstance",
        member: "instanceName",
        get: call!(|request| get_instance
            .set_instance_name(request.text("instanceName"))
            .set_include_health_status(request.needs.flag(Needs::HEALTH_STATUS))
            => |output| output.instance.map(Items::one), None),
    }),
    ..Operation::new(
        "GetInstances",
        call!(|request| get_instances
            .set_page_token(request.token)
            .set_include_health_status(request.needs.flag(Needs::HEALTH_STATUS))
            => |output| output.instances.map(compact).map(Items::new), output.next_page_token),
    )
};

resource!(Instance: name, arn, location);

/// The SDK leaves room for four disks with each instance, which most do not have: as much as all the rest takes.
fn compact(mut instances: Vec<Instance>) -> Vec<Instance> {
    let hardware = instances.iter_mut().filter_map(|instance| instance.hardware.as_mut());
    hardware.filter_map(|hardware| hardware.disks.as_mut()).for_each(Vec::shrink_to_fit);
    instances
}

fn metadata(instance: &Instance) -> Option<&InstanceMetadataOptions> {
    instance.metadata_options()
}

/// `instances`.
pub static INSTANCES: TableSpec<Plain<Instance>> = TableSpec {
    name: "instances",
    group: Group::Servers,
    description: "Virtual private servers, one row each.",
    feeds: &[Feed::of::<Instance>(&GET_INSTANCES)],
    key: Some("name"),
    examples: &[
        "SELECT region, name, state, public_ip_address FROM instances WHERE state <> 'running' \
         ORDER BY region, name",
        "SELECT region, bundle_id, count(*) AS instances FROM instances \
         GROUP BY region, bundle_id ORDER BY instances DESC",
    ],
    columns: &[
        text("name", "The name that its owner gave the instance, unique in its region.", |i| i.name()),
        text("arn", "The Amazon Resource Name, unique everywhere.", |i| i.arn()),
        text("support_code", "The code to quote to AWS support about this instance.", |i| i.support_code()),
        time("created_at", "When the instance was created.", |i| i.created_at()),
        text("availability_zone", "The zone of the region that it runs in.", |i| {
            i.location()?.availability_zone()
        }),
        text("resource_type", "Always Instance.", |i| Some(i.resource_type()?.as_str())),
        tags("tags", "The tags by key; a tag without a value is NULL.", |i| i.tags.as_deref()),
        text("blueprint_id", "The image that it was made from, such as ubuntu_24_04.", |i| i.blueprint_id()),
        text("blueprint_name", "The name of that image for people.", |i| i.blueprint_name()),
        text("bundle_id", "The plan that it is billed by, such as micro_3_0.", |i| i.bundle_id()),
        flag("is_static_ip", "Whether its public IPv4 address is a static IP.", |i| i.is_static_ip()),
        text("private_ip_address", "Its IPv4 address inside the Lightsail network.", |i| {
            i.private_ip_address()
        }),
        text("public_ip_address", "Its public IPv4 address, if it has one.", |i| i.public_ip_address()),
        text_list("ipv6_addresses", "Its public IPv6 addresses.", |i| i.ipv6_addresses.as_deref()),
        text("ip_address_type", "Which protocols it speaks: ipv4, ipv6 or dualstack.", |i| {
            Some(i.ip_address_type()?.as_str())
        }),
        int("cpu_count", "How many virtual CPUs it has.", |i| i.hardware()?.cpu_count()),
        single("ram_size_in_gb", "Its memory in GB.", |i| i.hardware()?.ram_size_in_gb()),
        int("gb_per_month_allocated", "The transfer that its plan includes, in GB per month.", |i| {
            i.networking()?.monthly_transfer()?.gb_per_month_allocated()
        }),
        int("state_code", "The code of its state: 16 is running, 80 is stopped.", |i| i.state()?.code()),
        text("state", "Its power state, such as running.", |i| i.state()?.name()),
        text("username", "The user to log in as.", |i| i.username()),
        text("ssh_key_name", "The key pair that opens it.", |i| i.ssh_key_name()),
        text(
            "metadata_options_state",
            "Whether a change of the metadata options is applied or pending.",
            |i| Some(metadata(i)?.state()?.as_str()),
        ),
        text(
            "metadata_options_http_tokens",
            "Whether metadata needs a token: required (IMDSv2) or optional (IMDSv1 too).",
            |i| Some(metadata(i)?.http_tokens()?.as_str()),
        ),
        text("metadata_options_http_endpoint", "Whether the metadata service answers at all.", |i| {
            Some(metadata(i)?.http_endpoint()?.as_str())
        }),
        int(
            "metadata_options_http_put_response_hop_limit",
            "How many hops a metadata token may travel.",
            |i| metadata(i)?.http_put_response_hop_limit(),
        ),
        text("metadata_options_http_protocol_ipv6", "Whether the metadata service answers over IPv6.", |i| {
            Some(metadata(i)?.http_protocol_ipv6()?.as_str())
        }),
        needing(
            Needs::HEALTH_STATUS,
            text("instance_status", "The verdict of the checks of the instance itself.", |i| {
                Some(i.instance_status()?.status()?.as_str())
            }),
        ),
        needing(
            Needs::HEALTH_STATUS,
            text("system_status", "The verdict of the checks of the host beneath it.", |i| {
                Some(i.system_status()?.status()?.as_str())
            }),
        ),
        needing(
            Needs::HEALTH_STATUS,
            health_details("instance_status_details", "The single checks behind instance_status.", |i| {
                i.instance_status()?.details.as_deref()
            }),
        ),
        needing(
            Needs::HEALTH_STATUS,
            health_details("system_status_details", "The single checks behind system_status.", |i| {
                i.system_status()?.details.as_deref()
            }),
        ),
    ],
};

each! {
    /// One row for each disk that an instance lists. A system disk has no location and is where its instance is.
    pub DiskRows: Instance => &'a Disk,
    |instance| instance.hardware().map(InstanceHardware::disks).unwrap_or_default(),
    at |disk| disk.region()
}

/// `disks`.
#[expect(deprecated, reason = "two members are discontinued but still come over the wire")]
pub static DISKS: TableSpec<DiskRows> = TableSpec {
    name: "disks",
    group: Group::Storage,
    description: "Disks attached to instances, system disks included, one row each.",
    feeds: &[Feed::of::<Instance>(&GET_INSTANCES)],
    key: Some("instance_name"),
    examples: &["SELECT instance_name, count(*) AS disks, sum(size_in_gb) AS gb FROM disks \
         GROUP BY instance_name ORDER BY gb DESC"],
    columns: disk_columns!(
        text("instance_name", "The name of the instance that lists the disk.", |(i, _)| i.name()),
        text("instance_arn", "The arn of that instance, to join with instances.arn.", |(i, _)| i.arn());
        (_, disk) => disk
    ),
};

each! {
    /// One row for each port range that an instance's firewall opens.
    pub PortRows: Instance => &'a InstancePortInfo,
    |instance| instance.networking().map(|networking| networking.ports()).unwrap_or_default()
}

/// `ports`.
pub static PORTS: TableSpec<PortRows> = TableSpec {
    name: "ports",
    group: Group::Servers,
    description: "Port ranges that the firewalls of instances open, one row each.",
    feeds: &[Feed::of::<Instance>(&GET_INSTANCES)],
    key: Some("instance_name"),
    examples: &["SELECT i.region, i.name, i.public_ip_address, p.from_port, p.to_port FROM instances AS i \
         JOIN ports AS p ON p.instance_arn = i.arn \
         WHERE p.protocol = 'tcp' AND 22 BETWEEN p.from_port AND p.to_port \
         AND covers_internet(p.cidrs) \
         ORDER BY i.region, i.name"],
    columns: &[
        text("instance_name", "The name of the instance.", |(i, _)| i.name()),
        text("instance_arn", "The arn of the instance, to join with instances.arn.", |(i, _)| i.arn()),
        required_int(
            "from_port",
            "The first port of the range; the ICMP type, -1 for all, if the protocol is ICMP.",
            |(_, p)| p.from_port(),
        ),
        required_int(
            "to_port",
            "The last port of the range; the ICMP code, -1 for all, if the protocol is ICMP.",
            |(_, p)| p.to_port(),
        ),
        text("protocol", firewall::PROTOCOL, |(_, p)| Some(firewall::protocol(p.protocol()?))),
        text(
            "access_from",
            "Who may connect, in words for people: judge by cidrs and ipv6_cidrs.",
            |(_, p)| p.access_from(),
        ),
        text("access_type", "The kind of access, such as public.", |(_, p)| Some(p.access_type()?.as_str())),
        text("common_name", "The name of the rule for people.", |(_, p)| p.common_name()),
        text("access_direction", "inbound, the only direction that Lightsail has.", |(_, p)| {
            Some(p.access_direction()?.as_str())
        }),
        text_list("cidrs", firewall::CIDRS, |(_, p)| p.cidrs.as_deref()),
        text_list("ipv6_cidrs", firewall::IPV6_CIDRS, |(_, p)| p.ipv6_cidrs.as_deref()),
        text_list(
            "cidr_list_aliases",
            "Networks by name: lightsail-connect is the browser console, not the internet.",
            |(_, p)| p.cidr_list_aliases.as_deref(),
        ),
    ],
};
