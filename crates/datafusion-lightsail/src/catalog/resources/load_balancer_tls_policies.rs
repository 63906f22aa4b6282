//! `load_balancer_tls_policies`.

use aws_sdk_lightsail::types::LoadBalancerTlsPolicy;

use crate::catalog::column::{flag, text, text_list};
use crate::catalog::operation::{Items, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetLoadBalancerTlsPolicies: asked in each region, for a policy may be offered in some before the others.
pub static GET_LOAD_BALANCER_TLS_POLICIES: Operation = Operation::new(
    "GetLoadBalancerTlsPolicies",
    call!(|request| get_load_balancer_tls_policies.set_page_token(request.token)
        => |output| output.tls_policies.map(Items::new), output.next_page_token),
);

resource!(LoadBalancerTlsPolicy: name);

/// `load_balancer_tls_policies`.
pub static LOAD_BALANCER_TLS_POLICIES: TableSpec<Plain<LoadBalancerTlsPolicy>> = TableSpec {
    name: "load_balancer_tls_policies",
    group: Group::Network,
    description: "Security policies that load balancers can be given, one row for each in each region.",
    feeds: &[Feed::of::<LoadBalancerTlsPolicy>(&GET_LOAD_BALANCER_TLS_POLICIES)],
    key: None,
    examples: &["SELECT DISTINCT name, is_default, protocols FROM load_balancer_tls_policies ORDER BY name"],
    columns: &[
        text("name", "The name of the policy, such as TLS-2016-08.", |p| p.name()),
        flag("is_default", "Whether new load balancers get it.", |p| p.is_default()),
        text("description", "What it is meant for.", |p| p.description()),
        text_list("protocols", "The versions of TLS that it allows.", |p| p.protocols.as_deref()),
        text_list("ciphers", "The ciphers that it allows.", |p| p.ciphers.as_deref()),
    ],
};
