//! An embedded endpoint: a Lightsail that runs in this process, for demonstrations, tests and benchmarks.
//!
//! It is an honest partner. It shares no code with the client's side and knows no SDK type: what it answers is written
//! as text and travels over HTTP on a real socket, so that every byte takes the way it takes with AWS. boto3 and the
//! AWS CLI read it as well as we do, and `tests/conformance` holds all three against each other.
//!
//! ```text
//! wire          HTTP, AWS JSON 1.1, the request log, a test's hook (socket: connections that are reset, bodies that are cut)
//!  ├ faults       what goes wrong, and the scripts that say when
//!  ├ auth         SigV4 header → account and region
//!  ├ accounts     the organization: STS AssumeRole, Organizations ListAccounts
//!  └ operations   every operation that is served
//!     ├ call       one call: where it came (place: account and region), with which members (input: what is refused)
//!     ├ page       listings page by page; token: page tokens
//!     ├ resources  one file for each kind of resource: what it is made of, and the operations that tell of it
//!     │  ├ fleet      instance number i, a pure function (plans: blueprints and bundles; ports: the firewall)
//!     │  ├ counts     how many there are of everything else; names: what others point to; rates: what it costs
//!     │  └ series     metrics over time
//!     └ json       the answer as text (resource: what all resources have in common; instance: an instance)
//! ```
//!
//! The fleet is never stored: page n is computed when it is asked for, so that a fleet of a million instances costs
//! no memory. The clock and the machine have no part in it: the same [`Config`] gives the same bytes everywhere, and
//! another [`Config::today`](field@Config::today) gives the same fleet at another time.
//! The access key id is the account: [`ACCESS_KEY`] is 123456789012, any other key is another account with a fleet of
//! its own, and any secret will do. AssumeRole gives keys of the account that the role is of.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{Datelike, NaiveDate, NaiveTime};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use faults::Faults;
use fleet::{DAY, TODAY};

mod accounts;
mod auth;
mod call;
mod counts;
mod error;
pub mod faults;
mod fleet;
mod heard;
mod input;
mod instance;
mod json;
mod names;
mod operations;
mod page;
mod patterns;
mod place;
mod plans;
mod ports;
mod random;
mod rates;
mod regions;
mod resource;
mod resources;
mod series;
mod socket;
mod token;
mod wire;

#[cfg(test)]
#[path = "../../../fuzz/driver.rs"]
mod fuzz;

#[cfg(test)]
mod tests {
    mod accounts;
    mod answers;
    mod consistency;
    mod days;
    mod faults;
    mod fleet;
    mod measures;
    mod requests;
    mod shapes;
    mod sizes;
    mod support;
    mod wire;
    mod writes;
}

/// The access key id of account 123456789012: the example of AWS's own documentation.
pub const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
/// The secret that goes with [`ACCESS_KEY`] in AWS's documentation. The endpoint does not check it.
pub const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// Where to listen unless somebody asks otherwise: a free port that only this machine reaches.
pub const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// What a [`Server`] serves. The default is the standard fleet: 400 instances over 8 regions, at once, on 2026-01-01.
#[derive(Clone)]
pub struct Config {
    /// How many instances an account has, spread evenly over the regions; `None` is the standard fleet.
    pub instances: Option<u64>,
    /// How many items a page of a listing has; `None` is 20.
    pub page: Option<u64>,
    /// How many regions there are, 1 to 16 (anything else is taken as the nearest); `None` is 8.
    pub regions: Option<usize>,
    /// A moment of the day that it is for the fleet: everything in it is as old as it is at midnight (UTC) that day.
    /// The years are 2000 to 2999 (anything else is taken as the nearest).
    pub today: SystemTime,
    /// How many accounts the organization has that ListAccounts lists, the one of [`ACCESS_KEY`] among them.
    pub accounts: usize,
    /// How long the keys live that AssumeRole gives, by this machine's clock, unless it is asked for another time.
    pub session: Duration,
    /// How long each response is held back.
    pub latency: Duration,
    /// How long the head of a request may take to arrive, and then its body, before its connection is closed.
    pub patience: Duration,
    /// What goes wrong.
    pub faults: Faults,
    /// Whether it is well to be asked for what is no reading, which nothing here answers. If it is not, a debug build
    /// panics: so each test that asks an endpoint is one that nothing is written.
    pub takes_writes: bool,
    /// Sees every request before it is answered, and may answer in the server's stead.
    pub hook: Option<Hook>,
}

/// The days that it may be for a fleet, in ms since 1970: what is years old must not come before that.
const DAYS: RangeInclusive<u64> = 946_684_800_000..=32_503_593_600_000;

