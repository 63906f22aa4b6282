//! What the program takes from its environment: keys, profiles, regions, certificates and proxies.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use lightsail_demo as demo;
use tempfile::TempDir;

use crate::cli::{snapshot, snapshot_with};
use crate::support::{Endpoint, run, run_with};

#[test]
fn the_environment_says_nothing() {
    snapshot("no_region", &["-c", "SELECT name FROM instances"]);
    let keys = [("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "b")];
    snapshot_with("no_region_but_keys", &["-c", "SELECT name FROM instances"], &keys, "");
    let region = [("AWS_REGION", "us-east-1")];
    snapshot_with("no_credentials", &["-c", "SELECT name FROM instances"], &region, "");
    snapshot_with(
        "unknown_profile",
        &["--profile", "nosuch", "-c", "SELECT name FROM instances"],
        &region,
        "",
    );
}

#[test]
fn a_profile_by_name_is_not_overruled_by_keys_in_the_environment() {
    let endpoint = Endpoint::start(demo::Config::default());
    let home = TempDir::new().unwrap();
    let (config, credentials) = (home.path().join("config"), home.path().join("credentials"));
    std::fs::write(&config, "[profile audit]\nregion = ap-northeast-1\n").unwrap();
    let keys = format!("[audit]\naws_access_key_id = {}\naws_secret_access_key = x\n", demo::ACCESS_KEY);
    std::fs::write(&credentials, keys).unwrap();
    let url = endpoint.server.url();
    let env = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().unwrap()),
        ("AWS_ACCESS_KEY_ID", "SOMEBODYELSE"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_ENDPOINT_URL_LIGHTSAIL", &url),
    ];
    let sql = "SELECT profile, account_id, region, count(*) AS n FROM instances GROUP BY 1, 2, 3";
    let named = run_with(&["--profile", "audit", "--format", "csv", "-c", sql], &env, "");
    assert_eq!(
        named.stdout, "profile,account_id,region,n\naudit,123456789012,ap-northeast-1,3\n",
        "{}",
        named.stderr
    );
    assert!(endpoint.server.requests().iter().all(|request| request.access_key == demo::ACCESS_KEY));
    let unnamed = run_with(&["--region", "us-east-2", "--format", "csv", "-c", sql], &env, "");
    assert_eq!(unnamed.code, Some(0), "{}", unnamed.stderr);
    assert_eq!(endpoint.server.requests().last().unwrap().access_key, "SOMEBODYELSE");
}

/// As the AWS CLI has it: the profile must be there, and then keys in the environment go before it.
#[test]
fn a_profile_of_the_environment_must_be_there_and_does_not_sign_before_its_keys() {
    let endpoint = Endpoint::start(demo::Config::default());
    let home = TempDir::new().unwrap();
    let config = home.path().join("config");
    std::fs::write(&config, "[profile audit]\naws_access_key_id = AUDIT\naws_secret_access_key = x\n")
        .unwrap();
    let url = endpoint.server.url();
    let sql = "SELECT DISTINCT profile FROM instances";
    let args = ["--region", "us-east-2", "--no-header", "--format", "csv", "-c", sql];
    let run = |variables: &[(&str, &str)]| {
        let always = [("AWS_CONFIG_FILE", config.to_str().unwrap()), ("AWS_ENDPOINT_URL", &url)];
        run_with(&args, &[&always, variables].concat(), "")
    };
    let keys = [("AWS_ACCESS_KEY_ID", "SOMEBODYELSE"), ("AWS_SECRET_ACCESS_KEY", "x")];
    for variable in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        for keys in [&keys[..], &[]] {
            let gone = run(&[&[(variable, "nosuch")], keys].concat());
            assert_eq!((gone.code, gone.stdout.as_str()), (Some(253), ""), "{}", gone.stderr);
            let what = format!(
                "error: no profile nosuch, which {variable} names: the AWS configuration files have no such profile"
            );
            assert!(gone.stderr.starts_with(&what), "{}", gone.stderr);
        }
        assert_eq!(
            run(&[(variable, "default"), keys[0], keys[1]]).code,
            Some(253),
            "not even that one is there"
        );

        let by_keys = run(&[(variable, "audit"), keys[0], keys[1]]);
        assert_eq!((by_keys.code, by_keys.stdout.as_str()), (Some(0), "environment\n"), "{}", by_keys.stderr);
        let note = format!(
            "note: profile: {variable} names audit, but the keys in the environment sign, as for the AWS CLI: rows say \
             environment; --profile audit asks that profile\n"
        );
        assert_eq!(by_keys.stderr, note);
        assert_eq!(endpoint.server.requests().last().unwrap().access_key, "SOMEBODYELSE");

        let by_profile = run(&[(variable, "audit")]);
        assert_eq!(
            (by_profile.code, by_profile.stdout.as_str()),
            (Some(0), "audit\n"),
            "{}",
            by_profile.stderr
        );
        assert_eq!(by_profile.stderr, "");
        assert_eq!(endpoint.server.requests().last().unwrap().access_key, "AUDIT");
    }
    let first = run(&[("AWS_DEFAULT_PROFILE", "audit"), ("AWS_PROFILE", "nosuch")]);
    assert_eq!((first.code, first.stdout.as_str()), (Some(0), "audit\n"), "{}", first.stderr);
}

