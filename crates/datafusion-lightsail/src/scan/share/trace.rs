//! Where the columns of a plan come from, by their place: what is said of a scan's columns above it, which it does not
//! hear before it asks, and which tables that name things of all regions meet tables of the regions that are asked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::common::{JoinSide, JoinType};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::utils::{JoinFilter, JoinOnRef};
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::scalar_subquery::ScalarSubqueryExec;
use datafusion::physical_plan::union::UnionExec;

use crate::catalog::operation::Scope;
use crate::catalog::shortfall::Shortfall;
use crate::scan::exec::ScanExec;
use crate::scan::plan::names::{Names, Said, find_names};
use crate::scan::plan::spec::ScanSpec;
use crate::scan::share::beside::address;

/// The columns of scans that a column of a plan is made of, each with the number of its scan.
type Sources = BTreeSet<(usize, String)>;

/// A join of a table that names things of any region with one of which only the regions that are asked are read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::scan) struct Meeting {
    pub(in crate::scan) reaching: &'static str,
    pub(in crate::scan) regional: &'static str,
    /// Whether the join keeps rows of the first that find no partner.
    pub(in crate::scan) keeps_alone: bool,
}

impl Meeting {
    /// What is not asked: the regions where partners may be.
    pub(in crate::scan) fn shortfall(&self) -> Shortfall {
        let Self { reaching, regional, keeps_alone } = self;
        let text = format!(
            "it names things of any region, and {regional} is only read in the regions asked: rows without a partner may \
             have one elsewhere; --region all asks everywhere"
        );
        let shortfall = Shortfall::new(*reaching, text);
        if *keeps_alone { shortfall } else { shortfall.of_nothing() }
    }
}

/// What is said of all scans of a plan.
#[derive(Debug, Default)]
pub(in crate::scan) struct Trace {
    pub(in crate::scan) said: HashMap<*const (), Said>,
    pub(in crate::scan) meetings: BTreeSet<Meeting>,
}

/// Traces the columns of a plan.
pub(in crate::scan) fn trace(plan: &Arc<dyn ExecutionPlan>) -> Trace {
    let mut tracer = Tracer::default();
    tracer.columns(plan);
    let Tracer { scans, mut later, mut names, meetings, in_unions } = tracer;
    let said = scans.into_iter().enumerate().map(|(number, (address, _))| {
        let later = Arc::new(later.remove(&number).unwrap_or_default());
        let names = names.remove(&number).unwrap_or_default();
        (address, Said { later, names, is_in_union: in_unions.contains(&number) })
    });
    Trace { said: said.collect(), meetings }
}

#[derive(Default)]
struct Tracer<'a> {
    scans: Vec<(*const (), &'a ScanSpec)>,
    later: BTreeMap<usize, BTreeSet<String>>,
    names: BTreeMap<usize, Names>,
    meetings: BTreeSet<Meeting>,
    in_unions: BTreeSet<usize>,
}

/// A join, of whichever kind.
struct Join<'a> {
    on: JoinOnRef<'a>,
    filter: Option<&'a JoinFilter>,
    kind: JoinType,
    projection: Option<&'a [usize]>,
}

impl<'a> Join<'a> {
    fn of(node: &'a Arc<dyn ExecutionPlan>) -> Option<Self> {
        if let Some(join) = node.downcast_ref::<HashJoinExec>() {
            let projection = join.projection.as_deref();
            return Some(Self { on: join.on(), filter: join.filter(), kind: *join.join_type(), projection });
        }
        if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() {
            let projection = join.projection().as_deref();
            return Some(Self { on: &[], filter: join.filter(), kind: *join.join_type(), projection });
        }
        let join = node.downcast_ref::<SortMergeJoinExec>()?;
        Some(Self { on: join.on(), filter: join.filter().as_ref(), kind: join.join_type(), projection: None })
    }

