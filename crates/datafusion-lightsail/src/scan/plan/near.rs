//! Which of the regions of a profile a worker asks, where several have the profile and each is near to some regions.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::aws::{Target, means};
use crate::catalog::operation::Scope;

/// Which regions one of several workers asks of a profile that all of them have: those that it is near to and none before
/// it is; the first also those that none is near to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::scan) struct Regions {
    /// The regions that each of the workers is near to, as names and patterns.
    pub(in crate::scan) near: Arc<[Arc<[String]>]>,
    /// The place of the one that this is about.
    pub(in crate::scan) mine: usize,
}

impl Regions {
    pub(in crate::scan) fn asks(&self, region: &str) -> bool {
        let nearest = self.near.iter().position(|patterns| means(patterns, region));
        nearest.unwrap_or(0) == self.mine
    }
}

/// As a list of regions is written where one can say it: `eu-*,!eu-west-1`.
impl fmt::Display for Regions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.near.get(self.mine).map(|patterns| patterns.join(",")).unwrap_or_default();
        let others = if self.mine == 0 { self.near.get(1..) } else { self.near.get(..self.mine) };
        let mut patterns: Vec<&str> = Vec::new();
        for pattern in others.unwrap_or_default().iter().flat_map(|patterns| patterns.iter()) {
            if !patterns.contains(&pattern.as_str()) {
                patterns.push(pattern);
            }
        }
        let excluded =
            |patterns: &[&str]| patterns.iter().map(|pattern| format!(",!{pattern}")).collect::<String>();
        match (self.mine, own.is_empty()) {
            (0, true) => write!(f, "*{}", excluded(&patterns)),
            // Its own come before those of the others.
            (0, false) => write!(f, "{own} and all but {}", patterns.join(",")),
            _ => write!(f, "{own}{}", excluded(&patterns)),
        }
    }
}

/// The profiles of a worker that others ask too, each with the regions that are this one's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::scan) struct Near(pub(in crate::scan) HashMap<String, Regions>);

impl Near {
    /// Whether a target is this worker's to ask for what is of this scope. What is the same in every region is the first
    /// worker's, for which region is the first depends on the order in which each is told of them.
    pub(in crate::scan) fn asks(&self, target: &Target, scope: Scope) -> bool {
        self.0.get(&target.profile.name).is_none_or(|regions| match scope {
            Scope::AnyRegion => regions.mine == 0,
            Scope::Region | Scope::UsEast1 => regions.asks(&target.region),
        })
    }

    pub(in crate::scan) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The regions of a profile that are asked, as a list of them is written.
    pub(in crate::scan) fn regions(&self, profile: &str) -> String {
        self.0.get(profile).map_or_else(|| "*".to_owned(), ToString::to_string)
    }
}

/// Each list of regions that a profile is asked in, once.
impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lists: Vec<String> = self.0.values().map(ToString::to_string).collect();
        lists.sort_unstable();
        lists.dedup();
        f.write_str(&lists.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_is_asked_by_one_worker() {
        let patterns =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Arc<[String]>>();
        let near: Arc<[Arc<[String]>]> =
            [patterns(&["us-east-1"]), patterns(&["eu-*", "us-east-1"]), patterns(&["eu-west-1", "ap-*"])]
                .into();
        let of = |mine| Regions { near: Arc::clone(&near), mine };
        for (region, worker) in
            [("us-east-1", 0), ("us-west-2", 0), ("eu-west-1", 1), ("eu-north-1", 1), ("ap-south-1", 2)]
        {
            let askers: Vec<usize> = (0..3).filter(|mine| of(*mine).asks(region)).collect();
            assert_eq!(askers, [worker], "{region}");
        }
        assert_eq!(
            [of(0), of(1), of(2)].map(|regions| regions.to_string()),
            ["*,!eu-*,!eu-west-1,!ap-*", "eu-*,us-east-1,!us-east-1", "eu-west-1,ap-*,!us-east-1,!eu-*"]
        );
    }
}
