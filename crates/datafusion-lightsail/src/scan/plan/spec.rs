//! What a scan is to read: columns, predicate, limit; and what it shares with the other scans of its statement.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::Result as DataFusionResult;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr_common::physical_expr::snapshot_physical_expr;

use crate::aws::Target;
use crate::catalog::Table;
use crate::catalog::names::can_ask_for;
use crate::catalog::operation::{Known, Needs, Operation};
use crate::catalog::shortfall::Shortfall;
use crate::catalog::table::Source;
use crate::error::{Error, Kind, Result};
use crate::options::LightsailOptions;
use crate::scan::context::ScanContext;
use crate::scan::plan::constraints::{Constraints, is_possible};
use crate::scan::plan::predicate::Predicate;
use crate::scan::read::snapshot::Snapshot;
use crate::scan::record::Record;
use crate::scan::share::enough::Needless;
use crate::scan::share::trace::Said;

/// A name known by equality is looked up; more than this many of them, and the listing is read instead.
pub(in crate::scan) const MAX_LOOKUPS: usize = 4;

/// What a scan is to read: plain data, without clients, pages or a record.
#[derive(Debug, Clone)]
pub(in crate::scan) struct ScanSpec {
    pub(in crate::scan) table: &'static dyn Table,
    /// The columns that are built of each page: those of the result and those that only the predicate reads.
    pub(in crate::scan) columns: Vec<usize>,
    pub(in crate::scan) column_schema: SchemaRef,
    /// The columns of the result, by their place among `columns`.
    pub(in crate::scan) projection: Vec<usize>,
    pub(in crate::scan) predicate: Predicate,
    /// The predicate over `columns`; none if there is nothing to filter.
    pub(in crate::scan) filter: Option<Arc<dyn PhysicalExpr>>,
    /// What a join or a sort above finds out while it runs, over the columns of the result. Its rows are dropped up
    /// there; here it can leave targets out, for it is known when the first page is wanted.
    pub(in crate::scan) dynamic: Vec<Arc<dyn PhysicalExpr>>,
    /// What the columns ask of the API.
    pub(in crate::scan) needs: Needs,
    /// The one operation of the table's that its join wants rows of; none if all of them are.
    pub(in crate::scan) only: Option<&'static Operation>,
    pub(in crate::scan) fetch: Option<usize>,
    /// What the statement says of it.
    pub(in crate::scan) said: Said,
    /// What is known of its rows before it runs.
    pub(in crate::scan) constraints: Constraints,
}

/// What a scan has in common with the other scans of its query.
#[derive(Debug, Clone)]
pub(in crate::scan) struct Shared {
    pub(in crate::scan) record: Arc<Record>,
    pub(in crate::scan) snapshot: Arc<Snapshot>,
    /// All scans of each operation.
    pub(in crate::scan) groups: Arc<HashMap<&'static str, Group>>,
    /// The targets that are asked, in EXPLAIN's words.
    pub(in crate::scan) targets: Arc<str>,
    /// Whether it is read beside what its join reads first.
    pub(in crate::scan) is_beside: bool,
    /// Whether its rows come in the order of targets and pages.
    pub(in crate::scan) in_order: bool,
    /// Where it is said that a LIMIT over the statement has its rows; `None` if that makes it no less needed.
    pub(in crate::scan) needless: Option<Arc<Needless>>,
}

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

/// The scans of each operation.
pub(in crate::scan) fn groups<'a>(
    scans: impl IntoIterator<Item = &'a ScanSpec>,
) -> HashMap<&'static str, Group> {
    let mut groups: HashMap<&'static str, Group> = HashMap::new();
    for scan in scans {
        let lists = scan.lists();
        for (operation, needs) in scan.operations() {
            let group = groups.entry(operation.name).or_default();
            if lists.contains(&operation) {
                group.listers.push(scan.constraints.clone());
            }
            group.add(scan, needs);
        }
    }
    groups
}

impl Shared {
    /// What a scan has that shares with nobody, for a plan that [`ShareScans`](crate::scan::ShareScans) has not seen.
    ///
    /// # Errors
    /// [`Kind::Usage`] where a partial answer is allowed: nobody would hear of what is missing.
    pub(in crate::scan) fn alone(
        scan: &ScanSpec,
        context: &ScanContext,
        options: &LightsailOptions,
    ) -> Result<Self> {
        if options.allow_partial {
            let what = "lightsail.allow_partial is set, and this session has no rule share_scans: nobody would hear \
                        which rows are missing";
            return Err(Error::new(Kind::Usage, what).with_hint(
                "keep the rule that `register` adds to the session, or set lightsail.allow_partial = false",
            ));
        }
        let groups = groups([scan]);
        let readers = groups.iter().map(|(operation, group)| (*operation, group.tables.len())).collect();
        let snapshot = Snapshot::of_one_query(Arc::clone(&context.clients), options.page_memory, readers);
        let statement = context.statement();
        Ok(Self {
            record: statement.map_or_else(|| context.begin(), |statement| Arc::clone(&statement.record)),
            snapshot: Arc::new(snapshot),
            groups: Arc::new(groups),
            targets: "".into(),
            is_beside: false,
            in_order: false,
            needless: None,
        })
    }

