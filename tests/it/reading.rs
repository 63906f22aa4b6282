//! How pages are read, proved by what arrived at the endpoint: calls are exact, times are not.

use std::sync::Arc;

use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::Session;
use futures::StreamExt;
use lightsail_demo::{self as demo, Reply, Request};
use serde_json::{Value, json};

use crate::support::session::{answering, one_region, rows, start};

#[tokio::test]
async fn limit_asks_exactly_the_pages_it_needs() {
    let (server, session) = one_region(137).await;
    for (sql, expected_rows, expected_calls) in [
        ("SELECT name FROM instances", 137, 7),
        ("SELECT name FROM instances LIMIT 0", 0, 0),
        ("SELECT name FROM instances LIMIT 1", 1, 1),
        ("SELECT name FROM instances LIMIT 20", 20, 1),
        ("SELECT name FROM instances LIMIT 21", 21, 2),
        ("SELECT name FROM instances LIMIT 60", 60, 3),
        ("SELECT name FROM instances LIMIT 10 OFFSET 55", 10, 4),
        ("SELECT name FROM instances LIMIT 1000", 137, 7),
        ("SELECT count(*) FROM instances", 1, 7),
        ("SELECT 1 FROM instances WHERE 1 = 0", 0, 0),
        ("EXPLAIN SELECT * FROM instances", 2, 0),
    ] {
        let before = server.request_count();
        assert_eq!(rows(&session, sql).await.unwrap(), expected_rows, "{sql}");
        assert_eq!(server.request_count() - before, expected_calls, "{sql}");
    }
    assert_eq!(session.calls(), server.request_count(), "what the session counts is what arrived");
}

#[tokio::test]
async fn a_page_is_a_batch_and_its_rows_flow_before_the_next_is_asked_for() {
    let (server, session) = one_region(100).await;
    let statement = parse("test", "SELECT name FROM instances").unwrap().remove(0);
    let mut stream = session.ask(statement.ast, &Parameters::new()).await.unwrap().stream;
    assert_eq!(server.request_count(), 0, "planning asks nothing");
    assert_eq!(stream.next().await.unwrap().unwrap().num_rows(), 20);
    assert_eq!(session.calls(), 1, "the rows of page one are here before page two is asked for");
    for page in 2..=5 {
        assert_eq!(stream.next().await.unwrap().unwrap().num_rows(), 20);
        assert!(session.calls() <= page + 1, "one page ahead of the reader, and no more");
    }
    assert!(stream.next().await.is_none());
    assert_eq!(server.request_count(), 5);
}

#[tokio::test]
async fn a_filter_of_any_kind_holds_no_rows_back() {
    let (_server, session) = one_region(400).await;
    for filter in ["cpu_count > 0", "cpu_count > (SELECT 0)", "random() < 2"] {
        let sql = format!("SELECT name FROM instances WHERE {filter}");
        let statement = parse("test", &sql).unwrap().remove(0);
        let before = session.calls();
        let mut stream = session.ask(statement.ast, &Parameters::new()).await.unwrap().stream;
        assert_eq!(stream.next().await.unwrap().unwrap().num_rows(), 20, "{sql}");
        assert_eq!(session.calls() - before, 1, "page one is here before page two is asked for: {sql}");
    }
}

#[tokio::test]
async fn all_regions_are_asked_at_the_same_time() {
    // Answers are held back until all three regions were asked, or for 300 ms: a reader that waits for one of them
    // before it asks the next shows in the order of what arrived.
    let arrived = Arc::new(std::sync::Mutex::new(std::collections::HashSet::new()));
    let seen = Arc::clone(&arrived);
    let hook = move |request: &Request| {
        seen.lock().unwrap().insert(request.region.clone());
        (seen.lock().unwrap().len() < 3).then_some(Reply::After(std::time::Duration::from_millis(300)))
    };
    let config = demo::Config { hook: Some(Arc::new(hook)), ..demo::Config::default() };
    let (server, session) = start(config, "us-east-1,us-west-2,eu-west-1").await;
    let expected: u64 =
        ["us-east-1", "us-west-2", "eu-west-1"].iter().map(|region| server.instances(region)).sum();
    assert_eq!(rows(&session, "SELECT arn FROM instances").await.unwrap() as u64, expected);
    let first: Vec<String> = server.requests().iter().take(3).map(|request| request.region.clone()).collect();
    assert_eq!(first.iter().collect::<std::collections::HashSet<_>>().len(), 3, "{first:?}");
}

