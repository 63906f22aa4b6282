//! What a scan has to ask of a target: listings, look-ups, or one request for each item of a parent.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::aws::target::Profile;
use crate::aws::{Clients, Target};
use crate::catalog::operation::{Items, Known, Needs, Operation, Parameters, Parent, Scope};
use crate::catalog::table::{ACCOUNT, Source};
use crate::scan::plan::constraints::{Constraints, is_possible, may_pass};
use crate::scan::plan::groups::{Groups, group};
use crate::scan::plan::spec::{MAX_LOOKUPS, ScanSpec, asked};

/// Where operations of [`Scope::UsEast1`] are asked, and the regions that their rows may say they are in.
const US_EAST_1: &str = "us-east-1";
const ITS_REGIONS: [&str; 2] = [US_EAST_1, "global"];

/// What is asked: an operation at a target, with the parameters that follow from the predicates.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// The profile and the region that are asked.
    pub target: Target,
    /// The operation that is asked.
    pub operation: &'static Operation,
    /// What the columns of the statement need beyond what the operation answers by itself.
    pub needs: Needs,
    /// The parameters that follow from its predicates.
    pub parameters: Arc<Parameters>,
    /// Whether the parameters name one item for the operation's look-up.
    pub is_lookup: bool,
    /// The API's token of the page to begin with; `None` for the first.
    pub from: Option<Arc<str>>,
}

impl Request {
    /// The operation that is sent: the listing, or its look-up.
    pub fn operation_name(&self) -> &'static str {
        match &self.operation.lookup {
            Some(lookup) if self.is_lookup => lookup.name,
            _ => self.operation.name,
        }
    }
}

/// A request, and what becomes of its items.
#[derive(Debug, Clone)]
pub(in crate::scan) struct Work {
    pub(in crate::scan) request: Request,
    /// Whether its items become rows.
    pub(in crate::scan) has_rows: bool,
    /// The operations that are asked about each of its items, each with those that are asked about its own in turn.
    pub(in crate::scan) below: Vec<Vec<&'static Operation>>,
    /// How many requests at the same target come before it.
    pub(in crate::scan) ordinal: usize,
}

impl Work {
    /// A request whose items become rows, or are asked about by a chain of operations.
    fn new(request: Request, below: &[&'static Operation]) -> Self {
        let has_rows = below.is_empty();
        let below = if has_rows { Vec::new() } else { vec![below.to_vec()] };
        Self { request, has_rows, below, ordinal: 0 }
    }
}

/// The pages that are there before anything is asked.
pub(in crate::scan) trait Held {
    /// Whether all pages of a request are among them.
    fn has_all_of(&self, request: &Request) -> bool;
}

/// Finds the work of a scan.
pub(in crate::scan) struct Planner<'a> {
    pub(in crate::scan) scan: &'a ScanSpec,
    pub(in crate::scan) groups: &'a Groups,
    pub(in crate::scan) held: &'a dyn Held,
    pub(in crate::scan) clients: &'a Clients,
    pub(in crate::scan) constraints: &'a Constraints,
}

