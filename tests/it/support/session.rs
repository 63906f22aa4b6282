//! Sessions in this process: an endpoint, what a statement gives, and what arrived at the endpoint.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;
use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::error::Result;
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::scan::Notes;
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::Session;
use futures::{StreamExt, TryStreamExt};
use lightsail_demo::{self as demo, Reply, Request, Server};
use serde_json::Value;

use super::cells::cells;

/// An endpoint with `instances` in one region, and a session that asks it.
pub async fn one_region(instances: u64) -> (Server, Session) {
    let config = demo::Config { instances: Some(instances), regions: Some(1), ..demo::Config::default() };
    start(config, "us-east-1").await
}

/// An endpoint and a session that asks it in these regions, each call once.
pub async fn start(config: demo::Config, regions: &str) -> (Server, Session) {
    let server = Server::start(config, demo::LOOPBACK).await.unwrap();
    let settings = Settings { max_attempts: Some(1), ..Settings::default() };
    let clients = Clients::new(settings.for_demo(server.url(), demo::ACCESS_KEY));
    let session = Session::new(Arc::new(clients), LightsailOptions::default().with_regions(regions)).unwrap();
    (server, session)
}

/// A session in us-east-1 of an endpoint that answers what `answer` knows, and else what the standard fleet does.
pub async fn answering(
    answer: impl Fn(&Request) -> Option<Value> + Send + Sync + 'static,
) -> (Server, Session) {
    let hook = move |request: &Request| answer(request).map(ok);
    start(demo::Config { hook: Some(Arc::new(hook)), ..demo::Config::default() }, "us-east-1").await
}

/// An answer that is well, whatever its body.
pub fn ok(body: impl ToString) -> Reply {
    Reply::Status { status: 200, body: body.to_string(), headers: Vec::new() }
}

async fn stream(session: &Session, sql: &str) -> Result<SendableRecordBatchStream> {
    let statement = parse("test", sql)?.remove(0);
    Ok(session.ask(statement.ast, &Parameters::new()).await?.stream)
}

/// All that a statement gives.
pub async fn batches(session: &Session, sql: &str) -> Result<Vec<RecordBatch>> {
    Ok(stream(session, sql).await?.try_collect().await?)
}

/// The number of a result's rows.
pub async fn rows(session: &Session, sql: &str) -> Result<usize> {
    Ok(batches(session, sql).await?.iter().map(RecordBatch::num_rows).sum())
}

/// The first column of a result.
pub async fn column(session: &Session, sql: &str) -> Result<Vec<String>> {
    let rows = cells(&batches(session, sql).await?, "");
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next()).collect())
}

/// The first cell of a result, as soon as it is there.
pub async fn text(session: &Session, sql: &str) -> String {
    let mut stream = stream(session, sql).await.unwrap();
    let batch = stream.next().await.unwrap().unwrap();
    cells([&batch], "").swap_remove(0).swap_remove(0)
}

/// Sets one of the `lightsail.*` settings.
pub async fn set(session: &Session, setting: &str, value: impl ToString) {
    rows(session, &format!("SET lightsail.{setting} = '{}'", value.to_string())).await.unwrap();
}

/// What the last statement said besides its rows.
pub fn notes(session: &Session) -> Notes {
    session.records().records().last().unwrap().notes()
}

/// What arrived at the endpoint for a statement that has to succeed, and the number of its rows.
pub async fn ask(server: &Server, session: &Session, sql: &str) -> (Vec<Request>, usize) {
    let before = server.requests().len();
    let rows = rows(session, sql).await.unwrap();
    (server.requests().split_off(before), rows)
}

/// How often each operation was asked.
pub fn counted(requests: &[Request]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for request in requests {
        *counted.entry(request.operation.clone()).or_default() += 1;
    }
    counted
}
