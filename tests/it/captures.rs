//! Captures: what is written, what is answered from them, and what changed between two.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lightsail_demo::{self as demo, Reply};
use serde_json::{Value, json};

use crate::support::session::ok;
use crate::support::{Endpoint, Run, command, names_in, run, run_with};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A run that succeeds.
#[track_caller]
fn well(run: Run) -> Run {
    assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
    run
}

/// The first column of what is answered from captures, with no endpoint and no keys in reach.
#[track_caller]
fn from(folder: &Path, more: &[&str], sql: &str) -> Vec<String> {
    let args = ["--from", text(folder), "--format", "csv", "--no-header", "-q", "-c", sql];
    well(run(&[&args, more].concat())).stdout.lines().map(ToOwned::to_owned).collect()
}

fn manifests(folder: &Path) -> Vec<String> {
    let names = names_in(&folder.join("captures"));
    names.into_iter().filter(|name| name.ends_with(".json")).collect()
}

fn manifest(folder: &Path, at: usize) -> Value {
    let path = folder.join("captures").join(&manifests(folder)[at]);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What is quick to capture and has something of everything.
const SOME: &str = "instances,disks,ports,tags,static_ips,block_disks,domains,buckets,auto_snapshots";

/// Captures [`SOME`] of the demo fleet on two days.
fn two_days(folder: &Path) {
    for day in ["2026-01-01", "2026-01-02"] {
        let args = ["capture", text(folder), "--tables", SOME, "-q", "--demo", "--demo-today", day];
        well(run(&args));
    }
}

/// Puts a capture into another time.
fn moved(folder: &Path, from: &str, to: &str) {
    for name in names_in(folder) {
        for entry in names_in(&folder.join(&name)) {
            let path = folder.join(&name).join(&entry);
            std::fs::rename(&path, folder.join(&name).join(entry.replace(from, to))).unwrap();
        }
    }
}

#[test]
fn all_tables_are_captured_with_the_fewest_calls_and_answer_without_any() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("fleet");
    let endpoint = Endpoint::of_small_fleet(|_| None);
    let said = well(endpoint.run(&["capture", text(&folder), "--region", "all"])).stderr;
    let calls = endpoint.server.requests().len();
    assert!(said.contains(&format!("with {calls} API calls")), "{said}");
    let live =
        well(endpoint.run(&["--region", "all", "-c", "SELECT count(*) FROM ports", "--format", "csv"]));
    let ports = live.stdout.lines().last().unwrap().to_owned();
    drop(endpoint);
    let manifest = manifest(&folder, 0);
    assert_eq!((&manifest["calls"], &manifest["complete"]), (&json!(calls), &json!(true)));
    let regions: Vec<_> = manifest["targets"].as_array().unwrap().iter().map(|it| &it["region"]).collect();
    assert_eq!(regions, ["us-east-1", "us-east-2"]);
    assert_eq!(manifest["targets"][0]["account_id"], "123456789012");
    assert_eq!(from(&folder, &[], "SELECT count(*) FROM ports"), [ports]);
    assert_eq!(from(&folder, &[], "SELECT count(*) FROM instances WHERE captured_at = now()"), ["45"]);
    assert!(!from(&folder, &[], "SELECT * FROM exposure").is_empty(), "views read it");
    let saved = run(&["run", "instances_by_ssh_key", "--from", text(&folder)]);
    assert!(well(saved).stderr.contains(", complete"), "the footer says as of when it is");
    let unnamed = run(&["--from", text(&folder), "-c", "SELECT * FROM instance_metrics"]);
    assert_eq!(unnamed.code, Some(1));
    assert!(
        unnamed.stderr.contains("was not captured") && unnamed.stderr.contains("--since 7d"),
        "{}",
        unnamed.stderr
    );
    let elsewhere =
        run(&["--from", text(&folder), "-c", "SELECT name FROM instances WHERE region = 'eu-west-1'"]);
    assert!(elsewhere.stderr.contains("eu-west-1 is not among the regions asked"), "{}", elsewhere.stderr);
}

