//! Faults, as they come out of a socket.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::faults::{FAULTS, Right};
use super::super::{Config, LOOPBACK, Server};
use super::wire::Client;

async fn server(script: &str) -> Server {
    let config = Config { faults: script.parse().unwrap(), ..Config::default() };
    Server::start(config, LOOPBACK).await.unwrap()
}

/// All that comes of a call on a connection of its own, and how it ends.
async fn call(server: &Server, token: Option<&str>) -> (String, io::Result<()>) {
    call_keeping(server, token, false).await
}

/// Likewise; the connection may be kept for other calls.
async fn call_keeping(server: &Server, token: Option<&str>, keep: bool) -> (String, io::Result<()>) {
    let body = token.map_or_else(|| "{}".to_owned(), |token| json!({"pageToken": token}).to_string());
    let request = Client::request("us-east-1", "GetInstances", &body);
    let request = match keep {
        true => request,
        false => request.replace("host: x", "host: x\r\nconnection: close"),
    };
    let mut stream = match TcpStream::connect(server.addr()).await {
        Ok(stream) => stream,
        Err(error) => return (String::new(), Err(error)),
    };
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    let end = tokio::time::timeout(Duration::from_millis(300), stream.read_to_end(&mut all)).await;
    let end = end.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map(drop);
    (String::from_utf8(all).unwrap(), end)
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

fn parsed(answer: &str) -> Value {
    serde_json::from_str(body(answer)).unwrap()
}

#[tokio::test]
async fn every_fault_comes_once_and_leaves_nothing_behind() {
    let (usual, _) = call(&server("").await, None).await;
    // A text that is changed has its members in another order.
    let same = |one: &str, other: &str| match (
        serde_json::from_str::<Value>(body(one)),
        serde_json::from_str::<Value>(body(other)),
    ) {
        (Ok(one), Ok(other)) => one == other,
        _ => body(one) == body(other),
    };
    for fault in FAULTS {
        let server =
            server(&format!("{} operation=GetInstances region=us-east-1 page=1 times=1", fault.name)).await;
        let (answer, end) = call_keeping(&server, None, fault.name == "reset_after").await;
        let is_other = !same(&answer, &usual);
        match fault.name {
            "old_date" => {
                assert!(!is_other && answer.contains("date: Sat, 01 Jan 2000"), "{answer}");
            }
            "reset_after" => assert!(!is_other && end.is_err(), "{end:?}"),
            // There is no page before the first.
            "duplicate" => assert!(!is_other),
            name => assert!(is_other, "{name}"),
        }
        if let Right::Retried(Some(code)) | Right::Refused(Some(code)) | Right::Expired(code) = fault.right {
            assert_eq!(parsed(&answer)["__type"], code, "{fault:?}");
        }
        let kind = end.map_err(|error| error.kind());
        if fault.is_slow() {
            assert_eq!(kind, Err(io::ErrorKind::TimedOut), "{fault:?}");
        } else if fault.name.starts_with("reset") {
            assert_eq!(kind, Err(io::ErrorKind::ConnectionReset), "{fault:?}");
        }
        let (again, end) = call(&server, None).await;
        let kind = end.map_err(|error| error.kind());
        match fault.is_end() {
            true => assert_eq!(kind, Err(io::ErrorKind::ConnectionRefused)),
            false => assert_eq!((body(&again), kind), (body(&usual), Ok(())), "{fault:?}"),
        }
    }
}

#[tokio::test]
async fn half_of_an_answer_is_half() {
    let (usual, _) = call(&server("").await, None).await;
    let half = body(&usual).len() / 2;
    for (name, length) in [
        ("truncated", None),
        ("long_length", Some(half * 2)),
        ("short_length", Some(half)),
        ("reset_within", Some(half * 2)),
    ] {
        let (answer, _) = call(&server(name).await, None).await;
        let said = answer.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        assert_eq!(said.map(|said: usize| said / 2), length.map(|length| length / 2), "{name}");
        let come = if length.is_none() { body(&answer).split_once("\r\n").unwrap().1 } else { body(&answer) };
        assert_eq!(come.trim_end(), &body(&usual)[..half], "{name}");
    }
}

#[tokio::test]
async fn pages_are_counted_however_they_are_reached() {
    let server = server("404 page=3\nduplicate page=last\nempty_page page=2").await;
    let (mut token, mut pages) = (None::<String>, Vec::new());
    loop {
        let (answer, _) = call(&server, token.as_deref()).await;
        let page = parsed(&answer);
        if page["__type"] == "UnknownOperationException" {
            break;
        }
        pages.push(page["instances"].as_array().unwrap().len());
        token = page["nextPageToken"].as_str().map(ToOwned::to_owned);
    }
    assert_eq!(pages, [20, 0, 20]);
}

#[tokio::test]
async fn the_last_page_repeats_what_came_before_it() {
    let server = server("duplicate page=last").await;
    let (mut token, mut names) = (None::<String>, Vec::new());
    loop {
        let (answer, _) = call(&server, token.as_deref()).await;
        let page = parsed(&answer);
        names.extend(page["instances"].as_array().unwrap().iter().map(|item| item["name"].to_string()));
        match page["nextPageToken"].as_str() {
            Some(next) => token = Some(next.to_owned()),
            None => break,
        }
    }
    let all = names.len() as u64;
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert_eq!((all, twice.len()), (server.instances("us-east-1") + 1, 1));
}

#[tokio::test]
async fn tokens_lead_in_a_circle_and_through_nothing() {
    let next = |answer: &str| parsed(answer)["nextPageToken"].as_str().unwrap().to_owned();
    let again = server("token_again page=1").await;
    let first = next(&call(&again, None).await.0);
    assert_eq!(next(&call(&again, Some(&first)).await.0), first);
    let before = server("token_before page=3").await;
    let second = next(&call(&before, None).await.0);
    let third = next(&call(&before, Some(&second)).await.0);
    assert_eq!(next(&call(&before, Some(&third)).await.0), second);
    let empty = server("empty_pages page=1").await;
    let mut token = next(&call(&empty, None).await.0);
    for _ in 0..30 {
        let (answer, _) = call(&empty, Some(&token)).await;
        assert_eq!(parsed(&answer)["instances"], json!([]));
        assert_ne!(next(&answer), token);
        token = next(&answer);
    }
}

#[tokio::test]
async fn a_share_of_the_calls_is_the_same_one_each_time() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let server = server("ThrottlingException percent=80 retry-after=7").await;
        let mut throttled = Vec::new();
        for _ in 0..100 {
            let (answer, _) = call(&server, None).await;
            throttled.push(answer.starts_with("HTTP/1.1 400") && answer.contains("x-amz-retry-after: 7"));
        }
        seen.push(throttled);
    }
    assert_eq!(seen[0], seen[1]);
    let share = seen[0].iter().filter(|is_throttled| **is_throttled).count();
    assert!((70..=90).contains(&share), "{share}");
}