#[tokio::test]
async fn health_is_asked_for_only_if_a_column_shows_it() {
    let (server, session) = one_region(5).await;
    let asked = |server: &demo::Server| server.requests().last().unwrap().body["includeHealthStatus"].clone();
    rows(&session, "SELECT name, state FROM instances").await.unwrap();
    assert_eq!(asked(&server), Value::Null);
    for sql in
        ["SELECT system_status FROM instances", "SELECT 1 FROM instances WHERE instance_status <> 'ok'"]
    {
        rows(&session, sql).await.unwrap();
        assert_eq!(asked(&server), Value::Bool(true), "{sql}");
    }
}

/// An endpoint whose pages come from a function of the page token.
async fn pages(page: impl Fn(Option<&str>) -> Value + Send + Sync + 'static) -> (demo::Server, Session) {
    answering(move |request| Some(page(request.body["pageToken"].as_str()))).await
}

#[tokio::test]
async fn the_page_loop_ends_where_the_api_says_and_nowhere_else() {
    let one = |name: &str, next: Value| json!({"instances": [{"name": name}], "nextPageToken": next});

    let (_server, session) = pages(move |token| match token {
        None => one("a", json!("2")),
        Some("2") => json!({"instances": [], "nextPageToken": "3"}),
        Some("3") => one("b", json!("")),
        other => panic!("asked for {other:?}"),
    })
    .await;
    assert_eq!(
        rows(&session, "SELECT * FROM instances").await.unwrap(),
        2,
        "an empty page goes on, an empty token ends"
    );

    let (_server, session) = pages(move |_| one("a", json!(null))).await;
    assert_eq!(rows(&session, "SELECT * FROM instances").await.unwrap(), 1, "a null token ends");

    for (what, expected) in [
        (json!({}), "the response has no list"),
        (json!({"nextPageToken": "x"}), "the response has no list"),
        (json!({"instances": null}), "the response has no list"),
        (json!({"instances": [], "nextPageToken": "again"}), "a next token that was used before"),
        (json!({"instances": [{"name": "a", "tags": [{"value": "x"}]}]}), "a tag has no key"),
        (json!({"instances": {}}), "instances cannot be read: type mismatch: expected array"),
    ] {
        let (_server, session) = pages(move |_| what.clone()).await;
        let error = rows(&session, "SELECT * FROM instances").await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.exit_code(), 254);
    }
}

#[tokio::test]
async fn a_circle_of_tokens_is_an_error() {
    let next = |token: Option<&str>| match token {
        None => "a",
        Some("a") => "b",
        _ => "a",
    };
    let (server, session) =
        pages(move |token| json!({"instances": [{"name": "x"}], "nextPageToken": next(token)})).await;
    let error = rows(&session, "SELECT name FROM instances").await.unwrap_err();
    assert!(error.to_string().contains("page 3 names a next token that was used before"), "{error}");
    assert_eq!(server.request_count(), 3);
}

#[tokio::test]
async fn empty_pages_do_not_go_on_for_ever() {
    let (server, session) = pages(move |token| {
        let page: usize = token.map_or(0, |token| token.parse().unwrap());
        json!({"instances": [], "nextPageToken": (page + 1).to_string()})
    })
    .await;
    let error = rows(&session, "SELECT name FROM instances").await.unwrap_err();
    assert!(error.to_string().contains("21 pages without a single item follow one another"), "{error}");
    assert_eq!((server.request_count(), error.exit_code()), (21, 254));
}
