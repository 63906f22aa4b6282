//! What is said of targets that a query names and that are not asked.

use std::collections::BTreeSet;

use crate::aws::target::Profile;
use crate::aws::{Clients, Target, listed, sdk_regions, word};
use crate::catalog::operation::{Known, Scope};
use crate::nearest::nearest;
use crate::options::{LightsailOptions, list};
use crate::scan::plan::constraints::Constraints;
use crate::scan::plan::names::Names;
use crate::scan::plan::requests::places;
use crate::scan::plan::spec::ScanSpec;

/// The region that rows of domains and distributions say.
pub(in crate::scan) const GLOBAL: &str = "global";

/// The most regions that a warning names one by one.
const MOST_NAMED: usize = 8;

/// What was asked of a scan, for its warnings.
pub(in crate::scan) struct Asked<'a> {
    pub(in crate::scan) clients: &'a Clients,
    pub(in crate::scan) targets: &'a [Target],
    pub(in crate::scan) options: &'a LightsailOptions,
}

impl ScanSpec {
    /// The targets that the query names: in its own words, and in what a join has found out by now.
    pub(in crate::scan) fn names_at(&self, constraints: &Constraints) -> Names {
        let mut names = self.said.names.clone().now(self);
        if !self.dynamic.is_empty() {
            names.profiles.extend(constraints.texts("profile").unwrap_or_default());
            names.accounts.extend(constraints.texts("account_id").unwrap_or_default());
            let mut regions = constraints.texts("region").unwrap_or_default();
            // Among others it is what a join with all kinds of resources hands to each of them.
            if regions.len() > 1 {
                regions.remove(GLOBAL);
            }
            for column in self.columns_of_place() {
                let texts = constraints.texts(&column).unwrap_or_default();
                let places = texts.iter().filter_map(|text| self.place_of(&column, text));
                regions.extend(places.map(|place| place.region.to_owned()).filter(|region| region != GLOBAL));
            }
            names.regions.extend(regions);
        }
        names
    }

    /// The profiles that are named and not asked.
    pub(in crate::scan) fn unasked_profiles(
        &self,
        names: &Names,
        clients: &Clients,
        options: &LightsailOptions,
    ) -> Vec<String> {
        let profiles = clients.profiles(&list(&options.profiles));
        let asked: Vec<String> = profiles.iter().map(|profile| profile.name.clone()).collect();
        let unasked: Vec<&str> = beyond(&names.profiles, &asked).collect();
        let (slips, others): (Vec<&str>, Vec<&str>) =
            unasked.into_iter().partition(|name| nearest(name, &asked).is_some());
        let slips = slips.into_iter().filter_map(|name| Some((name, nearest(name, &asked)?)));
        let slips = slips.map(|(name, meant)| {
            format!(
                "{name} is not among the profiles asked ({}): did you mean {meant}?",
                listed(texts(&asked))
            )
        });
        let others = (!others.is_empty()).then(|| {
            let what = are_not_among(&others, "profiles", &asked);
            match clients.has_profiles() && asked.len() <= MOST_NAMED {
                true => {
                    // Keys in the environment sign for no profile that could be asked beside others.
                    let with =
                        profiles.iter().filter(|profile| profile.is_named()).map(|asked| asked.name.as_str());
                    let all: Vec<&str> = with.chain(others.iter().copied()).collect();
                    format!("{what}: --profile {} asks {}", word(&all.join(",")), it(&others))
                }
                false => what,
            }
        });
        slips.chain(others).collect()
    }

    /// The accounts that are named and are of none of the profiles asked.
    pub(in crate::scan) fn unasked_accounts(
        &self,
        names: &Names,
        clients: &Clients,
        options: &LightsailOptions,
    ) -> Option<String> {
        let profiles = clients.profiles(&list(&options.profiles));
        let known: Vec<String> = profiles.iter().filter_map(|profile| clients.account(profile)).collect();
        let unasked: Vec<&str> = beyond(&names.accounts, &known).collect();
        let is_all_known = known.len() == profiles.len();
        (!unasked.is_empty()).then(|| match is_all_known {
            true => are_not_among(&unasked, "accounts", &known),
            false => {
                let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
                format!(
                    "{} {} not known to be of the profiles asked ({})",
                    unasked.join(" and "),
                    are(&unasked),
                    listed(names.into_iter())
                )
            }
        })
    }

