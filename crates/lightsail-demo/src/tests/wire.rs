//! The endpoint through a socket.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::{ACCESS_KEY, Config, LOOPBACK, Reply, Request, Server};

/// A client with nothing in common with anybody's: text over a socket.
pub(super) struct Client(TcpStream);

impl Client {
    pub(super) async fn to(server: &Server) -> Self {
        Self(TcpStream::connect(server.addr()).await.unwrap())
    }

    pub(super) fn request(region: &str, operation: &str, body: &str) -> String {
        format!(
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-amz-json-1.1\r\nx-amz-target: Lightsail_20161128.{operation}\r\n\
            x-amz-date: 20260101T000000Z\r\nauthorization: AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20260101/{region}/lightsail/aws4_request, \
            SignedHeaders=host, Signature={:064x}\r\ncontent-length: {}\r\n\r\n{body}",
            0,
            body.len()
        )
    }

    /// Status, headers in lower case, body; `None` if the connection was closed.
    pub(super) async fn send(&mut self, request: &str) -> Option<(u16, BTreeMap<String, String>, Value)> {
        self.0.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: BTreeMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(k, v)| (k.to_lowercase(), v.to_owned()))
            .collect();
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        self.0.read_exact(&mut body).await.unwrap();
        Some((status, headers, serde_json::from_slice(&body).unwrap()))
    }
}

#[tokio::test]
async fn a_connection_serves_many_calls_and_all_are_recorded() {
    let server = Server::start(Config::default(), LOOPBACK).await.unwrap();
    assert!(server.addr().ip().is_loopback());
    let mut client = Client::to(&server).await;
    let mut ids = BTreeSet::new();
    for region in server.regions() {
        let (status, headers, body) =
            client.send(&Client::request(region, "GetInstances", "{}")).await.unwrap();
        assert_eq!((status, headers["content-type"].as_str()), (200, "application/x-amz-json-1.1"));
        assert_eq!(body["instances"].as_array().unwrap().len() as u64, server.instances(region).min(20));
        ids.insert(headers["x-amzn-requestid"].clone());
    }
    let log = server.requests();
    assert_eq!((log.len(), server.request_count(), ids.len()), (8, 8, 8));
    assert_eq!(
        (log[7].sequence, log[7].region.as_str(), log[7].access_key.as_str()),
        (7, "ca-central-1", ACCESS_KEY)
    );
}

#[tokio::test]
async fn connections_do_not_wait_for_each_other() {
    let config = Config { latency: Duration::from_millis(50), ..Config::default() };
    let server = Server::start(config, LOOPBACK).await.unwrap();
    let start = tokio::time::Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let mut client = Client::to(&server).await;
        calls.spawn(async move { client.send(&Client::request("us-east-1", "GetInstances", "{}")).await });
    }
    assert!(
        calls
            .join_all()
            .await
            .iter()
            .all(|answer| answer.as_ref().is_some_and(|(status, ..)| *status == 200))
    );
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn what_is_wrong_on_the_wire_gets_a_typed_error() {
    let server = Server::start(Config::default(), LOOPBACK).await.unwrap();
    let good = Client::request("us-east-1", "GetRegions", "{}");
    let cases = [
        (good.replace("authorization", "x-authorization"), 400, "MissingAuthenticationTokenException"),
        (good.replace("Lightsail_20161128", "DynamoDB_20120810"), 404, "UnknownOperationException"),
        (good.replace("x-amz-json-1.1", "json"), 404, "UnknownOperationException"),
        (good.replace("POST / ", "GET / "), 404, "UnknownOperationException"),
        (good.replace("us-east-1", "mars-north-1"), 400, "InvalidSignatureException"),
        (good.replace("us-east-1", "eu-west-2"), 400, "InvalidSignatureException"),
        (good.replace("{}", "{]"), 400, "SerializationException"),
        (
            Client::request("us-east-1", "GetRegions", &" ".repeat((1 << 20) + 1)),
            413,
            "RequestEntityTooLargeException",
        ),
    ];
    for (request, status, code) in cases {
        let answer = Client::to(&server).await.send(&request).await.unwrap();
        assert_eq!((answer.0, answer.2["__type"].as_str()), (status, Some(code)));
        assert!(answer.1.contains_key("x-amzn-requestid"));
    }
}

