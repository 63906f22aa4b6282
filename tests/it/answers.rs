//! Answers that are odd and right: nulls where the service model has none, and logs that come to no end.

use datafusion_lightsail::session::Session;
use lightsail_demo::{self as demo, Request};
use serde_json::{Value, json};

use crate::support::Endpoint;
use crate::support::session::{self, column, notes, ok, rows, text};

/// An endpoint that answers an operation with what a function makes of the request.
async fn answering(
    operation: &'static str,
    answer: impl Fn(&Request) -> Value + Send + Sync + 'static,
) -> (demo::Server, Session) {
    session::answering(move |request| (request.operation == operation).then(|| answer(request))).await
}

#[tokio::test]
async fn nulls_in_lists_and_maps_are_read_as_boto3_reads_them() {
    let port = json!({"fromPort": 22, "toPort": 22, "protocol": "tcp", "cidrs": [null, "10.0.0.0/8"], "ipv6Cidrs": null});
    let instance = |name: &str| json!({"name": name, "networking": {"ports": [null, port]}, "tags": [null, {"key": "a"}]});
    let page = json!({"instances": [instance("a"), null, instance("b")], "nextPageToken": null});
    let (_server, session) = answering("GetInstances", move |_| page.clone()).await;
    assert_eq!(column(&session, "SELECT name FROM instances ORDER BY name").await.unwrap(), ["a", "b"]);
    assert_eq!(
        notes(&session).lines(),
        ["note: the API sent null in place of 5 elements of lists or maps: they are left out"]
    );
    let sql = "SELECT array_to_string(cidrs, ' ', 'NULL') || coalesce(cardinality(ipv6_cidrs)::text, ' unknown') FROM ports";
    assert_eq!(column(&session, sql).await.unwrap(), ["NULL 10.0.0.0/8 unknown", "NULL 10.0.0.0/8 unknown"]);
    assert_eq!(text(&session, "SELECT bool_or(covers_internet(cidrs)) IS NULL FROM ports").await, "true");
    assert_eq!(
        column(&session, "SELECT array_to_string(map_keys(tags), ' ') FROM instances").await.unwrap(),
        ["a", "a"]
    );
}

#[tokio::test]
async fn nulls_in_maps_are_read_too() {
    let containers = json!({"web": {"image": "x", "environment": {"B": null, "A": "1"}, "ports": {"80": null}}, "gone": null});
    let service =
        json!({"containerServiceName": "s", "currentDeployment": {"version": 1, "containers": containers}});
    let page = json!({"containerServices": [service]});
    let (_server, session) = answering("GetContainerServices", move |_| page.clone()).await;
    assert_eq!(
        column(&session, "SELECT container_service_name FROM container_services").await.unwrap(),
        ["s"]
    );
    assert_eq!(
        notes(&session).lines(),
        ["note: the API sent null in place of 1 elements of lists or maps: they are left out"]
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    for (instance, member) in [
        (
            json!({"networking": {"ports": [{"cidrs": "0.0.0.0/0"}]}}),
            "instances[1].networking.ports[0].cidrs cannot be read",
        ),
        (
            json!({"networking": {"ports": [{"cidrs": [{}]}]}}),
            "instances[1].networking.ports[0].cidrs[0] cannot be read",
        ),
        (json!({"hardware": {"cpuCount": "two"}}), "instances[1].hardware.cpuCount cannot be read"),
        (json!("a"), "instances[1] cannot be read"),
    ] {
        let page = json!({"instances": [{"name": "a"}, instance]}).to_string();
        let endpoint = Endpoint::with_hook(move |_| Some(ok(&page)));
        let run = endpoint.run(&["-c", "SELECT name FROM instances"]);
        assert_eq!(run.code, Some(254), "{}", run.stderr);
        assert!(run.stderr.starts_with("error: GetInstances in us-east-1 "), "{}", run.stderr);
        assert!(run.stderr.contains(member), "{}", run.stderr);
        assert!(run.stderr.contains("hint: the AWS CLI shows the answer as it is"), "{}", run.stderr);
        assert!(!run.stderr.contains("no answer of Lightsail's"), "{}", run.stderr);
    }
}

const LOG: &str =
    "SELECT message FROM container_logs WHERE container_service_name = 'api' AND container_name = 'web'
     AND created_at >= '1970-01-01T00:00:00Z'";

/// The number of the page that a request asks for.
fn page(request: &Request) -> usize {
    request.body["pageToken"].as_str().map_or(0, |token| token.parse().unwrap())
}

#[tokio::test]
async fn a_log_may_have_many_pages_without_lines() {
    let (server, session) = answering("GetContainerLog", |request| match page(request) {
        25 => json!({"logEvents": [{"createdAt": 1, "message": "found"}]}),
        page => json!({"logEvents": [], "nextPageToken": (page + 1).to_string()}),
    })
    .await;
    assert_eq!(column(&session, LOG).await.unwrap(), ["found"]);
    assert_eq!((server.request_count(), notes(&session).lines()), (26, vec![]));
}

#[tokio::test]
async fn a_log_that_hands_out_tokens_for_ever_keeps_its_lines() {
    let (server, session) = answering("GetContainerLog", |request| {
        let page = page(request);
        let lines =
            if page < 3 { vec![json!({"createdAt": 1, "message": page.to_string()})] } else { vec![] };
        json!({"logEvents": lines, "nextPageToken": (page + 1).to_string()})
    })
    .await;
    assert_eq!(column(&session, LOG).await.unwrap(), ["0", "1", "2"]);
    assert_eq!(server.request_count(), 3 + 201);
    let [note] = &notes(&session).lines()[..] else { unreachable!() };
    assert!(
        note.starts_with(
            "note: the log may go on: GetContainerLog of containerName=web, serviceName=api, startTime=1970-01-01T00:00:00Z at "
        ),
        "{note}"
    );
    assert_eq!(text(&session, "SELECT complete FROM system.scans").await, "false");
}

#[tokio::test]
async fn a_log_whose_tokens_run_in_a_circle_is_read_once() {
    let (server, session) = answering("GetContainerLog", |request| {
        json!({"logEvents": [{"createdAt": 1, "message": "x"}], "nextPageToken": ((page(request) + 1) % 3).to_string()})
    })
    .await;
    assert_eq!(
        rows(&session, LOG).await.unwrap(),
        4,
        "the first page has no token that could be known again"
    );
    assert_eq!(server.request_count(), 4);
    assert!(notes(&session).lines()[0].starts_with("note: the log may go on"));
}

#[test]
fn a_listing_without_end_is_lightsails_all_the_same() {
    let endpoint = Endpoint::with_hook(|request| {
        let body = json!({"instances": [], "nextPageToken": (page(request) + 1).to_string()}).to_string();
        Some(ok(body))
    });
    let run = endpoint.run(&["-c", "SELECT name FROM instances"]);
    assert_eq!(run.code, Some(254));
    assert!(run.stderr.contains("21 pages without a single item follow one another"), "{}", run.stderr);
    assert!(!run.stderr.contains("no answer of Lightsail's"), "{}", run.stderr);
}
