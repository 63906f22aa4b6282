//! Instances, and the state of their firewall.

use crate::call::Operation;
use crate::error::Error;
use crate::input::{flag, text};
use crate::instance;
use crate::page;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetInstances",
        members: &[text("pageToken"), flag("includeHealthStatus")],
        answer: |call| {
            let health = call.flag("includeHealthStatus");
            page::list(
                call,
                "instances",
                |start| call.place.instances(start),
                |json, one| instance::write(json, one, &call.place, health),
            )
        },
    },
    Operation {
        name: "GetInstance",
        members: &[text("instanceName").required(), flag("includeHealthStatus")],
        answer: |call| {
            let (name, health) = (call.required("instanceName"), call.flag("includeHealthStatus"));
            let found = call.place.instance_named(name).map(|(_, one)| one);
            page::one("instance", found.ok_or_else(|| Error::not_found("Instance", name))?, |json, one| {
                instance::write(json, one, &call.place, health)
            })
        },
    },
    Operation {
        name: "GetInstancePortStates",
        members: &[text("instanceName").required()],
        answer: |call| {
            let name = call.required("instanceName");
            let (_, one) =
                call.place.instance_named(name).ok_or_else(|| Error::not_found("Instance", name))?;
            // What GetInstances says nothing of is no open port; a closed one is never listed.
            page::whole("portStates", one.ports.iter().flatten(), |json, port| {
                json.plain("fromPort", port.from);
                json.plain("toPort", port.to);
                json.text("protocol", port.protocol);
                json.text("state", "open");
                if let Some([cidrs, ipv6_cidrs, aliases]) = port.access.lists {
                    json.texts("cidrs", cidrs);
                    json.texts("ipv6Cidrs", ipv6_cidrs);
                    json.texts("cidrListAliases", aliases);
                }
            })
        },
    },
];
