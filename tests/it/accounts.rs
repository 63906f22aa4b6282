//! Several accounts in one query, some of them not well.

use std::fs;

use lightsail_demo as demo;
use tempfile::TempDir;

use crate::support::session::ok;
use crate::support::{Endpoint, Run, command};

/// Accounts of one endpoint, each a profile in a file of its own.
struct Accounts {
    endpoint: Endpoint,
    directory: TempDir,
}

impl Accounts {
    fn new(config: &str) -> Self {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("config"), config).unwrap();
        Self { endpoint: Endpoint::start(demo::Config::default()), directory }
    }

    fn run(&self, args: &[&str]) -> Run {
        let (config, url) = (self.directory.path().join("config"), self.endpoint.server.url());
        let env = [
            ("AWS_CONFIG_FILE", config.to_str().unwrap()),
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_REGION", "us-east-2"),
        ];
        command(args, &env).output().unwrap().into()
    }
}

fn keys(name: &str) -> String {
    format!("[profile {name}]\naws_access_key_id={}\naws_secret_access_key=x\n", name.to_uppercase())
}

const BY_PROFILE: &str = "SELECT profile, count(*) AS n FROM instances GROUP BY profile ORDER BY profile";

#[test]
fn all_are_asked_and_each_row_says_whose_it_is() {
    let accounts = Accounts::new(&(keys("one") + &keys("two")));
    let run = accounts.run(&["--profile", "one,two,one", "--format", "csv", "-c", BY_PROFILE]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "profile,n\none,21\ntwo,21\n"), "{}", run.stderr);
    let sql = "SELECT count(DISTINCT account_id), count(DISTINCT arn) FROM instances";
    let run = accounts.run(&["--profile", "one,two", "--format", "csv", "--no-header", "-c", sql]);
    assert_eq!(run.stdout, "2,42\n", "{}", run.stderr);
    let sql = "SELECT name FROM instances WHERE profile = 'two'";
    let before = accounts.endpoint.server.requests().len();
    accounts.run(&["--profile", "one,two", "-c", sql]);
    let asked = accounts.endpoint.server.requests().split_off(before);
    assert!(asked.iter().all(|request| request.access_key == "TWO"), "{asked:?}");
}

