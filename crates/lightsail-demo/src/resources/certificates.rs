//! Certificates of distributions and container services.

use crate::call::Operation;
use crate::error::Error;
use crate::input::{flag, some_of, text};
use crate::json::Json;
use crate::names::{domain_of, usage, validation_record};
use crate::page::{self, numbered};
use crate::place::{Place, named};
use crate::resource::{Head, tags};

use super::tls::{Life, Renewal, creation_message};

const STATUSES: &[&str] =
    &["PENDING_VALIDATION", "ISSUED", "INACTIVE", "EXPIRED", "VALIDATION_TIMED_OUT", "REVOKED", "FAILED"];

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "GetCertificates",
    members: &[
        some_of("certificateStatuses", STATUSES),
        flag("includeCertificateDetails"),
        text("certificateName"),
        text("pageToken"),
    ],
    answer: |call| {
        let place = call.place;
        let numbers = match call.text("certificateName") {
            None => 0..place.certificates(),
            Some(name) => certificate_named(&place, name).map(|(number, _)| number..number + 1)?,
        };
        let (statuses, details) = (call.texts("certificateStatuses"), call.flag("includeCertificateDetails"));
        let wanted = |(_, one): &(u64, Certificate)| {
            statuses.as_ref().is_none_or(|statuses| statuses.contains(&one.life.status))
        };
        page::list(
            call,
            "certificates",
            |start| {
                let all = numbered(start.max(numbers.start), numbers.end, |n| certificate(&place, n));
                all.filter(wanted)
            },
            |json, one| one.write(json, &place, details),
        )
    },
}];

/// A certificate.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) head: Head,
    /// The domain name, then the other names that it is good for.
    pub(super) names: Vec<String>,
    life: Life,
    in_use: bool,
}

/// The certificate of this name and its number.
pub(super) fn certificate_named(place: &Place<'_>, name: &str) -> Result<(u64, Certificate), Error> {
    let count = place.certificates();
    let found = named(name, count, |number| certificate(place, number), |one| &one.head.name);
    found.ok_or_else(|| Error::not_found("Certificate", name))
}

/// Certificate `number`. Of the first ones in us-east-1 every other belongs to the distribution of the same number;
/// those after them belong to the container services there, as all elsewhere do.
pub(super) fn certificate(place: &Place<'_>, number: u64) -> Certificate {
    let mut random = place.random("Certificate", number);
    let first_service = service_certificate(place, 0);
    let in_use = match number.checked_sub(first_service) {
        None => number.is_multiple_of(2),
        Some(service) => service < place.container_services(),
    };
    let unused =
        ["ISSUED", "PENDING_VALIDATION", "EXPIRED", "FAILED", "REVOKED", "VALIDATION_TIMED_OUT", "INACTIVE"];
    let status = if in_use { "ISSUED" } else { unused[(number / 2) as usize % unused.len()] };
    let domain = domain_of(place, number);
    // A domain's first certificate is for the bare domain too, and no two are for the same name.
    let turn = (number / place.domains().max(1)) as usize;
    let mut names = vec![format!("{}.{domain}", ["www", "static", "app", "beta"][turn % 4])];
    if turn == 0 {
        names.push(domain);
    }
    let name = format!("{}-cert-{}", usage(number), number + 1);
    let life = Life::draw(place, status, number.is_multiple_of(6), &mut random);
    let head = Head::draw(place, "Certificate", name, usage(number), &mut random);
    Certificate { head: Head { created: life.created, ..head }, names, life, in_use }
}

/// The number of the certificate of container service `service`.
pub(super) fn service_certificate(place: &Place<'_>, service: u64) -> u64 {
    service + if place.is_home() { place.distributions() } else { 0 }
}

impl Certificate {
    fn write(&self, json: &mut Json, place: &Place<'_>, details: bool) {
        json.text("certificateArn", &self.head.arn(place));
        json.text("certificateName", &self.head.name);
        json.text("domainName", &self.names[0]);
        if details {
            json.nested("certificateDetail", |json| self.details(json, place));
        }
        tags(json, self.head.tags.as_deref());
    }

    fn details(&self, json: &mut Json, place: &Place<'_>) {
        let life = &self.life;
        json.text("arn", &self.head.arn(place));
        json.text("name", &self.head.name);
        json.text("domainName", &self.names[0]);
        json.text("status", life.status);
        json.some_text("serialNumber", life.serial());
        json.texts("subjectAlternativeNames", &self.names);
        json.array("domainValidationRecords", |json| self.validation(json));
        json.some_text(
            "requestFailureReason",
            (life.status == "FAILED").then_some("CAA_ERROR: a CAA record does not allow Amazon to issue"),
        );
        json.plain("inUseResourceCount", u32::from(self.in_use));
        json.text("keyAlgorithm", "RSA-2048");
        json.time("createdAt", self.head.created);
        json.some_time("issuedAt", life.issued());
        json.some_text("issuerCA", life.issued().map(|_| "Amazon"));
        json.some_time("notBefore", life.not_before());
        json.some_time("notAfter", life.not_after());
        json.text(
            "eligibleToRenew",
            if life.status == "ISSUED" && self.in_use { "ELIGIBLE" } else { "INELIGIBLE" },
        );
        if let Some(renewal) = life.renewal {
            json.nested("renewalSummary", |json| self.renewal(json, place, renewal));
        }
        json.some_time("revokedAt", life.revoked);
        json.some_text("revocationReason", life.revoked.map(|_| "KEY_COMPROMISE"));
        tags(json, self.head.tags.as_deref());
        json.text("supportCode", &self.head.support_code);
    }

    fn validation(&self, json: &mut Json) {
        let (status, creation) = self.life.validation();
        for name in &self.names {
            json.element(|json| record(json, name, status, creation));
        }
    }

    fn renewal(&self, json: &mut Json, place: &Place<'_>, renewal: Renewal) {
        let (status, validation, creation) = match renewal {
            Renewal::PendingAuto => ("PendingAutoRenewal", "PENDING_VALIDATION", "SUCCEEDED"),
            Renewal::PendingValidation => ("PendingValidation", "PENDING_VALIDATION", "STARTED"),
            Renewal::Success => ("Success", "SUCCESS", "SUCCEEDED"),
            Renewal::Failed => ("Failed", "FAILED", "FAILED"),
        };
        json.array("domainValidationRecords", |json| {
            for name in &self.names {
                json.element(|json| record(json, name, validation, creation));
            }
        });
        json.text("renewalStatus", status);
        json.some_text("renewalStatusReason", (renewal == Renewal::Failed).then_some("CAA_ERROR"));
        // Amazon sets about it 60 days before the end.
        let begun = self.life.not_after().map(|end| end.min(place.today()) - 3_600_000);
        json.some_time("updatedAt", begun);
    }
}

fn record(json: &mut Json, domain: &str, status: &str, creation: &str) {
    let (name, value) = validation_record(domain);
    json.text("domainName", domain);
    json.nested("resourceRecord", |json| {
        json.text("name", &name);
        json.text("type", "CNAME");
        json.text("value", &value);
    });
    json.nested("dnsRecordCreationState", |json| {
        json.text("code", creation);
        json.some_text("message", creation_message(creation));
    });
    json.text("validationStatus", status);
}