    /// The regions that are named and not asked, or that a filter wants where it lets none of those asked pass.
    pub(in crate::scan) fn unasked_regions(&self, names: &Names, asked: &Asked<'_>) -> Vec<String> {
        let regions = self.regions_of_rows(asked.targets);
        if regions.is_empty() {
            return Vec::new();
        }
        // Rows of another branch of a UNION may well be of that region.
        let is_in_union = self.said.is_in_union;
        if !self.is_of_regions() && is_in_union {
            return Vec::new();
        }
        if !self.is_of_regions() {
            let is_other =
                !names.regions.is_empty() && names.regions.iter().all(|name| !regions.contains(name));
            return is_other.then(|| self.of_another_region(&regions, &names.regions)).into_iter().collect();
        }
        let known = known_regions(asked.clients, asked.targets.iter().map(|target| &target.profile));
        let mut lines = unknown_exclusions(names, &known, &regions);
        let mut unasked: BTreeSet<&str> = beyond(&names.regions, &regions).collect();
        unasked.retain(|name| !(is_in_union && *name == GLOBAL));
        unasked.extend(names.wanted(&regions, &known));
        if unasked.is_empty() {
            let constraints = &self.constraints;
            let passes = |region: &&String| constraints.is_possible(&[("region", Some(region))]);
            if !constraints.is_about("region") || regions.iter().any(|region| passes(&region)) {
                return lines;
            }
            unasked = known.iter().filter(passes).map(String::as_str).collect();
            if unasked.is_empty() && !is_in_union {
                let regions = regions.join(", ");
                lines.push(format!("the filter on region lets none of the regions asked pass ({regions})"));
            }
        }
        let is_known = |name: &&str| known.iter().any(|region| region == name);
        let (there, unknown): (Vec<&str>, Vec<&str>) = unasked.into_iter().partition(is_known);
        lines.extend(unknown.into_iter().map(|name| {
            let what = are_not_among(&[name], "regions", &regions);
            match nearest(name, &known) {
                _ if name == GLOBAL => {
                    let table = self.table.name();
                    format!("{GLOBAL} is the region of domains and distributions: no row of {table} is of it")
                }
                Some(meant) => format!("{what}: did you mean {meant}?"),
                None => format!("{what}, and none that Lightsail is known to have"),
            }
        }));
        lines.extend((!there.is_empty()).then(|| not_asked(&there, &regions, &list(&asked.options.regions))));
        lines
    }

    /// What is said of rows whose region is never the one that is named.
    pub(in crate::scan) fn of_another_region<'a>(
        &self,
        regions: impl IntoIterator<Item = &'a String>,
        names: &BTreeSet<String>,
    ) -> String {
        let either = |names: Vec<&str>| names.join(" or ");
        let regions = either(regions.into_iter().map(String::as_str).collect());
        let names = either(names.iter().map(String::as_str).collect());
        format!("the rows of {} are of region {regions}, not {names}", self.table.name())
    }

    /// The regions that its rows can say, of these targets.
    fn regions_of_rows(&self, targets: &[Target]) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for source in self.sources() {
            for (_, regions) in places(&source, targets) {
                for region in regions {
                    if !found.iter().any(|seen| seen == region) {
                        found.push(region.to_owned());
                    }
                }
            }
        }
        found
    }

    /// Whether it reads something that is the same in every region.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) fn is_of_any_region(&self) -> bool {
        self.sources().iter().any(|source| source.operation.scope == Scope::AnyRegion)
    }

    /// Whether it reads something that is in each region.
    pub(in crate::scan) fn is_of_regions(&self) -> bool {
        self.sources().iter().any(|source| source.operation.scope == Scope::Region)
    }
}

/// What is to be said of a list of regions before anything is asked there: names and patterns of which none is known.
pub fn stray_regions(clients: &Clients, options: &LightsailOptions) -> Vec<String> {
    let patterns = list(&options.regions);
    let profiles = clients.profiles(&list(&options.profiles));
    let known = known_regions(clients, &profiles);
    let strays = patterns.iter().filter(|pattern| clients.is_stray(pattern, &known));
    strays.map(|name| no_region(name.trim_start_matches('!'), &known)).collect()
}

