//! A fault script: a line for each rule, a fault and when it comes.

use std::fmt;
use std::str::FromStr;

use regex::Regex;

use super::{FAULTS, Fault};

/// Which calls meet which fault.
///
/// ```
/// use lightsail_demo::faults::Faults;
///
/// let script = "
///     ThrottlingException operation=GetInstances region=us-* page=2 times=1
///     403 region=eu-west-1 operation=GetDisks
/// ";
/// assert_eq!(script.parse::<Faults>().unwrap().rules(), 2);
/// assert_eq!("404 page=two".parse::<Faults>().unwrap_err().to_string(), "line 1: page=two is no page: 2, 2-5 or last");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Faults(pub(super) Vec<Rule>);

impl Faults {
    /// How many rules there are.
    pub fn rules(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A line of a script. The first whose conditions hold decides.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) fault: &'static Fault,
    operation: Option<Regex>,
    region: Option<Regex>,
    account: Option<Regex>,
    pages: Pages,
    /// How often in all; `None` for every call.
    pub(super) times: Option<u64>,
    /// In how many of 100 calls.
    pub(super) percent: u64,
    /// What the answer says of when to try again, in ms.
    pub(super) retry_after: Option<u64>,
}

/// Which pages of a listing.
#[derive(Debug, Clone, Copy)]
enum Pages {
    Range(u64, u64),
    Last,
}

impl Rule {
    /// Whether it is for pages of an operation in a region for an account.
    pub(super) fn is_about(&self, operation: &str, region: &str, account: &str) -> bool {
        let fits = |pattern: &Option<Regex>, text| pattern.as_ref().is_none_or(|regex| regex.is_match(text));
        fits(&self.operation, operation) && fits(&self.region, region) && fits(&self.account, account)
    }

    /// Whether it is for a page.
    pub(super) fn is_for_page(&self, page: u64, is_last: bool) -> bool {
        match self.pages {
            Pages::Range(from, to) => (from..=to).contains(&page),
            Pages::Last => is_last,
        }
    }
}

/// What is wrong with a script, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for Slip {}

/// What can follow the name of a fault: the key, what its value looks like, and what it means.
pub const CONDITIONS: &[[&str; 3]] = &[
    ["operation", "GetInstances", "Calls of this operation; `*` and `?` stand for other characters"],
    ["region", "us-*", "Calls in this region; `*` and `?` likewise"],
    ["account", "123456789012", "Calls for this account; `*` and `?` likewise"],
    ["page", "2, 2-5 or last", "Calls for these pages of a listing, from 1"],
    ["times", "1", "Only so many calls in all"],
    ["percent", "80", "So many of 100 calls, always the same ones"],
    ["retry-after", "10", "The answer says to try again after so many milliseconds"],
];

impl FromStr for Faults {
    type Err = Slip;

    fn from_str(text: &str) -> Result<Self, Slip> {
        let mut rules = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(name) = words.next() else { continue };
            rules.push(rule(name, words).map_err(|what| Slip { line: index + 1, what })?);
        }
        Ok(Self(rules))
    }
}