    /// Whether its conditions leave out rows of a side, or decide which of them are partners.
    fn restricts(&self, side: JoinSide) -> bool {
        use JoinType::{
            Full, Inner, Left, LeftAnti, LeftMark, LeftSemi, Right, RightAnti, RightMark, RightSemi,
        };
        match side {
            JoinSide::Left => {
                matches!(self.kind, Inner | Right | Full | LeftSemi | RightSemi | RightAnti | RightMark)
            }
            _ => matches!(self.kind, Inner | Left | Full | LeftSemi | RightSemi | LeftAnti | LeftMark),
        }
    }

    /// Whether rows of a side are what it gives, with a partner or without one.
    fn gives(&self, side: JoinSide) -> bool {
        use JoinType::{
            Full, Inner, Left, LeftAnti, LeftMark, LeftSemi, Right, RightAnti, RightMark, RightSemi,
        };
        match side {
            JoinSide::Left => matches!(self.kind, Inner | Left | Full | LeftSemi | LeftAnti | LeftMark),
            _ => matches!(self.kind, Inner | Right | Full | RightSemi | RightAnti | RightMark),
        }
    }

    fn keeps_alone(&self) -> bool {
        !matches!(self.kind, JoinType::Inner | JoinType::LeftSemi | JoinType::RightSemi)
    }
}

impl<'a> Tracer<'a> {
    /// What the columns of a node are made of.
    fn columns(&mut self, node: &'a Arc<dyn ExecutionPlan>) -> Vec<Sources> {
        let width = node.schema().fields().len();
        if let Some(exec) = node.downcast_ref::<ScanExec>() {
            return self.scan(exec.spec(), node);
        }
        let first = self.scans.len();
        let mut inputs: Vec<Vec<Sources>> =
            node.children().into_iter().map(|child| self.columns(child)).collect();
        if node.downcast_ref::<UnionExec>().is_some() {
            self.in_unions.extend(first..self.scans.len());
        }
        let columns = if let Some(filter) = node.downcast_ref::<FilterExec>() {
            self.condition(filter.predicate(), &inputs[0], |_| true);
            project(inputs.swap_remove(0), filter.projection().as_deref())
        } else if let Some(projection) = node.downcast_ref::<ProjectionExec>() {
            projection.expr().iter().map(|column| sources(&column.expr, &inputs[0])).collect()
        } else if let Some(aggregate) = node.downcast_ref::<AggregateExec>() {
            for filter in aggregate.filter_expr().iter().flatten() {
                self.condition(filter, &inputs[0], |_| true);
            }
            aggregate.group_expr().expr().iter().map(|(key, _)| sources(key, &inputs[0])).collect()
        } else if let ([left, right], Some(join)) = (&inputs[..], Join::of(node)) {
            self.join(&join, left, right)
        } else if node.downcast_ref::<CrossJoinExec>().is_some() {
            inputs.concat()
        } else if node.downcast_ref::<UnionExec>().is_some() {
            let both = |one: Vec<Sources>, other: Vec<Sources>| {
                one.into_iter().zip(other).map(|(one, other)| &one | &other).collect()
            };
            inputs.into_iter().reduce(both).unwrap_or_default()
        } else if inputs.len() == 1 || node.downcast_ref::<ScalarSubqueryExec>().is_some() {
            // A node that hands its input on, or adds columns to it, as windows do.
            Some(inputs.swap_remove(0)).filter(|columns| columns.len() <= width).unwrap_or_default()
        } else {
            Vec::new()
        };
        columns.into_iter().chain(std::iter::repeat(Sources::new())).take(width).collect()
    }

    fn scan(&mut self, scan: &'a ScanSpec, node: &'a Arc<dyn ExecutionPlan>) -> Vec<Sources> {
        let number = self.scans.len();
        self.scans.push((address(node), scan));
        self.names.insert(number, Said::alone(scan).names);
        let schema = node.schema();
        schema.fields().iter().map(|field| Sources::from([(number, field.name().clone())])).collect()
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
        find_names(condition, &mut |column, name| {
            for (scan, column) in columns.get(column.index()).into_iter().flatten() {
                self.names.entry(*scan).or_default().add(self.scans[*scan].1, column, name);
            }
        });
    }

