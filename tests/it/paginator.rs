//! MaxItems, StartingToken and NextToken: whatever the size of the runs, a chain of them reads what one run reads.

use datafusion_lightsail::error::Result;
use datafusion_lightsail::session::Session;
use lightsail_demo::{self as demo, Reply};

use crate::support::session::{column, notes, ok, one_region, rows, set, start, text};
use crate::support::{Endpoint, command};

/// Sets what is read next, from `token` on.
async fn bound(session: &Session, max_items: usize, token: Option<&str>) {
    set(session, "max_items", max_items).await;
    set(session, "starting_token", token.unwrap_or_default()).await;
}

/// Where the last query says that the next goes on.
fn next_token(session: &Session) -> Option<String> {
    notes(session).next_token
}

/// The cells of a chain of runs, run by run.
async fn chain(session: &Session, sql: &str, max_items: usize) -> Result<Vec<Vec<String>>> {
    let (mut runs, mut token) = (Vec::new(), None);
    loop {
        bound(session, max_items, token.as_deref()).await;
        runs.push(column(session, sql).await?);
        token = next_token(session);
        if token.is_none() {
            return Ok(runs);
        }
        assert!(runs.len() < 1000, "the chain has no end");
    }
}

#[tokio::test]
async fn any_chain_of_runs_reads_what_one_run_reads() {
    let config = demo::Config { instances: Some(130), regions: Some(4), ..demo::Config::default() };
    let (_server, session) = start(config, "all").await;
    let sql = "SELECT arn FROM instances";
    let mut all = column(&session, sql).await.unwrap();
    all.sort();
    assert_eq!(all.len(), 130);
    for max_items in [1, 7, 19, 20, 21, 33, 40, 129, 130, 131, 1000] {
        let runs = chain(&session, sql, max_items).await.unwrap();
        let (last, full) = runs.split_last().unwrap();
        assert!(full.iter().all(|run| run.len() == max_items), "runs of {max_items} are full");
        assert!(last.len() <= max_items);
        let mut read = runs.concat();
        read.sort();
        assert_eq!(read, all, "runs of {max_items}: none twice, none missing");
    }
}

#[tokio::test]
async fn a_token_alone_reads_the_rest_of_all_targets() {
    let (_server, session) = start(demo::Config::default(), "us-east-2,us-west-2,ap-northeast-1").await;
    let all = column(&session, "SELECT arn FROM instances").await.unwrap();
    bound(&session, 30, None).await;
    let first = column(&session, "SELECT arn FROM instances").await.unwrap();
    let token = next_token(&session).unwrap();
    rows(&session, "SET lightsail.max_items = none").await.unwrap();
    rows(&session, &format!("SET lightsail.starting_token = '{token}'")).await.unwrap();
    let mut both = [first, column(&session, "SELECT arn FROM instances").await.unwrap()].concat();
    assert_eq!(next_token(&session), None);
    let mut all = all;
    all.sort();
    both.sort();
    assert_eq!(both, all);
}

#[tokio::test]
async fn no_call_is_made_beyond_the_bound() {
    let (server, session) = one_region(137).await;
    let mut token = None;
    for (max_items, calls) in [(20, 1), (25, 2), (15, 1), (60, 3), (100, 1)] {
        bound(&session, max_items, token.as_deref()).await;
        let before = server.request_count();
        rows(&session, "SELECT name FROM instances").await.unwrap();
        assert_eq!(server.request_count() - before, calls, "{max_items} more");
        token = next_token(&session);
    }
    assert_eq!(token, None);
}

