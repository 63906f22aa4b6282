//! Where the columns of a plan come from, by their place: what is said of a scan's columns above it, which it does not
//! hear before it asks, and which tables that name things of all regions meet tables of the regions that are asked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{JoinSide, JoinType};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::{Column, lit};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::CrossJoinExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::scalar_subquery::ScalarSubqueryExec;
use datafusion::physical_plan::union::{InterleaveExec, UnionExec};
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};

use crate::aws::Clients;
use crate::options::{LightsailOptions, list};
use crate::scan::exec::ScanExec;
use crate::scan::made::{Lineage, MadeExec, Origin};
use crate::scan::plan::mentions::{Mention, Place, find_mentions};
use crate::scan::plan::names::{Names, Place as Named, Said};
use crate::scan::plan::spec::ScanSpec;
use crate::scan::record::Record;
use crate::scan::share::beside::address;
use crate::scan::share::join::Join;
use crate::scan::share::meeting::{Meeting, is_everywhere, is_regional, reaches};
use crate::scan::share::sources::{Source, Sources, project, texts_at_hand};

/// Aggregates whose value is one of those that they read.
const SAME_TEXT: [&str; 5] = ["min", "max", "first_value", "last_value", "any_value"];

/// What is said of all scans of a plan.
#[derive(Debug, Default)]
pub(in crate::scan) struct Trace {
    pub(in crate::scan) said: HashMap<*const (), Said>,
    meetings: BTreeSet<Meeting>,
    /// What is said of the scans that tables of the session were made of.
    of_made: Vec<(Arc<Origin>, Said)>,
    lineage: Lineage,
}

/// Traces the columns of a plan.
pub(in crate::scan) fn trace(plan: &Arc<dyn ExecutionPlan>, options: &LightsailOptions) -> Trace {
    let mut tracer = Tracer::default();
    let columns = tracer.columns(plan);
    let Tracer { scans, mut later, mut names, meetings, in_unions, .. } = tracer;
    let is_in_union = |number| in_unions.contains(&number);
    let origins: Vec<_> =
        scans.iter().enumerate().map(|(at, leaf)| leaf.origin(is_in_union(at), options)).collect();
    let origin = |source: &Source| (Arc::clone(&origins[source.scan]), source.column.clone());
    let of_column =
        |column: &Sources| column.all.iter().filter(|source| source.is_same).map(origin).collect();
    let lineage = Lineage(columns.iter().map(of_column).collect());
    let mut trace = Trace { meetings, lineage, ..Trace::default() };
    for (number, leaf) in scans.into_iter().enumerate() {
        let later = Arc::new(later.remove(&number).unwrap_or_default());
        let names = names.remove(&number).unwrap_or_default();
        let said = Said { later, names, is_in_union: is_in_union(number) };
        match leaf {
            Leaf::Scan(address, _) => drop(trace.said.insert(address, said)),
            Leaf::Made(origin) => trace.of_made.push((origin, said)),
        }
    }
    trace
}

impl Trace {
    /// Tells a statement what is known by its plan: what its rows are made of, and what of them was not asked.
    pub(in crate::scan) fn tell(&self, record: &Record, clients: &Clients, options: &LightsailOptions) {
        record.set_lineage(self.lineage.clone());
        let is_short = |meeting: &&Meeting| {
            let (profiles, regions) = match &meeting.asked {
                Some((profiles, regions)) => (profiles, regions),
                None => (&options.profiles, &options.regions),
            };
            !clients.asks_all(&list(profiles), &list(regions))
        };
        let shortfalls: Vec<_> = self.meetings.iter().filter(is_short).map(Meeting::shortfall).collect();
        if !shortfalls.is_empty() {
            record.note(|notes| notes.shortfalls.extend(shortfalls));
        }
        for (origin, said) in &self.of_made {
            record.note(|notes| origin.scan.tell_of_made(said, notes, clients, &origin.options));
        }
    }
}

/// What the columns of a plan come from at last.
#[derive(Debug)]
enum Leaf<'a> {
    Scan(*const (), &'a ScanSpec),
    /// A scan that a table of the session was made of.
    Made(Arc<Origin>),
}

