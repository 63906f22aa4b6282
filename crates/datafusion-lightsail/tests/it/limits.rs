//! What a statement may hold and how long it may take: beyond that it fails, and its session goes on.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::error::{Error, Kind};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::{Session, SessionBuilder, runtime};
use futures::StreamExt;
use lightsail_demo as demo;

use crate::support::session::{column, one_region, rows, set, text};

async fn error(session: &Session, sql: &str) -> Error {
    let error = rows(session, sql).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Sql, "{sql}: {error}");
    error
}

#[tokio::test]
async fn rows_that_a_table_keeps_are_counted_and_given_back() {
    let (_server, session) = one_region(100).await;
    set(&session, "memory_limit", "8 MB").await;
    let many = "SELECT repeat('x', 1000) AS a FROM generate_series(1, 20000)";
    for sql in [format!("CREATE TABLE t AS {many}"), format!("SELECT * INTO t FROM ({many})")] {
        let error = error(&session, &sql).await;
        assert!(error.message().contains("a table of the session"), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("lightsail.memory_limit")), "{error:?}");
    }
    let some = "SELECT repeat('x', 1000) AS a FROM generate_series(1, 5000)";
    for _ in 0..3 {
        rows(&session, &format!("CREATE TABLE t AS {some}")).await.unwrap();
        error(&session, &format!("CREATE TABLE u AS {some}")).await;
        error(&session, &format!("INSERT INTO t {some}")).await;
        assert_eq!(text(&session, "SELECT count(*) FROM t").await, "5000", "what failed left nothing");
        rows(&session, "DROP TABLE t").await.unwrap();
    }
    rows(&session, "CREATE TABLE t(a VARCHAR)").await.unwrap();
    rows(&session, &format!("INSERT INTO t {some}")).await.unwrap();
    error(&session, &format!("INSERT INTO t {some}")).await;
    rows(&session, "RESET lightsail.memory_limit").await.unwrap();
    rows(&session, &format!("INSERT INTO t {some}")).await.unwrap();
}

#[tokio::test]
async fn sessions_that_share_memory_have_a_part_each() {
    let (server, _) = one_region(1).await;
    let clients = Arc::new(Clients::new(Settings::default().for_demo(server.url(), demo::ACCESS_KEY)));
    let shared = runtime(36 << 20).unwrap();
    let options = LightsailOptions::default().with_memory_limit(16 << 20);
    let builder = || SessionBuilder::new(Arc::clone(&clients)).with_options(options.clone());
    let session = || builder().with_runtime(Arc::clone(&shared)).build().unwrap();
    // It holds 10 MB as long as somebody reads on.
    let holding = "SELECT a, b FROM (SELECT lpad(CAST(v AS VARCHAR), 1000, 'x') AS a FROM generate_series(1, 10000) AS s(v)) \
                   CROSS JOIN generate_series(1, 1000000000) AS t(b)";
    let first = async |session: &Session| {
        let statement = parse("test", holding).unwrap().remove(0);
        let mut stream = session.ask(statement.ast, &Parameters::new()).await.unwrap().stream;
        let batch = stream.next().await.unwrap();
        batch.map(|_| stream).map_err(Error::from)
    };
    let (one, other) = (session(), session());
    let held = first(&one).await.unwrap();
    let error = first(&one).await.err().unwrap();
    assert_eq!(error.sql_state(), Some("53200"), "beyond its part: {error}");
    let others = first(&other).await.unwrap();
    let third = session();
    let last = first(&third).await.unwrap();
    let error = first(&session()).await.err().unwrap();
    assert_eq!(error.sql_state(), Some("53200"), "beyond what all have: {error}");
    set(&other, "memory_limit", "8 MB").await;
    drop((held, others, last));
    assert_eq!(first(&other).await.err().unwrap().sql_state(), Some("53200"), "it has lowered its part");
    set(&other, "memory_limit", "1 GB").await;
    let held = [first(&other).await.unwrap(), first(&other).await.unwrap(), first(&other).await.unwrap()];
    assert_eq!(first(&other).await.err().unwrap().sql_state(), Some("53200"), "all have no more for it");
    drop(held);
    assert_eq!(shared.memory_pool.reserved(), 0, "all of it is given back");
}

#[tokio::test]
async fn what_can_spill_is_done_within_the_limit() {
    let (_server, session) = one_region(100).await;
    set(&session, "memory_limit", "40 MB").await;
    let sorted = "SELECT a FROM (SELECT a || repeat('x', 1000) AS a FROM generate_series(1, 80000) AS t(a)) ORDER BY a";
    assert_eq!(rows(&session, sorted).await.unwrap(), 80_000, "80 MB");
}

