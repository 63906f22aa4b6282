//! `distributions`, their cache behaviors, error responses and firewall rules.

use aws_sdk_lightsail::types::{
    CacheBehaviorPerPath, CacheSettings, DistributionCustomErrorResponse, LightsailDistribution, WafConfig,
    WafRule,
};

use super::common::{arn, created_at, support_code, tag_map, zone};
use crate::catalog::column::{flag, int, int_list, long, name_list, names, needing, text, text_list};
use crate::catalog::operation::{Items, Lookup, Needs, Operation, Parent, Scope, call};
use crate::catalog::rows::{Plain, each, named, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetDistributions: distributions belong to no region, and only us-east-1 knows them.
pub static GET_DISTRIBUTIONS: Operation = Operation {
    scope: Scope::UsEast1,
    lookup: Some(Lookup {
        name: "GetDistributions",
        member: "distributionName",
        get: call!(|request| get_distributions
            .set_distribution_name(request.text("distributionName"))
            .set_page_token(request.token)
            => |output| output.distributions.map(Items::new), output.next_page_token),
    }),
    detail: Some(&GET_DISTRIBUTION),
    ..Operation::new(
        "GetDistributions",
        call!(|request| get_distributions.set_page_token(request.token)
            => |output| output.distributions.map(Items::new), output.next_page_token),
    )
};

/// GetDistributions for one distribution: only then it tells the default root object and the error responses.
pub static GET_DISTRIBUTION: Operation = Operation {
    scope: Scope::UsEast1,
    ..Operation::about(
        "GetDistributions",
        &[("name", "distributionName"), ("distribution_name", "distributionName")],
        &[Parent {
            operation: &GET_DISTRIBUTIONS,
            subjects: |items| named::<LightsailDistribution>(items, "distributionName"),
        }],
        call!(|request| get_distributions
            .set_distribution_name(request.text("distributionName"))
            .set_page_token(request.token)
            => |output| output.distributions.map(Items::new), output.next_page_token),
    )
};

resource!(LightsailDistribution: name, arn, location);

fn cache(distribution: &LightsailDistribution) -> Option<&CacheSettings> {
    distribution.cache_behavior_settings()
}

/// `distributions`.
pub static DISTRIBUTIONS: TableSpec<Plain<LightsailDistribution>> = TableSpec {
    name: "distributions",
    group: Group::Cdn,
    description: "Content delivery networks, one row each.",
    feeds: &[Feed::of::<LightsailDistribution>(&GET_DISTRIBUTIONS)],
    key: Some("name"),
    examples: &[
        "SELECT name, domain_name, alternative_domain_names, origin_name, status \
         FROM distributions ORDER BY name",
        "SELECT name, viewer_minimum_tls_protocol_version, waf_is_waf_enabled FROM distributions \
         WHERE is_enabled ORDER BY name",
    ],
    columns: &[
        text("name", "The name that its owner gave the distribution.", |d| d.name()),
        arn(|d| d.arn()),
        support_code(|d| d.support_code()),
        created_at(|d| d.created_at()),
        zone(|d| d.location()?.availability_zone()),
        text("resource_type", "Always Distribution.", |d| Some(d.resource_type()?.as_str())),
        text_list("alternative_domain_names", "The custom domains that it answers for.", |d| {
            d.alternative_domain_names.as_deref()
        }),
        text("status", "How it stands, such as Deployed or InProgress.", |d| d.status()),
        flag("is_enabled", "Whether it is switched on.", |d| d.is_enabled()),
        text("domain_name", "The name that it has by itself, such as d111111abcdef8.cloudfront.net.", |d| {
            d.domain_name()
        }),
        text(
            "bundle_id",
            "The plan that it is billed by, to join with distribution_bundles.bundle_id.",
            |d| d.bundle_id(),
        ),
        text("certificate_name", "The certificate that it uses, to join with certificates.name.", |d| {
            d.certificate_name()
        }),
        text("origin_name", "The name of the resource that it fetches from.", |d| d.origin()?.name()),
        text(
            "origin_resource_type",
            "What it fetches from: Instance, LoadBalancer, Bucket or ContainerService.",
            |d| Some(d.origin()?.resource_type()?.as_str()),
        ),
        text("origin_region_name", "The region of that resource.", |d| {
            Some(d.origin()?.region_name()?.as_str())
        }),
        text("origin_protocol_policy", "How it fetches: http-only or https-only.", |d| {
            Some(d.origin()?.protocol_policy()?.as_str())
        }),
        int("origin_response_timeout", "How many seconds it waits for an answer of that resource.", |d| {
            d.origin()?.response_timeout()
        }),
        text("origin_ip_address_type", "Which protocols it fetches over: ipv4, ipv6 or dualstack.", |d| {
            Some(d.origin()?.ip_address_type()?.as_str())
        }),
        flag(
            "origin_is_private_origin_access_enabled",
            "Whether it may read a bucket that is private.",
            |d| d.origin()?.is_private_origin_access_enabled(),
        ),
        text("origin_public_dns", "The DNS name of that resource.", |d| d.origin_public_dns()),
        text(
            "default_cache_behavior_behavior",
            "Whether it keeps what no path says otherwise of: cache or dont-cache.",
            |d| Some(d.default_cache_behavior()?.behavior()?.as_str()),
        ),
        long(
            "cache_behavior_settings_default_ttl",
            "How many seconds it keeps an object that does not say.",
            |d| cache(d)?.default_ttl(),
        ),
        long("cache_behavior_settings_minimum_ttl", "The least seconds that it keeps an object.", |d| {
            cache(d)?.minimum_ttl()
        }),
        long("cache_behavior_settings_maximum_ttl", "The most seconds that it keeps an object.", |d| {
            cache(d)?.maximum_ttl()
        }),
        text(
            "cache_behavior_settings_allowed_http_methods",
            "The HTTP methods that it passes on, by commas.",
            |d| cache(d)?.allowed_http_methods(),
        ),
        text(
            "cache_behavior_settings_cached_http_methods",
            "The HTTP methods whose answers it keeps, by commas.",
            |d| cache(d)?.cached_http_methods(),
        ),
        text(
            "cache_behavior_settings_forwarded_cookies_option",
            "Which cookies it passes on: none, allow-list or all.",
            |d| Some(cache(d)?.forwarded_cookies()?.option()?.as_str()),
        ),
        text_list(
            "cache_behavior_settings_forwarded_cookies_cookies_allow_list",
            "The cookies that it passes on.",
            |d| cache(d)?.forwarded_cookies()?.cookies_allow_list.as_deref(),
        ),
        text(
            "cache_behavior_settings_forwarded_headers_option",
            "Which request headers it passes on: none, allow-list or all.",
            |d| Some(cache(d)?.forwarded_headers()?.option()?.as_str()),
        ),
        name_list(
            "cache_behavior_settings_forwarded_headers_headers_allow_list",
            "The request headers that it passes on.",
            |d| cache(d)?.forwarded_headers()?.headers_allow_list.as_deref().map(names),
        ),
        flag(
            "cache_behavior_settings_forwarded_query_strings_option",
            "Whether it passes query strings on.",
            |d| cache(d)?.forwarded_query_strings()?.option(),
        ),
        text_list(
            "cache_behavior_settings_forwarded_query_strings_query_strings_allow_list",
            "The query strings that it passes on; all, if none is listed.",
            |d| cache(d)?.forwarded_query_strings()?.query_strings_allow_list.as_deref(),
        ),
        flag("able_to_update_bundle", "Whether its plan can be changed now: once a month it can.", |d| {
            d.able_to_update_bundle()
        }),
        text("ip_address_type", "Which protocols it speaks: ipv4 or dualstack.", |d| {
            Some(d.ip_address_type()?.as_str())
        }),
        tag_map(|d| d.tags.as_deref()),
        text(
            "viewer_minimum_tls_protocol_version",
            "The least version of TLS that it speaks, such as TLSv1.2_2021.",
            |d| d.viewer_minimum_tls_protocol_version(),
        ),
        needing(
            Needs::DETAIL,
            text(
                "default_root_object",
                "What it answers with where no path is asked for, such as index.html; told for one call a \
                 distribution.",
                |d| d.default_root_object(),
            ),
        ),
        flag("waf_is_waf_enabled", "Whether a web application firewall is before it.", |d| {
            d.waf()?.is_waf_enabled()
        }),
    ],
};

each! {
    /// One row for each path that is cached in its own way.
    pub CacheBehaviorRows: LightsailDistribution => &'a CacheBehaviorPerPath,
    |distribution| distribution.cache_behaviors()
}

/// `distribution_cache_behaviors`.
pub static DISTRIBUTION_CACHE_BEHAVIORS: TableSpec<CacheBehaviorRows> = TableSpec {
    name: "distribution_cache_behaviors",
    group: Group::Cdn,
    description: "Paths that distributions cache, or do not, in their own way, one row each.",
    feeds: &[Feed::of::<LightsailDistribution>(&GET_DISTRIBUTIONS)],
    key: Some("distribution_name"),
    examples: &["SELECT distribution_name, path, behavior FROM distribution_cache_behaviors \
         ORDER BY distribution_name, path"],
    columns: &[
        text("distribution_name", "The name of the distribution.", |(d, _)| d.name()),
        text("distribution_arn", "The arn of the distribution, to join with distributions.arn.", |(d, _)| {
            d.arn()
        }),
        text("path", "The path or pattern, such as images/*.", |(_, b)| b.path()),
        text("behavior", "Whether it keeps what is there: cache or dont-cache.", |(_, b)| {
            Some(b.behavior()?.as_str())
        }),
    ],
};

each! {
    /// One row for each error that is answered in its own way.
    pub ErrorResponseRows: LightsailDistribution => &'a DistributionCustomErrorResponse,
    |distribution| distribution.custom_error_responses()
}

/// `distribution_error_responses`.
pub static DISTRIBUTION_ERROR_RESPONSES: TableSpec<ErrorResponseRows> = TableSpec {
    name: "distribution_error_responses",
    group: Group::Cdn,
    description: "Errors that distributions answer in their own way, one row each; one call for each \
                  distribution.",
    feeds: &[Feed::of::<LightsailDistribution>(&GET_DISTRIBUTION)],
    key: None,
    examples: &["SELECT distribution_name, error_code, response_code, response_page_path \
         FROM distribution_error_responses ORDER BY distribution_name, error_code"],
    columns: &[
        text(
            "distribution_name",
            "The name of the distribution; a predicate on it saves the other calls.",
            |(d, _)| d.name(),
        ),
        text("distribution_arn", "The arn of the distribution, to join with distributions.arn.", |(d, _)| {
            d.arn()
        }),
        int("error_code", "The HTTP status code of the origin.", |(_, e)| e.error_code()),
        text("response_code", "The HTTP status code that is answered instead.", |(_, e)| e.response_code()),
        text("response_page_path", "The page that is answered instead.", |(_, e)| e.response_page_path()),
        long("error_caching_min_ttl", "The least seconds that the error is kept.", |(_, e)| {
            e.error_caching_min_ttl()
        }),
    ],
};

each! {
    /// One row for each rule of the firewall before a distribution.
    pub WafRuleRows: LightsailDistribution => &'a WafRule,
    |distribution| distribution.waf().map(WafConfig::waf_rules).unwrap_or_default()
}

/// `distribution_waf_rules`.
pub static DISTRIBUTION_WAF_RULES: TableSpec<WafRuleRows> = TableSpec {
    name: "distribution_waf_rules",
    group: Group::Cdn,
    description: "Rules of the firewalls before distributions, one row each.",
    feeds: &[Feed::of::<LightsailDistribution>(&GET_DISTRIBUTIONS)],
    key: Some("distribution_name"),
    examples: &[
        "SELECT distribution_name, name, bot_control_config_inspection_level FROM distribution_waf_rules \
                 ORDER BY distribution_name, name",
    ],
    columns: &[
        text("distribution_name", "The name of the distribution.", |(d, _)| d.name()),
        text("distribution_arn", "The arn of the distribution, to join with distributions.arn.", |(d, _)| {
            d.arn()
        }),
        text("name", "The name of the rule.", |(_, r)| Some(r.name())),
        text(
            "atp_config_login_path",
            "Against stolen accounts: the path of the page that logs in.",
            |(_, r)| r.atp_config()?.login_path(),
        ),
        text(
            "atp_config_payload_type",
            "Against stolen accounts: what is sent there: JSON or FORM_ENCODED.",
            |(_, r)| Some(r.atp_config()?.payload_type()?.as_str()),
        ),
        text(
            "atp_config_username_field",
            "Against stolen accounts: the field there that is the user.",
            |(_, r)| r.atp_config()?.username_field(),
        ),
        text(
            "atp_config_password_field",
            "Against stolen accounts: the name of the field there that is the password.",
            |(_, r)| r.atp_config()?.password_field(),
        ),
        int_list(
            "atp_config_response_inspection_success_codes",
            "Against stolen accounts: the HTTP status codes of a log-in that worked.",
            |(_, r)| r.atp_config()?.response_inspection()?.success_codes.as_deref(),
        ),
        int_list(
            "atp_config_response_inspection_failure_codes",
            "Against stolen accounts: the HTTP status codes of one that did not.",
            |(_, r)| r.atp_config()?.response_inspection()?.failure_codes.as_deref(),
        ),
        text(
            "acfp_config_payload_type",
            "Against made-up accounts: what is sent: JSON or FORM_ENCODED.",
            |(_, r)| Some(r.acfp_config()?.payload_type()?.as_str()),
        ),
        text(
            "acfp_config_creation_path",
            "Against made-up accounts: the path that makes an account.",
            |(_, r)| r.acfp_config()?.creation_path(),
        ),
        text(
            "acfp_config_registration_page_path",
            "Against made-up accounts: the path of the page that leads there.",
            |(_, r)| r.acfp_config()?.registration_page_path(),
        ),
        int_list(
            "acfp_config_response_inspection_success_codes",
            "Against made-up accounts: the HTTP status codes of one that was made.",
            |(_, r)| r.acfp_config()?.response_inspection()?.success_codes.as_deref(),
        ),
        int_list(
            "acfp_config_response_inspection_failure_codes",
            "Against made-up accounts: the HTTP status codes of one that was not.",
            |(_, r)| r.acfp_config()?.response_inspection()?.failure_codes.as_deref(),
        ),
        text(
            "bot_control_config_inspection_level",
            "Against bots: how closely requests are looked at, such as COMMON or TARGETED.",
            |(_, r)| Some(r.bot_control_config()?.inspection_level()?.as_str()),
        ),
    ],
};
