//! Targets that a query names in whatever shape, and that are not asked.

use crate::support::csv;

const EU: &str =
    "warning: eu-west-1 is not among the regions asked (us-east-1): --region us-east-1,eu-west-1 asks it\n";
const EUS: &str = "warning: eu-west-1, eu-west-2 and eu-west-3 are not among the regions asked (us-east-1): \
                   --region us-east-1,eu-west-1,eu-west-2,eu-west-3 asks them\n";

/// What is wrong with runs whose last line and warnings should be these; us-east-1 is asked.
fn check(cases: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (sql, rows, lines) in cases {
        let run = csv(&["-q", "--region", "us-east-1", "-c", sql]);
        if (run.code, run.stdout.trim_end(), run.stderr.as_str()) != (Some(0), *rows, *lines) {
            wrong.push(format!("{sql}\n{:?} {}{}", run.code, run.stdout, run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn count(predicate: &str) -> String {
    format!("SELECT count(*) FROM instances WHERE {predicate}")
}

#[test]
fn a_condition_names_a_region_whatever_its_shape() {
    check(&[
        (&count("lower(region) = 'eu-west-1'"), "0", EU),
        (&count("upper(trim(region)) = 'EU-WEST-1' OR name = 'nobody'"), "0", EU),
        (&count("name = 'nobody' OR region LIKE 'eu-west-%'"), "0", EUS),
        (&count("name = 'nobody' OR NOT region NOT LIKE 'eu-west-%'"), "0", EUS),
        (&count("region ~ '^eu-west' OR name = 'nobody'"), "0", EUS),
        (&count("arn LIKE 'arn:aws:lightsail:eu-west-1:%'"), "0", EU),
        (&count("split_part(arn, ':', 4) = 'eu-west-1'"), "0", EU),
        (&count("availability_zone LIKE 'eu-west-1%'"), "0", EU),
        (
            &count("trim(profile) = 'prod' OR name = 'nobody'"),
            "0",
            "warning: prod is not among the profiles asked (default)\n",
        ),
        // None of these wants rows of another region, or of no region that could be named.
        (&count("arn NOT LIKE 'arn:aws:lightsail:eu-west-1:%'"), "137", ""),
        (&count("region LIKE 'us-%' OR name = 'nobody'"), "137", ""),
        (&count("region IS NOT NULL AND region <> 'eu-west-1' OR name = 'nobody'"), "137", ""),
    ]);
}

#[test]
fn a_condition_names_a_region_wherever_it_stands() {
    let having = "SELECT region, sum(n) FROM (SELECT region, count(*) n FROM instances GROUP BY region \
                  UNION ALL SELECT region, count(*) FROM buckets GROUP BY region) GROUP BY region HAVING";
    check(&[
        ("SELECT sum(CASE WHEN region = 'eu-west-1' THEN 1 ELSE 0 END) FROM instances", "0", EU),
        ("SELECT sum(CASE region WHEN 'eu-west-1' THEN 1 ELSE 0 END) FROM instances", "0", EU),
        ("SELECT count(*) FILTER (WHERE region LIKE 'eu-west-%') FROM instances", "0", EUS),
        ("SELECT region = 'eu-west-1', count(*) FROM instances GROUP BY 1", "false,137", EU),
        ("SELECT max(region) FROM instances HAVING max(region) = 'eu-west-1'", "", EU),
        (&format!("{having} region = 'eu-west-1'"), "", EU),
        (&format!("{having} region LIKE 'eu-west-%' OR sum(n) > 100000"), "", EUS),
        (
            "SELECT count(*) FROM instances i FULL JOIN static_ips s USING (region, name) WHERE region = 'eu-west-1'",
            "0",
            EU,
        ),
        (
            "SELECT CASE WHEN region LIKE 'us-%' THEN 'us' ELSE 'else' END, count(*) FROM instances GROUP BY 1",
            "us,137",
            "",
        ),
        (
            "SELECT count(*) FROM instances i LEFT JOIN static_ips s ON s.attached_to = i.name AND s.region = i.region \
             WHERE s.region IS NULL",
            "102",
            "",
        ),
    ]);
}

#[test]
fn rows_at_hand_name_the_regions_of_a_join_that_tells_its_scan_nothing() {
    let regions = "(VALUES ('us-east-1'), ('eu-west-1')) v (r)";
    let join = |kind: &str, instances: &str| {
        format!("SELECT count(*) FROM {regions} {kind} JOIN {instances} i ON i.region = v.r")
    };
    check(&[
        (&join("FULL", "instances"), "138", EU),
        (&join("LEFT", "(SELECT * FROM instances LIMIT 500)"), "138", EU),
        (&join("", "(SELECT * FROM instances LIMIT 500)"), "137", EU),
        // Labels that find no row are no wish for rows.
        (&join("RIGHT", "instances"), "137", ""),
    ]);
}

#[test]
fn a_table_of_the_session_knows_what_its_columns_were_asked_for() {
    let made = "CREATE TABLE x AS SELECT name, region AS r, public_ip_address FROM instances;";
    check(&[
        (&format!("{made} SELECT count(*) FROM x WHERE r = 'eu-west-1'"), "0", EU),
        (&format!("{made} SELECT count(*) FROM x WHERE r LIKE 'eu-west-%' OR name = 'nobody'"), "0", EUS),
        (
            &format!(
                "{made} CREATE TABLE y AS SELECT r, count(*) c FROM x GROUP BY r; SELECT count(*) FROM y WHERE r = 'eu-west-1'"
            ),
            "0",
            EU,
        ),
        (&format!("{made} SELECT count(*) FROM x WHERE r = 'us-east-1'"), "137", ""),
        (&format!("{made} SELECT count(*) FROM x WHERE name = 'eu-west-1'"), "0", ""),
        (
            "CREATE TABLE x (n VARCHAR, r VARCHAR); INSERT INTO x (r, n) SELECT region, name FROM instances; \
             SELECT count(*) FROM x WHERE r = 'eu-west-1'",
            "0",
            EU,
        ),
    ]);
    let orphans = "SELECT count(*) FROM domain_entries e LEFT JOIN x ON x.public_ip_address = e.target";
    let ask = |regions: &str| csv(&["--region", regions, "-c", &format!("{made} {orphans}")]);
    let note = "note: domain_entries: it names things of any region, and instances is only read in the regions asked";
    assert!(ask("us-east-1").stderr.contains(note), "{}", ask("us-east-1").stderr);
    assert!(!ask("all").stderr.contains(note), "{}", ask("all").stderr);
}
