//! What resources cost day by day, worked out from the same prices that the bundles show.

use crate::call::{Answer, Call, Operation};
use crate::error::Error;
use crate::fleet::DAY;
use crate::input::{text, time};
use crate::json::Json;
use crate::random::hash;
use crate::rates::BUCKET_BUNDLES;
use crate::series::Series;

use super::directory::{self, Resource};

/// The longest time that is told of at once, in days.
const MOST_DAYS: u64 = 1_100;
/// A month in hours and in days, as Amazon reckons.
const HOURS: f64 = 730.0;
const DAYS: f64 = HOURS / 24.0;
/// US dollars a month for what has no bundle: a GB of disk, a GB of snapshot, a load balancer; and for an hour of an
/// address that is attached to nothing.
const DISK_GB: f64 = 0.1;
const SNAPSHOT_GB: f64 = 0.05;
const LOAD_BALANCER: f64 = 18.0;
const IDLE_ADDRESS_HOUR: f64 = 0.005;

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "GetCostEstimate",
    members: &[text("resourceName").required(), time("startTime").required(), time("endTime").required()],
    answer: get_cost_estimate,
}];

fn get_cost_estimate(call: &Call<'_>) -> Answer {
    let name = call.required("resourceName");
    let resource = directory::find(&call.place, name).ok_or_else(|| Error::not_found("Resource", name))?;
    let (start, end) = (call.time("startTime").unwrap_or_default(), call.time("endTime").unwrap_or_default());
    if start >= end {
        return Err(Error::invalid_input("startTime must be before endTime.", "Exchange the two."));
    }
    if end - start > MOST_DAYS * DAY {
        let message = format!("A cost estimate covers {MOST_DAYS} days at most.");
        return Err(Error::invalid_input(message, "Ask for less at a time."));
    }
    let (kind, created) = resource.kind_and_creation();
    let charges = charges(&resource, call.place.region().name);
    let work = Series::new(hash(name));
    Ok(Json::object(|json| {
        json.array("resourcesBudgetEstimate", |json| {
            json.element(|json| {
                json.text("resourceName", name);
                json.text("resourceType", kind);
                json.array("costEstimates", |json| {
                    for charge in &charges {
                        json.element(|json| charge.write(json, &work, start.max(created), end));
                    }
                });
                json.time("startTime", start);
                json.time("endTime", end);
            });
        });
    }))
}

/// Something that is counted, and what one of it costs.
struct Charge {
    usage: String,
    unit: &'static str,
    /// US dollars for each unit.
    rate: f64,
    /// How many units a day; where it depends on the work there is, at the most.
    a_day: f64,
    by_work: bool,
}

/// What a resource is charged for.
fn charges(resource: &Resource, region: &str) -> Vec<Charge> {
    let code = billing_code(region);
    let charge = |what: &str, unit, rate, a_day| Charge {
        usage: format!("{code}-{what}"),
        unit,
        rate,
        a_day,
        by_work: false,
    };
    let hourly = |what: &str, a_month: f64| charge(what, "Hrs", a_month / HOURS, 24.0);
    let stored = |what: &str, a_month: f64, size: u32| charge(what, "GB-Mo", a_month, f64::from(size) / DAYS);
    let bundled = |what: &str, a_month: f64| charge(what, "Bundles", a_month, 1.0 / DAYS);
    // It is counted, and within what the bundle includes.
    let transfer = |most: f64| Charge { by_work: true, ..charge("TotalDataXfer-Out-Bytes", "GB", 0.0, most) };
    match resource {
        Resource::Instance(one) => vec![
            hourly(&format!("BundleUsage:{}", one.bundle.id), one.bundle.price),
            transfer(f64::from(one.bundle.transfer) / 60.0),
        ],
        Resource::Disk(one) => vec![stored("DiskUsage", DISK_GB, one.disk.size)],
        // One that is attached comes with the instance.
        Resource::StaticIp(one) if one.attached_to.is_some() => Vec::new(),
        Resource::StaticIp(_) => vec![charge("UnusedStaticIP", "Hrs", IDLE_ADDRESS_HOUR, 24.0)],
        Resource::InstanceSnapshot(one) => vec![stored("SnapshotUsage", SNAPSHOT_GB, one.size())],
        Resource::DiskSnapshot(one) => vec![stored("SnapshotUsage", SNAPSHOT_GB, one.size())],
        Resource::DatabaseSnapshot(one) => vec![stored("SnapshotUsage", SNAPSHOT_GB, one.of.bundle.disk)],
        Resource::LoadBalancer(_) => vec![hourly("LoadBalancerUsage", LOAD_BALANCER)],
        Resource::Bucket(one) => {
            let bundle = &BUCKET_BUNDLES[one.bundle];
            vec![bundled(&format!("BucketBundle:{}", bundle.id), bundle.price)]
        }
        Resource::ContainerService(one) => {
            let nodes = f64::from(one.scale);
            vec![hourly(&format!("ContainerSvcUsage:{}", one.power.id), one.power.price * nodes)]
        }
        Resource::Database(one) => vec![hourly(&format!("DBUsage:{}", one.bundle.id), one.bundle.price)],
        Resource::Distribution(one) => vec![
            bundled(&format!("CDNBundle:{}", one.bundle.id), one.bundle.price),
            transfer(f64::from(one.bundle.transfer) / 60.0),
        ],
        Resource::Domain(_) => {
            vec![Charge { by_work: true, ..charge("DNS-Queries", "Queries", 0.4 / 1e6, 250_000.0) }]
        }
        Resource::Free(_) => Vec::new(),
    }
}

/// What bills call a region, such as USE1.
fn billing_code(region: &str) -> String {
    let mut parts = region.split('-');
    let continent = parts.next().unwrap_or_default();
    let direction = parts.next().and_then(|part| part.get(..1)).unwrap_or_default();
    format!("{continent}{direction}{}", parts.next().unwrap_or_default()).to_uppercase()
}

impl Charge {
    /// One result for each day (UTC) or part of one.
    fn write(&self, json: &mut Json, work: &Series, start: u64, end: u64) {
        json.text("usageType", &self.usage);
        json.array("resultsByTime", |json| {
            let mut from = start;
            while from < end {
                let until = end.min(from - from % DAY + DAY);
                json.element(|json| self.result(json, work, from, until));
                from = until;
            }
        });
    }

    fn result(&self, json: &mut Json, work: &Series, from: u64, until: u64) {
        let busy = if self.by_work { work.level(from + (until - from) / 2) } else { 1.0 };
        let units = self.a_day * busy * (until - from) as f64 / DAY as f64;
        json.float("usageCost", (units * self.rate * 1e6).round() / 1e6);
        json.text("pricingUnit", self.unit);
        json.float("unit", (units * 1e6).round() / 1e6);
        json.text("currency", "USD");
        json.nested("timePeriod", |json| {
            json.time("start", from);
            json.time("end", until);
        });
    }
}
