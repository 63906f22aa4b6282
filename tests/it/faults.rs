//! What goes wrong at AWS's end, as a person sees it: the whole run, with the exit code.

use std::time::Duration;

use lightsail_sql::demo::{Reply, Request};

use crate::support::{Endpoint, masked};

fn snapshot(name: &str, args: &[&str], hook: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) {
    let endpoint = Endpoint::with_hook(hook);
    let document = endpoint.run(args).to_document(args);
    masked().bind(|| insta::assert_snapshot!(format!("fault_{name}"), document));
}

fn refuse(status: u16, code: &'static str, message: &'static str) -> impl Fn(&Request) -> Option<Reply> {
    move |_| Some(Reply::error(status, code, message))
}

const COUNT: [&str; 2] = ["-c", "SELECT count(*) FROM instances"];

#[test]
fn access_denied() {
    let message =
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: lightsail:GetInstances";
    snapshot("access_denied", &COUNT, refuse(400, "AccessDeniedException", message));
}

#[test]
fn expired_token() {
    let message = "The security token included in the request is expired";
    snapshot("expired_token", &COUNT, refuse(400, "ExpiredTokenException", message));
}

#[test]
fn unknown_keys() {
    let message = "The security token included in the request is invalid.";
    snapshot("unknown_keys", &COUNT, refuse(400, "UnrecognizedClientException", message));
}

#[test]
fn throttled_for_good() {
    let args = ["--max-attempts", "2", COUNT[0], COUNT[1]];
    snapshot("throttled", &args, refuse(400, "ThrottlingException", "Rate exceeded"));
}

#[test]
fn throttled_once_is_retried() {
    let endpoint = Endpoint::with_hook(|request| {
        (request.sequence == 0).then(|| Reply::error(400, "ThrottlingException", "Rate exceeded"))
    });
    let run = endpoint.run(&["--format", "csv", COUNT[0], COUNT[1]]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn an_html_page_from_a_proxy() {
    snapshot("html", &COUNT, |_| {
        let headers = vec![("content-type".into(), "text/html".into())];
        Some(Reply::Status { status: 403, body: "<html>Forbidden</html>".into(), headers })
    });
}

#[test]
fn a_200_that_is_no_json() {
    snapshot("no_json", &COUNT, |_| {
        Some(Reply::Status { status: 200, body: "<html>".into(), headers: vec![] })
    });
}

#[test]
fn an_empty_200_is_never_an_empty_fleet() {
    snapshot("empty_200", &COUNT, |_| {
        Some(Reply::Status { status: 200, body: String::new(), headers: vec![] })
    });
}

#[test]
fn silence_ends_at_the_time_limit() {
    let args = ["--read-timeout", "0.3", "--max-attempts", "1", COUNT[0], COUNT[1]];
    snapshot("silence", &args, |_| Some(Reply::Silence));
}

#[test]
fn a_closed_connection() {
    snapshot("closed", &["--max-attempts", "1", COUNT[0], COUNT[1]], |_| Some(Reply::Drop));
}

#[test]
fn one_failing_region_fails_the_query_whatever_the_others_say() {
    snapshot("one_region", &["--region", "us-east-1,eu-west-1", COUNT[0], COUNT[1]], |request| {
        (request.region == "eu-west-1")
            .then(|| Reply::error(400, "AccessDeniedException", "not in this region"))
    });
}

#[test]
fn a_slow_region_is_waited_for() {
    let endpoint = Endpoint::with_hook(|request| {
        (request.region == "us-west-2").then_some(Reply::After(Duration::from_millis(400)))
    });
    let run = endpoint.run(&["--region", "us-east-2,us-west-2", "--format", "csv", COUNT[0], COUNT[1]]);
    let expected = endpoint.server.instances("us-east-2") + endpoint.server.instances("us-west-2");
    assert_eq!(run.stdout, format!("count(*)\n{expected}\n"));
}
