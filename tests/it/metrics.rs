//! Which points of metrics are asked for, and which are still kept.

use aws_sdk_lightsail::primitives::DateTime;
use aws_sdk_lightsail::types::{InstanceMetricName, MetricStatistic, MetricUnit};
use datafusion_lightsail::aws::target::Profile;
use datafusion_lightsail::aws::{Clients, Settings, Target};
use lightsail_demo as demo;

use crate::support::session::{column, notes, rows, start, text};

const TABLES: [(&str, &str); 6] = [
    ("instance_metrics", "CPUUtilization"),
    ("bucket_metrics", "BucketSizeBytes"),
    ("container_service_metrics", "CPUUtilization"),
    ("distribution_metrics", "Requests"),
    ("load_balancer_metrics", "RequestCount"),
    ("relational_database_metrics", "CPUUtilization"),
];

#[tokio::test]
async fn a_range_of_any_age_has_points_from_its_beginning_on() {
    let (_server, session) = start(demo::Config::default(), "us-east-1").await;
    for (table, metric) in TABLES {
        let of = format!("FROM {table} WHERE metric_name = '{metric}' AND timestamp");
        let since =
            format!("SELECT min(timestamp) < now() - INTERVAL '118 days' {of} > now() - INTERVAL '120 days'");
        assert_eq!(text(&session, &since).await, "true", "{table}");
        let between = format!(
            "SELECT timestamp {of} BETWEEN now() - INTERVAL '110 days' AND now() - INTERVAL '100 days'"
        );
        assert!(rows(&session, &between).await.unwrap() > 0, "{table}");
        let notes = notes(&session);
        assert!(notes.gaps().is_empty(), "{table}: {notes:?}");
        let coarser = if table == "bucket_metrics" { 0 } else { 1 };
        assert_eq!(
            notes.lines().len(),
            coarser,
            "{table}: that its periods are of an hour is said: {notes:?}"
        );
        // One period, the finest that is kept: averages of a mixture would weigh the newest most.
        let periods = format!("SELECT DISTINCT period {of} > now() - INTERVAL '120 days'");
        let expected = if table == "bucket_metrics" { "86400" } else { "3600" };
        assert_eq!(column(&session, &periods).await.unwrap(), [expected], "{table}");
        let recent = format!("SELECT DISTINCT period {of} > now() - INTERVAL '2 days'");
        let expected = if table == "bucket_metrics" { "86400" } else { "300" };
        assert_eq!(column(&session, &recent).await.unwrap(), [expected], "{table}");
    }
}

#[tokio::test]
async fn a_period_that_is_named_says_from_when_on_it_is_kept() {
    let (_server, session) = start(demo::Config::default(), "us-east-1").await;
    for (period, days) in [(60, 15), (300, 63)] {
        let of = format!(
            "FROM instance_metrics WHERE instance_name = 'db-prod-0001' AND metric_name = 'CPUUtilization' \
             AND period = {period} AND timestamp > now() - INTERVAL '120 days'"
        );
        let oldest = format!(
            "SELECT min(timestamp) BETWEEN now() - INTERVAL '{} days' AND now() - INTERVAL '{} days' {of}",
            days + 1,
            days - 1
        );
        assert_eq!(text(&session, &oldest).await, "true", "{period}");
        let lines = notes(&session).lines();
        let [line] = &lines[..] else { unreachable!("{lines:?}") };
        let start = format!(
            "note: instance_metrics.timestamp: points of {period} s are kept for {days} days: there are none from before 20"
        );
        assert!(line.starts_with(&start), "{line}");
    }
}