impl Planner<'_> {
    /// Whether a row of a profile can pass, wherever it is: if not, not even its regions are found out.
    pub(in crate::scan) fn may_ask(&self, profile: &Profile, is_bounded: bool) -> bool {
        let account = self.clients.account(profile);
        let may = |constraints: &Constraints| may_pass(constraints, profile, None, account.as_deref());
        let groups = self.scan.sources().into_iter().map(|source| group(self.groups, source.operation));
        match is_bounded {
            true => groups.flat_map(|group| &group.constraints).any(may),
            false => may(self.constraints),
        }
    }

    /// The requests at the targets of one profile, in their order. A bounded scan lists, whatever its rows are.
    pub(in crate::scan) fn of_profile(
        &self,
        targets: &[Target],
        account: Option<&str>,
        is_bounded: bool,
    ) -> Vec<Work> {
        let mut work = Vec::new();
        for source in self.scan.sources() {
            if !self.may_feed(&source) {
                continue;
            }
            for (target, regions) in places(&source, targets) {
                let is_wanted = match is_bounded {
                    true => group(self.groups, source.operation).is_wanted(&target, &regions, account),
                    false => is_possible(self.constraints, &target, &regions, account),
                };
                if is_wanted {
                    let group = group(self.groups, source.operation);
                    let is_listed = is_bounded || group.is_listed(&target, &regions, account);
                    let planner = Planner { constraints: &self.constraints.at(&target, &regions), ..*self };
                    work.extend(planner.of_source(&source, &target, is_listed));
                }
            }
        }
        let mut work = merged(work);
        number(&mut work);
        work
    }

    /// Whether a row of a source can pass. Of a resource whose type the API does not say, the text is NULL.
    fn may_feed(&self, source: &Source) -> bool {
        let Some((column, texts)) = source.texts else { return true };
        let texts = texts.iter().copied().map(Some).chain([None]);
        texts.into_iter().any(|text| self.constraints.is_possible(&[(column, text)]))
    }

    fn of_source(&self, source: &Source, target: &Target, is_listed: bool) -> Vec<Work> {
        let group = group(self.groups, source.operation);
        let operation = asked(source.operation, group.needs);
        let listing = |parameters| self.request(operation, target, parameters);
        if !operation.parents.is_empty() {
            let has_answer = !(operation.asks)(self.constraints).is_empty();
            return if has_answer { self.of_operation(operation, target, Vec::new()) } else { Vec::new() };
        }
        let plain = || (operation.asks)(&Constraints::none(self.scan.table.schema(), self.constraints.now()));
        if is_listed {
            return plain().into_iter().map(|parameters| Work::new(listing(parameters), &[])).collect();
        }
        let plain: Vec<Request> = plain().into_iter().map(listing).collect();
        if plain.iter().all(|request| self.held.has_all_of(request)) {
            return plain.into_iter().map(|request| Work::new(request, &[])).collect();
        }
        match (self.scan.lookups(self.constraints), &operation.lookup) {
            (Some(names), Some(lookup)) => names
                .into_iter()
                .map(|name| Request {
                    is_lookup: true,
                    ..listing(Parameters::default().with_text(lookup.member, name))
                })
                .map(|request| Work::new(request, &[]))
                .collect(),
            _ => (operation.asks)(self.constraints)
                .into_iter()
                .map(|parameters| Work::new(listing(parameters), &[]))
                .collect(),
        }
    }

    /// The requests of an operation about items that the predicates name, or those that list its parents first.
    fn of_operation(
        &self,
        operation: &'static Operation,
        target: &Target,
        below: Vec<&'static Operation>,
    ) -> Vec<Work> {
        if operation.parents.is_empty() {
            let plain =
                (operation.asks)(&Constraints::none(self.scan.table.schema(), self.constraints.now()));
            let work = |parameters| Work::new(self.request(operation, target, parameters), &below);
            return plain.into_iter().map(work).collect();
        }
        let subjects = self.constraints.subjects(operation.keys);
        if let Some(subjects) = subjects.as_ref().filter(|_| !self.wants_account(target)) {
            return self.about(operation, target, subjects.clone(), &below);
        }
        let below: Vec<_> = std::iter::once(operation).chain(below).collect();
        let of_parent = |parent: &Parent| {
            let by_name = subjects.as_ref();
            let by_name =
                by_name.and_then(|names| self.parents_by_name(parent.operation, target, names, &below));
            by_name.unwrap_or_else(|| self.of_operation(parent.operation, target, below.clone()))
        };
        operation.parents.iter().flat_map(of_parent).collect()
    }

    /// The requests about the items on a page of a parent's listing.
    pub(in crate::scan) fn below(&self, parent: &Work, items: &Items) -> Vec<Work> {
        let of_chain = |chain: &Vec<&'static Operation>| {
            let (operation, below) = chain.split_first()?;
            Some(self.of_items(parent, items, operation, below))
        };
        parent.below.iter().filter_map(of_chain).flatten().collect()
    }

    fn of_items(
        &self,
        parent: &Work,
        items: &Items,
        operation: &'static Operation,
        below: &[&'static Operation],
    ) -> Vec<Work> {
        let subjects = operation.parents.iter().filter(|known| known.operation == parent.request.operation);
        let subjects = subjects.flat_map(|known| (known.subjects)(items));
        let target = &parent.request.target;
        let constraints = self.constraints.at(target, &regions_of(operation, target));
        let subjects = subjects.filter(|subject| constraints.allow(subject, operation.keys));
        self.about(operation, target, subjects.collect(), below)
    }

    /// Whether rows shall say their account that only their parents can tell.
    fn wants_account(&self, target: &Target) -> bool {
        self.scan.columns.contains(&ACCOUNT) && self.clients.account(&target.profile).is_none()
    }

    /// Look-ups of a parent by the names that the predicates leave.
    fn parents_by_name(
        &self,
        parent: &'static Operation,
        target: &Target,
        subjects: &[Parameters],
        below: &[&'static Operation],
    ) -> Option<Vec<Work>> {
        let lookup = parent.lookup.as_ref()?;
        let names: Option<BTreeSet<&str>> = subjects.iter().map(Parameters::only_text).collect();
        let names = names.filter(|names| names.len() <= MAX_LOOKUPS)?;
        let request = |name| {
            let parameters = Parameters::default().with_text(lookup.member, name);
            Request { is_lookup: true, ..self.request(parent, target, parameters) }
        };
        Some(names.into_iter().map(|name| Work::new(request(name), below)).collect())
    }

    fn about(
        &self,
        operation: &'static Operation,
        target: &Target,
        subjects: Vec<Parameters>,
        below: &[&'static Operation],
    ) -> Vec<Work> {
        let asks = match below.is_empty() {
            true => (operation.asks)(self.constraints),
            false => vec![Parameters::default()],
        };
        let each = subjects.iter().flat_map(|subject| asks.iter().map(|ask| ask.clone().merged(subject)));
        each.map(|parameters| Work::new(self.request(operation, target, parameters), below)).collect()
    }

    fn request(&self, operation: &'static Operation, target: &Target, parameters: Parameters) -> Request {
        Request {
            target: target.clone(),
            operation,
            needs: group(self.groups, operation).needs,
            parameters: Arc::new(parameters),
            is_lookup: false,
            from: None,
        }
    }
}

/// Numbers the requests at each target, in their order.
fn number(work: &mut [Work]) {
    let mut next: HashMap<Target, usize> = HashMap::new();
    for work in work {
        let next = next.entry(work.request.target.clone()).or_default();
        work.ordinal = *next;
        *next += 1;
    }
}

/// Whether two chains ask the same: operations that ask about different things may have one name.
fn is_same(one: &[&'static Operation], other: &[&'static Operation]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| std::ptr::eq(*one, *other))
}

/// Makes one of those that ask the same: a page that becomes rows and whose items are asked about is read once.
fn merged(work: Vec<Work>) -> Vec<Work> {
    let mut merged: Vec<Work> = Vec::with_capacity(work.len());
    let mut places: HashMap<Request, usize> = HashMap::new();
    for work in work {
        match places.entry(work.request.clone()) {
            Entry::Occupied(known) => {
                let known = &mut merged[*known.get()];
                known.has_rows |= work.has_rows;
                let is_new =
                    |chain: &Vec<&'static Operation>| !known.below.iter().any(|known| is_same(known, chain));
                let new: Vec<_> = work.below.into_iter().filter(is_new).collect();
                known.below.extend(new);
            }
            Entry::Vacant(new) => {
                new.insert(merged.len());
                merged.push(work);
            }
        }
    }
    merged
}

impl ScanSpec {
    /// The regions to find out of those that are wanted. What us-east-1 answers for all regions takes none of the others.
    pub(in crate::scan) fn regions(&self, wanted: &[String]) -> Vec<String> {
        let is_global = |source: &Source| source.operation.scope == Scope::UsEast1;
        match self.sources().iter().all(is_global) {
            true => vec![US_EAST_1.to_owned()],
            false => wanted.to_vec(),
        }
    }

    /// Keeps of a profile's targets those at which the scan asks anything.
    pub(in crate::scan) fn places(&self, targets: &[Target], account: Option<&str>) -> Vec<Target> {
        let mut found: Vec<Target> = Vec::new();
        for source in self.sources() {
            for (target, regions) in places(&source, targets) {
                if is_possible(&self.constraints, &target, &regions, account) && !found.contains(&target) {
                    found.push(target);
                }
            }
        }
        found
    }
}

/// The targets at which a source is asked, each with the regions that its rows can say they are in.
pub(in crate::scan) fn places<'a>(source: &Source, targets: &'a [Target]) -> Vec<(Target, Vec<&'a str>)> {
    let at = |target: &'a Target| {
        let regions = regions_of(source.operation, target);
        match source.operation.scope {
            Scope::UsEast1 => (Target { region: US_EAST_1.into(), ..target.clone() }, regions),
            _ => (target.clone(), regions),
        }
    };
    match source.operation.scope {
        Scope::Region => targets.iter().map(at).collect(),
        Scope::AnyRegion | Scope::UsEast1 => targets.first().map(at).into_iter().collect(),
    }
}

/// The regions that rows of a target can say they are in.
fn regions_of<'a>(operation: &Operation, target: &'a Target) -> Vec<&'a str> {
    match operation.scope {
        Scope::Region | Scope::AnyRegion => vec![&target.region],
        Scope::UsEast1 => ITS_REGIONS.to_vec(),
    }
}
