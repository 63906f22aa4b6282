//! Static IP addresses: one for each instance that says it has one, and some that nothing uses and that cost all the
//! same.

use crate::call::Operation;
use crate::error::Error;
use crate::fleet::{Instance, LAST_PUBLIC_IP, before, public_ip};
use crate::input::text;
use crate::json::Json;
use crate::page::{self, numbered};
use crate::place::{Place, named};
use crate::resource::Head;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetStaticIps",
        members: &[text("pageToken")],
        answer: |call| {
            page::list(
                call,
                "staticIps",
                |start| static_ips(call.place, start),
                |json, ip| ip.write(json, &call.place),
            )
        },
    },
    Operation {
        name: "GetStaticIp",
        members: &[text("staticIpName").required()],
        answer: |call| {
            let name = call.required("staticIpName");
            let ip = static_ip_named(&call.place, name).ok_or_else(|| Error::not_found("StaticIp", name))?;
            page::one("staticIp", ip, |json, ip| ip.write(json, &call.place))
        },
    },
];

/// A static IP address.
#[derive(Debug)]
pub(super) struct StaticIp {
    pub(super) head: Head,
    address: String,
    pub(super) attached_to: Option<String>,
}

impl StaticIp {
    fn write(&self, json: &mut Json, place: &Place<'_>) {
        self.head.write(json, place);
        json.text("ipAddress", &self.address);
        json.some_text("attachedTo", self.attached_to.as_deref());
        json.plain("isAttached", self.attached_to.is_some());
    }
}

/// All static IPs from a position on: the instances', then the spare ones.
pub(super) fn static_ips(place: Place<'_>, start: u64) -> impl Iterator<Item = (u64, StaticIp)> {
    let first = place.size();
    let spare =
        numbered(start.saturating_sub(first), place.spare_static_ips(), move |number| spare(&place, number));
    place
        .instances(start)
        .filter_map(move |(index, instance)| Some((index, attached(&place, index, &instance)?)))
        .chain(spare.map(move |(number, ip)| (first + number, ip)))
}

/// The static IP of this name.
pub(super) fn static_ip_named(place: &Place<'_>, name: &str) -> Option<StaticIp> {
    match name.strip_suffix("-ip") {
        Some(instance) => {
            let (index, instance) = place.instance_named(instance)?;
            attached(place, index, &instance)
        }
        None => {
            let make = |number| spare(place, number);
            named(name, place.spare_static_ips(), make, |ip| &ip.head.name).map(|(_, ip)| ip)
        }
    }
}

/// The static IP of an instance, if it has one.
pub(super) fn attached(place: &Place<'_>, index: u64, instance: &Instance) -> Option<StaticIp> {
    let address = instance.public_ip.clone().filter(|_| instance.is_static_ip)?;
    let mut random = place.random("StaticIp", index);
    let mut head = untagged(place, format!("{}-ip", instance.name), index);
    head.created = before(&mut random, place.today(), place.today() - instance.created);
    Some(StaticIp { head, address, attached_to: Some(instance.name.clone()) })
}

fn spare(place: &Place<'_>, number: u64) -> StaticIp {
    StaticIp {
        head: untagged(place, format!("StaticIp-{}", number + 1), place.size() + number),
        address: public_ip(place.region(), LAST_PUBLIC_IP - number % LAST_PUBLIC_IP),
        attached_to: None,
    }
}

/// Lightsail has no tags on static IPs.
fn untagged(place: &Place<'_>, name: String, index: u64) -> Head {
    let head = Head::draw(place, "StaticIp", name, "", &mut place.random("StaticIp head", index));
    Head { tags: None, ..head }
}
