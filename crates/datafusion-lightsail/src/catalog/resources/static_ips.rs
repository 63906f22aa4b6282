//! `static_ips`.

use aws_sdk_lightsail::types::StaticIp;

use super::common::{arn, created_at, support_code, zone};
use crate::catalog::column::{flag, text};
use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetStaticIps.
pub static GET_STATIC_IPS: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetStaticIp",
        member: "staticIpName",
        get: call!(|request| get_static_ip.set_static_ip_name(request.text("staticIpName"))
            => |output| output.static_ip.map(Items::one), None),
    }),
    ..Operation::new(
        "GetStaticIps",
        call!(|request| get_static_ips.set_page_token(request.token)
            => |output| output.static_ips.map(Items::new), output.next_page_token),
    )
};

resource!(StaticIp: name, arn, location);

/// `static_ips`.
pub static STATIC_IPS: TableSpec<Plain<StaticIp>> = TableSpec {
    name: "static_ips",
    group: Group::Network,
    description: "Static public IPv4 addresses, attached or not, one row each.",
    feeds: &[Feed::of::<StaticIp>(&GET_STATIC_IPS)],
    key: Some("name"),
    examples: &[
        "SELECT region, name, ip_address, created_at FROM static_ips WHERE NOT is_attached \
         ORDER BY created_at",
        "SELECT is_attached, count(*) AS addresses FROM static_ips GROUP BY is_attached",
    ],
    columns: &[
        text("name", "The name that its owner gave the address, unique in its region.", |s| s.name()),
        arn(|s| s.arn()),
        support_code(|s| s.support_code()),
        created_at(|s| s.created_at()),
        zone(|s| s.location()?.availability_zone()),
        text("resource_type", "Always StaticIp.", |s| Some(s.resource_type()?.as_str())),
        text("ip_address", "The IPv4 address.", |s| s.ip_address()),
        text("attached_to", "The name of the instance that it is attached to.", |s| s.attached_to()),
        flag("is_attached", "Whether it is attached; if not, it costs extra.", |s| s.is_attached()),
    ],
};
