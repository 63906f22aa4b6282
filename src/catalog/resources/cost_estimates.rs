//! `cost_estimates`: what instances and disks of Lightsail for Research cost, asked for one of them each.

use aws_sdk_lightsail::types::{CostEstimate, Disk, EstimateByTime, Instance, ResourceBudgetEstimate};

use super::block_disks::GET_DISKS;
use super::instances::GET_INSTANCES;
use crate::catalog::asks::{DAY, after, floor};
use crate::catalog::column::{float, text, time};
use crate::catalog::operation::{Asked, Items, Known, Operation, Parameters, Parent, Value, call};
use crate::catalog::rows::{Resource, each, named};
use crate::catalog::table::{Feed, TableSpec};

/// GetCostEstimate: of an instance or a disk, without pages.
pub static GET_COST_ESTIMATE: Operation = Operation {
    asks: days,
    falls_short_of: |known| {
        let columns = ["time_period_start", "time_period_end", "start_time"];
        let has_start = columns.iter().any(|column| known.range(column).0.is_some());
        columns[..2].iter().copied().filter(|column| !has_start && known.is_about(column)).collect()
    },
    ..Operation::about(
        "GetCostEstimate",
        &[("resource_name", "resourceName")],
        &[
            Parent { operation: &GET_INSTANCES, subjects: |items| named::<Instance>(items, "resourceName") },
            Parent { operation: &GET_DISKS, subjects: |items| named::<Disk>(items, "resourceName") },
        ],
        call!(|request| get_cost_estimate
            .set_resource_name(request.text("resourceName"))
            .set_start_time(request.parameters.time("startTime"))
            .set_end_time(request.parameters.time("endTime"))
            => |output| output
                .resources_budget_estimate
                .map(|items| Items::asked(&request.parameters, items)),
            None),
    )
};

/// How far back the estimates go if no predicate says it.
const DEFAULT: i64 = 30 * DAY;

/// The whole days that the predicate is about; estimates are made for days, which are their periods.
fn days(known: &dyn Known) -> Vec<Parameters> {
    let [start, end, period_start, period_end] =
        ["start_time", "end_time", "time_period_start", "time_period_end"].map(|column| known.range(column));
    let last = [end.1, period_end.1, period_start.1.map(|start| start.saturating_add(DAY))];
    let last = last.into_iter().flatten().min().unwrap_or_else(|| end.0.unwrap_or_default().max(known.now()));
    let to = allowed(known, "end_time", after(last.saturating_sub(1), DAY), -DAY);
    let first = [start.0, period_start.0, period_end.0.map(|end| end.saturating_sub(DAY))];
    let first = first.into_iter().flatten().max().unwrap_or_else(|| {
        let usual = to.saturating_sub(DEFAULT);
        start.1.map_or(usual, |start| start.min(usual))
    });
    let from = allowed(known, "start_time", floor(first, DAY), DAY);
    if from >= to {
        return Vec::new();
    }
    let parameters = Parameters::default().with("startTime", Value::Time(from));
    vec![parameters.with("endTime", Value::Time(to))]
}

/// The midnight that is asked for, or one beside it, `inwards` first, if a predicate does not allow it: rows say what was
/// asked for.
fn allowed(known: &dyn Known, column: &str, midnight: i64, inwards: i64) -> i64 {
    let beside = [midnight, midnight.saturating_add(inwards), midnight.saturating_sub(inwards)];
    let allowed = known.allowed(column, &beside);
    allowed.and_then(|allowed| allowed.first().copied()).unwrap_or(midnight)
}

impl Resource for ResourceBudgetEstimate {
    fn name(&self) -> Option<&str> {
        self.resource_name()
    }
}

/// The parts of an estimate, each with the use that it is for.
fn parts(estimate: &ResourceBudgetEstimate) -> impl Iterator<Item = (&CostEstimate, &EstimateByTime)> {
    estimate
        .cost_estimates()
        .iter()
        .flat_map(|of_use| of_use.results_by_time().iter().map(move |part| (of_use, part)))
}

