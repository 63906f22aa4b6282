//! What predicates ask for, as the endpoint receives it: members of a request, and look-ups by name.

use std::collections::BTreeSet;

use lightsail_demo as demo;
use serde_json::{Value, json};

use crate::support::session::{notes, rows, start};

/// The requests of one operation that a query makes, each once, without its token.
async fn received(sql: &str, operation: &str) -> Vec<Value> {
    let (server, session) = start(demo::Config::default(), "us-east-1").await;
    rows(&session, sql).await.unwrap();
    let requests = server.requests().into_iter().filter(|request| request.operation == operation);
    let bodies: BTreeSet<String> = requests
        .map(|request| {
            let mut body = request.body;
            body.as_object_mut().unwrap().remove("pageToken");
            body.to_string()
        })
        .collect();
    bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

#[tokio::test]
async fn predicates_become_members_of_the_request() {
    let mut wrong = Vec::new();
    for (sql, operation, bodies) in [
        (
            "blueprints",
            "GetBlueprints",
            vec![json!({"appCategory": "LfR", "includeInactive": true}), json!({"includeInactive": true})],
        ),
        ("blueprints WHERE is_active", "GetBlueprints", vec![json!({"appCategory": "LfR"}), json!({})]),
        ("bundles WHERE is_active", "GetBundles", vec![json!({"appCategory": "LfR"}), json!({})]),
        ("bucket_bundles WHERE is_active", "GetBucketBundles", vec![json!({})]),
        ("relational_database_bundles WHERE is_active", "GetRelationalDatabaseBundles", vec![json!({})]),
        (
            "blueprints WHERE is_active AND app_category = 'LfR'",
            "GetBlueprints",
            vec![json!({"appCategory": "LfR"})],
        ),
        (
            "buckets WHERE name = 'example-assets'",
            "GetBuckets",
            vec![json!({"bucketName": "example-assets"})],
        ),
        (
            "certificates WHERE status = 'ISSUED'",
            "GetCertificates",
            vec![json!({"certificateStatuses": ["ISSUED"], "includeCertificateDetails": true})],
        ),
        (
            "certificates WHERE name = 'some-certificate'",
            "GetCertificates",
            vec![json!({"certificateName": "some-certificate", "includeCertificateDetails": true})],
        ),
        (
            "distributions WHERE name = 'some-site'",
            "GetDistributions",
            vec![json!({"distributionName": "some-site"})],
        ),
        ("alarms WHERE name = 'some-alarm'", "GetAlarms", vec![json!({"alarmName": "some-alarm"})]),
        (
            "alarms WHERE monitored_resource_info_name = 'web-1'",
            "GetAlarms",
            vec![json!({"monitoredResourceName": "web-1"})],
        ),
        (
            "container_services WHERE container_service_name = 'api'",
            "GetContainerServices",
            vec![json!({"serviceName": "api"})],
        ),
        ("contact_methods WHERE protocol = 'SMS'", "GetContactMethods", vec![json!({"protocols": ["SMS"]})]),
        (
            "operations WHERE resource_name = 'web-1'",
            "GetOperationsForResource",
            vec![json!({"resourceName": "web-1"})],
        ),
        ("operations WHERE resource_name = 'web-1'", "GetOperations", vec![]),
        (
            "relational_database_events WHERE relational_database_name = 'db' AND created_at >= now() - INTERVAL '2 hours'",
            "GetRelationalDatabaseEvents",
            vec![json!({"relationalDatabaseName": "db", "durationInMinutes": 126})],
        ),
        (
            "container_logs WHERE container_service_name = 'api' AND container_name = 'app' \
          AND created_at >= '2026-01-01T00:00:00Z' AND created_at < '2026-01-01T01:00:00Z'",
            "GetContainerLog",
            vec![
                json!({"serviceName": "api", "containerName": "app", "startTime": 1_767_225_600, "endTime": 1_767_229_201}),
            ],
        ),
        ("disks WHERE instance_name = 'web-1'", "GetInstance", vec![json!({"instanceName": "web-1"})]),
        (
            "instances WHERE name = 'www.example.com'",
            "GetInstance",
            vec![json!({"instanceName": "www.example.com"})],
        ),
        (
            "static_ips WHERE name IN ('a1', 'b2')",
            "GetStaticIp",
            vec![json!({"staticIpName": "a1"}), json!({"staticIpName": "b2"})],
        ),
    ] {
        let asked = received(&format!("SELECT region FROM {sql}"), operation).await;
        if asked != bodies {
            wrong.push(format!("{sql}: {operation} {asked:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A time in a request is a number of seconds.
fn seconds(body: &Value, member: &str) -> f64 {
    body[member].as_f64().unwrap()
}

#[tokio::test]
async fn what_is_asked_of_metrics_is_what_the_predicate_wants() {
    let sql = "SELECT region FROM instance_metrics WHERE instance_name = 'web-1' AND metric_name = 'CPUUtilization' \
               AND period = 3600 AND timestamp >= '2026-01-01T00:00:00Z' AND timestamp < '2026-01-02T00:00:00Z'";
    let bodies = received(sql, "GetInstanceMetricData").await;
    let [body] = &bodies[..] else { unreachable!("{bodies:?}") };
    assert_eq!(body["metricName"], "CPUUtilization");
    assert_eq!(body["period"], 3600);
    assert_eq!(body["unit"], "Percent");
    assert!(seconds(body, "startTime") <= 1_767_225_600.0, "{body}");
    assert!(seconds(body, "endTime") >= 1_767_312_000.0, "{body}");
    assert!(seconds(body, "endTime") - seconds(body, "startTime") <= 90_000.0, "{body}");
}

#[tokio::test]
async fn estimates_are_asked_for_the_days_of_the_predicate() {
    let sql = "SELECT region FROM cost_estimates WHERE resource_name = 'web-1' \
               AND time_period_start >= '2026-01-01T00:00:00Z' AND time_period_end <= '2026-01-08T00:00:00Z'";
    let bodies = received(sql, "GetCostEstimate").await;
    let expected = json!({"resourceName": "web-1", "startTime": 1_767_225_600, "endTime": 1_767_830_400});
    assert_eq!(bodies, [expected]);
}

/// However a predicate is written: of what it allows rows come, or a line says that only the newest were asked for.
#[tokio::test]
async fn no_predicate_on_periods_and_times_is_answered_with_silence() {
    const METRICS: &str =
        "instance_metrics WHERE instance_name = 'db-prod-0001' AND metric_name = 'CPUUtilization'";
    const COSTS: &str = "cost_estimates WHERE resource_name = 'db-prod-0001-data-1'";
    let (_server, session) = start(demo::Config::default(), "us-east-1").await;
    for (table, predicate, values) in [
        (METRICS, "period IN (60, 3600)", "DISTINCT period"),
        (METRICS, "period % 43200 = 0", "DISTINCT period"),
        (METRICS, "period <> 300", "DISTINCT period"),
        (METRICS, "timestamp::date = (now() - INTERVAL '3 days')::date", "DISTINCT timestamp::date"),
        (
            METRICS,
            "date_trunc('day', timestamp) = date_trunc('day', now() - INTERVAL '30 days')",
            "DISTINCT timestamp::date",
        ),
        (COSTS, "time_period_start < now() - INTERVAL '40 days'", "DISTINCT resource_type"),
        (COSTS, "time_period_end < now() - INTERVAL '40 days'", "DISTINCT resource_type"),
        (
            COSTS,
            "time_period_start < date_trunc('day', now()) - INTERVAL '40 days'",
            "DISTINCT resource_type",
        ),
        (COSTS, "start_time < date_trunc('day', now()) - INTERVAL '40 days'", "DISTINCT resource_type"),
        (COSTS, "end_time < date_trunc('day', now()) - INTERVAL '40 days'", "DISTINCT resource_type"),
        (COSTS, "end_time = date_trunc('day', now()) - INTERVAL '40 days'", "DISTINCT resource_type"),
    ] {
        let expected = if predicate.starts_with("period IN") || predicate.contains("%") { 2 } else { 1 };
        let sql = format!("SELECT {values} FROM {table} AND {predicate}");
        assert_eq!(rows(&session, &sql).await.unwrap(), expected, "{sql}");
    }
    let days = |predicate: &str| format!("SELECT time_period_start FROM {COSTS} AND {predicate}");
    let since = rows(&session, &days("time_period_end > date_trunc('day', now()) - INTERVAL '60 days'"))
        .await
        .unwrap();
    assert!(since >= 60, "{since} days");
    let notes = || -> Vec<String> {
        let notes = notes(&session);
        notes.shortfalls.into_iter().map(|shortfall| shortfall.of).collect()
    };
    assert!(notes().is_empty());
    rows(
        &session,
        &format!("SELECT * FROM {METRICS} AND (timestamp > now() - INTERVAL '9 days' OR average > 1000)"),
    )
    .await
    .unwrap();
    assert_eq!(notes(), ["instance_metrics.timestamp"]);
    for (filter, column) in [
        ("timestamp < now() - INTERVAL '9 days'", "timestamp"),
        ("timestamp > now() - INTERVAL '1 day' AND period > 60", "period"),
    ] {
        rows(&session, &format!("SELECT * FROM {METRICS} AND {filter}")).await.unwrap();
        assert_eq!(notes(), [format!("instance_metrics.{column}")], "{filter}");
    }
    rows(&session, &format!("SELECT * FROM {METRICS} AND timestamp IN (now(), now() - INTERVAL '9 days')"))
        .await
        .unwrap();
    assert!(notes().is_empty(), "all between the two is asked for");
    // A join on several columns asks for all that it found of each.
    let sql = "SELECT DISTINCT m.instance_name, m.period FROM (VALUES (3600, 'db-prod-0001'), (300, 'web-prod-0005')) v (p, n) \
               JOIN instance_metrics m ON m.period = v.p AND m.instance_name = v.n WHERE m.metric_name = 'CPUUtilization'";
    assert_eq!(rows(&session, sql).await.unwrap(), 2);
    // However its keys are made of the columns, and whatever is read first.
    for on in ["m.period::double = v.p::double", "m.period::text = v.p::text", "m.period / 60 = v.p / 60"] {
        let sql = sql.replace("m.period = v.p", on);
        assert_eq!(rows(&session, &sql).await.unwrap(), 2, "{sql}");
    }
    let sql = "SELECT DISTINCT m.period FROM instance_metrics m \
               JOIN (SELECT CASE WHEN cpu_count > 0 THEN 3600 END AS p, name AS n FROM instances) v ON m.period = v.p AND m.instance_name = v.n \
               WHERE m.metric_name = 'CPUUtilization' AND m.instance_name = 'db-prod-0001'";
    assert_eq!(rows(&session, sql).await.unwrap(), 1);
    rows(&session, &format!("SELECT * FROM {METRICS} AND region = 'us-nowhere-1' AND timestamp < now()"))
        .await
        .unwrap();
    assert!(notes().is_empty(), "where nothing is asked nothing falls short");
}
