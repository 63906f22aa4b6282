//! `doctor`: what keeps questions from being answered, and what mends it.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use crate::config;
use crate::output::wrap;
use datafusion_lightsail::aws::calls::{CallLog, Caller};
use datafusion_lightsail::aws::target::Profile;
use datafusion_lightsail::aws::{Clients, Limit, Route, Target};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::options::{LightsailOptions, list};
use datafusion_lightsail::permissions::{Permission, permissions};

/// How a finding begins.
const WELL: &str = "ok";
const NOTE: &str = "note";
const ILL: &str = "FAIL";

/// What stands before the text of a finding.
const MARGIN: usize = 19;

/// The findings as they are made, each said at once.
pub struct Examination<S> {
    say: S,
    /// The width of the terminal that the findings are read on, if one is.
    width: Option<usize>,
    /// How many findings want mending.
    ill: usize,
    /// The worst of them.
    worst: Option<Kind>,
}

impl<S: FnMut(&str) -> Result<()>> Examination<S> {
    /// An examination whose findings are said with `say`, a line or more at a time, within `width` as far as words can be.
    pub fn new(say: S, width: Option<usize>) -> Self {
        Self { say, width, ill: 0, worst: None }
    }

    fn find(&mut self, how: &str, what: &str, text: &str, mend: Option<&str>) -> Result<()> {
        self.beside(&format!("{how:<5} {what:<12} "), text)?;
        mend.map_or(Ok(()), |mend| self.beside(&" ".repeat(MARGIN), &format!("mend: {mend}")))
    }