/// Bounds and periods that only come out after the calls.
#[tokio::test]
async fn what_is_only_said_after_the_calls_is_noted() {
    const OF: &str = "m.instance_name = 'db-prod-0001' AND m.metric_name = 'CPUUtilization'";
    const DAY: &str = "m.timestamp > now() - INTERVAL '1 day'";
    let (_server, session) = start(demo::Config::default(), "us-east-1").await;
    let metrics = "SELECT * FROM instance_metrics m";
    for (sql, short_of) in [
        (
            format!(
                "{metrics} JOIN (VALUES (TIMESTAMP '2025-12-01 00:00:00')) v (t) \
                 ON m.timestamp >= v.t AND m.timestamp < v.t + INTERVAL '1 hour' WHERE {OF}"
            ),
            "timestamp",
        ),
        (
            format!("{metrics} WHERE {OF} AND timestamp > (SELECT min(created_at) FROM instances)"),
            "timestamp",
        ),
        (
            format!(
                "{metrics} WHERE {OF} AND {DAY} AND period = (SELECT max(cpu_count) * 0 + 3600 FROM instances)"
            ),
            "period",
        ),
        (format!("{metrics} JOIN (VALUES (60)) v (p) ON m.period > v.p WHERE {OF} AND {DAY}"), "period"),
        (
            format!(
                "SELECT count(*) FILTER (WHERE period = 3600) FROM instance_metrics m WHERE {OF} AND {DAY}"
            ),
            "period",
        ),
    ] {
        rows(&session, &sql).await.unwrap();
        let shortfalls = notes(&session).shortfalls;
        let short: Vec<_> =
            shortfalls.iter().map(|shortfall| (shortfall.of.as_str(), shortfall.is_missing)).collect();
        assert_eq!(short, [(format!("instance_metrics.{short_of}").as_str(), true)], "{sql}");
        assert!(
            shortfalls.iter().all(|shortfall| shortfall.text.contains("is only said after the calls")),
            "{sql}"
        );
    }
    for sql in [
        // Equality comes before the calls.
        format!("{metrics} JOIN (VALUES (3600)) v (p) ON m.period = v.p WHERE {OF} AND {DAY}"),
        format!(
            "{metrics} JOIN instance_metrics o ON m.timestamp = o.timestamp AND m.period = o.period \
             WHERE {OF} AND {DAY} AND o.instance_name = 'db-prod-0001' AND o.metric_name = 'NetworkIn'"
        ),
    ] {
        assert!(rows(&session, &sql).await.unwrap() > 0, "{sql}");
        let shortfalls = notes(&session).shortfalls;
        assert!(shortfalls.is_empty(), "{sql}: {shortfalls:?}");
    }
}

/// The demo endpoint forgets as CloudWatch does, counted from its own day where that is past.
#[tokio::test]
async fn the_demo_keeps_points_of_long_periods_longer() {
    let server = demo::Server::start(demo::Config::default(), demo::LOOPBACK).await.unwrap();
    let clients = Clients::new(Settings::default().for_demo(server.url(), demo::ACCESS_KEY));
    let profile = Profile { name: "default".into(), is_explicit: false };
    let client = clients.client(&Target { profile, region: "us-east-1".into() }).await.unwrap();
    // 2026-01-01T00:00:00Z, the day of the fleet.
    const TODAY: i64 = 1_767_225_600;
    let points = async |days_ago: i64, period: i32| {
        let start = TODAY - days_ago * 86_400;
        let answer = client
            .get_instance_metric_data()
            .instance_name("db-prod-0001")
            .metric_name(InstanceMetricName::CpuUtilization)
            .unit(MetricUnit::Percent)
            .statistics(MetricStatistic::Average)
            .period(period)
            .start_time(DateTime::from_secs(start))
            .end_time(DateTime::from_secs(start + 86_400))
            .send();
        answer.await.unwrap().metric_data.unwrap().len()
    };
    for (days_ago, period, expected) in [
        (10, 60, 288),
        (17, 60, 0),
        (17, 300, 288),
        (17, 420, 0),
        (60, 300, 288),
        (65, 300, 0),
        (65, 3600, 24),
        (65, 600, 0),
        (450, 3600, 24),
        (450, 86_400, 1),
        (457, 3600, 0),
    ] {
        assert_eq!(points(days_ago, period).await, expected, "{days_ago} days ago, {period} s");
    }
}
