//! The optimizer rule that gives all scans of a query the same page logs: DataFusion itself shares no scans, and a join
//! of three tables that one operation feeds would read the fleet three times.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;

use super::exec::ScanExec;
use super::query::QueryLog;
use super::snapshot::Snapshot;
use super::spec::Shared;
use crate::aws::Clients;
use crate::catalog::operation::Needs;

/// Gives all scans of a query one snapshot, and of several queries too while one is held.
#[derive(Debug)]
pub struct ShareScans {
    clients: Arc<Clients>,
    held: Mutex<Option<Arc<Snapshot>>>,
    log: QueryLog,
}

impl ShareScans {
    /// The rule for scans that go through `clients`.
    pub fn new(clients: Arc<Clients>) -> Self {
        Self { clients, held: Mutex::default(), log: QueryLog::default() }
    }

    /// From now on all queries read one snapshot, as the statements of one batch run do.
    pub fn hold_snapshot(&self) {
        let snapshot = Arc::new(Snapshot::lasting(Arc::clone(&self.clients)));
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
    }

    /// The queries that were planned.
    pub fn log(&self) -> &QueryLog {
        &self.log
    }

    fn held(&self) -> Option<Arc<Snapshot>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The scans of one operation in a plan.
#[derive(Default)]
struct Group {
    tables: Vec<&'static str>,
    needs: Needs,
    is_listed: bool,
}

impl PhysicalOptimizerRule for ShareScans {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let mut groups: HashMap<&'static str, Group> = HashMap::new();
        plan.apply(|node| {
            if let Some(scan) = node.downcast_ref::<ScanExec>() {
                let group = groups.entry(scan.operation().name).or_default();
                group.tables.push(scan.table().name());
                group.needs = group.needs.union(scan.needs());
                group.is_listed |= scan.lists();
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        if groups.is_empty() {
            return Ok(plan);
        }
        let snapshot = self.held().unwrap_or_else(|| {
            let readers = groups.iter().map(|(operation, group)| (*operation, group.tables.len())).collect();
            Arc::new(Snapshot::of_one_query(Arc::clone(&self.clients), readers))
        });
        let query = self.log.begin(snapshot.taken_at());
        let shared = plan.transform_up(|node| {
            let Some(scan) = node.downcast_ref::<ScanExec>() else { return Ok(Transformed::no(node)) };
            let group = &groups[scan.operation().name];
            let mut others = group.tables.clone();
            if let Some(own) = others.iter().position(|table| *table == scan.table().name()) {
                others.remove(own);
            }
            let is_listed = group.is_listed && !others.is_empty();
            let (query, snapshot) = (Arc::clone(&query), Arc::clone(&snapshot));
            let shared = Shared { query, snapshot, with: others.into() };
            let shared = scan.sharing(shared, group.needs, is_listed);
            Ok(Transformed::yes(Arc::new(shared)))
        })?;
        Ok(shared.data)
    }

    fn name(&self) -> &str {
        "share_scans"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
