//! Which part of a plan runs at the workers, and which at the coordinator.
//!
//! A part that runs at each worker over its own profiles must come to the same rows, all workers taken together, as one that
//! runs once over all of them: scans, filters, projections and UNION ALL do, and joins and groups whose keys keep them within
//! a profile or an account do as well. A LIMIT and the first rows of an order are taken at each worker and once more above; sums and
//! counts are added up above. Everything else is the coordinator's.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion_distributed::{DistributedLeafExec, NetworkCoalesceExec};

use super::crew::{Crew, Member, Share, are_accounts_apart};
use super::ready::afresh;
use super::receive::ReceiveExec;
use super::refuse::{check, has_subquery, refuse_deaf, refuse_subqueries, waits_for_subquery};
use super::report::ReportExec;
use super::stage::Stage;
use super::within::{Division, Locality, groups_within, within};
use super::worker_scan::{Statement, WorkerScanExec, WorkerScansExec};
use crate::aws::Target;
use crate::catalog::operation::Scope;
use crate::options::{LightsailOptions, list};
use crate::scan::barrier::Barrier;
use crate::scan::context::{Mode, ScanContext};
use crate::scan::exec::ScanExec;
use crate::scan::plan::spec::ScanSpec;
use crate::scan::read::shared::Shared;

