//! What EXPLAIN says of a scan: what it will ask, of whom, and what it shares. It asks nothing to say so.

use std::fmt;

use crate::aws::target::Profile;
use crate::aws::{Clients, Target};
use crate::catalog::operation::{Known, Operation, Parameters};
use crate::catalog::shortfall::Shortfall;
use crate::options::{LightsailOptions, list};
use crate::scan::plan::names::Said;
use crate::scan::plan::spec::ScanSpec;
use crate::scan::plan::unasked::Asked;
use crate::scan::read::shared::Shared;
use crate::scan::record::Notes;

/// A scan in EXPLAIN's words.
pub(in crate::scan) struct Explained<'a> {
    pub(in crate::scan) scan: &'a ScanSpec,
    pub(in crate::scan) shared: Option<&'a Shared>,
}

impl Explained<'_> {
    /// The operations that it asks, as far as is known before it runs.
    pub(in crate::scan) fn asked(&self) -> String {
        let name = |operation: &'static Operation| match &operation.lookup {
            Some(lookup) if self.looks_up().is_some() => lookup.name,
            _ => operation.name,
        };
        let names: Vec<_> = self.scan.sources().iter().map(|source| name(source.operation)).collect();
        names.join(", ")
    }

    /// The names that it looks up for sure.
    fn looks_up(&self) -> Option<Vec<String>> {
        let scan = self.scan;
        let is_listed = |shared: &Shared| {
            let sources = scan.sources();
            let regions = scan.constraints.texts("region");
            sources.iter().any(|source| shared.group(source.operation).is_listed_in(regions.as_ref()))
        };
        match self.shared {
            Some(shared) if is_listed(shared) => None,
            _ => scan.lookups(&scan.constraints),
        }
    }
}

impl ScanSpec {
    /// The targets that these settings name and its predicates leave, as far as is known without asking anybody.
    pub(in crate::scan) fn describe_targets(
        &self,
        clients: &Clients,
        profiles: &[String],
        regions: &[String],
        asks: impl Fn(&Target) -> bool,
    ) -> String {
        let regions = self.regions(regions);
        let of_profile = |profile| match clients.known_targets(&profile, &regions) {
            Some(targets) => {
                let places = self.places(&targets, clients.account(&profile).as_deref());
                places.iter().filter(|place| asks(place)).map(ToString::to_string).collect()
            }
            None if regions.is_empty() => vec![format!("{profile}/its own region")],
            None => vec![format!("{profile}/({})", regions.join(","))],
        };
        clients.profiles(profiles).into_iter().flat_map(of_profile).collect::<Vec<_>>().join(", ")
    }

    /// What a person should know of it before anything is asked.
    pub(in crate::scan) fn foresee(&self, notes: &mut Notes, clients: &Clients, options: &LightsailOptions) {
        if self.constraints.is_contradiction() {
            return;
        }
        let names = &self.said.names;
        notes.unasked.extend(self.unasked_profiles(names, clients, options));
        let (regions, profiles) =
            (self.regions(&list(&options.regions)), clients.profiles(&list(&options.profiles)));
        let known = profiles.iter().map(|profile| clients.known_targets(profile, &regions));
        let known: Option<Vec<Vec<Target>>> = known.collect();
        if let Some(known) = known {
            let targets = known.concat();
            let asked = Asked { clients, targets: &targets, options };
            notes.unasked.extend(self.unasked_regions(names, &asked));
            let asks = |(profile, own): (&Profile, &Vec<Target>)| {
                !self.places(own, clients.account(profile).as_deref()).is_empty()
            };
            if !profiles.iter().zip(&known).any(asks) {
                return;
            }
        }
        notes.shortfalls.extend(self.foreseen_shortfalls());
    }

    /// What a person should know of a query over a table that was made of its rows: what the query names and was not asked.
    pub(in crate::scan) fn tell_of_made(
        &self,
        said: &Said,
        notes: &mut Notes,
        clients: &Clients,
        options: &LightsailOptions,
    ) {
        let mut scan = self.clone();
        scan.said.is_in_union |= said.is_in_union;
        let (names, regions) = (&said.names, self.regions(&list(&options.regions)));
        notes.unasked.extend(scan.unasked_profiles(names, clients, options));
        notes.unasked.extend(scan.unasked_accounts(names, clients, options));
        let profiles = clients.profiles(&list(&options.profiles));
        let known = profiles.iter().map(|profile| clients.known_targets(profile, &regions));
        if let Some(known) = known.collect::<Option<Vec<Vec<Target>>>>() {
            let asked = Asked { clients, targets: &known.concat(), options };
            notes.unasked.extend(scan.unasked_regions(names, &asked));
        }
    }

