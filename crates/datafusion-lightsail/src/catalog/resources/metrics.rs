//! The metrics of six kinds of resources, each a table of its own. All are asked in the same way: one request for each
//! resource, metric and stretch of time.

use aws_sdk_lightsail::types::{
    Bucket, ContainerService, Instance, LightsailDistribution, LoadBalancer, MetricDatapoint,
    MetricStatistic, RelationalDatabase,
};

use super::buckets::GET_BUCKETS;
use super::container_services::GET_CONTAINER_SERVICES;
use super::distributions::GET_DISTRIBUTIONS;
use super::instances::GET_INSTANCES;
use super::load_balancers::GET_LOAD_BALANCERS;
use super::metric_requests::{Metrics, falls_short_of, requests};
use super::relational_databases::GET_RELATIONAL_DATABASES;
use crate::catalog::asks::{DAY, SECOND};
use crate::catalog::column::{float, int, text, time};
use crate::catalog::operation::{Asked, Items, Operation, Parent, Scope, call};
use crate::catalog::rows::{Plain, named, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

resource!(MetricDatapoint);

/// One row for each data point.
pub type MetricRows = Plain<Asked<MetricDatapoint>>;

fn all_statistics() -> Vec<MetricStatistic> {
    vec![
        MetricStatistic::Average,
        MetricStatistic::Maximum,
        MetricStatistic::Minimum,
        MetricStatistic::SampleCount,
        MetricStatistic::Sum,
    ]
}

/// Declares the operation and the table of one kind of resource.
macro_rules! metrics {
    (
        $what:literal, $resource:ty, $parents:path, $scope:path, $group:path,
        $operation:ident: $api:literal, $method:ident, $set:ident, $member:literal $(, $set_unit:ident)?;
        $table:ident: $name:literal, $key:literal, $description:literal;
        $metrics:ident: $period:literal s, $back:literal, $ms:expr,
            [$($unit:literal: [$($metric:literal),+]),+];
        $($example:literal),+
    ) => {
        pub(super) static $metrics: Metrics =
            Metrics { units: &[$(($unit, &[$($metric),+])),+], period: $period * SECOND, back: $ms };

        #[doc = concat!($api, ": one metric of one ", $what, ", without pages.")]
        pub static $operation: Operation = Operation {
            scope: $scope,
            range: Some("timestamp"),
            asks: |known| requests(known, &$metrics),
            falls_short_of: |known| falls_short_of(known, &$metrics),
            ..Operation::about(
                $api,
                &[($key, $member)],
                &[Parent { operation: &$parents, subjects: |items| named::<$resource>(items, $member) }],
                call!(|request| $method
                    .$set(request.text($member))
                    .set_metric_name(request.name("metricName"))
                    .set_start_time(request.parameters.time("startTime"))
                    .set_end_time(request.parameters.time("endTime"))
                    .set_period(request.parameters.int("period"))
                    .set_statistics(Some(all_statistics()))
                    $(.$set_unit(request.name("unit")))?
                    => |output| output.metric_data.map(|items| Items::asked(&request.parameters, items)),
                    None),
            )
        };

        #[doc = concat!("`", $name, "`.")]
        pub static $table: TableSpec<MetricRows> = TableSpec {
            name: $name,
            group: $group,
            description: $description,
            feeds: &[Feed::of::<Asked<MetricDatapoint>>(&$operation)],
            key: None,
            examples: &[$($example),+],
            columns: &[
                text(
                    $key,
                    concat!("The name of the ", $what, "; a predicate on it saves the other calls."),
                    |m| m.parameters.text($member),
                ),
                text(
                    "metric_name",
                    "The metric; by default all of them, a call each, so that a predicate on it saves calls.",
                    |m| m.parameters.text("metricName"),
                ),
                int(
                    "period",
                    concat!(
                        "How many seconds a row is about, whole minutes up to a day: those that a predicate allows; ",
                        "without one, or if it allows more than eight, ",
                        stringify!($period),
                        " or the nearest to it of which points are kept since the beginning of the range."
                    ),
                    |m| m.parameters.int("period"),
                ),
                float("average", "The sum divided by the number of samples.", |m| m.item.average()),
                float("maximum", "The greatest sample.", |m| m.item.maximum()),
                float("minimum", "The least sample.", |m| m.item.minimum()),
                float("sample_count", "How many samples there are.", |m| m.item.sample_count()),
                float("sum", "The sum of the samples.", |m| m.item.sum()),
                time(
                    "timestamp",
                    concat!(
                        "The beginning of the time that the row is about: a range in a predicate is asked \
                         of the API, ",
                        "by default the last ", $back, ", with a note. Points of whole hours are kept for 455 days, of \
                         five minutes for 63, of a minute for 15."
                    ),
                    |m| m.item.timestamp(),
                ),
                text("unit", "The unit that the metric is published in, such as Percent.", |m| {
                    Some(m.item.unit()?.as_str())
                }),
            ],
        };
    };
}

metrics! {
    "instance", Instance, GET_INSTANCES, Scope::Region, Group::Servers,
    GET_INSTANCE_METRIC_DATA: "GetInstanceMetricData",
        get_instance_metric_data, set_instance_name, "instanceName", set_unit;
    INSTANCE_METRICS: "instance_metrics", "instance_name",
        "Metrics of instances, such as CPUUtilization and NetworkOut, one row for each period.";
    OF_INSTANCES: 300 s, "24 hours", DAY, [
        "Percent": ["CPUUtilization", "BurstCapacityPercentage"],
        "Bytes": ["NetworkIn", "NetworkOut", "DiskReadBytes", "DiskWriteBytes"],
        "Count": [
            "StatusCheckFailed", "StatusCheckFailed_Instance", "StatusCheckFailed_System", "MetadataNoToken",
            "DiskReadOps", "DiskWriteOps", "DiskQueueLength"
        ],
        "Seconds": ["BurstCapacityTime", "DiskTotalReadTime", "DiskTotalWriteTime"]
    ];
    "SELECT instance_name, avg(average) AS cpu, max(maximum) AS peak FROM instance_metrics \
     WHERE metric_name = 'CPUUtilization' AND timestamp > now() - INTERVAL '1 hour' \
     GROUP BY instance_name ORDER BY cpu DESC LIMIT 10"
}

metrics! {
    "bucket", Bucket, GET_BUCKETS, Scope::Region, Group::Storage,
    GET_BUCKET_METRIC_DATA: "GetBucketMetricData",
        get_bucket_metric_data, set_bucket_name, "bucketName", set_unit;
    BUCKET_METRICS: "bucket_metrics", "bucket_name",
        "Metrics of buckets, BucketSizeBytes and NumberOfObjects, measured once a day, one row for each \
         period.";
    OF_BUCKETS: 86400 s, "7 days", 7 * DAY, [
        "Bytes": ["BucketSizeBytes"],
        "Count": ["NumberOfObjects"]
    ];
    "SELECT bucket_name, max(maximum) / 1e9 AS gb FROM bucket_metrics \
     WHERE metric_name = 'BucketSizeBytes' GROUP BY bucket_name ORDER BY gb DESC"
}

metrics! {
    "container service", ContainerService, GET_CONTAINER_SERVICES, Scope::Region, Group::Containers,
    GET_CONTAINER_SERVICE_METRIC_DATA: "GetContainerServiceMetricData",
        get_container_service_metric_data, set_service_name, "serviceName";
    CONTAINER_SERVICE_METRICS: "container_service_metrics", "container_service_name",
        "Metrics of container services, CPUUtilization and MemoryUtilization, one row for each period.";
    OF_CONTAINER_SERVICES: 300 s, "24 hours", DAY, [
        "Percent": ["CPUUtilization", "MemoryUtilization"]
    ];
    "SELECT container_service_name, metric_name, avg(average) AS percent, max(maximum) AS peak \
     FROM container_service_metrics GROUP BY container_service_name, metric_name ORDER BY percent DESC"
}

metrics! {
    "distribution", LightsailDistribution, GET_DISTRIBUTIONS, Scope::UsEast1, Group::Cdn,
    GET_DISTRIBUTION_METRIC_DATA: "GetDistributionMetricData",
        get_distribution_metric_data, set_distribution_name, "distributionName", set_unit;
    DISTRIBUTION_METRICS: "distribution_metrics", "distribution_name",
        "Metrics of distributions, such as Requests and TotalErrorRate, one row for each period; their region is \
         us-east-1, where they are asked for, so that they join with distributions by name alone.";
    OF_DISTRIBUTIONS: 300 s, "24 hours", DAY, [
        "None": ["Requests", "BytesDownloaded", "BytesUploaded", "WafAllowedRequests", "WafBlockedRequests"],
        "Percent": ["TotalErrorRate", "Http4xxErrorRate", "Http5xxErrorRate"]
    ];
    "SELECT distribution_name, sum(sum) AS requests FROM distribution_metrics \
     WHERE metric_name = 'Requests' AND period = 3600 GROUP BY distribution_name ORDER BY requests DESC"
}

metrics! {
    "load balancer", LoadBalancer, GET_LOAD_BALANCERS, Scope::Region, Group::Network,
    GET_LOAD_BALANCER_METRIC_DATA: "GetLoadBalancerMetricData",
        get_load_balancer_metric_data, set_load_balancer_name, "loadBalancerName", set_unit;
    LOAD_BALANCER_METRICS: "load_balancer_metrics", "load_balancer_name",
        "Metrics of load balancers, such as RequestCount and UnhealthyHostCount, one row for each period.";
    OF_LOAD_BALANCERS: 300 s, "24 hours", DAY, [
        "Count": [
            "ClientTLSNegotiationErrorCount", "HealthyHostCount", "UnhealthyHostCount", "HTTPCode_LB_4XX_Count",
            "HTTPCode_LB_5XX_Count", "HTTPCode_Instance_2XX_Count", "HTTPCode_Instance_3XX_Count",
            "HTTPCode_Instance_4XX_Count", "HTTPCode_Instance_5XX_Count", "RejectedConnectionCount", "RequestCount"
        ],
        "Seconds": ["InstanceResponseTime"]
    ];
    "SELECT load_balancer_name, metric_name, sum(sum) AS answers FROM load_balancer_metrics \
     WHERE metric_name IN ('HTTPCode_Instance_5XX_Count', 'HTTPCode_LB_5XX_Count') \
     GROUP BY load_balancer_name, metric_name ORDER BY answers DESC"
}

metrics! {
    "database", RelationalDatabase, GET_RELATIONAL_DATABASES, Scope::Region, Group::Databases,
    GET_RELATIONAL_DATABASE_METRIC_DATA: "GetRelationalDatabaseMetricData",
        get_relational_database_metric_data, set_relational_database_name, "relationalDatabaseName", set_unit;
    RELATIONAL_DATABASE_METRICS: "relational_database_metrics", "relational_database_name",
        "Metrics of managed databases, such as DatabaseConnections and FreeStorageSpace, one row for each \
         period.";
    OF_RELATIONAL_DATABASES: 300 s, "24 hours", DAY, [
        "Percent": ["CPUUtilization"],
        "Count": ["DatabaseConnections", "DiskQueueDepth"],
        "Bytes": ["FreeStorageSpace", "FreeableMemory", "SwapUsage"],
        "Bytes/Second": ["NetworkReceiveThroughput", "NetworkTransmitThroughput"]
    ];
    "SELECT relational_database_name, min(minimum) / 1e9 AS free_gb FROM relational_database_metrics \
     WHERE metric_name = 'FreeStorageSpace' GROUP BY relational_database_name ORDER BY free_gb"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_sdk_lightsail::types::{
        BucketMetricName, ContainerServiceMetricName, DistributionMetricName, InstanceMetricName,
        LoadBalancerMetricName, MetricUnit, RelationalDatabaseMetricName,
    };

    use super::*;

    #[test]
    fn every_metric_of_the_sdk_is_asked_for() {
        for (ours, theirs) in [
            (&OF_INSTANCES, InstanceMetricName::values()),
            (&OF_BUCKETS, BucketMetricName::values()),
            (&OF_CONTAINER_SERVICES, ContainerServiceMetricName::values()),
            (&OF_DISTRIBUTIONS, DistributionMetricName::values()),
            (&OF_LOAD_BALANCERS, LoadBalancerMetricName::values()),
            (&OF_RELATIONAL_DATABASES, RelationalDatabaseMetricName::values()),
        ] {
            let names: BTreeSet<_> = ours.units.iter().flat_map(|(_, metrics)| metrics.iter()).collect();
            assert_eq!(names, theirs.iter().collect());
            for (unit, _) in ours.units {
                assert!(MetricUnit::values().contains(unit), "{unit}");
            }
        }
    }
}
