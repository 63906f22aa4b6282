//! What is missing is known wherever an answer goes on to: tables, files, joins, limits; and what nobody wanted is not missing.

use lightsail_demo::{Reply, Request};

use crate::faults::{THREE, one_refuses, refuse};
use crate::support::Endpoint;
use crate::support::shell::open_at;

#[test]
fn what_a_table_was_made_of_is_known_as_long_as_it_is_there() {
    let endpoint = Endpoint::with_hook(one_refuses);
    let made = "CREATE TABLE t AS SELECT name FROM instances";
    let empty = "CREATE TABLE u AS SELECT 'x' AS name";
    // How many of the statements say that they are partial.
    for (sql, partial) in [
        (format!("{made}; DROP TABLE t; CREATE TABLE t AS SELECT 1 AS a; SELECT * FROM t"), 1),
        (format!("{made}; CREATE OR REPLACE TABLE t AS SELECT 1 AS a; SELECT * FROM t"), 1),
        (format!("{made}; CREATE OR REPLACE TABLE t AS SELECT name FROM t; SELECT * FROM t"), 3),
        (format!("{made}; CREATE TABLE IF NOT EXISTS t AS SELECT 'x' AS name; SELECT * FROM t"), 2),
        (format!("{made}; DROP VIEW IF EXISTS t; SELECT * FROM t"), 2),
        (format!("{made}; INSERT INTO t SELECT 'a'; EXPLAIN SELECT * FROM t"), 1),
        (format!("{empty}; INSERT INTO u SELECT name FROM instances; SELECT * FROM u"), 2),
        (
            format!(
                "{empty}; CREATE VIEW v AS SELECT * FROM u; INSERT INTO u SELECT name FROM instances; SELECT * FROM v"
            ),
            2,
        ),
        (
            format!(
                "{empty}; PREPARE p AS INSERT INTO u SELECT name FROM instances; EXECUTE p; SELECT * FROM u"
            ),
            2,
        ),
        (
            format!(
                "{empty}; PREPARE p AS SELECT * FROM u; INSERT INTO u SELECT name FROM instances; EXECUTE p"
            ),
            2,
        ),
        (
            "CREATE SCHEMA x; CREATE TABLE x.t AS SELECT name FROM instances; \
             SET datafusion.catalog.default_schema = 'x'; SELECT * FROM t; SELECT * FROM x.t"
                .into(),
            3,
        ),
        ("SELECT name INTO t FROM instances; SELECT * FROM t".into(), 2),
        (format!("{empty}; EXPLAIN ANALYZE INSERT INTO u SELECT name FROM instances; SELECT * FROM u"), 2),
        (format!("{empty}; EXPLAIN INSERT INTO u SELECT name FROM instances; SELECT * FROM u"), 0),
        (format!("{made}; CREATE VIEW v AS SELECT * FROM t; DROP TABLE t; SELECT * FROM v"), 2),
        (format!("{made}; PREPARE p AS SELECT * FROM t; DROP TABLE t; EXECUTE p"), 2),
        (
            format!(
                "{made}; CREATE VIEW v AS SELECT * FROM t; CREATE OR REPLACE TABLE t AS SELECT 'x' AS name; \
                 SELECT * FROM v; SELECT * FROM t"
            ),
            2,
        ),
        (
            "SET datafusion.sql_parser.enable_ident_normalization = false; \
             CREATE TABLE Big AS SELECT name FROM instances; SELECT * FROM Big"
                .into(),
            2,
        ),
        (format!("{made}; SELECT 'y' WHERE EXISTS (SELECT 1 FROM t)"), 2),
        (format!("{made}; SELECT * FROM (VALUES (1)) v(a) WHERE a > (SELECT count(*) FROM t)"), 2),
        (format!("{made}; SELECT * FROM t WHERE false"), 1),
    ] {
        let run =
            endpoint.run(&[THREE[0], THREE[1], "--allow-partial", "--timing", "--format", "csv", "-c", &sql]);
        assert_eq!(run.stderr.matches(", PARTIAL: 1 of 3").count(), partial, "{sql}\n{}", run.stderr);
    }
}

