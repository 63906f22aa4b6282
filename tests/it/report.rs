//! Reports: what is found is what the questions find, whatever is missing is said, and what is written is safe to read.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use lightsail_demo::{self as demo, Reply, Request};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::snapshot;
use crate::looks::shown;
use crate::support::session::ok;
use crate::support::{Endpoint, Run, run, run_with};

/// The report of a run as JSON.
#[track_caller]
fn parsed(run: &Run) -> Value {
    assert!(run.stdout.starts_with('{'), "{:?}\n{}", run.code, run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

fn question<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["questions"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Saved queries of one's own, by file name, and the configuration file that names their folder.
fn own(queries: &[(&str, &str)]) -> (TempDir, String) {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("mine");
    std::fs::create_dir(&folder).unwrap();
    for (name, sql) in queries {
        std::fs::write(folder.join(name), sql).unwrap();
    }
    let config = home.path().join("config.toml");
    std::fs::write(&config, "queries = [\"mine\"]\n").unwrap();
    let config = text(&config).to_owned();
    (home, config)
}

#[test]
fn what_a_report_looks_like() {
    snapshot("report", &["report", "--demo"]);
    snapshot("report_markdown", &["report", "--demo", "--only", "health,cost", "--format", "markdown"]);
    snapshot("report_json", &["report", "--demo", "--only", "network", "--format", "json"]);
}

#[test]
fn on_a_terminal_no_line_is_longer_than_it() {
    for (rows, columns) in [(24, 80), (40, 120)] {
        let screen =
            shown((rows, columns), &["report", "--demo"], &[("NO_COLOR", "1"), ("LIGHTSAIL_SQL_PAGER", "")]);
        let longest = screen.lines().map(|line| line.trim_end().chars().count()).max().unwrap();
        assert!(longest <= usize::from(columns), "{longest} of {columns}: {screen}");
        assert!(screen.contains("  red       173  sensitive_ports_open_to_world"), "{screen}");
        assert!(!screen.contains('\u{1b}'), "{screen}");
    }
    let colored = shown((24, 80), &["report", "--demo"], &[("TERM", "xterm"), ("LIGHTSAIL_SQL_PAGER", "")]);
    assert!(colored.contains("\u{1b}[31mred    \u{1b}[0m"), "{colored}");
}

/// Each count is the number of rows that the command prints which stands beside it.
#[test]
fn the_command_of_a_question_prints_its_rows() {
    let report = parsed(&run(&["report", "--demo", "--only", "security,network", "--format", "json", "-q"]));
    let mut compared = 0;
    for question in report["questions"].as_array().unwrap() {
        let command = question["command"].as_str().unwrap();
        let words = crate::support::words(command);
        assert_eq!((words[0], words[1]), ("lightsail-sql", "run"), "{command}");
        let as_of = ["as_of=2026-01-01T00:00:00Z"];
        let takes_as_of = ["certificates_expiring", "unused_bucket_access_keys"].contains(&words[2]);
        let as_of = if takes_as_of { &as_of[..] } else { &[] };
        let rows = run(&[&words[1..3], as_of, &words[3..], &["--format", "ndjson", "-q"]].concat());
        assert_eq!(rows.code, Some(0), "{command}: {}", rows.stderr);
        let first = rows.stdout.lines().next().map(|line| serde_json::from_str::<Value>(line).unwrap());
        assert_eq!(question["count"], rows.stdout.lines().count(), "{command}");
        assert_eq!(Some(&question["example"]), first.as_ref(), "{command}");
        compared += 1;
    }
    assert!(compared > 12, "{compared}");
}

#[test]
fn a_page_is_asked_for_once() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let endpoint = Endpoint::of_small_fleet(move |request| {
        let call = format!("{} {} {}", request.operation, request.region, request.body);
        hears.lock().unwrap().push(call);
        None
    });
    let run = endpoint.run(&["report", "--region", "all", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let calls = heard.lock().unwrap().clone();
    let distinct: BTreeSet<&String> = calls.iter().collect();
    let twice: Vec<_> =
        distinct.iter().filter(|call| calls.iter().filter(|it| it == *call).count() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(calls.iter().all(|call| !call.contains("Metric")), "they are asked where that is wanted");
    let report = parsed(&run);
    assert_eq!(report["calls"], calls.len());
    let left_out: Vec<_> = report["left_out"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(left_out, ["idle_instances", "burst_capacity_running_out"]);
    // The costs of this month are a call for each instance and disk, and so asked where they are wanted.
    heard.lock().unwrap().clear();
    let run = endpoint.run(&["report", "--only", "cost", "--format", "json", "--metrics", "--actuals"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let calls = heard.lock().unwrap().clone();
    let asked = |operation: &str| calls.iter().filter(|call| call.starts_with(operation)).count();
    assert!(asked("GetCostEstimate ") > 20 && asked("GetInstanceMetricData ") > 20, "{}", calls.len());
    let report = parsed(&run);
    assert!(report["totals"]["actuals"]["rows"].is_array() && report["left_out"] == json!([]), "{report}");
    assert_eq!(question(&report, "idle_instances")["error"], Value::Null);
}

#[test]
fn the_exit_code_says_how_bad_what_was_found_is() {
    let code = |more: &[&str]| {
        let run = run(&[&["report", "--demo", "-q", "--format", "json"], more].concat());
        (run.code, run.stderr)
    };
    assert_eq!(code(&["--only", "backup"]).0, Some(0));
    assert_eq!(code(&["--only", "backup", "--fail-on-findings", "red"]), (Some(0), String::new()));
    let (failed, said) = code(&["--only", "backup", "--fail-on-findings", "yellow"]);
    assert_eq!((failed, said.as_str()), (Some(4), "check failed: 312 yellow in unprotected\n"));
    let (failed, said) = code(&["--only", "backup", "--fail-on-findings", "info"]);
    assert_eq!(failed, Some(4));
    assert!(said.contains("312 yellow in unprotected, 202 info in"), "{said}");
    let (failed, said) = code(&["--only", "securty"]);
    assert_eq!(failed, Some(2));
    assert!(said.contains("there is no theme securty") && said.contains("did you mean security?"), "{said}");
    let csv = run(&["report", "--demo", "-o", "fleet.csv"]);
    assert_eq!(csv.code, Some(2));
    assert!(csv.stderr.contains("a report is no csv"), "{}", csv.stderr);
}

/// Refuses the listing of buckets in one region.
fn without_buckets(request: &Request) -> Option<Reply> {
    let is_refused = request.operation == "GetBuckets" && request.region == "us-east-2";
    is_refused.then(|| Reply::error(400, "AccessDeniedException", "no"))
}

#[test]
fn what_fails_hides_nothing_else() {
    let endpoint = Endpoint::of_small_fleet(without_buckets);
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("fleet.json");
    let args = ["report", "--region", "all", "-o", text(&file)];
    let failed = endpoint.run(&args);
    assert_eq!(failed.code, Some(254), "{}", failed.stderr);
    let said = &failed.stderr;
    assert!(said.contains("GetBuckets in us-east-2") && said.contains("parts of the report"), "{said}");
    let read = || serde_json::from_str::<Value>(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let report = read();
    let buckets = question(&report, "public_buckets");
    assert_eq!((&buckets["status"], &buckets["count"]), (&json!("failed"), &Value::Null));
    assert!(buckets["error"].as_str().unwrap().contains("AccessDenied"), "{buckets}");
    assert_eq!(question(&report, "sensitive_ports_open_to_world")["status"], "red");
    assert_eq!(report["totals"]["cost"]["rows"], Value::Null, "a sum without buckets is none");
    assert_eq!(
        (&report["complete"], &report["figures"]["list_price"]["value"]),
        (&json!(false), &Value::Null)
    );

    let partial = endpoint.run(&[&args[..], &["--allow-partial"]].concat());
    assert_eq!(partial.code, Some(3), "{}", partial.stderr);
    assert!(partial.stderr.contains("PARTIAL"), "{}", partial.stderr);
    let report = read();
    assert_eq!(report["complete"], false);
    assert!(report["missing"][0].as_str().unwrap().contains("GetBuckets in us-east-2"), "{report}");
    let buckets = question(&report, "public_buckets");
    assert_eq!((&buckets["complete"], &buckets["error"]), (&json!(false), &Value::Null));
    assert_eq!(question(&report, "public_databases")["complete"], true, "it reads no buckets");
    assert_eq!(report["figures"]["list_price"]["complete"], false);
    for format in ["table", "markdown", "html"] {
        let shown = endpoint.run(&["report", "--region", "all", "--allow-partial", "--format", format, "-q"]);
        assert!(
            shown.stdout.contains("PARTIAL") && shown.stdout.contains("≥ $"),
            "{format}: {}",
            shown.stdout
        );
    }
}

#[test]
fn nothing_found_at_a_target_that_failed_is_not_green() {
    let endpoint = Endpoint::of_small_fleet(|request| match request.operation.as_str() {
        "GetRelationalDatabases" if request.region == "us-east-1" => {
            Some(ok(json!({"relationalDatabases": []})))
        }
        "GetRelationalDatabases" => Some(Reply::error(400, "AccessDeniedException", "no")),
        _ => None,
    });
    let args = ["report", "--region", "all", "--only", "security", "--allow-partial", "--format", "json"];
    let report = parsed(&endpoint.run(&args));
    assert_eq!(question(&report, "public_databases")["status"], "unknown");
}

#[test]
fn a_file_is_whole_or_as_it_was() {
    let endpoint = Endpoint::with_hook(|_| Some(Reply::error(400, "AccessDeniedException", "no")));
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("fleet.html");
    std::fs::write(&file, "old").unwrap();
    let run = endpoint.run(&["report", "-o", text(&file)]);
    assert_eq!(run.code, Some(254), "{}", run.stderr);
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn ones_own_questions_are_in_it() {
    let (_home, config) = own(&[
        (
            "big.sql",
            "-- title: Big disks\n-- level: red\n-- advice: Shrink them.\n-- param gb integer = 64\n-- report: gb=256\n\nSELECT region, name, size_in_gb FROM block_disks WHERE size_in_gb > $gb ORDER BY size_in_gb DESC, name",
        ),
        ("plain.sql", "SELECT 1"),
        (
            "open.sql",
            "-- level: info\n-- param who text: an owner\n\nSELECT name FROM instances WHERE tags['owner'] = $who",
        ),
        ("odd.sql", "-- level: purple\n\nSELECT 1"),
        ("two.sql", "-- level: red\n\nSELECT 1; SELECT 2"),
        ("slip.sql", "-- level: yellow\n\nSELECT nme FROM instances"),
        ("none.sql", "-- level: yellow\n\nSELECT name FROM instances WHERE name = ''"),
        // One's own goes before one that ships.
        ("public_databases.sql", "SELECT 1"),
    ]);
    let env = [("LIGHTSAIL_SQL_CONFIG", config.as_str())];
    let run = run_with(&["report", "--demo", "--only", "mine", "--format", "json"], &env, "");
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let report = parsed(&run);
    let names: Vec<_> =
        report["questions"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["odd", "slip", "big", "none"], "the worst first; what has no level is none");
    let big = question(&report, "big");
    assert_eq!((&big["title"], &big["advice"]), (&json!("Big disks"), &json!("Shrink them.")));
    assert_eq!(big["command"], "lightsail-sql run big gb=256 --demo");
    assert!(
        big["count"].as_u64().unwrap() > 0 && big["example"]["size_in_gb"].as_i64().unwrap() > 256,
        "{big}"
    );
    assert_eq!(question(&report, "none")["status"], "green");
    let error = |name: &str| question(&report, name)["error"].as_str().unwrap().to_owned();
    assert!(error("odd").contains("\"purple\" is no level"), "{}", error("odd"));
    assert!(error("slip").contains("did you mean name?"), "{}", error("slip"));
    let reason = |name: &str| {
        let left_out = report["left_out"].as_array().unwrap();
        left_out.iter().find(|it| it["name"] == name).unwrap()["reason"].as_str().unwrap().to_owned()
    };
    assert!(reason("open").contains("lightsail-sql run open who=…"), "{}", reason("open"));
    assert!(reason("two").contains("it is 2 statements"), "{}", reason("two"));
    let all = run_with(&["report", "--demo", "--only", "security", "--format", "json", "-q"], &env, "");
    assert!(!all.stdout.contains("public_databases"), "one's own is no finding");
}

#[test]
fn hostile_names_are_texts() {
    let name = "<script>alert('1')</script><b>|\u{1b}[31m\u{202e}`x`";
    let address = json!({
        "name": name, "arn": "arn:aws:lightsail:us-east-1:123456789012:StaticIp/x", "supportCode": "1/x",
        "createdAt": 1_700_000_000, "resourceType": "StaticIp", "ipAddress": "192.0.2.1", "isAttached": false,
        "location": {"availabilityZone": "all", "regionName": "us-east-1"},
    });
    let endpoint = Endpoint::of_small_fleet(move |request| {
        (request.operation == "GetStaticIps").then(|| ok(json!({"staticIps": [address]})))
    });
    let written = |format: &str| {
        let run = endpoint.run(&["report", "--only", "network", "--format", format, "-q"]);
        assert!(run.stdout.contains("alert("), "{format}: {}\n{}", run.stdout, run.stderr);
        run.stdout
    };
    let html = written("html");
    assert!(
        html.contains("&lt;script&gt;alert(") && !html.contains("<script>alert") && !html.contains("<b>")
    );
    for text in [&html, &written("markdown"), &written("table")] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
    assert!(written("markdown").contains("\\|\\\\x1b[31m"), "{}", written("markdown"));
}

#[test]
fn captures_answer_without_a_call_and_tell_the_trend() {
    let directory = TempDir::new().unwrap();
    let folder = directory.path().join("fleet");
    for (day, more) in [("2026-01-01", 0), ("2026-01-02", 0), ("2026-01-03", 5)] {
        let config = demo::Config { instances: Some(40 + more), regions: Some(2), ..demo::Config::default() };
        let endpoint = Endpoint::start(config);
        let tables = "instances,disks,ports,static_ips,certificates,load_balancer_tls_certificates,load_balancers,domain_entries,distributions,container_services,buckets,relational_databases";
        let run = endpoint.run(&["capture", text(&folder), "--region", "all", "--tables", tables, "-q"]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        moved(&folder, &format!("{day}T00%3A00%3A00Z"));
    }
    let run = run(&["report", "--from", text(&folder), "--only", "inventory,network", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = parsed(&run);
    assert_eq!((&report["calls"], &report["taken_at"]), (&json!(0), &json!("2026-01-03T00:00:00Z")));
    let instances: Vec<_> =
        report["trends"]["instances"].as_array().unwrap().iter().map(|point| &point["value"]).collect();
    assert_eq!(instances, [40.0, 40.0, 45.0]);
    assert_eq!(report["trends"]["red"].as_array().unwrap().len(), 3);
    let command = question(&report, "unattached_static_ips")["command"].as_str().unwrap();
    assert_eq!(command, format!("lightsail-sql run unattached_static_ips --from {}", text(&folder)));
    let left_out = report["left_out"].to_string();
    assert!(left_out.contains("blueprints was not captured"), "{left_out}");
    let screen = crate::support::run(&["report", "--from", text(&folder), "--only", "inventory"]);
    assert!(screen.stdout.contains("▁▁█"), "{}", screen.stdout);
    let few = ["report", "--from", text(&folder), "--only", "inventory", "--trend", "2", "--format", "html"];
    let few = crate::support::run(&few);
    assert!(
        few.stdout.contains("<title>instances: 40 on 2026-01-02 to 45 on 2026-01-03</title>"),
        "{}",
        few.stdout
    );
}

/// Puts the capture that was made now into another time.
fn moved(folder: &Path, to: &str) {
    for name in crate::support::names_in(folder) {
        for entry in crate::support::names_in(&folder.join(&name)) {
            let time = entry.trim_start_matches("captured_at=").trim_end_matches(".json");
            if time.len() == to.len() && !time.starts_with("2026-01-0") {
                let path = folder.join(&name);
                std::fs::rename(path.join(&entry), path.join(entry.replace(time, to))).unwrap();
            }
        }
    }
}
