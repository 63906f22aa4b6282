//! What the way from pages to record batches costs, beside what the bare SDK costs for the same pages.
//!
//! `cargo bench` runs both in one process against the embedded endpoint; the ratio is what counts.

#![expect(clippy::expect_used, reason = "a benchmark that cannot run has nothing better to do than to stop")]

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use datafusion_lightsail::aws::{Clients, Settings, Target, target::Profile};
use datafusion_lightsail::catalog::operation::{Items, PageRequest};
use datafusion_lightsail::catalog::resources::instances::GET_INSTANCES;
use datafusion_lightsail::catalog::table::Origin;
use datafusion_lightsail::catalog::{TABLES, Table};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::Session;
use futures::StreamExt;
use lightsail_demo as demo;
use tokio::runtime::Runtime;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const REGION: &str = "us-east-1";

struct Setup {
    runtime: Runtime,
    session: Session,
    client: aws_sdk_lightsail::Client,
    _server: demo::Server,
}

/// An endpoint with `instances` in one region, on threads of its own so that it does not slow its clients.
fn setup(instances: u64) -> Setup {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (session, client, server) = runtime.block_on(async {
        let config = demo::Config { instances: Some(instances), regions: Some(1), ..demo::Config::default() };
        let server = demo::Server::start(config, demo::LOOPBACK).await.expect("a port");
        let clients = Arc::new(Clients::new(Settings::default().for_demo(server.url(), demo::ACCESS_KEY)));
        let target = Target { profile: Profile::of_environment(), region: REGION.into() };
        let client = clients.client(&target).await.expect("static keys");
        let session =
            Session::new(clients, LightsailOptions::default().with_regions(REGION)).expect("a session");
        (session, client, server)
    });
    Setup { runtime, session, client, _server: server }
}

/// The least that any client must do: ask for each page and let the SDK decode it.
async fn drain(client: &aws_sdk_lightsail::Client) -> usize {
    let (mut token, mut instances) = (None, 0);
    loop {
        let page = client.get_instances().set_page_token(token).send().await.expect("a page");
        instances += page.instances().len();
        token = page.next_page_token;
        if token.is_none() {
            return instances;
        }
    }
}

async fn query(session: &Session, sql: &str) -> usize {
    let statement = parse("bench", sql).expect("SQL").remove(0);
    let mut stream = session.ask(statement.ast, &Parameters::new()).await.expect("a plan").stream;
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        rows += batch.expect("a batch").num_rows();
    }
    rows
}

/// One decoded page → the record batch of each table, all columns.
fn page_to_batch(criterion: &mut Criterion) {
    let setup = setup(20);
    let request = PageRequest::default();
    let page = setup.runtime.block_on((GET_INSTANCES.page)(setup.client.clone(), request)).expect("a page");
    let items: Items = page.items.expect("instances");
    let origin = Origin { operation: &GET_INSTANCES, profile: "default", region: REGION, account: None };
    let mut group = criterion.benchmark_group("page_to_batch");
    group.throughput(Throughput::Elements(items.len() as u64));
    for table in TABLES.iter().filter(|table| ["instances", "disks", "ports"].contains(&table.name())) {
        let schema = Table::schema(*table);
        let all: Vec<usize> = (0..schema.fields().len()).collect();
        group.bench_function(table.name(), |bencher| {
            bencher.iter(|| table.batch(&items, 0..items.len(), origin, &all, &schema).expect("a batch"));
        });
    }
    group.finish();
}

/// 50,000 instances over HTTP: the bare SDK, the scan of all columns, a count that builds none, and a join of three
/// tables that reads the pages once.
fn whole_scan(criterion: &mut Criterion) {
    const INSTANCES: u64 = 50_000;
    let setup = setup(INSTANCES);
    let mut group = criterion.benchmark_group("whole_scan");
    group.sample_size(10).throughput(Throughput::Elements(INSTANCES));
    group.bench_function(BenchmarkId::new("bare_sdk", INSTANCES), |bencher| {
        bencher.to_async(&setup.runtime).iter(|| drain(&setup.client));
    });
    for (name, sql) in [
        ("all_columns", "SELECT * FROM instances"),
        ("two_columns", "SELECT name, state FROM instances"),
        ("count", "SELECT count(*) FROM instances"),
        (
            "three_table_join",
            "SELECT count(*) FROM instances i JOIN disks d ON d.instance_arn = i.arn JOIN ports p ON p.instance_arn = i.arn",
        ),
    ] {
        group.bench_function(BenchmarkId::new(name, INSTANCES), |bencher| {
            bencher.to_async(&setup.runtime).iter(|| query(&setup.session, sql));
        });
    }
    group.finish();
}

/// A question asked again of pages that are young enough.
fn cached(criterion: &mut Criterion) {
    let setup = setup(1_000);
    setup.runtime.block_on(query(&setup.session, "SET lightsail.cache_ttl = '1h'"));
    let sql = "SELECT state, count(*) FROM instances GROUP BY state";
    setup.runtime.block_on(query(&setup.session, sql));
    criterion.bench_function("cached/1000", |bencher| {
        bencher.to_async(&setup.runtime).iter(|| query(&setup.session, sql));
    });
}

/// A list of 10,000 names becomes a plan: in time linear in their number.
fn planning(criterion: &mut Criterion) {
    let setup = setup(20);
    let names: Vec<String> = (0..10_000).map(|number| format!("'web-{number}'")).collect();
    let sql = format!("EXPLAIN SELECT * FROM instances WHERE name IN ({})", names.join(", "));
    criterion.bench_function("planning/10000_names", |bencher| {
        bencher.to_async(&setup.runtime).iter(|| query(&setup.session, &sql));
    });
}

criterion_group!(benches, page_to_batch, cached, planning, whole_scan);
criterion_main!(benches);