/// A moment of a day such as 2026-01-01, for [`Config::today`](field@Config::today).
///
/// # Errors
/// In words that follow "is", when it is no date, or none of the years that there are.
pub fn day(text: &str) -> Result<SystemTime, String> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let date = date.filter(|date| (2000..=2999).contains(&date.year()));
    let date = date.ok_or_else(|| "not a date of the years 2000 to 2999, such as 2026-01-01".to_owned())?;
    Ok(date.and_time(NaiveTime::MIN).and_utc().into())
}

impl Config {
    /// The start of the fleet's day in ms since 1970.
    fn today(&self) -> u64 {
        let since = self.today.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let ms = since.as_secs().saturating_mul(1000).clamp(*DAYS.start(), *DAYS.end());
        ms - ms % DAY
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            instances: None,
            page: None,
            regions: None,
            today: SystemTime::UNIX_EPOCH + Duration::from_millis(TODAY),
            accounts: 12,
            session: Duration::from_secs(3600),
            latency: Duration::ZERO,
            patience: Duration::from_secs(30),
            faults: Faults::default(),
            takes_writes: false,
            hook: None,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            instances,
            page,
            regions,
            today,
            accounts,
            session,
            latency,
            patience,
            faults,
            takes_writes,
            hook,
        } = self;
        let hook = hook.as_ref().map(|_| "Hook");
        f.debug_struct("Config")
            .field("instances", instances)
            .field("page", page)
            .field("regions", regions)
            .field("today", today)
            .field("accounts", accounts)
            .field("session", session)
            .field("latency", latency)
            .field("patience", patience)
            .field("faults", faults)
            .field("takes_writes", takes_writes)
            .field("hook", &hook)
            .finish()
    }
}

/// Looks at a request; `None` lets the server answer it as usual. It is called from many connections at once.
pub type Hook = Arc<dyn Fn(&Request) -> Option<Reply> + Send + Sync>;

/// A request that carried a signature and a body of JSON, or of STS's query protocol, whatever became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The operation's name, such as `GetInstances`; not necessarily one that exists.
    pub operation: String,
    /// The region of the credential scope.
    pub region: String,
    /// The access key id.
    pub access_key: String,
    /// The members of the request.
    pub body: serde_json::Value,
    /// How many requests came before it.
    pub sequence: u64,
}

/// What a [`Hook`] has the server do instead of, or before, answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// This response. A header replaces the server's own of the same name (`content-type`, `x-amzn-requestid`);
    /// a status or header that HTTP does not allow closes the connection.
    Status {
        /// The HTTP status.
        status: u16,
        /// The whole body.
        body: String,
        /// Names and values.
        headers: Vec<(String, String)>,
    },
    /// The usual answer, so much later.
    After(Duration),
    /// No answer, ever; the connection stays open.
    Silence,
    /// No answer; the connection is closed.
    Drop,
}

impl Reply {
    /// An AWS error response: `Reply::error(400, "ThrottlingException", "Rate exceeded")`.
    pub fn error(status: u16, code: &'static str, message: &str) -> Self {
        let body = error::Error::common(status, code, message).body();
        Self::Status { status, body, headers: Vec::new() }
    }
}

/// A running endpoint. It stops, and closes its connections, when this is dropped.
pub struct Server {
    addr: SocketAddr,
    state: Arc<wire::State>,
    accepting: JoinSet<()>,
}

impl Server {
    /// Listens at an address ([`LOOPBACK`] unless there is a reason) and serves from tasks of the current runtime.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn start(config: Config, listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let addr = listener.local_addr()?;
        let state = Arc::new(wire::State::new(config));
        let mut accepting = JoinSet::new();
        accepting.spawn(wire::serve(Arc::clone(&state), listener));
        Ok(Self { addr, state, accepting })
    }

    /// Where it listens; the port is the real one.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The endpoint URL for a client, such as `http://127.0.0.1:4567`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The names of its regions, as GetRegions lists them.
    pub fn regions(&self) -> Vec<&'static str> {
        self.state.extent.regions().iter().map(|region| region.name).collect()
    }

    /// How many instances an account has in a region; 0 in one that does not exist.
    pub fn instances(&self, region: &str) -> u64 {
        self.state.extent.region(region).map_or(0, |(number, _)| self.state.extent.size(number))
    }

    /// The newest requests, at most 10,000 and 16 MiB of their bodies, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        self.state.requests()
    }

    /// How many requests there have been.
    pub fn request_count(&self) -> u64 {
        self.state.total()
    }

    /// Goes on with another script of what goes wrong, from its beginning.
    pub fn set_faults(&self, faults: Faults) {
        self.state.set_script(faults::Script::new(faults));
    }

    /// Serves until the task that awaits this is cancelled.
    pub async fn wait(mut self) {
        self.accepting.join_next().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let writes = self.state.writes();
        let is_well = writes.is_empty() || self.state.takes_writes() || std::thread::panicking();
        debug_assert!(is_well, "{writes:?}: only what reads may be asked for");
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("addr", &self.addr).finish_non_exhaustive()
    }
}
