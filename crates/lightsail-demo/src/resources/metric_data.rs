//! The metrics of instances, buckets, container services, distributions, load balancers and databases.

use crate::call::Operation;
use crate::error::Error;
use crate::fleet::{DAY, Instance};
use crate::place::Place;
use crate::resource::arn;

use super::buckets::bucket_named;
use super::container_services::service_named;
use super::databases::database_named;
use super::distributions::distribution_named;
use super::load_balancers::load_balancer_named;
use super::metrics::Course::{Busy, Growing, Seldom, Spare, Steady, Told};
use super::metrics::{Gauge, Metric, answer, members, members_without_unit, metric, names};

const MINUTE: u64 = 60;
const FIVE_MINUTES: u64 = 300;
const A_DAY: u64 = 86_400;
const MB: f64 = 1_048_576.0;
const GB: f64 = 1024.0 * MB;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetInstanceMetricData",
        members: &members("instanceName", const { &names(&INSTANCE) }),
        answer: |call| {
            let name = call.required("instanceName");
            let (index, one) =
                call.place.instance_named(name).ok_or_else(|| Error::not_found("Instance", name))?;
            let told = |metric: &str, time| of_instance(&one, metric, time);
            let gauge = Gauge::new(&arn(&call.place, "Instance", &one.id)).telling(&told);
            answer(call, &INSTANCE, &gauge.stopped(stopped(&call.place, index, &one)))
        },
    },
    Operation {
        name: "GetBucketMetricData",
        members: &members("bucketName", const { &names(&BUCKET) }),
        answer: |call| {
            let (_, one) = bucket_named(&call.place, call.required("bucketName"))?;
            answer(call, &BUCKET, &Gauge::new(&one.head.arn(&call.place)))
        },
    },
    Operation {
        name: "GetContainerServiceMetricData",
        members: &members_without_unit("serviceName", const { &names(&CONTAINER_SERVICE) }),
        answer: |call| {
            let (_, one) = service_named(&call.place, call.required("serviceName"))?;
            answer(call, &CONTAINER_SERVICE, &Gauge::new(&one.head.arn(&call.place)))
        },
    },
    Operation {
        name: "GetDistributionMetricData",
        members: &members("distributionName", const { &names(&DISTRIBUTION) }),
        answer: |call| {
            call.at_home("Distribution")?;
            let (_, one) = distribution_named(&call.place, call.required("distributionName"))?;
            answer(call, &DISTRIBUTION, &Gauge::new(&one.head.arn(&call.place)))
        },
    },
    Operation {
        name: "GetLoadBalancerMetricData",
        members: &members("loadBalancerName", const { &names(&LOAD_BALANCER) }),
        answer: |call| {
            let one = load_balancer_named(&call.place, call.required("loadBalancerName"))?;
            let (healthy, all) = one.healthy();
            let told = |metric: &str, _| match metric {
                "HealthyHostCount" => healthy as f64,
                _ => (all - healthy) as f64,
            };
            answer(call, &LOAD_BALANCER, &Gauge::new(&one.head.arn(&call.place)).telling(&told))
        },
    },
    Operation {
        name: "GetRelationalDatabaseMetricData",
        members: &members("relationalDatabaseName", const { &names(&DATABASE) }),
        answer: |call| {
            let one = database_named(&call.place, call.required("relationalDatabaseName"))?;
            answer(call, &DATABASE, &Gauge::new(&one.head.arn(&call.place)))
        },
    },
];

/// An instance that does not run stopped some time in the last month, and has measured nothing since.
fn stopped(place: &Place<'_>, index: u64, instance: &Instance) -> Option<u64> {
    let stopped = place.random("stopped", index).below(30 * DAY);
    (instance.state.1 != "running").then(|| place.today() - stopped)
}

fn of_instance(instance: &Instance, metric: &str, time: u64) -> f64 {
    let fails = |since: Option<u64>| since.is_some_and(|since| since <= time);
    let (own, system) = (fails(instance.impaired.0), fails(instance.impaired.1));
    let yes = match metric {
        "StatusCheckFailed" => own || system,
        "StatusCheckFailed_Instance" => own,
        "StatusCheckFailed_System" => system,
        // Something on an instance that allows it still asks for metadata without a token.
        _ => instance.metadata.as_ref().is_some_and(|options| options.tokens == "optional"),
    };
    f64::from(u8::from(yes))
}

