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

/// Whether the other waits for it is counted: its calls are over while the stormy ones still come.
#[test]
fn a_storm_over_one_account_slows_no_other() {
    let accounts = Accounts::new(&(keys("calm") + &keys("stormy")));
    let server = &accounts.endpoint.server;
    let sql = "SELECT account_id FROM instances LIMIT 1";
    let args = ["--profile", "stormy", "--format", "csv", "--no-header", "-c", sql];
    let account = accounts.run(&args).stdout;
    let storm = format!("ThrottlingException account={} percent=80 retry-after=5", account.trim());
    server.set_faults(storm.parse().unwrap());
    let before = server.requests().len();
    let args = ["--profile", "stormy,calm", "--max-attempts", "60", "--format", "csv", "-c", BY_PROFILE];
    let run = accounts.run(&args);
    assert_eq!(run.stdout, "profile,n\ncalm,21\nstormy,21\n", "{}", run.stderr);
    let asked = server.requests().split_off(before);
    let of = |key: &str| {
        let calls = asked.iter().filter(|call| call.access_key == key && call.operation == "GetInstances");
        calls.map(|call| call.sequence).collect::<Vec<_>>()
    };
    let (calm, stormy) = (of("CALM"), of("STORMY"));
    assert_eq!(calm.len(), 2, "each of its pages once");
    assert!(stormy.len() > 2 && calm.last() < stormy.last(), "{calm:?} {stormy:?}");
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

/// Runs against an endpoint with the keys of its management account in the environment.
fn run_organization(endpoint: &Endpoint, args: &[&str]) -> Run {
    let url = endpoint.server.url();
    let keys = [
        ("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", "demo"),
        ("AWS_REGION", "us-east-2"),
        ("AWS_ENDPOINT_URL", &url),
    ];
    crate::support::run_with(args, &keys, "")
}

const AUDIT: &str = "arn:aws:iam::{account}:role/Audit";
const BY_ACCOUNT: &str = "SELECT profile, account_id, count(*) AS n FROM instances GROUP BY profile, account_id ORDER BY account_id";

#[test]
fn accounts_of_a_file_are_asked_through_a_role_of_theirs() {
    let endpoint = Endpoint::start(demo::Config::default());
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("accounts");
    fs::write(&file, "# ours\n210000000001\n210000000002 Team B # text\n210000000001\n").unwrap();
    let file = file.to_str().unwrap();
    let flags =
        ["--accounts", file, "--assume-role", AUDIT, "--external-id", "e-1", "--role-session-name", "night"];
    let run = run_organization(&endpoint, &[&flags[..], &["--format", "csv", "-c", BY_ACCOUNT]].concat());
    let expected = "profile,account_id,n\n210000000001,210000000001,21\nTeam B,210000000002,21\n";
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), expected), "{}", run.stderr);
    let asked = endpoint.server.requests();
    let roles: Vec<_> = asked.iter().filter(|request| request.operation == "AssumeRole").collect();
    assert_eq!(roles.len(), 2, "one for each account, however many pages");
    for request in roles {
        assert_eq!(
            (&request.body["ExternalId"], &request.body["RoleSessionName"]),
            (&"e-1".into(), &"night".into())
        );
        assert_eq!(request.access_key, demo::ACCESS_KEY);
    }
    let others = asked.iter().filter(|request| request.operation != "AssumeRole");
    assert!(
        others.clone().count() > 2
            && others.clone().all(|request| request.access_key.starts_with("ASIA2100"))
    );

    let gone = run_organization(
        &endpoint,
        &["--accounts", "/nonexistent", "--assume-role", AUDIT, "-c", "SELECT 1"],
    );
    assert_eq!(gone.code, Some(2));
    assert!(gone.stderr.contains("cannot read the accounts in /nonexistent: "), "{}", gone.stderr);
    let wrong =
        ["--accounts", file, "--assume-role", "arn:aws:iam::210000000001:role/Audit", "-c", "SELECT 1"];
    let wrong = run_organization(&endpoint, &wrong);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("not the arn of a role with {account}"), "{}", wrong.stderr);
}

#[test]
fn an_organization_lists_its_accounts_and_those_that_are_not_active_are_left_out() {
    let endpoint = Endpoint::start(demo::Config { accounts: 28, ..demo::Config::default() });
    let flags = ["--accounts", "org,!management,!210000000003,!team-001?", "--assume-role", AUDIT];
    let count = "SELECT count(DISTINCT account_id) AS n, count(DISTINCT profile) AS m FROM disks";
    let run =
        run_organization(&endpoint, &[&flags[..], &["--format", "csv", "--no-header", "-c", count]].concat());
    // Of 0 to 27, 7, 17 and 27 are suspended; then the management account, 3, and the nine of 10 to 19 that are left.
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "14,14\n"), "{}", run.stderr);
    let note = "note: accounts that are not active are not asked: 210000000007 (team-0007, suspended), \
                210000000017 (team-0017, suspended), 210000000027 (team-0027, suspended)\n";
    assert_eq!(run.stderr, note);
    let lists = endpoint.server.requests();
    assert_eq!(lists.iter().filter(|request| request.operation == "ListAccounts").count(), 2, "two pages");

    let flags = ["--accounts", "org", "--assume-role", AUDIT, "-q", "--format", "csv", "--no-header"];
    let sql = "SET lightsail.profiles = 'team-000?,!team-0001'; SELECT count(DISTINCT account_id) FROM disks";
    let run = run_organization(&endpoint, &[&flags[..], &["-c", sql]].concat());
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "7\n"), "{}", run.stderr);
    let run = run_organization(
        &endpoint,
        &[&flags[..], &["-c", "SELECT name FROM disks WHERE profile = 'gone'"]].concat(),
    );
    assert!(run.stderr.contains("gone is not among the profiles asked"), "{}", run.stderr);
    assert!(!run.stderr.contains("--profile"), "that flag is for who signs: {}", run.stderr);
}

