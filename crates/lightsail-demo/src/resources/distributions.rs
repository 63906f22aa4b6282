//! Distributions, which belong to us-east-1 whatever region they deliver from.

use crate::call::Operation;
use crate::error::Error;
use crate::input::text;
use crate::json::Json;
use crate::names::{hex, usage};
use crate::page::{self, numbered};
use crate::place::{Place, named};
use crate::rates::{DISTRIBUTION_BUNDLES, StorageBundle};
use crate::resource::{Head, tags};

use super::cache::{self, Caching};
use super::certificates::{Certificate, certificate};
use super::origins::{self, Origin};
use super::waf;

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "GetDistributions",
    members: &[text("distributionName"), text("pageToken")],
    answer: |call| {
        call.at_home("Distribution")?;
        let place = call.place;
        let numbers = match call.text("distributionName") {
            None => 0..place.distributions(),
            Some(name) => distribution_named(&place, name).map(|(number, _)| number..number + 1)?,
        };
        page::list(
            call,
            "distributions",
            |start| numbered(start.max(numbers.start), numbers.end, |number| distribution(&place, number)),
            |json, one| one.write(json, &place),
        )
    },
}];

/// A distribution.
#[derive(Debug)]
pub(super) struct Distribution {
    number: u64,
    pub(super) head: Head,
    pub(super) domain: String,
    pub(super) bundle: &'static StorageBundle,
    certificate: Option<Certificate>,
    origin: Origin,
    caching: &'static Caching,
    enabled: bool,
    in_progress: bool,
    able_to_update_bundle: bool,
    dual_stack: bool,
    tls: &'static str,
    root_object: Option<&'static str>,
}

/// The distribution of this name and its number.
pub(super) fn distribution_named(place: &Place<'_>, name: &str) -> Result<(u64, Distribution), Error> {
    let count = place.distributions();
    let found = named(name, count, |number| distribution(place, number), |one| &one.head.name);
    found.filter(|_| place.is_home()).ok_or_else(|| Error::not_found("Distribution", name))
}

/// Distribution `number` of us-east-1, whichever region `place` is in.
pub(super) fn distribution(place: &Place<'_>, number: u64) -> Distribution {
    let place = place.home();
    let mut random = place.random("Distribution", number);
    let name = format!("{}-cdn-{}", usage(number + 2), number + 1);
    // Every other has a domain of its own; see `certificate`.
    let certificate = (number.is_multiple_of(2)).then(|| certificate(&place, number));
    Distribution {
        number,
        head: Head::draw(&place, "Distribution", name, usage(number + 2), &mut random),
        domain: format!("d{}.cloudfront.net", hex(&mut random, 13)),
        bundle: &DISTRIBUTION_BUNDLES[random.below(3) as usize],
        certificate,
        origin: origins::origin(&place, number),
        caching: cache::of(number),
        enabled: number % 11 != 7,
        in_progress: number % 13 == 4,
        able_to_update_bundle: random.percent(85),
        dual_stack: random.percent(80),
        tls: random.pick(&["TLSv1.2_2021", "TLSv1.2_2021", "TLSv1.1_2016"]),
        root_object: random.percent(50).then_some("index.html"),
    }
}

impl Distribution {
    fn status(&self) -> &'static str {
        match (self.in_progress, self.enabled) {
            (true, _) => "InProgress",
            (_, true) => "Enabled",
            (_, false) => "Disabled",
        }
    }

    fn write(&self, json: &mut Json, place: &Place<'_>) {
        let mut names = self.certificate.as_ref().map_or_else(Vec::new, |one| one.names.clone());
        // A name that was added after the certificate was issued, and is not on it.
        if self.number % 8 == 6 {
            names.extend(names.first().map(|name| format!("new.{name}")));
        }
        Head { tags: None, ..self.head.clone() }.write(json, place);
        json.texts("alternativeDomainNames", &names);
        json.text("status", self.status());
        json.plain("isEnabled", self.enabled);
        json.text("domainName", &self.domain);
        json.text("bundleId", self.bundle.id);
        json.some_text("certificateName", self.certificate.as_ref().map(|one| one.head.name.as_str()));
        self.origin.write(json);
        self.caching.write(json);
        json.plain("ableToUpdateBundle", self.able_to_update_bundle);
        json.text("ipAddressType", if self.dual_stack { "dualstack" } else { "ipv4" });
        tags(json, self.head.tags.as_deref());
        // Without a certificate of its own it has no say in the matter.
        json.some_text("viewerMinimumTlsProtocolVersion", self.certificate.as_ref().map(|_| self.tls));
        json.some_text("defaultRootObject", self.root_object);
        cache::error_responses(json, self.number);
        waf::write(json, self.number);
        self.subdomain(json);
    }

    /// A name under Lightsail's own domain, which few have asked for.
    fn subdomain(&self, json: &mut Json) {
        let (state, error) = match self.number % 8 {
            3 => ("Attached", None),
            5 => ("Error", Some(("NAME_TAKEN", "The subdomain belongs to another account."))),
            _ => return,
        };
        json.nested("subdomain", |json| {
            json.text("name", &self.head.name);
            json.text("state", state);
            if let Some((code, details)) = error {
                json.text("errorCode", code);
                json.text("errorDetails", details);
            }
        });
    }
}
