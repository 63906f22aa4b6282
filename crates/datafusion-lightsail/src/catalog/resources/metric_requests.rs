//! What is asked of metrics: one request for each resource, metric, period and stretch of time, within what is kept.

use crate::catalog::asks::{DAY, MINUTE, SECOND, after, floor};
use crate::catalog::operation::{Known, Parameters, Value};
use crate::catalog::shortfall::{Shortfall, without_start};

/// What can be measured of a resource.
pub(super) struct Metrics {
    /// Each metric with the unit that it is published in: asked in another one, it has no data.
    pub(super) units: &'static [(&'static str, &'static [&'static str])],
    /// The length of a period in ms, if no predicate says it.
    pub(super) period: i64,
    /// How far back to go in ms, if no predicate says it.
    pub(super) back: i64,
}

/// CloudWatch, which is behind all of them, refuses to answer with more data points.
const MAX_POINTS: i64 = 1440;
/// How long CloudWatch keeps the data points of periods, in ms: those of whole hours, of five minutes, of a minute (the
/// documentation of its GetMetricStatistics). A period is kept as the longest of those that it is a multiple of.
const KEPT: [(i64, i64); 3] = [(HOUR, 455 * DAY), (5 * MINUTE, 63 * DAY), (MINUTE, 15 * DAY)];
const HOUR: i64 = 60 * MINUTE;

/// When the points of a period that are still kept begin.
fn kept_since(known: &dyn Known, period: i64) -> i64 {
    let kept = KEPT.iter().find(|(multiple, _)| period % multiple == 0).map_or(0, |(_, kept)| *kept);
    known.now().saturating_sub(kept)
}

/// The times that a predicate allows, up to now; of an open beginning only the last that `of` goes back.
fn times(known: &dyn Known, of: &Metrics) -> (i64, i64) {
    let (from, to) = known.range("timestamp");
    let to = to.map_or(known.now(), |to| to.min(known.now()));
    (from.unwrap_or(to.saturating_sub(of.back)), to)
}

/// The requests that a predicate leaves: for each metric, in the periods that it allows, over the times that it allows.
pub(super) fn requests(known: &dyn Known, of: &Metrics) -> Vec<Parameters> {
    let (names, units) = (known.texts("metric_name"), known.texts("unit"));
    let metrics = of.units.iter().flat_map(|(unit, metrics)| metrics.iter().map(move |name| (*name, *unit)));
    let is_wanted = |(name, unit): &(&str, &str)| {
        names.as_ref().is_none_or(|names| names.contains(*name))
            && units.as_ref().is_none_or(|units| units.contains(*unit))
    };
    let (wanted, periods): (Vec<_>, _) = (metrics.filter(is_wanted).collect(), periods(known, of));
    let (from, to) = times(known, of);
    let of_period = |period: i64| {
        let from = from.max(kept_since(known, period));
        // A point stands at the beginning of its period, and the end that is asked for is not part of the answer.
        let (from, to) = (floor(from, period), after(to, period));
        let stretch = period * MAX_POINTS;
        let starts = std::iter::successors(Some(from), move |start| Some(start + stretch));
        let stretches: Vec<i64> = starts.take_while(|start| *start < to).collect();
        let request = move |(name, unit), start: i64| {
            Parameters::default()
                .with_text("metricName", name)
                .with_text("unit", unit)
                .with("period", Value::Int(period / SECOND))
                .with("startTime", Value::Time(start))
                .with("endTime", Value::Time(to.min(start + stretch)))
        };
        let each = |metric| stretches.iter().map(move |start| request(metric, *start)).collect::<Vec<_>>();
        wanted.iter().copied().flat_map(each).collect::<Vec<_>>()
    };
    periods.into_iter().flat_map(of_period).collect()
}

/// A predicate that allows no more periods than this has each of them asked for.
const MAX_PERIODS: usize = 8;

/// The periods in ms that are asked for: those that a predicate allows if they are few, else one. That is the usual one,
/// or of those that are kept since the beginning of the range the nearest to it; the API takes whole minutes.
fn periods(known: &dyn Known, of: &Metrics) -> Vec<i64> {
    let (from, _) = times(known, of);
    let too_late = |period: i64| kept_since(known, period).saturating_sub(from).max(0);
    let Some(mut allowed) = allowed_periods(known) else {
        let finest = [of.period, HOUR].into_iter().min_by_key(|period| too_late(*period));
        return vec![finest.unwrap_or(of.period)];
    };
    if allowed.len() > MAX_PERIODS {
        allowed.sort_by_key(|period| (too_late(*period), (period - of.period).abs(), -period));
        allowed.truncate(1);
    }
    allowed
}

/// The whole minutes, in ms, that a predicate allows; `None` if it says nothing of them.
fn allowed_periods(known: &dyn Known) -> Option<Vec<i64>> {
    let minutes: Vec<i64> = (1..=DAY / MINUTE).map(|minutes| minutes * MINUTE / SECOND).collect();
    let allowed = known.allowed("period", &minutes)?;
    Some(allowed.into_iter().map(|seconds| seconds * SECOND).collect())
}

