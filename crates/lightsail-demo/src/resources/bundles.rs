//! What can be bought: bundles of instances, buckets, distributions and databases, powers of container services.

use crate::call::Operation;
use crate::input::{flag, one_of, text};
use crate::json::Json;
use crate::page;
use crate::plans::{Bundle, LINUX, LINUX_IPV6, RESEARCH, RETIRED, WINDOWS};
use crate::rates::{BUCKET_BUNDLES, DATABASE_BUNDLES, DISTRIBUTION_BUNDLES, POWERS, StorageBundle};

/// The categories that GetBundles and GetBlueprints know: Lightsail for Research.
pub(super) const APP_CATEGORIES: &[&str] = &["LfR"];

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetBundles",
        members: &[flag("includeInactive"), text("pageToken"), one_of("appCategory", APP_CATEGORIES)],
        answer: |call| {
            let (inactive, research) = (call.flag("includeInactive"), call.text("appCategory").is_some());
            let wanted = move |(_, (family, _)): &(u64, (&'static Family, &'static Bundle))| {
                family.research == research && (family.active || inactive)
            };
            let all = |start| (0..).zip(bundles()).skip(start as usize).filter(wanted);
            page::list(call, "bundles", all, |json, (family, bundle)| family.write(json, bundle))
        },
    },
    Operation {
        name: "GetBucketBundles",
        members: &[flag("includeInactive")],
        answer: |call| {
            let inactive = call.flag("includeInactive");
            let wanted = BUCKET_BUNDLES.iter().filter(|bundle| bundle.active || inactive);
            page::whole("bundles", wanted, |json, bundle| {
                storage(json, bundle);
                json.plain("storagePerMonthInGb", bundle.storage);
            })
        },
    },
    Operation {
        name: "GetDistributionBundles",
        members: &[],
        answer: |_| page::whole("bundles", &DISTRIBUTION_BUNDLES, |json, bundle| storage(json, bundle)),
    },
    Operation {
        name: "GetContainerServicePowers",
        members: &[],
        answer: |_| {
            page::whole("powers", &POWERS, |json, power| {
                json.text("powerId", power.id);
                json.float("price", power.price);
                json.float("cpuCount", power.cpus);
                json.float("ramSizeInGb", power.ram);
                json.text("name", power.name);
                json.plain("isActive", true);
            })
        },
    },
    Operation {
        name: "GetRelationalDatabaseBundles",
        members: &[text("pageToken"), flag("includeInactive")],
        answer: |call| {
            let inactive = call.flag("includeInactive");
            let all = |start| (0..).zip(&DATABASE_BUNDLES).skip(start as usize);
            let wanted = |start| all(start).filter(move |(_, bundle)| bundle.active || inactive);
            page::list(call, "bundles", wanted, |json, bundle| {
                json.text("bundleId", bundle.id);
                json.text("name", bundle.name);
                json.float("price", bundle.price);
                json.float("ramSizeInGb", bundle.ram);
                json.plain("diskSizeInGb", bundle.disk);
                json.plain("transferPerMonthInGb", 100);
                json.plain("cpuCount", bundle.cpus);
                json.plain("isEncrypted", bundle.encrypted);
                json.plain("isActive", bundle.active);
            })
        },
    },
];

/// Bundles that have all but their size in common.
struct Family {
    bundles: &'static [Bundle],
    platform: &'static str,
    /// How many public IPv4 addresses they come with.
    addresses: u32,
    active: bool,
    /// Lightsail for Research.
    research: bool,
}

const LINUX_FAMILY: Family =
    Family { bundles: &LINUX, platform: "LINUX_UNIX", addresses: 1, active: true, research: false };

static FAMILIES: [Family; 5] = [
    LINUX_FAMILY,
    Family { bundles: &LINUX_IPV6, addresses: 0, ..LINUX_FAMILY },
    Family { bundles: &WINDOWS, platform: "WINDOWS", ..LINUX_FAMILY },
    Family { bundles: &RESEARCH, research: true, ..LINUX_FAMILY },
    Family { bundles: &RETIRED, active: false, ..LINUX_FAMILY },
];

fn bundles() -> impl Iterator<Item = (&'static Family, &'static Bundle)> {
    FAMILIES.iter().flat_map(|family| family.bundles.iter().map(move |bundle| (family, bundle)))
}

impl Family {
    fn write(&self, json: &mut Json, bundle: &Bundle) {
        json.float("price", bundle.price);
        json.plain("cpuCount", bundle.cpus);
        json.plain("diskSizeInGb", bundle.disk);
        json.text("bundleId", bundle.id);
        json.text("instanceType", &bundle.name.to_lowercase().replace(' ', "_"));
        json.plain("isActive", self.active);
        json.text("name", bundle.name);
        json.plain("power", bundle.power);
        json.float("ramSizeInGb", bundle.ram);
        json.plain("transferPerMonthInGb", bundle.transfer);
        json.texts("supportedPlatforms", &[self.platform]);
        if self.research {
            json.texts("supportedAppCategories", APP_CATEGORIES);
        }
        json.plain("publicIpv4AddressCount", self.addresses);
    }
}

/// What bundles of buckets and of distributions have in common.
fn storage(json: &mut Json, bundle: &StorageBundle) {
    json.text("bundleId", bundle.id);
    json.text("name", bundle.name);
    json.float("price", bundle.price);
    json.plain("transferPerMonthInGb", bundle.transfer);
    json.plain("isActive", bundle.active);
}
