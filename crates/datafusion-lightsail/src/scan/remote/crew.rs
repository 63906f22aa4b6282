//! Which worker asks what: the profiles that each has, and the regions that it is near to.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::message::profile;
use crate::aws::{Clients, listed};
use crate::error::{Error, Kind};
use crate::scan::plan::near::{RegionShare, RegionShares};

/// The workers of a session, as its plans know them.
#[derive(Debug)]
pub(crate) struct Crew {
    /// Each with what it said of itself.
    pub(crate) members: Vec<Member>,
    /// Those that could not be reached: what they would ask is not known.
    pub(crate) absent: Vec<AbsentWorker>,
    /// Whether the regions of a profile that several have are shared out among them.
    pub(crate) is_near: bool,
    /// The build of this program, which must be theirs.
    pub(crate) build: String,
}

/// A worker that could not be reached.
#[derive(Debug, Clone)]
pub(crate) struct AbsentWorker {
    /// Its address, as it was given.
    pub(crate) name: String,
    /// Why.
    pub(crate) error: Arc<Error>,
}

/// A worker.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Its address, as it was given.
    pub(crate) name: String,
    /// Where it is reached.
    pub(crate) url: url::Url,
    /// The profiles that it asks.
    pub(crate) profiles: Vec<ProfileOffer>,
    /// The regions that it is near to, as names and patterns.
    pub(crate) near: Arc<[String]>,
    /// The process that it was when it was last heard of.
    pub(crate) process: Arc<Mutex<String>>,
}

/// A profile that a worker asks, as it says of it when it is met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProfileOffer {
    pub(crate) name: String,
    /// The region that it is at home in.
    pub(crate) home: Option<String>,
    /// The account, if the worker's configuration says it.
    pub(crate) account: Option<String>,
}

/// What one task of a part of a plan asks.
#[derive(Debug, Clone)]
pub(super) struct Share {
    pub(super) worker: Arc<str>,
    pub(super) profiles: Arc<[String]>,
    /// Which targets of them, if others ask the rest.
    pub(super) near: Arc<RegionShares>,
    /// The process that the worker was when it was last heard of, and when the statement was planned.
    process: Arc<Mutex<String>>,
    planned: String,
}

impl Share {
    /// Whether the worker was started again since the statement was planned.
    pub(super) fn is_restarted(&self, process: &str) -> bool {
        self.planned != process
    }

    /// Whether the worker is another process than the last time.
    pub(super) fn is_new_process(&self, process: &str) -> bool {
        let mut known = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if *known == process {
            return false;
        }
        process.clone_into(&mut known);
        true
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.profiles.iter().map(String::as_str);
        let profiles = if self.profiles.len() == 1 { "profile" } else { "profiles" };
        write!(f, "{} ({profiles} {}", self.worker, listed(names))?;
        match self.near.is_empty() {
            true => f.write_str(")"),
            false => write!(f, "; regions {})", self.near),
        }
    }
}

/// An account that two workers ask, each through a profile of its own, as far as is known: what they are, in words.
pub(super) fn shared_account<'a>(
    clients: &Clients,
    shares: impl IntoIterator<Item = &'a Share>,
) -> Option<String> {
    let mut known: HashMap<String, Vec<(&Arc<str>, &String)>> = HashMap::new();
    for share in shares {
        for name in share.profiles.iter() {
            let Some(account) = clients.account(&profile(name)) else { continue };
            let second = &share.worker;
            let others = known.entry(account.clone()).or_default();
            // One profile at two workers is one whose regions are shared out.
            if let Some((worker, other)) =
                others.iter().find(|(worker, other)| *worker != second && *other != name)
            {
                return Some(format!(
                    "{other} of worker {worker} and {name} of worker {second} are of one account, {account}"
                ));
            }
            others.push((second, name));
        }
    }
    None
}

/// Whether no two workers ask the same account; false if that is not known of all profiles.
pub(super) fn are_accounts_apart(clients: &Clients, shares: &[(Member, Share)]) -> bool {
    let shares: Vec<&Share> = shares.iter().map(|(_, share)| share).collect();
    let is_known = |name: &String| clients.account(&profile(name)).is_some();
    shares.iter().filter(|share| !share.profiles.is_empty()).count() < 2
        || shares.iter().flat_map(|share| share.profiles.iter()).all(is_known)
            && shared_account(clients, shares).is_none()
}