#[test]
fn a_parquet_file_that_is_not_complete_is_not_complete_when_it_is_read() {
    let endpoint = Endpoint::with_hook(one_refuses);
    let directory = tempfile::TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    let (first, second, whole) = (at("first.parquet"), at("second.parquet"), at("whole.parquet"));
    let allowed = [THREE[0], THREE[1], "--allow-partial"];
    let run = |more: &[&str]| endpoint.run(&[&allowed[..], more].concat());
    assert_eq!(run(&["-o", &first, "-c", "SELECT name FROM instances"]).code, Some(3));
    assert_eq!(
        run(&["-o", &whole, "-c", "SELECT name FROM instances WHERE region = 'us-east-2'"]).code,
        Some(0)
    );
    let external = |file: &str| format!("CREATE EXTERNAL TABLE f STORED AS PARQUET LOCATION '{file}'");
    // Without a call: the file says what it misses, and the file that is made of it says so again.
    let again = run(&["-o", &second, "-c", &external(&first), "-c", "SELECT name FROM f"]);
    assert_eq!(again.code, Some(3), "{}", again.stderr);
    assert!(again.stderr.contains("first.parquet: GetInstances in eu-west-1"), "{}", again.stderr);
    let third = run(&["-c", &external(&second), "-c", "SELECT count(*) FROM f"]);
    assert_eq!(third.code, Some(3), "{}", third.stderr);
    let whole = run(&["-c", &external(&whole), "-c", "SELECT count(*) FROM f"]);
    assert_eq!((whole.code, whole.stderr.as_str()), (Some(0), ""), "{}", whole.stdout);
    std::fs::remove_file(&second).unwrap();
    let folder = directory.path().display().to_string() + "/";
    let both = run(&["-c", &external(&folder), "-c", "SELECT count(*) FROM f"]);
    assert_eq!(both.code, Some(3), "{}", both.stderr);
}

/// Rows that the statement did not want are not missing, whichever call came back first.
#[test]
fn what_was_not_wanted_is_not_missing() {
    let refuses = |operation: &'static str| {
        move |request: &Request| {
            (request.operation == operation && request.region == "eu-west-1")
                .then(|| Reply::error(400, "AccessDeniedException", "not today"))
        }
    };
    // The second side is read beside the first, which turns out to be empty.
    let join = "SELECT i.name FROM (SELECT * FROM instances WHERE state = 'terminated') i \
                JOIN load_balancers l ON l.support_code = i.support_code";
    for allowed in [&[][..], &["--allow-partial"]] {
        let endpoint = Endpoint::with_hook(refuses("GetLoadBalancers"));
        let run = endpoint.run(&[&[THREE[0], THREE[1]], allowed, &["--format", "csv", "-c", join]].concat());
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{allowed:?}");
    }
    let wanted = join.replace("'terminated'", "'running'");
    let endpoint = Endpoint::with_hook(refuses("GetLoadBalancers"));
    assert_eq!(endpoint.run(&[THREE[0], THREE[1], "-c", &wanted]).code, Some(254));
    assert_eq!(endpoint.run(&[THREE[0], THREE[1], "--allow-partial", "-c", &wanted]).code, Some(3));
    // A LIMIT that has its rows.
    for regions in ["eu-west-1,us-east-1", "us-east-1,eu-west-1"] {
        let endpoint = Endpoint::with_hook(refuses("GetInstances"));
        let limited = |limit: &str| {
            let sql = format!("SELECT name FROM instances LIMIT {limit}");
            endpoint.run(&["--region", regions, "--concurrency", "1", "--allow-partial", "-q", "-c", &sql])
        };
        let run = limited("3");
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{regions}");
        assert_eq!(limited("3000").code, Some(3), "{regions}");
    }
}

#[test]
fn no_way_to_a_file_loses_what_is_missing() {
    let endpoint = Endpoint::with_hook(one_refuses);
    let directory = tempfile::TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    let allowed = [THREE[0], THREE[1], "--allow-partial", "-c"];
    let run = |sql: &str| endpoint.run(&[&allowed[..], &[sql]].concat());
    let copy =
        run(&format!("EXPLAIN ANALYZE COPY (SELECT name FROM instances) TO '{}'", at("copied.parquet")));
    assert_eq!(copy.code, Some(2), "{}", copy.stderr);
    assert!(copy.stderr.contains("COPY is not the session's to run"), "{}", copy.stderr);
    std::fs::create_dir(at("files")).unwrap();
    // INSERT into files would leave half of one where it fails, whatever is allowed.
    for kind in ["PARQUET", "CSV", "JSON"] {
        let insert = run(&format!(
            "CREATE EXTERNAL TABLE f (name VARCHAR) STORED AS {kind} LOCATION '{}/'; INSERT INTO f SELECT name FROM instances",
            at("files")
        ));
        assert_eq!(insert.code, Some(2), "{}", insert.stderr);
        assert!(insert.stderr.contains("INSERT writes no files"), "{}", insert.stderr);
    }
    assert_eq!(std::fs::read_dir(at("files")).unwrap().count(), 0);
    assert!(!std::path::Path::new(&at("copied.parquet")).exists());
}

