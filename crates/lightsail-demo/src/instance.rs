//! An instance as Lightsail writes it on the wire.

use super::fleet::{Disk, Instance};
use super::json::Json;
use super::place::Place;
use super::plans::Platform;
use super::ports::Port;
use super::resource::{add_ons, arn, location, tags};

/// Writes the members of `instance`; the two health statuses only if `health` was asked for, as Lightsail does.
pub(super) fn write(json: &mut Json, instance: &Instance, place: &Place<'_>, health: bool) {
    json.text("name", &instance.name);
    json.text("arn", &arn(place, "Instance", &instance.id));
    json.text("supportCode", &instance.support_code);
    json.time("createdAt", instance.created);
    location(json, place, "Instance", &instance.zone);
    json.text("resourceType", "Instance");
    tags(json, instance.tags.as_deref());
    json.text("blueprintId", instance.blueprint.id);
    json.text("blueprintName", instance.blueprint.name);
    json.text("bundleId", instance.bundle.id);
    add_ons(json, instance.add_ons.as_deref());
    json.plain("isStaticIp", instance.is_static_ip);
    json.some_text("privateIpAddress", instance.private_ip.as_deref());
    json.some_text("publicIpAddress", instance.public_ip.as_deref());
    if let Some(addresses) = &instance.ipv6 {
        json.texts("ipv6Addresses", addresses);
    }
    json.text("ipAddressType", instance.address_type);
    json.nested("hardware", |json| {
        json.plain("cpuCount", instance.bundle.cpus);
        json.array("disks", |json| disks(json, instance, place));
        json.plain("ramSizeInGb", format_args!("{:?}", instance.bundle.ram));
    });
    json.nested("networking", |json| {
        json.nested("monthlyTransfer", |json| json.plain("gbPerMonthAllocated", instance.bundle.transfer));
        if let Some(ports) = &instance.ports {
            json.array("ports", |json| ports.iter().for_each(|one| json.element(|json| port(json, one))));
        }
    });
    json.nested("state", |json| {
        json.plain("code", instance.state.0);
        json.text("name", instance.state.1);
    });
    json.text("username", instance.blueprint.username);
    json.some_text("sshKeyName", instance.ssh_key);
    if let Some(options) = &instance.metadata {
        json.nested("metadataOptions", |json| {
            json.text("state", options.state);
            json.text("httpTokens", options.tokens);
            json.text("httpEndpoint", options.endpoint);
            json.plain("httpPutResponseHopLimit", options.hop_limit);
            json.text("httpProtocolIpv6", options.ipv6);
        });
    }
    if health {
        status(json, "instanceStatus", instance.state.1, instance.impaired.0);
        status(json, "systemStatus", instance.state.1, instance.impaired.1);
    }
}

/// Writes the disks of `instance` as elements. The system disk stands before the others or after them: AWS keeps no order either. Of a pending instance it tells
/// no disks at all.
pub(super) fn disks(json: &mut Json, instance: &Instance, place: &Place<'_>) {
    let system_first = instance.created % 2 == 1;
    let has_system_disk = instance.state.1 != "pending";
    if has_system_disk && system_first {
        json.element(|json| system_disk(json, instance));
    }
    for one in &instance.disks {
        json.element(|json| disk(json, place, one, &instance.zone, Some(&instance.name)));
    }
    if has_system_disk && !system_first {
        json.element(|json| system_disk(json, instance));
    }
}

/// Just these members, as in AWS's own sample: no name, arn, state, tags or location.
fn system_disk(json: &mut Json, instance: &Instance) {
    let size = instance.bundle.disk;
    json.time("createdAt", instance.created);
    json.plain("sizeInGb", size);
    json.plain("isSystemDisk", true);
    json.plain("iops", iops(size));
    json.text("path", system_path(instance.blueprint.platform));
    json.text("attachedTo", &instance.name);
    json.text("attachmentState", "attached");
}

/// Writes a disk of a zone that is attached to the instance of this name, or to none.
pub(super) fn disk(json: &mut Json, place: &Place<'_>, disk: &Disk, zone: &str, attached_to: Option<&str>) {
    json.text("name", &disk.name);
    json.text("arn", &arn(place, "Disk", &disk.id));
    json.text("supportCode", &disk.support_code);
    json.time("createdAt", disk.created);
    location(json, place, "Disk", zone);
    json.text("resourceType", "Disk");
    tags(json, disk.tags.as_deref());
    add_ons(json, disk.add_ons.as_deref());
    json.plain("sizeInGb", disk.size);
    json.plain("isSystemDisk", false);
    json.plain("iops", iops(disk.size));
    json.some_text("path", attached_to.map(|_| disk.path));
    json.text("state", disk.state);
    json.some_text("attachedTo", attached_to);
    json.plain("isAttached", attached_to.is_some());
    json.some_text("attachmentState", attached_to.map(|_| "attached"));
    if let Some(gb) = disk.gb_in_use {
        json.plain("gbInUse", gb);
    }
    json.some_text("autoMountStatus", disk.auto_mount);
}

/// A gp2 volume's: three for each GB, at least 100.
pub(super) fn iops(gb: u32) -> u32 {
    (3 * gb).max(100)
}

/// Where the system disk is found.
pub(super) fn system_path(platform: Platform) -> &'static str {
    if platform == Platform::Windows { "/dev/sda1" } else { "/dev/xvda" }
}

fn port(json: &mut Json, port: &Port) {
    json.plain("fromPort", port.from);
    json.plain("toPort", port.to);
    json.text("protocol", port.protocol);
    json.text("accessFrom", port.access.text);
    // In lower case on the wire, though the service model says `Public`.
    json.text("accessType", "public");
    json.text("commonName", port.common_name);
    json.text("accessDirection", "inbound");
    if let Some([cidrs, ipv6_cidrs, aliases]) = port.access.lists {
        json.texts("cidrs", cidrs);
        json.texts("ipv6Cidrs", ipv6_cidrs);
        json.texts("cidrListAliases", aliases);
    }
}

fn status(json: &mut Json, key: &str, state: &str, impaired: Option<u64>) {
    let (status, reachability) = match (state, impaired) {
        ("running", None) => ("ok", "passed"),
        ("running", Some(_)) => ("impaired", "failed"),
        ("pending", _) => ("initializing", "initializing"),
        _ => ("insufficient-data", "insufficient-data"),
    };
    json.nested(key, |json| {
        json.text("status", status);
        json.array("details", |json| {
            json.element(|json| {
                json.text("name", "reachability");
                json.text("status", reachability);
                if let Some(since) = impaired {
                    json.time("impairedSince", since);
                }
            });
        });
    });
}
