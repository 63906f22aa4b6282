//! Domains, which belong to us-east-1, and their DNS entries, which point to what is there.

use crate::call::Operation;
use crate::error::Error;
use crate::input::text;
use crate::json::Json;
use crate::names::{domain, usage, validation_record};
use crate::page::{self, numbered};
use crate::place::{Place, named};
use crate::random::Random;
use crate::resource::Head;

use super::certificates::certificate;
use super::distributions::distribution;
use super::load_balancers::load_balancer;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetDomains",
        members: &[text("pageToken")],
        answer: |call| {
            call.at_home("Domain")?;
            let place = call.place;
            page::list(
                call,
                "domains",
                |start| numbered(start, place.domains(), |number| zone(&place, number)),
                |json, one| one.write(json, &place),
            )
        },
    },
    Operation {
        name: "GetDomain",
        members: &[text("domainName").required()],
        answer: |call| {
            call.at_home("Domain")?;
            let one = zone_named(&call.place, call.required("domainName"))?;
            page::one("domain", one, |json, one| one.write(json, &call.place))
        },
    },
];

/// A DNS zone.
#[derive(Debug)]
pub(super) struct Zone {
    number: u64,
    pub(super) head: Head,
    entries: Vec<Entry>,
}

/// A DNS entry.
#[derive(Debug)]
struct Entry {
    id: u64,
    name: String,
    kind: &'static str,
    target: String,
    alias: bool,
}

/// The zone of this domain.
pub(super) fn zone_named(place: &Place<'_>, name: &str) -> Result<Zone, Error> {
    let found = name.strip_suffix(".example").filter(|_| place.is_home()).and_then(|stem| {
        named(
            stem,
            place.domains(),
            |number| zone(place, number),
            |one| one.head.name.trim_end_matches(".example"),
        )
    });
    found.map(|(_, one)| one).ok_or_else(|| Error::not_found("Domain", name))
}

fn zone(place: &Place<'_>, number: u64) -> Zone {
    let mut random = place.random("Domain", number);
    let head = Head::draw(place, "Domain", domain(number), usage(number), &mut random);
    let entries = entries(place, number, &head.name, &mut random);
    Zone { number, head, entries }
}

fn entries(place: &Place<'_>, number: u64, domain: &str, random: &mut Random) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add = |name: String, kind, target: String, alias| {
        entries.push(Entry { id: random.below(1_000_000_000), name, kind, target, alias });
    };
    let soa = "ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400";
    add(domain.to_owned(), "SOA", soa.to_owned(), false);
    for server in ["ns-1.awsdns-01.org.", "ns-512.awsdns-02.net."] {
        add(domain.to_owned(), "NS", server.to_owned(), false);
    }
    // Who runs no web site sends visitors of the bare domain to the first instance with an address.
    let bare = match number.checked_rem(place.load_balancers()) {
        Some(balancer) if number.is_multiple_of(3) => Some((load_balancer(place, balancer).dns_name, true)),
        _ => {
            let mut from_here = place.instances(number * 7 % place.size().max(1));
            from_here.find_map(|(_, one)| Some((one.public_ip.filter(|_| one.is_static_ip)?, false)))
        }
    };
    if let Some((target, alias)) = bare {
        add(domain.to_owned(), "A", target, alias);
    }
    // The distributions whose certificates are for names of this domain, and the proofs that these names are ours.
    for certificate_number in (number..place.distributions()).step_by(place.domains().max(1) as usize) {
        for name in certificate(place, certificate_number).names {
            let (record, value) = validation_record(&name);
            add(record.trim_end_matches('.').to_owned(), "CNAME", value, false);
            if certificate_number % 2 == 0 && name != domain {
                add(name, "A", distribution(place, certificate_number).domain, true);
            }
        }
    }
    add(domain.to_owned(), "MX", format!("10 mail.{domain}."), false);
    add(domain.to_owned(), "TXT", "\"v=spf1 mx -all\"".to_owned(), false);
    add(format!("status.{domain}"), "CNAME", "status-page.example.net.".to_owned(), false);
    // What was forgotten: a server that is gone, one whose address goes with the next stop, and a distribution that is gone.
    if number % 4 == 1 {
        add(format!("old.{domain}"), "A", format!("203.0.113.{}", number % 250 + 1), false);
    }
    if number % 5 == 2 {
        let mut from_here = place.instances(number * 5 % place.size().max(1));
        let passing = from_here.find_map(|(_, one)| one.public_ip.filter(|_| !one.is_static_ip));
        passing.into_iter().for_each(|address| add(format!("dev.{domain}"), "A", address, false));
    }
    if number % 6 == 3 {
        add(format!("assets.{domain}"), "CNAME", format!("d0{number:012}.cloudfront.net."), false);
    }
    entries
}

impl Zone {
    fn write(&self, json: &mut Json, place: &Place<'_>) {
        self.head.write(json, place);
        json.array("domainEntries", |json| {
            for entry in &self.entries {
                json.element(|json| entry.write(json, self.number % 6 == 1));
            }
        });
        // Registered with Amazon, and moved from Route 53 to Lightsail: well, or not so well.
        let (servers, deletion) = match self.number % 4 {
            0 => (("SUCCEEDED", None), ("SUCCEEDED", None)),
            2 => (
                ("FAILED", Some("The name servers of the registered domain could not be changed.")),
                ("PENDING", Some("The hosted zone is deleted when the name servers have changed.")),
            ),
            _ => return,
        };
        json.nested("registeredDomainDelegationInfo", |json| {
            for (key, (code, message)) in
                [("nameServersUpdateState", servers), ("r53HostedZoneDeletionState", deletion)]
            {
                json.nested(key, |json| {
                    json.text("code", code);
                    json.some_text("message", message);
                });
            }
        });
    }
}

impl Entry {
    /// Options are discontinued, and still come with entries of old.
    fn write(&self, json: &mut Json, old: bool) {
        json.text("id", &self.id.to_string());
        json.text("name", &self.name);
        json.text("target", &self.target);
        json.plain("isAlias", self.alias);
        json.text("type", self.kind);
        if old {
            json.nested("options", |json| json.text("ttl", "60"));
        }
    }
}
