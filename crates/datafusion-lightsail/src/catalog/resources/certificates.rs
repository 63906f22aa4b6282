//! `certificates` for distributions and container services, and the DNS records that prove their domains.

use aws_sdk_lightsail::types::{
    Certificate, CertificateStatus, CertificateSummary, DomainValidationRecord, RenewalSummary,
};

use super::common::{arn, support_code, tag_map};
use crate::catalog::asks::each_of;
use crate::catalog::column::{int, text, text_list, time, volatile};
use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, Resource, each};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetCertificates: with the details, which it leaves out if they are not asked for.
pub static GET_CERTIFICATES: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetCertificates",
        member: "certificateName",
        get: call!(|request| get_certificates
            .set_certificate_name(request.text("certificateName"))
            .include_certificate_details(true)
            .set_page_token(request.token)
            => |output| output.certificates.map(Items::new), output.next_page_token),
    }),
    asks: |known| each_of(known, "status", "certificateStatuses", CertificateStatus::values()),
    ..Operation::new(
        "GetCertificates",
        call!(|request| get_certificates
            .set_certificate_statuses(request.one("certificateStatuses"))
            .include_certificate_details(true)
            .set_page_token(request.token)
            => |output| output.certificates.map(Items::new), output.next_page_token),
    )
};

/// It says in no member where it is: in the region that was asked.
impl Resource for CertificateSummary {
    fn name(&self) -> Option<&str> {
        self.certificate_name()
    }

    fn arn(&self) -> Option<&str> {
        self.certificate_arn()
    }
}

/// `certificates`.
pub static CERTIFICATES: TableSpec<Plain<CertificateSummary>> = TableSpec {
    name: "certificates",
    group: Group::Cdn,
    description: "Certificates for distributions and container services, one row each.",
    feeds: &[Feed::of::<CertificateSummary>(&GET_CERTIFICATES)],
    key: Some("name"),
    examples: &[
        "SELECT name, domain_name, status, not_after, eligible_to_renew FROM certificates ORDER BY not_after",
        "SELECT status, count(*) AS certificates FROM certificates GROUP BY status \
         ORDER BY certificates DESC",
    ],
    columns: &[
        arn(|c| c.certificate_arn()),
        text("name", "The name that its owner gave the certificate.", |c| c.certificate_name()),
        text("domain_name", "The domain that it is for.", |c| c.domain_name()),
        text(
            "status",
            "The state of the certificate, such as PENDING_VALIDATION or ISSUED; a predicate on it is \
             asked of the API.",
            |c| Some(c.certificate_detail()?.status()?.as_str()),
        ),
        text("serial_number", "Its serial number.", |c| c.certificate_detail()?.serial_number()),
        text_list("subject_alternative_names", "All domains that it is for.", |c| {
            c.certificate_detail()?.subject_alternative_names.as_deref()
        }),
        text("request_failure_reason", "Why it could not be issued.", |c| {
            c.certificate_detail()?.request_failure_reason()
        }),
        int("in_use_resource_count", "How many resources use it.", |c| {
            Some(c.certificate_detail()?.in_use_resource_count())
        }),
        text("key_algorithm", "The algorithm of its key pair, such as RSA-2048.", |c| {
            c.certificate_detail()?.key_algorithm()
        }),
        time("created_at", "When it was asked for.", |c| c.certificate_detail()?.created_at()),
        time("issued_at", "When it was issued.", |c| c.certificate_detail()?.issued_at()),
        text("issuer_ca", "Which certificate authority issued it.", |c| c.certificate_detail()?.issuer_ca()),
        time("not_before", "The beginning of its validity.", |c| c.certificate_detail()?.not_before()),
        time("not_after", "The end of its validity.", |c| c.certificate_detail()?.not_after()),
        text("eligible_to_renew", "Whether it can be renewed: ELIGIBLE or INELIGIBLE.", |c| {
            c.certificate_detail()?.eligible_to_renew()
        }),
        text(
            "renewal_summary_renewal_status",
            "How its renewal goes, such as PendingAutoRenewal or Success.",
            |c| Some(c.certificate_detail()?.renewal_summary()?.renewal_status()?.as_str()),
        ),
        text("renewal_summary_renewal_status_reason", "Why the renewal failed.", |c| {
            c.certificate_detail()?.renewal_summary()?.renewal_status_reason()
        }),
        volatile(time("renewal_summary_updated_at", "When the state of the renewal last changed.", |c| {
            c.certificate_detail()?.renewal_summary()?.updated_at()
        })),
        time("revoked_at", "When it was revoked.", |c| c.certificate_detail()?.revoked_at()),
        text("revocation_reason", "Why it was revoked.", |c| c.certificate_detail()?.revocation_reason()),
        support_code(|c| c.certificate_detail()?.support_code()),
        tag_map(|c| c.tags.as_deref()),
    ],
};

