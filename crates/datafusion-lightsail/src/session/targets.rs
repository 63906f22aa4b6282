//! Whom a session asks, as far as that is known without a call.

use std::time::SystemTime;

use super::Session;
use crate::aws::calls::GIVEN_UP;
use crate::aws::target::Profile;
use crate::options::{LightsailOptions, list};

/// A target of a session, or a profile whose targets are not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTarget {
    /// The profile.
    pub profile: Profile,
    /// Whether keys in the environment sign, and no profile.
    pub is_of_environment: bool,
    /// The worker that asks it, if it is not this process.
    pub worker: Option<String>,
    /// The region; `None` if the first statement has to ask which there are.
    pub region: Option<String>,
    /// Whether the profile is at home there.
    pub is_home: bool,
    /// The account, once anything told it.
    pub account: Option<String>,
    /// When it last answered.
    pub answered_at: Option<SystemTime>,
    /// How many of the calls that are remembered went there.
    pub calls: usize,
    /// What went wrong with the last of them.
    pub error: Option<String>,
}

impl Session {
    /// The settings of the session.
    pub fn options(&self) -> LightsailOptions {
        let config = self.context.copied_config();
        config.options().extensions.get::<LightsailOptions>().cloned().unwrap_or_default()
    }

    /// Whom its statements ask, as far as that is known without a call.
    pub fn targets(&self) -> Vec<KnownTarget> {
        let (options, clients, calls) = (self.options(), self.scans.clients(), self.call_log());
        let regions = list(&options.regions);
        let of_profile = |profile: Profile| {
            let home = clients.configured_region(&profile);
            let found = match (clients.known_targets(&profile, &regions), regions.is_empty()) {
                (Some(targets), _) => targets.into_iter().map(|target| Some(target.region)).collect(),
                (None, true) => vec![home.clone()],
                (None, false) => vec![None],
            };
            let calls = &calls;
            found
                .into_iter()
                .map(move |region| {
                    let is_there = |region: &String, call: &crate::aws::calls::Call| {
                        call.target.profile == profile && call.target.region == *region
                    };
                    let made = || {
                        let region = region.clone();
                        calls
                            .iter()
                            .filter(move |call| region.as_ref().is_some_and(|region| is_there(region, call)))
                    };
                    let answered =
                        made().filter(|call| call.error.is_none()).map(|call| call.started_at + call.latency);
                    KnownTarget {
                        is_of_environment: !clients.has_own_keys() && !profile.is_named(),
                        worker: clients.worker(&profile).map(ToOwned::to_owned),
                        is_home: region.is_some() && region == home,
                        account: clients.account(&profile),
                        answered_at: answered.max(),
                        calls: made().count(),
                        error: made()
                            .rfind(|call| call.error.as_deref() != Some(GIVEN_UP))
                            .and_then(|call| call.error.clone()),
                        region: region.clone(),
                        profile: profile.clone(),
                    }
                })
                .collect::<Vec<_>>()
        };
        clients.profiles(&list(&options.profiles)).into_iter().flat_map(of_profile).collect()
    }
}
