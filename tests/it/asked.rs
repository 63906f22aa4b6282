//! What a query names or may want and is not asked: it is said, on standard error and in what is written.

use lightsail_demo as demo;

use crate::support::{Endpoint, Run, csv, run};

/// The demo fleet in CSV without a header, asked in these regions; notes are off, warnings are not.
fn quiet(regions: &str, sql: &str) -> Run {
    csv(&["-q", "--region", regions, "-c", sql])
}

/// The same with notes.
fn noted(regions: &str, sql: &str) -> Run {
    csv(&["--region", regions, "-c", sql])
}

/// What is wrong with runs whose count and lines on standard error should be these.
fn check(ask: fn(&str, &str) -> Run, cases: &[(&str, &str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (regions, sql, rows, lines) in cases {
        let run = ask(regions, sql);
        let expected = if lines.is_empty() { String::new() } else { format!("{lines}\n") };
        if (run.code, run.stdout.trim_end(), run.stderr.as_str()) != (Some(0), *rows, &expected) {
            wrong.push(format!("{regions}: {sql}\n{:?} {}{}", run.code, run.stdout, run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const COUNT: &str = "SELECT count(*) FROM instances";

fn count(predicate: &str) -> String {
    format!("{COUNT} WHERE {predicate}")
}

#[test]
fn a_region_that_is_named_and_not_asked_is_a_warning() {
    let eu =
        "warning: eu-west-1 is not among the regions asked (us-east-1): --region us-east-1,eu-west-1 asks it";
    let two = "warning: eu-central-1 and eu-west-1 are not among the regions asked (us-east-1): \
               --region us-east-1,eu-central-1,eu-west-1 asks them";
    check(
        quiet,
        &[
            ("us-east-1", &count("region = 'eu-west-1'"), "0", eu),
            ("us-east-1", &count("region IN ('us-east-1', 'eu-west-1')"), "137", eu),
            ("us-east-1", &count("region = 'eu-west-1' OR name = 'nobody'"), "0", eu),
            ("us-east-1", &count("NOT (region <> 'eu-west-1')"), "0", eu),
            ("us-east-1", &count("region IN ('eu-west-1', 'eu-central-1')"), "0", two),
            ("us-east-1", "SELECT count(*) FILTER (WHERE region = 'eu-west-1') FROM instances", "0", eu),
            (
                "us-east-1",
                "SELECT count(*) FROM (SELECT region AS r FROM instances LIMIT 500) WHERE r = 'eu-west-1'",
                "0",
                eu,
            ),
            (
                "us-east-1",
                "SELECT count(*) FROM instances i JOIN (VALUES ('us-east-1'), ('eu-west-1')) v (r) ON v.r = i.region",
                "137",
                eu,
            ),
            (
                "us-east-1",
                "SELECT count(*) FROM instances i JOIN (VALUES ('eu-west-1', 'a'), ('eu-west-1', 'b')) v (r, n) \
                 ON v.r = i.region AND v.n = i.name",
                "0",
                eu,
            ),
            (
                "us-*",
                &count("region = 'eu-west-1'"),
                "0",
                "warning: eu-west-1 is not among the regions asked (us-east-1, us-east-2, us-west-2): \
                 --region 'us-*,eu-west-1' asks it",
            ),
            (
                "us-*,!us-west-2",
                &count("region = 'us-west-2'"),
                "0",
                "warning: us-west-2 is not among the regions asked (us-east-1, us-east-2): \
                 --region us-east-1,us-east-2,us-west-2 asks it",
            ),
            (
                "us-east-1",
                &count("region LIKE 'eu-west-%'"),
                "0",
                "warning: eu-west-1, eu-west-2 and eu-west-3 are not among the regions asked (us-east-1): \
                 --region us-east-1,eu-west-1,eu-west-2,eu-west-3 asks them",
            ),
            (
                "us-east-1",
                &count("region LIKE 'ue-%'"),
                "0",
                "warning: the filter on region lets none of the regions asked pass (us-east-1)",
            ),
            (
                "us-east-1",
                "SELECT count(*) FROM instances i JOIN (VALUES ('eu-west-1%'), ('us-%')) v (p) ON i.region LIKE v.p",
                "137",
                eu,
            ),
            (
                "us-east-1",
                "SELECT count(*) FROM instances i JOIN (VALUES ('EU-WEST-1', 'x')) v (r, n) \
                 ON lower(v.r) = i.region OR i.name = v.n",
                "0",
                eu,
            ),
            (
                "us-east-1",
                "SELECT count(*) FROM instances i JOIN (VALUES ('eu-west')) v (p) ON i.region = v.p || '-1'",
                "0",
                eu,
            ),
            (
                "us-east-1",
                "SELECT count(*) FROM instances i WHERE EXISTS \
                 (SELECT 1 FROM (VALUES ('eu-west-1')) v (p) WHERE starts_with(i.region, v.p))",
                "0",
                eu,
            ),
            (
                "us-east-1",
                "SELECT region FROM (SELECT r AS region FROM (VALUES ('us-east-1'), ('eu-west-1')) v (r) \
                 UNION ALL SELECT DISTINCT region FROM instances) GROUP BY region HAVING count(*) = 1",
                "eu-west-1",
                eu,
            ),
            (
                "us-east-1",
                "SELECT count(*) FROM (SELECT region AS r FROM instances UNION ALL VALUES ('total')) q GROUP BY r ORDER BY 1 LIMIT 1",
                "1",
                "",
            ),
            ("all", &count("region = 'eu-west-1'"), "60", ""),
            ("us-east-1", &count("region = 'us-east-1'"), "137", ""),
            ("us-east-1", &count("region <> 'eu-west-1'"), "137", ""),
            ("us-east-1", &count("region = 'us-east-1' AND region = 'eu-west-1'"), "0", ""),
            ("us-east-1,us-west-2", &count("region LIKE 'us-%'"), "241", ""),
        ],
    );
}

#[test]
fn what_only_a_row_value_or_a_subquery_names_is_a_warning() {
    let eu =
        "warning: eu-west-1 is not among the regions asked (us-east-1): --region us-east-1,eu-west-1 asks it";
    check(
        quiet,
        &[
            ("us-east-1", &count("(region, name) = ('eu-west-1', 'x')"), "0", eu),
            ("us-east-1", &count("(region, name) IN (('eu-west-1', 'x'), ('us-east-1', 'y'))"), "0", eu),
            ("us-east-1", &count("(name, region) IN (SELECT 'x', 'eu-west-1')"), "0", eu),
            ("us-east-1", &count("region = (SELECT 'eu-west-1')"), "0", eu),
            ("us-east-1", &count("region IN ('us-east-1', (SELECT 'eu-west-1'))"), "137", eu),
            ("us-east-1", &count("lower(region) = lower((SELECT 'EU-WEST-1'))"), "0", eu),
            ("us-east-1", &count("region = lower((SELECT 'EU-WEST-1'))"), "0", eu),
            (
                "us-east-1",
                &count("region <> (SELECT 'us-esat-1')"),
                "137",
                "warning: us-esat-1 is no region of Lightsail: did you mean us-east-1?",
            ),
            (
                "us-east-1",
                &count("profile = (SELECT 'prod')"),
                "0",
                "warning: prod is not among the profiles asked (default)",
            ),
            ("us-east-1", &count("region = (SELECT max(region) FROM buckets)"), "137", ""),
            ("all", &count("region = (SELECT 'eu-west-1')"), "60", ""),
        ],
    );
}

#[test]
fn an_arn_or_a_zone_names_a_region() {
    let eu =
        "warning: eu-west-1 is not among the regions asked (us-east-1): --region us-east-1,eu-west-1 asks it";
    let arn = "'arn:aws:lightsail:eu-west-1:123456789012:Instance/a'";
    check(
        quiet,
        &[
            ("us-east-1", &count(&format!("arn = {arn}")), "0", eu),
            ("us-east-1", &count(&format!("arn <> {arn}")), "137", ""),
            ("us-east-1", &count(&format!("arn = (SELECT {arn})")), "0", eu),
            ("us-east-1", &format!("{COUNT} i JOIN (VALUES ({arn})) v (a) ON v.a = i.arn"), "0", eu),
            (
                "us-east-1",
                &count("arn = 'arn:aws:lightsail:us-east-1:999999999999:Instance/a'"),
                "0",
                "warning: 999999999999 is not among the accounts asked (123456789012)",
            ),
            (
                "us-east-1",
                &count("arn = 'arn:aws:lightsail:global:123456789012:Domain/a'"),
                "0",
                "warning: global is the region of domains and distributions: no row of instances is of it",
            ),
            ("us-east-1", &count("availability_zone = 'eu-west-1a'"), "0", eu),
            ("us-east-1", &count("availability_zone IN ('eu-west-1a', 'us-east-1a')"), "33", eu),
            (
                "us-east-1",
                &count("availability_zone = 'us-esat-1a'"),
                "0",
                "warning: us-esat-1 is not among the regions asked (us-east-1): did you mean us-east-1?",
            ),
            (
                "us-east-1",
                &format!("SELECT count(*) FROM tags WHERE resource_arn = {arn}"),
                "0",
                "warning: eu-west-1 is not among the regions asked (us-east-1, global): \
                 --region us-east-1,eu-west-1 asks it",
            ),
            // A snapshot may be of another region's instance.
            (
                "us-east-1",
                &format!("SELECT count(*) FROM instance_snapshots WHERE from_instance_arn = {arn}"),
                "0",
                "",
            ),
            (
                "us-east-1",
                "SELECT count(*) FROM instances i JOIN tags t ON t.resource_arn = i.arn",
                "379",
                "",
            ),
        ],
    );
}

#[test]
fn a_slip_of_the_pen_is_told_from_a_region_that_is_not_asked() {
    let meant = "warning: us-esat-1 is not among the regions asked (us-east-1): did you mean us-east-1?";
    check(
        quiet,
        &[
            ("us-east-1", &count("region = 'us-esat-1'"), "0", meant),
            (
                "us-east-1",
                &count("region = 'bogus'"),
                "0",
                "warning: bogus is not among the regions asked (us-east-1), and none that Lightsail is known to have",
            ),
            (
                "us-east-1",
                &count("region <> 'us-esat-1'"),
                "137",
                "warning: us-esat-1 is no region of Lightsail: did you mean us-east-1?",
            ),
        ],
    );
}

#[test]
fn a_profile_or_account_that_is_not_asked_is_a_warning() {
    let prod = "warning: prod is not among the profiles asked (default)";
    let account = "warning: 999999999999 is not among the accounts asked (123456789012)";
    check(
        quiet,
        &[
            ("all", &count("profile = 'prod'"), "0", prod),
            ("all", &count("profile IN ('prod', 'default')"), "400", prod),
            (
                "all",
                &count("profile = 'defualt'"),
                "0",
                "warning: defualt is not among the profiles asked (default): did you mean default?",
            ),
            ("all", &count("account_id = '999999999999'"), "0", account),
            ("all", &count("account_id IN ('999999999999', '123456789012')"), "400", account),
            ("all", &count("account_id = '123456789012'"), "400", ""),
            (
                "all",
                &format!("{COUNT} i JOIN (VALUES ('prod'), ('default')) v (p) ON v.p = i.profile"),
                "400",
                prod,
            ),
        ],
    );
    let endpoint = Endpoint::start(demo::Config::default());
    let run = endpoint.run(&["-q", "--no-header", "--format", "csv", "-c", &count("profile = 'prod'")]);
    // The keys in the environment are of no profile that could be named beside it.
    let how = "warning: prod is not among the profiles asked (default): --profile prod asks it\n";
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("0\n", how));
    assert_eq!(endpoint.server.request_count(), 0);
}

#[test]
fn tables_whose_rows_say_another_region_say_which() {
    let domains = "SELECT count(*) FROM domains";
    check(
        quiet,
        &[
            (
                "all",
                &format!("{domains} WHERE region = 'us-east-1'"),
                "0",
                "warning: the rows of domains are of region global, not us-east-1",
            ),
            (
                "all",
                &format!("{domains} WHERE region = 'eu-west-1'"),
                "0",
                "warning: the rows of domains are of region us-east-1 or global, not eu-west-1",
            ),
            ("all", &format!("{domains} WHERE region IN ('us-east-1', 'global')"), "13", ""),
            (
                "all",
                "SELECT count(*) FROM distribution_bundles WHERE region = 'global'",
                "0",
                "warning: the rows of distribution_bundles are of region us-east-1, not global",
            ),
            (
                "all",
                &count("region = 'global'"),
                "0",
                "warning: global is the region of domains and distributions: no row of instances is of it",
            ),
            (
                "all",
                "SELECT count(*) FROM regions WHERE region = 'eu-west-1'",
                "0",
                "warning: the rows of regions are of region us-east-1, not eu-west-1",
            ),
            ("all", "SELECT count(*) > 0 FROM tags WHERE region = 'us-east-1'", "true", ""),
            ("all", "SELECT count(*) > 0 FROM monthly_costs", "true", ""),
            ("us-east-1", "SELECT count(*) > 0 FROM unused", "true", ""),
        ],
    );
}

#[test]
fn what_is_set_is_looked_at() {
    check(
        quiet,
        &[
            (
                "us-east-1",
                "SET lightsail.regions = 'bogus'",
                "",
                "warning: bogus is no region that Lightsail is known to have",
            ),
            (
                "us-east-1",
                "SET lightsail.regions = 'eu-*,us-esat-1'",
                "",
                "warning: us-esat-1 is no region of Lightsail: did you mean us-east-1?",
            ),
            ("us-east-1", "SET lightsail.regions = 'eu-*,!eu-west-1,us-east-1'", "", ""),
        ],
    );
    let refused = quiet("us-east-1", "SET lightsail.regions = 'US EAST'");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("lightsail.regions: \"US EAST\" is no region"), "{}", refused.stderr);
}

#[test]
fn explain_foresees_what_is_not_asked() {
    let run = quiet("us-east-1", &format!("EXPLAIN {}", count("region = 'eu-west-1'")));
    let eu = "warning: eu-west-1 is not among the regions asked (us-east-1): --region us-east-1,eu-west-1 asks it\n";
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), eu));
    let text = "instance_metrics.timestamp: no filter says from when on: the last 24 hours are asked";
    let run = noted("us-east-1", "EXPLAIN SELECT count(*) FROM instance_metrics");
    assert_eq!(run.stderr, format!("note: {text}\n"));
    assert!(run.stdout.contains(&format!("not asked=[{text}]")), "{}", run.stdout);
    let run = noted(
        "us-east-1",
        "EXPLAIN SELECT * FROM instance_metrics WHERE timestamp > now() - INTERVAL '1 hour'",
    );
    assert!(run.stderr.is_empty() && !run.stdout.contains("not asked"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn what_is_asked_by_default_is_said() {
    let log = "no filter says from when on: what the service still keeps is asked";
    let events = "no filter says from when on: the last 14 days are asked, all that the service has";
    check(
        noted,
        &[
            (
                "us-east-1",
                "SELECT count(*) > 0 FROM container_logs",
                "true",
                &format!(
                    "note: container_logs.container_name: only containers of deployments that run or come next are asked\n\
                     note: container_logs.created_at: {log}"
                ),
            ),
            (
                "us-east-1",
                "SELECT count(*) > 0 FROM relational_database_log_events",
                "true",
                &format!("note: relational_database_log_events.created_at: {log}"),
            ),
            (
                "us-east-1",
                "SELECT count(*) > 0 FROM relational_database_events",
                "true",
                &format!("note: relational_database_events.created_at: {events}"),
            ),
            (
                "us-east-1",
                "SELECT count(*) FROM cost_estimates WHERE resource_name = 'db-prod-0001-data-1'",
                "30",
                "note: cost_estimates.start_time: no filter says from when on: the last 30 days are asked",
            ),
            (
                "us-east-1",
                "SELECT count(*) > 0 FROM relational_database_log_events WHERE created_at > '2025-12-31T00:00:00Z'",
                "true",
                "",
            ),
        ],
    );
}

/// What is not asked beside a join of `domain_entries` with `instances`.
const ELSEWHERE: &str = "note: domain_entries: it names things of any region, and instances is only read in the regions asked: \
                         rows without a partner may have one elsewhere; --region all asks everywhere";

#[test]
fn what_joins_all_regions_with_some_is_said() {
    let entries = |condition: &str| format!("SELECT count(*) >= 0 FROM domain_entries e {condition}");
    let left = entries("LEFT JOIN instances i ON i.public_ip_address = e.target WHERE i.name IS NULL");
    let not_exists =
        entries("WHERE NOT EXISTS (SELECT 1 FROM instances i WHERE i.public_ip_address = e.target)");
    let unequal = entries(
        "WHERE NOT EXISTS (SELECT 1 FROM instances i WHERE starts_with(e.target, i.public_ip_address))",
    );
    let not_in = entries("WHERE e.target NOT IN (SELECT public_ip_address FROM instances)");
    let except = "SELECT count(*) >= 0 FROM (SELECT target FROM domain_entries EXCEPT SELECT public_ip_address FROM instances)";
    let full = entries("FULL JOIN instances i ON i.public_ip_address = e.target");
    let right =
        "SELECT count(*) >= 0 FROM instances i RIGHT JOIN domain_entries e ON i.public_ip_address = e.target";
    let inner = entries("JOIN instances i ON i.public_ip_address = e.target");
    let counted = "SELECT count(i.n) >= 0 FROM domain_entries e LEFT JOIN \
                   (SELECT public_ip_address AS a, count(*) AS n FROM instances GROUP BY 1) i ON i.a = e.target";
    let snapshots = "SELECT count(*) > 0 FROM instance_snapshots s LEFT JOIN instances i ON i.arn = s.from_instance_arn \
                     WHERE i.arn IS NULL";
    let of_snapshots = ELSEWHERE.replace("domain_entries", "instance_snapshots");
    let regional =
        "SELECT count(*) > 0 FROM instances i LEFT JOIN domain_entries e ON i.public_ip_address = e.target";
    for sql in [&left, &not_exists, &unequal, &not_in, except, &full, right, &inner, counted] {
        check(noted, &[("us-east-1,eu-west-1", sql, "true", ELSEWHERE), ("all", sql, "true", "")]);
    }
    check(
        noted,
        &[
            ("us-east-1", snapshots, "true", &of_snapshots),
            ("all", snapshots, "true", ""),
            // Of these rows all are asked.
            ("us-east-1", regional, "true", ""),
        ],
    );
}

#[test]
fn a_file_says_that_it_is_not_complete() {
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("x.parquet");
    let metric = "SELECT * FROM instance_metrics m \
                  JOIN (VALUES (TIMESTAMP '2025-12-01 00:00:00')) v (t) ON m.timestamp >= v.t AND m.timestamp < v.t + INTERVAL '1 hour' \
                  WHERE m.instance_name = 'db-prod-0001' AND m.metric_name = 'CPUUtilization'";
    let orphans =
        "SELECT e.name FROM domain_entries e LEFT JOIN instances i ON i.public_ip_address = e.target";
    for (sql, complete) in [
        ("SELECT name FROM instances", "true"),
        (metric, "false"),
        ("SELECT * FROM instances WHERE region IN ('us-east-1', 'eu-west-1')", "false"),
        (orphans, "false"),
        ("SELECT message FROM relational_database_log_events", "true"),
        ("SELECT usage_cost FROM cost_estimates WHERE resource_name = 'db-prod-0001-data-1'", "false"),
    ] {
        let run = run(&["--demo", "--region", "us-east-1", "-o", file.to_str().unwrap(), "-c", sql]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let file = std::fs::File::open(&file).unwrap();
        let reader = parquet::file::reader::SerializedFileReader::new(file).unwrap();
        let metadata =
            parquet::file::reader::FileReader::metadata(&reader).file_metadata().key_value_metadata();
        let value = |key: &str| metadata.unwrap().iter().find(|pair| pair.key == key)?.value.clone();
        assert_eq!(value("lightsail_sql.complete").as_deref(), Some(complete), "{sql}");
        let not_asked = value("lightsail_sql.not_asked");
        assert_eq!(not_asked.is_some(), complete == "false", "{sql}");
        let said = not_asked.unwrap_or_default();
        assert!(run.stderr.contains(&said), "{said}\n{}", run.stderr);
    }
}

#[test]
fn scans_say_what_they_did_not_ask() {
    let sql = "SELECT count(*) FROM instance_metrics WHERE metric_name = 'CPUUtilization'; \
               SELECT operation, complete, not_asked FROM system.scans ORDER BY 1";
    let run = quiet("ap-northeast-1", sql);
    let scans = "GetInstanceMetricData,false,instance_metrics.timestamp: no filter says from when on: the last 24 hours are asked\n\
                 GetInstances,true,\n";
    assert!(run.stdout.ends_with(scans), "{}{}", run.stdout, run.stderr);
}

#[test]
fn what_is_meant_for_another_branch_of_a_union_is_no_warning() {
    let branches = "SELECT count(*) FROM (SELECT region, name FROM instances \
                    UNION ALL SELECT region, name FROM domains) WHERE region";
    check(
        quiet,
        &[
            ("all", &format!("{branches} = 'us-east-1'"), "137", ""),
            ("all", &format!("{branches} = 'global'"), "13", ""),
            ("all", "SELECT count(*) > 0 FROM monthly_costs WHERE region = 'us-east-1'", "true", ""),
            ("all", "SELECT count(*) > 0 FROM unused WHERE region IN ('us-east-1', 'global')", "true", ""),
        ],
    );
    let typo = quiet("all", &format!("{branches} = 'us-esat-1'"));
    assert!(typo.stderr.contains("did you mean us-east-1?"), "{}", typo.stderr);
}

#[test]
fn a_join_with_all_regions_says_that_only_some_are_asked() {
    for sql in [
        "SELECT count(*) FROM regions r LEFT JOIN instances i ON i.region = r.name",
        "SELECT count(*) FROM instances WHERE region IN (SELECT name FROM regions WHERE continent_code = 'EU')",
    ] {
        let run = noted("us-east-1", sql);
        let note =
            "note: regions: it names things of any region, and instances is only read in the regions asked";
        assert!(run.stderr.contains(note), "{sql}: {}", run.stderr);
        assert_eq!(noted("all", sql).stderr, "", "{sql}");
    }
}