static INSTANCE: [Metric; 16] = [
    metric("CPUUtilization", "Percent", FIVE_MINUTES, Busy(92.0)),
    metric("NetworkIn", "Bytes", FIVE_MINUTES, Busy(40.0 * MB)),
    metric("NetworkOut", "Bytes", FIVE_MINUTES, Busy(160.0 * MB)),
    metric("StatusCheckFailed", "Count", MINUTE, Told),
    metric("StatusCheckFailed_Instance", "Count", MINUTE, Told),
    metric("StatusCheckFailed_System", "Count", MINUTE, Told),
    metric("BurstCapacityTime", "Seconds", FIVE_MINUTES, Spare(17_280.0)),
    metric("BurstCapacityPercentage", "Percent", FIVE_MINUTES, Spare(100.0)),
    metric("MetadataNoToken", "Count", FIVE_MINUTES, Told),
    metric("DiskReadOps", "Count", FIVE_MINUTES, Busy(9_000.0)),
    metric("DiskWriteOps", "Count", FIVE_MINUTES, Busy(14_000.0)),
    metric("DiskReadBytes", "Bytes", FIVE_MINUTES, Busy(120.0 * MB)),
    metric("DiskWriteBytes", "Bytes", FIVE_MINUTES, Busy(210.0 * MB)),
    metric("DiskTotalReadTime", "Seconds", FIVE_MINUTES, Busy(12.0)),
    metric("DiskTotalWriteTime", "Seconds", FIVE_MINUTES, Busy(25.0)),
    metric("DiskQueueLength", "Count", FIVE_MINUTES, Busy(3.0)),
];

static BUCKET: [Metric; 2] = [
    metric("BucketSizeBytes", "Bytes", A_DAY, Growing(1.5 * GB)),
    metric("NumberOfObjects", "Count", A_DAY, Growing(4_000.0)),
];

static CONTAINER_SERVICE: [Metric; 2] = [
    metric("CPUUtilization", "Percent", FIVE_MINUTES, Busy(85.0)),
    metric("MemoryUtilization", "Percent", FIVE_MINUTES, Steady(55.0)),
];

static DISTRIBUTION: [Metric; 8] = [
    metric("Requests", "None", FIVE_MINUTES, Busy(30_000.0)),
    metric("BytesDownloaded", "None", FIVE_MINUTES, Busy(600.0 * MB)),
    metric("BytesUploaded", "None", FIVE_MINUTES, Busy(20.0 * MB)),
    metric("TotalErrorRate", "Percent", FIVE_MINUTES, Steady(2.2)),
    metric("Http4xxErrorRate", "Percent", FIVE_MINUTES, Steady(2.0)),
    metric("Http5xxErrorRate", "Percent", FIVE_MINUTES, Seldom(3.0)),
    metric("WafAllowedRequests", "None", FIVE_MINUTES, Busy(29_000.0)),
    metric("WafBlockedRequests", "None", FIVE_MINUTES, Busy(900.0)),
];

static LOAD_BALANCER: [Metric; 12] = [
    metric("ClientTLSNegotiationErrorCount", "Count", FIVE_MINUTES, Seldom(40.0)),
    metric("HealthyHostCount", "Count", FIVE_MINUTES, Told),
    metric("UnhealthyHostCount", "Count", FIVE_MINUTES, Told),
    metric("HTTPCode_LB_4XX_Count", "Count", FIVE_MINUTES, Busy(60.0)),
    metric("HTTPCode_LB_5XX_Count", "Count", FIVE_MINUTES, Seldom(30.0)),
    metric("HTTPCode_Instance_2XX_Count", "Count", FIVE_MINUTES, Busy(22_000.0)),
    metric("HTTPCode_Instance_3XX_Count", "Count", FIVE_MINUTES, Busy(2_500.0)),
    metric("HTTPCode_Instance_4XX_Count", "Count", FIVE_MINUTES, Busy(700.0)),
    metric("HTTPCode_Instance_5XX_Count", "Count", FIVE_MINUTES, Seldom(90.0)),
    metric("InstanceResponseTime", "Seconds", FIVE_MINUTES, Steady(0.18)),
    metric("RejectedConnectionCount", "Count", FIVE_MINUTES, Seldom(12.0)),
    metric("RequestCount", "Count", FIVE_MINUTES, Busy(25_500.0)),
];

static DATABASE: [Metric; 8] = [
    metric("CPUUtilization", "Percent", MINUTE, Busy(80.0)),
    metric("DatabaseConnections", "Count", MINUTE, Busy(60.0)),
    metric("DiskQueueDepth", "Count", MINUTE, Busy(2.0)),
    metric("FreeStorageSpace", "Bytes", MINUTE, Spare(30.0 * GB)),
    metric("NetworkReceiveThroughput", "Bytes/Second", MINUTE, Busy(900_000.0)),
    metric("NetworkTransmitThroughput", "Bytes/Second", MINUTE, Busy(2_400_000.0)),
    metric("FreeableMemory", "Bytes", MINUTE, Spare(0.6 * GB)),
    metric("SwapUsage", "Bytes", MINUTE, Steady(12.0 * MB)),
];
