//! `bucket_access_keys`: asked for one bucket each. The secret halves are told only when a key is made.

use aws_sdk_lightsail::types::{AccessKey, Bucket};

use super::buckets::GET_BUCKETS;
use super::common::created_at;
use crate::catalog::column::{text, time, volatile};
use crate::catalog::operation::{Asked, Items, Operation, Parent, call};
use crate::catalog::rows::{Plain, named, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetBucketAccessKeys: the keys of one bucket, without pages.
pub static GET_BUCKET_ACCESS_KEYS: Operation = Operation::about(
    "GetBucketAccessKeys",
    &[("bucket_name", "bucketName")],
    &[Parent { operation: &GET_BUCKETS, subjects: |items| named::<Bucket>(items, "bucketName") }],
    call!(|request| get_bucket_access_keys.set_bucket_name(request.text("bucketName"))
        => |output| output.access_keys.map(|items| Items::asked(&request.parameters, items)), None),
);

resource!(AccessKey);

/// `bucket_access_keys`.
pub static BUCKET_ACCESS_KEYS: TableSpec<Plain<Asked<AccessKey>>> = TableSpec {
    name: "bucket_access_keys",
    group: Group::Storage,
    description: "Access keys of buckets without their secrets, one row each; one call for each bucket.",
    feeds: &[Feed::of::<Asked<AccessKey>>(&GET_BUCKET_ACCESS_KEYS)],
    key: None,
    examples: &["SELECT bucket_name, access_key_id, status, created_at, last_used_last_used_date \
         FROM bucket_access_keys ORDER BY last_used_last_used_date NULLS FIRST"],
    columns: &[
        text("bucket_name", "The name of the bucket; a predicate on it saves the other calls.", |k| {
            k.parameters.text("bucketName")
        }),
        text("access_key_id", "The id of the key.", |k| k.item.access_key_id()),
        text("status", "Whether requests with it are taken: Active or Inactive.", |k| {
            Some(k.item.status()?.as_str())
        }),
        created_at(|k| k.item.created_at()),
        volatile(time("last_used_last_used_date", "When it was last used.", |k| {
            k.item.last_used()?.last_used_date()
        })),
        volatile(text("last_used_region", "The region of the request that last used it.", |k| {
            k.item.last_used()?.region()
        })),
        volatile(text("last_used_service_name", "The service that the request was for, such as s3.", |k| {
            k.item.last_used()?.service_name()
        })),
    ],
};
