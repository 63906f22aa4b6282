//! `bundles`.

use aws_sdk_lightsail::types::{AppCategory, Bundle};

use super::blueprints::of_one_listing;
use crate::catalog::asks::each_category;
use crate::catalog::column::{flag, int, name_list, names, single, text};
use crate::catalog::operation::{Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetBundles: those of Lightsail for Research are listed only if they are asked for, so that all there is takes two
/// requests. Asked in each region, for what is offered differs among them.
pub static GET_BUNDLES: Operation = Operation {
    asks: |known| each_category(known, None),
    ..Operation::new(
        "GetBundles",
        call!(|request| get_bundles
            .set_include_inactive(request.parameters.flag("includeInactive"))
            .set_app_category(request.name("appCategory"))
            .set_page_token(request.token)
            => |output| output.bundles.map(|items| of_one_listing(&request.parameters, items, is_for_research)),
            output.next_page_token),
    )
};

fn is_for_research(item: &Bundle) -> bool {
    item.supported_app_categories().contains(&AppCategory::LfR)
}

resource!(Bundle);

/// `bundles`.
pub static BUNDLES: TableSpec<Plain<Bundle>> = TableSpec {
    name: "bundles",
    group: Group::Servers,
    description: "Plans that instances can be billed by, one row for each in each region.",
    feeds: &[Feed::of::<Bundle>(&GET_BUNDLES)],
    key: None,
    examples: &[
        "SELECT i.region, count(*) AS instances, sum(b.price) AS price FROM instances AS i JOIN bundles AS b \
         ON b.region = i.region AND b.bundle_id = i.bundle_id GROUP BY i.region ORDER BY price DESC",
        "SELECT DISTINCT bundle_id, price, cpu_count, ram_size_in_gb FROM bundles WHERE is_active \
         ORDER BY price, bundle_id",
    ],
    columns: &[
        single("price", "The price in US dollars per month.", |b| b.price()),
        int("cpu_count", "How many virtual CPUs it has.", |b| b.cpu_count()),
        int("disk_size_in_gb", "The size of the system disk in GB.", |b| b.disk_size_in_gb()),
        text("bundle_id", "The id of the plan, to join with instances.bundle_id.", |b| b.bundle_id()),
        text("instance_type", "The size in one word, such as micro.", |b| b.instance_type()),
        flag("is_active", "Whether new instances can have it; a predicate on it is asked of the API.", |b| {
            b.is_active()
        }),
        text("name", "The name of the plan for people.", |b| b.name()),
        int("power", "Its power, to compare with blueprints.min_power.", |b| b.power()),
        single("ram_size_in_gb", "Its memory in GB.", |b| b.ram_size_in_gb()),
        int("transfer_per_month_in_gb", "The transfer that it includes, in GB per month.", |b| {
            b.transfer_per_month_in_gb()
        }),
        name_list("supported_platforms", "What it can run: LINUX_UNIX, WINDOWS or both.", |b| {
            b.supported_platforms.as_deref().map(names)
        }),
        name_list("supported_app_categories", "LfR for those of Lightsail for Research.", |b| {
            b.supported_app_categories.as_deref().map(names)
        }),
        int("public_ipv4_address_count", "How many public IPv4 addresses it includes: 0 or 1.", |b| {
            b.public_ipv4_address_count()
        }),
    ],
};
