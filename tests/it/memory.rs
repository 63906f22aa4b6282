//! What a run holds does not grow with what it reads.

#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};
use std::time::Duration;

use lightsail_demo as demo;

use crate::support::{Endpoint, command};

/// The most memory, in MB, that a run which exports so many instances to Parquet, or captures them, ever held.
fn peak(instances: u64, captures: bool) -> u64 {
    let config = demo::Config { instances: Some(instances), regions: Some(4), ..demo::Config::default() };
    let endpoint = Endpoint::start(config);
    let directory = tempfile::TempDir::new().unwrap();
    let (file, url) = (directory.path().join("x.parquet"), endpoint.server.url());
    let path = file.to_str().unwrap();
    let export = ["--region", "all", "-q", "-o", path, "-c", "SELECT * FROM instances"];
    let tables = "instances,disks,ports,tags,add_ons";
    let args = if captures { ["capture", path, "--region", "all", "-q", "--tables", tables] } else { export };
    let env = [
        ("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", url.as_str()),
    ];
    let held = held(command(&args, &env), 0);
    assert!(endpoint.server.request_count() > instances / 20, "all pages were read");
    held
}

/// What a process holds, in MB: now (`VmRSS:`) or at most (`VmHWM:`); 0 of one that has ended.
pub fn megabytes(process: u32, key: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let held = status.lines().find_map(|line| line.strip_prefix(key));
    held.and_then(|held| held.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).unwrap_or_default()
        / 1024
}

/// The most memory, in MB, that a run which ends with this exit code ever held.
fn held(mut command: Command, code: i32) -> u64 {
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    loop {
        peak = peak.max(megabytes(child.id(), "VmHWM:"));
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(code));
            return peak;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn streaming_holds_no_more_of_a_fleet_of_60_000_than_of_one_of_15_000() {
    let (small, large) = (peak(15_000, false), peak(60_000, false));
    assert!(small > 20, "{small} MB");
    // 45,000 more instances are 200 MB of pages.
    assert!(large < small + 60, "{large} MB for 60,000 instances, {small} MB for 15,000");
}

#[test]
fn a_capture_holds_no_more_of_a_fleet_of_30_000_than_of_one_of_10_000() {
    let (small, large) = (peak(10_000, true), peak(30_000, true));
    // 20,000 more instances are 90 MB of pages, and five tables read them.
    assert!(large < small + 60, "{large} MB for 30,000 instances, {small} MB for 10,000");
}

#[test]
fn a_script_is_read_in_pieces_and_has_no_end_of_statements() {
    let directory = tempfile::TempDir::new().unwrap();
    let run = |text: &str, code| {
        let file = directory.path().join("script.sql");
        std::fs::write(&file, text).unwrap();
        held(command(&["--demo", file.to_str().unwrap()], &[]), code)
    };
    let large = run(&";".repeat(2_000_000), 0);
    // Their tokens alone would be 200 MB, and the program is some 50.
    assert!(large < 160, "{large} MB for 2,000,000 semicolons");
    let many = run(&"SELECT 1;".repeat(30_000), 1);
    assert!(many < 500, "{many} MB for what is refused");
}

/// How many rounds there are unless `LIGHTSAIL_SQL_WATCH_ROUNDS` says it.
const ROUNDS: u64 = 600;

#[test]
fn a_process_that_asks_for_weeks_holds_no_more_than_after_an_hour() {
    let endpoint = Endpoint::start(demo::Config::default());
    let rounds = std::env::var("LIGHTSAIL_SQL_WATCH_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
    let url = endpoint.server.url();
    let env = [
        ("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", url.as_str()),
    ];
    let sql = "SELECT display_name, count(*) FROM regions GROUP BY 1 ORDER BY 1 \\watch 0.001";
    let mut command = command(&["-q", "-c", sql], &env);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let mut after = |round: u64| {
        // A round is a call.
        while endpoint.server.request_count() < round {
            assert!(child.try_wait().unwrap().is_none(), "it goes on until it is told to end");
            std::thread::sleep(Duration::from_millis(20));
        }
        megabytes(child.id(), "VmRSS:")
    };
    let (early, late) = (after(rounds / 3), after(rounds));
    child.kill().unwrap();
    child.wait().unwrap();
    measured(format_args!("{early} MB after {} rounds, {late} MB after {rounds}", rounds / 3));
    assert!(
        early > 20 && late < early + 15,
        "{early} MB after {} rounds, {late} MB after {rounds}",
        rounds / 3
    );
}

#[expect(clippy::print_stderr, reason = "what was measured is shown with --nocapture")]
fn measured(line: std::fmt::Arguments<'_>) {
    eprintln!("{line}");
}
