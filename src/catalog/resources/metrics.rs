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
use super::relational_databases::GET_RELATIONAL_DATABASES;
use crate::catalog::asks::{DAY, MINUTE, SECOND, after, floor};
use crate::catalog::column::{float, int, text, time};
use crate::catalog::operation::{Asked, Items, Known, Operation, Parameters, Parent, Scope, Value, call};
use crate::catalog::rows::{Plain, named, resource};
use crate::catalog::table::{Feed, TableSpec};

resource!(MetricDatapoint);

/// One row for each data point.
pub type MetricRows = Plain<Asked<MetricDatapoint>>;

/// What can be measured of a resource.
struct Metrics {
    /// Each metric with the unit that it is published in: asked in another one, it has no data.
    units: &'static [(&'static str, &'static [&'static str])],
    /// The length of a period in ms, if no predicate says it.
    period: i64,
    /// How far back to go in ms, if no predicate says it.
    back: i64,
}

/// CloudWatch, which is behind all of them, refuses to answer with more data points.
const MAX_POINTS: i64 = 1440;
/// It forgets what is older than 15 months, so that a lower bound long ago is not worth its requests.
const KEPT: i64 = 455 * DAY;

/// The requests that a predicate leaves: for each metric, in the periods that it allows, over the times that it allows.
fn requests(known: &dyn Known, of: &Metrics) -> Vec<Parameters> {
    let (names, units) = (known.texts("metric_name"), known.texts("unit"));
    let metrics = of.units.iter().flat_map(|(unit, metrics)| metrics.iter().map(move |name| (*name, *unit)));
    let is_wanted = |(name, unit): &(&str, &str)| {
        names.as_ref().is_none_or(|names| names.contains(*name))
            && units.as_ref().is_none_or(|units| units.contains(*unit))
    };
    let (wanted, periods): (Vec<_>, _) = (metrics.filter(is_wanted).collect(), periods(known, of.period));
    let (from, to) = known.range("timestamp");
    let to = to.unwrap_or(known.now());
    let from = from.unwrap_or(to.saturating_sub(of.back)).max(known.now().saturating_sub(KEPT));
    let of_period = |period: i64| {
        // A point stands at the beginning of its period, and the end that is asked for is not part of the answer.
        let (from, to) = (floor(from, period), after(to.min(known.now()), period));
        let stretch = period * MAX_POINTS;
        let starts = std::iter::successors(Some(from), move |start| Some(start + stretch));
        let stretches: Vec<i64> = starts.take_while(|start| *start < to).collect();
        let request = move |(name, unit), start: i64| {
            Parameters::default()
                .with_text("metricName", name)
                .with_text("unit", unit)
                .with("period", Value::Int(period / SECOND))
                .with("startTime", Value::Time(start))
                .with("endTime", Value::Time(to.min(start + stretch)))
        };
        let each = |metric| stretches.iter().map(move |start| request(metric, *start)).collect::<Vec<_>>();
        wanted.iter().copied().flat_map(each).collect::<Vec<_>>()
    };
    periods.into_iter().flat_map(of_period).collect()
}

/// A predicate that allows no more periods than this has each of them asked for.
const MAX_PERIODS: usize = 8;

/// The periods in ms that a predicate allows if they are few, or the one of them that is nearest to `usual`; the API
/// takes whole minutes.
fn periods(known: &dyn Known, usual: i64) -> Vec<i64> {
    let Some(allowed) = allowed_periods(known) else { return vec![usual] };
    let mut periods: Vec<i64> = allowed.into_iter().map(|seconds| seconds * SECOND).collect();
    if periods.len() > MAX_PERIODS {
        periods.sort_by_key(|period| ((period - usual).abs(), -period));
        periods.truncate(1);
    }
    periods
}

/// The whole minutes, in seconds, that a predicate allows; none if it says nothing of them.
fn allowed_periods(known: &dyn Known) -> Option<Vec<i64>> {
    let minutes: Vec<i64> = (1..=DAY / MINUTE).map(|minutes| minutes * MINUTE / SECOND).collect();
    known.allowed("period", &minutes)
}

