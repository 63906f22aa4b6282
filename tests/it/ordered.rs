//! Two exports of the same fleet are the same, whichever region answers first.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lightsail_demo::{self as demo, Reply, Request};
use tempfile::TempDir;

use crate::support::Endpoint;

/// An endpoint whose regions take a while that differs: those that come first, or last, take longest.
fn endpoint(is_first_slow: bool) -> Endpoint {
    let seen = Mutex::new(HashMap::new());
    Endpoint::with_hook(move |request: &Request| {
        let mut seen = seen.lock().unwrap();
        let count: u64 = u64::try_from(seen.len()).unwrap();
        let number = *seen.entry(request.region.clone()).or_insert(count);
        let steps = if is_first_slow { 8 - number.min(8) } else { number };
        Some(Reply::After(Duration::from_millis(steps * 12)))
    })
}

#[test]
fn exports_are_the_same_byte_for_byte() {
    let directory = TempDir::new().unwrap();
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let queries = [
        // A listing; what is asked about each item of a listing; a UNION of several; a join.
        "SELECT name, arn, tags FROM instances",
        "SELECT instance_name, protocol, from_port FROM instance_port_states",
        "SELECT * FROM unused",
        "SELECT i.name, d.path FROM instances i JOIN disks d ON d.instance_arn = i.arn",
        "SELECT blueprint_id, count(*) FROM instances GROUP BY blueprint_id",
    ];
    let mut first: HashMap<String, (Vec<u8>, u64)> = HashMap::new();
    for is_first_slow in [true, false] {
        let mut written = Vec::new();
        for (number, sql) in queries.iter().enumerate() {
            let endpoint = endpoint(is_first_slow);
            let out = file(&format!("{number}.csv"));
            let run = endpoint.run(&["--region", "all", "-q", "-o", &out, "-c", sql]);
            assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{sql}");
            let calls = endpoint.server.request_count();
            written.push(((*sql).to_owned(), std::fs::read(&out).unwrap(), calls));
        }
        // COPY, a table that was made of rows, and what goes to a pipe.
        let endpoint = endpoint(is_first_slow);
        let copy = file("copy.json");
        let sql = format!(
            "COPY (SELECT name FROM instances) TO '{copy}'; CREATE TABLE t AS SELECT name FROM disks UNION ALL \
             SELECT name FROM instances; SELECT * FROM t"
        );
        let run = endpoint.run(&["--region", "all", "-q", "--format", "ndjson", "-c", &sql]);
        assert_eq!(run.stdout.lines().count(), 995, "{}", run.stderr);
        written.push(("copy".into(), std::fs::read(copy).unwrap(), 0));
        written.push(("pipe".into(), run.stdout.into_bytes(), endpoint.server.request_count()));
        for (sql, bytes, calls) in written {
            assert!(bytes.len() > 100, "{sql}");
            let known = first.entry(sql.clone()).or_insert_with(|| (bytes.clone(), calls));
            assert_eq!(known.1, calls, "{sql}");
            assert!(known.0 == bytes, "{sql}: the second export differs");
        }
    }
}

#[test]
fn rows_are_in_the_order_of_regions_and_pages() {
    let endpoint = endpoint(true);
    let args = ["--region", "us-west-2,us-east-1", "-q", "--format", "csv", "--no-header"];
    let sql = "SELECT region, name FROM instances";
    let run = endpoint.run(&[&args[..], &["-c", sql]].concat());
    let regions: Vec<&str> = run.stdout.lines().map(|line| line.split(',').next().unwrap()).collect();
    let first = regions[0];
    let turn = regions.iter().position(|region| *region != first).unwrap();
    assert!(regions[turn..].iter().all(|region| *region != first), "{regions:?}");
    let alone = endpoint.run(&["--region", first, "-q", "--format", "csv", "--no-header", "-c", sql]);
    assert!(run.stdout.starts_with(&alone.stdout));
}

#[test]
fn all_regions_are_still_read_at_the_same_time_and_a_limit_asks_no_more() {
    let arrived = Arc::new(Mutex::new(HashSet::new()));
    let seen = Arc::clone(&arrived);
    // Nobody is answered a first page before all were asked, or for 2 s.
    let endpoint = Endpoint::with_hook(move |request: &Request| {
        if request.operation != "GetInstances" {
            return None;
        }
        let mut seen = seen.lock().unwrap();
        seen.insert(request.region.clone());
        (seen.len() < 8).then_some(Reply::After(Duration::from_secs(2)))
    });
    let run = endpoint.run(&["--region", "all", "-q", "--format", "csv", "-c", "SELECT name FROM instances"]);
    assert_eq!(run.stdout.lines().count(), 401);
    let first: Vec<String> =
        endpoint.server.requests().iter().map(|request| request.region.clone()).collect();
    assert_eq!(first[1..9].iter().collect::<HashSet<_>>().len(), 8, "{first:?}");
    let endpoint = Endpoint::start(demo::Config { regions: Some(1), ..demo::Config::default() });
    let run = endpoint.run(&[
        "--region",
        "us-east-1",
        "-q",
        "--format",
        "csv",
        "-c",
        "SELECT name FROM instances LIMIT 21",
    ]);
    assert_eq!((run.stdout.lines().count(), endpoint.server.request_count()), (22, 2));
}

#[test]
fn sorted_branches_of_a_union_are_merged() {
    let endpoint = endpoint(false);
    let sql =
        "SELECT name FROM disks WHERE name IS NOT NULL UNION ALL SELECT name FROM instances ORDER BY name";
    let run = endpoint.run(&["--region", "all", "-q", "--format", "csv", "--no-header", "-c", sql]);
    let names: Vec<&str> = run.stdout.lines().collect();
    assert!(names.len() > 600 && names.is_sorted(), "{}", run.stderr);
}
