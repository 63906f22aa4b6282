//! What EXPLAIN says of calls to come, and EXPLAIN ANALYZE of calls that were made.

use crate::support::{masked, run};

fn snapshot(name: &str, sql: &str) {
    let args = ["--demo", "--region", "us-east-1,us-east-2,us-west-2", "-c", sql];
    let ran = run(&args);
    // The logical plan is DataFusion's.
    let scans = ran.stdout.split_once("physical_plan:\n").map_or(ran.stdout.as_str(), |(_, plan)| plan);
    let mut settings = masked();
    settings.add_filter(r"=\d+(\.\d+)?(ns|µs|ms|s)\b", "=TIME");
    settings.add_filter(r"(output_bytes|build_mem_used)=[^,\]]+", "$1=SIZE");
    settings.bind(|| {
        insta::assert_snapshot!(format!("explain_{name}"), format!("{sql}\n\n{scans}{}", ran.stderr))
    });
}

#[test]
fn explain_says_what_will_be_asked() {
    for (name, sql) in [
        ("listing", "SELECT name FROM instances"),
        ("pruned", "SELECT name FROM instances WHERE region LIKE 'us-east%' AND state = 'running' LIMIT 5"),
        ("look_up", "SELECT * FROM ports WHERE instance_name IN ('web-prod-0002', 'db-test-0001')"),
        ("health", "SELECT name, system_status FROM instances"),
        ("contradiction", "SELECT name FROM instances WHERE region = 'us-east-1' AND region = 'us-east-2'"),
        (
            "join",
            "SELECT i.name, d.path, p.from_port FROM instances i JOIN disks d ON d.instance_arn = i.arn \
          JOIN ports p ON p.instance_arn = i.arn WHERE i.state = 'stopped'",
        ),
        ("join_names", "SELECT i.name FROM (VALUES ('a'), ('b')) n JOIN instances i ON i.name = n.column1"),
    ] {
        snapshot(name, &format!("EXPLAIN {sql}"));
    }
}

#[test]
fn explain_analyze_says_what_was_asked() {
    snapshot("analyze", "EXPLAIN ANALYZE SELECT name FROM instances WHERE region <> 'us-east-1'");
    snapshot("analyze_look_up", "EXPLAIN ANALYZE SELECT name FROM instances WHERE name = 'web-prod-0002'");
}

#[test]
fn explain_knows_the_regions_that_a_query_has_found() {
    let sql = "EXPLAIN SELECT name FROM instances WHERE region LIKE 'eu-%'; SELECT count(*) FROM instances; \
               EXPLAIN SELECT name FROM instances WHERE region LIKE 'eu-%'";
    let ran = run(&["--demo", "--region", "all,!us-*", "-c", sql]);
    let targets: Vec<_> =
        ran.stdout.lines().filter_map(|line| line.split("targets=[").nth(1)?.split(']').next()).collect();
    assert_eq!(targets, ["default/(all,!us-*)", "default/eu-west-1, default/eu-central-1"]);
}

#[test]
fn what_cannot_be_asked_is_not_explained() {
    let args = ["--demo", "--starting-token", "not a token", "-c", "EXPLAIN SELECT name FROM instances"];
    let ran = run(&args);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("token"), "{}", ran.stderr);
}
