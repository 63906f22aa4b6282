//! What goes wrong at AWS's end, as a person sees it: the whole run, with the exit code.

use std::time::Duration;

use lightsail_demo::{Reply, Request};

use crate::support::session::ok;
use crate::support::{Endpoint, masked, run_with};

fn snapshot(name: &str, args: &[&str], hook: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) {
    let endpoint = Endpoint::with_hook(hook);
    let document = endpoint.run(args).to_document(args);
    masked().bind(|| insta::assert_snapshot!(format!("fault_{name}"), document));
}

pub fn refuse(status: u16, code: &'static str, message: &'static str) -> impl Fn(&Request) -> Option<Reply> {
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
fn what_comes_from_afar_does_not_drive_the_terminal() {
    let message = "no\u{1b}]0;owned\u{7} \u{1b}[2J\r\nerror: forged \u{202e}txt";
    let endpoint = Endpoint::with_hook(refuse(400, "AccessDenied\u{1b}[2JException", message));
    for partial in [&[][..], &["--allow-partial"]] {
        let run = endpoint.run(&[partial, &COUNT].concat());
        let lines = run.stderr.lines().filter(|line| line.starts_with("error: forged")).count();
        assert_eq!(
            (lines, run.stderr.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}'])),
            (0, false),
            "{}",
            run.stderr
        );
        assert!(
            run.stderr.contains(r"no\x1b]0;owned\x07 \x1b[2J\r\nerror: forged \u{202e}txt"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn what_is_typed_does_not_drive_the_terminal_either() {
    for sql in [
        "SELECT * FROM \"a\u{1b}[2Jb\"",
        "SELECT \"a\u{202e}b\" FROM instances",
        "EXPLAIN SELECT name FROM instances WHERE name = 'a\u{1b}[2Jb'",
        "EXPLAIN SELECT 'a\u{9b}2Jb'",
        "SELECT 'a\u{1b}[2Jb'::int",
    ] {
        let run = crate::support::run(&["--demo", "-c", sql]);
        let shown = run.stdout + &run.stderr;
        assert!(!shown.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{sql}: {shown}");
    }
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
    snapshot("no_json", &COUNT, |_| Some(ok("<html>")));
}

#[test]
fn an_empty_200_is_never_an_empty_fleet() {
    snapshot("empty_200", &COUNT, |_| Some(ok("")));
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

/// eu-west-1 refuses, the others answer.
pub fn one_refuses(request: &Request) -> Option<Reply> {
    (request.region == "eu-west-1").then(|| Reply::error(400, "AccessDeniedException", "not in this region"))
}

pub const THREE: [&str; 2] = ["--region", "us-east-2,eu-west-1,ap-northeast-1"];

#[test]
fn a_partial_answer_is_allowed_but_never_silent() {
    let args = [THREE[0], THREE[1], "--allow-partial", "--timing", COUNT[0], COUNT[1]];
    snapshot("partial", &args, one_refuses);
}

#[test]
fn both_halves_of_a_join_miss_the_same_target() {
    let endpoint = Endpoint::with_hook(one_refuses);
    let sql = "SELECT i.region, count(DISTINCT i.arn) AS n FROM instances i JOIN disks d ON d.instance_arn = i.arn \
               GROUP BY 1 ORDER BY 1; SELECT region, complete, error IS NULL FROM system.scans WHERE \"table\" = 'disks' ORDER BY 1";
    let run = endpoint.run(&[THREE[0], THREE[1], "--allow-partial", "--format", "csv", "-c", sql]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let scans = "region,complete,error IS NULL\nap-northeast-1,true,true\neu-west-1,false,false\nus-east-2,true,true\n";
    assert!(run.stdout.ends_with(scans), "{}", run.stdout);
    assert!(run.stdout.starts_with("region,n\nap-northeast-1,3\nus-east-2,"), "{}", run.stdout);
    assert_eq!(run.stderr.matches("warning: GetInstances in eu-west-1").count(), 1, "{}", run.stderr);
    let asked = endpoint.server.requests().iter().filter(|request| request.region == "eu-west-1").count();
    assert_eq!(asked, 1, "a refusal is not asked for again by the other half");
}

#[test]
fn where_nobody_answers_there_is_no_partial_answer() {
    let endpoint = Endpoint::with_hook(refuse(400, "AccessDeniedException", "never"));
    let run = endpoint.run(&[THREE[0], THREE[1], "--allow-partial", COUNT[0], COUNT[1]]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(254), ""), "{}", run.stderr);
}

#[test]
fn parquet_says_whether_it_is_complete() {
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("x.parquet");
    let refused = one_refuses as fn(&Request) -> Option<Reply>;
    let made = "CREATE TABLE t AS SELECT name, region FROM instances; CREATE VIEW v AS SELECT * FROM t";
    let through_a_table = format!("{made}; SELECT * FROM v");
    for (sql, hook, code, complete) in [
        ("SELECT * FROM instances", refused, 3, "false"),
        ("SELECT * FROM instances", |_| None, 0, "true"),
        (&through_a_table, refused, 3, "false"),
        (&through_a_table, |_| None, 0, "true"),
        (&format!("{made}; PREPARE p AS SELECT count(*) FROM t; EXECUTE p"), refused, 3, "false"),
    ] {
        let endpoint = Endpoint::with_hook(hook);
        let path = file.to_str().unwrap();
        let run = endpoint.run(&[THREE[0], THREE[1], "--allow-partial", "-o", path, "-c", sql]);
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        let reader =
            parquet::file::reader::SerializedFileReader::new(std::fs::File::open(&file).unwrap()).unwrap();
        let metadata = parquet::file::reader::FileReader::metadata(&reader)
            .file_metadata()
            .key_value_metadata()
            .unwrap();
        let value =
            |key: &str| metadata.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone());
        assert_eq!(value("lightsail_sql.complete").as_deref(), Some(complete));
        assert!(value("lightsail_sql.snapshot_time").unwrap().starts_with("20"));
        assert_eq!(value("lightsail_sql.missing").is_some(), complete == "false");
    }
}

#[test]
fn every_call_is_written_down_with_its_attempts() {
    let endpoint = Endpoint::with_hook(|request| {
        (request.sequence == 0).then(|| Reply::error(400, "ThrottlingException", "Rate exceeded"))
    });
    let sql = "SELECT count(*) FROM instances WHERE region = 'us-east-1'; \
               SELECT operation, region, page, status, attempts, bytes > 1000 AS big, request_id IS NOT NULL AS id, error FROM system.api_calls";
    let run = endpoint.run(&["--region", "us-east-1", "--format", "csv", "-c", sql]);
    let calls: Vec<&str> = run.stdout.lines().skip(3).collect();
    assert_eq!(calls.len(), 7, "{}", run.stdout);
    assert_eq!(calls[0], "GetInstances,us-east-1,1,200,2,true,true,");
    assert_eq!(calls[6], "GetInstances,us-east-1,7,200,1,true,true,");
}

#[test]
fn statements_without_rows_are_not_silent_either() {
    let endpoint = Endpoint::with_hook(one_refuses);
    for sql in ["CREATE TABLE t AS SELECT name FROM instances", "EXPLAIN ANALYZE SELECT name FROM instances"]
    {
        let run = endpoint.run(&[THREE[0], THREE[1], "--allow-partial", "-c", sql]);
        assert_eq!(run.code, Some(3), "{sql}: {}", run.stderr);
        assert!(run.stderr.starts_with("warning: GetInstances in eu-west-1"), "{sql}: {}", run.stderr);
    }
}

#[test]
fn a_profile_named_twice_is_asked_once() {
    let endpoint = Endpoint::start(lightsail_demo::Config::default());
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("credentials");
    std::fs::write(&file, "[a]\naws_access_key_id = A\naws_secret_access_key = x\n").unwrap();
    let env = [
        ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap()),
        ("AWS_ENDPOINT_URL", &endpoint.server.url()),
    ];
    let args = [
        "--profile",
        "a,a",
        "--region",
        "ap-northeast-1",
        "--format",
        "csv",
        "-c",
        "SELECT count(*) AS n FROM instances",
    ];
    let run = crate::support::run_with(&args, &env, "");
    assert_eq!(run.stdout, "n\n3\n", "{}", run.stderr);
}

/// Signatures and session tokens would travel with it, whoever named the endpoint.
#[test]
fn nothing_is_sent_to_another_machine_in_the_clear() {
    let directory = tempfile::TempDir::new().unwrap();
    let config = directory.path().join("config");
    std::fs::write(&config, "[default]\nendpoint_url = http://192.0.2.1:80\n").unwrap();
    let keys = [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_REGION", "us-east-1")];
    let sql = ["-q", "-c", "SELECT name FROM instances"];
    for (flags, more) in [
        (&["--endpoint-url", "http://192.0.2.1:80"][..], None),
        (&[], Some(("AWS_ENDPOINT_URL", "http://192.0.2.1:80"))),
        (&[], Some(("AWS_CONFIG_FILE", config.to_str().unwrap()))),
    ] {
        let environment: Vec<_> = keys.into_iter().chain(more).collect();
        let run = run_with(&[flags, &sql].concat(), &environment, "");
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{}", run.stderr);
        assert!(run.stderr.contains("http://192.0.2.1:80: nothing is sent there"), "{}", run.stderr);
        assert!(run.stderr.contains("hint: write https://, or --insecure-endpoint"), "{}", run.stderr);
    }
}
