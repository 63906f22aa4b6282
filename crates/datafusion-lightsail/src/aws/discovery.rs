//! Which targets a query asks: what a list of names, globs and exclusions means for each profile.

use std::sync::Arc;

use aws_sdk_lightsail::Client;
use aws_sdk_lightsail::types::{Region, RegionName};

use super::calls::Caller;
use super::client::{Clients, lock};
use super::fault;
use super::selection::{Selection, is_profile_name, read_names};
use super::target::{Profile, Target};
use crate::error::{Error, Kind, Result};

impl Clients {
    /// Finds the profiles that a list means, each once.
    ///
    /// It holds names, globs, exclusions and `@files`, as `Selection` says; an empty list means the environment's profile.
    ///
    /// A part of the list that means nothing is a profile by that name, which says why as soon as it is asked.
    pub fn profiles(&self, list: &[String]) -> Vec<Profile> {
        if list.is_empty() && self.assumed.get().is_none() && self.remote_profiles.get().is_none() {
            return vec![if self.reads_files() { Profile::of_environment() } else { Profile::of_nobody() }];
        }
        let names = self.selection(list);
        names.iter().map(|name| Profile { name: name.clone(), is_explicit: true }).collect()
    }

    fn selection(&self, list: &[String]) -> Arc<[String]> {
        if self.reads_files() && !lock(&self.strays).is_empty() {
            // What could not be followed may be there by now.
            let _ = self.files();
        }
        if let Some(names) = lock(&self.selections).get(list) {
            return Arc::clone(names);
        }
        let remote = self.remote_profiles.get();
        let Selection { mut names, strays } = match self.assumed.get() {
            None if let Some(remote) = remote => {
                let known: Vec<&str> = remote.names.iter().map(String::as_str).collect();
                let every = ["*".to_owned()];
                Selection::of(if list.is_empty() { &every } else { list }, &known, read_names)
            }
            Some(accounts) if list.is_empty() => {
                Selection { names: accounts.names.clone(), strays: Vec::new() }
            }
            Some(accounts) => {
                let list: Vec<String> = list.iter().map(|part| accounts.by_name(part)).collect();
                let known: Vec<&str> = accounts.names.iter().map(String::as_str).collect();
                Selection::of(&list, &known, read_names)
            }
            None => {
                let is_plain = list.iter().all(|part| is_profile_name(part));
                // Two names may be the halves of one that has a comma.
                let is_clear = is_plain && list.len() < 2;
                let profiles = if is_clear || !self.reads_files() { None } else { self.files().ok() };
                let known: Vec<&str> = profiles.iter().flat_map(|profiles| profiles.files.names()).collect();
                let mut selection = Selection::of(list, &known, read_names);
                // A pattern means what can be read, and what cannot must not be left out without a word.
                let unknown = profiles.iter().flat_map(|profiles| profiles.files.unknown());
                for unknown in unknown.filter(|_| !is_plain) {
                    let why = format!("nobody knows which profiles {} means: {unknown}", list.join(","));
                    selection.strays.push((list.join(","), why));
                }
                selection
            }
        };
        for (part, why) in strays {
            names.push(part.clone());
            lock(&self.strays).insert(part, why);
        }
        let names: Arc<[String]> = names.into();
        lock(&self.selections).insert(list.to_vec(), Arc::clone(&names));
        names
    }

    /// The targets of a profile: the regions that `regions` names.
    ///
    /// Regions are names (`us-east-1`), globs (`us-*`), exclusions (`!us-west-2`) and `all`; none at all is the
    /// profile's own region. Only globs and `all` cost a call: one GetRegions for each profile of a session.
    ///
    /// # Errors
    /// When the profile has no credentials, no region is set, none matches, or GetRegions fails.
    pub async fn targets(
        &self,
        caller: &Caller,
        profile: &Profile,
        regions: &[String],
    ) -> Result<Vec<Target>> {
        let regions = self.selected_regions(caller, profile, regions).await?;
        // With its credentials at hand a profile that has none is named here, before anything is asked.
        self.profile(profile).await?;
        Ok(regions.into_iter().map(|region| Target { profile: profile.clone(), region }).collect())
    }

    /// Finds the targets of a profile as far as they are known without a call; `None` if they are not.
    pub fn known_targets(&self, profile: &Profile, patterns: &[String]) -> Option<Vec<Target>> {
        let regions = match patterns {
            [] => vec![self.known_home(profile)?],
            names if names.iter().all(|pattern| is_name(pattern)) => select(names, names),
            patterns => {
                let cell = Arc::clone(lock(&self.regions).get(profile)?);
                select(patterns, cell.get()?)
            }
        };
        Some(regions.into_iter().map(|region| Target { profile: profile.clone(), region }).collect())
    }