/// What is to be said of a list of profiles before anything is asked of them: names that are in no file, or any names
/// where no profile signs.
pub fn stray_profiles(clients: &Clients, options: &LightsailOptions) -> Vec<String> {
    let names = list(&options.profiles);
    if clients.has_own_keys() && !names.is_empty() {
        return vec![format!(
            "{} is asked with keys that are no profile's: it is only what rows call the account",
            names.join(", ")
        )];
    }
    let (strays, known) = clients.stray_profiles(&names);
    let line = |name: &str| match nearest(name, &known) {
        Some(meant) => {
            format!("{name} is no profile of the AWS configuration files: did you mean {meant}?")
        }
        None => format!("{name} is no profile of the AWS configuration files"),
    };
    strays.into_iter().map(line).collect()
}

/// Regions that a filter leaves out and that there are not: a slip of the pen leaves out nothing.
fn unknown_exclusions(names: &Names, known: &[String], asked: &[String]) -> Vec<String> {
    let is_there = |name: &String| *name == GLOBAL || known.contains(name) || asked.contains(name);
    let strays = names.excluded.iter().filter(|name| !is_there(name));
    strays.map(|name| no_region(name, known)).collect()
}

/// What is said of regions that there are, and how they are asked where `patterns` say which are.
fn not_asked(names: &[&str], asked: &[String], patterns: &[String]) -> String {
    if patterns.iter().any(|pattern| pattern == "all") {
        // It is what GetRegions answers, less what is excluded.
        let what = format!("{}: all are what Lightsail offers here", are_not_among(names, "regions", asked));
        return if patterns.len() == 1 { what } else { format!("{what}, less what --region excludes") };
    }
    if names.len() > MOST_NAMED {
        let (count, asked) = (names.len(), asked.join(", "));
        return format!(
            "{count} regions that the query names or allows are not among those asked ({asked}): --region all asks them"
        );
    }
    let takes_more = !patterns.is_empty() && !patterns.iter().any(|pattern| pattern.starts_with('!'));
    let all = [if takes_more { patterns } else { asked }.join(","), names.join(",")].join(",");
    let quote = if all.contains(['*', '?']) { "'" } else { "" };
    format!("{}: --region {quote}{all}{quote} asks {}", are_not_among(names, "regions", asked), it(names))
}

fn no_region(name: &str, known: &[String]) -> String {
    match nearest(name, known) {
        Some(meant) => format!("{name} is no region of Lightsail: did you mean {meant}?"),
        None => format!("{name} is no region that Lightsail is known to have"),
    }
}

/// The regions that there are: those that GetRegions answered, and those that the SDK knows, for it may leave some out.
fn known_regions<'a>(clients: &Clients, profiles: impl IntoIterator<Item = &'a Profile>) -> Vec<String> {
    let answered = profiles.into_iter().flat_map(|profile| clients.known_regions(profile));
    let known: BTreeSet<String> = answered.chain(sdk_regions()).collect();
    known.into_iter().collect()
}

fn beyond<'a>(names: &'a BTreeSet<String>, asked: &[String]) -> impl Iterator<Item = &'a str> {
    names.iter().filter(|name| !asked.contains(name)).map(String::as_str)
}

fn are_not_among(names: &[&str], what: &str, asked: &[String]) -> String {
    format!("{} {} not among the {what} asked ({})", enumerate(names), are(names), listed(texts(asked)))
}

fn texts(names: &[String]) -> impl Iterator<Item = &str> {
    names.iter().map(String::as_str)
}

/// `a`, `a and b`, `a, b and c`
fn enumerate(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn are(names: &[&str]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
}

fn it(names: &[&str]) -> &'static str {
    if names.len() == 1 { "it" } else { "them" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_people_write_them() {
        assert_eq!(enumerate(&["a"]), "a");
        assert_eq!(enumerate(&["a", "b"]), "a and b");
        assert_eq!(enumerate(&["a", "b", "c"]), "a, b and c");
    }
}