#[test]
fn the_demo_has_an_organization() {
    let flags = ["--demo", "--region", "us-east-2", "--accounts", "org", "--assume-role", AUDIT, "-q"];
    let sql = "SELECT count(DISTINCT account_id) FROM instances";
    let run = crate::support::run(&[&flags[..], &["--format", "csv", "--no-header", "-c", sql]].concat());
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "11\n"), "{}", run.stderr);
}

#[test]
fn an_account_whose_role_cannot_be_assumed_is_named() {
    let endpoint = Endpoint::with_hook(|request| {
        let role = request.body["RoleArn"].as_str().unwrap_or_default();
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>";
        role.contains("210000000002").then(|| demo::Reply::Status {
            status: 403,
            body: body.into(),
            headers: Vec::new(),
        })
    });
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("accounts");
    fs::write(&file, "210000000001\n210000000002 Team B\n").unwrap();
    let flags =
        ["--accounts", file.to_str().unwrap(), "--assume-role", AUDIT, "--format", "csv", "-c", BY_ACCOUNT];
    let run = run_organization(&endpoint, &flags);
    assert_eq!((run.code, run.stdout.as_str()), (Some(253), ""));
    let what = "no credentials for account 210000000002 (Team B): AccessDenied: not you";
    assert!(run.stderr.contains(what), "{}", run.stderr);
    assert!(run.stderr.contains("arn:aws:iam::210000000002:role/Audit"), "{}", run.stderr);
    let run = run_organization(&endpoint, &[&flags[..], &["--allow-partial"]].concat());
    let expected = "profile,account_id,n\n210000000001,210000000001,21\n";
    assert_eq!((run.code, run.stdout.as_str()), (Some(3), expected), "{}", run.stderr);
}

/// Each of three pages comes after the keys before it have expired.
#[test]
fn keys_of_an_account_are_renewed_before_they_expire() {
    let session = std::time::Duration::from_millis(1500);
    let mut config =
        demo::Config { session, instances: Some(60), regions: Some(1), ..demo::Config::default() };
    config.hook = Some(std::sync::Arc::new(|request| {
        (request.operation == "GetInstances")
            .then(|| demo::Reply::After(std::time::Duration::from_millis(1600)))
    }));
    let endpoint = Endpoint::start(config);
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("accounts");
    fs::write(&file, "210000000001\n210000000002\n").unwrap();
    let sql = "SELECT account_id, count(*) AS n FROM instances GROUP BY account_id ORDER BY account_id";
    let flags = ["--accounts", file.to_str().unwrap(), "--assume-role", AUDIT, "--region", "us-east-1"];
    let run =
        run_organization(&endpoint, &[&flags[..], &["--format", "csv", "--no-header", "-c", sql]].concat());
    let expected = "210000000001,60\n210000000002,60\n";
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), expected), "{}", run.stderr);
    let asked = endpoint.server.requests();
    let count = |operation: &str| asked.iter().filter(|request| request.operation == operation).count();
    assert_eq!(count("GetInstances"), 6, "three pages of two accounts, and none twice");
    assert!(count("AssumeRole") >= 6, "new keys for each page");
}

/// Who signs for the accounts is resolved again with them: what the process gave first may be over as well.
#[cfg(unix)]
#[test]
fn whoever_signs_for_expired_keys_of_an_account_is_resolved_again() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let endpoint = Endpoint::with_hook(move |request| {
        let is_first = request.operation == "GetInstances"
            && asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        is_first.then(|| demo::Reply::error(400, "ExpiredTokenException", "The security token is over"))
    });
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("accounts"), "210000000001\n").unwrap();
    let keys = "echo x >> $1; echo '{\"Version\": 1, \"AccessKeyId\": \"'K$(grep -c x $1)'\", \"SecretAccessKey\": \"x\"}'\n";
    fs::write(path("keys"), keys).unwrap();
    let config = format!(
        "[default]\nregion = us-east-1\ncredential_process = sh {} {}\n",
        path("keys"),
        path("count")
    );
    fs::write(path("config"), config).unwrap();
    let (url, config, nowhere) = (endpoint.server.url(), path("config"), path("nowhere"));
    let environment = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", nowhere.as_str()),
    ];
    let sql = "SELECT account_id, count(*) AS n FROM instances GROUP BY account_id";
    let file = path("accounts");
    let args = ["--accounts", &file, "--assume-role", AUDIT, "--format", "csv", "--no-header", "-c", sql];
    let run = crate::support::run_with(&args, &environment, "");
    assert_eq!((run.code, run.stdout.starts_with("210000000001,")), (Some(0), true), "{}", run.stderr);
    let asked = endpoint.server.requests();
    let roles = asked.iter().filter(|request| request.operation == "AssumeRole");
    assert_eq!(roles.map(|request| request.access_key.as_str()).collect::<Vec<_>>(), ["K1", "K2"]);
}