#[test]
fn a_ca_bundle_is_looked_at_before_it_is_used() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("ca.pem");
    for junk in ["junk", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&file, junk).unwrap();
        let run = run(&["--ca-bundle", file.to_str().unwrap(), "-c", "SELECT name FROM instances"]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.starts_with("error: cannot use the CA bundle"), "{}", run.stderr);
    }
}

/// What the demo fleet, asked with these flags and this variable, says in CSV.
fn demo(flags: &[&str], today: &str, sql: &str) -> String {
    let args = [&["--demo", "--no-header", "--format", "csv", "-c", sql], flags].concat();
    let run = run_with(&args, &[(TODAY, today)], "");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stdout
}

const TODAY: &str = "LIGHTSAIL_SQL_DEMO_TODAY";

#[test]
fn the_demo_fleet_is_of_the_day_that_it_is_told() {
    let sql = "SELECT max(created_at), count(*) FROM instances";
    let first = "2025-12-31T08:19:36.874Z,400\n";
    assert_eq!(demo(&[], "2026-01-01", sql), first);
    assert_eq!(demo(&[], "2026-03-01", sql), "2026-02-28T08:19:36.874Z,400\n");
    assert_eq!(demo(&["--demo-today", "2026-01-01"], "2026-03-01", sql), first);
    for args in [&["--demo", "-c", "SELECT 1"][..], &["demo"]] {
        let run = run_with(args, &[(TODAY, "soon")], "");
        let message = "error: LIGHTSAIL_SQL_DEMO_TODAY is \"soon\", not a date of the years 2000 to 2999, such as 2026-01-01\n";
        assert_eq!((run.code, run.stderr.as_str()), (Some(2), message), "{args:?}");
    }
    // Who does not ask the demo may have anything there.
    assert_eq!(run_with(&["-c", "SELECT 1"], &[(TODAY, "soon")], "").code, Some(0));
}

/// An empty variable is as good as none, and then it is the clock's day.
#[test]
fn the_demo_fleet_does_not_grow_old() {
    let certificates = "SELECT count(*) FILTER (WHERE not_after < now()), \
                        count(*) FILTER (WHERE not_after < now() + INTERVAL '30 days') > 0 \
                        FROM certificates WHERE status = 'ISSUED'";
    assert_eq!(demo(&[], "", certificates), "0,true\n");
    let events = "SELECT count(*) > 0, count(*) FILTER (WHERE created_at > now()) \
                  FROM relational_database_events WHERE created_at > now() - INTERVAL '14 days'";
    assert_eq!(demo(&[], "", events), "true,0\n");
}

#[test]
fn the_environment_is_nothing_to_the_demo() {
    let junk = [("AWS_MAX_ATTEMPTS", "abc"), ("AWS_CA_BUNDLE", "/nonexistent"), ("AWS_PROFILE", "nosuch")];
    let args = ["--format", "csv", "-c", "SELECT count(*) AS n FROM instances"];
    let demo = run_with(&["--demo", args[0], args[1], args[2], args[3]], &junk, "");
    assert_eq!((demo.code, demo.stdout.as_str()), (Some(0), "n\n400\n"), "{}", demo.stderr);
    let whose = ["--demo", "--no-header", "--format", "csv", "-c", "SELECT DISTINCT profile FROM instances"];
    assert_eq!(run_with(&whose, &junk, "").stdout, "default\n");
    assert_eq!(run_with(&args, &junk[..1], "").code, Some(2));
    let empty = [("AWS_MAX_ATTEMPTS", ""), ("AWS_CA_BUNDLE", "")];
    assert_eq!(run_with(&["-c", "SELECT 1"], &empty, "").code, Some(0));
}

