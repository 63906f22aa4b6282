//! Operations that answer for one item of another: whom they are asked about, proved by what the endpoint received.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use datafusion_lightsail::session::Session;
use lightsail_demo::{self as demo, Reply, Request, Server};

use crate::support::session::{ask, column, rows, start, text};

/// The requests of a query in order, each as its operation and the value of a member that names whom it is about.
async fn named(server: &Server, session: &Session, sql: &str, member: &str) -> Vec<String> {
    let line = |request: Request| match request.body[member].as_str() {
        Some(value) => format!("{} {value}", request.operation),
        None => request.operation,
    };
    let (requests, _) = ask(server, session, sql).await;
    let mut lines: Vec<_> = requests.into_iter().map(line).collect();
    lines.sort();
    lines
}

async fn ohio() -> (Server, Session) {
    start(demo::Config::default(), "us-east-2").await
}

#[tokio::test]
async fn a_predicate_names_whom_to_ask_about() {
    let (server, session) = ohio().await;
    for sql in [
        "SELECT from_port FROM instance_port_states WHERE instance_name = 'web-prod-0002'",
        "SELECT from_port FROM instance_port_states WHERE instance_name IN ('web-prod-0002') AND state = 'open'",
    ] {
        let asked = named(&server, &session, sql, "instanceName").await;
        assert_eq!(asked, ["GetInstancePortStates web-prod-0002"], "{sql}");
    }
    let sql = "SELECT from_port FROM instance_port_states WHERE instance_name IN ('web-prod-0002', 'db-test-0001', 'nosuch')";
    assert_eq!(
        named(&server, &session, sql, "instanceName").await,
        ["db-test-0001", "nosuch", "web-prod-0002"].map(|name| format!("GetInstancePortStates {name}")),
        "who is not there is an empty answer"
    );
}

#[tokio::test]
async fn a_row_has_its_parents_account_however_its_parent_was_named() {
    let sql = "SELECT account_id FROM instance_port_states WHERE instance_name = 'web-prod-0002' LIMIT 1";
    let (server, session) = ohio().await;
    assert_eq!(text(&session, sql).await, "123456789012");
    let asked: Vec<_> = server.requests().into_iter().map(|request| request.operation).collect();
    assert_eq!(asked, ["GetInstance", "GetInstancePortStates"], "only the instance can tell whose it is");
    assert_eq!(text(&session, sql).await, "123456789012");
    assert_eq!(server.request_count(), 3, "from then on it is known");
}

#[tokio::test]
async fn a_join_names_whom_to_ask_about() {
    let (server, session) = start(demo::Config::default(), "eu-west-1").await;
    let stopped =
        column(&session, "SELECT name FROM instances WHERE state = 'stopped' ORDER BY name").await.unwrap();
    assert!(!stopped.is_empty() && stopped.len() < 60, "{stopped:?}");
    let sql = "SELECT i.name, m.average FROM instances i JOIN instance_metrics m ON m.instance_name = i.name \
               WHERE i.state = 'stopped' AND m.metric_name = 'CPUUtilization'";
    let mut expected = vec!["GetInstances".to_owned(); 3];
    expected.splice(0..0, stopped.iter().map(|name| format!("GetInstanceMetricData {name}")));
    assert_eq!(named(&server, &session, sql, "instanceName").await, expected);
}

#[tokio::test]
async fn a_join_names_whom_to_ask_about_however_it_is_written() {
    let (server, session) = start(demo::Config::default(), "all").await;
    let stopped =
        column(&session, "SELECT region || name FROM instances WHERE state = 'stopped'").await.unwrap();
    let listings = server.requests().len() - 1; // GetRegions, once a session
    let both = "p.instance_name = i.name AND p.region = i.region";
    for sql in [
        format!(
            "SELECT count(*) FROM instances i JOIN instance_port_states p ON {both} WHERE i.state = 'stopped'"
        ),
        format!(
            "SELECT count(*) FROM instance_port_states p JOIN instances i ON {both} WHERE i.state = 'stopped'"
        ),
        format!(
            "SELECT count(*) FROM instances i LEFT JOIN instance_port_states p ON {both} WHERE i.state = 'stopped'"
        ),
        format!(
            "SELECT count(*) FROM instance_port_states p RIGHT JOIN instances i ON {both} WHERE i.state = 'stopped'"
        ),
        "SELECT count(*) FROM instance_port_states p WHERE EXISTS \
             (SELECT 1 FROM instances i WHERE p.instance_name = i.name AND p.region = i.region AND i.state = 'stopped')"
            .into(),
    ] {
        let (requests, _) = ask(&server, &session, &sql).await;
        let asked: BTreeSet<_> = requests
            .iter()
            .filter(|request| request.operation == "GetInstancePortStates")
            .map(|request| request.region.clone() + request.body["instanceName"].as_str().unwrap())
            .collect();
        assert_eq!(asked, stopped.iter().cloned().collect(), "{sql}");
        assert_eq!(requests.len(), listings + stopped.len(), "{sql}");
    }
    // Few of them are known before anything is asked: each is looked up in its own region.
    let sql = "SELECT i.name FROM instances i JOIN (VALUES ('web-prod-0002', 'us-east-2'), ('nosuch', 'us-east-1')) v (n, r) \
               ON i.name = v.n AND i.region = v.r";
    let before = server.requests().len();
    assert_eq!(rows(&session, sql).await.unwrap(), 1);
    let mut asked: Vec<_> = server
        .requests()
        .split_off(before)
        .into_iter()
        .map(|request| (request.region, request.operation))
        .collect();
    asked.sort_unstable();
    assert_eq!(
        asked,
        [("us-east-1".into(), "GetInstance".into()), ("us-east-2".into(), "GetInstance".into())]
    );
}

