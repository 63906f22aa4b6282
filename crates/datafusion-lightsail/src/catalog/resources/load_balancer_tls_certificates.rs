//! `load_balancer_tls_certificates` and the records that prove their domains, asked for one load balancer each.

use aws_sdk_lightsail::types::{
    LoadBalancer, LoadBalancerTlsCertificate, LoadBalancerTlsCertificateDomainValidationOption,
    LoadBalancerTlsCertificateDomainValidationRecord, LoadBalancerTlsCertificateRenewalSummary,
};

use super::common::{arn, created_at, support_code, tag_map, zone};
use super::load_balancers::GET_LOAD_BALANCERS;
use crate::catalog::column::{flag, text, text_list, time};
use crate::catalog::operation::{Asked, Items, Operation, Parent, call};
use crate::catalog::rows::{Plain, each, named, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetLoadBalancerTlsCertificates: the certificates of one load balancer, without pages.
pub static GET_LOAD_BALANCER_TLS_CERTIFICATES: Operation = Operation::about(
    "GetLoadBalancerTlsCertificates",
    &[("load_balancer_name", "loadBalancerName")],
    &[Parent {
        operation: &GET_LOAD_BALANCERS,
        subjects: |items| named::<LoadBalancer>(items, "loadBalancerName"),
    }],
    call!(|request| get_load_balancer_tls_certificates
        .set_load_balancer_name(request.text("loadBalancerName"))
        => |output| output.tls_certificates.map(|items| Items::asked(&request.parameters, items)), None),
);

resource!(LoadBalancerTlsCertificate: name, arn, location);

/// `load_balancer_tls_certificates`.
pub static LOAD_BALANCER_TLS_CERTIFICATES: TableSpec<Plain<Asked<LoadBalancerTlsCertificate>>> = TableSpec {
    name: "load_balancer_tls_certificates",
    group: Group::Network,
    description: "Certificates of load balancers, one row each; one call for each load balancer.",
    feeds: &[Feed::of::<Asked<LoadBalancerTlsCertificate>>(&GET_LOAD_BALANCER_TLS_CERTIFICATES)],
    key: None,
    examples: &[
        "SELECT load_balancer_name, domain_name, status, not_after FROM load_balancer_tls_certificates \
                 WHERE is_attached ORDER BY not_after",
    ],
    columns: &[
        text(
            "load_balancer_name",
            "The name of the load balancer; a predicate on it saves the other calls.",
            |c| c.parameters.text("loadBalancerName"),
        ),
        text("name", "The name of the certificate.", |c| c.item.name()),
        arn(|c| c.item.arn()),
        support_code(|c| c.item.support_code()),
        created_at(|c| c.item.created_at()),
        zone(|c| c.item.location()?.availability_zone()),
        text("resource_type", "Always LoadBalancerTlsCertificate.", |c| {
            Some(c.item.resource_type()?.as_str())
        }),
        tag_map(|c| c.item.tags.as_deref()),
        flag("is_attached", "Whether the load balancer uses it.", |c| c.item.is_attached()),
        text("status", "The state of the certificate, such as PENDING_VALIDATION, ISSUED or EXPIRED.", |c| {
            Some(c.item.status()?.as_str())
        }),
        text("domain_name", "The domain that it is for.", |c| c.item.domain_name()),
        text("failure_reason", "Why it could not be issued, such as NO_AVAILABLE_CONTACTS.", |c| {
            Some(c.item.failure_reason()?.as_str())
        }),
        time("issued_at", "When it was issued.", |c| c.item.issued_at()),
        text("issuer", "Who issued it.", |c| c.item.issuer()),
        text("key_algorithm", "The algorithm of its key pair, such as RSA-2048.", |c| c.item.key_algorithm()),
        time("not_after", "The end of its validity.", |c| c.item.not_after()),
        time("not_before", "The beginning of its validity.", |c| c.item.not_before()),
        text(
            "renewal_summary_renewal_status",
            "How its renewal goes, such as PENDING_AUTO_RENEWAL or SUCCESS.",
            |c| Some(c.item.renewal_summary()?.renewal_status()?.as_str()),
        ),
        text("revocation_reason", "Why it was revoked.", |c| Some(c.item.revocation_reason()?.as_str())),
        time("revoked_at", "When it was revoked.", |c| c.item.revoked_at()),
        text("serial", "Its serial number.", |c| c.item.serial()),
        text("signature_algorithm", "The algorithm that it was signed with.", |c| {
            c.item.signature_algorithm()
        }),
        text("subject", "The distinguished name that it carries, such as CN=example.com.", |c| {
            c.item.subject()
        }),
        text_list("subject_alternative_names", "All domains that it is for.", |c| {
            c.item.subject_alternative_names.as_deref()
        }),
    ],
};

each! {
    /// One row for each DNS record that proves a domain.
    pub ValidationRecordRows: Asked<LoadBalancerTlsCertificate> =>
    &'a LoadBalancerTlsCertificateDomainValidationRecord,
    |certificate| certificate.item.domain_validation_records()
}

/// `load_balancer_tls_certificate_validation_records`.
pub static LOAD_BALANCER_TLS_CERTIFICATE_VALIDATION_RECORDS: TableSpec<ValidationRecordRows> = TableSpec {
    name: "load_balancer_tls_certificate_validation_records",
    group: Group::Network,
    description: "DNS records that prove the domains of load balancers' certificates, one row each.",
    feeds: &[Feed::of::<Asked<LoadBalancerTlsCertificate>>(&GET_LOAD_BALANCER_TLS_CERTIFICATES)],
    key: None,
    examples: &["SELECT load_balancer_name, domain_name, type, name, value, validation_status \
         FROM load_balancer_tls_certificate_validation_records \
         ORDER BY load_balancer_name, domain_name"],
    columns: &[
        text(
            "load_balancer_name",
            "The name of the load balancer; a predicate on it saves the other calls.",
            |(c, _)| c.parameters.text("loadBalancerName"),
        ),
        text("name", "The name of the DNS record.", |(_, r)| r.name()),
        text("type", "The type of the DNS record, such as CNAME.", |(_, r)| r.r#type()),
        text("value", "The value of the DNS record.", |(_, r)| r.value()),
        text(
            "validation_status",
            "Whether the domain is proved: PENDING_VALIDATION, SUCCESS or FAILED.",
            |(_, r)| Some(r.validation_status()?.as_str()),
        ),
        text("domain_name", "The domain that the record proves.", |(_, r)| r.domain_name()),
        text(
            "dns_record_creation_state_code",
            "Whether Lightsail could create the record by itself: SUCCEEDED, STARTED or FAILED.",
            |(_, r)| Some(r.dns_record_creation_state()?.code()?.as_str()),
        ),
        text("dns_record_creation_state_message", "What it says about that in words.", |(_, r)| {
            r.dns_record_creation_state()?.message()
        }),
    ],
};

each! {
    /// One row for each domain that a renewal has to prove.
    pub RenewalValidationRows: Asked<LoadBalancerTlsCertificate> =>
    &'a LoadBalancerTlsCertificateDomainValidationOption,
    |certificate| certificate
        .item
        .renewal_summary()
        .map(LoadBalancerTlsCertificateRenewalSummary::domain_validation_options)
        .unwrap_or_default()
}

/// `load_balancer_tls_certificate_renewal_validations`.
pub static LOAD_BALANCER_TLS_CERTIFICATE_RENEWAL_VALIDATIONS: TableSpec<RenewalValidationRows> = TableSpec {
    name: "load_balancer_tls_certificate_renewal_validations",
    group: Group::Network,
    description: "Domains that the renewals of load balancers' certificates have to prove, one row each.",
    feeds: &[Feed::of::<Asked<LoadBalancerTlsCertificate>>(&GET_LOAD_BALANCER_TLS_CERTIFICATES)],
    key: None,
    examples: &["SELECT load_balancer_name, domain_name, validation_status \
         FROM load_balancer_tls_certificate_renewal_validations \
         ORDER BY load_balancer_name, domain_name"],
    columns: &[
        text(
            "load_balancer_name",
            "The name of the load balancer; a predicate on it saves the other calls.",
            |(c, _)| c.parameters.text("loadBalancerName"),
        ),
        text("domain_name", "The domain to prove.", |(_, v)| v.domain_name()),
        text(
            "validation_status",
            "Whether it is proved: PENDING_VALIDATION, SUCCESS or FAILED.",
            |(_, v)| Some(v.validation_status()?.as_str()),
        ),
    ],
};
