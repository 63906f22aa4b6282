//! One scan at an endpoint where things go wrong, and what is right of it whatever they are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::error::{Error, Kind};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::scan::{Record, RowOrder};
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::Session;
use futures::StreamExt;
use lightsail_demo::{self as demo, Server};
use tokio::runtime::{Builder, Runtime};

use crate::support::cells::cells;

/// The regions that are asked, in this order.
pub const REGIONS: [&str; 2] = ["us-east-1", "us-east-2"];

/// Items on a page: a few of them make a listing of several pages.
const PAGE: u64 = 3;

/// How a statement is asked.
#[derive(Debug, Clone, Copy)]
pub struct How {
    pub instances: u64,
    pub partial: bool,
    pub attempts: u32,
    pub max_items: Option<usize>,
    pub cached: bool,
    /// Whether an attempt is given up early.
    pub is_slow: bool,
}

/// Many times the same row is many rows.
pub type Rows = BTreeMap<String, usize>;

/// What a statement gave.
pub struct Told {
    pub rows: Rows,
    pub record: Arc<Record>,
    pub error: Option<Error>,
}

impl How {
    /// An endpoint where all is well, and a session that asks it.
    pub async fn start(&self) -> (Server, Session) {
        let config = demo::Config {
            instances: Some(self.instances),
            page: Some(PAGE),
            regions: Some(REGIONS.len()),
            ..demo::Config::default()
        };
        let server = Server::start(config, demo::LOOPBACK).await.unwrap();
        let settings = Settings {
            max_attempts: Some(self.attempts),
            connect_timeout: self.is_slow.then_some(Duration::from_millis(500)),
            read_timeout: self.is_slow.then_some(Duration::from_secs(2)),
            ..Settings::default()
        };
        let clients = Clients::new(settings.for_demo(server.url(), demo::ACCESS_KEY));
        let options = LightsailOptions::default()
            .with_regions(REGIONS.join(","))
            .with_allow_partial(self.partial)
            .with_max_items(self.max_items)
            .with_cache_ttl(if self.cached { Duration::from_secs(3600) } else { Duration::ZERO });
        let session = Session::new(Arc::new(clients), options).unwrap();
        (server, session)
    }
}

/// All rows of a statement.
pub async fn truth(session: &Session, sql: &str) -> Rows {
    let told = ask(session, sql).await;
    assert!(told.error.is_none() && !told.rows.is_empty(), "{sql}: {:?}", told.error);
    told.rows
}

/// Two threads with room for the plans of a debug build.
pub fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).thread_stack_size(16 << 20).enable_all().build().unwrap()
}

/// Runs a statement to its end.
pub async fn ask(session: &Session, sql: &str) -> Told {
    let record = session.begin();
    let statement = parse("test", sql).unwrap().remove(0);
    let mut told = Told { rows: Rows::new(), record: Arc::clone(&record), error: None };
    let answer = session.ask_with(record, statement.ast, &Parameters::new(), RowOrder::Arrival).await;
    let mut stream = match answer {
        Ok(answer) => answer.stream,
        Err(error) => return Told { error: Some(error.into()), ..told },
    };
    while let Some(batch) = stream.next().await {
        match batch {
            Ok(batch) => {
                for row in cells([&batch], "NULL") {
                    *told.rows.entry(row.join("|")).or_default() += 1;
                }
            }
            Err(error) => return Told { error: Some(error.into()), ..told },
        }
    }
    // What a person is told instead of a partial answer of nothing.
    told.error = told.record.total_failure();
    told
}

/// Rows that are not there, or not so often.
pub fn is_part_of(rows: &Rows, truth: &Rows) -> bool {
    rows.iter().all(|(row, count)| truth.get(row).is_some_and(|known| count <= known))
}

/// The rows of a region: it is the second of each shape's columns.
pub fn of_region(rows: &Rows, region: &str) -> Rows {
    let is_there = |row: &&String| row.split('|').nth(1) == Some(region);
    rows.iter().filter(|(row, _)| is_there(row)).map(|(row, count)| (row.clone(), *count)).collect()
}

/// What an error of a call has to say.
pub struct Expected<'a> {
    /// `None` for any.
    pub operation: Option<&'a str>,
    pub regions: &'a [&'a str],
    pub code: Option<&'a str>,
    pub has_request_id: bool,
    pub kind: Kind,
}

/// Whether an error says what it has to.
pub fn check(error: &Error, expected: &Expected<'_>) -> Result<(), String> {
    let fault = error.fault().ok_or_else(|| format!("no call is named: {error}"))?;
    let is_right = expected.operation.is_none_or(|operation| fault.operation == operation)
        && expected.regions.contains(&fault.region.as_str())
        && fault.code.as_deref() == expected.code
        && error.kind() == expected.kind
        && (fault.request_id.is_some() || !expected.has_request_id);
    let text = error.to_string();
    let names_all = [fault.operation, &fault.region]
        .into_iter()
        .chain(fault.code.as_deref())
        .chain(fault.request_id.as_deref())
        .all(|word| text.contains(word));
    if is_right && names_all {
        Ok(())
    } else {
        Err(format!("a wrong error, {:?} with {fault:?}", error.kind()))
    }
}