/// Hands what joins and sorts of a plan find at run time to its leaves.
pub(crate) type Push = fn(Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>>;

/// Aggregates that are made of what workers made of their own rows.
const ADD_UP: [&str; 7] = ["count", "sum", "min", "max", "avg", "bool_and", "bool_or"];

/// The rule that lets workers run their part of a plan. It comes behind `ShareScans`, which says what is asked.
#[derive(Debug)]
pub(crate) struct CutAtWorkers {
    pub(crate) crew: Arc<Crew>,
    pub(crate) push: Push,
}

impl PhysicalOptimizerRule for CutAtWorkers {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(context) = ScanContext::of(config) else { return Ok(plan) };
        if context.statement().is_some_and(|statement| statement.mode == Mode::Foresee) {
            return Ok(plan);
        }
        let scans = scans(&plan)?;
        let Some(shared) = scans.iter().find_map(|scan| scan.shared().cloned()) else { return Ok(plan) };
        let options = config.extensions.get::<LightsailOptions>().cloned().unwrap_or_default();
        check(&plan, &options).map_err(DataFusionError::from)?;
        let clients = context.clients();
        let profiles = clients.profiles(&list(&options.profiles));
        let names = profiles.into_iter().map(|profile| profile.name);
        let shares = self.crew.shares(names, &list(&options.regions)).map_err(DataFusionError::from)?;
        if let Some(absent) = self.crew.absent.first().filter(|_| !options.allow_partial) {
            return Err(absent.error.retold().into());
        }
        let apart = Division {
            by_region: shares.iter().any(|(_, share)| !share.near.is_empty()),
            by_account: are_accounts_apart(clients, &shares),
        };
        let statement = Arc::new(Statement {
            id: uuid::Uuid::new_v4(),
            build: self.crew.build.clone(),
            options,
            in_order: shared.in_order,
            scans: scans.iter().map(|scan| scan.spec().clone()).collect(),
            foreseen: foreseen(context),
            retention: shared.snapshot.retention().clone(),
        });
        let cutter = Cutter { push: self.push, crew: &self.crew, context, shared, shares, apart, statement };
        let (plan, part) = cutter.visit(plan)?;
        // What runs plans of several machines runs one partition of them.
        Ok(as_one(cutter.end(plan, part)?))
    }

    fn name(&self) -> &str {
        "cut_at_workers"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The scans of other statements that read the same pages and run over several machines as well.
fn foreseen(context: &ScanContext) -> Vec<ScanSpec> {
    let mut foreseen = context.held.foreseen();
    foreseen.retain(|scan| scan.predicate.conjuncts().iter().all(|conjunct| !has_subquery(conjunct)));
    foreseen
}

/// The place of a scan among those of its statement.
fn place(scan: &ScanExec) -> usize {
    scan.shared().map(|shared| shared.place).unwrap_or_default()
}

fn scans(plan: &Arc<dyn ExecutionPlan>) -> Result<Vec<ScanExec>> {
    let mut scans = Vec::new();
    plan.apply(|node| {
        scans.extend(node.downcast_ref::<ScanExec>().cloned());
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(scans)
}

/// A plan with the rows of all its partitions in one.
fn as_one(plan: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    match plan.output_partitioning().partition_count() {
        1 => plan,
        _ => Arc::new(CoalescePartitionsExec::new(plan)),
    }
}

/// Where a plan runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// At the coordinator; what is below of the workers' is cut off already.
    Here,
    /// At the workers.
    There(Rows),
}

/// What is wanted of rows of the workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    All,
    /// No more than so many of all workers together, whichever they are.
    Some(usize),
    /// All, in the order of a sort that is below: the node that wants them in that order must run at the worker too, or the sort
    /// must not.
    Sorted,
}

impl Rows {
    fn limited(limit: Option<usize>) -> Self {
        limit.map_or(Self::All, Self::Some)
    }
}

struct Cutter<'a> {
    push: Push,
    crew: &'a Crew,
    context: &'a ScanContext,
    shared: Shared,
    shares: Vec<(Member, Share)>,
    apart: Division,
    statement: Arc<Statement>,
}

impl Cutter<'_> {
    /// The plan with all that is cut off below, and where the rest of it runs.
    fn visit(&self, node: Arc<dyn ExecutionPlan>) -> Result<(Arc<dyn ExecutionPlan>, Part)> {
        if let Some(scan) = node.downcast_ref::<ScanExec>() {
            refuse_subqueries(scan)?;
            let rows = Rows::limited(scan.fetch());
            return Ok((node, Part::There(rows)));
        }
        let visited = node.children().into_iter().cloned().map(|child| self.visit(child));
        let visited = visited.collect::<Result<Vec<_>>>()?;
        let there: Option<Vec<Rows>> = visited
            .iter()
            .map(|(_, part)| match part {
                Part::Here => None,
                Part::There(rows) => Some(*rows),
            })
            .collect();
        if let Some(rows) = there.filter(|rows| !rows.is_empty()) {
            let waits = waits_for_subquery(&node)?;
            if let Some(part) = stays(&node, &rows, self.statement.in_order, self.apart).filter(|_| !waits) {
                let children = visited.into_iter().map(|(child, _)| child).collect();
                return Ok((replace_children_if_necessary(node, children)?, Part::There(part)));
            }
            if let ([(child, _)], [Rows::All]) = (&visited[..], &rows[..])
                && !waits
                && let Some(split) = self.split(&node, child)?
            {
                return Ok((split, Part::Here));
            }
        }
        let children = visited.into_iter().map(|(child, part)| self.end(child, part));
        let children = children.collect::<Result<Vec<_>>>()?;
        Ok((replace_children_if_necessary(node, children)?, Part::Here))
    }

    /// What the coordinator has of a plan above which nothing runs at the workers.
    fn end(&self, plan: Arc<dyn ExecutionPlan>, part: Part) -> Result<Arc<dyn ExecutionPlan>> {
        match part {
            Part::Here => Ok(plan),
            Part::There(Rows::All) => self.cut(plan),
            Part::There(Rows::Some(limit)) => {
                Ok(Arc::new(GlobalLimitExec::new(self.cut(plan)?, 0, Some(limit))))
            }
            // The sort is the coordinator's, and so is what stands on it.
            Part::There(Rows::Sorted) => {
                let below = if plan.downcast_ref::<SortExec>().is_some() { Rows::All } else { Rows::Sorted };
                let children = plan.children().into_iter().cloned();
                let children = children.map(|child| self.end(child, Part::There(below)));
                let children = children.collect::<Result<Vec<_>>>()?;
                replace_children_if_necessary(plan, children)
            }
        }
    }

    /// A node of which each worker does its share and the coordinator the rest; `None` if there is no such way.
    fn split(
        &self,
        node: &Arc<dyn ExecutionPlan>,
        child: &Arc<dyn ExecutionPlan>,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        if let Some(sort) = node.downcast_ref::<SortExec>()
            && let Some(fetch) = sort.fetch()
        {
            // A sort reads one partition, and a UNION has one for each of its branches.
            let first = SortExec::new(sort.expr().clone(), as_one(Arc::clone(child))).with_fetch(Some(fetch));
            let received = self.cut(Arc::new(first))?;
            return Ok(Some(replace_children_if_necessary(Arc::clone(node), vec![received])?));
        }
        if let Some(limit) = node.downcast_ref::<GlobalLimitExec>()
            && let Some(fetch) = limit.fetch()
        {
            let first = LocalLimitExec::new(Arc::clone(child), fetch.saturating_add(limit.skip()));
            let received = self.cut(Arc::new(first))?;
            return Ok(Some(replace_children_if_necessary(Arc::clone(node), vec![received])?));
        }
        match node.downcast_ref::<AggregateExec>() {
            Some(aggregate) => self.add_up(aggregate, child),
            None => Ok(None),
        }
    }

    fn add_up(
        &self,
        aggregate: &AggregateExec,
        child: &Arc<dyn ExecutionPlan>,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let adds_up = aggregate.aggr_expr().iter().all(|function| {
            let is_plain = !function.is_distinct() && function.order_bys().is_empty();
            is_plain && ADD_UP.contains(&function.fun().name())
        });
        let is_single = matches!(aggregate.mode(), AggregateMode::Single | AggregateMode::SinglePartitioned);
        if !adds_up
            || !is_single
            || !aggregate.group_expr().is_single()
            || aggregate.limit_options().is_some()
        {
            return Ok(None);
        }
        let (functions, schema) = (aggregate.aggr_expr().to_vec(), aggregate.input_schema());
        let partial = AggregateExec::try_new(
            AggregateMode::Partial,
            aggregate.group_expr().clone(),
            functions.clone(),
            aggregate.filter_expr().to_vec(),
            Arc::clone(child),
            Arc::clone(&schema),
        )?;
        let received = self.cut(Arc::new(partial))?;
        let filters = vec![None; functions.len()];
        let whole = AggregateExec::try_new(
            AggregateMode::Final,
            aggregate.group_expr().as_final(),
            functions,
            filters,
            received,
            schema,
        )?;
        Ok(Some(Arc::new(whole)))
    }

    /// Lets the workers run a plan, and the coordinator receive its rows.
    fn cut(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        let before = scans(&plan)?;
        let plan = afresh(plan, self.push)?;
        let after = scans(&plan)?;
        for (before, after) in before.iter().zip(&after) {
            refuse_deaf(before.spec(), after.spec(), self.apart).map_err(DataFusionError::from)?;
        }
        let is_by_account = plan.exists(|node| {
            let join = node.downcast_ref::<HashJoinExec>();
            Ok(join.and_then(|join| within(join, self.apart)) == Some(Locality::Account))
        })?;
        let schema = plan.schema();
        let sent = plan.transform_up(|node| match node.downcast_ref::<ScanExec>() {
            Some(scan) => Ok(Transformed::yes(self.leaf(scan)?)),
            None => Ok(Transformed::no(node)),
        })?;
        let plan = as_one(sent.data);
        let urls = self.shares.iter().map(|(member, _)| member.url.clone()).collect();
        let tasks = self.shares.len();
        let network = NetworkCoalesceExec::try_new(Arc::new(ReportExec::new(plan, urls)), tasks, 1)?;
        let stage = Stage {
            record: Arc::clone(&self.shared.record),
            clients: Arc::clone(self.context.clients()),
            options: self.statement.options.clone(),
            shares: self.shares.iter().map(|(_, share)| share.clone()).collect(),
            scans: before.iter().map(|scan| (place(scan), scan.spec().clone())).collect(),
            in_order: self.statement.in_order,
            absent: self.crew.absent.clone(),
            retention: self.statement.retention.clone(),
            is_by_account,
        };
        Ok(Arc::new(ReceiveExec::new(Arc::new(network), schema, Arc::new(stage))))
    }

    /// A scan as each worker is sent it.
    fn leaf(&self, scan: &ScanExec) -> Result<Arc<dyn ExecutionPlan>> {
        let place = place(scan);
        let regions = list(&self.statement.options.regions);
        let variants = self.shares.iter().map(|(_, share)| {
            let scope = scan.spec().first_operation().scope;
            let asks = |target: &Target| share.near.asks(target, scope);
            let is_asked = |name: &&String| scope != Scope::AnyRegion || share.near.is_first(name);
            let profiles: Vec<String> = share.profiles.iter().filter(is_asked).cloned().collect();
            let targets = scan.spec().describe_targets(self.context.clients(), &profiles, &regions, asks);
            let targets = if profiles.is_empty() { String::new() } else { targets };
            let shared = Shared { targets: targets.into(), ..self.shared.clone() };
            WorkerScanExec {
                scan: Arc::new(scan.sharing(scan.spec().said.clone(), shared)),
                statement: Arc::clone(&self.statement),
                place,
                share: share.clone(),
            }
        });
        let variants: Vec<WorkerScanExec> = variants.collect();
        let leaf = WorkerScansExec { scan: Arc::new(scan.clone()), variants: variants.clone() };
        let variants = variants.into_iter().map(|sent| Arc::new(sent) as Arc<dyn ExecutionPlan>);
        Ok(Arc::new(DistributedLeafExec::try_new(Arc::new(leaf), variants)?))
    }
}