    /// Says a text that goes on below its beginning.
    fn beside(&mut self, before: &str, text: &str) -> Result<()> {
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(MARGIN).max(MARGIN));
        for (number, line) in wrap(text, room).iter().enumerate() {
            let before = if number == 0 { before } else { &" ".repeat(MARGIN) };
            (self.say)(&format!("{before}{}\n", line.trim_end()))?;
        }
        Ok(())
    }

    fn well(&mut self, what: &str, text: &str) -> Result<()> {
        self.find(WELL, what, text, None)
    }

    fn ill(&mut self, what: &str, kind: Kind, text: &str, mend: Option<&str>) -> Result<()> {
        self.ill += 1;
        if self.worst.is_none_or(|worst| kind.is_worse_than(worst)) {
            self.worst = Some(kind);
        }
        self.find(ILL, what, text, mend)
    }

    /// Says that something cannot be.
    ///
    /// # Errors
    /// When it cannot be said.
    pub fn failed(&mut self, what: &str, error: &Error) -> Result<()> {
        self.ill(what, error.kind(), error.message(), error.hint())
    }

    /// Examines what is around: the configuration file, which was read with this result, the terminal and proxies.
    ///
    /// # Errors
    /// When it cannot be said.
    pub fn surroundings(&mut self, config: Result<()>) -> Result<()> {
        match config {
            Ok(()) => self.well("config", &config::current().place())?,
            Err(error) => self.failed("config", &error)?,
        }
        match config::current().missing_folder() {
            None => {}
            Some(folder) => {
                let what = format!("the folder of queries {} cannot be read", folder.display());
                let mend = "make it, or take it out of the configuration file";
                self.ill("config", Kind::Usage, &what, Some(mend))?;
            }
        }
        self.well("terminal", &terminal())?;
        let proxies = proxies();
        self.well("proxy", if proxies.is_empty() { "none" } else { &proxies })
    }

    /// Examines all whom the options ask.
    ///
    /// # Errors
    /// When it cannot be said.
    pub async fn targets(&mut self, clients: &Clients, options: &LightsailOptions) -> Result<()> {
        let (profiles, regions) = (list(&options.profiles), list(&options.regions));
        for profile in clients.profiles(&profiles) {
            self.profile(clients, &profile, &regions).await?;
        }
        Ok(())
    }

    async fn profile(&mut self, clients: &Clients, profile: &Profile, regions: &[String]) -> Result<()> {
        let identity = match clients.identity(profile).await {
            Ok(identity) => identity,
            Err(error) => return self.failed("credentials", &error),
        };
        let of = identity.account.map(|account| format!(" in account {account}")).unwrap_or_default();
        let until = identity.expires_at.map(|at| format!("; they hold until {}", minute(at)));
        let text = format!("profile {profile}{of}: {}{}", identity.source, until.unwrap_or_default());
        self.well("credentials", &text)?;

        let log: Arc<CallLog> = Arc::default();
        let caller = Caller::new(0, Arc::new(Limit::default()), Arc::clone(&log));
        let targets = match clients.targets(&caller, profile, regions).await {
            Ok(targets) => targets,
            Err(error) => return self.failed("region", &error),
        };
        let names: Vec<&str> = targets.iter().map(|target| target.region.as_str()).collect();
        self.well("region", &names.join(", "))?;
        let Some(first) = targets.first() else { return Ok(()) };
        let now = Utc::now().timestamp_millis();
        let found = permissions(clients, &caller, first, now).await;
        self.way(clients, first, &log).await?;
        self.permissions(first, found)
    }

    /// What was seen of the calls on their way: the host, TLS, and the service's clock.
    async fn way(&mut self, clients: &Clients, target: &Target, log: &CallLog) -> Result<()> {
        let calls = log.calls();
        let url = calls.iter().find_map(|call| call.url());
        if let Some(url) = url {
            let Route { url, named_by, proxy } = clients.route_of(target, url).await?;
            let by = named_by.map(|who| format!(", as {who} says")).unwrap_or_default();
            let through = proxy.map(|(proxy, _)| format!(", through the proxy {proxy}")).unwrap_or_default();
            let has_answer = calls.iter().any(|call| call.status.is_some());
            match has_answer {
                true => self.well("endpoint", &format!("{url}{by}{through}"))?,
                // The error of the calls says why.
                false => self.find(NOTE, "endpoint", &format!("{url}{by}{through}: no answer"), None)?,
            }
            match url.starts_with("https:") {
                true if has_answer => self.well("tls", "the certificate is trusted")?,
                true => {}
                false => self.find(NOTE, "tls", "none: the endpoint is http", None)?,
            }
        }
        match calls.iter().find_map(|call| call.skew()) {
            Some(skew) => {
                let what = format!("this machine's clock is {skew}: AWS refuses signatures of five minutes");
                self.ill("clock", Kind::Api, &what, Some("set it: timedatectl set-ntp true"))
            }
            None if calls.iter().any(|call| call.clocks().is_some()) => {
                self.well("clock", "as the service's")
            }
            None => Ok(()),
        }
    }

    fn permissions(
        &mut self,
        target: &Target,
        found: std::collections::BTreeMap<&'static str, Permission>,
    ) -> Result<()> {
        let all = found.len();
        let denied: Vec<String> = found
            .iter()
            .filter(|(_, permission)| matches!(permission, Permission::Denied))
            .map(|(name, _)| format!("lightsail:{name}"))
            .collect();
        let unknown: Vec<(&str, &Error)> = found
            .iter()
            .filter_map(|(name, permission)| match permission {
                Permission::Unknown(error) => Some((*name, error)),
                _ => None,
            })
            .collect();
        if let Some((_, error)) = unknown.first() {
            let more = match unknown.len() {
                1 => String::new(),
                count => format!(" (and {} more calls of {all} failed)", count - 1),
            };
            self.ill("api", error.kind(), &format!("{}{more}", error.message()), error.hint())?;
        }
        if !denied.is_empty() {
            let what = format!("{} of {all} actions are not allowed: {}", denied.len(), denied.join(", "));
            let mend = format!("allow them to profile {}, or lightsail:Get*, on resource *", target.profile);
            return self.ill("permissions", Kind::Api, &what, Some(&mend));
        }
        if unknown.is_empty() {
            self.well("permissions", &format!("all {all} actions are allowed"))?;
        }
        Ok(())
    }

    /// Ends the examination.
    ///
    /// # Errors
    /// The kind of the worst finding, if one wants mending.
    pub fn end(self) -> Result<()> {
        let Some(worst) = self.worst else { return Ok(()) };
        let things = if self.ill == 1 { "thing wants" } else { "things want" };
        Err(Error::new(worst, format!("{} {things} mending", self.ill)))
    }
}

fn minute(at: SystemTime) -> String {
    DateTime::<Utc>::from(at).format("%Y-%m-%d %H:%M UTC").to_string()
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn terminal() -> String {
    if !std::io::stdout().is_terminal() {
        return "none: standard output goes elsewhere".to_owned();
    }
    let size = terminal_size::terminal_size_of(std::io::stdout())
        .map_or_else(|| "of unknown size".to_owned(), |(width, height)| format!("{}x{}", width.0, height.0));
    let kind = variable("TERM").unwrap_or_else(|| "no TERM".to_owned());
    let colors = match (variable("NO_COLOR"), kind.as_str()) {
        (Some(_), _) => ", no colours: NO_COLOR",
        (None, "dumb" | "no TERM") => ", no colours",
        (None, _) => "",
    };
    format!("{size}, {kind}{colors}")
}

/// The variables that name proxies, without who signs on to them.
fn proxies() -> String {
    let names = [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ];
    let value = |name: &&str| {
        let value = variable(name)?;
        let bare = match value.rsplit_once('@') {
            Some((before, host)) => format!(
                "{}…@{host}",
                before.split_once("://").map_or(String::new(), |(scheme, _)| format!("{scheme}://"))
            ),
            None => value,
        };
        Some(format!("{name}={bare}"))
    };
    names.iter().filter_map(value).collect::<Vec<_>>().join(", ")
}