impl Leaf<'_> {
    fn scan(&self) -> &ScanSpec {
        match self {
            Self::Scan(_, scan) => scan,
            Self::Made(origin) => &origin.scan,
        }
    }

    /// The scan as a table will know it that is made of its rows, with the settings that it runs with.
    fn origin(&self, is_in_union: bool, options: &LightsailOptions) -> Arc<Origin> {
        match self {
            Self::Scan(_, scan) => {
                let scan = (*scan).clone().with_said(Said { is_in_union, ..Said::default() });
                Arc::new(Origin { scan, options: options.clone() })
            }
            Self::Made(origin) => Arc::clone(origin),
        }
    }
}

#[derive(Debug, Default)]
struct Tracer<'a> {
    scans: Vec<Leaf<'a>>,
    later: BTreeMap<usize, BTreeSet<String>>,
    names: BTreeMap<usize, Names>,
    meetings: BTreeSet<Meeting>,
    in_unions: BTreeSet<usize>,
    /// The settings of the session that made a scan, so that two of one statement are one.
    made: HashMap<*const Origin, usize>,
}

impl<'a> Tracer<'a> {
    /// What the columns of a node are made of.
    fn columns(&mut self, node: &'a Arc<dyn ExecutionPlan>) -> Vec<Sources> {
        let width = node.schema().fields().len();
        if let Some(exec) = node.downcast_ref::<ScanExec>() {
            return self.scan(exec.spec(), node);
        }
        if let Some(exec) = node.downcast_ref::<MadeExec>() {
            return self.made(exec);
        }
        let first = self.scans.len();
        let mut inputs: Vec<Vec<Sources>> =
            node.children().into_iter().map(|child| self.columns(child)).collect();
        let is_union =
            node.downcast_ref::<UnionExec>().is_some() || node.downcast_ref::<InterleaveExec>().is_some();
        if is_union {
            self.in_unions.extend(first..self.scans.len());
        }
        let columns = if let Some(filter) = node.downcast_ref::<FilterExec>() {
            self.condition(filter.predicate(), &inputs[0], |_| true);
            project(inputs.swap_remove(0), filter.projection().as_deref())
        } else if let Some(projection) = node.downcast_ref::<ProjectionExec>() {
            let of_column = |expr: &Arc<dyn PhysicalExpr>| self.value(expr, &inputs[0]);
            projection.expr().iter().map(|column| &column.expr).map(of_column).collect()
        } else if let Some(aggregate) = node.downcast_ref::<AggregateExec>() {
            self.aggregate(aggregate, &inputs[0])
        } else if let ([left, right], Some(join)) = (&inputs[..], Join::of(node)) {
            self.join(&join, left, right)
        } else if node.downcast_ref::<CrossJoinExec>().is_some() {
            inputs.concat()
        } else if is_union {
            let both = |one: Vec<Sources>, other: Vec<Sources>| {
                one.into_iter().zip(other).map(|(one, other)| one.or(other)).collect()
            };
            inputs.into_iter().reduce(both).unwrap_or_default()
        } else if inputs.len() == 1 || node.downcast_ref::<ScalarSubqueryExec>().is_some() {
            let columns = inputs.swap_remove(0);
            self.windows(node, &columns);
            // A node that hands its input on, or adds columns to it, as windows do; or the number of rows written.
            if columns.len() <= width || node.name() == "DataSinkExec" { columns } else { Vec::new() }
        } else {
            texts_at_hand(node)
        };
        if node.name() == "DataSinkExec" {
            return columns;
        }
        columns.into_iter().chain(std::iter::repeat(Sources::default())).take(width).collect()
    }

    fn scan(&mut self, scan: &'a ScanSpec, node: &'a Arc<dyn ExecutionPlan>) -> Vec<Sources> {
        let number = self.scans.len();
        self.scans.push(Leaf::Scan(address(node), scan));
        self.names.insert(number, Said::alone(scan).names);
        let schema = node.schema();
        schema.fields().iter().map(|field| Sources::of(number, field.name())).collect()
    }

    fn made(&mut self, exec: &MadeExec) -> Vec<Sources> {
        let mut texts = texts_at_hand(exec.inner()).into_iter();
        let columns = exec.lineage.0.iter().map(|origins| {
            let origins = origins.iter().map(|(origin, column)| {
                let next = self.scans.len();
                let number = *self.made.entry(Arc::as_ptr(origin)).or_insert(next);
                if number == next {
                    self.scans.push(Leaf::Made(Arc::clone(origin)));
                }
                Sources::of(number, column)
            });
            origins.chain(texts.next()).reduce(Sources::or).unwrap_or_default()
        });
        columns.collect()
    }

