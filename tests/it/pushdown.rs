//! The fewest calls: what predicates, look-ups and sharing save, proved by what arrived at the endpoint.

use std::time::Duration;

use datafusion_lightsail::script::{Parameters, parse};
use futures::StreamExt;
use lightsail_demo::{self as demo, Reply, Request};

use crate::support::session::{ask, one_region, rows, start};

#[tokio::test]
async fn a_filtered_limit_stops_paging_when_it_has_its_rows() {
    let (server, session) = one_region(400).await;
    let before = server.request_count();
    assert_eq!(
        rows(&session, "SELECT name FROM instances WHERE state = 'running' LIMIT 5").await.unwrap(),
        5
    );
    assert_eq!(server.request_count() - before, 1);
}

#[tokio::test]
async fn a_limit_over_all_targets_starts_no_call_after_it_has_its_rows() {
    let config =
        demo::Config { instances: Some(400), latency: Duration::from_millis(50), ..demo::Config::default() };
    let (server, session) = start(config, "all").await;
    let listings = || server.requests().iter().filter(|request| request.operation == "GetInstances").count();
    for sql in [
        "SELECT name FROM instances WHERE cpu_count > 0 LIMIT 5",
        "SELECT name FROM instances WHERE cpu_count > 0 LIMIT 5 OFFSET 3",
    ] {
        let before = listings();
        assert_eq!(rows(&session, sql).await.unwrap(), 5);
        let at_the_end = listings() - before;
        assert!(at_the_end <= 8, "{at_the_end} calls, one under way at each of 8 targets is the most: {sql}");
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(listings() - before, at_the_end, "no call starts after it has its rows: {sql}");
    }
}

#[tokio::test]
async fn predicates_on_the_target_leave_targets_out() {
    let (server, session) = start(demo::Config::default(), "all").await;
    for (predicate, regions) in [
        ("region = 'us-east-2'", vec!["us-east-2"]),
        ("region IN ('us-east-2', 'ap-northeast-1', 'mars')", vec!["ap-northeast-1", "us-east-2"]),
        ("region LIKE 'ap-%'", vec!["ap-northeast-1", "ap-southeast-2"]),
        ("region != 'us-east-1' AND region LIKE 'us-east%'", vec!["us-east-2"]),
        ("profile = 'nobody'", vec![]),
        ("profile = 'nobody' OR profile = NULL", vec![]),
        ("region = NULL", vec![]),
        ("region = 'us-east-2' AND region = 'us-east-1'", vec![]),
        ("name = 'a' AND name = 'b'", vec![]),
        ("region = 'us-east-2' AND 1 = 2", vec![]),
    ] {
        let sql = format!("SELECT arn FROM instances WHERE {predicate}");
        let (mut requests, _) = ask(&server, &session, &sql).await;
        requests.retain(|request| request.operation != "GetRegions");
        let mut asked: Vec<String> = requests.into_iter().map(|r| r.region).collect();
        asked.sort();
        asked.dedup();
        assert_eq!(asked, regions, "{predicate}");
    }
}

#[tokio::test]
async fn a_profile_that_is_left_out_is_not_even_asked_for_its_regions() {
    let (server, session) = start(demo::Config::default(), "all").await;
    for predicate in [
        "profile = 'nobody'",
        "region = NULL",
        "name = 'a' AND name = 'b'",
        "1 = 2",
        "cpu_count > 4 AND cpu_count < 2",
        "name = 'web-1' AND name <> 'web-1'",
        "name IN ('web-1', 'web-2') AND name LIKE 'db%'",
        "created_at > '2025-01-01T00:00:00Z' AND created_at::date < '2024-01-01'",
    ] {
        rows(&session, &format!("SELECT arn FROM instances WHERE {predicate}")).await.unwrap();
        assert_eq!(server.request_count(), 0, "{predicate}");
    }
}

