//! What a scan holds does not grow with what it reads.

#![cfg(target_os = "linux")]

use std::process::Stdio;
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
    let mut child = command(&args, &env).stdin(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let high = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let high = high.and_then(|high| high.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        peak = peak.max(high.unwrap_or_default() / 1024);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            assert!(endpoint.server.request_count() > instances / 20, "all pages were read");
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