#[tokio::test]
async fn datafusions_own_limit_is_not_set_beside_ours() {
    let (_server, session) = one_region(1).await;
    for sql in ["SET datafusion.runtime.memory_limit = '2G'", "RESET datafusion.runtime.memory_limit"] {
        let error = rows(&session, sql).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{error}");
    }
}

#[tokio::test]
async fn a_statement_ends_at_its_time() {
    let (server, session) = one_region(100).await;
    set(&session, "query_timeout", "100ms").await;
    let endless = "SELECT count(*) FROM generate_series(1, 1000000000000) a, generate_series(1, 1000000) b";
    for sql in [endless.to_owned(), format!("CREATE TABLE t AS {endless}")] {
        let error = error(&session, &sql).await;
        assert!(error.message().contains("lightsail.query_timeout"), "{error}");
    }
    set(&session, "query_timeout", "none").await;
    rows(&session, "SELECT name FROM instances").await.unwrap();
    assert_eq!(server.request_count(), 5);
}

#[tokio::test]
async fn functions_make_no_more_than_a_statement_may_hold() {
    let (_server, session) = one_region(300).await;
    for sql in [
        "SELECT sum(length(repeat(name, 10000000))) FROM instances",
        "SELECT length(repeat('a', 2000000000))",
        "SELECT length(lpad('a', 2000000000))",
        "SELECT length(rpad(name, 1000000000, 'x')) FROM instances",
        "SELECT cardinality(array_repeat(1, 2000000000))",
        "SELECT cardinality(list_repeat(repeat('a', 1000), 10000000))",
        "SELECT cardinality(array_resize([1], 2000000000))",
        "SELECT cardinality(range(1000000000))",
        "SELECT cardinality(generate_series(1000000000, 1, -2))",
        "SELECT cardinality(generate_series(1, length(name) * 100000000)) FROM instances",
    ] {
        let error = error(&session, sql).await;
        assert!(error.message().contains("more than lightsail.memory_limit lets it"), "{sql}: {error}");
    }
    for (sql, value) in [
        ("SELECT repeat('ab', 3)", "ababab"),
        ("SELECT lpad('a', 3, '-')", "--a"),
        ("SELECT rpad('a', -1)", ""),
        ("SELECT cardinality(list_repeat('a', 3))", "3"),
        ("SELECT cardinality(range(5, 0, -2))", "3"),
        ("SELECT cardinality(generate_series(DATE '2026-01-01', DATE '2026-01-05', INTERVAL '1 day'))", "5"),
        ("SELECT count(*) FROM generate_series(1, 1000000)", "1000000"),
    ] {
        assert_eq!(text(&session, sql).await, value, "{sql}");
    }
}

/// Arrow panics where the offsets of a column overflow; 2 GB of text are not made for it here.
#[tokio::test]
async fn a_panic_fails_its_statement_and_no_other() {
    let (_server, session) = one_region(20).await;
    let panics = |columns: &[ColumnarValue]| -> datafusion::common::Result<ColumnarValue> {
        let ColumnarValue::Scalar(words) = &columns[0] else { panic!("no literal") };
        panic!("{words}")
    };
    let panics =
        create_udf("panics", vec![DataType::Utf8], DataType::Utf8, Volatility::Volatile, Arc::new(panics));
    session.context().register_udf(panics);
    for (words, kind, message) in [
        ("byte array offset overflow", Kind::Sql, "2 GB"),
        ("capacity overflow", Kind::Sql, "2 GB"),
        ("no such luck", Kind::Internal, "this is a bug: no such luck"),
    ] {
        for sql in [
            "SELECT panics('{}')",
            "SELECT panics('{}') FROM instances",
            "CREATE TABLE t AS SELECT panics('{}') AS a",
        ] {
            let error = rows(&session, &sql.replace("{}", words)).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.message().contains(message), "{error}");
        }
    }
    assert_eq!(rows(&session, "SELECT name FROM instances").await.unwrap(), 20);
}

#[tokio::test]
async fn no_setting_asks_for_more_than_there_can_be() {
    let (_server, session) = one_region(20).await;
    let numbers = "SELECT name FROM information_schema.df_settings WHERE value ~ '^[0-9]+$'";
    let numbers = column(&session, numbers).await.unwrap();
    assert!(numbers.len() > 30, "{numbers:?}");
    let sql = "SELECT i.state, string_agg(d.name, ',' ORDER BY d.name) FROM instances i JOIN disks d ON i.arn = d.instance_arn \
               GROUP BY i.state ORDER BY 1";
    for key in numbers {
        let set = rows(&session, &format!("SET {key} = {}", u64::MAX)).await;
        let done = if set.is_ok() { rows(&session, sql).await } else { set };
        let kind = done.map_err(|error| error.kind()).err();
        assert!(kind.is_none_or(|kind| matches!(kind, Kind::Usage | Kind::Sql)), "{key}: {kind:?}");
        rows(&session, &format!("RESET {key}")).await.unwrap();
    }
}
