//! A join of Lightsail with a CSV file of your own, in one SQL statement: `cargo run --example join_csv`.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;

use arrow::util::pretty::pretty_format_batches;
use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::Session;
use futures::TryStreamExt;
use lightsail_demo::{ACCESS_KEY, Config, LOOPBACK, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = Server::start(Config::default(), LOOPBACK).await?;
    let settings = Settings::default().for_demo(endpoint.url(), ACCESS_KEY);
    let options = LightsailOptions::default().with_regions("all");
    let session = Session::new(Arc::new(Clients::new(settings)), options)?;

    let directory = tempfile::tempdir()?;
    let file = directory.path().join("owners.csv");
    std::fs::write(&file, "instance,owner\ndb-prod-0001,Ann\napi-dev-0012,Ben\nno-such-thing,Eve\n")?;

    let script = format!(
        "CREATE EXTERNAL TABLE owners STORED AS CSV LOCATION '{}' OPTIONS ('format.has_header' 'true');
         SELECT o.owner, o.instance, i.region, i.state FROM owners o LEFT JOIN instances i ON i.name = o.instance
         ORDER BY o.owner",
        file.display()
    );
    // The file is read first, and its names become look-ups: no listing is paged through.
    for statement in parse("example", &script)? {
        let answer = session.ask(statement.ast, &Parameters::new()).await?;
        let rows: Vec<_> = answer.stream.try_collect().await?;
        let mut out = std::io::stdout();
        writeln!(out, "{}\n{} calls", pretty_format_batches(&rows)?, answer.record.calls())?;
    }
    Ok(())
}
