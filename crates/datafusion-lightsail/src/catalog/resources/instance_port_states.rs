//! `instance_port_states`: the firewall rules of `ports` with the state of each, for one call an instance.

use aws_sdk_lightsail::types::{Instance, InstancePortState};

use super::firewall;
use super::instances::GET_INSTANCES;
use crate::catalog::column::{required_int, text, text_list};
use crate::catalog::operation::{Asked, Items, Operation, Parent, call};
use crate::catalog::rows::{Plain, named, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetInstancePortStates.
pub static GET_INSTANCE_PORT_STATES: Operation = Operation::about(
    "GetInstancePortStates",
    &[("instance_name", "instanceName")],
    &[Parent { operation: &GET_INSTANCES, subjects: |items| named::<Instance>(items, "instanceName") }],
    call!(|request| get_instance_port_states.set_instance_name(request.text("instanceName"))
        => |output| output.port_states.map(|items| Items::asked(&request.parameters, items)), None),
);

resource!(InstancePortState);

/// `instance_port_states`.
pub static INSTANCE_PORT_STATES: TableSpec<Plain<Asked<InstancePortState>>> = TableSpec {
    name: "instance_port_states",
    group: Group::Servers,
    description: "Port ranges of instances with their state, one row each; one call for each instance: \
                  ports needs none.",
    feeds: &[Feed::of::<Asked<InstancePortState>>(&GET_INSTANCE_PORT_STATES)],
    key: None,
    examples: &[
        "SELECT protocol, from_port, to_port, state, count(*) AS instances FROM instance_port_states \
                 GROUP BY protocol, from_port, to_port, state ORDER BY instances DESC",
    ],
    columns: &[
        text("instance_name", "The name of the instance; a predicate on it saves the other calls.", |p| {
            p.parameters.text("instanceName")
        }),
        required_int(
            "from_port",
            "The first port of the range; the ICMP type, -1 for all, if the protocol is ICMP.",
            |p| p.item.from_port(),
        ),
        required_int(
            "to_port",
            "The last port of the range; the ICMP code, -1 for all, if the protocol is ICMP.",
            |p| p.item.to_port(),
        ),
        text("protocol", firewall::PROTOCOL, |p| Some(firewall::protocol(p.item.protocol()?))),
        text("state", "Whether the range is open or closed.", |p| Some(p.item.state()?.as_str())),
        text_list("cidrs", firewall::CIDRS, |p| p.item.cidrs.as_deref()),
        text_list("ipv6_cidrs", firewall::IPV6_CIDRS, |p| p.item.ipv6_cidrs.as_deref()),
        text_list(
            "cidr_list_aliases",
            "Networks by name: lightsail-connect is the browser console, not the internet.",
            |p| p.item.cidr_list_aliases.as_deref(),
        ),
    ],
};
