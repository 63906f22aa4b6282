//! `cost_estimates`: what instances and disks of Lightsail for Research cost, asked for one of them each.

use aws_sdk_lightsail::types::{CostEstimate, Disk, EstimateByTime, Instance, ResourceBudgetEstimate};

use super::block_disks::GET_DISKS;
use super::instances::GET_INSTANCES;
use crate::catalog::asks::{DAY, after, floor};
use crate::catalog::column::{float, text, time};
use crate::catalog::operation::{Asked, Items, Known, Operation, Parameters, Parent, Value, call};
use crate::catalog::rows::{Resource, each, named};
use crate::catalog::shortfall::{Shortfall, without_start};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetCostEstimate: of an instance or a disk, without pages.
pub static GET_COST_ESTIMATE: Operation = Operation {
    asks: days,
    range: Some("time_period_start"),
    falls_short_of,
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
/// How many days are looked at to tell whether a predicate names several.
const MOST_DAYS: usize = 1_000;

/// The least and the greatest value of a column that predicates leave.
type Range = (Option<i64>, Option<i64>);

/// The beginning and the end that are asked for: whole days, which are the periods of estimates, or the very times that
/// predicates want rows to say that they were asked for.
///
/// Those go first: what predicates say of periods narrows only what they leave open, for the rows of another beginning
/// or end would not pass.
fn bounds(known: &dyn Known) -> (i64, i64) {
    let [start, end, period_start, period_end] =
        ["start_time", "end_time", "time_period_start", "time_period_end"].map(|column| known.range(column));
    let last = [period_end.1, period_start.1.map(|start| start.saturating_add(DAY))];
    let last = last.into_iter().flatten().min().or(end.1);
    let last = within(last.unwrap_or_else(|| known.now()), end);
    let to = match end {
        (Some(only), Some(greatest)) if only == greatest => only,
        _ => allowed(known, "end_time", after(last.saturating_sub(1), DAY), -DAY),
    };
    let first = [period_start.0, period_end.0.map(|end| end.saturating_sub(DAY))];
    let first = first.into_iter().flatten().max().or(start.0);
    let first = within(first.unwrap_or_else(|| to.saturating_sub(DEFAULT)), start);
    let from = match start {
        (Some(only), Some(greatest)) if only == greatest => only,
        _ => allowed(known, "start_time", floor(first, DAY), DAY),
    };
    (from, to)
}

fn within(time: i64, (least, greatest): Range) -> i64 {
    let time = least.map_or(time, |least| time.max(least));
    greatest.map_or(time, |greatest| time.min(greatest))
}

/// The days that the predicate is about.
fn days(known: &dyn Known) -> Vec<Parameters> {
    let (from, to) = bounds(known);
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

/// Of an open beginning only the last days are asked for, and one beginning and one end of several.
fn falls_short_of(known: &dyn Known) -> Vec<Shortfall> {
    let (from, to) = bounds(known);
    let starts = ["start_time", "time_period_start", "time_period_end"];
    let is_open = starts.iter().all(|column| known.range(column).0.is_none());
    // The one that the query speaks of, be it in a filter or in a join.
    let spoken_of = |column: &&&str| known.is_about(column) || known.is_decided_later(column);
    let column = starts.iter().rev().find(spoken_of).unwrap_or(&"start_time");
    let days = (to - from) / DAY;
    let asked = match to < known.now() {
        true => format!("the {days} days before its end are asked"),
        false => format!("the last {days} days are asked"),
    };
    let open = is_open.then(|| without_start(known, column, &asked)).flatten();
    let one = [("start_time", from), ("end_time", to)].into_iter().filter_map(|(column, time)| {
        let is_refused = known.allowed(column, &[time]).is_some_and(|allowed| allowed.is_empty());
        let is_later = known.is_decided_later(column) && known.range(column) == (None, None);
        let asked = Value::Time(time);
        (is_refused || is_later || are_apart(known, column))
            .then(|| Shortfall::new(column, format!("rows say what was asked for, and that is {asked}")))
    });
    open.into_iter().chain(one).collect()
}

/// Whether a predicate names several days that do not follow one another.
fn are_apart(known: &dyn Known, column: &str) -> bool {
    let (Some(least), Some(greatest)) = known.range(column) else { return false };
    let days = std::iter::successors(Some(floor(least, DAY)), |day| day.checked_add(DAY));
    let days: Vec<i64> = days.take_while(|day| *day <= greatest).take(MOST_DAYS).collect();
    let allowed = known.allowed(column, &days).unwrap_or_default();
    allowed.windows(2).any(|pair| pair[1] - pair[0] > DAY)
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
    group: Group::Accounts,
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
    use super::{days, falls_short_of};
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

    #[test]
    fn what_rows_shall_say_was_asked_for_goes_before_what_is_said_of_periods() {
        let ask = |facts: Facts| shown(&days(&facts));
        let at = |days: i64| Some(NOW - days * DAY);
        let both = || Facts::default().range("start_time", at(40), at(40)).range("end_time", at(20), at(20));
        let asked = ["endTime=2025-05-12T00:00:00Z, startTime=2025-04-22T00:00:00Z"];
        assert_eq!(ask(both()), asked);
        assert_eq!(ask(both().range("time_period_start", at(27), None)), asked);
        assert_eq!(ask(both().range("time_period_start", None, at(27))), asked);
        assert_eq!(ask(both().range("time_period_end", at(30), at(25))), asked);
        let noon = at(40).map(|time| time + DAY / 2);
        assert_eq!(
            ask(Facts::default().range("start_time", noon, noon).range("end_time", at(20), at(20))),
            ["endTime=2025-05-12T00:00:00Z, startTime=2025-04-22T12:00:00Z"],
            "no midnight, but what the rows shall say"
        );
        let since =
            Facts::default().range("start_time", at(40), None).range("time_period_start", at(27), None);
        assert_eq!(ask(since), ["endTime=2025-06-01T00:00:00Z, startTime=2025-05-05T00:00:00Z"]);
    }

    #[test]
    fn what_is_not_asked_is_said() {
        let short = |facts: Facts| {
            let all = falls_short_of(&facts).into_iter();
            all.map(|shortfall| format!("{}: {}", shortfall.of, shortfall.text)).collect::<Vec<_>>()
        };
        assert_eq!(
            short(Facts::default()),
            ["start_time: no filter says from when on: the last 30 days are asked"]
        );
        assert_eq!(
            short(Facts::default().range("time_period_end", None, Some(NOW - 60 * DAY))),
            ["time_period_end: the filter does not say from when on: the 30 days before its end are asked"]
        );
        assert_eq!(
            short(Facts::default().later("time_period_start")),
            ["time_period_start: from when on is only said after the calls: the last 30 days \
              are asked"]
        );
        assert_eq!(short(Facts::default().range("start_time", Some(NOW - DAY), None)), [""; 0]);
    }
}
