//! `distribution_bundles`.

use aws_sdk_lightsail::types::DistributionBundle;

use crate::catalog::column::{flag, int, single, text};
use crate::catalog::operation::{Items, Operation, Scope, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetDistributionBundles: like all of distributions, in us-east-1 alone.
pub static GET_DISTRIBUTION_BUNDLES: Operation = Operation {
    scope: Scope::UsEast1,
    ..Operation::new(
        "GetDistributionBundles",
        call!(|_| get_distribution_bundles
        => |output| output.bundles.map(Items::new), None),
    )
};

resource!(DistributionBundle);

/// `distribution_bundles`.
pub static DISTRIBUTION_BUNDLES: TableSpec<Plain<DistributionBundle>> = TableSpec {
    name: "distribution_bundles",
    group: Group::Cdn,
    description: "Plans that distributions can be billed by, one row each.",
    feeds: &[Feed::of::<DistributionBundle>(&GET_DISTRIBUTION_BUNDLES)],
    key: None,
    examples: &["SELECT name, bundle_id, price, transfer_per_month_in_gb FROM distribution_bundles \
         WHERE is_active ORDER BY price"],
    columns: &[
        text("bundle_id", "The id of the plan, to join with distributions.bundle_id.", |b| b.bundle_id()),
        text("name", "The name of the plan for people.", |b| b.name()),
        single("price", "The price in US dollars per month.", |b| b.price()),
        int("transfer_per_month_in_gb", "The transfer that it includes, in GB per month.", |b| {
            b.transfer_per_month_in_gb()
        }),
        flag("is_active", "Whether new distributions can have it.", |b| b.is_active()),
    ],
};