    fn compared(&mut self, column: Option<&Sources>) {
        for (scan, column) in column.into_iter().flatten() {
            self.later.entry(*scan).or_default().insert(column.clone());
        }
    }

    fn join(&mut self, join: &Join<'_>, left: &[Sources], right: &[Sources]) -> Vec<Sources> {
        let on: Vec<_> =
            join.on.iter().map(|(one, other)| (sources(one, left), sources(other, right))).collect();
        for (one, other) in &on {
            // Of two scans that ask for the same by default, each has what the other has.
            let names =
                |sources: &Sources| sources.iter().map(|(_, name)| name.clone()).collect::<BTreeSet<_>>();
            if names(one) == names(other) {
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
        let mark = || vec![Sources::new()];
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
        let is_region =
            |column: &Sources| !column.is_empty() && column.iter().all(|(_, name)| name == "region");
        if on.iter().any(|(one, other)| is_region(one) && is_region(other)) {
            return;
        }
        for (one, other) in on {
            for (side, reaching, regional) in [(JoinSide::Left, one, other), (JoinSide::Right, other, one)] {
                let is_given = join.gives(side) || self.all(reaching, is_everywhere);
                if !is_given || !self.all(reaching, reaches) || !self.all(regional, is_regional) {
                    continue;
                }
                let tables = |column: &Sources| {
                    column.iter().map(|(scan, _)| self.scans[*scan].1.table.name()).collect()
                };
                let (reaching, regional): (Vec<_>, Vec<_>) = (tables(reaching), tables(regional));
                for reaching in reaching {
                    let meeting = |regional: &&'static str| Meeting {
                        reaching,
                        regional,
                        keeps_alone: join.keeps_alone(),
                    };
                    self.meetings.extend(regional.iter().map(meeting));
                }
            }
        }
    }

    fn all(&self, column: &Sources, is_so: impl Fn(&ScanSpec, &str) -> bool) -> bool {
        !column.is_empty() && column.iter().all(|(scan, name)| is_so(self.scans[*scan].1, name))
    }
}

/// Whether a column of a scan names resources of other regions than those of its rows.
fn reaches(scan: &ScanSpec, column: &str) -> bool {
    let is_of_target = ["profile", "account_id", "region"].contains(&column);
    let reaches = |scope: Scope, columns: &[&str]| scope == Scope::UsEast1 || columns.contains(&column);
    let sources = scan.sources();
    !is_of_target && sources.iter().all(|source| reaches(source.operation.scope, source.operation.reaches))
}

/// Whether a scan has the same rows whatever region is asked: a join with it names all regions.
fn is_everywhere(scan: &ScanSpec, _: &str) -> bool {
    scan.sources().iter().all(|source| source.operation.scope == Scope::AnyRegion)
}

/// Whether a scan reads what is there in each region.
fn is_regional(scan: &ScanSpec, _: &str) -> bool {
    scan.sources().iter().all(|source| source.operation.scope == Scope::Region)
}

fn sources(expr: &Arc<dyn PhysicalExpr>, columns: &[Sources]) -> Sources {
    if let Some(column) = expr.downcast_ref::<Column>() {
        return columns.get(column.index()).cloned().unwrap_or_default();
    }
    let read = collect_columns(expr);
    read.iter().filter_map(|column| columns.get(column.index())).flatten().cloned().collect()
}

fn project(columns: Vec<Sources>, projection: Option<&[usize]>) -> Vec<Sources> {
    match projection {
        Some(kept) => kept.iter().map(|index| columns.get(*index).cloned().unwrap_or_default()).collect(),
        None => columns,
    }
}
