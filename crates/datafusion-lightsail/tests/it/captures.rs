//! Tables that are read in one pass, as captures read them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion_lightsail::catalog::everything::rows as of_tables;
use datafusion_lightsail::catalog::identity::identity;
use datafusion_lightsail::catalog::{TABLES, Table};
use futures::TryStreamExt;
use lightsail_demo::{self as demo, Request};

use crate::support::cells::cells;
use crate::support::session::{ask, batches, start};

fn config() -> demo::Config {
    demo::Config { instances: Some(60), regions: Some(2), ..demo::Config::default() }
}

/// What tells a request from all others.
fn told(request: &Request) -> (String, String, String) {
    (request.region.clone(), request.operation.clone(), request.body.to_string())
}

/// The tables that tell what there is.
fn tables() -> Vec<&'static dyn Table> {
    TABLES.iter().filter(|table| table.range().is_none()).copied().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_pass_has_the_rows_of_all_tables_and_asks_for_each_page_once() {
    let (server, session) = start(config(), "all").await;
    let record = session.begin();
    let answer = session.read_tables(Arc::clone(&record), &tables()).await.unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let pages: Vec<_> = answer.stream.try_collect().await.unwrap();
    for (table, rows) in pages.iter().flat_map(of_tables) {
        *counts.entry(table.name()).or_default() += rows.num_rows();
    }
    let requests: Vec<_> = server.requests().iter().map(told).collect();
    let once: BTreeSet<_> = requests.iter().cloned().collect();
    let mut twice = requests.clone();
    once.iter().for_each(|request| drop(twice.remove(twice.iter().position(|one| one == request).unwrap())));
    assert_eq!(twice, [], "pages that were asked for twice");
    assert_eq!(record.calls(), once.len() as u64);
    assert!(record.completeness().is_complete());
    // By itself each table asks for what all of them ask together, and for no more.
    let mut alone = BTreeSet::new();
    for table in tables() {
        let (asked, rows) = ask(&server, &session, &format!("SELECT * FROM {}", table.name())).await;
        assert_eq!(counts.get(table.name()).copied().unwrap_or_default(), rows, "{}", table.name());
        alone.extend(asked.iter().map(told));
    }
    let is_more = |one: &BTreeSet<_>, other: &BTreeSet<(String, String, String)>| -> Vec<_> {
        // Whether health and connected resources are wanted is a member of the request.
        let plain = |(region, operation, body): &(String, String, String)| {
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            (region.clone(), operation.clone(), body["pageToken"].to_string())
        };
        let known: BTreeSet<_> = other.iter().map(plain).collect();
        one.iter().map(plain).filter(|request| !known.contains(request)).collect()
    };
    assert_eq!(is_more(&once, &alone), [], "nobody needs that");
    assert_eq!(is_more(&alone, &once), [], "not asked");
}

#[tokio::test]
async fn a_failed_operation_is_that_of_its_tables() {
    let refuses = |request: &Request| {
        (request.operation == "GetDisks").then(|| demo::Reply::error(400, "AccessDeniedException", "no"))
    };
    let config = demo::Config { hook: Some(Arc::new(refuses)), ..config() };
    let (_server, session) = start(config, "us-east-1").await;
    let read = async || -> datafusion::common::Result<usize> {
        let answer = session.read_tables(session.begin(), &tables()).await?;
        let pages: Vec<_> = answer.stream.try_collect().await?;
        let disks = pages.iter().flat_map(of_tables).filter(|(table, _)| table.name() == "block_disks");
        Ok(disks.map(|(_, rows)| rows.num_rows()).sum())
    };
    assert!(read().await.unwrap_err().to_string().contains("GetDisks"));
    crate::support::session::set(&session, "allow_partial", true).await;
    assert_eq!(read().await.unwrap(), 0);
    let record = session.records().records().pop().unwrap();
    assert_eq!(record.completeness().missing.len(), 1);
    let failed = record.scans().into_iter().filter(|scan| scan.error.is_some());
    assert_eq!(failed.map(|scan| scan.operation).collect::<Vec<_>>(), ["GetDisks"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn identities_tell_rows_apart() {
    let (_server, session) = start(demo::Config { instances: Some(200), ..config() }, "all").await;
    let mut alike = Vec::new();
    for table in tables() {
        let columns = identity(table);
        if columns.len() == table.columns().len() {
            continue;
        }
        let columns: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
        let sql = format!("SELECT {} FROM {}", columns.join(", "), table.name());
        let rows = cells(&batches(&session, &sql).await.unwrap(), "NULL");
        let distinct: BTreeSet<_> = rows.iter().collect();
        if rows.len() != distinct.len() {
            alike.push(format!("{}: {} of {}", table.name(), distinct.len(), rows.len()));
        }
    }
    assert!(alike.is_empty(), "{alike:?}");
}
