//! Pages that outlive a query: what is read again, what is asked anew, and what there is no room for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::scan::PageCache;
use datafusion_lightsail::session::SessionBuilder;
use lightsail_demo::{self as demo, Reply, Request};

use crate::support::session::{ask, column, notes, one_region, rows, set, start};

/// The panels of a dashboard, all of which one listing feeds.
const PANELS: [&str; 12] = [
    "SELECT count(*) FROM instances",
    "SELECT region, count(*) FROM instances GROUP BY 1",
    "SELECT state, count(*) FROM instances GROUP BY 1",
    "SELECT name FROM instances WHERE state = 'stopped'",
    "SELECT avg(cpu_count) FROM instances",
    "SELECT max(created_at) FROM instances",
    "SELECT bundle_id, count(*) FROM instances GROUP BY 1",
    "SELECT count(*) FROM instances WHERE is_static_ip",
    "SELECT name FROM instances ORDER BY created_at LIMIT 5",
    "SELECT sum(ram_size_in_gb) FROM instances",
    "SELECT blueprint_id, count(*) FROM instances GROUP BY 1",
    "SELECT count(DISTINCT availability_zone) FROM instances",
];

/// Asks each statement in a session of its own, all at once on pages that nobody has yet; returns how many calls that took.
async fn calls_at_once(sqls: &[&str]) -> u64 {
    let config = demo::Config { latency: Duration::from_millis(20), ..demo::Config::default() };
    let server = demo::Server::start(config, demo::LOOPBACK).await.unwrap();
    let clients = Arc::new(Clients::new(Settings::default().for_demo(server.url(), demo::ACCESS_KEY)));
    let cache = Arc::new(PageCache::new(Arc::clone(&clients)));
    let options = LightsailOptions::default().with_regions("us-east-1,eu-west-1");
    let options = options.with_cache_ttl(Duration::from_secs(60));
    let asked = sqls.iter().map(async |sql| {
        let builder = SessionBuilder::new(Arc::clone(&clients)).with_options(options.clone());
        let session = builder.with_cache(Arc::clone(&cache)).build().unwrap();
        rows(&session, sql).await.unwrap()
    });
    assert!(futures::future::join_all(asked).await.iter().all(|rows| *rows > 0));
    server.request_count()
}

#[tokio::test]
async fn statements_that_begin_at_once_make_one_pass() {
    let calls = calls_at_once(&PANELS[..1]).await;
    assert!(calls > 2, "{calls}");
    assert_eq!(calls_at_once(&[PANELS[0]; 2]).await, calls);
    assert_eq!(calls_at_once(&[PANELS[0]; 12]).await, calls);
    assert_eq!(calls_at_once(&PANELS).await, calls);
}

#[tokio::test]
async fn young_pages_are_read_again_and_say_so() {
    let (server, session) = one_region(137).await;
    let calls = async |sql: &str| {
        let before = server.request_count();
        rows(&session, sql).await.unwrap();
        server.request_count() - before
    };
    assert_eq!(calls("SELECT name FROM instances").await, 7);
    assert_eq!(calls("SELECT name FROM instances").await, 7, "by default every query asks");
    set(&session, "cache_ttl", "1h").await;
    assert_eq!(calls("SELECT name FROM instances LIMIT 25").await, 2);
    let is_old = || notes(&session).oldest.is_some();
    assert!(!is_old());
    assert_eq!(calls("SELECT path FROM disks").await, 5, "it goes on where LIMIT left off");
    assert!(is_old());
    assert_eq!(
        calls("SELECT count(*) FROM instances WHERE name = 'x'").await,
        0,
        "no look-up of what is here"
    );
    assert_eq!(
        calls("SELECT instance_status FROM instances").await,
        7,
        "without health it was another listing"
    );
    assert_eq!(calls("SELECT name FROM instances").await, 0);
    session.refresh();
    assert_eq!(calls("SELECT name FROM instances").await, 7);
    set(&session, "cache_ttl", "0").await;
    assert_eq!(calls("SELECT name FROM instances").await, 7);
}

