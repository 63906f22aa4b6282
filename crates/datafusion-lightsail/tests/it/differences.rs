//! Each difference from stock DataFusion, in both: red where ours answers wrongly, and where stock has become right.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::optimizer::{Analyzer, Optimizer};
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::error::Error;
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::Session;
use datafusion_lightsail::session::workarounds::{Answer, DIFFERENCES, Example, PINNED};
use futures::TryStreamExt;

use crate::support::cells::cells;
use crate::support::documents::{check, table};
use crate::support::masked;

type Rows = Result<Vec<String>, String>;

fn shown(batches: &[RecordBatch]) -> Vec<String> {
    cells(batches, "NULL").into_iter().map(|row| row.join("|")).collect()
}

/// Writes the tables of an example to Parquet and registers them.
async fn register(context: &SessionContext, example: &Example, directory: &Path) {
    let settings = context.state_ref();
    settings.write().config_mut().options_mut().execution.parquet.pushdown_filters = true;
    for (name, files) in example.tables {
        let folder = directory.join(name);
        let is_written = folder.exists();
        for (number, rows) in files.iter().enumerate().filter(|_| !is_written) {
            let file = folder.join(format!("{number}.parquet"));
            let options = DataFrameWriteOptions::new().with_single_file_output(true);
            let rows = SessionContext::new().sql(rows).await.unwrap();
            rows.write_parquet(file.to_str().unwrap(), options, None).await.unwrap();
        }
        let options = ParquetReadOptions::default();
        context.register_parquet(*name, folder.to_str().unwrap(), options).await.unwrap();
    }
}

async fn stock(example: &Example, partitions: usize, directory: &Path) -> Rows {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(partitions));
    register(&context, example, directory).await;
    let mut rows = Vec::new();
    for statement in example.sql.split(';') {
        let (context, statement) = (context.clone(), statement.to_owned());
        let answer = tokio::spawn(async move { context.sql(&statement).await?.collect().await });
        // In a task of its own, for it may panic.
        let answer = answer.await.map_err(|error| error.to_string())?;
        rows = shown(&answer.map_err(|error| error.to_string())?);
    }
    Ok(rows)
}

async fn ours(example: &Example, partitions: usize, directory: &Path) -> Rows {
    let session =
        Session::new(Arc::new(Clients::new(Settings::default())), LightsailOptions::default()).unwrap();
    let state = session.context().state_ref();
    state.write().config_mut().options_mut().execution.target_partitions = partitions;
    register(session.context(), example, directory).await;
    let mut rows = Vec::new();
    for statement in parse("example", example.sql).map_err(|error| error.to_string())? {
        let answer = async {
            let stream = session.ask(statement.ast.clone(), &Parameters::new()).await?.stream;
            Ok::<Vec<RecordBatch>, Error>(stream.try_collect().await?)
        };
        rows = shown(&answer.await.map_err(|error| error.to_string())?);
    }
    Ok(rows)
}

/// Some is only wrong with one partition, some only with several, and there it may take a try or two.
///
/// # Errors
/// What stock answers instead.
async fn stock_is_wrong(example: &Example, directory: &Path) -> Result<(), Rows> {
    let mut last = Ok(Vec::new());
    for partitions in [1, 2].into_iter().cycle().take(40) {
        last = stock(example, partitions, directory).await;
        if is(&last, &example.stock) {
            return Ok(());
        }
    }
    Err(last)
}

/// # Errors
/// What ours answers instead, with one partition or with several, which a user can SET.
async fn ours_is_right(example: &Example, directory: &Path) -> Result<(), Rows> {
    for partitions in [1, 2].repeat(3) {
        let ours = ours(example, partitions, directory).await;
        if !is(&ours, &example.right) {
            return Err(ours);
        }
    }
    Ok(())
}

fn is(rows: &Rows, answer: &Answer) -> bool {
    match (rows, answer) {
        (Ok(rows), Answer::Rows(expected)) => rows == expected,
        (Err(error), Answer::Error(part)) => error.contains(part),
        _ => false,
    }
}

#[tokio::test]
async fn stock_is_still_wrong_and_ours_is_right() {
    let mut failures = String::new();
    for difference in DIFFERENCES {
        assert!(!difference.examples.is_empty(), "{}: no example", difference.what);
        for example in difference.examples {
            let directory = tempfile::tempdir().unwrap();
            if let Err(ours) = ours_is_right(example, directory.path()).await {
                writeln!(failures, "{}: {}\nours: {ours:?}", difference.what, example.sql).unwrap();
            }
            let seen = stock_is_wrong(example, directory.path()).await;
            if let Err(stock) = seen {
                let what = "stock has changed: can the workaround go?";
                writeln!(failures, "{}: {}\n{what} {stock:?}", difference.what, example.sql).unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn links(upstream: &[&str]) -> String {
    let link = |issue: &&str| format!("[{issue}](https://github.com/{})", issue.replace('#', "/issues/"));
    if upstream.is_empty() {
        "not reported".into()
    } else {
        upstream.iter().map(link).collect::<Vec<_>>().join(", ")
    }
}

#[test]
fn the_architecture_lists_the_differences() {
    let differences = DIFFERENCES.iter().map(|difference| {
        let upstream = links(difference.upstream);
        [difference.what.into(), difference.stock.into(), difference.ours.into(), upstream]
    });
    let differences = table(["what", "stock DataFusion", "ours", "upstream"], differences);
    let pinned = PINNED.iter().map(|pinned| {
        let upstream = if pinned.upstream.is_empty() { String::new() } else { links(pinned.upstream) };
        [format!("`{}`", pinned.key), pinned.value.into(), pinned.why.into(), upstream]
    });
    let pinned = table(["setting", "here", "otherwise", "upstream"], pinned);
    check("docs/architecture.md", |text| {
        with_table(&with_table(text, "differences", &differences), "settings", &pinned)
    });
}

#[test]
fn the_rules_of_datafusion_are_those_that_were_looked_at() {
    let (analyzer, optimizer, physical) =
        (Analyzer::default().rules, Optimizer::default().rules, PhysicalOptimizer::default().rules);
    let mut names = vec!["analyzer:"];
    names.extend(analyzer.iter().map(|rule| rule.name()));
    names.push("optimizer:");
    names.extend(optimizer.iter().map(|rule| rule.name()));
    names.push("physical optimizer:");
    names.extend(physical.iter().map(|rule| rule.name()));
    masked().bind(|| insta::assert_snapshot!("datafusion_rules", names.join("\n")));
}

/// The text with a table between the marks of this name.
fn with_table(text: &str, name: &str, table: &str) -> String {
    let begin = format!("<!-- {name}: written by tests/bless.sh -->\n");
    let (head, rest) = text.split_once(&begin).unwrap();
    let (_, tail) = rest.split_once("<!-- end -->").unwrap();
    format!("{head}{begin}{table}<!-- end -->{tail}")
}
