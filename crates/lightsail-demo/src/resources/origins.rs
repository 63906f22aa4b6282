//! Where distributions get what they deliver: a bucket, a load balancer, an instance or a container service.

use crate::json::Json;
use crate::place::Place;

use super::buckets::bucket;
use super::container_services::service;
use super::load_balancers::load_balancer;

/// How far to look for an instance with a static IP: without one it can be no origin.
const LOOK: u64 = 64;

/// The origin of a distribution.
#[derive(Debug)]
pub(super) struct Origin {
    name: String,
    kind: &'static str,
    region: &'static str,
    protocol: &'static str,
    /// In seconds; only what was set by hand is told.
    timeout: Option<u32>,
    dns: String,
    private: Option<bool>,
}

/// The origin of distribution `number`: of a kind and in a region of its turn, or where that has none a bucket here.
pub(super) fn origin(home: &Place<'_>, number: u64) -> Origin {
    let regions = home.extent.regions().len() as u64;
    let places = (0..regions).map(|turn| home.in_region(((number / 4 + turn) % regions) as usize));
    let found = match number % 4 {
        1 => places.into_iter().find_map(|place| behind_load_balancer(&place, number)),
        2 => places.into_iter().find_map(|place| on_instance(&place, number)),
        3 => places.into_iter().find_map(|place| in_containers(&place, number)),
        _ => None,
    };
    found.unwrap_or_else(|| in_bucket(home, number))
}

fn in_bucket(place: &Place<'_>, number: u64) -> Origin {
    let bucket = bucket(place, number % place.buckets().max(1));
    Origin {
        dns: bucket.host(place),
        name: bucket.head.name,
        kind: "Bucket",
        region: place.region().name,
        protocol: "https-only",
        timeout: None,
        private: Some(number.is_multiple_of(8)),
    }
}

fn behind_load_balancer(place: &Place<'_>, number: u64) -> Option<Origin> {
    let one = load_balancer(place, number.checked_rem(place.load_balancers())?);
    Some(Origin {
        name: one.head.name,
        kind: "LoadBalancer",
        region: place.region().name,
        protocol: "http-only",
        timeout: Some(60),
        dns: one.dns_name,
        private: None,
    })
}

fn on_instance(place: &Place<'_>, number: u64) -> Option<Origin> {
    let start = (number * 5).checked_rem(place.size())?;
    let (_, one) = place.instances(start).take(LOOK as usize).find(|(_, one)| one.is_static_ip)?;
    Some(Origin {
        name: one.name,
        kind: "Instance",
        region: place.region().name,
        protocol: "http-only",
        timeout: Some(30),
        dns: one.public_ip?,
        private: None,
    })
}

fn in_containers(place: &Place<'_>, number: u64) -> Option<Origin> {
    let one = service(place, number.checked_rem(place.container_services())?);
    Some(Origin {
        dns: one.host().to_owned(),
        name: one.head.name,
        kind: "ContainerService",
        region: place.region().name,
        protocol: "https-only",
        timeout: None,
        private: None,
    })
}

impl Origin {
    /// The members `origin` and `originPublicDNS`.
    pub(super) fn write(&self, json: &mut Json) {
        json.nested("origin", |json| {
            json.text("name", &self.name);
            json.text("resourceType", self.kind);
            json.text("regionName", self.region);
            json.text("protocolPolicy", self.protocol);
            if let Some(seconds) = self.timeout {
                json.plain("responseTimeout", seconds);
            }
            json.text("ipAddressType", if self.kind == "Instance" { "ipv4" } else { "dualstack" });
            if let Some(private) = self.private {
                json.plain("isPrivateOriginAccessEnabled", private);
            }
        });
        json.text("originPublicDNS", &self.dns);
    }
}