    fn aggregate(&mut self, aggregate: &AggregateExec, input: &[Sources]) -> Vec<Sources> {
        for filter in aggregate.filter_expr().iter().flatten() {
            self.condition(filter, input, |_| true);
        }
        let keys: Vec<_> =
            aggregate.group_expr().expr().iter().map(|(key, _)| self.value(key, input)).collect();
        // What is counted by a key that holds rows of a scan and others beside them compares the two, as a join does:
        // `VALUES … UNION ALL … GROUP BY region HAVING count(*) = 1`.
        for key in keys.iter().filter(|_| !aggregate.aggr_expr().is_empty()) {
            // A text such as 'total' is no region that is wanted.
            self.handed(
                key,
                &key.texts.iter().filter(|text| Named::of_region(text).is_some()).cloned().collect(),
            );
        }
        let of_function = |function: &Arc<AggregateFunctionExpr>| {
            let arguments = function.expressions();
            let read: Vec<_> = arguments.iter().map(|argument| self.value(argument, input)).collect();
            let is_same = SAME_TEXT.contains(&function.fun().name());
            read.into_iter().next().filter(|_| is_same).unwrap_or_default()
        };
        let values: Vec<_> = aggregate.aggr_expr().iter().map(of_function).collect();
        keys.into_iter().chain(values).collect()
    }

    fn windows(&mut self, node: &Arc<dyn ExecutionPlan>, input: &[Sources]) {
        let windows = node.downcast_ref::<WindowAggExec>().map(WindowAggExec::window_expr);
        let bounded = || node.downcast_ref::<BoundedWindowAggExec>().map(BoundedWindowAggExec::window_expr);
        for expr in windows.or_else(bounded).into_iter().flatten().flat_map(|window| window.expressions()) {
            self.value(&expr, input);
        }
    }

    /// Takes note of what a value names that is made of columns, and says what it is made of.
    fn value(&mut self, expr: &Arc<dyn PhysicalExpr>, columns: &[Sources]) -> Sources {
        self.mentions(expr, Place::Value, columns);
        Sources::of_expr(expr, columns)
    }

    /// Takes note of a condition over these columns; `restricts` says of which of them it leaves out rows.
    fn condition(
        &mut self,
        condition: &Arc<dyn PhysicalExpr>,
        columns: &[Sources],
        restricts: impl Fn(usize) -> bool,
    ) {
        for column in collect_columns(condition).iter().filter(|column| restricts(column.index())) {
            self.compared(columns.get(column.index()));
        }
        self.mentions(condition, Place::Filter, columns);
    }

    /// Takes note of what an expression names outright, and by texts of rows at hand: `i.region LIKE v.pattern`.
    fn mentions(&mut self, expr: &Arc<dyn PhysicalExpr>, place: Place, columns: &[Sources]) {
        let mut found = |column: &Column, mention: &Mention| {
            let sources = columns.get(column.index()).into_iter().flat_map(|column| &column.all);
            for source in sources.filter(|source| source.is_same) {
                let scan = self.scans[source.scan].scan();
                self.names.entry(source.scan).or_default().add(scan, &source.column, mention);
            }
        };
        find_mentions(expr, place, &mut found);
        for column in collect_columns(expr) {
            let texts = columns.get(column.index()).map(|column| Arc::clone(&column.texts));
            for text in texts.iter().flat_map(|texts| texts.iter()) {
                if let Some(expr) = with_text(expr, &column, text) {
                    find_mentions(&expr, place, &mut found);
                }
            }
        }
    }

    fn compared(&mut self, column: Option<&Sources>) {
        for source in column.into_iter().flat_map(|column| &column.all) {
            self.later.entry(source.scan).or_default().insert(source.column.clone());
        }
    }

    /// Takes note of the rows at hand that a join looks for partners of.
    fn handed(&mut self, column: &Sources, texts: &BTreeSet<String>) {
        for source in column.all.iter().filter(|source| source.is_same) {
            let scan = self.scans[source.scan].scan();
            let names = self.names.entry(source.scan).or_default();
            texts.iter().for_each(|text| names.add_text(scan, &source.column, text));
        }
    }