#[tokio::test]
async fn without_a_name_the_parents_are_listed_once_and_asked_one_by_one() {
    let (server, session) = ohio().await;
    let asked_of_all = named(&server, &session, "SELECT * FROM instance_port_states", "instanceName").await;
    assert_eq!(asked_of_all.len(), 2 + 21);
    // The parents' pages are those of the other side of a join.
    let sql = "SELECT count(*) FROM instances i LEFT JOIN instance_port_states p ON p.instance_name = i.name";
    assert_eq!(named(&server, &session, sql, "instanceName").await.len(), 2 + 21);
    // What a predicate says of the name leaves out the calls of the others.
    let sql = "SELECT * FROM instance_port_states WHERE instance_name LIKE 'db-%'";
    let databases = column(&session, "SELECT name FROM instances WHERE name LIKE 'db-%'").await.unwrap();
    assert_eq!(named(&server, &session, sql, "instanceName").await.len(), 2 + databases.len());
}

#[tokio::test]
async fn a_limit_asks_about_few() {
    let (server, session) = start(demo::Config::default(), "us-east-1").await;
    rows(&session, "SET lightsail.concurrency = 2").await.unwrap();
    let asked = named(&server, &session, "SELECT * FROM setup_history LIMIT 1", "resourceName").await;
    assert!(asked.len() < 40, "{} calls", asked.len());
}

#[tokio::test]
async fn parents_of_parents_are_listed_first() {
    let (server, session) = start(demo::Config::default(), "us-east-1").await;
    let sql = "SELECT relational_database_name || ' ' || log_stream_name FROM relational_database_log_events \
               ORDER BY 1 LIMIT 1";
    let first = text(&session, sql).await;
    let (database, stream) = first.split_once(' ').unwrap();
    let before = server.requests().len();
    let sql = format!(
        "SELECT * FROM relational_database_log_events WHERE relational_database_name = '{database}' AND log_stream_name = '{stream}'"
    );
    assert!(rows(&session, &sql).await.unwrap() > 0);
    assert!(
        server.requests()[before..]
            .iter()
            .all(|request| request.operation == "GetRelationalDatabaseLogEvents")
    );
    let before = server.requests().len();
    let sql =
        format!("SELECT * FROM relational_database_log_events WHERE relational_database_name = '{database}'");
    assert!(rows(&session, &sql).await.unwrap() > 0);
    let requests = server.requests().split_off(before);
    assert!(
        requests.iter().all(|request| request.operation != "GetRelationalDatabases"),
        "the database is known"
    );
    let streams = requests.iter().filter(|request| request.operation == "GetRelationalDatabaseLogStreams");
    assert_eq!(streams.count(), 1);
}

/// The range goes to the API, and gives no line that the whole table does not have.
#[tokio::test]
async fn a_range_of_a_log_has_the_lines_that_the_whole_log_has_there() {
    let (_server, session) = start(demo::Config::default(), "us-east-2,eu-central-1").await;
    for table in ["container_logs", "relational_database_log_events"] {
        let all = text(&session, &format!("SELECT count(*) FROM {table}")).await;
        let mut counts = Vec::new();
        for range in [
            "< TIMESTAMP '2025-12-31T00:00:00Z'",
            "< TIMESTAMP '2025-12-31T12:00:00Z'",
            ">= TIMESTAMP '2025-12-31T18:00:00Z'",
            ">= TIMESTAMP '2026-01-01T00:00:00Z'",
            "< TIMESTAMP '2030-01-01T00:00:00Z'",
        ] {
            let asked = format!("SELECT count(*) FROM {table} WHERE created_at {range}");
            let counted = format!("SELECT count(*) FILTER (WHERE created_at {range}) FROM {table}");
            let (asked, counted) = (text(&session, &asked).await, text(&session, &counted).await);
            assert_eq!(asked, counted, "{table} {range}");
            counts.push(asked);
        }
        assert_eq!((counts[0].as_str(), counts[3].as_str(), &counts[4]), ("0", "0", &all), "{table}");
        assert!(all != "0" && counts[1] != "0" && counts[2] != "0", "{table}: {counts:?} of {all}");
    }
}

