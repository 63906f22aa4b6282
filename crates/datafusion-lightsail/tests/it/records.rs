//! The record of a statement is its own, whoever asks and however many ask at the same time.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::error::{Error, Kind};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::scan::{Record, ScanContext};
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::{Policy, Session, SessionBuilder, register};
use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};
use lightsail_demo::{self as demo, Reply, Request};

use crate::support::session::{rows, start};

/// An endpoint with 16 regions where `hook` sees each request first.
fn hooked(hook: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> demo::Config {
    demo::Config { regions: Some(16), hook: Some(Arc::new(hook)), ..demo::Config::default() }
}

fn refusal() -> Option<Reply> {
    Some(Reply::error(400, "AccessDeniedException", "not today"))
}

/// The record of a statement that was read to its end.
async fn record(session: &Session, sql: &str) -> Arc<Record> {
    let statement = parse("test", sql).unwrap().remove(0);
    let answer = session.ask(statement.ast, &Parameters::new()).await.unwrap();
    let batches: Vec<_> = answer.stream.try_collect().await.unwrap();
    drop(batches);
    answer.record
}

async fn regions(session: &Session) -> Vec<String> {
    crate::support::session::column(session, "SELECT name FROM regions ORDER BY 1").await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_statements_at_once_each_miss_their_own_target() {
    // A name says with its number which region refuses it.
    let refuses = |request: &Request| {
        let name = request.body["instanceName"].as_str()?;
        let (region, _) = name.split_once('.')?;
        if request.region == region { refusal() } else { None }
    };
    let (server, session) = start(hooked(refuses), "all").await;
    let regions = regions(&session).await;
    assert_eq!(regions.len(), 16);
    rows(&session, "SET lightsail.allow_partial = true").await.unwrap();
    let before = server.request_count();
    // The name of no instance: one look-up in each region.
    let asked: Vec<String> = regions
        .iter()
        .map(|region| format!("SELECT name FROM instances WHERE name = '{region}.x'"))
        .collect();
    let records = join_all(asked.iter().map(|sql| record(&session, sql))).await;
    for (region, record) in regions.iter().zip(&records) {
        let completeness = record.completeness();
        let missing: Vec<&str> =
            completeness.missing.iter().map(|error| error.fault().unwrap().region.as_str()).collect();
        assert_eq!((missing, completeness.targets), (vec![region.as_str()], 16));
        assert_eq!((record.calls(), record.scans().len()), (16, 16), "{region}");
        assert!(record.bytes() > 0);
    }
    assert_eq!(server.request_count() - before, 16 * 16);
    let numbers: BTreeSet<u64> = records.iter().map(|record| record.number).collect();
    assert_eq!(numbers.len(), 16);
    for record in &records {
        let calls = session.call_log().into_iter().filter(|call| call.statement == record.number);
        assert_eq!(calls.count(), 16, "what \\calls would show");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_several_bounded_statements_has_its_own_token() {
    let (_server, session) = start(hooked(|_| None), "us-east-1").await;
    rows(&session, "SET lightsail.max_items = 2").await.unwrap();
    let tables = ["instances", "disks", "buckets", "domains", "alarms", "key_pairs", "bundles", "static_ips"];
    let asked = tables.map(|table| format!("SELECT * FROM {table}"));
    let records = join_all(asked.iter().map(|sql| record(&session, sql))).await;
    for (table, record) in tables.iter().zip(records) {
        let token = record.notes().next_token.unwrap_or_default();
        if record.scans().iter().all(|scan| scan.items < 2) {
            continue;
        }
        let operation = record.scans()[0].operation;
        let text = aws_smithy_types::base64::decode(token).unwrap();
        assert!(String::from_utf8(text).unwrap().contains(&format!("\"{operation}\"")), "{table}");
    }
}

#[tokio::test]
async fn explain_leaves_no_record() {
    let (server, session) = start(hooked(|_| None), "us-east-1").await;
    rows(&session, "EXPLAIN SELECT name FROM instances").await.unwrap();
    rows(&session, "EXPLAIN SELECT i.name FROM instances i JOIN disks d ON d.attached_to = i.name")
        .await
        .unwrap();
    assert!(session.records().records().is_empty());
    assert_eq!(server.request_count(), 0);
    rows(&session, "EXPLAIN ANALYZE SELECT name FROM instances LIMIT 1").await.unwrap();
    assert_eq!(session.records().records().len(), 1);
}

/// A session of somebody else's with our tables, rules and settings.
fn stranger(server: &demo::Server, options: LightsailOptions) -> (SessionContext, ScanContext) {
    let settings = Settings { max_attempts: Some(1), ..Settings::default() };
    let clients = Arc::new(Clients::new(settings.for_demo(server.url(), demo::ACCESS_KEY)));
    let context = SessionContext::new();
    let scans = register(&context, &clients, options).unwrap();
    (context, scans)
}

/// The rows of a statement in a session of somebody else's.
async fn of_stranger(context: &SessionContext, sql: &str) -> Result<usize, Error> {
    let mut stream = context.sql(sql).await?.execute_stream().await?;
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        rows += batch?.num_rows();
    }
    Ok(rows)
}

#[tokio::test]
async fn a_strangers_session_gets_the_same_rows_for_the_same_calls() {
    let (server, session) = start(hooked(|_| None), "us-*").await;
    let (context, scans) = stranger(&server, LightsailOptions::default().with_regions("us-*"));
    for sql in [
        "SELECT name FROM instances WHERE state = 'running'",
        "SELECT name FROM instances LIMIT 3",
        "SELECT i.name, d.name, p.from_port FROM instances i JOIN disks d ON d.instance_name = i.name \
         AND d.region = i.region JOIN ports p ON p.instance_name = i.name AND p.region = i.region",
        "SELECT name FROM buckets WHERE name = 'example-assets'",
        "SELECT a.name, b.name, i.name FROM instances a JOIN block_disks b ON b.attached_to = a.name \
         AND b.region = a.region JOIN static_ips i ON i.attached_to = a.name AND i.region = a.region \
         JOIN (VALUES ('api-dev-0012-data-1')) s(id) ON s.id = b.name",
        "SELECT * FROM (SELECT name FROM instances LIMIT 10 OFFSET 3) ORDER BY name",
        "SELECT count(*) FROM instances WHERE 'web-1' NOT IN (SELECT attached_to FROM block_disks)",
        "SELECT * FROM exposed_services",
        "SELECT name FROM instances WHERE region = 'us-east-1' AND region = 'us-east-2'",
    ] {
        let before = server.request_count();
        let ours = rows(&session, sql).await.unwrap();
        let between = server.request_count();
        let theirs = of_stranger(&context, sql).await.unwrap();
        // GetRegions is asked once by each.
        let calls = (between - before, server.request_count() - between);
        assert_eq!((ours, calls.0), (theirs, calls.1), "{sql}");
        let record = scans.records().records().pop().unwrap();
        assert_eq!(record.calls(), calls.1, "{sql}");
        assert!(record.completeness().is_complete() && record.completeness().taken_at.is_some(), "{sql}");
    }
}

#[tokio::test]
async fn a_strangers_session_is_told_what_is_missing() {
    let refuses = |request: &Request| if request.region == "eu-west-1" { refusal() } else { None };
    let (server, session) = start(hooked(refuses), "eu-west-1,us-east-1").await;
    let sql = "SELECT name FROM instances";
    let options = LightsailOptions::default().with_regions("eu-west-1,us-east-1");
    let (context, scans) = stranger(&server, options);
    let ours = rows(&session, sql).await.unwrap_err();
    let theirs = of_stranger(&context, sql).await.unwrap_err();
    assert_eq!(
        (ours.kind(), ours.fault().map(|fault| &fault.region)),
        (theirs.kind(), theirs.fault().map(|fault| &fault.region))
    );
    context.sql("SET lightsail.allow_partial = true").await.unwrap();
    assert!(of_stranger(&context, sql).await.unwrap() > 0);
    let completeness = scans.records().records().pop().unwrap().completeness();
    assert_eq!((completeness.missing.len(), completeness.targets), (1, 2));
    assert!(register(&context, scans.clients(), LightsailOptions::default()).is_err(), "once is enough");

    // Where the rule is gone there is no partial answer: nobody would hear of it.
    let state = SessionStateBuilder::new_from_existing(context.state())
        .with_physical_optimizer_rules(PhysicalOptimizer::default().rules)
        .build();
    let bare = SessionContext::new_with_state(state);
    let error = of_stranger(&bare, sql).await.unwrap_err();
    assert!(
        error.message().contains("lightsail.allow_partial") && error.message().contains("share_scans"),
        "{error}"
    );
    bare.sql("SET lightsail.allow_partial = false").await.unwrap();
    assert_eq!(of_stranger(&bare, sql).await.unwrap_err().fault().unwrap().region, "eu-west-1");
    assert!(of_stranger(&bare, "SELECT name FROM instances WHERE region = 'us-east-1'").await.unwrap() > 0);
}

#[tokio::test]
async fn sessions_that_share_a_cache_read_each_others_pages() {
    let server = demo::Server::start(demo::Config::default(), demo::LOOPBACK).await.unwrap();
    let clients = Arc::new(Clients::new(Settings::default().for_demo(server.url(), demo::ACCESS_KEY)));
    let cache = Arc::new(datafusion_lightsail::scan::PageCache::new(Arc::clone(&clients)));
    let session = |seconds| {
        let options = LightsailOptions::default()
            .with_regions("us-east-1")
            .with_cache_ttl(std::time::Duration::from_secs(seconds));
        let builder = SessionBuilder::new(Arc::clone(&clients)).with_options(options);
        builder.with_cache(Arc::clone(&cache)).build().unwrap()
    };
    let (one, other, third) = (session(600), session(600), session(300));
    let sql = "SELECT name FROM instances";
    let asked = record(&one, sql).await.calls();
    assert!(asked > 1);
    let again = record(&other, sql).await;
    assert_eq!(
        (again.calls(), again.notes().oldest.is_some()),
        (0, true),
        "the pages are the other session's"
    );
    assert_eq!(record(&third, sql).await.calls(), asked, "it wants pages of another age");
    other.refresh();
    assert_eq!(record(&one, sql).await.calls(), asked, "what one session gives up is gone for all");
}

#[tokio::test]
async fn a_session_that_only_reads_refuses_the_rest() {
    let server = demo::Server::start(demo::Config::default(), demo::LOOPBACK).await.unwrap();
    let session = SessionBuilder::new(session_clients(&server)).with_policy(Policy::Queries).build().unwrap();
    for sql in [
        "SELECT 1",
        "SET lightsail.regions = 'us-east-1'",
        "RESET lightsail.regions",
        "EXPLAIN SELECT name FROM instances",
        "SHOW lightsail.regions",
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
    ] {
        rows(&session, sql).await.unwrap();
    }
    for sql in [
        "CREATE TABLE t AS SELECT 1 AS a",
        "CREATE VIEW v AS SELECT 1 AS a",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/never.csv'",
        "SET datafusion.execution.batch_size = 1",
        "PREPARE p AS SELECT 1",
        "EXPLAIN CREATE TABLE t AS SELECT 1 AS a",
    ] {
        let error = rows(&session, sql).await.unwrap_err();
        assert!(error.message().contains("this session only reads"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_session_without_files_makes_tables_and_reaches_no_file() {
    let server = demo::Server::start(demo::Config::default(), demo::LOOPBACK).await.unwrap();
    let session = SessionBuilder::new(session_clients(&server)).with_policy(Policy::NoFiles).build().unwrap();
    for sql in [
        "SET lightsail.regions = 'us-east-1'",
        "CREATE TABLE t AS SELECT name FROM instances",
        "INSERT INTO t SELECT name FROM instances",
        "CREATE VIEW v AS SELECT * FROM t",
        "PREPARE p AS SELECT * FROM v",
        "EXECUTE p",
        "DROP VIEW v",
    ] {
        rows(&session, sql).await.unwrap();
    }
    for sql in [
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "EXPLAIN CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/never.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/never.csv'",
        "SET datafusion.runtime.temp_directory = '/tmp/never'",
        "SET datafusion.catalog.location = '/etc'",
        "SET LIGHTSAIL.PROFILES = '@/etc/passwd'",
    ] {
        let error = rows(&session, sql).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{sql}: {error}");
        assert!(error.message().contains("no local files"), "{sql}: {error}");
    }
    let error = rows(&session, "SELECT * FROM '/etc/passwd.csv'").await.unwrap_err();
    assert!(!error.message().contains("there is no file"), "{error}");
    let session = SessionBuilder::new(session_clients(&server)).with_policy(Policy::Queries).build().unwrap();
    let error = rows(&session, "SET lightsail.profiles = '@/etc/passwd'").await.unwrap_err();
    assert!(error.message().contains("no local files"), "{error}");
}

fn session_clients(server: &demo::Server) -> Arc<Clients> {
    Arc::new(Clients::new(Settings::default().for_demo(server.url(), demo::ACCESS_KEY)))
}

/// What `register` must leave alone when it fails.
fn shape(context: &SessionContext) -> (usize, Option<String>, Vec<String>, Vec<String>) {
    let config = context.copied_config();
    let execution = &config.options().execution;
    let catalog = context.catalog("datafusion").unwrap();
    let tables = catalog.schema("public").unwrap().table_names();
    (execution.target_partitions, execution.time_zone.clone(), tables, catalog.schema_names())
}

#[tokio::test]
async fn a_session_that_has_a_name_of_ours_stays_as_it_was() {
    let server = demo::Server::start(demo::Config::default(), demo::LOOPBACK).await.unwrap();
    let clients = Arc::new(Clients::new(Settings::default().for_demo(server.url(), demo::ACCESS_KEY)));
    let begin = || SessionContext::new_with_config(SessionConfig::new().with_target_partitions(7));
    for (mine, name, undo) in [
        ("CREATE TABLE disks AS SELECT 1 AS a", "disks", "DROP TABLE disks"),
        ("CREATE VIEW exposure AS SELECT 1 AS a", "exposure", "DROP VIEW exposure"),
        ("CREATE SCHEMA system", "system", "DROP SCHEMA system"),
    ] {
        let context = begin();
        context.sql(mine).await.unwrap();
        let before = shape(&context);
        for _ in 0..2 {
            let error = register(&context, &clients, LightsailOptions::default()).unwrap_err();
            assert_eq!((error.kind(), error.message().contains(name)), (Kind::Usage, true), "{error}");
            assert_eq!(shape(&context), before, "{name}");
            assert!(ScanContext::of(context.copied_config().options()).is_none(), "{name}");
        }
        context.sql(undo).await.unwrap();
        let options = LightsailOptions::default().with_regions("us-east-1");
        register(&context, &clients, options).unwrap();
        assert!(of_stranger(&context, "SELECT name FROM instances").await.unwrap() > 0);
    }
}