/// The columns of a DNS record that proves a domain.
macro_rules! record_columns {
    () => {
        &[
            text("certificate_name", "The name of the certificate.", |(c, _)| c.certificate_name()),
            text(
                "certificate_arn",
                "The arn of the certificate, to join with certificates.arn.",
                |(c, _)| c.certificate_arn(),
            ),
            text("domain_name", "The domain that the record proves.", |(_, r)| r.domain_name()),
            text("resource_record_name", "The name of the DNS record.", |(_, r)| r.resource_record()?.name()),
            text("resource_record_type", "The type of the DNS record, such as CNAME.", |(_, r)| {
                r.resource_record()?.r#type()
            }),
            text("resource_record_value", "The value of the DNS record.", |(_, r)| {
                r.resource_record()?.value()
            }),
            text(
                "dns_record_creation_state_code",
                "Whether Lightsail could create the record by itself: SUCCEEDED, STARTED or FAILED.",
                |(_, r)| Some(r.dns_record_creation_state()?.code()?.as_str()),
            ),
            text("dns_record_creation_state_message", "What it says about that in words.", |(_, r)| {
                r.dns_record_creation_state()?.message()
            }),
            text(
                "validation_status",
                "Whether the domain is proved: PENDING_VALIDATION, SUCCESS or FAILED.",
                |(_, r)| Some(r.validation_status()?.as_str()),
            ),
        ]
    };
}

each! {
    /// One row for each DNS record that proves a domain of a certificate.
    pub ValidationRecordRows: CertificateSummary => &'a DomainValidationRecord,
    |certificate| certificate
        .certificate_detail()
        .map(Certificate::domain_validation_records)
        .unwrap_or_default()
}

/// `certificate_validation_records`.
pub static CERTIFICATE_VALIDATION_RECORDS: TableSpec<ValidationRecordRows> = TableSpec {
    name: "certificate_validation_records",
    group: Group::Cdn,
    description: "DNS records that prove the domains of certificates, one row each.",
    feeds: &[Feed::of::<CertificateSummary>(&GET_CERTIFICATES)],
    key: Some("certificate_name"),
    examples: &["SELECT certificate_name, domain_name, resource_record_type, resource_record_name, \
         resource_record_value FROM certificate_validation_records \
         ORDER BY certificate_name, domain_name"],
    columns: record_columns!(),
};

each! {
    /// One row for each DNS record that proves a domain once more for a renewal.
    pub RenewalRecordRows: CertificateSummary => &'a DomainValidationRecord,
    |certificate| certificate
        .certificate_detail()
        .and_then(Certificate::renewal_summary)
        .map(RenewalSummary::domain_validation_records)
        .unwrap_or_default()
}

/// `certificate_renewal_validation_records`.
pub static CERTIFICATE_RENEWAL_VALIDATION_RECORDS: TableSpec<RenewalRecordRows> = TableSpec {
    name: "certificate_renewal_validation_records",
    group: Group::Cdn,
    description: "DNS records that prove the domains of certificates once more for their renewals, one row \
                  each.",
    feeds: &[Feed::of::<CertificateSummary>(&GET_CERTIFICATES)],
    key: Some("certificate_name"),
    examples: &["SELECT certificate_name, domain_name, validation_status \
         FROM certificate_renewal_validation_records ORDER BY certificate_name, domain_name"],
    columns: record_columns!(),
};