#[test]
fn what_happened_is_captured_of_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("fleet");
    let endpoint = Endpoint::of_small_fleet(|_| None);
    let tables = "regions,load_balancer_metrics";
    let args = ["capture", text(&folder), "--tables", tables];
    let run = endpoint.run(&args);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("--since 7d"), "{}", run.stderr);
    assert!(manifests(&folder).is_empty());
    well(endpoint.run(&[&args[..], &["--since", "2d"]].concat()));
    let metrics = manifest(&folder, 0)["tables"]["load_balancer_metrics"]["rows"].as_u64().unwrap();
    let rows = from(
        &folder,
        &[],
        "SELECT count(*) FROM load_balancer_metrics WHERE timestamp > now() - INTERVAL '2 days 1 hour'",
    );
    assert_eq!(rows, [metrics.to_string()]);
}

#[test]
fn a_capture_is_whole_or_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("fleet");
    let endpoint = Endpoint::of_small_fleet(|request| {
        (request.operation == "GetDisks").then(|| Reply::error(400, "AccessDeniedException", "no"))
    });
    let capture = |more: &[&str]| {
        endpoint.run(&[&["capture", text(&folder), "--tables", "instances,block_disks"], more].concat())
    };
    let run = capture(&[]);
    assert_eq!(run.code, Some(254), "{}", run.stderr);
    assert_eq!(names_in(&folder), ["captures"], "nothing is left behind");
    assert!(manifests(&folder).is_empty());
    let unread = crate::support::run(&["--from", text(&folder), "-c", "SELECT 1"]);
    assert_eq!(unread.code, Some(2));
    assert!(unread.stderr.contains("there is no capture in"), "{}", unread.stderr);
    // What is left of one that was killed is no capture, and goes with the next.
    let left = folder.join("instances").join("captured_at=2020-01-01T00%3A00%3A00Z");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("data.parquet"), "half").unwrap();
    let partial = capture(&["--allow-partial"]);
    assert_eq!(partial.code, Some(3), "{}", partial.stderr);
    assert!(!left.exists());
    let manifest = manifest(&folder, 0);
    assert_eq!(manifest["complete"], false);
    assert!(manifest["missing"][0]["tables"].as_array().unwrap().contains(&json!("block_disks")));
    let ask = |sql: &str| crate::support::run(&["--from", text(&folder), "-c", sql]);
    let run = ask("SELECT count(*) FROM block_disks");
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(run.stderr.contains("GetDisks") && run.stderr.contains("NOT complete"), "{}", run.stderr);
    assert_eq!(ask("SELECT count(*) FROM instances").code, Some(0), "it has all of them");
    assert_eq!(ask("SELECT count(*) FROM history.block_disks").code, Some(3));
}

#[test]
fn the_newest_capture_before_a_time_answers_and_history_has_all() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    two_days(folder);
    let time = "SELECT DISTINCT captured_at FROM static_ips";
    assert_eq!(from(folder, &[], time), ["2026-01-02T00:00:00Z"]);
    for at in ["2026-01-01", "2026-01-01T12:00:00Z"] {
        assert_eq!(from(folder, &["--at", at], time), ["2026-01-01T00:00:00Z"], "{at}");
    }
    let early = run(&["--from", text(folder), "--at", "2025-12-31", "-c", "SELECT 1"]);
    assert_eq!(early.code, Some(2));
    assert!(early.stderr.contains("the oldest is of 2026-01-01T00:00:00Z"), "{}", early.stderr);
    let days = "SELECT captured_at::date, count(*) FROM history.instances GROUP BY 1 ORDER BY 1";
    assert_eq!(from(folder, &[], days), ["2026-01-01,400", "2026-01-02,400"]);
    // A recursive query reads them in each of its rounds.
    let rounds = "WITH RECURSIVE r AS (SELECT 0 AS n, count(*) AS c FROM instances UNION ALL SELECT r.n + 1, i.c FROM r \
                  CROSS JOIN (SELECT count(*) AS c FROM instances) i WHERE r.n < 3) SELECT n, c FROM r ORDER BY n";
    assert_eq!(from(folder, &[], rounds), ["0,400", "1,400", "2,400", "3,400"]);
    // Only the folder and the columns that are wanted.
    let wanted =
        "EXPLAIN SELECT name FROM history.instances WHERE captured_at < TIMESTAMP '2026-01-01 12:00:00'";
    let plan = from(folder, &[], wanted).join("\n");
    assert!(plan.contains("projection=[name") && !plan.contains("public_ip_address"), "{plan}");
    assert!(plan.contains("2026-01-01T00%3A00%3A00Z") && !plan.contains("2026-01-02T"), "{plan}");
    // A column that a capture has not, of an older version of this program, is NULL there.
    let file = folder.join("static_ips").join("captured_at=2026-01-01T00%3A00%3A00Z").join("data.parquet");
    let old = ["--demo", "-q", "-o", text(&file), "-c", "SELECT profile, region, name, arn FROM static_ips"];
    well(run(&old));
    let known = "SELECT captured_at::date, count(name), count(ip_address) FROM history.static_ips GROUP BY 1 ORDER BY 1";
    assert_eq!(from(folder, &[], known), ["2026-01-01,132,0", "2026-01-02,132,132"]);
}

