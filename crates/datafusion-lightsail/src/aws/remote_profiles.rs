//! Profiles that workers ask in place of this process.

use std::collections::HashMap;

use super::client::Clients;
#[cfg(feature = "cluster")]
use super::client::lock;
#[cfg(feature = "cluster")]
use super::profiles::configured_account;
use super::target::Profile;

/// The profiles that workers ask.
#[derive(Debug, Default)]
pub(crate) struct RemoteProfiles {
    /// Their names, in the order of the workers.
    pub(super) names: Vec<String>,
    pub(super) asked: HashMap<String, RemoteProfile>,
}

/// What is known of a profile that a worker asks.
#[derive(Debug)]
pub(super) struct RemoteProfile {
    /// The region that it is at home in there.
    pub(super) home: Option<String>,
    /// The worker's address; of several, each.
    pub(super) worker: String,
}

#[cfg(feature = "cluster")]
impl RemoteProfiles {
    /// Takes in a profile of a worker. One that another has already is at home as it is there, and is asked by both if
    /// `is_shared`, else by that one.
    pub(crate) fn add(&mut self, name: &str, home: Option<&str>, worker: &str, is_shared: bool) {
        match self.asked.get_mut(name) {
            Some(known) if is_shared => known.worker = format!("{}, {worker}", known.worker),
            Some(_) => {}
            None => {
                self.names.push(name.to_owned());
                let home = home.map(ToOwned::to_owned);
                self.asked.insert(name.to_owned(), RemoteProfile { home, worker: worker.to_owned() });
            }
        }
    }
}

impl Clients {
    /// Says that workers ask these profiles, and that this process asks nobody.
    #[cfg(feature = "cluster")]
    pub(crate) fn set_remote_profiles(&self, remote: RemoteProfiles) {
        // There is only one list in a session.
        let _ = self.remote_profiles.set(remote);
    }

    /// Forgets the account of a profile whose worker was started again.
    #[cfg(feature = "cluster")]
    pub(crate) fn forget_account(&self, profile: &Profile) {
        lock(&self.accounts).remove(profile);
    }

    /// Takes note of what a worker says of the account of a profile: one that was started again may have other keys.
    #[cfg(feature = "cluster")]
    pub(crate) fn relearn_account(&self, profile: &Profile, account: String) {
        lock(&self.accounts).insert(profile.clone(), account);
    }

    /// The account of a profile, if the configuration says it for sure.
    #[cfg(feature = "cluster")]
    pub(crate) fn configured_account(&self, profile: &Profile) -> Option<String> {
        self.configured(|files| configured_account(files, profile))
    }

    /// Lets the next coordinator find out anew which regions there are.
    #[cfg(feature = "cluster")]
    pub(crate) fn forget_regions(&self) {
        lock(&self.regions).clear();
    }

    /// The regions that GetRegions answered a profile, if it was asked.
    #[cfg(feature = "cluster")]
    pub(crate) fn answered_regions(&self, profile: &Profile) -> Option<Vec<String>> {
        lock(&self.regions).get(profile)?.get().cloned()
    }

    /// The worker that asks a profile; `None` if it is this process.
    pub fn worker(&self, profile: &Profile) -> Option<&str> {
        let asked = self.remote_profiles.get()?.asked.get(&profile.name)?;
        Some(&asked.worker)
    }
}