    /// The regions that Lightsail is known to have: what GetRegions answered a profile, else what the SDK knows.
    pub fn known_regions(&self, profile: &Profile) -> Vec<String> {
        let asked = lock(&self.regions).get(profile).and_then(|cell| cell.get().cloned());
        asked.unwrap_or_else(sdk_regions)
    }

    /// Takes note of all regions that there are for a profile, unless they are known.
    pub fn learn_regions(&self, profile: &Profile, regions: Vec<String>) {
        let cell = Arc::clone(lock(&self.regions).entry(profile.clone()).or_default());
        // What was answered first stays.
        let _ = cell.set(regions);
    }

    /// Whether a name or pattern of regions matches none of those that are known.
    pub fn is_stray(&self, pattern: &str, known: &[String]) -> bool {
        is_stray(pattern, known) || is_name(pattern) && !known.iter().any(|region| region == pattern)
    }

    /// Whether all regions of these profiles are asked, as far as that is known without asking anybody.
    pub fn asks_all(&self, profiles: &[String], patterns: &[String]) -> bool {
        let asks_all = |profile: Profile| {
            let known = self.known_regions(&profile);
            let selected = match patterns {
                [] => self.known_home(&profile).into_iter().collect(),
                patterns => select(patterns, &known),
            };
            known.iter().all(|region| selected.contains(region))
        };
        self.profiles(profiles).into_iter().all(asks_all)
    }

    async fn selected_regions(
        &self,
        caller: &Caller,
        profile: &Profile,
        patterns: &[String],
    ) -> Result<Vec<String>> {
        if patterns.is_empty() {
            let region = self.default_region(profile).await?;
            return region.map(|region| vec![region]).ok_or_else(no_region);
        }
        if let Some(junk) = patterns.iter().find(|pattern| !is_sane(pattern)) {
            return Err(Error::new(Kind::Credentials, format!("{junk:?} is no region"))
                .with_hint("a region reads like us-east-1; globs, !exclusions and all are understood too"));
        }
        if patterns.iter().all(|pattern| is_name(pattern)) {
            return Ok(select(patterns, patterns));
        }
        let cell = Arc::clone(lock(&self.regions).entry(profile.clone()).or_default());
        let known = cell.get_or_try_init(|| self.ask_regions(caller, profile)).await?;
        let selected = select(patterns, known);
        let stray = patterns.iter().find(|pattern| is_stray(pattern, known)).cloned();
        // A slip of the pen must not pass for a region that has nothing, or leave in what was to be left out.
        if let Some(what) = stray.or_else(|| selected.is_empty().then(|| patterns.join(","))) {
            return Err(Error::new(Kind::Credentials, format!("no region matches {what}"))
                .with_hint(format!("Lightsail's regions are {}", known.join(", "))));
        }
        Ok(selected)
    }

    /// What Lightsail's own GetRegions answers; asked in the profile's region, or where every account has one.
    async fn ask_regions(&self, caller: &Caller, profile: &Profile) -> Result<Vec<String>> {
        let home = self.default_region(profile).await?.unwrap_or_else(|| "us-east-1".into());
        let target = Target { profile: profile.clone(), region: home };
        let send = async |client: Client| {
            client.get_regions().send().await.map_err(|error| error.map_service_error(Into::into))
        };
        let (answer, cost) = self.call(caller, "GetRegions", &target, 1, send).await?;
        let regions = answer.regions.ok_or_else(|| {
            fault::malformed("GetRegions", &target, Some(&cost), "the response has no regions")
        })?;
        Ok(regions.iter().filter_map(Region::name).map(|name| name.as_str().to_owned()).collect())
    }
}

/// The regions of Lightsail that the SDK knows.
pub(crate) fn sdk_regions() -> Vec<String> {
    RegionName::values().iter().map(|name| (*name).to_owned()).collect()
}

fn no_region() -> Error {
    Error::new(Kind::Credentials, "no region is set")
        .with_setting("regions")
        .with_hint("pass --region us-east-1 (or --region all), set AWS_REGION, or run: aws configure")
}

/// Whether a glob or an exclusion matches none of the regions that there are.
fn is_stray(pattern: &str, known: &[String]) -> bool {
    let (is_exclusion, bare) = match pattern.strip_prefix('!') {
        Some(bare) => (true, bare),
        None => (false, pattern),
    };
    (is_exclusion || !is_name(bare)) && !known.iter().any(|region| matches(bare, region))
}

/// Whether a region could be meant: they are written in lower case.
pub(crate) fn is_sane(pattern: &str) -> bool {
    let pattern = pattern.strip_prefix('!').unwrap_or(pattern);
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-*?".contains(c);
    is_all(pattern) || !pattern.is_empty() && pattern.chars().all(is_part)
}

