//! `domains` and the records of their DNS zones, all from one GetDomains.

use aws_sdk_lightsail::types::{Domain, DomainEntry};

use super::common::{arn, created_at, support_code, tag_map, zone};
use crate::catalog::column::{flag, pairs, text, text_map};
use crate::catalog::operation::{Items, Lookup, Operation, Scope, call};
use crate::catalog::rows::{Plain, each, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetDomains: domains belong to no region, and only us-east-1 knows them.
pub static GET_DOMAINS: Operation = Operation {
    scope: Scope::UsEast1,
    lookup: Some(Lookup {
        name: "GetDomain",
        member: "domainName",
        get: call!(|request| get_domain.set_domain_name(request.text("domainName"))
            => |output| output.domain.map(Items::one), None),
    }),
    ..Operation::new(
        "GetDomains",
        call!(|request| get_domains.set_page_token(request.token)
            => |output| output.domains.map(Items::new), output.next_page_token),
    )
};

resource!(Domain: name, arn, location);

/// `domains`.
pub static DOMAINS: TableSpec<Plain<Domain>> = TableSpec {
    name: "domains",
    group: Group::Network,
    description: "DNS zones, one row each.",
    feeds: &[Feed::of::<Domain>(&GET_DOMAINS)],
    key: Some("name"),
    examples: &["SELECT d.name, d.created_at, count(e.id) AS records FROM domains AS d \
         LEFT JOIN domain_entries AS e ON e.domain_name = d.name \
         GROUP BY d.name, d.created_at ORDER BY d.name"],
    columns: &[
        text("name", "The name of the domain, such as example.com.", |d| d.name()),
        arn(|d| d.arn()),
        support_code(|d| d.support_code()),
        created_at(|d| d.created_at()),
        zone(|d| d.location()?.availability_zone()),
        text("resource_type", "Always Domain.", |d| Some(d.resource_type()?.as_str())),
        tag_map(|d| d.tags.as_deref()),
        text(
            "registered_domain_delegation_info_name_servers_update_state_code",
            "Whether the name servers of the registered domain were set: SUCCEEDED, PENDING, FAILED or \
             STARTED.",
            |d| Some(d.registered_domain_delegation_info()?.name_servers_update_state()?.code()?.as_str()),
        ),
        text(
            "registered_domain_delegation_info_name_servers_update_state_message",
            "What it says about that in words.",
            |d| d.registered_domain_delegation_info()?.name_servers_update_state()?.message(),
        ),
        text(
            "registered_domain_delegation_info_r53_hosted_zone_deletion_state_code",
            "Whether the Route 53 zone of before was deleted: SUCCEEDED, PENDING, FAILED or STARTED.",
            |d| {
                Some(
                    d.registered_domain_delegation_info()?.r53_hosted_zone_deletion_state()?.code()?.as_str(),
                )
            },
        ),
        text(
            "registered_domain_delegation_info_r53_hosted_zone_deletion_state_message",
            "What it says about that in words.",
            |d| d.registered_domain_delegation_info()?.r53_hosted_zone_deletion_state()?.message(),
        ),
    ],
};

each! {
    /// One row for each record of a DNS zone.
    pub EntryRows: Domain => &'a DomainEntry, |domain| domain.domain_entries()
}

/// `domain_entries`.
#[expect(deprecated, reason = "one member is deprecated but still in the model")]
pub static DOMAIN_ENTRIES: TableSpec<EntryRows> = TableSpec {
    name: "domain_entries",
    group: Group::Network,
    description: "Records of DNS zones, one row each.",
    feeds: &[Feed::of::<Domain>(&GET_DOMAINS)],
    key: Some("domain_name"),
    examples: &[
        "SELECT domain_name, type, name, target FROM domain_entries WHERE type <> 'SOA' \
         ORDER BY domain_name, type, name",
        "SELECT type, count(*) AS records FROM domain_entries GROUP BY type ORDER BY records DESC",
    ],
    columns: &[
        text("domain_name", "The name of the domain.", |(d, _)| d.name()),
        text("domain_arn", "The arn of the domain, to join with domains.arn.", |(d, _)| d.arn()),
        text("id", "The number of the record.", |(_, e)| e.id()),
        text("name", "The name that it answers for, such as www.example.com.", |(_, e)| e.name()),
        text("target", "What it answers with: an address, a name or a text.", |(_, e)| e.target()),
        flag("is_alias", "Whether the target is a Lightsail resource, such as a load balancer.", |(_, e)| {
            e.is_alias()
        }),
        text("type", "The type of the record, such as A, AAAA, CNAME, MX, NS, SOA, SRV or TXT.", |(_, e)| {
            e.r#type()
        }),
        text_map("options", "Options of the record by name, deprecated by AWS.", |(_, e)| {
            e.options.as_ref().map(pairs)
        }),
    ],
};
