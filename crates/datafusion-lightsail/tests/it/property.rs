//! The property that holds the scan engine together: with and without pushdown, every query gives the same rows.
//!
//! Random queries are run twice: through the scan engine, the real SDK and HTTP, and on the same rows in memory, where
//! DataFusion does everything itself. How they are made is in `query`, how they become text in `text` and `predicate`.
//!
//! A failing query is shrunk, and its seed is kept beside this file and tried first from then on. A seed is worth
//! nothing once queries are made in another way: the text goes to [`REGRESSIONS`] as well.
//! `LIGHTSAIL_SQL_PROPERTY_CASES=20000 cargo test --test it property` asks that many.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use datafusion_lightsail::script::STACK;
use futures::TryStreamExt;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{
    Config, FileFailurePersistence, RngAlgorithm, TestCaseResult, TestRng, TestRunner,
};
use tokio::runtime::{Builder, Runtime};

mod fleet;
mod predicate;
mod query;
mod text;

use fleet::{Calls, Extent, Fleet, ast};
use text::{JOINS, Text, choose};

use crate::support::cells::cells;

/// How many queries there are unless `LIGHTSAIL_SQL_PROPERTY_CASES` says it; half of them share snapshots.
const CASES: u32 = 2400;
/// The most queries that share a snapshot.
const SHARING: u32 = 4;
/// How many names a scan looks up at a target before it reads the listing instead.
const LOOKUPS: u64 = 4;
/// No query of these takes so long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

const fn extent(instances: u64, regions: usize, asked: &'static str, profiles: &'static str) -> Extent {
    Extent { instances: Some(instances), regions, asked, profiles }
}

/// With a region that has nothing; with globs; of one full page; of two profiles; of several pages.
const SMALL: [Extent; 5] = [
    extent(2, 3, "all", "default"),
    extent(9, 4, "us-*,eu-west-1", "default"),
    extent(20, 1, "us-east-1", "default"),
    extent(31, 3, "all", "blue,green"),
    extent(63, 2, "us-east-1,us-east-2", "default"),
];
const LARGE: [Extent; 2] =
    [extent(150, 2, "all", "default"), Extent { instances: None, ..extent(0, 8, "all", "default") }];