fn is_all(pattern: &str) -> bool {
    pattern.eq_ignore_ascii_case("all")
}

/// Whether a pattern names one region.
pub(crate) fn is_name(pattern: &str) -> bool {
    !is_all(pattern) && !pattern.contains(['*', '?', '!'])
}

/// The regions that patterns mean: names as they are, globs and `all` among `known`, less the exclusions, none twice.
///
/// A list of exclusions alone excludes from all.
fn select(patterns: &[String], known: &[String]) -> Vec<String> {
    let (excluded, mut included): (Vec<&str>, Vec<&str>) =
        patterns.iter().map(String::as_str).partition(|pattern| pattern.starts_with('!'));
    if included.is_empty() {
        included.push("all");
    }
    let mut selected: Vec<String> = Vec::new();
    for pattern in included {
        let matching: Vec<&str> = match pattern {
            name if is_name(name) => vec![name],
            pattern => known.iter().map(String::as_str).filter(|region| matches(pattern, region)).collect(),
        };
        for region in matching {
            let out = excluded.iter().any(|pattern| matches(&pattern[1..], region));
            if !out && !selected.iter().any(|seen| seen == region) {
                selected.push(region.to_owned());
            }
        }
    }
    selected
}

/// Whether names and patterns of regions mean this one. None at all mean none.
#[cfg(feature = "cluster")]
pub(crate) fn means(patterns: &[String], region: &str) -> bool {
    let known = [region.to_owned()];
    !patterns.is_empty() && select(patterns, &known).iter().any(|selected| selected == region)
}

/// Whether a glob (or `all`) matches the whole of a region's name.
fn matches(pattern: &str, region: &str) -> bool {
    is_all(pattern) || glob(pattern, region)
}

/// Whether a glob of `*` and `?` matches the whole of a name.
pub(super) fn glob(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    // What is tried next if the rest does not match: the last `*` takes in one letter more.
    let mut retry = None;
    loop {
        let (before, letters) = (pattern.clone(), name.clone());
        match (pattern.next(), name.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                name = letters.clone();
                retry = Some((before, letters));
            }
            (Some(wanted), Some(letter)) if wanted == '?' || wanted == letter => {}
            _ => {
                let Some((star, mut letters)) = retry.take() else { return false };
                if letters.next().is_none() {
                    return false;
                }
                pattern = star.clone();
                pattern.next();
                name = letters.clone();
                retry = Some((star, letters));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{glob, is_sane, is_stray, select};

    fn selected(patterns: &str) -> String {
        let list = |text: &str| text.split(',').map(String::from).collect::<Vec<_>>();
        select(&list(patterns), &list("us-east-1,us-east-2,us-west-2,eu-west-1")).join(",")
    }

    #[test]
    fn what_can_be_no_region_is_told_from_what_can() {
        for pattern in ["us-east-1", "us-*", "!eu-west-?", "all", "ALL"] {
            assert!(is_sane(pattern), "{pattern}");
        }
        for pattern in ["", "!", "!!us-*", "US-EAST-1", "us east", "us_east_1", "us-!*"] {
            assert!(!is_sane(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_a_slip_of_the_pen() {
        let known = ["us-east-1".to_owned(), "eu-west-1".to_owned()];
        let strays: Vec<_> = ["us-*", "ue-*", "!us-*", "!us-esat-1", "all", "ap-new-9", "!eu-west-1"]
            .into_iter()
            .filter(|pattern| is_stray(pattern, &known))
            .collect();
        assert_eq!(strays, ["ue-*", "!us-esat-1"]);
    }

    #[test]
    fn a_glob_matches_the_whole_of_a_name() {
        for (pattern, name) in
            [("", ""), ("*", ""), ("*", "é"), ("?", "é"), ("a*b*c", "abxbc"), ("*a?", "aaab")]
        {
            assert!(glob(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("", "a"), ("?", ""), ("a*", "ba"), ("*a", "ab"), ("a*b", "abc"), ("a", "ab")]
        {
            assert!(!glob(pattern, name), "{pattern} {name}");
        }
        assert!(!glob(&"*a".repeat(20), &"a".repeat(19)));
    }

    #[test]
    fn names_globs_and_exclusions() {
        assert_eq!(selected("eu-west-1,us-east-1,eu-west-1"), "eu-west-1,us-east-1");
        assert_eq!(selected("all"), "us-east-1,us-east-2,us-west-2,eu-west-1");
        assert_eq!(selected("us-*,!us-west-?"), "us-east-1,us-east-2");
        assert_eq!(selected("!us-*"), "eu-west-1");
        assert_eq!(selected("*-1"), "us-east-1,eu-west-1");
        assert_eq!(selected("ap-*"), "");
        assert_eq!(selected("ap-new-9"), "ap-new-9", "a name is asked even if nobody lists it");
    }
}