/// Of a filter that leaves the beginning open only the time before its end is asked for, and one period of many.
fn falls_short_of(known: &dyn Known) -> Vec<&'static str> {
    let times = known.is_about("timestamp") && known.range("timestamp").0.is_none();
    let periods =
        known.is_about("period") && allowed_periods(known).is_none_or(|allowed| allowed.len() > MAX_PERIODS);
    let of = |column, falls_short| Some(column).filter(|_| falls_short);
    of("timestamp", times).into_iter().chain(of("period", periods)).collect()
}

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
        $what:literal, $resource:ty, $parents:path, $scope:path,
        $operation:ident: $api:literal, $method:ident, $set:ident, $member:literal $(, $set_unit:ident)?;
        $table:ident: $name:literal, $key:literal, $description:literal;
        $metrics:ident: $period:literal s, $back:literal, $ms:expr,
            [$($unit:literal: [$($metric:literal),+]),+];
        $($example:literal),+
    ) => {
        static $metrics: Metrics =
            Metrics { units: &[$(($unit, &[$($metric),+])),+], period: $period * SECOND, back: $ms };

        #[doc = concat!($api, ": one metric of one ", $what, ", without pages.")]
        pub static $operation: Operation = Operation {
            scope: $scope,
            asks: |known| requests(known, &$metrics),
            falls_short_of,
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
                        "How many seconds a row is about, whole minutes up to a day: ",
                        stringify!($period),
                        ", or those that a predicate allows; of more than eight the one nearest to it."
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
                        "by default the last ", $back, " and at most 15 months back."
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
    "instance", Instance, GET_INSTANCES, Scope::Region,
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
    "bucket", Bucket, GET_BUCKETS, Scope::Region,
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
    "container service", ContainerService, GET_CONTAINER_SERVICES, Scope::Region,
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
    "distribution", LightsailDistribution, GET_DISTRIBUTIONS, Scope::UsEast1,
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
    "load balancer", LoadBalancer, GET_LOAD_BALANCERS, Scope::Region,
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
    "database", RelationalDatabase, GET_RELATIONAL_DATABASES, Scope::Region,
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
    use crate::catalog::asks::tests::{Facts, NOW, shown};

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

    fn cpu() -> Facts {
        Facts::default().texts("metric_name", &["CPUUtilization"])
    }

    fn ask(facts: Facts) -> Vec<String> {
        shown(&requests(&facts, &OF_INSTANCES))
    }

    #[test]
    fn without_a_predicate_the_last_day_of_every_metric() {
        assert_eq!(ask(Facts::default()).len(), 16);
        assert_eq!(
            ask(cpu()),
            ["endTime=2025-06-01T00:05:00Z, metricName=CPUUtilization, period=300, \
              startTime=2025-05-31T00:00:00Z, unit=Percent"]
        );
        assert_eq!(ask(Facts::default().texts("metric_name", &["Unheard"])), [""; 0]);
        assert_eq!(ask(Facts::default().texts("unit", &["Seconds"])).len(), 3);
        assert_eq!(ask(cpu().texts("unit", &["Bytes"])), [""; 0]);
    }

    #[test]
    fn a_long_range_is_split_where_one_request_is_full() {
        let times = |facts: Facts| -> Vec<(i64, i64)> {
            let millis = |request: &Parameters, member| request.time(member).unwrap().to_millis().unwrap();
            let all = requests(&facts, &OF_INSTANCES);
            all.iter().map(|request| (millis(request, "startTime"), millis(request, "endTime"))).collect()
        };
        let (from, to) = (NOW - 12 * DAY, NOW - DAY);
        let parts = times(cpu().range("timestamp", Some(from), Some(to)));
        assert_eq!(parts.len(), 3, "five days of 5 minutes each are 1,440 points");
        assert!(parts.iter().all(|(start, end)| (end - start) / (5 * MINUTE) <= MAX_POINTS));
        assert!(parts.windows(2).all(|pair| pair[0].1 == pair[1].0));
        assert_eq!((parts[0].0, parts[2].1), (from, to + 5 * MINUTE), "the last point is asked for, too");

        assert_eq!(
            times(cpu().range("timestamp", Some(0), None)).first(),
            Some(&(NOW - KEPT, NOW - KEPT + 5 * DAY))
        );
        assert_eq!(times(cpu().range("timestamp", Some(i64::MIN), Some(i64::MAX))).len(), 92);
        assert_eq!(times(cpu().range("timestamp", Some(NOW), Some(NOW - DAY))), []);
        assert_eq!(times(cpu().range("timestamp", None, Some(i64::MIN))), []);
    }

    #[test]
    fn the_period_is_the_usual_one_or_those_that_are_allowed() {
        let of = |least, greatest| {
            let periods = periods(&Facts::default().range("period", least, greatest), 300 * SECOND);
            periods.into_iter().map(|ms| ms / SECOND).collect::<Vec<_>>()
        };
        assert_eq!(periods(&Facts::default(), 300 * SECOND), [300 * SECOND]);
        assert_eq!(of(Some(60), Some(60)), [60]);
        assert_eq!(of(Some(100), Some(300)), [120, 180, 240, 300]);
        assert_eq!(of(Some(301), None), [360]);
        assert_eq!(of(Some(100), Some(3600)), [300]);
        assert_eq!(of(Some(61), Some(119)), [0; 0], "no whole minute");
        assert_eq!(of(Some(86_401), None), [0; 0], "more than a day");
        assert_eq!(of(Some(i64::MIN), Some(i64::MAX)), [300]);
    }
}
