//! `serve`: the Postgres wire protocol, for psql, dashboards and drivers.

use std::io::{BufRead, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::capture::Past;
use super::{Ask, SHELL_CACHE, seconds};
use crate::config as file;
use crate::output::Destination;
use crate::say::say;
use crate::serve::{self, Address, Limits, Setup, Tls, Users, hashed};
use crate::signals;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::settings::bytes;

/// The user that there is where the configuration file has none.
const USER: &str = "lightsail";

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen: an address and a port, or the path of a socket
    #[arg(long, value_name = "ADDRESS|PATH", default_value = "127.0.0.1:5432", value_parser = address)]
    listen: Address,
    /// The certificate of the server and those above it, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Where to tell how it is: /metrics for Prometheus, /healthz
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// Print what the configuration file has in place of a password, which is read from standard input
    #[arg(long)]
    hash_password: bool,
    /// How many clients may be connected
    #[arg(long, value_name = "N", default_value_t = 100, help_heading = "Limits")]
    max_connections: usize,
    /// How many statements run at the same time; others wait
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = at_least_one, help_heading = "Limits")]
    max_statements: usize,
    /// How many rows a result has at most
    #[arg(long, value_name = "N", default_value_t = 10_000_000, help_heading = "Limits")]
    max_rows: u64,
    /// How many bytes a result has at most
    #[arg(long, value_name = "N", default_value_t = 4 << 30, help_heading = "Limits")]
    max_bytes: u64,
    /// What the statements of a client may hold in memory, such as 256 MB; a quarter of --memory-limit if it is not said
    #[arg(long, value_name = "SIZE", value_parser = bytes, help_heading = "Limits")]
    max_memory: Option<usize>,
    /// Seconds that a statement may take at most
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds, help_heading = "Limits")]
    timeout: Duration,
    /// Seconds after which a client that asks nothing is sent away
    #[arg(long, value_name = "SECONDS", default_value = "3600", value_parser = seconds, help_heading = "Limits")]
    idle_timeout: Duration,
    /// Seconds that statements have to end after SIGTERM
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds, help_heading = "Limits")]
    drain: Duration,
    #[command(flatten)]
    ask: Ask,
    #[command(flatten)]
    past: Past,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "not a number from 1".to_owned())
}

fn address(text: &str) -> Result<Address, String> {
    if text.contains('/') {
        return Ok(Address::Unix(text.into()));
    }
    let text = text.replacen("localhost:", "127.0.0.1:", 1);
    text.parse()
        .map(Address::Tcp)
        .map_err(|_| "neither an address such as 127.0.0.1:5432 nor a path".to_owned())
}

impl Serve {
    pub(super) async fn run(self) -> Result<()> {
        if self.hash_password {
            return hash();
        }
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(Tls::read(certificate, key)?),
            _ => None,
        };
        let is_local = match &self.listen {
            Address::Tcp(address) => address.ip().is_loopback(),
            Address::Unix(_) => true,
        };
        let configured = file::current().users()?;
        if !is_local && (configured.is_empty() || tls.is_none()) {
            let what = format!("{} is reached from other machines", self.listen);
            return Err(Error::new(Kind::Usage, what).with_hint(
                "it takes --tls-cert and --tls-key, and users in the configuration file (--hash-password)",
            ));
        }
        let (users, password) = match configured.is_empty() {
            false => (Users::new(configured.iter().map(|(name, hash)| (*name, *hash)))?, None),
            true => {
                let (users, password) = Users::generated(USER)?;
                (users, Some(password))
            }
        };
        let limits = Limits {
            connections: self.max_connections,
            statements: self.max_statements,
            rows: self.max_rows,
            bytes: self.max_bytes,
            memory: self.max_memory,
            idle: self.idle_timeout,
            timeout: self.timeout,
            drain: self.drain,
        };
        let archive = self.past.archive()?;
        let setup = Setup { listen: self.listen, metrics: self.metrics, users, tls, archive, limits };
        let (clients, options, _server) = self.ask.clients(false, Some(SHELL_CACHE)).await?;
        let ready = |address: &Address, metrics: Option<SocketAddr>| {
            Destination::stdout().send(format!("listening on {address}\n").as_bytes())?;
            if let Some(metrics) = metrics {
                Destination::stdout().send(format!("metrics on http://{metrics}/metrics\n").as_bytes())?;
            }
            if let Some(password) = &password {
                let place = match address {
                    Address::Tcp(address) => format!("-h {} -p {}", address.ip(), address.port()),
                    Address::Unix(path) => {
                        // Clients know a folder and a number.
                        let name = path.file_name().and_then(|name| name.to_str());
                        let port = name.and_then(|name| name.strip_prefix(".s.PGSQL.")).unwrap_or("PORT");
                        format!("-h {} -p {port}", path.parent().unwrap_or(path).display())
                    }
                };
                say(format_args!(
                    "user {USER}, password {password}: until it ends; a user of your own has one that stays (--hash-password)"
                ));
                say(format_args!(
                    "try: PGPASSWORD={password} psql {place} -U {USER} -c 'SELECT name, state FROM instances'"
                ));
            }
            Ok(())
        };
        serve::serve(clients, options, setup, signals::ending(), ready).await
    }
}

/// Prints the hash of a password from standard input.
fn hash() -> Result<()> {
    let mut password = String::new();
    let wrong = |error| Error::new(Kind::Usage, format!("cannot read standard input: {error}"));
    if std::io::stdin().is_terminal() {
        say("password, which is shown as you type:");
    }
    std::io::stdin().lock().read_line(&mut password).map_err(wrong)?;
    let hash = hashed(password.trim_end_matches(['\n', '\r']))?;
    Destination::stdout().send(format!("{hash}\n").as_bytes())
}
