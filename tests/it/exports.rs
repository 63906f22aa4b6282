//! What results become in files: each kind is read back, or looked at.

use std::path::Path;

use serde_json::Value;

use crate::support::{json_rows, names_in, run};

const SQL: &str =
    "SELECT region, name, state, cpu_count FROM instances WHERE region IN ('us-east-2', 'eu-west-1')";

fn written(args: &[&str]) -> crate::support::Run {
    let run = run(&[&["--demo"], args].concat());
    assert_eq!(run.code, Some(0), "{args:?}: {}", run.stderr);
    run
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// How many rows a query on files has.
fn count(from: &str) -> i64 {
    json_rows(&["-c", &format!("SELECT count(*) AS n FROM {from}")])[0]["n"].as_i64().unwrap()
}

#[test]
fn headers_are_what_was_typed_in_every_format() {
    let sql = "SELECT tags['env'], count(*), 'running', 1 FROM instances GROUP BY 1 ORDER BY 2 DESC LIMIT 1";
    let rows = json_rows(&["-c", sql]);
    let keys: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    for name in ["tags['env']", "count(*)", "'running'", "1"] {
        assert!(keys.contains(&&name.to_owned()), "{name}: {keys:?}");
    }
    let directory = tempfile::tempdir().unwrap();
    let parquet = directory.path().join("x.parquet");
    written(&["-o", text(&parquet), "-c", sql]);
    let back =
        json_rows(&["-c", &format!("SELECT \"count(*)\", \"tags['env']\" FROM '{}'", parquet.display())]);
    assert_eq!(back[0]["count(*)"], rows[0]["count(*)"]);
    let csv = run(&["--demo", "--format", "csv", "-c", sql]).stdout;
    assert!(csv.starts_with("tags['env'],count(*),'running',1\n"), "{csv}");
}

#[test]
fn a_file_is_read_by_its_path_and_joined_with_today() {
    let directory = tempfile::tempdir().unwrap();
    let all = json_rows(&["-c", SQL]).len() as i64;
    for suffix in ["parquet", "csv", "ndjson", "json", "arrow"] {
        let path = directory.path().join(format!("yesterday.{suffix}"));
        written(&["-o", text(&path), "-c", SQL]);
        assert_eq!(count(&format!("'{}'", path.display())), all, "{suffix}");
        let join =
            format!("'{}' y JOIN instances i ON i.name = y.name AND i.region = y.region", path.display());
        assert_eq!(count(&join), all, "{suffix}");
    }
    assert_eq!(count(&format!("'{}/*.parquet'", directory.path().display())), all);
    let missing = run(&["--demo", "-c", "SELECT * FROM 'no/such.parquet'"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("there is no file no/such.parquet"), "{}", missing.stderr);
}

#[test]
fn a_partial_file_says_so_when_it_is_read_by_its_path() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.parquet");
    // A region that is named and not asked: the file says that it is not complete.
    let sql = "SELECT region, name FROM instances WHERE region IN ('us-east-1', 'us-east-2')";
    written(&["--region", "us-east-1", "-o", text(&path), "-c", sql]);
    let read = run(&["--demo", "-c", &format!("SELECT count(*) FROM '{}'", path.display())]);
    assert!(read.stderr.contains("us-east-2"), "{}", read.stderr);
}

#[test]
fn folders_are_written_by_the_values_of_columns() {
    let directory = tempfile::tempdir().unwrap();
    let all = json_rows(&["-c", SQL]).len() as i64;
    let flag = directory.path().join("flag");
    written(&["-o", text(&flag), "--format", "parquet", "--partition-by", "region", "-c", SQL]);
    assert_eq!(names_in(&flag), ["region=eu-west-1", "region=us-east-2"]);
    assert_eq!(names_in(&flag.join("region=eu-west-1")), ["data.parquet"]);
    assert_eq!(count(&format!("'{}/*/*.parquet'", flag.display())), all);
    let regions = format!("(SELECT DISTINCT region FROM '{}/')", flag.display());
    assert_eq!(count(&regions), 2, "folders are columns again");
    for pattern in ["*/*.parquet", "**/*.parquet", "region=*/*.parquet", "region=eu-west-1/data.parquet"] {
        let by_folder = |from: &str, region: &str| {
            count(&format!("'{}/{from}' WHERE region = '{region}'", flag.display()))
        };
        assert_eq!(by_folder(pattern, "eu-west-1"), by_folder("", "eu-west-1"), "{pattern}");
        assert!(by_folder(pattern, "eu-west-1") > 0, "{pattern}");
    }
    let copy = directory.path().join("copy");
    let sql = format!("COPY ({SQL}) TO '{}' STORED AS CSV PARTITIONED BY (region, state)", copy.display());
    written(&["-c", &sql]);
    assert!(names_in(&copy.join("region=us-east-2")).contains(&"state=running".to_owned()));
    let again = run(&["--demo", "-c", &sql]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("is not empty"), "{}", again.stderr);
    assert_eq!(names_in(directory.path()), ["copy", "flag"], "nothing is left aside");
}

#[test]
fn suffixes_and_options_compress() {
    let directory = tempfile::tempdir().unwrap();
    let gz = directory.path().join("x.csv.gz");
    written(&["-o", text(&gz), "-c", SQL]);
    assert_eq!(std::fs::read(&gz).unwrap()[..2], [0x1f, 0x8b]);
    let zst = directory.path().join("x.ndjson.zst");
    written(&["-o", text(&zst), "-c", SQL]);
    assert_eq!(std::fs::read(&zst).unwrap()[..4], [0x28, 0xb5, 0x2f, 0xfd]);
    for path in [&gz, &zst] {
        let path = path.display();
        let run = run(&["--demo", "-c", &format!("SELECT count(*) FROM '{path}'")]);
        assert_eq!(run.code, Some(1));
        let expected = format!("error: -c:1:22: compressed files are not read: {path}\n");
        assert!(run.stderr.starts_with(&expected), "{}", run.stderr);
    }
    let table = "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION 'rows' OPTIONS (compression gzip)";
    let refused = run(&["--demo", "-c", table]);
    assert!(refused.stderr.contains("compressed files are not read: rows\n"), "{}", refused.stderr);
    let csv = directory.path().join("y.csv");
    let options = "OPTIONS (delimiter ';', header false, null '-')";
    written(&[
        "-c",
        &format!("COPY (SELECT 1 AS a, NULL AS b, 'x;y' AS c) TO '{}' {options}", csv.display()),
    ]);
    assert_eq!(std::fs::read_to_string(&csv).unwrap(), "1;-;\"x;y\"\n");
    let wrong =
        run(&["--demo", "-c", &format!("COPY (SELECT 1) TO '{}' OPTIONS (colour 'red')", csv.display())]);
    assert!(wrong.stderr.contains("COPY has no option colour"), "{}", wrong.stderr);
}

#[test]
fn a_page_of_html_says_what_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("x.html");
    written(&["-o", text(&page), "-c", SQL]);
    let html = std::fs::read_to_string(&page).unwrap();
    for part in [
        "<!DOCTYPE html>",
        "FROM instances",
        "<dt>complete</dt><dd>true</dd>",
        "<dt>snapshot time</dt>",
        "class=\"good\"",
    ] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn several_queries_become_the_sheets_of_one_workbook() {
    let directory = tempfile::tempdir().unwrap();
    let book = directory.path().join("x.xlsx");
    let file = |name: &str, sql: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, sql).unwrap();
        path
    };
    let (one, two) = (file("servers.sql", SQL), file("regions.sql", "SELECT name FROM regions"));
    written(&["-o", text(&book), text(&one), text(&two)]);
    let bytes = std::fs::read(&book).unwrap();
    assert!(bytes.starts_with(b"PK"), "no workbook");
    std::fs::write(&two, "SELECT nme FROM regions").unwrap();
    let failed = run(&["--demo", "-o", text(&book), text(&one), text(&two)]);
    assert_ne!(failed.code, Some(0));
    assert_eq!(std::fs::read(&book).unwrap(), bytes, "the old one stays");
    assert_eq!(names_in(directory.path()), ["regions.sql", "servers.sql", "x.xlsx"]);
}