#[tokio::test]
async fn all_tables_of_a_query_see_the_same_items() {
    let (server, session) = start(demo::Config::default(), "all").await;
    rows(&session, "SELECT name FROM instances").await.unwrap();
    bound(&session, 150, None).await;
    let before = server.request_count();
    let sql = "SELECT (SELECT count(*) FROM instances) || ' ' || count(DISTINCT i.arn) || ' ' || count(*) FROM instances i \
               LEFT JOIN disks d ON d.instance_arn = i.arn AND d.is_system_disk";
    assert_eq!(text(&session, sql).await, "150 150 150");
    assert_eq!(server.request_count() - before, 8, "seven pages of us-east-1 and one of us-east-2");
    // What a predicate leaves out is not counted, and not asked.
    let before = server.request_count();
    let sql = "SELECT count(*) FROM instances WHERE region LIKE 'eu-%'";
    assert_eq!(text(&session, sql).await, "112");
    assert_eq!(server.request_count() - before, 6);
    // But a look-up would count something else than the listing.
    let sql = "SELECT count(*) FROM instances WHERE name = 'nosuch'";
    assert_eq!(text(&session, sql).await, "0");
    assert!(server.requests().iter().all(|request| request.operation != "GetInstance"));
}

#[tokio::test]
async fn what_a_limit_cuts_short_has_no_next_token() {
    let (_server, session) = one_region(137).await;
    bound(&session, 100, None).await;
    assert_eq!(rows(&session, "SELECT name FROM instances LIMIT 5").await.unwrap(), 5);
    let notes = notes(&session);
    assert_eq!((notes.is_cut, notes.next_token), (true, None));
}

#[tokio::test]
async fn scans_tell_where_they_stopped() {
    let (_server, session) = one_region(137).await;
    bound(&session, 30, None).await;
    rows(&session, "SELECT name FROM instances").await.unwrap();
    let token = next_token(&session).unwrap();
    let told = text(&session, "SELECT next_token || ' ' || items || ' ' || complete FROM system.scans").await;
    assert_eq!(told, format!("{token} 30 false"));
}

