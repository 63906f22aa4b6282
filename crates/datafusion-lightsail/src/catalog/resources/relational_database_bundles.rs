//! `relational_database_bundles`.

use aws_sdk_lightsail::types::RelationalDatabaseBundle;

use crate::catalog::asks::with_inactive;
use crate::catalog::column::{flag, int, single, text};
use crate::catalog::operation::{Items, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetRelationalDatabaseBundles: asked in each region, for what is offered differs among them.
pub static GET_RELATIONAL_DATABASE_BUNDLES: Operation = Operation {
    asks: |known| vec![with_inactive(known)],
    ..Operation::new(
        "GetRelationalDatabaseBundles",
        call!(|request| get_relational_database_bundles
            .set_page_token(request.token)
            .set_include_inactive(request.parameters.flag("includeInactive"))
        => |output| output.bundles.map(Items::new), output.next_page_token),
    )
};

resource!(RelationalDatabaseBundle);

/// `relational_database_bundles`.
pub static RELATIONAL_DATABASE_BUNDLES: TableSpec<Plain<RelationalDatabaseBundle>> = TableSpec {
    name: "relational_database_bundles",
    group: Group::Databases,
    description: "Plans that managed databases can be billed by, one row for each in each region.",
    feeds: &[Feed::of::<RelationalDatabaseBundle>(&GET_RELATIONAL_DATABASE_BUNDLES)],
    key: None,
    examples: &["SELECT name, bundle_id, price, cpu_count, ram_size_in_gb FROM relational_database_bundles \
         WHERE is_active ORDER BY price, bundle_id"],
    columns: &[
        text(
            "bundle_id",
            "The id of the plan, to join with relational_databases.relational_database_bundle_id.",
            |b| b.bundle_id(),
        ),
        text("name", "The name of the plan for people.", |b| b.name()),
        single("price", "The price in US dollars per month.", |b| b.price()),
        single("ram_size_in_gb", "Its memory in GB.", |b| b.ram_size_in_gb()),
        int("disk_size_in_gb", "Its storage in GB.", |b| b.disk_size_in_gb()),
        int("transfer_per_month_in_gb", "The transfer that it includes, in GB per month.", |b| {
            b.transfer_per_month_in_gb()
        }),
        int("cpu_count", "How many virtual CPUs it has.", |b| b.cpu_count()),
        flag("is_encrypted", "Whether the storage is encrypted.", |b| b.is_encrypted()),
        flag("is_active", "Whether new databases can have it.", |b| b.is_active()),
    ],
};