#[test]
fn no_door_that_reads_a_capture_lets_sql_at_files() {
    let folder = tempfile::tempdir().unwrap();
    two_days(folder.path());
    let out = folder.path().join("out.csv");
    let copy = format!("COPY (SELECT name FROM instances) TO '{}'", text(&out));
    let refused = run(&["--from", text(folder.path()), "--safe", "-c", &copy]);
    assert_eq!((refused.code, out.exists()), (Some(2), false), "{}", refused.stderr);
    let stray = format!("SELECT * FROM '{}'", text(&folder.path().join("captures")));
    assert_ne!(run(&["--from", text(folder.path()), "--safe", "-c", &stray]).code, Some(0));
    assert_eq!(from(folder.path(), &["--safe"], "SELECT count(*) FROM instances"), ["400"]);
    assert_eq!(from(folder.path(), &["--safe"], "SELECT count(*) FROM history.instances"), ["800"]);
}

#[test]
fn captures_of_parts_become_one_of_the_whole() {
    let home = tempfile::tempdir().unwrap();
    let part = |name: &str| home.path().join(name);
    let keys: String = ["a", "b", "c"]
        .map(|name| {
            format!(
                "[{name}]\naws_access_key_id = KEY{name}\naws_secret_access_key = x\nregion = us-east-1\n"
            )
        })
        .concat();
    std::fs::write(part("credentials"), keys).unwrap();
    let endpoint =
        Endpoint::start(demo::Config { instances: Some(30), regions: Some(2), ..demo::Config::default() });
    let url = endpoint.server.url();
    let env =
        [("AWS_SHARED_CREDENTIALS_FILE", text(&part("credentials")).to_owned()), ("AWS_ENDPOINT_URL", url)];
    let env = env.each_ref().map(|(name, value)| (*name, value.as_str()));
    let capture = |folder: &str, profiles: &str, tables: &str| {
        let folder = part(folder);
        let args = ["capture", text(&folder), "--region", "all", "--profile", profiles, "--tables", tables];
        well(run_with(&args, &env, ""))
    };
    let tables = "instances,disks,domains,bundles";
    capture("all", "a,b,c", tables);
    capture("one", "a,b", tables);
    capture("two", "c", tables);
    let asked = endpoint.server.requests().len();
    let merged = part("merged");
    let merge = |parts: &[&str], more: &[&str]| {
        let parts: Vec<_> = parts.iter().map(|name| part(name)).collect();
        let parts = parts.iter().map(|path| text(path));
        run(&["merge", text(&merged)]
            .into_iter()
            .chain(parts)
            .chain(more.iter().copied())
            .collect::<Vec<_>>())
    };
    let said = well(merge(&["one", "two"], &[])).stderr;
    assert!(said.starts_with("merged 2 captures: 4 tables, "), "{said}");
    assert_eq!(endpoint.server.requests().len(), asked, "nobody is asked");
    for table in tables.split(',') {
        let rows = |folder: &Path| {
            let mut rows = from(folder, &[], &format!("SELECT * EXCLUDE (captured_at) FROM {table}"));
            rows.sort();
            rows
        };
        let (merged, whole) = (rows(&merged), rows(&part("all")));
        assert!(merged.len() > 5 && merged == whole, "{table}: {} rows, not {}", merged.len(), whole.len());
    }
    let (sum, whole) = (manifest(&merged, 0), manifest(&part("all"), 0));
    assert_eq!((&sum["targets"], &sum["calls"]), (&whole["targets"], &whole["calls"]));
    assert_eq!((&sum["format"], &whole["format"]), (&json!(2), &json!(1)));
    assert_eq!(from(&merged, &[], "SELECT count(*) FROM history.instances"), ["90"]);

    // What cannot be one is refused, and leaves what is there.
    for (parts, profiles, tables, what) in [
        (["one", "same"], "b", tables, "both have the account"),
        (["one", "less"], "c", "instances", "has no bundles"),
    ] {
        capture(parts[1], profiles, tables);
        let refused = merge(&parts, &[]);
        assert_eq!(refused.code, Some(2));
        assert!(refused.stderr.contains(what), "{}", refused.stderr);
    }
    let again = merge(&["one", "two"], &[]);
    assert!(again.code == Some(2) && again.stderr.contains("already"), "{}", again.stderr);
    let late = merge(&["one", "two"], &["--at", "2020-01-01"]);
    assert!(late.code == Some(2) && late.stderr.contains("is as old as"), "{}", late.stderr);
    let (newest, old) = (manifests(&part("two"))[0].clone(), "2026-01-01T00%3A00%3A00Z.json");
    moved(&part("two"), newest.strip_suffix(".json").unwrap(), old.strip_suffix(".json").unwrap());
    let stale = merge(&["one", "two"], &[]);
    assert!(stale.code == Some(2) && stale.stderr.contains("older than"), "{}", stale.stderr);
    assert_eq!(manifests(&merged).len(), 1);
    well(merge(&["one", "two"], &["--within", "9000d", "-q"]));
    assert_eq!(manifests(&merged), [old.to_owned(), manifests(&merged)[1].clone()]);
}