/// What is not asked: times before those that go without saying or are still kept, and periods beside the one of many.
pub(super) fn falls_short_of(known: &dyn Known, of: &Metrics) -> Vec<Shortfall> {
    let periods = periods(known, of);
    let days = of.back / DAY;
    let back = if days == 1 { "24 hours".to_owned() } else { format!("{days} days") };
    let asked = match known.range("timestamp").1 {
        Some(to) if to < known.now() => format!("the {back} before its end are asked"),
        _ => format!("the last {back} are asked"),
    };
    let (from, _) = times(known, of);
    let forgotten = periods.iter().filter(|period| from < kept_since(known, **period)).map(|period| {
        let since = kept_since(known, *period);
        let (seconds, days) = (period / SECOND, (known.now() - since) / DAY);
        let since = Value::Time(floor(since, MINUTE));
        let text =
            format!("points of {seconds} s are kept for {days} days: there are none from before {since}");
        Shortfall::new("timestamp", text)
    });
    let is_said = allowed_periods(known).is_some_and(|allowed| allowed.len() <= MAX_PERIODS);
    let is_about = known.is_about("period") || known.is_decided_later("period");
    let one_of_many = periods.first().filter(|_| is_about && !is_said).map(|period| {
        let why = match known.is_decided_later("period") {
            true => "which one is only said after the calls".to_owned(),
            false => format!("the filter allows more than {MAX_PERIODS} periods"),
        };
        Shortfall::new("period", format!("{why}: {} s is asked", period / SECOND))
    });
    // Nothing is missing, but sums and averages are of other periods than those of a later range.
    let coarser = periods.first().filter(|period| !is_about && **period != of.period).map(|period| {
        let (usual, seconds) = (of.period / SECOND, period / SECOND);
        let text = format!("points of {usual} s are not kept since the range begins: {seconds} s is asked");
        Shortfall::new("period", text).of_nothing()
    });
    let start = without_start(known, "timestamp", &asked).into_iter();
    start.chain(forgotten).chain(one_of_many).chain(coarser).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::asks::tests::{Facts, NOW, shown};
    use crate::catalog::resources::metrics::{OF_BUCKETS, OF_INSTANCES};

    fn cpu() -> Facts {
        Facts::default().texts("metric_name", &["CPUUtilization"])
    }

    fn ask(facts: Facts) -> Vec<String> {
        shown(&requests(&facts, &OF_INSTANCES))
    }

    #[test]
    fn without_a_predicate_the_last_day_of_every_metric() {
        assert_eq!(ask(Facts::default()).len(), 16);
        assert_eq!(
            ask(cpu()),
            ["endTime=2025-06-01T00:05:00Z, metricName=CPUUtilization, period=300, \
              startTime=2025-05-31T00:00:00Z, unit=Percent"]
        );
        assert_eq!(ask(Facts::default().texts("metric_name", &["Unheard"])), [""; 0]);
        assert_eq!(ask(Facts::default().texts("unit", &["Seconds"])).len(), 3);
        assert_eq!(ask(cpu().texts("unit", &["Bytes"])), [""; 0]);
    }

    #[test]
    fn a_long_range_is_split_where_one_request_is_full() {
        let times = |facts: Facts| -> Vec<(i64, i64)> {
            let millis = |request: &Parameters, member| request.time(member).unwrap().to_millis().unwrap();
            let all = requests(&facts, &OF_INSTANCES);
            all.iter().map(|request| (millis(request, "startTime"), millis(request, "endTime"))).collect()
        };
        let (from, to) = (NOW - 12 * DAY, NOW - DAY);
        let parts = times(cpu().range("timestamp", Some(from), Some(to)));
        assert_eq!(parts.len(), 3, "five days of 5 minutes each are 1,440 points");
        assert!(parts.iter().all(|(start, end)| (end - start) / (5 * MINUTE) <= MAX_POINTS));
        assert!(parts.windows(2).all(|pair| pair[0].1 == pair[1].0));
        assert_eq!((parts[0].0, parts[2].1), (from, to + 5 * MINUTE), "the last point is asked for, too");

        assert_eq!(times(cpu().range("timestamp", Some(NOW), Some(NOW - DAY))), []);
        assert_eq!(times(cpu().range("timestamp", None, Some(i64::MIN))), []);
    }

    /// The periods in seconds, and what is asked of each: how many days back it begins, and how many requests it takes.
    fn asked(facts: &Facts, of: &Metrics) -> Vec<(i64, i64, usize)> {
        let since = |period: i64| {
            let of_period = |request: &&Parameters| request.int("period").map(i64::from) == Some(period);
            let requests = requests(facts, of);
            let starts: Vec<i64> = requests
                .iter()
                .filter(of_period)
                .map(|request| request.time("startTime").unwrap().to_millis().unwrap())
                .collect();
            (period, (NOW - starts.iter().min().unwrap_or(&NOW)) / DAY, starts.len())
        };
        periods(facts, of).into_iter().map(|period| since(period / SECOND)).collect()
    }

    #[test]
    fn the_finest_period_that_is_kept_for_the_whole_range_is_asked_for() {
        let days = |from: i64, to: Option<i64>| {
            cpu().range("timestamp", Some(NOW - from * DAY), to.map(|to| NOW - to * DAY))
        };
        assert_eq!(asked(&days(12, None), &OF_INSTANCES), [(300, 12, 3)]);
        assert_eq!(asked(&days(63, None), &OF_INSTANCES), [(300, 63, 13)]);
        assert_eq!(asked(&days(64, None), &OF_INSTANCES), [(3600, 64, 2)]);
        assert_eq!(asked(&days(120, None), &OF_INSTANCES), [(3600, 120, 3)]);
        assert_eq!(asked(&days(110, Some(100)), &OF_INSTANCES), [(3600, 110, 1)]);
        assert_eq!(asked(&days(10_000, None), &OF_INSTANCES), [(3600, 455, 8)]);
        assert_eq!(asked(&cpu().range("timestamp", Some(i64::MIN), Some(i64::MAX)), &OF_INSTANCES).len(), 1);
        let before = cpu().range("timestamp", None, Some(NOW - 100 * DAY));
        assert_eq!(asked(&before, &OF_INSTANCES), [(3600, 101, 1)]);
        let size = Facts::default().texts("metric_name", &["BucketSizeBytes"]);
        let year = size.range("timestamp", Some(NOW - 400 * DAY), None);
        assert_eq!(asked(&year, &OF_BUCKETS), [(86_400, 400, 1)]);
    }

    #[test]
    fn a_period_that_is_named_is_asked_for_as_long_as_it_is_kept() {
        let of = |period| {
            cpu().range("timestamp", Some(NOW - 120 * DAY), None).range("period", Some(period), Some(period))
        };
        for (period, days, since) in [
            (60, 15, Some("2025-05-17T00:00:00Z")),
            (120, 15, Some("2025-05-17T00:00:00Z")),
            (300, 63, Some("2025-03-30T00:00:00Z")),
            (900, 63, Some("2025-03-30T00:00:00Z")),
            (3600, 120, None),
            (86_400, 120, None),
        ] {
            let [(_, back, _)] = asked(&of(period), &OF_INSTANCES)[..] else { unreachable!() };
            assert_eq!(back, days, "{period}");
            let text = since.map(|since| {
                format!("points of {period} s are kept for {days} days: there are none from before {since}")
            });
            assert_eq!(short_of(&of(period)), text.into_iter().collect::<Vec<_>>(), "{period}");
        }
        // Of many, one that is kept.
        let many = cpu().range("timestamp", Some(NOW - 120 * DAY), None).range("period", Some(60), None);
        assert_eq!(asked(&many, &OF_INSTANCES), [(3600, 120, 3)]);
    }

    fn short_of(facts: &Facts) -> Vec<String> {
        falls_short_of(facts, &OF_INSTANCES).into_iter().map(|shortfall| shortfall.text).collect()
    }

    #[test]
    fn what_is_not_asked_is_said() {
        let range = || cpu().range("timestamp", Some(NOW - DAY), None);
        assert_eq!(short_of(&range()), [""; 0]);
        assert_eq!(short_of(&cpu()), ["no filter says from when on: the last 24 hours are asked"]);
        assert_eq!(
            short_of(&cpu().later("timestamp")),
            ["from when on is only said after the calls: the last 24 hours are asked"]
        );
        assert_eq!(
            short_of(&cpu().range("timestamp", None, Some(NOW - 9 * DAY))),
            ["the filter does not say from when on: the 24 hours before its end are asked"]
        );
        assert_eq!(
            falls_short_of(&Facts::default(), &OF_BUCKETS)[0].text,
            "no filter says from when on: the last 7 days are asked"
        );
        assert_eq!(
            short_of(&range().range("period", Some(60), None)),
            ["the filter allows more than 8 periods: 300 s is asked"]
        );
        assert_eq!(
            short_of(&range().later("period")),
            ["which one is only said after the calls: 300 s is asked"]
        );
    }

    #[test]
    fn the_period_is_the_usual_one_or_those_that_are_allowed() {
        let of = |least, greatest| {
            let periods = periods(&Facts::default().range("period", least, greatest), &OF_INSTANCES);
            periods.into_iter().map(|ms| ms / SECOND).collect::<Vec<_>>()
        };
        assert_eq!(periods(&Facts::default(), &OF_INSTANCES), [300 * SECOND]);
        assert_eq!(of(Some(60), Some(60)), [60]);
        assert_eq!(of(Some(100), Some(300)), [120, 180, 240, 300]);
        assert_eq!(of(Some(301), None), [360]);
        assert_eq!(of(Some(100), Some(3600)), [300]);
        assert_eq!(of(Some(61), Some(119)), [0; 0], "no whole minute");
        assert_eq!(of(Some(86_401), None), [0; 0], "more than a day");
        assert_eq!(of(Some(i64::MIN), Some(i64::MAX)), [300]);
    }
}
