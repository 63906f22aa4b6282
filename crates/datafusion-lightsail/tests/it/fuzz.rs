//! Pages of any bytes: rows, or an error of the call; never a bug of ours.

#[path = "../../../../fuzz/driver.rs"]
mod driver;

use std::sync::{Arc, Mutex};

use datafusion_lightsail::error::Kind;
use lightsail_demo as demo;

use crate::support::session::{ok, rows, start};

/// Tables whose pages are listings, charts and logs, and flattened out of others.
const TABLES: [&str; 6] = ["instances", "disks", "ports", "static_ips", "alarms", "bundles"];

#[test]
fn fuzz_page() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
        .unwrap();
    let body = Arc::new(Mutex::new(String::new()));
    let answer = Arc::clone(&body);
    let hook = move |_: &demo::Request| Some(ok(answer.lock().unwrap().clone()));
    let config = demo::Config { hook: Some(Arc::new(hook)), ..demo::Config::default() };
    let (_server, session) = runtime.block_on(start(config, "us-east-1"));
    let mut number = 0;
    driver::fuzz("page", 400, |bytes| {
        number += 1;
        *body.lock().unwrap() = String::from_utf8_lossy(bytes).into_owned();
        let sql = format!("SELECT * FROM {}", TABLES[number % TABLES.len()]);
        if let Err(error) = runtime.block_on(rows(&session, &sql)) {
            assert_eq!(error.kind(), Kind::Api, "{sql}: {error}");
        }
    });
}