#[test]
fn a_table_of_a_cut_answer_says_so() {
    let endpoint = Endpoint::start(lightsail_demo::Config::default());
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("x.parquet").display().to_string();
    let region = ["--region", "us-east-1", "-c"];
    let sql = "SET lightsail.max_items = 2; CREATE TABLE t AS SELECT name FROM instances; RESET lightsail.max_items; \
               SELECT count(*) FROM t";
    let run = endpoint.run(&[&region[..], &[sql]].concat());
    assert_eq!((run.code, run.stderr.matches("cut short").count()), (Some(0), 1), "{}", run.stderr);
    let args = ["--region", "us-east-1", "--max-items", "2", "-o", &file, "-c", "SELECT name FROM instances"];
    assert_eq!(endpoint.run(&args).code, Some(0));
    let sql = format!("CREATE EXTERNAL TABLE f STORED AS PARQUET LOCATION '{file}'; SELECT count(*) FROM f");
    let run = endpoint.run(&[&region[..], &[&sql]].concat());
    assert!(run.stderr.contains("x.parquet: it ends at NextToken"), "{}", run.stderr);
}

#[test]
fn a_table_that_could_not_be_made_anew_is_as_it_was() {
    let endpoint = Endpoint::with_hook(one_refuses);
    let old = "CREATE TABLE t AS SELECT 'old' AS name";
    let new = "CREATE OR REPLACE TABLE t AS SELECT name FROM instances";
    let (_state, mut shell) = open_at(&endpoint);
    shell.enter("SET lightsail.regions = 'eu-west-1';");
    shell.prompt();
    shell.enter(&format!("{old};"));
    shell.expect("done");
    shell.enter(&format!("{new};"));
    shell.expect("error: ");
    shell.enter("SELECT name || '!' AS there FROM t;");
    shell.expect("old!");
    // Of a partial answer of which nothing is left no table is made.
    let nobody = Endpoint::with_hook(refuse(400, "AccessDeniedException", "never"));
    let made = nobody.run(&[
        THREE[0],
        THREE[1],
        "--allow-partial",
        "-c",
        "CREATE TABLE t AS SELECT i.name FROM instances i JOIN disks d ON d.attached_to = i.name",
    ]);
    assert_eq!(made.code, Some(254), "{}", made.stderr);
    let run = endpoint.run(&[
        "--region",
        "us-east-1",
        "-c",
        "CREATE TABLE IF NOT EXISTS instances AS SELECT 1 AS a",
    ]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn a_limit_over_a_union_does_not_depend_on_which_branch_is_quick() {
    for latency in [0, 400] {
        let endpoint = Endpoint::with_hook(move |request| {
            if request.operation != "GetStaticIps" || request.region != "eu-west-1" {
                return None;
            }
            std::thread::sleep(std::time::Duration::from_millis(latency));
            Some(Reply::error(400, "AccessDeniedException", "not today"))
        });
        let sql = |limit: &str| {
            format!(
                "SELECT name FROM instances UNION ALL SELECT name FROM static_ips WHERE ip_address = 'zz' {limit}"
            )
        };
        for (limit, code) in [("LIMIT 3", 0), ("", 3), ("LIMIT 100000", 3)] {
            let run = endpoint.run(&[THREE[0], THREE[1], "--allow-partial", "-q", "-c", &sql(limit)]);
            assert_eq!(run.code, Some(code), "{limit} {latency}: {}", run.stderr);
        }
        let sql = format!("SELECT count(*) FROM ({})", sql("LIMIT 3"));
        let run = endpoint.run(&[THREE[0], THREE[1], "--allow-partial", "-q", "--format", "csv", "-c", &sql]);
        assert!(run.stdout.ends_with("3\n"), "{}", run.stderr);
    }
}
