//! The scans of a statement by the operations that they read: what all of them need, and what is known of their rows.

use std::collections::{BTreeSet, HashMap};

use crate::aws::Target;
use crate::catalog::operation::{Needs, Operation};
use crate::scan::plan::constraints::{Constraints, is_possible};
use crate::scan::plan::spec::ScanSpec;

/// The scans of each operation.
pub(in crate::scan) type Groups = HashMap<&'static str, Group>;

/// The scans of one operation in a plan.
#[derive(Debug, Clone, Default)]
pub(in crate::scan) struct Group {
    /// Their tables, one for each scan.
    pub(in crate::scan) tables: Vec<&'static str>,
    /// What all of them need.
    pub(in crate::scan) needs: Needs,
    /// What is known of the rows of those that read the whole listing.
    pub(in crate::scan) listers: Vec<Constraints>,
    /// How many there are, those of later statements that were foreseen among them.
    pub(in crate::scan) scans: usize,
    /// What each of them knows of its rows.
    pub(in crate::scan) constraints: Vec<Constraints>,
}

impl Group {
    /// Whether one of the scans can have rows of a target.
    pub(in crate::scan) fn is_wanted(
        &self,
        target: &Target,
        regions: &[&str],
        account: Option<&str>,
    ) -> bool {
        self.constraints.iter().any(|constraints| is_possible(constraints, target, regions, account))
    }

    /// True if another scan lists this target anyway: a look-up would be an extra call. False for a lone scan, which a join
    /// may still give names.
    pub(in crate::scan) fn is_listed(
        &self,
        target: &Target,
        regions: &[&str],
        account: Option<&str>,
    ) -> bool {
        self.scans > 1
            && self.listers.iter().any(|constraints| is_possible(constraints, target, regions, account))
    }

    /// Whether it is read of any target in one of these regions, or in any.
    pub(in crate::scan) fn is_listed_in(&self, regions: Option<&BTreeSet<String>>) -> bool {
        let is_listed = |constraints: &Constraints| {
            let is_in = |region: &String| constraints.is_possible(&[("region", Some(region))]);
            regions.is_none_or(|regions| regions.iter().any(is_in))
        };
        self.scans > 1 && self.listers.iter().any(is_listed)
    }

    /// Takes in what other statements that read the same snapshot ask for.
    pub(in crate::scan) fn foresee(&mut self, others: &Self) {
        self.needs = self.needs.union(others.needs);
        self.listers.extend(others.listers.iter().cloned());
        self.scans = self.scans.max(others.scans);
    }

    /// Takes a scan in.
    pub(in crate::scan) fn add(&mut self, scan: &ScanSpec, needs: Needs) {
        self.tables.push(scan.table.name());
        self.scans += 1;
        self.needs = self.needs.union(needs);
        self.constraints.push(scan.constraints.clone());
    }
}

/// The scans of each operation in a statement, with what the others that read its snapshot ask for.
pub(in crate::scan) fn groups_with<'a>(
    scans: impl IntoIterator<Item = &'a ScanSpec>,
    others: &'a [ScanSpec],
) -> Groups {
    let (mut groups, others) = (groups(scans), groups(others));
    for (operation, group) in &mut groups {
        others.get(operation).into_iter().for_each(|others| group.foresee(others));
    }
    groups
}

/// The scans of each operation.
pub(in crate::scan) fn groups<'a>(scans: impl IntoIterator<Item = &'a ScanSpec>) -> Groups {
    let mut groups = Groups::new();
    for scan in scans {
        let lists = scan.lists();
        let mut names = BTreeSet::new();
        for (operation, needs) in scan.operations() {
            let group = groups.entry(operation.name).or_default();
            if !names.insert(operation.name) {
                // Another operation of that name asks about other things: each of its pages is read once all the same.
                group.needs = group.needs.union(needs);
                continue;
            }
            if lists.contains(&operation) {
                group.listers.push(scan.constraints.clone());
            }
            group.add(scan, needs);
        }
    }
    groups
}

/// The scans of an operation.
pub(in crate::scan) fn group<'a>(groups: &'a Groups, operation: &Operation) -> &'a Group {
    static NOBODY: Group = Group {
        tables: Vec::new(),
        needs: Needs::NONE,
        listers: Vec::new(),
        scans: 0,
        constraints: Vec::new(),
    };
    groups.get(operation.name).unwrap_or(&NOBODY)
}