#[test]
fn old_captures_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let capture = |day: &str| {
        let args = [
            "capture",
            text(folder),
            "--tables",
            "regions,bundles",
            "--keep",
            "30d",
            "--demo",
            "--demo-today",
            day,
        ];
        well(run(&args)).stderr
    };
    capture("2026-01-01");
    capture("2026-01-20");
    assert_eq!(manifests(folder).len(), 2);
    let said = capture("2026-02-01");
    assert!(said.contains("removed 1 older capture"), "{said}");
    assert_eq!(manifests(folder).len(), 2);
    assert_eq!(names_in(&folder.join("bundles")).len(), 2, "its rows go with it");
    capture("2026-02-01");
    assert_eq!(manifests(folder).len(), 3, "a second one on the same day takes no other's place");
}

#[test]
fn on_another_day_of_the_demo_fleet_only_times_have_changed() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    two_days(folder);
    let changes = "SELECT DISTINCT \"table\", change, \"column\" FROM changes ORDER BY 1, 3";
    let expected = [
        "auto_snapshots,added,",
        "auto_snapshots,removed,",
        "block_disks,changed,created_at",
        "buckets,changed,created_at",
        "disks,changed,created_at",
        "domains,changed,created_at",
        "instances,changed,created_at",
        "instances,changed,instance_status_details",
        "instances,changed,system_status_details",
        "static_ips,changed,created_at",
    ];
    let found = from(folder, &[], changes);
    assert!(expected.iter().all(|row| found.iter().any(|found| found.starts_with(row))), "{found:?}");
    let is_known = |row: &String| {
        expected.iter().any(|known| row.starts_with(known)) || row.starts_with("auto_snapshots,changed")
    };
    assert!(found.iter().all(is_known), "{found:?}");
    let a_day = "SELECT DISTINCT CASE WHEN \"column\" = 'created_at' THEN after::timestamp - before::timestamp END \
                 = INTERVAL '1 day' FROM changes WHERE \"table\" = 'static_ips'";
    assert_eq!(from(folder, &[], a_day), ["true"]);
    let none = run(&["--from", text(folder), "--at", "2026-01-01", "-c", "SELECT * FROM changes"]);
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("there is no capture before"), "{}", none.stderr);
}

/// A static address as the API tells it.
fn address(name: &str, ip: &str) -> Value {
    json!({
        "name": name, "arn": format!("arn:aws:lightsail:us-east-1:123456789012:StaticIp/{name}"),
        "supportCode": "1/x", "createdAt": 1_700_000_000, "resourceType": "StaticIp", "ipAddress": ip,
        "location": {"availabilityZone": "all", "regionName": "us-east-1"}, "isAttached": false,
    })
}