#[test]
fn a_broken_one_is_named_with_the_command_that_mends_it() {
    let accounts = Accounts::new(&keys("one"));
    let run = accounts.run(&["--profile", "one,gone", "-c", BY_PROFILE]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(253), ""));
    assert!(run.stderr.contains("no credentials for profile gone"), "{}", run.stderr);
    assert!(run.stderr.contains("had not failed; --allow-partial shows the rest"), "{}", run.stderr);
    assert!(run.stderr.contains("aws configure --profile gone"), "{}", run.stderr);

    let args = ["--profile", "one,gone", "--allow-partial", "--format", "csv", "-c", BY_PROFILE];
    let run = accounts.run(&args);
    assert_eq!((run.code, run.stdout.as_str()), (Some(3), "profile,n\none,21\n"), "{}", run.stderr);
    assert!(run.stderr.contains("warning: no credentials for profile gone"), "{}", run.stderr);
    assert!(run.stderr.contains("PARTIAL: 1 of 2 targets are missing"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_slow_one_delays_no_rows_of_the_others() {
    // Its credentials are never there; were they waited for, the query would fail.
    let slow = "[profile slow]\ncredential_process = sleep 30\n";
    let accounts = Accounts::new(&(keys("fast") + slow));
    let sql = "SELECT name FROM instances WHERE cpu_count > 0 LIMIT 5";
    let run = accounts.run(&["--profile", "slow,fast", "--format", "csv", "--no-header", "-c", sql]);
    assert_eq!((run.code, run.stdout.lines().count()), (Some(0), 5), "{}", run.stderr);
}

#[test]
fn a_run_of_several_statements_says_as_of_when_its_rows_are() {
    let accounts = Accounts::new(&keys("one"));
    let statements = ["-c", "SELECT count(*) FROM instances", "-c", "SELECT count(*) FROM disks"];
    let run = accounts.run(&[&["--profile", "one"], &statements[..]].concat());
    assert!(run.stderr.starts_with("note: all rows are of one snapshot, taken from 20"), "{}", run.stderr);
    assert_eq!(accounts.endpoint.server.request_count(), 2, "two pages, read once");
    let run = accounts.run(&[&["--profile", "one", "-q"], &statements[..]].concat());
    assert_eq!(run.stderr, "");
}

#[test]
fn a_run_of_several_statements_reads_each_page_once_with_all_that_any_of_them_needs() {
    let accounts = Accounts::new(&keys("one"));
    let sql = "SELECT name FROM instances WHERE name = 'web-prod-0002'; SELECT count(name) FROM instances; \
               CREATE TABLE t AS SELECT instance_status FROM instances; COPY (SELECT system_status FROM instances) TO '/dev/null' STORED AS CSV; \
               SELECT name FROM instances WHERE name = $name";
    let run = accounts.run(&["--profile", "one", "--param", "name=web-prod-0004", "-c", sql]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let asked = accounts.endpoint.server.requests();
    assert!(asked.iter().all(|request| request.operation == "GetInstances"), "{asked:?}");
    assert!(asked.iter().all(|request| request.body["includeHealthStatus"] == true), "{asked:?}");
    assert_eq!(asked.len(), 2, "two pages");

    let before = accounts.endpoint.server.requests().len();
    let sql = "CREATE VIEW v AS SELECT name, instance_status FROM instances; SELECT count(name) FROM instances; \
               SELECT count(instance_status) FROM v; SELECT count(*) FROM system.scans";
    let run = accounts.run(&["--profile", "one", "-c", sql]);
    assert_eq!(
        (run.code, accounts.endpoint.server.requests().len() - before),
        (Some(0), 2),
        "{}",
        run.stderr
    );

    // But what one statement lists of another region is no reason to list.
    let before = accounts.endpoint.server.requests().len();
    let sql = "SELECT name FROM instances WHERE name = 'web-prod-0002' AND region = 'us-east-2'; \
               SELECT name FROM instances WHERE region = 'ap-northeast-1'";
    accounts.run(&["--profile", "one", "--region", "us-east-2,ap-northeast-1", "-c", sql]);
    let mut asked: Vec<_> =
        accounts.endpoint.server.requests().split_off(before).into_iter().map(|r| r.operation).collect();
    asked.sort();
    assert_eq!(asked, ["GetInstance", "GetInstances"]);
}

#[test]
fn a_domain_of_one_account_leads_to_the_instance_of_another() {
    let mut accounts = Accounts::new(&(keys("dns") + &keys("fleet") + &keys("fleet2")));
    accounts.endpoint = Endpoint::with_hook(|request| {
        let body = match (request.operation.as_str(), request.access_key.as_str()) {
            ("GetDomains", "DNS") => {
                r#"{"domains": [{"name": "example.com", "domainEntries": [{"name": "www.example.com", "target": "198.51.100.7", "type": "A"}]}]}"#
            }
            ("GetDomains", _) => r#"{"domains": []}"#,
            ("GetInstances", "DNS") => r#"{"instances": []}"#,
            // Two profiles of one account.
            ("GetInstances", _) => {
                r#"{"instances": [{"name": "web", "arn": "arn:aws:lightsail:us-east-2:222222222222:Instance/x", "publicIpAddress": "198.51.100.7", "location": {"regionName": "us-east-2"}}]}"#
            }
            _ => return None,
        };
        Some(ok(body))
    });
    let query = concat!(env!("CARGO_MANIFEST_DIR"), "/queries/network/dns_entries_by_target.sql");
    let args =
        ["--profile", "dns,fleet,fleet2", "--region", "us-east-2", "--format", "csv", "--no-header", query];
    let run = accounts.run(&args);
    assert_eq!(
        run.stdout, "dns,example.com,www.example.com,198.51.100.7,222222222222,us-east-2,web\n",
        "{}",
        run.stderr
    );
}
