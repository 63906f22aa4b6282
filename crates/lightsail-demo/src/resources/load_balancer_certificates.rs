//! TLS certificates of load balancers. They are no certificates in GetCertificates' sense, and have members of their own.

use crate::json::Json;
use crate::names::{domain_of, usage, validation_record};
use crate::place::Place;
use crate::resource::Head;

use super::tls::{Life, Renewal, creation_message};

/// A certificate of a load balancer.
#[derive(Debug)]
pub(super) struct TlsCertificate {
    head: Head,
    /// The domain name, then the other names that it is good for.
    names: Vec<String>,
    attached: bool,
    life: Life,
}

/// The certificates of load balancer `number`: the one in use, if it speaks HTTPS, and one that is not in use (yet, or
/// any more).
pub(super) fn of(place: &Place<'_>, number: u64, load_balancer: &Head, https: bool) -> Vec<TlsCertificate> {
    let idle = ["PENDING_VALIDATION", "FAILED", "EXPIRED", "REVOKED", "VALIDATION_TIMED_OUT"];
    let attached = https.then_some(("ISSUED", true));
    let states = attached.into_iter().chain([(idle[number as usize % idle.len()], false)]);
    let certificate = |(position, (status, attached))| {
        let mut random = place.random("LoadBalancerTlsCertificate", number * 2 + position);
        let name = format!("{}-cert-{}", load_balancer.name, position + 1);
        let head = Head::draw(place, "LoadBalancerTlsCertificate", name, usage(number), &mut random);
        let domain = domain_of(place, number);
        let life = Life::draw(place, status, number.is_multiple_of(2), &mut random);
        let head = Head { created: life.created, ..head };
        TlsCertificate { head, names: vec![format!("lb.{domain}"), domain], attached, life }
    };
    (0..).zip(states).map(certificate).collect()
}

impl TlsCertificate {
    pub(super) fn name(&self) -> &str {
        &self.head.name
    }

    pub(super) fn is_attached(&self) -> bool {
        self.attached
    }

    pub(super) fn write(&self, json: &mut Json, place: &Place<'_>, load_balancer: &str) {
        let life = &self.life;
        self.head.write(json, place);
        json.text("loadBalancerName", load_balancer);
        json.plain("isAttached", self.attached);
        json.text("status", life.status);
        json.text("domainName", &self.names[0]);
        json.array("domainValidationRecords", |json| {
            for name in &self.names {
                json.element(|json| self.record(json, name));
            }
        });
        json.some_text(
            "failureReason",
            (life.status == "FAILED").then_some("ADDITIONAL_VERIFICATION_REQUIRED"),
        );
        json.some_time("issuedAt", life.issued());
        json.some_text("issuer", life.issued().map(|_| "Amazon"));
        json.text("keyAlgorithm", "RSA-2048");
        json.some_time("notAfter", life.not_after());
        json.some_time("notBefore", life.not_before());
        if let Some(renewal) = life.renewal {
            json.nested("renewalSummary", |json| self.renewal(json, renewal));
        }
        json.some_text("revocationReason", life.revoked.map(|_| "CESSATION_OF_OPERATION"));
        json.some_time("revokedAt", life.revoked);
        json.some_text("serial", life.serial());
        json.text("signatureAlgorithm", "SHA256WITHRSA");
        json.text("subject", &format!("CN={}", self.names[0]));
        json.texts("subjectAlternativeNames", &self.names);
    }

    fn record(&self, json: &mut Json, domain: &str) {
        let (status, creation) = self.life.validation();
        let (name, value) = validation_record(domain);
        json.text("name", &name);
        json.text("type", "CNAME");
        json.text("value", &value);
        json.text("validationStatus", status);
        json.text("domainName", domain);
        json.nested("dnsRecordCreationState", |json| {
            json.text("code", creation);
            json.some_text("message", creation_message(creation));
        });
    }

    fn renewal(&self, json: &mut Json, renewal: Renewal) {
        let (status, validation) = match renewal {
            Renewal::PendingAuto => ("PENDING_AUTO_RENEWAL", "PENDING_VALIDATION"),
            Renewal::PendingValidation => ("PENDING_VALIDATION", "PENDING_VALIDATION"),
            Renewal::Success => ("SUCCESS", "SUCCESS"),
            Renewal::Failed => ("FAILED", "FAILED"),
        };
        json.text("renewalStatus", status);
        json.array("domainValidationOptions", |json| {
            for name in &self.names {
                json.element(|json| {
                    json.text("domainName", name);
                    json.text("validationStatus", validation);
                });
            }
        });
    }
}