    fn join(&mut self, join: &Join<'_>, left: &[Sources], right: &[Sources]) -> Vec<Sources> {
        let on: Vec<_> = join
            .on
            .iter()
            .map(|(one, other)| (Sources::of_expr(one, left), Sources::of_expr(other, right)))
            .collect();
        for (one, other) in &on {
            for (side, column, texts) in
                [(JoinSide::Left, one, &other.texts), (JoinSide::Right, other, &one.texts)]
            {
                if join.restricts(side) {
                    self.handed(column, texts);
                }
            }
            // Of two scans that ask for the same by default, each has what the other has.
            if one.names() == other.names() {
                continue;
            }
            for (side, column) in [(JoinSide::Left, one), (JoinSide::Right, other)] {
                if join.restricts(side) {
                    self.compared(Some(column));
                }
            }
        }
        let mut meet = on;
        if let Some(filter) = join.filter {
            let of = |side: JoinSide, index: usize| match side {
                JoinSide::Left => left.get(index).cloned().unwrap_or_default(),
                _ => right.get(index).cloned().unwrap_or_default(),
            };
            let places = filter.column_indices();
            let columns: Vec<Sources> = places.iter().map(|place| of(place.side, place.index)).collect();
            self.condition(filter.expression(), &columns, |index| join.restricts(places[index].side));
            let of_side = |side: JoinSide| {
                let on_side = places.iter().zip(&columns).filter(move |(place, _)| place.side == side);
                on_side.map(|(_, column)| column.clone()).collect::<Vec<_>>()
            };
            for one in of_side(JoinSide::Left) {
                meet.extend(of_side(JoinSide::Right).into_iter().map(|other| (one.clone(), other)));
            }
        }
        self.meet(join, &meet);
        let mark = || vec![Sources::default()];
        let columns = match join.kind {
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => [left, right].concat(),
            JoinType::LeftSemi | JoinType::LeftAnti => left.to_vec(),
            JoinType::RightSemi | JoinType::RightAnti => right.to_vec(),
            JoinType::LeftMark => [left, &mark()].concat(),
            JoinType::RightMark => [right, &mark()].concat(),
        };
        project(columns, join.projection)
    }

    /// Takes note of tables that reach beyond the regions of those that they are joined with. Partners in one region are
    /// read in that region or not at all.
    fn meet(&mut self, join: &Join<'_>, on: &[(Sources, Sources)]) {
        let is_region = |column: &Sources| column.names() == BTreeSet::from(["region"]);
        if on.iter().any(|(one, other)| is_region(one) && is_region(other)) {
            return;
        }
        for (one, other) in on {
            for (side, reaching, regional) in [(JoinSide::Left, one, other), (JoinSide::Right, other, one)] {
                let is_given = join.gives(side) || self.all(reaching, is_everywhere);
                if !is_given || !self.all(reaching, reaches) || !self.all(regional, is_regional) {
                    continue;
                }
                let table = |source: &Source| self.scans[source.scan].scan().table.name();
                let asked = |source: &Source| match &self.scans[source.scan] {
                    Leaf::Scan(..) => None,
                    Leaf::Made(origin) => {
                        Some((origin.options.profiles.clone(), origin.options.regions.clone()))
                    }
                };
                let meeting = |(one, other): (&Source, &Source)| Meeting {
                    reaching: table(one),
                    regional: table(other),
                    keeps_alone: join.keeps_alone(),
                    asked: asked(other),
                };
                let pairs =
                    reaching.all.iter().flat_map(|one| regional.all.iter().map(move |other| (one, other)));
                self.meetings.extend(pairs.map(meeting).collect::<Vec<_>>());
            }
        }
    }

    fn all(&self, column: &Sources, is_so: impl Fn(&ScanSpec, &str) -> bool) -> bool {
        let mut all = column.all.iter();
        !column.all.is_empty() && all.all(|source| is_so(self.scans[source.scan].scan(), &source.column))
    }
}

/// An expression with a text in place of a column.
fn with_text(expr: &Arc<dyn PhysicalExpr>, column: &Column, text: &str) -> Option<Arc<dyn PhysicalExpr>> {
    let replaced = Arc::clone(expr).transform(|part| {
        Ok(match part.downcast_ref::<Column>() {
            Some(one) if one == column => Transformed::yes(lit(text)),
            _ => Transformed::no(part),
        })
    });
    replaced.ok().map(|replaced| replaced.data)
}