#[tokio::test]
async fn a_name_is_looked_up() {
    let (server, session) = one_region(400).await;
    let name = |row: usize| {
        let sql = format!("SELECT name FROM instances ORDER BY name LIMIT 1 OFFSET {row}");
        let session = session.clone();
        async move { crate::support::session::text(&session, &sql).await }
    };
    let (first, second) = (name(0).await, name(7).await);
    for (sql, expected_rows, names) in [
        (format!("SELECT * FROM instances WHERE name = '{first}'"), 1, vec![first.clone()]),
        (
            format!("SELECT * FROM instances WHERE name IN ('{second}', 'nosuch', '{first}')"),
            2,
            vec![first.clone(), "nosuch".into(), second.clone()],
        ),
        ("SELECT * FROM instances WHERE name = 'nosuch'".into(), 0, vec!["nosuch".into()]),
        (format!("SELECT * FROM instances WHERE name IN ('{first}', NULL)"), 1, vec![first.clone()]),
        (
            format!("SELECT * FROM instances WHERE name IN ('{first}', 'no-1', 'no-2', 'no-3', NULL)"),
            1,
            vec![first.clone(), "no-1".into(), "no-2".into(), "no-3".into()],
        ),
        (
            format!("SELECT * FROM instances WHERE name = '{first}' AND state = 'mars'"),
            0,
            vec![first.clone()],
        ),
        (
            format!("SELECT * FROM disks WHERE instance_name = '{first}' AND is_system_disk"),
            1,
            vec![first.clone()],
        ),
    ] {
        let before = server.requests().len();
        assert_eq!(rows(&session, &sql).await.unwrap(), expected_rows, "{sql}");
        let requests = server.requests().split_off(before);
        assert!(requests.iter().all(|request| request.operation == "GetInstance"), "{sql}");
        let mut asked: Vec<String> = requests
            .iter()
            .map(|request| request.body["instanceName"].as_str().unwrap().to_owned())
            .collect();
        asked.sort();
        let mut names = names;
        names.sort();
        assert_eq!(asked, names, "{sql}");
    }
    let before = server.requests().len();
    let join = format!(
        "SELECT * FROM instances i JOIN ports p ON p.instance_arn = i.arn WHERE i.name = '{first}' AND p.instance_name = '{first}'"
    );
    rows(&session, &join).await.unwrap();
    assert_eq!(server.requests().len() - before, 1, "both sides share one look-up");
}

#[tokio::test]
async fn a_name_that_aws_would_refuse_is_read_from_the_listing() {
    let (server, session) = one_region(45).await;
    let first = crate::support::session::text(&session, "SELECT name FROM instances LIMIT 1").await;
    for (sql, expected_rows, operations) in [
        ("SELECT name FROM instances WHERE name = ''".to_owned(), 0, vec!["GetInstances"; 3]),
        (
            format!("SELECT name FROM instances WHERE name IN ('{first}', 'web 1')"),
            1,
            vec!["GetInstances"; 3],
        ),
        (
            "SELECT state FROM instance_port_states WHERE instance_name = 'a?b'".into(),
            0,
            vec!["GetInstances"; 3],
        ),
        ("SELECT id FROM operations WHERE resource_name = 'example com'".into(), 0, vec!["GetOperations"; 4]),
        (
            "SELECT id FROM operations WHERE resource_name = 'example.com'".into(),
            0,
            vec!["GetOperationsForResource"],
        ),
        ("SELECT name FROM buckets WHERE name = 'Not-A-Bucket'".into(), 0, vec!["GetBuckets"]),
        ("SELECT name FROM alarms WHERE monitored_resource_info_name = ' '".into(), 0, vec!["GetAlarms"]),
    ] {
        let before = server.requests().len();
        assert_eq!(rows(&session, &sql).await.unwrap(), expected_rows, "{sql}");
        let asked: Vec<_> = server.requests().split_off(before).into_iter().map(|r| r.operation).collect();
        assert_eq!(asked, operations, "{sql}");
    }
}

#[tokio::test]
async fn n_pages_are_n_calls_however_many_scans_read_them() {
    let (server, session) = one_region(137).await;
    for sql in [
        "SELECT count(*) FROM instances i JOIN disks d ON d.instance_arn = i.arn JOIN ports p ON p.instance_arn = i.arn
         JOIN tags t ON t.resource_arn = i.arn WHERE t.resource_type = 'Instance'",
        "SELECT count(*) FROM instances i JOIN disks d ON d.instance_arn = i.arn JOIN ports p ON p.instance_arn = i.arn
         JOIN tags t ON t.resource_arn = i.arn",
        "SELECT count(*) FROM tags t JOIN ports p ON p.instance_arn = t.resource_arn",
        "SELECT i.name, t.value FROM instances i LEFT JOIN tags t ON t.resource_arn = i.arn AND t.key = 'env'",
        "SELECT name FROM instances WHERE arn IN (SELECT resource_arn FROM tags WHERE key = 'env')",
        "SELECT name FROM instances i WHERE NOT EXISTS (SELECT 1 FROM tags t WHERE t.resource_arn = i.arn)",
        "SELECT a.name FROM instances a JOIN instances b ON a.arn = b.arn",
        "WITH r AS (SELECT * FROM instances WHERE state = 'running') SELECT * FROM r a JOIN r b ON a.arn = b.arn",
        "SELECT name FROM instances WHERE arn NOT IN (SELECT instance_arn FROM ports)",
        "SELECT name, (SELECT count(*) FROM disks) FROM instances",
        "SELECT name FROM instances WHERE EXISTS (SELECT 1 FROM ports WHERE instance_arn = arn)",
        "SELECT name FROM instances UNION ALL SELECT name FROM disks UNION ALL SELECT instance_name FROM ports",
        "WITH RECURSIVE r AS (
             SELECT 1 AS n, CAST('' AS VARCHAR) AS name
             UNION ALL
             SELECT r.n + 1, i.name FROM r JOIN instances i ON i.cpu_count >= r.n WHERE r.n < 4
         ) SELECT count(*) FROM r",
        "SELECT i.system_status FROM instances i JOIN disks d ON d.instance_arn = i.arn",
    ] {
        let before = server.request_count();
        rows(&session, sql).await.unwrap();
        assert_eq!(server.request_count() - before, 7, "{sql}");
    }
}

