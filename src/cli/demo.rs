//! `demo`: the embedded endpoint, served to other programs, and its day.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;
use lightsail_demo as fleet;

use super::variable;
use crate::config::{self as file, Source, Value, keys};
use crate::output::Destination;
use crate::say::say;
use datafusion_lightsail::error::{Error, Kind, Result};

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The address to listen at; port 0 is any free port
    #[arg(long, value_name = "ADDRESS", default_value_t = fleet::LOOPBACK)]
    listen: SocketAddr,
    /// How many instances an account has, over all regions [default: the standard fleet of about 400]
    #[arg(long, value_name = "N")]
    instances: Option<u64>,
    /// How many regions there are, 1 to 16
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=16))]
    regions: u8,
    /// The day that it is for the fleet, such as 2026-01-01 [env: LIGHTSAIL_SQL_DEMO_TODAY] [default: the day of the start]
    #[arg(long, value_name = "DATE", value_parser = fleet::day)]
    today: Option<SystemTime>,
    /// How many accounts its organization has
    #[arg(long, value_name = "N", default_value_t = 12)]
    accounts: usize,
    /// How long each response is held back
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
    /// A script of what goes wrong, as docs/faults.md has it
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

impl Demo {
    /// Serves until it is ended.
    ///
    /// # Errors
    /// [`Kind::Usage`] when it cannot listen there.
    pub(super) async fn serve(self) -> Result<()> {
        let config = fleet::Config {
            instances: self.instances,
            regions: Some(self.regions.into()),
            today: today(self.today)?,
            accounts: self.accounts,
            latency: Duration::from_millis(self.latency_ms),
            faults: self.faults.as_deref().map(faults).transpose()?.unwrap_or_default(),
            // Other programs may ask for what they like.
            takes_writes: true,
            ..fleet::Config::default()
        };
        let server = start(config, self.listen).await?;
        Destination::stdout().send(format!("listening on {}\n", server.url()).as_bytes())?;
        say(format_args!(
            "try: AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=demo aws lightsail get-instances --region us-east-1 --endpoint-url {}",
            fleet::ACCESS_KEY,
            server.url()
        ));
        server.wait().await;
        Ok(())
    }
}

/// Reads a script.
///
/// # Errors
/// [`Kind::Usage`] when it cannot be read, or has a slip.
fn faults(path: &Path) -> Result<fleet::faults::Faults> {
    let wrong = |what: String| {
        Error::new(Kind::Usage, what)
            .with_hint("a line is FAULT and KEY=VALUE, such as 503 region=us-* page=2 times=1")
    };
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| wrong(format!("cannot read {}: {error}", path.display())))?;
    text.parse().map_err(|slip: fleet::faults::Slip| {
        wrong(format!("{}:{}: {}", path.display(), slip.line, slip.what))
    })
}

/// Starts an endpoint.
///
/// # Errors
/// [`Kind::Usage`] when it cannot listen there.
pub(super) async fn start(config: fleet::Config, listen: SocketAddr) -> Result<fleet::Server> {
    fleet::Server::start(config, listen)
        .await
        .map_err(|error| Error::new(Kind::Usage, format!("cannot listen at {listen}: {error}")))
}

/// What is said where the environment or the configuration file names regions: the demo fleet is whole unless a flag says
/// otherwise.
pub(super) fn ignored_regions() -> Option<String> {
    let key = keys().find(|key| key.name == "regions")?;
    let Value { text, source } = file::current().value(&key, None)?;
    let place = match source {
        Source::Flag(_) => return None,
        Source::Variable(name) => name,
        Source::File(line) | Source::Target(_, line) => format!("{}, line {line}", file::current().place()),
    };
    Some(format!("--demo asks all regions of its fleet, not {text} ({place}): --region says which"))
}

/// The day of a demo fleet: the flag's, the environment's or the clock's, so that what is about to happen there is
/// about to happen.
pub(super) fn today(flag: Option<SystemTime>) -> Result<SystemTime> {
    const NAME: &str = "LIGHTSAIL_SQL_DEMO_TODAY";
    match (flag, variable(NAME)) {
        (Some(day), _) => Ok(day),
        (None, Some(text)) => {
            fleet::day(&text).map_err(|what| Error::new(Kind::Usage, format!("{NAME} is {text:?}, {what}")))
        }
        (None, None) => Ok(SystemTime::now()),
    }
}