#[tokio::test]
async fn old_pages_are_asked_for_anew() {
    let (server, session) = one_region(137).await;
    set(&session, "cache_ttl", "1ms").await;
    for round in 1..=2 {
        rows(&session, "SELECT i.name FROM instances i JOIN disks d ON d.instance_arn = i.arn")
            .await
            .unwrap();
        assert_eq!(server.request_count(), 7 * round, "the pages of one query do not grow old within it");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_failure_is_not_read_again() {
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let hook = move |request: &Request| {
        let is_second = request.body["pageToken"].is_string();
        (is_second && down.load(Ordering::SeqCst)).then(|| Reply::error(400, "AccessDeniedException", "no"))
    };
    let config = demo::Config {
        instances: Some(50),
        regions: Some(1),
        hook: Some(Arc::new(hook)),
        ..demo::Config::default()
    };
    let (server, session) = start(config, "us-east-1").await;
    set(&session, "cache_ttl", "1h").await;
    rows(&session, "SELECT name FROM instances").await.unwrap_err();
    is_down.store(false, Ordering::SeqCst);
    let before = server.request_count();
    assert_eq!(rows(&session, "SELECT name FROM instances").await.unwrap(), 50);
    assert_eq!(server.request_count() - before, 2, "page one is still here");
}

#[tokio::test]
async fn what_there_is_no_room_for_is_asked_for_again_with_a_note() {
    let (server, session) = one_region(137).await;
    let sql = "SELECT i.arn FROM instances i JOIN disks d ON d.instance_arn = i.arn ORDER BY 1";
    let expected = column(&session, sql).await.unwrap();
    assert_eq!(server.request_count(), 7);
    let given_up = || notes(&session).given_up;
    assert_eq!(given_up(), 0);
    set(&session, "page_memory", "256 KB").await;
    assert_eq!(column(&session, sql).await.unwrap(), expected);
    assert!((1..7).contains(&given_up()), "{} of 7 pages fit in", 7 - given_up());
    assert_eq!(server.request_count(), 14 + given_up() as u64);
    // A single reader needs no page twice.
    let before = server.request_count();
    set(&session, "page_memory", "0").await;
    rows(&session, "SELECT name FROM instances").await.unwrap();
    assert_eq!((server.request_count() - before, given_up()), (7, 0));
}

#[tokio::test]
async fn other_targets_are_asked_and_those_that_were_are_read_again() {
    let config = demo::Config { instances: Some(30), regions: Some(3), ..demo::Config::default() };
    let (server, session) = start(config, "us-east-1").await;
    set(&session, "cache_ttl", "1h").await;
    let asked = async |setting: &str, value: &str| {
        set(&session, setting, value).await;
        let (requests, _) = ask(&server, &session, "SELECT name FROM instances").await;
        let asked = requests.into_iter();
        asked.map(|request| request.region).collect::<Vec<_>>()
    };
    let all = asked("regions", "us-east-1,us-east-2").await;
    assert!(all.iter().any(|region| region == "us-east-2"), "{all:?}");
    assert_eq!(asked("regions", "us-east-2").await, [""; 0]);
    assert_eq!(asked("regions", "us-east-1").await, [""; 0]);
    assert!(!asked("profiles", "other").await.is_empty(), "another account has other instances");
    assert!(!asked("cache_ttl", "2h").await.is_empty(), "what is kept for longer is asked for anew");
    assert_eq!(asked("cache_ttl", "2h").await, [""; 0]);
}

#[tokio::test]
async fn what_a_statement_has_seen_stays_while_others_find_it_too_old() {
    let (_server, session) = one_region(50).await;
    set(&session, "cache_ttl", "1ms").await;
    let sql = "SELECT a.name FROM instances a JOIN instances b ON a.name = b.name";
    let joined = async {
        let mut calls = Vec::new();
        for _ in 0..5 {
            assert_eq!(rows(&session, sql).await.unwrap(), 50);
            calls.extend(session.records().records().iter().map(|record| record.calls()));
        }
        calls
    };
    let others = async {
        for _ in 0..30 {
            rows(&session, "EXPLAIN SELECT name FROM instances").await.unwrap();
            rows(&session, "SELECT name FROM instances").await.unwrap();
        }
    };
    let (calls, ()) = futures::join!(joined, others);
    assert!(calls.iter().all(|calls| *calls <= 3), "three pages, each once for both halves: {calls:?}");
}