#[tokio::test]
async fn a_hook_can_be_any_fault() {
    let reply = |request: &Request| match request.sequence {
        0 => Some(Reply::Drop),
        1 => Some(Reply::error(400, "ThrottlingException", "Rate exceeded")),
        2 => Some(Reply::After(Duration::from_millis(30))),
        3 => Some(Reply::Silence),
        _ => None,
    };
    let config = Config { hook: Some(Arc::new(reply)), ..Config::default() };
    let server = Server::start(config, LOOPBACK).await.unwrap();
    let request = Client::request("us-east-1", "GetRegions", "{}");
    assert!(Client::to(&server).await.send(&request).await.is_none());
    let mut client = Client::to(&server).await;
    let (status, _, body) = client.send(&request).await.unwrap();
    assert_eq!((status, body["__type"].as_str()), (400, Some("ThrottlingException")));
    let start = tokio::time::Instant::now();
    assert_eq!(client.send(&request).await.unwrap().0, 200);
    assert!(start.elapsed() >= Duration::from_millis(30));
    let silent = tokio::time::timeout(Duration::from_millis(50), client.send(&request)).await;
    assert!(silent.is_err());
    assert_eq!(Client::to(&server).await.send(&request).await.unwrap().0, 200);
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let config = Config { latency: Duration::from_millis(5), ..Config::default() };
    let server = Server::start(config, LOOPBACK).await.unwrap();
    let addr = server.addr();
    let mut client = Client::to(&server).await;
    let request = Client::request("us-east-1", "GetRegions", "{}");
    assert_eq!(client.send(&request).await.unwrap().0, 200);
    drop(server);
    tokio::task::yield_now().await;
    assert!(client.send(&request).await.is_none());
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn half_of_a_request_is_not_waited_for_for_ever() {
    let config = Config { patience: Duration::from_millis(50), ..Config::default() };
    let server = Server::start(config, LOOPBACK).await.unwrap();
    let request = Client::request("us-east-1", "GetRegions", "{}");
    let head = request.find("\r\n\r\n").unwrap();
    for half in ["", &request[..head / 2], &request[..request.len() - 1]] {
        let mut client = Client::to(&server).await;
        client.0.write_all(half.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.0.read_to_string(&mut answer).await.unwrap();
        // Of a body that does not come, the head tells whom to answer.
        assert_eq!(answer.contains("RequestTimeoutException"), half.ends_with('{'), "{half}: {answer}");
    }
    assert_eq!(Client::to(&server).await.send(&request).await.unwrap().0, 200);
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn the_log_keeps_no_more_than_it_says() {
    let server = Server::start(Config::default(), LOOPBACK).await.unwrap();
    let body = format!("{{\"x\": \"{}\"}}", "y".repeat(1 << 19));
    let mut client = Client::to(&server).await;
    for _ in 0..40 {
        client.send(&Client::request("us-east-1", "GetRegions", &body)).await.unwrap();
    }
    let kept: usize = server.requests().iter().map(|request| request.body.to_string().len()).sum();
    assert!((8 << 20..=16 << 20).contains(&kept), "{kept}");
    assert_eq!((server.request_count(), server.requests().last().unwrap().sequence), (40, 39));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = Server::start(Config::default(), LOOPBACK).await.unwrap();
    let request = Client::request("us-east-1", "GetRegions", "{}");
    for large in [
        request.replace("host: x", &format!("host: x\r\nx-large: {}", "y".repeat(1 << 20))),
        request.replace("host: x", &format!("host: x{}", "\r\nx-many: y".repeat(1000))),
    ] {
        let mut client = Client::to(&server).await;
        // It may hang up before all of it is sent.
        let _ = client.0.write_all(large.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = client.0.read_to_end(&mut answer).await;
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    assert_eq!(Client::to(&server).await.send(&request).await.unwrap().0, 200);
}

/// Requests that are wrong in the line, the head, the signature, the operation, the length or the body, by their number.
fn malformed(number: usize) -> Vec<u8> {
    let well = Client::request("us-east-1", "GetInstances", "{}");
    let text = match number % 12 {
        0 => format!("{}\r\n\r\n", "G".repeat(1 + number % 700)),
        1 => well.replace("HTTP/1.1", "HTTP/9.9"),
        2 => well.replace("POST / ", "POST"),
        3 => well.replace("content-length: 2", "content-length: -2"),
        4 => well.replace("content-length: 2", "content-length: 99999999999999999999"),
        5 => well
            .replace("content-length: 2", "transfer-encoding: chunked")
            .replace("\r\n\r\n{}", "\r\n\r\nxyz\r\n"),
        6 => well.replace("host: x", "host x"),
        7 => well.replace("Lightsail_20161128.", "Lightsail."),
        8 => well.replace("AWS4-HMAC-SHA256 Credential=", "Basic "),
        9 => well.replace("{}", "{["),
        10 => well.replace("GetInstances", &format!("Get{number}")),
        _ => well.replace("{}", "[]"),
    };
    let mut bytes = text.into_bytes();
    // One that is no text besides.
    if number.is_multiple_of(5) {
        let at = number % bytes.len();
        bytes[at] = 0xff;
    }
    bytes
}

/// What is slow holds its connection, and nobody else up.
#[tokio::test]
async fn ten_thousand_malformed_requests_and_two_hundred_slow_ones_stop_nothing() {
    let server = Server::start(Config::default(), LOOPBACK).await.unwrap();
    let well = Client::request("us-east-1", "GetRegions", "{}");
    let mut slow = Vec::new();
    for number in 0..200 {
        let mut client = Client::to(&server).await;
        client.0.write_all(&well.as_bytes()[..number % well.len()]).await.unwrap();
        slow.push(client);
    }
    for number in 0..10_000 {
        let mut client = Client::to(&server).await;
        // It may hang up before all of it is sent.
        let _ = client.0.write_all(&malformed(number)).await;
        let _ = client.0.shutdown().await;
        let mut answer = Vec::new();
        let _ = client.0.read_to_end(&mut answer).await;
        let is_refused = answer.is_empty() || answer.starts_with(b"HTTP/1.1 4");
        assert!(is_refused, "{number}: {}", answer.escape_ascii());
        if number % 1000 == 0 {
            assert_eq!(Client::to(&server).await.send(&well).await.unwrap().0, 200, "{number}");
        }
    }
    // The slow ones are still there, and each that goes on is answered.
    for (number, mut client) in slow.into_iter().enumerate() {
        let rest = &well[number % well.len()..];
        assert_eq!(client.send(rest).await.unwrap().0, 200, "{number}");
    }
}

/// Whatever arrives, the next one who asks is answered.
#[test]
fn fuzz_demo_wire() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { takes_writes: true, patience: Duration::from_millis(200), ..Config::default() };
    let server = runtime.block_on(Server::start(config, LOOPBACK)).unwrap();
    crate::fuzz::fuzz("demo_wire", 300, |bytes| {
        runtime.block_on(async {
            let mut stream = TcpStream::connect(server.addr()).await.unwrap();
            // It may be refused before it is sent to its end.
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{}", answer.escape_ascii());
            let well =
                Client::to(&server).await.send(&Client::request("us-east-1", "GetRegions", "{}")).await;
            assert_eq!(well.unwrap().0, 200);
        });
    });
}
