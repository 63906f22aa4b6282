//! Targets: one profile in one region.

use std::fmt;

/// One profile in one region: what an SDK client is made for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The AWS profile.
    pub profile: Profile,
    /// The region.
    pub region: String,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.profile, self.region)
    }
}

/// An AWS profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Profile {
    /// Its name, as rows and errors show it.
    pub name: String,
    /// Whether it was asked for by name: then keys in the environment do not stand in for it.
    pub is_explicit: bool,
}

impl Profile {
    /// The profile of the environment, by the name of who signs for it.
    ///
    /// As for the AWS CLI, keys in the environment go before the profile that it names; rows that they signed for do not
    /// say that profile.
    pub fn of_environment() -> Self {
        let name = match named_profile() {
            Some(_) if has_keys() => ENVIRONMENT.to_owned(),
            Some((_, name)) => name,
            None => DEFAULT.to_owned(),
        };
        Self { name, is_explicit: false }
    }

    /// Whether a list of profiles can name it: keys in the environment sign for none.
    pub fn is_named(&self) -> bool {
        self.is_explicit || !has_keys()
    }

    /// The profile that is asked where no AWS configuration is read.
    pub(super) fn of_nobody() -> Self {
        Self { name: DEFAULT.to_owned(), is_explicit: false }
    }
}

const DEFAULT: &str = "default";
/// What rows say that keys in the environment signed for, although it names a profile.
const ENVIRONMENT: &str = "environment";

/// The profile that the environment names, and the variable that does; the order is botocore's.
pub(super) fn named_profile() -> Option<(&'static str, String)> {
    let named = |variable| Some((variable, std::env::var(variable).ok().filter(|name| !name.is_empty())?));
    ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"].into_iter().find_map(named)
}

/// Whether the environment has keys, which sign before any profile that it names.
pub(super) fn has_keys() -> bool {
    let has = |variable| std::env::var(variable).is_ok_and(|value| !value.trim().is_empty());
    has("AWS_ACCESS_KEY_ID") && (has("AWS_SECRET_ACCESS_KEY") || has("SECRET_ACCESS_KEY"))
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