fn rule<'a>(name: &str, conditions: impl Iterator<Item = &'a str>) -> Result<Rule, String> {
    let fault = Fault::named(name).ok_or_else(|| {
        let names: Vec<&str> = FAULTS.iter().map(|fault| fault.name).collect();
        format!("there is no fault {name}; there are {}", names.join(", "))
    })?;
    let mut rule = Rule {
        fault,
        operation: None,
        region: None,
        account: None,
        pages: Pages::Range(1, u64::MAX),
        times: None,
        percent: 100,
        retry_after: None,
    };
    let mut known = Vec::new();
    for word in conditions {
        let keys = || CONDITIONS.iter().map(|[key, ..]| *key).collect::<Vec<_>>().join(", ");
        let (key, value) =
            word.split_once('=').ok_or_else(|| format!("{word} is no KEY=VALUE: the keys are {}", keys()))?;
        if known.contains(&key) {
            return Err(format!("{key} is there twice"));
        }
        known.push(key);
        let number = || value.parse::<u64>().map_err(|_| format!("{word} is no number"));
        match key {
            "operation" => rule.operation = Some(glob(value)?),
            "region" => rule.region = Some(glob(value)?),
            "account" => rule.account = Some(glob(value)?),
            "page" => {
                rule.pages = pages(value).ok_or_else(|| format!("{word} is no page: 2, 2-5 or last"))?
            }
            "times" => rule.times = Some(number()?),
            "percent" => {
                rule.percent =
                    number().ok().filter(|it| *it <= 100).ok_or_else(|| format!("{word} is not 0 to 100"))?
            }
            "retry-after" => rule.retry_after = Some(number()?),
            _ => return Err(format!("there is no key {key}: the keys are {}", keys())),
        }
    }
    Ok(rule)
}

fn pages(text: &str) -> Option<Pages> {
    if text == "last" {
        return Some(Pages::Last);
    }
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (1..=to).contains(&from).then_some(Pages::Range(from, to))
}

fn glob(pattern: &str) -> Result<Regex, String> {
    let regex = regex::escape(pattern).replace(r"\*", ".*").replace(r"\?", ".");
    Regex::new(&format!("^(?:{regex})$")).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule_of(line: &str) -> Rule {
        line.parse::<Faults>().unwrap().0.swap_remove(0)
    }

    fn is_for(rule: &Rule, page: u64, is_last: bool) -> bool {
        rule.is_about("GetInstances", "us-east-1", "123456789012") && rule.is_for_page(page, is_last)
    }

    #[test]
    fn a_rule_is_for_the_calls_that_it_names() {
        for line in [
            "403",
            "403 operation=GetInstances",
            "403 region=us-* account=1234*",
            "403 page=2",
            "403 page=1-3 region=us-east-?",
        ] {
            assert!(is_for(&rule_of(line), 2, false), "{line}");
        }
        for line in [
            "403 operation=GetInstance",
            "403 region=eu-*",
            "403 account=2*",
            "403 page=1",
            "403 page=last",
            "403 page=3-9",
        ] {
            assert!(!is_for(&rule_of(line), 2, false), "{line}");
        }
        assert!(is_for(&rule_of("403 page=last"), 2, true));
    }

    #[test]
    fn every_fault_and_every_key_can_be_written() {
        let text: String =
            FAULTS.iter().map(|fault| format!("{} times=2 # and why\n\n", fault.name)).collect();
        let script: Faults = text.parse().unwrap();
        let names: Vec<&str> = script.0.iter().map(|rule| rule.fault.name).collect();
        assert_eq!(names, FAULTS.iter().map(|fault| fault.name).collect::<Vec<_>>());
        for [key, value, _] in CONDITIONS {
            let value = value.split(&[',', ' ']).next().unwrap();
            assert_eq!(rule_of(&format!("403 {key}={value}")).fault.name, "403");
        }
    }

    #[test]
    fn a_slip_says_its_line_and_what_there_is_instead() {
        for (text, line, what) in [
            ("\n# well\n4o3", 3, "there is no fault 4o3; there are Throttling, "),
            ("403 reigon=us-east-1", 1, "there is no key reigon: the keys are operation, region"),
            ("403\n500 often", 2, "often is no KEY=VALUE"),
            ("403 page=0", 1, "page=0 is no page"),
            ("403 page=5-2", 1, "page=5-2 is no page"),
            ("403 times=-1", 1, "times=-1 is no number"),
            ("403 percent=101", 1, "percent=101 is not 0 to 100"),
            ("403 page=1 page=2", 1, "page is there twice"),
        ] {
            let slip = text.parse::<Faults>().unwrap_err();
            assert_eq!(slip.line, line, "{text}");
            assert!(slip.what.starts_with(what), "{text}: {slip}");
        }
    }
}