/// Queries that once failed, in the shape that they were shrunk to. Those in one line share a snapshot.
const REGRESSIONS: [&[&str]; 8] = [
    // DataFusion could not plan it: its rule push_down_leaf_projections took the tags of one for those of the other.
    &["SELECT a.tags['env'], count(*) FROM instances a LEFT JOIN instances b ON a.arn = b.arn
       WHERE b.tags['team'] IS NOT NULL GROUP BY 1"],
    // With DataFusion's rule that moves filters in physical plans, the IS NULL was asked of the other side's column.
    &["SELECT t2.from_port FROM (SELECT * FROM ports ORDER BY instance_arn, from_port, to_port, protocol, access_from LIMIT 45) t1
       RIGHT JOIN ports t2 ON t1.instance_name = t2.instance_name AND t1.profile <= t1.profile AND t2.instance_arn < 'a'
       WHERE t1.ipv6_cidrs IS NULL"],
    // A cast into another unit was taken for the same number: what the join found left nothing.
    &["SELECT count(*) FROM (VALUES (1735689600), (1704067200), (1672531200)) v (x) JOIN instances i
       ON arrow_cast(date_trunc('year', i.created_at), 'Timestamp(Second, Some(\"UTC\"))')::bigint = v.x
       WHERE i.created_at > '2020-01-01'"],
    &["SELECT count(*) FROM instances WHERE ram_size_in_gb::boolean::int = 1 AND ram_size_in_gb::int = 0"],
    // The scan with the LIMIT gives up calls that the other one makes again.
    &["SELECT count(*) FROM (SELECT arn FROM instances LIMIT 1) CROSS JOIN tags"],
    // With DataFusion's rule for filters of joins, one on the name of a table was taken for one on the name of another,
    // which left no row: through a join, and through GROUP BY.
    &["SELECT a.name, b.name, i.name FROM instances a JOIN block_disks b ON b.attached_to = a.name AND b.region = a.region
       LEFT JOIN static_ips i ON i.attached_to = a.name AND i.region = a.region
       JOIN (SELECT name AS id FROM block_disks ORDER BY name LIMIT 2) s ON s.id = b.name"],
    &["SELECT q.* FROM (SELECT a.name AS n, b.name AS of_b, count(*) AS c FROM instances a
       JOIN block_disks b ON b.attached_to = a.name AND b.region = a.region GROUP BY a.name, b.name) q
       JOIN (SELECT name AS id FROM block_disks ORDER BY name LIMIT 2) s ON s.id = q.of_b"],
    // In memory, rows of the side that can be NULL were taken for sorted, for a filter below had made them all the same.
    &["SELECT t1.profile, t2.k FROM block_disks t1 RIGHT JOIN (VALUES ('web-prod-0001'), ('default')) t2(k)
       ON t1.profile = t2.k AND t2.k = 'default' ORDER BY t1.profile DESC, t1.arn, t2.k LIMIT 1"],
];

#[test]
fn every_query_gives_the_same_rows_with_pushdown_and_without() {
    deep(|| check(&SMALL, "PROPERTYALONE", false));
}

#[test]
fn queries_that_share_a_snapshot_give_the_same_rows_with_pushdown_and_without() {
    deep(|| check(&[&SMALL[..], &LARGE].concat(), "PROPERTYSHARED", true));
}

#[test]
fn queries_that_once_failed_do_no_more() {
    deep(once_failed);
}

fn once_failed() {
    let runtime = runtime();
    for extent in [SMALL[1], SMALL[3]] {
        let fleet = Arc::new(runtime.block_on(Fleet::start(extent, "PROPERTYAGAIN")));
        for (queries, is_shared) in REGRESSIONS.iter().flat_map(|queries| [(queries, false), (queries, true)])
        {
            let texts = queries.iter().map(|sql| Text::fixed(sql)).collect();
            let case = Case { fleet: Arc::clone(&fleet), texts };
            let outcome = runtime.block_on(run(&case, is_shared, &mut Seen::default()));
            assert!(outcome.is_ok(), "{case:?}: {outcome:?}");
        }
    }
}

/// Queries and the fleet that they ask.
struct Case {
    fleet: Arc<Fleet>,
    texts: Vec<Text>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.texts.iter().map(|text| text.sql.as_str()).collect();
        write!(f, "{}: {}", self.fleet.name, texts.join("; "))
    }
}

/// What was asked, so that a test that asks nothing of interest fails.
#[derive(Debug, Default)]
struct Seen {
    queries: usize,
    errors: usize,
    with_rows: usize,
    lookups: u64,
    features: BTreeMap<&'static str, usize>,
}

fn deep(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(test).unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// One thread for queries and one for what they spawn.
fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).thread_stack_size(STACK).enable_all().build().unwrap()
}

fn check(extents: &[Extent], access_key: &str, is_shared: bool) {
    let runtime = runtime();
    let start = |extent: &Extent| Arc::new(runtime.block_on(Fleet::start(*extent, access_key)));
    let fleets: Vec<Arc<Fleet>> = extents.iter().map(start).collect();
    let most = if is_shared { SHARING } else { 1 };
    let wanted = std::env::var("LIGHTSAIL_SQL_PROPERTY_CASES").ok();
    let queries = wanted.as_ref().map_or(CASES, |cases| cases.parse().unwrap());

    let of = fleets.clone();
    let queries_of_case = vec(query::query(), 1..=most as usize);
    let case = (any::<query::Pick>(), queries_of_case).prop_map(move |(fleet, queries)| {
        let fleet = Arc::clone(choose(fleet, &of));
        let texts = queries.iter().map(|query| text::write(&fleet, query)).collect();
        Case { fleet, texts }
    });
    let config = Config {
        cases: queries / (1 + most),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("proptest-regressions"))),
        source_file: Some(file!()),
        max_shrink_time: 120_000,
        ..Config::default()
    };
    // The same queries each time, so that a change is judged by what it changed; new ones for who asks for a number.
    let mut runner = match wanted {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let seen = RefCell::new(Seen::default());
    let outcome = runner.run(&case, |case| runtime.block_on(run(&case, is_shared, &mut seen.borrow_mut())));
    outcome.unwrap();
    for fleet in &fleets {
        let (calls, begun) = (fleet.calls(), fleet.session.calls() + fleet.whole.total());
        assert!(calls.total() <= begun, "{} of {begun} calls arrived: {calls:?}", calls.total());
    }
    seen.into_inner().check();
}

async fn run(case: &Case, is_shared: bool, seen: &mut Seen) -> TestCaseResult {
    if is_shared {
        case.fleet.session.hold_snapshot();
    }
    for text in &case.texts {
        compare(&case.fleet, text, seen).await?;
    }
    Ok(())
}

/// Asks twice, and says what differs.
async fn compare(fleet: &Fleet, text: &Text, seen: &mut Seen) -> TestCaseResult {
    let before = fleet.calls();
    // Calls that an earlier query gave up may still arrive.
    let late = fleet.session.calls() + fleet.whole.total() - before.total();
    let from_api = answer(fleet.through_api(ast(&text.sql))).await;
    // What fails with its LIMIT may be right without.
    let expected = text.unlimited.as_ref().filter(|_| from_api.is_ok()).unwrap_or(&text.sql);
    let from_memory = answer(fleet.in_memory(ast(expected))).await;
    seen.queries += 1;
    match (from_api, from_memory) {
        (Ok((schema, rows)), Ok((expected_schema, expected))) => {
            prop_assert_eq!(types(&schema), types(&expected_schema), "the columns differ: {}", text.sql);
            seen.with_rows += usize::from(!rows.is_empty());
            same_rows(text, rows, expected)?;
        }
        (Err(_), Err(_)) => seen.errors += 1,
        (Err(error), Ok(_)) => prop_assert!(false, "only with pushdown: {}: {}", error, text.sql),
        (Ok(_), Err(error)) => prop_assert!(false, "only without pushdown: {}: {}", error, text.sql),
    }
    let after = fleet.calls();
    let calls = Calls {
        listings: after.listings - before.listings,
        lookups: after.lookups - before.lookups,
        regions: after.regions - before.regions,
    };
    // A scan that has the rows of its LIMIT gives up one call at each target at most; another scan makes it again.
    let again =
        if text.features.contains("LIMIT") { text.scans.saturating_sub(1) * fleet.targets } else { 0 };
    let whole = fleet.whole.listings + again;
    prop_assert!(calls.listings <= whole + late, "{:?}, all is {}: {}", calls, whole, text.sql);
    prop_assert!(calls.lookups <= LOOKUPS * fleet.targets * text.scans + late, "{:?}: {}", calls, text.sql);
    // The regions are asked for once: by whoever read the tables into memory, and by this session.
    prop_assert!(after.regions <= 2 * fleet.profiles, "{:?}: {}", after, text.sql);
    seen.lookups += calls.lookups;
    for feature in &text.features {
        *seen.features.entry(feature).or_default() += 1;
    }
    Ok(())
}

type Answer = Result<(SchemaRef, Vec<String>), String>;

async fn answer(run: impl Future<Output = datafusion::common::Result<SendableRecordBatchStream>>) -> Answer {
    let answer = async {
        let stream = run.await?;
        let schema = stream.schema();
        Ok((schema, stream.try_collect::<Vec<RecordBatch>>().await?))
    };
    let answer: datafusion::common::Result<_> =
        tokio::time::timeout(PATIENCE, answer).await.map_err(|_| "it hangs")?;
    let (schema, batches) = answer.map_err(|error| error.to_string())?;
    // Marks between cells and for NULL that are in none of them.
    Ok((schema, cells(&batches, "∅").into_iter().map(|row| row.join(" ¦ ")).collect()))
}

fn types(schema: &SchemaRef) -> Vec<DataType> {
    schema.fields().iter().map(|field| field.data_type().clone()).collect()
}

fn same_rows(text: &Text, mut rows: Vec<String>, mut expected: Vec<String>) -> TestCaseResult {
    if !text.is_ordered {
        rows.sort();
        expected.sort();
    }
    if text.unlimited.is_none() {
        prop_assert_eq!(rows, expected, "{}", text.sql);
        return Ok(());
    }
    let (limit, offset) = text.limit;
    let count = limit.min(expected.len().saturating_sub(offset));
    prop_assert_eq!(rows.len(), count, "rows under the LIMIT: {}", text.sql);
    let mut left = expected.iter();
    for row in &rows {
        let is_there = left.any(|one| one == row);
        prop_assert!(is_there, "a row that is not there without LIMIT: {}: {}", row, text.sql);
    }
    Ok(())
}

/// What occurs in any few hundred random queries, beside all joins.
const FEATURES: [&str; 17] = [
    "CROSS JOIN",
    "USING",
    "VALUES",
    "derived table",
    "WITH",
    "UNION",
    "UNION ALL",
    "DISTINCT",
    "ORDER BY",
    "LIMIT",
    "GROUP BY",
    "window",
    "EXISTS",
    "NOT EXISTS",
    "IN (SELECT)",
    "NOT IN (SELECT)",
    "scalar subquery",
];

impl Seen {
    /// That the queries were worth asking.
    fn check(self) {
        if self.queries < 500 {
            return;
        }
        assert!(self.with_rows * 100 >= self.queries * 30, "too few queries have rows: {self:?}");
        assert!(self.errors * 100 <= self.queries * 2, "too many queries fail: {self:?}");
        assert!(self.lookups > 0, "no name was looked up: {self:?}");
        let missing: Vec<_> =
            JOINS.iter().chain(&FEATURES).filter(|name| !self.features.contains_key(*name)).collect();
        assert!(missing.is_empty(), "no query has {missing:?}: {self:?}");
    }
}
