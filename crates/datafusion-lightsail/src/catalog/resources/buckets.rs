//! `buckets`, who may read them, and their CORS rules.

use aws_sdk_lightsail::types::{Bucket, BucketCorsConfig, BucketCorsRule, ResourceReceivingAccess};

use super::common::{arn, created_at, support_code, tag_map, zone};
use crate::catalog::column::{flag, int, text, text_list};
use crate::catalog::operation::{Items, Lookup, Needs, Operation, Parameters, Parent, Value, call};
use crate::catalog::rows::{Plain, each, named, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetBuckets.
pub static GET_BUCKETS: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetBuckets",
        member: "bucketName",
        get: call!(|request| get_buckets
            .set_bucket_name(request.text("bucketName"))
            .set_page_token(request.token)
            .set_include_connected_resources(request.needs.flag(Needs::CONNECTED_RESOURCES))
            => |output| output.buckets.map(Items::new), output.next_page_token),
    }),
    ..Operation::new(
        "GetBuckets",
        call!(|request| get_buckets
            .set_page_token(request.token)
            .set_include_connected_resources(request.needs.flag(Needs::CONNECTED_RESOURCES))
            => |output| output.buckets.map(Items::new), output.next_page_token),
    )
};

/// GetBuckets for one bucket with its CORS rules, which the API tells only of a bucket that is named.
pub static GET_BUCKET_WITH_CORS: Operation = Operation {
    asks: |_| vec![Parameters::default().with("includeCors", Value::Flag(true))],
    ..Operation::about(
        "GetBuckets",
        &[("bucket_name", "bucketName")],
        &[Parent { operation: &GET_BUCKETS, subjects: |items| named::<Bucket>(items, "bucketName") }],
        call!(|request| get_buckets
            .set_bucket_name(request.text("bucketName"))
            .set_include_cors(request.parameters.flag("includeCors"))
            .set_page_token(request.token)
            => |output| output.buckets.map(Items::new), output.next_page_token),
    )
};

resource!(Bucket: name, arn, location);

/// `buckets`.
pub static BUCKETS: TableSpec<Plain<Bucket>> = TableSpec {
    name: "buckets",
    group: Group::Storage,
    description: "Object storage buckets, one row each.",
    feeds: &[Feed::of::<Bucket>(&GET_BUCKETS)],
    key: Some("name"),
    examples: &[
        "SELECT region, name, access_rules_get_object, access_rules_allow_public_overrides \
         FROM buckets ORDER BY region, name",
        "SELECT region, name, url FROM buckets WHERE access_rules_get_object = 'public' \
         OR access_rules_allow_public_overrides ORDER BY region, name",
    ],
    columns: &[
        text("resource_type", "Always Bucket.", |b| b.resource_type()),
        text("access_rules_get_object", "Whether everybody may read its objects: public or private.", |b| {
            Some(b.access_rules()?.get_object()?.as_str())
        }),
        flag("access_rules_allow_public_overrides", "Whether single objects can be made public.", |b| {
            b.access_rules()?.allow_public_overrides()
        }),
        arn(|b| b.arn()),
        text("bundle_id", "The plan that it is billed by, such as small_1_0.", |b| b.bundle_id()),
        created_at(|b| b.created_at()),
        text("url", "The URL of the bucket.", |b| b.url()),
        zone(|b| b.location()?.availability_zone()),
        text("name", "The name of the bucket, unique everywhere.", |b| b.name()),
        support_code(|b| b.support_code()),
        tag_map(|b| b.tags.as_deref()),
        text(
            "object_versioning",
            "Whether old versions of objects are kept: Enabled, Suspended or NeverEnabled.",
            |b| b.object_versioning(),
        ),
        flag("able_to_update_bundle", "Whether its plan can be changed now: once a month it can.", |b| {
            b.able_to_update_bundle()
        }),
        text_list("readonly_access_accounts", "The AWS accounts that may read it.", |b| {
            b.readonly_access_accounts.as_deref()
        }),
        text("state_code", "The state of the bucket: OK or Unknown.", |b| b.state()?.code()),
        text("state_message", "What it says about that in words.", |b| b.state()?.message()),
        flag("access_log_config_enabled", "Whether access to it is logged.", |b| {
            Some(b.access_log_config()?.enabled())
        }),
        text("access_log_config_destination", "The bucket that the access log goes to.", |b| {
            b.access_log_config()?.destination()
        }),
        text("access_log_config_prefix", "The prefix of the names of the log's objects.", |b| {
            b.access_log_config()?.prefix()
        }),
    ],
};

each! {
    /// One row for each resource that may read and write a bucket.
    pub GrantRows: Bucket => &'a ResourceReceivingAccess, |bucket| bucket.resources_receiving_access()
}

/// `bucket_access_grants`.
pub static BUCKET_ACCESS_GRANTS: TableSpec<GrantRows> = TableSpec {
    name: "bucket_access_grants",
    group: Group::Storage,
    description: "Instances that have access to buckets, one row each.",
    feeds: &[Feed::of::<Bucket>(&GET_BUCKETS).needing(Needs::CONNECTED_RESOURCES)],
    key: Some("bucket_name"),
    examples: &[
        "SELECT bucket_name, name AS instance_name FROM bucket_access_grants ORDER BY bucket_name, name",
    ],
    columns: &[
        text("bucket_name", "The name of the bucket.", |(b, _)| b.name()),
        text("bucket_arn", "The arn of the bucket, to join with buckets.arn.", |(b, _)| b.arn()),
        text("name", "The name of the instance that has access.", |(_, g)| g.name()),
        text("resource_type", "What has access: Instance.", |(_, g)| g.resource_type()),
    ],
};

each! {
    /// One row for each CORS rule of a bucket.
    pub CorsRuleRows: Bucket => &'a BucketCorsRule,
    |bucket| bucket.cors().map(BucketCorsConfig::rules).unwrap_or_default()
}

/// `bucket_cors_rules`.
pub static BUCKET_CORS_RULES: TableSpec<CorsRuleRows> = TableSpec {
    name: "bucket_cors_rules",
    group: Group::Storage,
    description: "CORS rules of buckets, one row each; one call for each bucket.",
    feeds: &[Feed::of::<Bucket>(&GET_BUCKET_WITH_CORS)],
    key: None,
    examples: &["SELECT bucket_name, id, allowed_methods, allowed_origins FROM bucket_cors_rules \
         ORDER BY bucket_name, id"],
    columns: &[
        text("bucket_name", "The name of the bucket; a predicate on it saves the other calls.", |(b, _)| {
            b.name()
        }),
        text("bucket_arn", "The arn of the bucket, to join with buckets.arn.", |(b, _)| b.arn()),
        text("id", "The name of the rule.", |(_, r)| r.id()),
        text_list("allowed_methods", "The HTTP methods that it allows.", |(_, r)| Some(&r.allowed_methods)),
        text_list(
            "allowed_origins",
            "The origins that it allows, such as https://example.com; * is any.",
            |(_, r)| Some(&r.allowed_origins),
        ),
        text_list("allowed_headers", "The request headers that it allows.", |(_, r)| {
            r.allowed_headers.as_deref()
        }),
        text_list("expose_headers", "The response headers that scripts may read.", |(_, r)| {
            r.expose_headers.as_deref()
        }),
        int(
            "max_age_seconds",
            "How many seconds browsers may keep the answer to a preflight request.",
            |(_, r)| r.max_age_seconds(),
        ),
    ],
};
