//! Every table of the catalog on the demo fleet: it has rows, its calls are counted, its plan is pinned, its examples
//! answer.

use datafusion_lightsail::catalog::TABLES;
use lightsail_demo as demo;

use crate::support::cells::cells;
use crate::support::masked;
use crate::support::session::{ask, batches, counted, rows, set, start};

/// Where a table is read whole. Instances have sixteen metrics each: a small region does for them.
fn region(table: &str) -> &'static str {
    if table == "instance_metrics" { "us-east-2" } else { "us-east-1" }
}

#[tokio::test]
async fn every_table_has_rows_and_makes_the_calls_that_it_must() {
    let (server, session) = start(demo::Config::default(), "us-east-1").await;
    let (mut document, mut empty) = (String::new(), Vec::new());
    for table in TABLES {
        let name = table.name();
        set(&session, "regions", region(name)).await;
        let (requests, count) = ask(&server, &session, &format!("SELECT * FROM {name}")).await;
        if count == 0 {
            empty.push(name);
        }
        let calls = counted(&requests);
        let calls: Vec<_> = calls.iter().map(|(operation, count)| format!("{operation} × {count}")).collect();
        document += &format!("{name}: {}\n", calls.join(", "));
    }
    assert!(empty.is_empty(), "no rows on the demo fleet: {empty:?}");
    masked().bind(|| insta::assert_snapshot!("tables_calls", document));
}

#[tokio::test]
async fn the_plan_of_every_table_is_pinned() {
    let (server, session) = start(demo::Config::default(), "us-east-1,us-east-2").await;
    let mut document = String::new();
    for table in TABLES {
        let sql = format!("EXPLAIN SELECT * FROM {}", table.name());
        let plan = cells(&batches(&session, &sql).await.unwrap(), "").swap_remove(1).swap_remove(1);
        // The columns are pinned with the schema.
        let (head, tail) = plan.split_once("columns=[").unwrap();
        let (_, tail) = tail.split_once(']').unwrap();
        document += &format!("{head}columns=[…]{tail}");
    }
    assert_eq!(server.request_count(), 0);
    masked().bind(|| insta::assert_snapshot!("tables_plans", document));
}

#[tokio::test]
async fn every_example_answers() {
    let (_server, session) = start(demo::Config::default(), "all").await;
    let mut wrong = Vec::new();
    for table in TABLES {
        for sql in table.examples() {
            match rows(&session, sql).await {
                Ok(0) => wrong.push(format!("{}: no rows: {sql}", table.name())),
                Ok(_) => {}
                Err(error) => wrong.push(format!("{}: {error}: {sql}", table.name())),
            }
        }
        if table.examples().is_empty() {
            wrong.push(format!("{}: no example", table.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
