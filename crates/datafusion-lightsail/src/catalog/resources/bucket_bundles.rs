//! `bucket_bundles`.

use aws_sdk_lightsail::types::BucketBundle;

use crate::catalog::asks::with_inactive;
use crate::catalog::column::{flag, int, single, text};
use crate::catalog::operation::{Items, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetBucketBundles: asked in each region, for what is offered differs among them.
pub static GET_BUCKET_BUNDLES: Operation = Operation {
    asks: |known| vec![with_inactive(known)],
    ..Operation::new(
        "GetBucketBundles",
        call!(|request| get_bucket_bundles.set_include_inactive(request.parameters.flag("includeInactive"))
        => |output| output.bundles.map(Items::new), None),
    )
};

resource!(BucketBundle);

/// `bucket_bundles`.
pub static BUCKET_BUNDLES: TableSpec<Plain<BucketBundle>> = TableSpec {
    name: "bucket_bundles",
    group: Group::Storage,
    description: "Plans that buckets can be billed by, one row for each in each region.",
    feeds: &[Feed::of::<BucketBundle>(&GET_BUCKET_BUNDLES)],
    key: None,
    examples: &["SELECT b.region, b.name, p.price, p.storage_per_month_in_gb FROM buckets AS b \
         JOIN bucket_bundles AS p \
         ON p.region = b.region AND p.bundle_id = b.bundle_id ORDER BY p.price DESC, b.name"],
    columns: &[
        text("bundle_id", "The id of the plan, to join with buckets.bundle_id.", |b| b.bundle_id()),
        text("name", "The name of the plan for people.", |b| b.name()),
        single("price", "The price in US dollars per month.", |b| b.price()),
        int("storage_per_month_in_gb", "The storage that it includes, in GB.", |b| {
            b.storage_per_month_in_gb()
        }),
        int("transfer_per_month_in_gb", "The transfer that it includes, in GB per month.", |b| {
            b.transfer_per_month_in_gb()
        }),
        flag("is_active", "Whether new buckets can have it.", |b| b.is_active()),
    ],
};