/// The endpoint is its own proxy here: it is asked by a name that nobody else knows.
#[test]
fn a_proxy_of_the_environment_is_used_but_not_for_this_machine() {
    let endpoint = Endpoint::start(demo::Config::default());
    let url = endpoint.server.url();
    let ask = |endpoint_url: &str, more: &[(&str, &str)]| {
        let keys = [("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", "x")];
        let args = ["--insecure-endpoint", "--endpoint-url", endpoint_url, "--region", "us-east-1"];
        let query = ["--max-attempts", "1", "-c", "SELECT count(*) FROM regions"];
        let before = endpoint.server.request_count();
        let run = run_with(&[&args[..], &query].concat(), &[&keys, more].concat(), "");
        (run.code, endpoint.server.request_count() - before)
    };
    let named = "http://lightsail.invalid";
    assert_eq!(ask(named, &[("HTTP_PROXY", &url)]), (Some(0), 1));
    assert_eq!(ask(named, &[("HTTP_PROXY", &url), ("NO_PROXY", "lightsail.invalid")]), (Some(254), 0));
    // Nothing listens at this port: who uses it gets no answer.
    let dead = ("HTTP_PROXY", "http://127.0.0.1:9");
    assert_eq!(ask(&url, &[dead]), (Some(0), 1));
    assert_eq!(ask(&url.replace("127.0.0.1", "localhost"), &[dead]), (Some(0), 1));
    // An address of no machine in particular, which leads here.
    let unspecified = url.replace("127.0.0.1", "0.0.0.0");
    assert_eq!(ask(&unspecified, &[dead]), (Some(254), 0));
    assert_eq!(ask(&unspecified, &[dead, ("NO_PROXY", "*")]), (Some(0), 1), "a star is for addresses too");
}

#[test]
fn a_profile_that_is_set_and_in_no_file_is_a_warning() {
    let home = TempDir::new().unwrap();
    let config = home.path().join("config");
    std::fs::write(&config, "[default]\nregion = us-east-1\n[profile prod]\nregion = us-east-1\n").unwrap();
    let env = [("AWS_CONFIG_FILE", config.to_str().unwrap())];
    for (names, said) in [
        ("bogus", "warning: bogus is no profile of the AWS configuration files\n"),
        ("default,prd", "warning: prd is no profile of the AWS configuration files: did you mean prod?\n"),
        ("default,prod", ""),
    ] {
        let run = run_with(&["-q", "-c", &format!("SET lightsail.profiles = '{names}'")], &env, "");
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), said), "{names}");
    }
}

/// The versions that a TLS ClientHello offers; what ends the handshake if the server takes 1.1.
fn hello_and_what_old_tls_is_answered(listener: &TcpListener) -> (Vec<u16>, [u8; 2]) {
    let (mut stream, _) = listener.accept().unwrap();
    let read = |stream: &mut TcpStream| {
        let mut head = [0; 5];
        stream.read_exact(&mut head).unwrap();
        let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        stream.read_exact(&mut body).unwrap();
        (head[0], body)
    };
    let (kind, hello) = read(&mut stream);
    assert_eq!((kind, hello[0]), (22, 1), "a ClientHello");
    let pair = |at: usize| usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
    // The type and length of the message, its version, a random number; then what has a length before it.
    let session = 4 + 2 + 32;
    let ciphers = session + 1 + usize::from(hello[session]);
    let compression = ciphers + 2 + pair(ciphers);
    let mut at = compression + 1 + usize::from(hello[compression]) + 2;
    let mut versions = Vec::new();
    while at < hello.len() {
        // supported_versions
        if pair(at) == 43 {
            let list = &hello[at + 5..at + 5 + usize::from(hello[at + 4])];
            versions = list.chunks(2).map(|version| u16::from_be_bytes([version[0], version[1]])).collect();
        }
        at += 4 + pair(at + 2);
    }
    let mut answer = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    answer.extend([7; 32]);
    // No session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    answer.extend([0, 0, 0x2f, 0]);
    stream.write_all(&answer).unwrap();
    let (kind, alert) = read(&mut stream);
    assert_eq!(kind, 21, "an alert");
    (versions, [alert[0], alert[1]])
}

#[test]
fn tls_before_1_2_is_neither_offered_nor_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || hello_and_what_old_tls_is_answered(&listener));
    let env = [
        ("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", url.as_str()),
    ];
    let run = run_with(&["-q", "--max-attempts", "1", "-c", "SELECT name FROM instances"], &env, "");
    let (mut versions, alert) = server.join().unwrap();
    versions.sort_unstable();
    assert_eq!(versions, [0x0303, 0x0304]);
    // Fatal, protocol_version.
    assert_eq!(alert, [2, 70]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(254), ""), "{}", run.stderr);
    assert!(
        run.stderr.contains("GetInstances in us-east-1") && run.stderr.contains("hint: "),
        "{}",
        run.stderr
    );
}
