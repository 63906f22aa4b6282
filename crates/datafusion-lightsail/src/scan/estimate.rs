//! How many calls a statement is about to make, as far as its plan and what was read before tell.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::physical_plan::ExecutionPlan;

use crate::aws::{Clients, Target};
use crate::catalog::operation::{Known, Operation};
use crate::options::{LightsailOptions, list};
use crate::scan::exec::ScanExec;
use crate::scan::plan::constraints::{Constraints, is_possible};
use crate::scan::plan::requests::places;
use crate::scan::plan::spec::{ScanSpec, asked};
use crate::scan::record::RecordLog;

/// How many items a listing is taken to have that nobody has read yet: a page of them.
const ITEMS: usize = 20;

/// What makes the fewest calls of a table of metrics: one metric.
const NARROWER: (&str, &str) = ("metric_name", "CPUUtilization");

/// How many calls a statement is about to make.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// About so many.
    pub calls: usize,
    /// Whether a LIMIT may end it with fewer.
    pub is_limited: bool,
    /// How many with the predicate that would make the fewest, and that predicate: a column and its value.
    pub narrower: Option<(usize, (&'static str, &'static str))>,
}

/// What is known for an estimate.
pub(crate) struct Basis<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) options: &'a LightsailOptions,
    pub(crate) records: &'a RecordLog,
}

impl Basis<'_> {
    /// About how many calls the scans of a plan make, those that they share once.
    pub(crate) fn estimate(&self, plan: &Arc<dyn ExecutionPlan>) -> Estimate {
        let mut specs: Vec<ScanSpec> = Vec::new();
        // The closure never fails.
        let _ = plan.apply(|node| {
            specs.extend(node.downcast_ref::<ScanExec>().map(|scan| scan.spec().clone()));
            #[cfg(feature = "cluster")]
            specs.extend(crate::scan::remote::scan_of(node).map(|scan| scan.spec().clone()));
            Ok(TreeNodeRecursion::Continue)
        });
        let calls = self.calls(&specs, None);
        let has = |spec: &&ScanSpec| {
            spec.table.schema().column_with_name(NARROWER.0).is_some()
                && spec.constraints.texts(NARROWER.0).is_none()
        };
        let narrower = specs.iter().find(has).map(|_| (self.calls(&specs, Some(NARROWER)), NARROWER));
        let is_limited = specs.iter().any(|spec| spec.fetch.is_some());
        Estimate { calls, is_limited, narrower: narrower.filter(|(fewer, _)| *fewer < calls) }
    }

    fn calls(&self, specs: &[ScanSpec], more: Option<(&'static str, &'static str)>) -> usize {
        let mut calls: HashMap<(&'static str, Target), usize> = HashMap::new();
        for spec in specs.iter().filter(|spec| !spec.constraints.is_contradiction()) {
            let constraints = match more {
                Some((column, text)) => spec.constraints.with_text(column, text),
                None => spec.constraints.clone(),
            };
            let targets = self.targets(spec);
            for source in spec.sources() {
                let operation = asked(source.operation, source.needs.union(spec.needs));
                for (target, regions) in places(&source, &targets) {
                    let account = self.clients.account(&target.profile);
                    if is_possible(&constraints, &target, &regions, account.as_deref()) {
                        let number = self.of_operation(operation, &target, &constraints);
                        let known = calls.entry((operation.name, target)).or_default();
                        *known = number.max(*known);
                    }
                }
            }
        }
        calls.into_values().sum()
    }

    /// The targets of the settings; of profiles whose regions are not known yet all that Lightsail is known to have.
    fn targets(&self, spec: &ScanSpec) -> Vec<Target> {
        let regions = spec.regions(&list(&self.options.regions));
        let profiles = self.clients.profiles(&list(&self.options.profiles));
        let of_profile = |profile| match self.clients.known_targets(&profile, &regions) {
            Some(targets) => targets,
            None if regions.is_empty() => {
                let region = self.clients.configured_region(&profile).unwrap_or_default();
                vec![Target { profile, region }]
            }
            None => {
                let known = self.clients.known_regions(&profile).into_iter();
                known.map(|region| Target { profile: profile.clone(), region }).collect()
            }
        };
        profiles.into_iter().flat_map(of_profile).collect()
    }

    fn of_operation(
        &self,
        operation: &'static Operation,
        target: &Target,
        constraints: &Constraints,
    ) -> usize {
        let requests = (operation.asks)(constraints).len();
        if operation.parents.is_empty() {
            return requests;
        }
        let items = match constraints.subjects(operation.keys) {
            Some(subjects) => subjects.len(),
            None => operation.parents.iter().map(|parent| self.items(parent.operation, target)).sum(),
        };
        items * requests
    }

    /// How many items an operation had at a target when it was last read to its end. A listing that a LIMIT left, perhaps
    /// before its first page, says only how many there are at least.
    fn items(&self, operation: &'static Operation, target: &Target) -> usize {
        let mut least = ITEMS;
        for record in self.records.records().iter().rev() {
            for scan in record.scans() {
                if scan.operation != operation.name || scan.target != *target || scan.pages == 0 {
                    continue;
                }
                if scan.is_complete() {
                    return scan.items;
                }
                least = least.max(scan.items);
            }
        }
        least
    }
}
