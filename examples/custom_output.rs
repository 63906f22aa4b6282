//! Rows as they come, in a form of your own: an inventory for Ansible, page by page: `cargo run --example custom_output`.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;

use arrow::array::AsArray;
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
    let options = LightsailOptions::default().with_regions("us-east-1");
    let session = Session::new(Arc::new(Clients::new(settings)), options)?;

    let sql = "SELECT name, public_ip_address FROM instances WHERE state = 'running' AND public_ip_address IS NOT NULL";
    let statement = parse("example", sql)?.remove(0);
    let mut answer = session.ask(statement.ast, &Parameters::new()).await?;

    let mut out = std::io::stdout();
    writeln!(out, "[lightsail]")?;
    // A batch is the rows of one page: the first is here before the second page is asked for.
    while let Some(page) = answer.stream.try_next().await? {
        let (names, addresses) = (page.column(0).as_string::<i32>(), page.column(1).as_string::<i32>());
        for (name, address) in names.iter().zip(addresses).filter_map(|(name, address)| name.zip(address)) {
            writeln!(out, "{name} ansible_host={address}")?;
        }
    }
    // Without `allow_partial` a target that fails fails the statement: what was written is whole.
    writeln!(out, "# {} calls, {} bytes", answer.record.calls(), answer.record.bytes())?;
    Ok(())
}