    /// What it does not ask although the query may want it, unless a join names that before it asks.
    fn foreseen_shortfalls(&self) -> Vec<Shortfall> {
        let is_heard = |shortfall: &Shortfall| {
            let column = shortfall.of.rsplit('.').next().unwrap_or_default();
            self.constraints.is_decided_later(column) && self.hears_of(column)
        };
        let mut shortfalls = self.falls_short_of(&self.constraints);
        shortfalls.retain(|shortfall| !is_heard(shortfall));
        shortfalls
    }

    /// How an operation that answers for one item comes by its items.
    fn subjects(&self) -> Option<String> {
        let source = self.sources().into_iter().find(|source| !source.operation.parents.is_empty())?;
        let keys = source.operation.keys;
        if let Some(subjects) = self.constraints.subjects(keys) {
            return Some(format!("about=[{}]", join(&subjects)));
        }
        let parents: Vec<_> = source.operation.parents.iter().map(|parent| parent.operation.name).collect();
        let listed = format!("for each of=[{}]", parents.join(", "));
        let is_joined = keys.iter().any(|(column, _)| self.hears_of(column));
        Some(if is_joined { format!("about=[what the join names], else {listed}") } else { listed })
    }
}

impl Explained<'_> {
    /// The other tables of the statement that read the same pages, one for each scan.
    fn shares_with(&self) -> Vec<&'static str> {
        let (scan, Some(shared)) = (self.scan, self.shared) else { return Vec::new() };
        let mut others = Vec::new();
        for source in scan.sources() {
            let mut tables = shared.group(source.operation).tables.clone();
            // It may read an operation twice: for its own rows, and as the parents of others.
            let own =
                scan.operations().iter().filter(|(operation, _)| *operation == source.operation).count();
            for _ in 0..own {
                if let Some(own) = tables.iter().position(|table| *table == scan.table.name()) {
                    tables.remove(own);
                }
            }
            others.extend(tables);
        }
        others.sort_unstable();
        others
    }
}

fn join(parameters: &[Parameters]) -> String {
    let texts: Vec<_> = parameters.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scan, shared) = (self.scan, self.shared);
        let names: Vec<&str> =
            scan.column_schema.fields().iter().map(|field| field.name().as_str()).collect();
        let (result, filtered) = names.split_at(scan.projection.len());
        write!(
            f,
            "table={}, operation={}, columns=[{}]",
            scan.table.name(),
            self.asked(),
            result.join(", ")
        )?;
        if !filtered.is_empty() {
            write!(f, ", read for filters=[{}]", filtered.join(", "))?;
        }
        if let Some(shared) = shared {
            match &*shared.targets {
                "" => write!(f, ", no target")?,
                targets => write!(f, ", targets=[{targets}]")?,
            }
            for member in shared.group(scan.first_operation()).needs.names() {
                write!(f, ", {member}")?;
            }
        }
        let constraints = &scan.constraints;
        if constraints.is_contradiction() {
            write!(f, ", no call: the filters contradict each other")?;
        } else if let Some(names) = self.looks_up() {
            write!(f, ", look-ups=[{}]", names.join(", "))?;
        } else if let Some(subjects) = scan.subjects() {
            write!(f, ", {subjects}")?;
        }
        if !scan.predicate.is_empty() {
            write!(f, ", filters=[{}]", scan.predicate)?;
        }
        if !constraints.is_contradiction() {
            for shortfall in scan.foreseen_shortfalls() {
                write!(f, ", not asked=[{shortfall}]")?;
            }
        }
        if !scan.dynamic.is_empty() {
            write!(f, ", targets also by the join")?;
        }
        if shared.is_some_and(|shared| shared.is_beside) {
            write!(f, ", beside the other side of the join")?;
        }
        if let Some(fetch) = scan.fetch {
            write!(f, ", limit={fetch}")?;
        }
        match self.shares_with() {
            others if others.is_empty() => Ok(()),
            others => write!(f, ", shared with=[{}]", others.join(", ")),
        }
    }
}