#[test]
fn diff_shows_exactly_what_changed() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let is_later = Arc::new(AtomicBool::new(false));
    let later = Arc::clone(&is_later);
    let endpoint = Endpoint::of_small_fleet(move |request| {
        let addresses = match later.load(Ordering::SeqCst) {
            false => [address("api", "192.0.2.1"), address("old", "192.0.2.2")],
            true => [address("api", "192.0.2.9"), address("new", "192.0.2.3")],
        };
        (request.operation == "GetStaticIps").then(|| ok(json!({"staticIps": addresses})))
    });
    let capture = || well(endpoint.run(&["capture", text(folder), "--tables", "static_ips,instances"]));
    capture();
    is_later.store(true, Ordering::SeqCst);
    let diff = |more: &[&str]| endpoint.run(&[&["diff", text(folder)], more].concat());
    let shown = "static_ips: 1 added, 1 removed, 1 changed\n  ~ api (us-east-1)\n      ip_address: 192.0.2.1 → 192.0.2.9\n  \
                 + new (us-east-1)\n  - old (us-east-1)\n\n1 added, 1 removed, 1 changed in 1 table\n";
    let now = well(diff(&["--to", "now"]));
    assert_eq!(now.stdout.replace("  columns that changed: ip_address (1)\n", ""), shown, "{}", now.stderr);
    assert_eq!(manifests(folder).len(), 1, "what is now is not kept");
    capture();
    assert_eq!(well(diff(&[])).stdout, now.stdout);
    let csv = diff(&["static_ips", "--format", "csv", "--fail-on-rows"]);
    let arn = "arn:aws:lightsail:us-east-1:123456789012:StaticIp";
    let rows = format!(
        "table,change,profile,region,key,name,column,before,after\n\
         static_ips,changed,default,us-east-1,{arn}/api,api,ip_address,192.0.2.1,192.0.2.9\n\
         static_ips,added,default,us-east-1,{arn}/new,new,,,\n\
         static_ips,removed,default,us-east-1,{arn}/old,old,,,\n"
    );
    assert_eq!((csv.code, csv.stdout.as_str()), (Some(4), rows.as_str()), "{}", csv.stderr);
    assert_eq!(diff(&["--fail-on-rows"]).code, Some(4));
    assert_eq!(well(diff(&["instances", "--fail-on-rows"])).stdout, "nothing changed\n");
    for format in ["json", "markdown", "html"] {
        assert!(well(diff(&["--format", format])).stdout.contains("192.0.2.9"), "{format}");
    }
    moved(folder, &manifests(folder)[0].replace(".json", ""), "2025-01-01T00%3A00%3A00Z");
    assert_eq!(well(diff(&["--at", "2025-01-01"])).stdout, now.stdout);
    let slip = diff(&["static_isp"]);
    assert!(slip.code == Some(2) && slip.stderr.contains("did you mean static_ips?"), "{}", slip.stderr);
}

#[test]
fn the_folder_of_captures_need_not_be_named_within_it() {
    let folder = tempfile::tempdir().unwrap();
    two_days(folder.path());
    let within = |args: &[&str]| {
        let run = command(args, &[]).current_dir(folder.path()).output().unwrap();
        (run.status.code(), String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap())
    };
    let named = well(run(&["diff", text(folder.path()), "static_ips", "--format", "csv"])).stdout;
    assert!(named.lines().count() > 2, "{named}");
    // The folder of a table is there too, and has no captures.
    for args in [&["diff", "static_ips"][..], &["diff", ".", "static_ips"]] {
        let (code, out, err) = within(&[args, &["--format", "csv"]].concat());
        assert_eq!((code, &out), (Some(0), &named), "{args:?}: {err}");
    }
    let all = within(&["diff", "--format", "csv"]).1;
    assert!(all.lines().count() > named.lines().count() && all.contains("instances"), "{all}");
    let (code, _, err) = within(&["diff", "certificates"]);
    assert!(code == Some(2) && err.contains("certificates was captured neither time"), "{err}");
    let nowhere = run(&["diff"]);
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.contains("there is no capture in ."), "{}", nowhere.stderr);
}

#[test]
fn a_target_of_one_capture_alone_is_not_compared() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let endpoint = Endpoint::of_small_fleet(|_| None);
    for region in ["all", "us-east-1"] {
        well(endpoint.run(&["capture", text(folder), "--tables", "instances", "--region", region]));
    }
    let diff = well(run(&["diff", text(folder)]));
    assert_eq!(diff.stdout, "nothing changed\n");
    assert!(diff.stderr.contains("not compared") && diff.stderr.contains("us-east-2"), "{}", diff.stderr);
}