#[test]
fn a_store_of_objects_is_out_of_scope_with_the_command_that_does_it() {
    let run = run(&["--demo", "-o", "s3://bucket/x.parquet", "-c", "SELECT 1"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("aws s3 cp x.parquet s3://bucket/x.parquet"), "{}", run.stderr);
}

#[test]
fn the_last_answer_is_a_table_without_a_call() {
    let run =
        run(&["--demo", "--timing", "--format", "csv", "-c", &format!("{SQL}; SELECT count(*) AS n FROM _")]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let all = json_rows(&["-c", SQL]).len();
    assert!(run.stdout.ends_with(&format!("n\n{all}\n")), "{}", run.stdout);
    assert!(run.stderr.contains("1 row in") && run.stderr.contains(", 0 API calls"), "{}", run.stderr);
    let none = run_of("SELECT * FROM _");
    assert!(none.stderr.contains("table '_'") || none.stderr.contains("_"), "{}", none.stderr);
    assert_eq!(none.code, Some(1));
}

fn run_of(sql: &str) -> crate::support::Run {
    run(&["--demo", "-c", sql])
}

#[test]
fn charts_are_drawn_of_labels_and_of_times() {
    let bars = run(&[
        "--demo",
        "--format",
        "chart",
        "-c",
        "SELECT region, count(*) FROM instances GROUP BY 1 ORDER BY 2 DESC",
    ]);
    assert!(
        bars.stdout.starts_with("count(*)\nus-east-1") && bars.stdout.contains("█ 137\n"),
        "{}",
        bars.stdout
    );
    let sql = "SELECT * FROM instance_metrics WHERE region = 'us-east-2' AND instance_name = 'db-test-0001' \
               AND metric_name = 'CPUUtilization'";
    let lines = run(&["--demo", "--format", "chart", "-c", sql]);
    assert_eq!(lines.code, Some(0), "{}", lines.stderr);
    assert!(
        lines.stdout.starts_with("average (Percent)\n") && lines.stdout.contains('╰'),
        "{}",
        lines.stdout
    );
    let directory = tempfile::tempdir().unwrap();
    let svg = directory.path().join("x.svg");
    written(&["-o", text(&svg), "-c", sql]);
    assert!(std::fs::read_to_string(&svg).unwrap().contains("<polyline"));
    let wrong = run(&["--demo", "--format", "chart", "-c", "SELECT 1 AS n"]);
    assert!(wrong.stderr.contains("a chart needs a label or a time"), "{}", wrong.stderr);
}

#[test]
fn a_value_that_json_has_is_what_was_read() {
    let row = &json_rows(&["-c", "SELECT created_at FROM instances ORDER BY name LIMIT 1"])[0];
    let Value::String(time) = &row["created_at"] else { panic!("{row}") };
    assert!(time.ends_with('Z') && time.contains('T'), "machines have all of a time: {time}");
}

#[test]
fn a_picture_of_dots_is_made_of_the_svg() {
    for (file, suffix) in [("chart.png", "png"), ("chart.PDF", "PDF")] {
        let run = run(&["--demo", "-o", file, "-c", "SELECT region, count(*) FROM instances GROUP BY 1"]);
        assert_eq!(run.code, Some(2), "{suffix}: {}", run.stderr);
        let hint = format!("hint: write chart.svg, and then: rsvg-convert -o {file} chart.svg");
        assert!(run.stderr.contains(&hint), "{}", run.stderr);
    }
}
