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
    /// Whatever the environment gives, by the name that AWS_PROFILE gives it.
    pub fn of_environment() -> Self {
        let name = std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
        Self { name: name.unwrap_or_else(|| "default".into()), is_explicit: false }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
