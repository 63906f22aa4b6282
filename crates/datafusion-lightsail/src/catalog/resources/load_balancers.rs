//! `load_balancers`, the instances behind them and their certificates in short, all from one GetLoadBalancers.

use aws_sdk_lightsail::types::{InstanceHealthSummary, LoadBalancer, LoadBalancerTlsCertificateSummary};

use super::common::{arn, created_at, support_code, tag_map, zone};
use crate::catalog::column::{flag, int, int_list, pairs, text, text_map};
use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, each, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetLoadBalancers.
pub static GET_LOAD_BALANCERS: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetLoadBalancer",
        member: "loadBalancerName",
        get: call!(|request| get_load_balancer.set_load_balancer_name(request.text("loadBalancerName"))
            => |output| output.load_balancer.map(Items::one), None),
    }),
    ..Operation::new(
        "GetLoadBalancers",
        call!(|request| get_load_balancers.set_page_token(request.token)
            => |output| output.load_balancers.map(Items::new), output.next_page_token),
    )
};

resource!(LoadBalancer: name, arn, location);

/// `load_balancers`.
pub static LOAD_BALANCERS: TableSpec<Plain<LoadBalancer>> = TableSpec {
    name: "load_balancers",
    group: Group::Network,
    description: "Load balancers, one row each.",
    feeds: &[Feed::of::<LoadBalancer>(&GET_LOAD_BALANCERS)],
    key: Some("name"),
    examples: &["SELECT region, name, dns_name, tls_policy_name, https_redirection_enabled \
         FROM load_balancers ORDER BY region, name"],
    columns: &[
        text("name", "The name that its owner gave the load balancer, unique in its region.", |l| l.name()),
        arn(|l| l.arn()),
        support_code(|l| l.support_code()),
        created_at(|l| l.created_at()),
        zone(|l| l.location()?.availability_zone()),
        text("resource_type", "Always LoadBalancer.", |l| Some(l.resource_type()?.as_str())),
        tag_map(|l| l.tags.as_deref()),
        text("dns_name", "The DNS name to point domains at.", |l| l.dns_name()),
        text("state", "Whether it is active, provisioning, active_impaired, failed or unknown.", |l| {
            Some(l.state()?.as_str())
        }),
        text("protocol", "HTTP, or HTTP_HTTPS once a certificate is attached.", |l| {
            Some(l.protocol()?.as_str())
        }),
        int_list("public_ports", "The ports that it listens on: 80, and 443 with a certificate.", |l| {
            l.public_ports.as_deref()
        }),
        text("health_check_path", "The path that it asks instances for to see whether they are well.", |l| {
            l.health_check_path()
        }),
        int("instance_port", "The port of the instances that it sends requests to.", |l| l.instance_port()),
        text_map(
            "configuration_options",
            "Its attributes by name, such as HealthCheckPath and SessionStickinessEnabled.",
            |l| l.configuration_options.as_ref().map(pairs),
        ),
        text("ip_address_type", "Which protocols it speaks: ipv4, ipv6 or dualstack.", |l| {
            Some(l.ip_address_type()?.as_str())
        }),
        flag("https_redirection_enabled", "Whether it answers HTTP with a redirection to HTTPS.", |l| {
            l.https_redirection_enabled()
        }),
        text(
            "tls_policy_name",
            "The security policy that says which TLS versions and ciphers it speaks.",
            |l| l.tls_policy_name(),
        ),
    ],
};

each! {
    /// One row for each instance behind a load balancer.
    pub TargetRows: LoadBalancer => &'a InstanceHealthSummary, |balancer| balancer.instance_health_summary()
}

/// `load_balancer_instances`.
pub static LOAD_BALANCER_INSTANCES: TableSpec<TargetRows> = TableSpec {
    name: "load_balancer_instances",
    group: Group::Network,
    description: "Instances behind load balancers with their health there, one row each.",
    feeds: &[Feed::of::<LoadBalancer>(&GET_LOAD_BALANCERS)],
    key: Some("load_balancer_name"),
    examples: &[
        "SELECT load_balancer_name, instance_health, count(*) AS instances FROM load_balancer_instances \
                 GROUP BY load_balancer_name, instance_health ORDER BY load_balancer_name",
    ],
    columns: &[
        text("load_balancer_name", "The name of the load balancer.", |(l, _)| l.name()),
        text(
            "load_balancer_arn",
            "The arn of the load balancer, to join with load_balancers.arn.",
            |(l, _)| l.arn(),
        ),
        text("instance_name", "The name of the instance, in the load balancer's region.", |(_, h)| {
            h.instance_name()
        }),
        text(
            "instance_health",
            "Whether it is initial, healthy, unhealthy, unused, draining or unavailable.",
            |(_, h)| Some(h.instance_health()?.as_str()),
        ),
        text(
            "instance_health_reason",
            "Why it is not healthy, such as Instance.FailedHealthChecks.",
            |(_, h)| Some(h.instance_health_reason()?.as_str()),
        ),
    ],
};

each! {
    /// One row for each certificate that a load balancer lists.
    pub CertificateSummaryRows: LoadBalancer => &'a LoadBalancerTlsCertificateSummary,
    |balancer| balancer.tls_certificate_summaries()
}

/// `load_balancer_tls_certificate_summaries`.
pub static LOAD_BALANCER_TLS_CERTIFICATE_SUMMARIES: TableSpec<CertificateSummaryRows> = TableSpec {
    name: "load_balancer_tls_certificate_summaries",
    group: Group::Network,
    description: "Certificates of load balancers in short, one row each; they cost no call of their own.",
    feeds: &[Feed::of::<LoadBalancer>(&GET_LOAD_BALANCERS)],
    key: Some("load_balancer_name"),
    examples: &["SELECT load_balancer_name, name, is_attached FROM load_balancer_tls_certificate_summaries \
         ORDER BY load_balancer_name, name"],
    columns: &[
        text("load_balancer_name", "The name of the load balancer.", |(l, _)| l.name()),
        text(
            "load_balancer_arn",
            "The arn of the load balancer, to join with load_balancers.arn.",
            |(l, _)| l.arn(),
        ),
        text(
            "name",
            "The name of the certificate, to join with load_balancer_tls_certificates.name.",
            |(_, c)| c.name(),
        ),
        flag("is_attached", "Whether the load balancer uses it.", |(_, c)| c.is_attached()),
    ],
};
