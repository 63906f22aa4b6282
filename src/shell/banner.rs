//! Whom the shell asks, as the banner and the prompt say it.

use datafusion_lightsail::captures::{Capture, shown};
use datafusion_lightsail::session::{KnownTarget, Session};
use unicode_width::UnicodeWidthStr;

/// How wide a terminal is at least.
const NARROW: usize = 80;

/// How wide a prompt may be.
const PROMPT: usize = 40;

/// What the calls go through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// AWS's own endpoints.
    Aws,
    /// Another endpoint.
    Endpoint(String),
    /// The embedded demo fleet.
    Demo,
    /// None: captures answer.
    Captures,
}

/// The lines that the shell begins with.
pub(super) fn banner(session: &Session, door: &Door) -> String {
    let name = concat!("lightsail-sql ", env!("CARGO_PKG_VERSION"));
    let asked = match door {
        Door::Demo => "the embedded demo fleet".to_owned(),
        Door::Captures => session.captured().map(Capture::name).unwrap_or_default(),
        door => {
            let known = session.targets();
            let (targets, accounts) = (places(session), accounts(&known));
            let keys = match known.iter().any(|target| target.is_of_environment) {
                true => ", keys of the environment",
                false => "",
            };
            let endpoint = match door {
                Door::Endpoint(url) => format!(" at {url}"),
                _ => String::new(),
            };
            format!("{targets}{accounts}{endpoint}{keys}")
        }
    };
    let help = "\\? for help, \\q to leave";
    let line = format!("{name} · {asked} · {help}");
    match line.width() < NARROW {
        true => line,
        false => format!("{name} · {help}\nasking {asked}"),
    }
}

/// What stands before an entry: `prod/us-east-1> `.
pub(super) fn prompt(session: &Session, door: &Door) -> String {
    let asked = match door {
        Door::Demo => {
            let options = session.options();
            match options.regions.eq_ignore_ascii_case("all") && options.profiles.is_empty() {
                true => "demo".to_owned(),
                false => format!("demo/{}", regions(&session.targets(), &options.regions)),
            }
        }
        Door::Captures => session.captured().map(|capture| shown(capture.time())).unwrap_or_default(),
        _ => places(session),
    };
    let end: String = asked.chars().take(PROMPT).collect();
    let cut = if end.len() < asked.len() { "…" } else { "" };
    format!("{end}{cut}> ")
}

/// `prod/us-east-1`, `prod/12 regions`, `3 profiles/us-*`
fn places(session: &Session) -> String {
    let targets = session.targets();
    let mut profiles: Vec<&str> = targets.iter().map(|target| target.profile.name.as_str()).collect();
    profiles.dedup();
    let of_first = targets.iter().filter(|target| profiles.first() == Some(&target.profile.name.as_str()));
    let of_first: Vec<KnownTarget> = of_first.cloned().collect();
    let regions = regions(&of_first, &session.options().regions);
    match profiles[..] {
        [profile] => format!("{profile}/{regions}"),
        _ => format!("{} profiles/{regions}", profiles.len()),
    }
}

/// The regions of one profile: one by its name, several by their number, those that are not known yet as they were set.
fn regions(targets: &[KnownTarget], set: &str) -> String {
    let known: Option<Vec<&str>> = targets.iter().map(|target| target.region.as_deref()).collect();
    match known.as_deref() {
        // A prompt has one form, whether it is known by now how many regions a pattern is or not.
        _ if set.contains(['*', '?', '!']) => set.to_owned(),
        Some([region]) => (*region).to_owned(),
        Some(regions) if !regions.is_empty() => format!("{} regions", regions.len()),
        _ if set.is_empty() => "no region".to_owned(),
        _ if set.eq_ignore_ascii_case("all") => "all regions".to_owned(),
        _ => set.to_owned(),
    }
}

fn accounts(targets: &[KnownTarget]) -> String {
    let mut accounts: Vec<&str> = targets.iter().filter_map(|target| target.account.as_deref()).collect();
    accounts.dedup();
    match accounts[..] {
        [] => String::new(),
        [account] => format!(", account {account}"),
        _ => format!(", {} accounts", accounts.len()),
    }
}
