//! `instances` and what hangs on them: `disks` and `ports`, all from one GetInstances.

use aws_sdk_lightsail::types::{Disk, Instance, InstanceHardware, InstanceMetadataOptions, InstancePortInfo};

use crate::catalog::column::{
    flag, float, health_details, int, needing, required_int, tags, text, text_list, time,
};
use crate::catalog::operation::{Items, Lookup, Needs, Operation, call};
use crate::catalog::rows::{FromItem, Rows};
use crate::catalog::table::{Feed, TableSpec};

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
            => |output| output.instances.map(Items::new), output.next_page_token),
    )
};

/// One row for each instance.
#[derive(Debug)]
pub struct InstanceRows;

impl Rows for InstanceRows {
    type Row<'a> = &'a Instance;

    fn arn<'r>(row: &'r &Instance) -> Option<&'r str> {
        row.arn()
    }

    fn region<'r>(row: &'r &Instance) -> Option<&'r str> {
        region(row)
    }
}

impl FromItem<Instance> for InstanceRows {
    fn rows(item: &Instance) -> impl Iterator<Item = &Instance> {
        std::iter::once(item)
    }
}

pub(super) fn region(instance: &Instance) -> Option<&str> {
    Some(instance.location()?.region_name()?.as_str())
}

fn metadata(instance: &Instance) -> Option<&InstanceMetadataOptions> {
    instance.metadata_options()
}

/// The wire says 0.6 and the SDK keeps an `f32`: the shortest decimal is what was meant.
fn widen(value: f32) -> Option<f64> {
    value.to_string().parse().ok()
}

/// `instances`.
pub static INSTANCES: TableSpec<InstanceRows> = TableSpec {
    name: "instances",
    description: "Virtual private servers, one row each.",
    feeds: &[Feed::of::<Instance>(&GET_INSTANCES)],
    key: Some("name"),
    examples: &[],
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
        float("ram_size_in_gb", "Its memory in GB.", |i| widen(i.hardware()?.ram_size_in_gb()?)),
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

/// One row for each disk that an instance lists.
#[derive(Debug)]
pub struct DiskRows;

/// A disk and the instance that it is attached to.
#[derive(Debug, Clone, Copy)]
pub struct DiskRow<'a> {
    instance: &'a Instance,
    disk: &'a Disk,
}

/// The disks that an instance lists, the system disk included.
pub(super) fn disks(instance: &Instance) -> impl Iterator<Item = &Disk> {
    instance.hardware().map(InstanceHardware::disks).unwrap_or_default().iter()
}

/// A disk's own region; a system disk has no location and is where its instance is.
pub(super) fn disk_region<'a>(instance: &'a Instance, disk: &'a Disk) -> Option<&'a str> {
    disk.location().and_then(|location| Some(location.region_name()?.as_str())).or_else(|| region(instance))
}

impl Rows for DiskRows {
    type Row<'a> = DiskRow<'a>;

    fn arn<'r>(row: &'r DiskRow<'_>) -> Option<&'r str> {
        row.instance.arn()
    }

    fn region<'r>(row: &'r DiskRow<'_>) -> Option<&'r str> {
        disk_region(row.instance, row.disk)
    }
}

impl FromItem<Instance> for DiskRows {
    fn rows(instance: &Instance) -> impl Iterator<Item = DiskRow<'_>> {
        disks(instance).map(move |disk| DiskRow { instance, disk })
    }
}