/// What is wanted of the rows of a node that runs at the workers as its inputs do; `None` if it must not run there.
fn stays(node: &Arc<dyn ExecutionPlan>, inputs: &[Rows], in_order: bool, apart: Division) -> Option<Rows> {
    let is_projection = node.downcast_ref::<ProjectionExec>().is_some();
    if let [rows] = inputs
        && (is_projection || node.downcast_ref::<CooperativeExec>().is_some())
    {
        return Some(*rows);
    }
    let limit = match node.downcast_ref::<SortExec>() {
        // The first rows of an order are taken once more above.
        Some(sort) if sort.fetch().is_some() => return None,
        _ => node.fetch(),
    };
    let is_ordered = inputs.contains(&Rows::Sorted);
    if inputs.iter().any(|rows| matches!(rows, Rows::Some(_))) || is_ordered && limit.is_some() {
        return None;
    }
    let runs_there = if let Some(aggregate) = node.downcast_ref::<AggregateExec>() {
        aggregate.limit_options().is_none() && groups_within(aggregate, apart)
    } else if let Some(join) = node.downcast_ref::<HashJoinExec>() {
        within(join, apart).is_some()
    } else if node.downcast_ref::<UnionExec>().is_some() {
        !in_order
    } else {
        node.downcast_ref::<FilterExec>().is_some()
            || node.downcast_ref::<SortExec>().is_some()
            || node.downcast_ref::<CoalescePartitionsExec>().is_some()
            || Barrier::is_unordered(node)
    };
    runs_there.then(|| match limit {
        Some(limit) => Rows::Some(limit),
        // What claims no order is wanted in none.
        None if node.output_ordering().is_some() => Rows::Sorted,
        None => Rows::All,
    })
}

#[cfg(test)]
mod tests;
