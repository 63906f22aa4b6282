//! The SQL tests: every `sql/*.slt` against the demo fleet, through the real SDK and real HTTP.
//! `tests/bless.sh sql` writes the expected rows anew: read the diff.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::error::Error;
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::Session;
use futures::TryStreamExt;
use lightsail_demo as demo;
use sqllogictest::{
    AsyncDB, DBOutput, DefaultColumnType, Runner, default_column_validator, default_normalizer,
    default_validator,
};

use crate::support::cells::cells;
use crate::support::documents::blesses;

struct Database(Session);

#[async_trait]
impl AsyncDB for Database {
    type Error = Error;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Error> {
        let statement = parse("slt", sql)?.remove(0);
        let stream = self.0.ask(statement.ast.clone(), &Parameters::new()).await?.stream;
        let batches: Vec<_> = stream.try_collect().await?;
        if !statement.has_rows() {
            return Ok(DBOutput::StatementComplete(0));
        }
        let shown = |cell: String| if cell.is_empty() { "(empty)".into() } else { cell.replace('\n', "\\n") };
        let rows =
            cells(&batches, "NULL").into_iter().map(|row| row.into_iter().map(shown).collect()).collect();
        let types = vec![DefaultColumnType::Any; batches.first().map_or(1, |batch| batch.num_columns())];
        Ok(DBOutput::Rows { types, rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        "lightsail-sql"
    }
}

#[tokio::test]
async fn every_slt_file_passes() {
    let server = demo::Server::start(demo::Config::default(), demo::LOOPBACK).await.unwrap();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sql");
    let mut files: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failures = Vec::new();
    for file in files {
        let settings = Settings::default().for_demo(server.url(), demo::ACCESS_KEY);
        let options = LightsailOptions::default().with_regions("all");
        let clients = Arc::new(Clients::new(settings));
        let mut runner = Runner::new(|| async {
            Ok(Database(Session::new(Arc::clone(&clients), options.clone()).unwrap()))
        });
        if blesses() {
            let same = (default_validator, default_normalizer, default_column_validator);
            runner.update_test_file(&file, " ", same.0, same.1, same.2).await.unwrap();
        } else if let Err(error) = runner.run_file_async(&file).await {
            failures.push(error.display(false).to_string());
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
