//! A part of a plan that runs at workers, as the coordinator knows it, and what is said of its targets.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::crew::{AbsentWorker, Share, shared_account};
use super::message::profile;
use crate::aws::target::Profile;
use crate::aws::{Clients, Target};
use crate::error::{Error, Kind};
use crate::options::{LightsailOptions, list};
use crate::scan::plan::spec::ScanSpec;
use crate::scan::plan::unasked::Asked;
use crate::scan::read::retention::Retention;
use crate::scan::record::Record;

/// A part of a plan that runs at workers, as the coordinator knows it.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) record: Arc<Record>,
    pub(super) clients: Arc<Clients>,
    pub(super) options: LightsailOptions,
    /// Who runs it, one for each task.
    pub(super) shares: Vec<Share>,
    /// The scans in it, each with its place in the plan.
    pub(super) scans: Vec<(usize, ScanSpec)>,
    /// Whether rows come in the order of workers, targets and pages.
    pub(super) in_order: bool,
    /// The workers that could not be reached, whose rows are missing.
    pub(super) absent: Vec<AbsentWorker>,
    /// For how long workers keep its pages.
    pub(super) retention: Retention,
    /// Whether a join in it is right only if no two workers ask the same account.
    pub(super) is_by_account: bool,
}

/// The scans that workers have read to their end. The statement has when it has taken all rows of all workers: what failed
/// at one is not missing where a LIMIT had enough of the others.
#[derive(Debug, Clone, Default)]
pub(super) struct Ends(Arc<Mutex<Vec<Arc<AtomicBool>>>>);

impl Ends {
    /// Takes in the flag of a scan's record that says so.
    pub(super) fn push(&self, is_read: &Arc<AtomicBool>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(is_read));
    }

    pub(super) fn reach(&self) {
        let flags = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        flags.iter().for_each(|is_read| is_read.store(true, Ordering::Relaxed));
    }
}

impl Stage {
    /// Says that the rows are missing of workers that could not be reached.
    pub(super) fn miss_absent(&self, ends: &Ends) {
        for AbsentWorker { name, error } in &self.absent {
            let regions = |scan: &ScanSpec| scan.regions(&list(&self.options.regions));
            let asks = |scan: &ScanSpec| {
                let targets = self.clients.known_targets(&profile(name), &regions(scan));
                targets.is_none_or(|targets| !scan.places(&targets, None).is_empty())
            };
            for (_, scan) in self.scans.iter().filter(|(_, scan)| asks(scan)) {
                // Which profiles it has is not known: it stands for them itself.
                let target = Target { profile: profile(name), region: "*".to_owned() };
                let is_read = Arc::default();
                let place =
                    self.record.open(scan.table.name(), scan.first_operation().name, target, &is_read);
                self.record.update(place, |scan| scan.error = Some(Arc::clone(error)));
                ends.push(&is_read);
            }
        }
    }

    /// The targets that a worker asks for a scan; of a profile whose regions are not known all of them as one.
    pub(super) fn targets(&self, scan: &ScanSpec, share: &Share) -> Vec<Target> {
        let regions = scan.regions(&list(&self.options.regions));
        let scope = scan.first_operation().scope;
        let of_profile = |name: &String| {
            let profile = profile(name);
            match self.clients.known_targets(&profile, &regions) {
                Some(targets) => {
                    let account = self.clients.account(&profile);
                    let mut places = scan.places(&targets, account.as_deref());
                    places.retain(|target| share.near.asks(target, scope));
                    places
                }
                None => vec![Target { profile, region: share.near.regions(name) }],
            }
        };
        share.profiles.iter().flat_map(of_profile).collect()
    }

    /// How many of the profiles have not been heard of yet.
    pub(super) fn unfound(&self) -> usize {
        let scans = self.record.scans();
        let heard: HashSet<&str> = scans.iter().map(|scan| scan.target.profile.name.as_str()).collect();
        let names: HashSet<&str> =
            self.shares.iter().flat_map(|share| share.profiles.iter().map(String::as_str)).collect();
        names.difference(&heard).count()
    }

    /// Checks that the workers asked the accounts that they were planned to ask.
    ///
    /// # Errors
    /// [`Kind::Usage`] if two asked one account, for joins by account have missed pairs of their rows: a worker was started
    /// again with other keys, or its configuration names another account than the keys are of.
    pub(super) fn check_accounts(&self) -> Result<(), Error> {
        match shared_account(&self.clients, &self.shares).filter(|_| self.is_by_account) {
            None => Ok(()),
            Some(shared) => Err(Error::new(
                Kind::Usage,
                format!(
                    "{shared}, which was not known when the statement was planned: its rows are not all there"
                ),
            )
            .with_hint("ask again: it is known now")),
        }
    }

    /// Says which of the targets that the statement names are not asked, as far as is known by now.
    pub(super) fn warn(&self, is_read: bool) {
        let options = &self.options;
        let read = self.record.scans();
        let (heard, regions_said) = (self.record.heard(), self.record.regions_said());
        let mut of_profiles: HashMap<&Profile, Vec<&Target>> = HashMap::new();
        for target in read.iter().map(|scan| &scan.target).filter(|target| target.region != "*") {
            of_profiles.entry(&target.profile).or_default().push(target);
        }
        let profiles = self.clients.profiles(&list(&options.profiles));
        for (place, scan) in self.scans.iter().filter(|(_, scan)| !scan.constraints.is_contradiction()) {
            let names = scan.names_at(&scan.constraints);
            let names =
                heard.get(place).map_or_else(|| names.clone(), |heard| names.clone().and_heard(heard));
            let regions = scan.regions(&list(&options.regions));
            let targets = profiles.iter().flat_map(|profile| {
                self.clients.known_targets(profile, &regions).unwrap_or_else(|| {
                    of_profiles.get(profile).into_iter().flatten().copied().cloned().collect()
                })
            });
            let targets: Vec<Target> = targets.collect();
            let asked = Asked { clients: &self.clients, targets: &targets, options };
            let mut unasked = scan.unasked_profiles(&names, &self.clients, options);
            unasked.extend(scan.unasked_regions(&names, &asked));
            let said =
                regions_said.get(place).filter(|_| !scan.said.is_in_union && !names.regions.is_empty());
            unasked.extend(
                said.filter(|said| !said.is_empty() && said.is_disjoint(&names.regions))
                    .map(|said| scan.of_another_region(said, &names.regions)),
            );
            // Before they have read it is not known of which accounts they are.
            unasked.extend(scan.unasked_accounts(&names, &self.clients, options).filter(|_| is_read));
            self.record.note(|notes| notes.unasked.extend(unasked));
        }
    }
}
