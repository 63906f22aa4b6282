//! Lightsail's tables in a DataFusion session of your own: `cargo run --example own_session`.
//!
//! It asks the embedded endpoint; with `Settings::default()` and without the two lines that start the endpoint it asks AWS,
//! as the environment and its configuration files say.

use std::error::Error;
use std::sync::Arc;

use arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::SessionContext;
use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::session::register;
use lightsail_demo::{ACCESS_KEY, Config, LOOPBACK, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = Server::start(Config::default(), LOOPBACK).await?;
    let settings = Settings::default().for_demo(endpoint.url(), ACCESS_KEY);

    // Yours may have tables, functions and rules of its own: they stay.
    let context = SessionContext::new();
    let options = LightsailOptions::default().with_regions("us-*").with_allow_partial(true);
    let scans = register(&context, &Arc::new(Clients::new(settings)), options)?;

    let sql = "SELECT region, count(*) AS stopped FROM instances WHERE state = 'stopped' GROUP BY region ORDER BY region";
    let rows = context.sql(sql).await?.collect().await?;
    let mut report = pretty_format_batches(&rows)?.to_string();

    // With `allow_partial` a region that fails is left out, and the record is where you hear of it.
    for record in scans.records().records() {
        let completeness = record.completeness();
        report += &format!("\n{} calls, {} targets", record.calls(), completeness.targets);
        for error in completeness.missing {
            report += &format!("\nmissing: {error}");
        }
    }
    write(&report)
}

/// Writes a text to standard output; a reader that has left (`| head`) is an error, not a panic.
fn write(text: &str) -> Result<(), Box<dyn Error>> {
    use std::io::Write;
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