    /// The scans of an operation of this scan.
    pub(in crate::scan) fn group(&self, operation: &Operation) -> &Group {
        static NOBODY: Group = Group {
            tables: Vec::new(),
            needs: Needs::NONE,
            listers: Vec::new(),
            scans: 0,
            constraints: Vec::new(),
        };
        self.groups.get(operation.name).unwrap_or(&NOBODY)
    }
}

impl ScanSpec {
    /// What feeds it.
    pub(in crate::scan) fn sources(&self) -> Vec<Source> {
        let mut sources = self.table.sources();
        sources.retain(|source| self.only.is_none_or(|only| source.operation == only));
        sources
    }

    /// Adds what its statement says of it.
    #[must_use]
    pub(in crate::scan) fn with_said(self, said: Said) -> Self {
        Self { constraints: self.constraints.with_later(&said.later), said, ..self }
    }

    /// What is known of its rows by now: with what a join has found out.
    ///
    /// # Errors
    /// When DataFusion cannot say what its filter is by now.
    pub(in crate::scan) fn constraints_by_now(&self) -> DataFusionResult<Constraints> {
        if self.dynamic.is_empty() {
            return Ok(self.constraints.clone());
        }
        let dynamic = self.dynamic.iter().map(|filter| snapshot_physical_expr(Arc::clone(filter)));
        let dynamic = Predicate::new(dynamic.collect::<DataFusionResult<Vec<_>>>()?);
        Ok(self.constraints.clone().and(dynamic))
    }

    /// What the query may want of it and it does not ask.
    pub(in crate::scan) fn falls_short_of(&self, constraints: &Constraints) -> Vec<Shortfall> {
        let all =
            self.sources().into_iter().flat_map(|source| (source.operation.falls_short_of)(constraints));
        all.map(|shortfall| shortfall.in_table(self.table.name())).collect()
    }

    /// A guess at how many rows it has, for the order of a join: DataFusion reads the side with fewer first and tells the
    /// other one what it found. A request for each of many items is what a join can save most of; even of a few that are
    /// named it may tell what to ask about them. A listing or a look-up comes first.
    pub(in crate::scan) fn weight(&self) -> usize {
        const ITEM: usize = 100;
        const LISTING: usize = 1_000 * ITEM;
        const EACH_ITEM: usize = 1_000 * LISTING;
        let constraints = &self.constraints;
        let of_source = |source: &Source| match source.operation.parents.is_empty() {
            true => self.lookups(constraints).map_or(LISTING, |names| names.len() * ITEM),
            false => constraints.subjects(source.operation.keys).map_or(EACH_ITEM, |_| 2 * LISTING),
        };
        let rows = self.sources().iter().map(of_source).sum();
        self.fetch.map_or(rows, |fetch| fetch.min(rows))
    }

    /// Whether a join above tells it something of a column while it runs.
    pub(in crate::scan) fn hears_of(&self, column: &str) -> bool {
        self.dynamic.iter().flat_map(collect_columns).any(|found| found.name() == column)
    }
}

/// The operation that answers for a source: its own, or the one that tells each item's details.
pub(in crate::scan) fn asked(operation: &'static Operation, needs: Needs) -> &'static Operation {
    operation.detail.filter(|_| needs.contains(Needs::DETAIL)).unwrap_or(operation)
}

impl ScanSpec {
    /// The operation that stands for all of its own: of most tables it is the only one.
    pub(in crate::scan) fn first_operation(&self) -> &'static Operation {
        self.sources()[0].operation
    }

    /// The names to look up, if all rows that pass have one of a few.
    pub(in crate::scan) fn lookups(&self, constraints: &Constraints) -> Option<Vec<String>> {
        let source = self.sources().into_iter().next()?;
        let member = source.operation.lookup.as_ref()?.member;
        let names = constraints.texts(self.table.key()?)?;
        let are_few = names.len() <= MAX_LOOKUPS && names.iter().all(|name| can_ask_for(member, name));
        are_few.then(|| names.into_iter().collect())
    }

    /// The operations whose whole listing it will read, as far as is known before it runs.
    pub(in crate::scan) fn lists(&self) -> Vec<&'static Operation> {
        let constraints = &self.constraints;
        if constraints.is_contradiction() {
            return Vec::new();
        }
        let plain = Constraints::none(self.table.schema(), constraints.now());
        let lists = |operation: &&'static Operation| {
            self.lookups(constraints).is_none() && (operation.asks)(constraints) == (operation.asks)(&plain)
        };
        let sources = self.sources().into_iter().map(|source| source.operation);
        sources.filter(|operation| operation.parents.is_empty()).filter(lists).collect()
    }

    /// Every operation that it may read, those that list parents included, with what its rows need of it.
    pub(in crate::scan) fn operations(&self) -> Vec<(&'static Operation, Needs)> {
        fn with_parents(operation: &'static Operation, found: &mut Vec<&'static Operation>) {
            found.push(operation);
            operation.parents.iter().for_each(|parent| with_parents(parent.operation, found));
        }
        let mut operations = Vec::new();
        for source in self.sources() {
            let needs = source.needs.union(self.needs);
            let mut found = Vec::new();
            with_parents(asked(source.operation, needs), &mut found);
            // An operation that tells details has the name of the one that lists.
            found.dedup();
            operations.extend(found.into_iter().map(|operation| match operation == source.operation {
                true => (operation, needs),
                false => (operation, Needs::NONE),
            }));
        }
        operations
    }
}