#[tokio::test]
async fn a_held_snapshot_is_read_once_and_goes_on_where_a_limit_left_it() {
    let (server, session) = one_region(137).await;
    session.hold_snapshot();
    for (sql, calls) in [
        ("SELECT name FROM instances LIMIT 25", 2),
        ("SELECT name FROM instances LIMIT 40", 0),
        ("SELECT count(*) FROM disks", 5),
        ("SELECT * FROM ports", 0),
        ("SELECT instance_status FROM instances", 7),
        ("SELECT count(*) FROM instances", 0),
    ] {
        let before = server.request_count();
        rows(&session, sql).await.unwrap();
        assert_eq!(server.request_count() - before, calls, "{sql}");
    }
}

#[tokio::test]
async fn a_join_leaves_targets_out_and_names_what_to_look_up() {
    let (server, session) = start(demo::Config::default(), "all").await;
    rows(&session, "SELECT count(*) FROM instances WHERE region = 'us-east-2'").await.unwrap();
    let asked = |before: usize| server.requests().split_off(before);

    let before = server.requests().len();
    let sql = "SELECT i.name FROM (VALUES ('us-east-2'), ('ap-northeast-1')) r JOIN instances i ON i.region = r.column1";
    assert_eq!(rows(&session, sql).await.unwrap(), 24);
    assert_eq!(asked(before).len(), 3, "two pages there, one here");

    let before = server.requests().len();
    let sql = "SELECT i.name FROM (VALUES ('web-prod-0002'), ('db-test-0001')) n JOIN instances i ON i.name = n.column1
               WHERE i.region = 'us-east-2'";
    assert_eq!(rows(&session, sql).await.unwrap(), 2);
    assert!(asked(before).iter().all(|request| request.operation == "GetInstance"), "{:?}", asked(before));
    assert_eq!(asked(before).len(), 2);
}

#[tokio::test]
async fn no_look_up_where_the_listing_is_read_anyway() {
    let (server, session) = one_region(137).await;
    let before = server.request_count();
    let sql = "SELECT * FROM instances i JOIN disks d ON d.instance_arn = i.arn WHERE i.name = 'x'";
    rows(&session, sql).await.unwrap();
    assert_eq!(server.request_count() - before, 7);
}

#[tokio::test]
async fn a_dead_target_delays_no_rows_of_the_others() {
    let dead = |request: &Request| (request.region == "us-west-2").then_some(Reply::Silence);
    let config = demo::Config { hook: Some(std::sync::Arc::new(dead)), ..demo::Config::default() };
    let (server, session) = start(config, "all").await;
    let statement = parse("test", "SELECT arn FROM instances WHERE cpu_count > 0").unwrap().remove(0);
    let mut stream = session.ask(statement.ast, &Parameters::new()).await.unwrap().stream;
    let mut seen = 0;
    while seen < 400 - server.instances("us-west-2") {
        let batch = tokio::time::timeout(std::time::Duration::from_secs(10), stream.next()).await;
        seen += batch.expect("rows of the living wait for the dead").unwrap().unwrap().num_rows() as u64;
    }
    assert_eq!(seen, 296);
}

#[tokio::test]
async fn an_account_prunes_once_it_is_known() {
    let (server, session) = start(demo::Config::default(), "us-east-2,ap-northeast-1").await;
    let sql = |account: &str| format!("SELECT name FROM instances WHERE account_id = '{account}'");
    assert_eq!(rows(&session, &sql("210987654321")).await.unwrap(), 0);
    assert_eq!(server.request_count(), 3, "nobody knows yet whose account it is");
    assert_eq!(rows(&session, &sql("210987654321")).await.unwrap(), 0);
    assert_eq!(server.request_count(), 3, "no call");
    assert_eq!(rows(&session, &sql("123456789012")).await.unwrap(), 24);
    assert_eq!(server.request_count(), 6);
}

#[tokio::test]
async fn a_reader_at_rest_keeps_no_other_waiting() {
    let slow = |request: &Request| {
        (request.region != "us-east-1").then_some(Reply::After(std::time::Duration::from_millis(200)))
    };
    let config = demo::Config { hook: Some(std::sync::Arc::new(slow)), ..demo::Config::default() };
    let (_server, session) = start(config, "all").await;
    session.hold_snapshot();
    let statement = parse("test", "SELECT name FROM instances").unwrap().remove(0);
    let mut at_rest = session.ask(statement.ast, &Parameters::new()).await.unwrap().stream;
    assert_eq!(at_rest.next().await.unwrap().unwrap().num_rows(), 20);
    // Its calls to the slow regions are under way, and nobody polls them while another reads the same logs.
    let other =
        tokio::time::timeout(std::time::Duration::from_secs(10), rows(&session, "SELECT path FROM disks"));
    assert_eq!(other.await.expect("it waits for a fetch that nobody drives").unwrap(), 595);
}