impl Crew {
    /// Which worker asks which of these profiles in these regions; two tasks at least, of which one may have nothing to
    /// ask, for `datafusion-distributed` runs a single one at the coordinator.
    ///
    /// # Errors
    /// [`Kind::Credentials`] for a profile that none has, if all could be asked for theirs.
    pub(super) fn shares(
        &self,
        profiles: impl Iterator<Item = String>,
        regions: &[String],
    ) -> Result<Vec<(Member, Share)>, Error> {
        let mut having: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, member) in self.members.iter().enumerate() {
            member.profiles.iter().for_each(|offered| having.entry(&offered.name).or_default().push(place));
        }
        let mut of_members: Vec<(Vec<String>, RegionShares)> = vec![Default::default(); self.members.len()];
        for name in profiles {
            let mut askers = having.get(name.as_str()).cloned().unwrap_or_default();
            let Some(first) = askers.first().copied() else {
                if self.absent.is_empty() {
                    return Err(self.is_nobodys(&name));
                }
                continue;
            };
            // Without any region each profile is asked in the one that it is at home in.
            let is_near =
                |place: usize| self.is_near && !regions.is_empty() && !self.members[place].near.is_empty();
            askers.retain(|place| *place == first || is_near(*place));
            if askers.len() > 1 {
                let near: Arc<[Arc<[String]>]> =
                    askers.iter().map(|place| Arc::clone(&self.members[*place].near)).collect();
                for (mine, place) in askers.iter().enumerate() {
                    let regions = RegionShare { near: Arc::clone(&near), mine };
                    of_members[*place].1.0.insert(name.clone(), regions);
                }
            }
            askers.into_iter().for_each(|place| of_members[place].0.push(name.clone()));
        }
        let all = self.members.iter().zip(of_members).filter(|(_, (profiles, _))| !profiles.is_empty());
        let mut shares: Vec<(Member, Share)> =
            all.map(|(member, (profiles, near))| (member.clone(), member.share(profiles, near))).collect();
        while shares.len() < 2 {
            let Some(member) = shares.first().map(|(member, _)| member).or(self.members.first()) else {
                return Err(Error::new(Kind::Usage, "there is no worker"));
            };
            let share = member.share(Vec::new(), RegionShares::default());
            shares.push((member.clone(), share));
        }
        Ok(shares)
    }

    fn is_nobodys(&self, profile: &str) -> Error {
        let members: Vec<&str> = self.members.iter().map(|member| member.name.as_str()).collect();
        let what = format!("no worker has profile {profile}: {} were asked", members.join(", "));
        Error::new(Kind::Credentials, what).with_hint(
            "a worker has the profiles of its own AWS configuration, or those of its --profile; \
             one that was added since it started is had by starting it again",
        )
    }
}

impl Member {
    fn share(&self, profiles: Vec<String>, near: RegionShares) -> Share {
        Share {
            worker: self.name.as_str().into(),
            profiles: profiles.into(),
            near: Arc::new(near),
            process: Arc::clone(&self.process),
            planned: self.process.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, profiles: &[&str], near: &[&str]) -> Member {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        Member {
            name: name.into(),
            url: format!("http://{name}").parse().unwrap(),
            profiles: owned(profiles)
                .into_iter()
                .map(|name| ProfileOffer { name, ..ProfileOffer::default() })
                .collect(),
            near: owned(near).into(),
            process: Arc::default(),
        }
    }

    fn crew(is_near: bool) -> Crew {
        let members = vec![member("one:1", &["a", "b"], &[]), member("two:2", &["b", "c"], &["eu-*"])];
        Crew { members, absent: Vec::new(), is_near, build: String::new() }
    }

    fn shares(crew: &Crew, names: &[&str], regions: &[&str]) -> Result<Vec<String>, Error> {
        let regions: Vec<String> = regions.iter().map(|region| (*region).to_owned()).collect();
        let shares = crew.shares(names.iter().map(|name| (*name).to_owned()), &regions)?;
        Ok(shares.iter().map(|(_, share)| share.to_string()).collect())
    }

    #[test]
    fn a_profile_belongs_to_the_first_worker_that_has_it() {
        let crew = crew(false);
        let shares = |names: &[&str]| shares(&crew, names, &["all"]);
        assert_eq!(shares(&["c", "b", "a"]).unwrap(), ["one:1 (profiles b, a)", "two:2 (profile c)"]);
        assert_eq!(
            shares(&["b"]).unwrap(),
            ["one:1 (profile b)", "one:1 (profiles none)"],
            "two tasks at least"
        );
        assert_eq!(shares(&["d"]).unwrap_err().kind(), Kind::Credentials);
    }

    #[test]
    fn the_regions_of_a_profile_that_several_have_belong_to_those_that_are_near() {
        let near = ["one:1 (profiles a, b; regions all but [eu-*])", "two:2 (profiles b, c; regions [eu-*])"];
        assert_eq!(shares(&crew(true), &["a", "b", "c"], &["all"]).unwrap(), near);
        let homes = ["one:1 (profiles a, b)", "two:2 (profile c)"];
        assert_eq!(shares(&crew(true), &["a", "b", "c"], &[]).unwrap(), homes, "each in its own region");
    }

    #[test]
    fn what_nobody_has_may_be_had_by_a_worker_that_is_not_reached() {
        let error = Arc::new(Error::new(Kind::Api, "worker three:3 cannot be reached"));
        let absent = vec![AbsentWorker { name: "three:3".into(), error }];
        let crew = Crew { absent, ..crew(false) };
        assert_eq!(shares(&crew, &["c", "d"], &[]).unwrap()[0], "two:2 (profile c)");
    }
}