each! {
    /// One row for each kind of use in each period of time.
    pub EstimateRows: Asked<ResourceBudgetEstimate> => (&'a CostEstimate, &'a EstimateByTime),
    |estimate| parts(&estimate.item)
}

/// `cost_estimates`.
pub static COST_ESTIMATES: TableSpec<EstimateRows> = TableSpec {
    name: "cost_estimates",
    description: "Estimated costs of resources of Lightsail for Research, one row for each kind of use and \
                  period.",
    feeds: &[Feed::of::<Asked<ResourceBudgetEstimate>>(&GET_COST_ESTIMATE)],
    key: None,
    examples: &[
        "SELECT resource_type, resource_name, currency, sum(usage_cost) AS cost FROM cost_estimates \
                 GROUP BY resource_type, resource_name, currency ORDER BY cost DESC",
    ],
    columns: &[
        text(
            "resource_name",
            "The name of the instance or disk; a predicate on it saves the other calls.",
            |(e, _)| e.parameters.text("resourceName"),
        ),
        text("resource_type", "What costs: Instance or Disk.", |(e, _)| {
            Some(e.item.resource_type()?.as_str())
        }),
        time(
            "start_time",
            "The beginning of what was asked for, 30 days before its end if no predicate says it.",
            |(e, _)| e.item.start_time(),
        ),
        time("end_time", "The end of what was asked for, today if no predicate says it.", |(e, _)| {
            e.item.end_time()
        }),
        text("usage_type", "The kind of use, such as data transfer.", |(_, (u, _))| u.usage_type()),
        float("usage_cost", "What it costs.", |(_, (_, p))| p.usage_cost()),
        text("pricing_unit", "What is counted: GB, Hrs, GB-Mo, Bundles or Queries.", |(_, (_, p))| {
            Some(p.pricing_unit()?.as_str())
        }),
        float("unit", "How many of those were counted.", |(_, (_, p))| p.unit()),
        text("currency", "The currency of the cost: USD.", |(_, (_, p))| Some(p.currency()?.as_str())),
        time(
            "time_period_start",
            "The beginning of the period, a day; a range in a predicate is asked of the API.",
            |(_, (_, p))| p.time_period()?.start(),
        ),
        time(
            "time_period_end",
            "The end of the period; a range in a predicate is asked of the API.",
            |(_, (_, p))| p.time_period()?.end(),
        ),
    ],
};

#[cfg(test)]
mod tests {
    use super::days;
    use crate::catalog::asks::DAY;
    use crate::catalog::asks::tests::{Facts, NOW, shown};

    #[test]
    fn bounds_are_asked_in_whole_days() {
        let ask = |facts: Facts| shown(&days(&facts));
        assert_eq!(
            ask(Facts::default()),
            ["endTime=2025-06-01T00:00:00Z, startTime=2025-05-02T00:00:00Z"],
            "the last 30 days"
        );
        let january = Facts::default().range("time_period_start", Some(NOW - 150 * DAY - 1), None).range(
            "time_period_end",
            None,
            Some(NOW - 120 * DAY + 1),
        );
        assert_eq!(ask(january), ["endTime=2025-02-02T00:00:00Z, startTime=2025-01-01T00:00:00Z"]);
        let upper = Facts::default().range("end_time", None, Some(NOW - 60 * DAY));
        assert_eq!(ask(upper), ["endTime=2025-04-02T00:00:00Z, startTime=2025-03-03T00:00:00Z"]);
        assert_eq!(ask(Facts::default().range("start_time", Some(NOW + 1), None)), [""; 0]);
        let before = ["endTime=2025-04-03T00:00:00Z, startTime=2025-03-04T00:00:00Z"];
        assert_eq!(ask(Facts::default().range("time_period_start", None, Some(NOW - 60 * DAY))), before);
        let since = ["endTime=2025-06-01T00:00:00Z, startTime=2025-04-01T00:00:00Z"];
        assert_eq!(ask(Facts::default().range("time_period_end", Some(NOW - 60 * DAY), None)), since);
        assert_eq!(ask(Facts::default().range("start_time", None, Some(NOW - 61 * DAY))), since);
    }
}
