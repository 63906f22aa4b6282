//! What does not run over several machines, and is said so before anything is asked.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::scalar_subquery::ScalarSubqueryExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;

use super::within::Division;
use crate::error::{Error, Kind};
use crate::options::LightsailOptions;
use crate::scan::exec::ScanExec;
use crate::scan::plan::spec::ScanSpec;

/// Refuses what cannot be right over several machines.
pub(super) fn check(
    plan: &Arc<dyn ExecutionPlan>,
    options: &LightsailOptions,
) -> std::result::Result<(), Error> {
    if options.is_bounded() {
        return Err(Error::new(
            Kind::Usage,
            "--max-items and --starting-token bound the listing of one process",
        )
        .with_hint("leave --workers out, or use LIMIT"));
    }
    // The closure never fails.
    let is_recursive = plan.exists(|node| Ok(node.downcast_ref::<RecursiveQueryExec>().is_some()));
    if is_recursive.is_ok_and(|is_recursive| is_recursive) {
        let what = "a recursive query does not run at workers: each of its rounds would be sent anew";
        return Err(Error::new(Kind::Usage, what)
            .with_hint("CREATE TABLE … AS SELECT reads what it needs, and the recursive query the table"));
    }
    Ok(())
}

/// Whether an expression of a node has the value of a subquery in it, which only the coordinator knows.
pub(super) fn waits_for_subquery(node: &Arc<dyn ExecutionPlan>) -> Result<bool> {
    let mut waits = false;
    node.apply_expressions(&mut |expression| {
        waits |= has_subquery(expression);
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(waits)
}

/// Whether an expression has the value of a subquery in it.
pub(super) fn has_subquery(expression: &Arc<dyn PhysicalExpr>) -> bool {
    // The closure never fails.
    expression.exists(|part| Ok(part.downcast_ref::<ScalarSubqueryExpr>().is_some())).unwrap_or_default()
}

/// Refuses a scan whose filter waits for a subquery.
pub(super) fn refuse_subqueries(scan: &ScanExec) -> Result<()> {
    for conjunct in scan.spec().predicate.conjuncts() {
        if has_subquery(conjunct) {
            let table = scan.spec().table.name();
            let what = format!("a filter on {table} waits for a subquery, and workers do not hear of it");
            return Err(Error::new(Kind::Usage, what)
                .with_hint("write the value, or a join with the subquery in FROM; or leave --workers out")
                .into());
        }
    }
    Ok(())
}

/// Refuses a scan that would ask about every item there is, since the join that names those which are meant is above the
/// workers.
pub(super) fn refuse_deaf(
    before: &ScanSpec,
    after: &ScanSpec,
    apart: Division,
) -> std::result::Result<(), Error> {
    let keys = before.sources().into_iter().flat_map(|source| source.operation.keys);
    let lost =
        keys.map(|(column, _)| *column).find(|column| before.hears_of(column) && !after.hears_of(column));
    match lost {
        None => Ok(()),
        Some(column) => {
            let table = before.table.name();
            let region = match apart.by_region {
                true => format!(" AND {table}.region = other.region"),
                false => String::new(),
            };
            let what = format!(
                "{table} is asked about what a join finds in {column}, and that join is of rows of several workers"
            );
            Err(Error::new(Kind::Usage, what).with_hint(format!(
                "AND {table}.profile = other.profile{region} in its condition keeps it within each worker; \
                 or leave --workers out"
            )))
        }
    }
}