#[tokio::test]
async fn times_and_metrics_are_request_members() {
    let (server, session) = ohio().await;
    let members = async |sql: &str| {
        let (requests, _) = ask(&server, &session, sql).await;
        requests.into_iter().map(|request| request.body).collect::<Vec<_>>()
    };
    let sql = "SELECT average FROM instance_metrics WHERE instance_name = 'web-prod-0002' AND metric_name = 'NetworkIn' \
               AND period = 3600 AND timestamp >= TIMESTAMP '2025-12-01T00:00:00Z' AND timestamp < TIMESTAMP '2025-12-02T00:00:00Z'";
    let bodies = members(sql).await;
    assert_eq!(bodies.len(), 1);
    let body = &bodies[0];
    assert_eq!(
        (&body["metricName"], &body["period"], &body["unit"]),
        (&"NetworkIn".into(), &3600.into(), &"Bytes".into())
    );
    assert_eq!(body["startTime"].as_f64(), Some(1_764_547_200.0));
    assert!(body["endTime"].as_f64().unwrap() >= 1_764_633_600.0);
    // 1,440 points are the most that one request may ask for: 60 days of hours are just that.
    let sql = "SELECT count(*) FROM instance_metrics WHERE instance_name = 'web-prod-0002' AND metric_name = 'NetworkIn' \
               AND period = 3600 AND timestamp >= TIMESTAMP '2025-09-01T00:00:00Z' AND timestamp < TIMESTAMP '2025-12-01T00:00:00Z'";
    assert_eq!(members(sql).await.len(), 2);
    assert_eq!(text(&session, sql).await, (91 * 24).to_string());
    let sql =
        "SELECT * FROM instance_metrics WHERE instance_name = 'web-prod-0002' AND metric_name = 'nosuch'";
    assert_eq!(members(sql).await.len(), 0);
}

#[tokio::test]
async fn what_us_east_1_answers_for_all_is_asked_there_alone() {
    let (server, session) = ohio().await;
    for (sql, calls) in [
        ("SELECT * FROM domains", 1),
        ("SELECT * FROM distributions WHERE name = 'nosuch'", 1),
        ("SELECT * FROM domains WHERE region = 'eu-west-1'", 0),
    ] {
        let (requests, _) = ask(&server, &session, sql).await;
        let asked = requests;
        assert_eq!(asked.len(), calls, "{sql}");
        assert!(asked.iter().all(|request| request.region == "us-east-1"), "{sql}");
    }
    rows(&session, "SET lightsail.regions = 'all'").await.unwrap();
    let before = server.requests().len();
    assert!(rows(&session, "SELECT * FROM domains").await.unwrap() > 0);
    assert_eq!(server.requests().len() - before, 1, "no region need be found out");
}

#[tokio::test]
async fn both_sides_of_a_join_are_read_at_the_same_time() {
    let hook = |request: &Request| {
        (request.operation == "GetInstances").then_some(Reply::After(Duration::from_millis(50)))
    };
    let config = demo::Config { hook: Some(Arc::new(hook)), ..demo::Config::default() };
    let (server, session) = start(config, "us-east-1").await;
    let order = async |sql: &str| {
        let (requests, _) = ask(&server, &session, sql).await;
        requests.into_iter().map(|request| request.operation).collect::<Vec<_>>()
    };
    let asked = order("SELECT count(*) FROM instances i JOIN block_disks d ON d.arn = i.arn").await;
    let first = asked.iter().position(|operation| operation == "GetDisks").unwrap();
    assert!(first < 3, "the disks wait for the instances: {asked:?}");
    // Whose calls the join decides is not read before it has decided, and a LIMIT may need none of them.
    for sql in [
        "SELECT count(*) FROM instances i JOIN block_disks d ON d.name = i.name",
        "SELECT i.name FROM instances i JOIN block_disks d ON d.arn = i.arn LIMIT 1",
    ] {
        let asked = order(sql).await;
        let first = asked.iter().position(|operation| operation == "GetDisks" || operation == "GetDisk");
        assert!(first.is_none_or(|first| first >= 7), "{sql}: {asked:?}");
    }
}