/// `disks`.
// Two members are discontinued but still come over the wire.
#[allow(deprecated)]
pub static DISKS: TableSpec<DiskRows> = TableSpec {
    name: "disks",
    description: "Disks attached to instances, system disks included, one row each.",
    feeds: &[Feed::of::<Instance>(&GET_INSTANCES)],
    key: Some("instance_name"),
    examples: &[],
    columns: &[
        text("instance_name", "The name of the instance that lists the disk.", |d| d.instance.name()),
        text("instance_arn", "The arn of that instance, to join with instances.arn.", |d| d.instance.arn()),
        text("name", "The name of the disk; a system disk has none.", |d| d.disk.name()),
        text("arn", "The Amazon Resource Name of the disk; a system disk has none.", |d| d.disk.arn()),
        text("support_code", "The code to quote to AWS support about this disk.", |d| d.disk.support_code()),
        time("created_at", "When the disk was created.", |d| d.disk.created_at()),
        text("availability_zone", "The zone of the region that it is in.", |d| {
            d.disk.location()?.availability_zone()
        }),
        text("resource_type", "Disk, where the API says it.", |d| Some(d.disk.resource_type()?.as_str())),
        tags("tags", "The tags by key; a tag without a value is NULL.", |d| d.disk.tags.as_deref()),
        int("size_in_gb", "Its size in GB.", |d| d.disk.size_in_gb()),
        flag("is_system_disk", "Whether the operating system is on it.", |d| d.disk.is_system_disk()),
        int("iops", "The input and output operations that it allows per second.", |d| d.disk.iops()),
        text("path", "The device path on the instance, such as /dev/xvda.", |d| d.disk.path()),
        text("state", "The state of the disk, such as in-use.", |d| Some(d.disk.state()?.as_str())),
        text("attached_to", "The name of the instance that it is attached to.", |d| d.disk.attached_to()),
        flag("is_attached", "Whether it is attached.", |d| d.disk.is_attached()),
        text("attachment_state", "Discontinued by AWS, but still sent for some disks.", |d| {
            d.disk.attachment_state()
        }),
        int("gb_in_use", "Discontinued by AWS, but still sent for some disks.", |d| d.disk.gb_in_use()),
        text("auto_mount_status", "Whether Lightsail for Research mounts it by itself.", |d| {
            Some(d.disk.auto_mount_status()?.as_str())
        }),
    ],
};

/// One row for each port range that an instance's firewall opens.
#[derive(Debug)]
pub struct PortRows;

/// A port range and the instance whose firewall opens it.
#[derive(Debug, Clone, Copy)]
pub struct PortRow<'a> {
    instance: &'a Instance,
    port: &'a InstancePortInfo,
}

impl Rows for PortRows {
    type Row<'a> = PortRow<'a>;

    fn arn<'r>(row: &'r PortRow<'_>) -> Option<&'r str> {
        row.instance.arn()
    }

    fn region<'r>(row: &'r PortRow<'_>) -> Option<&'r str> {
        region(row.instance)
    }
}

impl FromItem<Instance> for PortRows {
    fn rows(instance: &Instance) -> impl Iterator<Item = PortRow<'_>> {
        let ports = instance.networking().map(|networking| networking.ports()).unwrap_or_default();
        ports.iter().map(move |port| PortRow { instance, port })
    }
}

/// `ports`.
pub static PORTS: TableSpec<PortRows> = TableSpec {
    name: "ports",
    description: "Port ranges that the firewalls of instances open, one row each.",
    feeds: &[Feed::of::<Instance>(&GET_INSTANCES)],
    key: Some("instance_name"),
    examples: &[],
    columns: &[
        text("instance_name", "The name of the instance.", |p| p.instance.name()),
        text("instance_arn", "The arn of the instance, to join with instances.arn.", |p| p.instance.arn()),
        required_int(
            "from_port",
            "The first port of the range; the ICMP type, -1 for all, if the protocol is ICMP.",
            |p| p.port.from_port(),
        ),
        required_int(
            "to_port",
            "The last port of the range; the ICMP code, -1 for all, if the protocol is ICMP.",
            |p| p.port.to_port(),
        ),
        text("protocol", "tcp, udp, icmp, icmpv6 or all.", |p| Some(p.port.protocol()?.as_str())),
        text("access_from", "Who may connect, in words for people: judge by cidrs and ipv6_cidrs.", |p| {
            p.port.access_from()
        }),
        text("access_type", "The kind of access, such as public.", |p| Some(p.port.access_type()?.as_str())),
        text("common_name", "The name of the rule for people.", |p| p.port.common_name()),
        text("access_direction", "inbound, the only direction that Lightsail has.", |p| {
            Some(p.port.access_direction()?.as_str())
        }),
        text_list("cidrs", "The IPv4 networks that may connect; 0.0.0.0/0 is everybody.", |p| {
            p.port.cidrs.as_deref()
        }),
        text_list("ipv6_cidrs", "The IPv6 networks that may connect; ::/0 is everybody.", |p| {
            p.port.ipv6_cidrs.as_deref()
        }),
        text_list(
            "cidr_list_aliases",
            "Networks by name: lightsail-connect is the browser console, not the internet.",
            |p| p.port.cidr_list_aliases.as_deref(),
        ),
    ],
};
