//! Which of the regions of a profile a worker asks, where several have the profile and each is near to some regions.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::aws::{Target, means};
use crate::catalog::operation::Scope;

/// Which regions one of several workers asks of a profile that all of them have: those that it is near to and none before
/// it is; the first also those that none is near to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::scan) struct RegionShare {
    /// The regions that each of the workers is near to, as names and patterns.
    pub(in crate::scan) near: Arc<[Arc<[String]>]>,
    /// The place of the one that this is about.
    pub(in crate::scan) mine: usize,
}

impl RegionShare {
    pub(in crate::scan) fn asks(&self, region: &str) -> bool {
        let nearest = self.near.iter().position(|patterns| means(patterns, region));
        nearest.unwrap_or(0) == self.mine
    }
}

/// The lists of regions as they were written: `[eu-*] but [us-*,eu-west-1]`.
impl fmt::Display for RegionShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = |near: &[Arc<[String]>]| {
            let lists = near.iter().filter(|patterns| !patterns.is_empty());
            lists.map(|patterns| format!("[{}]", patterns.join(","))).collect::<Vec<_>>().join(" and ")
        };
        let own = lists(self.near.get(self.mine..=self.mine).unwrap_or_default());
        match (self.mine, own.as_str()) {
            // Its own come before those of the others.
            (0, "") => write!(f, "all but {}", lists(self.near.get(1..).unwrap_or_default())),
            (0, own) => write!(f, "{own} and all but {}", lists(self.near.get(1..).unwrap_or_default())),
            (mine, own) => match lists(self.near.get(..mine).unwrap_or_default()).as_str() {
                "" => f.write_str(own),
                earlier => write!(f, "{own} but {earlier}"),
            },
        }
    }
}

/// The profiles of a worker that others ask too, each with the regions that are this one's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::scan) struct RegionShares(pub(in crate::scan) HashMap<String, RegionShare>);

impl RegionShares {
    /// Whether a target is this worker's to ask for what is of this scope. What is the same in every region is the first
    /// worker's, for which region is the first depends on the order in which each is told of them.
    pub(in crate::scan) fn asks(&self, target: &Target, scope: Scope) -> bool {
        self.0.get(&target.profile.name).is_none_or(|regions| match scope {
            Scope::AnyRegion => regions.mine == 0,
            Scope::Region | Scope::UsEast1 => regions.asks(&target.region),
        })
    }

    /// Whether a profile is asked here alone, or by this worker first.
    pub(in crate::scan) fn is_first(&self, profile: &str) -> bool {
        self.0.get(profile).is_none_or(|regions| regions.mine == 0)
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
impl fmt::Display for RegionShares {
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
        let of = |mine| RegionShare { near: Arc::clone(&near), mine };
        for (region, worker) in
            [("us-east-1", 0), ("us-west-2", 0), ("eu-west-1", 1), ("eu-north-1", 1), ("ap-south-1", 2)]
        {
            let askers: Vec<usize> = (0..3).filter(|mine| of(*mine).asks(region)).collect();
            assert_eq!(askers, [worker], "{region}");
        }
        let texts = [of(0), of(1), of(2)].map(|regions| regions.to_string());
        assert_eq!(
            texts,
            [
                "[us-east-1] and all but [eu-*,us-east-1] and [eu-west-1,ap-*]",
                "[eu-*,us-east-1] but [us-east-1]",
                "[eu-west-1,ap-*] but [us-east-1] and [eu-*,us-east-1]"
            ]
        );
    }
}