#[tokio::test]
async fn a_token_that_leads_nowhere_says_why() {
    let (_server, session) = start(demo::Config::default(), "us-east-1,us-east-2").await;
    bound(&session, 30, None).await;
    rows(&session, "SELECT name FROM instances").await.unwrap();
    let token = next_token(&session).unwrap();
    let message = async |session: &Session, sql: &str, token: &str| {
        bound(session, 30, Some(token)).await;
        rows(session, sql).await.unwrap_err().to_string()
    };
    let sql = "SELECT name FROM instances";
    let said = message(&session, sql, "nonsense").await;
    assert!(said.contains("no NextToken of lightsail-sql"), "{said}");
    let said = message(&session, "SELECT name FROM instances WHERE region = 'us-east-2'", &token).await;
    assert!(said.contains("goes on at default/us-east-1, which this query does not ask"), "{said}");

    // The same token where the region has another fleet: its page is not known there.
    let (_server, other) = start(
        demo::Config {
            hook: Some(std::sync::Arc::new(|request: &demo::Request| {
                request.body["pageToken"]
                    .is_string()
                    .then(|| Reply::error(400, "InvalidInputException", "no such page"))
            })),
            ..demo::Config::default()
        },
        "us-east-1,us-east-2",
    )
    .await;
    let said = message(&other, sql, &token).await;
    assert!(said.contains("no such page") && said.contains("the starting token is outdated"), "{said}");

    // A page that has become shorter than what the token passes over.
    let short = |request: &demo::Request| {
        request.body["pageToken"].is_string().then(|| ok(r#"{"instances": [{"name": "a"}]}"#))
    };
    let (_server, other) = start(
        demo::Config { hook: Some(std::sync::Arc::new(short)), ..demo::Config::default() },
        "us-east-1,us-east-2",
    )
    .await;
    let said = message(&other, sql, &token).await;
    assert!(said.contains("passes over 10 items of a page that has 1 now"), "{said}");
}

#[tokio::test]
async fn a_listing_of_several_requests_goes_on_with_the_one_it_stopped_in() {
    let (_server, session) = start(demo::Config::default(), "us-east-1,us-east-2").await;
    for sql in
        ["SELECT region || ' ' || blueprint_id FROM blueprints", "SELECT region || bundle_id FROM bundles"]
    {
        rows(&session, "SET lightsail.max_items = none").await.unwrap();
        rows(&session, "SET lightsail.starting_token = ''").await.unwrap();
        let mut all = column(&session, sql).await.unwrap();
        let mut read = chain(&session, sql, 7).await.unwrap().concat();
        all.sort();
        read.sort();
        assert_eq!(read, all, "{sql}");
    }
}

#[tokio::test]
async fn a_token_holds_only_for_the_targets_that_it_was_made_for() {
    let (_server, session) = start(demo::Config::default(), "us-east-1,us-east-2").await;
    bound(&session, 10, None).await;
    rows(&session, "SELECT name FROM instances").await.unwrap();
    let token = next_token(&session).unwrap();
    rows(&session, "SET lightsail.regions = 'us-east-2,us-east-1'").await.unwrap();
    bound(&session, 10, Some(&token)).await;
    let error = rows(&session, "SELECT name FROM instances").await.unwrap_err();
    assert!(error.to_string().contains("which this query does not ask"), "{error}");
}

#[test]
fn a_later_process_goes_on_across_regions_and_profiles() {
    let endpoint =
        Endpoint::start(demo::Config { instances: Some(60), regions: Some(3), ..demo::Config::default() });
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("credentials");
    let profile =
        |name: &str, key: &str| format!("[{name}]\naws_access_key_id={key}\naws_secret_access_key=x\n");
    std::fs::write(&file, profile("one", "ONE") + &profile("two", "TWO")).unwrap();
    let url = endpoint.server.url();
    let run = |more: &[&str]| {
        let args = ["--profile", "one,two", "--region", "all", "--format", "csv", "--no-header"];
        let sql = ["-c", "SELECT arn FROM instances"];
        let env =
            [("AWS_ENDPOINT_URL", url.as_str()), ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap())];
        let output = command(&[&args, more, &sql].concat(), &env).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        let lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(Into::into).collect();
        let token = stderr.lines().find_map(|line| line.strip_prefix("NextToken: ")).map(ToOwned::to_owned);
        (lines, token)
    };
    let (mut all, none) = run(&[]);
    assert_eq!((all.len(), none), (120, None));
    let (mut read, mut token): (Vec<String>, Option<String>) = (Vec::new(), None);
    loop {
        let (lines, next) = match &token {
            None => run(&["--max-items", "23"]),
            Some(token) => run(&["--max-items", "23", "--starting-token", token]),
        };
        assert!(lines.len() == 23 || next.is_none());
        read.extend(lines);
        token = next;
        if token.is_none() {
            break;
        }
    }
    all.sort();
    read.sort();
    assert_eq!(read, all);

    // Without a bound the profiles are found beside each other: the token is for the one that it names alone.
    let (mut both, token) = run(&["--max-items", "75"]);
    both.extend(run(&["--starting-token", &token.unwrap()]).0);
    both.sort();
    assert_eq!(both, all);
}

#[tokio::test]
async fn a_chain_goes_on_behind_a_target_that_fails_and_misses_nothing_else() {
    let refuse = |request: &demo::Request| {
        (request.region == "us-east-2").then(|| Reply::error(400, "AccessDeniedException", "no"))
    };
    let config = demo::Config {
        hook: Some(std::sync::Arc::new(refuse)),
        instances: Some(60),
        ..demo::Config::default()
    };
    let (_server, session) = start(config, "us-east-1,us-east-2,us-west-2").await;
    rows(&session, "SET lightsail.allow_partial = true").await.unwrap();
    let sql = "SELECT arn FROM instances";
    let mut all = column(&session, sql).await.unwrap();
    let mut read = chain(&session, sql, 7).await.unwrap().concat();
    all.sort();
    read.sort();
    assert_eq!(read, all);
}
