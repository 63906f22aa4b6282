//! Metrics: what each kind of resource measures, and the answers of the operations that tell of it.

use crate::call::{Answer, Call};
use crate::error::Error;
use crate::input::{Member, number, one_of, some_of, text, time};
use crate::json::Json;
use crate::random::hash;
use crate::series::Series;

/// The most points that CloudWatch gives at a time.
const MOST_POINTS: u64 = 1440;
/// How many times a period is looked at to tell its average.
const LOOKS: u64 = 12;

const STATISTICS: &[&str] = &["Minimum", "Maximum", "Sum", "Average", "SampleCount"];
#[rustfmt::skip]
const UNITS: &[&str] = &[
    "Seconds", "Microseconds", "Milliseconds",
    "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
    "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits",
    "Percent", "Count",
    "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second",
    "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second",
    "Count/Second", "None",
];

/// Something that is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metric {
    pub(super) name: &'static str,
    /// The unit in which it is published. Asked for in another, it has no points.
    unit: &'static str,
    /// How often it is measured, in seconds.
    every: u64,
    course: Course,
}

/// How a metric goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Course {
    /// With the work there is, up to this.
    Busy(f64),
    /// Against it, from this down.
    Spare(f64),
    /// About this, whatever the work.
    Steady(f64),
    /// Most of the time nothing, and then up to this.
    Seldom(f64),
    /// From year to year more, by about this in a year.
    Growing(f64),
    /// As the resource itself says.
    Told,
}

pub(super) const fn metric(name: &'static str, unit: &'static str, every: u64, course: Course) -> Metric {
    Metric { name, unit, every, course }
}

/// The names of these metrics.
pub(super) const fn names<const N: usize>(metrics: &[Metric; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut index = 0;
    while index < N {
        names[index] = metrics[index].name;
        index += 1;
    }
    names
}

/// The members of a request for a metric of the resource that `resource` names.
pub(super) const fn members(resource: &'static str, metrics: &'static [&'static str]) -> [Member; 7] {
    let [name, metric, period, start, end, statistics] = members_without_unit(resource, metrics);
    [name, metric, period, start, end, one_of("unit", UNITS).required(), statistics]
}

/// Those of the one request that takes no unit.
pub(super) const fn members_without_unit(
    resource: &'static str,
    metrics: &'static [&'static str],
) -> [Member; 6] {
    [
        text(resource).required(),
        one_of("metricName", metrics).required(),
        number("period", 60, 86_400).required(),
        time("startTime").required(),
        time("endTime").required(),
        some_of("statistics", STATISTICS).required(),
    ]
}

/// What is measured on one resource.
pub(super) struct Gauge<'a> {
    series: Series,
    /// The values of metrics that are [`Course::Told`], by name and time in ms.
    told: &'a dyn Fn(&str, u64) -> f64,
    /// From when on, in ms, there is nothing to measure.
    stopped: Option<u64>,
}

impl<'a> Gauge<'a> {
    /// The gauge of the resource with this arn.
    pub(super) fn new(arn: &str) -> Self {
        Self { series: Series::new(hash(arn)), told: &|_, _| 0.0, stopped: None }
    }

    pub(super) fn telling(self, told: &'a dyn Fn(&str, u64) -> f64) -> Self {
        Self { told, ..self }
    }

    pub(super) fn stopped(self, stopped: Option<u64>) -> Self {
        Self { stopped, ..self }
    }

    fn value(&self, metric: &Metric, ms: u64) -> f64 {
        const YEAR: f64 = 365.25 * 86_400_000.0;
        let own = self.series.fork(hash(metric.name));
        match metric.course {
            Course::Busy(top) => top * own.level(ms),
            Course::Spare(top) => top * (1.0 - 0.7 * own.level(ms)),
            Course::Steady(about) => about * (0.85 + 0.3 * own.noise(ms, 6 * 3_600_000)),
            Course::Seldom(top) => top * 4.0 * (own.noise(ms, 3_600_000) - 0.75).max(0.0),
            Course::Growing(yearly) => {
                yearly * (0.1 + own.load()) * ms as f64 / YEAR * (1.0 + 0.002 * own.noise(ms, 86_400_000))
            }
            Course::Told => (self.told)(metric.name, ms),
        }
    }

    fn point(&self, metric: &Metric, start: u64, period: u64) -> Point {
        let samples = period / metric.every;
        let looks = samples.min(LOOKS);
        let step = period * 1000 / looks;
        let values: Vec<f64> = (0..looks).map(|look| self.value(metric, start + look * step)).collect();
        let average = values.iter().sum::<f64>() / looks as f64;
        // Between two looks it went a little higher and lower.
        let spread = match metric.course {
            Course::Told => 0.0,
            _ => 0.02 + 0.08 * self.series.noise(start, 900_000),
        };
        let (low, high) = values.iter().fold((average, average), |(low, high), v| (v.min(low), v.max(high)));
        let most = if metric.unit == "Percent" { 100.0 } else { f64::MAX };
        Point {
            average,
            minimum: low * (1.0 - spread),
            maximum: (high * (1.0 + spread)).min(most),
            samples: samples as f64,
        }
    }
}

/// What is told of one period.
struct Point {
    average: f64,
    minimum: f64,
    maximum: f64,
    samples: f64,
}

/// The answer of a request for one of these metrics of the resource that `gauge` is at.
pub(super) fn answer(call: &Call<'_>, metrics: &[Metric], gauge: &Gauge<'_>) -> Answer {
    let name = call.required("metricName");
    let period = call.number("period").unwrap_or_default();
    let (start, end) = (call.time("startTime").unwrap_or_default(), call.time("endTime").unwrap_or_default());
    if !period.is_multiple_of(60) {
        return Err(Error::invalid_input("The period must be a multiple of 60.", "Give whole minutes."));
    }
    if start >= end {
        return Err(Error::invalid_input("startTime must be before endTime.", "Exchange the two."));
    }
    let step = period * 1000;
    let first = start - start % step;
    let points = (end - first).div_ceil(step);
    if points > MOST_POINTS {
        let message = format!(
            "You have requested up to {points} datapoints, which exceeds the limit of {MOST_POINTS}. You may reduce \
            the datapoints requested by increasing Period, or decreasing the time range."
        );
        return Err(Error::invalid_input(message, "Ask for less at a time."));
    }
    let metric = metrics.iter().find(|metric| metric.name == name);
    let metric = metric.filter(|metric| call.text("unit").is_none_or(|unit| unit == metric.unit));
    let statistics = call.texts("statistics").unwrap_or_default();
    Ok(Json::object(|json| {
        json.text("metricName", name);
        json.array("metricData", |json| {
            let Some(metric) = metric else { return };
            // What is measured once a day has no points in between.
            let step_or_longer = step.max(metric.every * 1000);
            let from = first.div_ceil(step_or_longer) * step_or_longer;
            let until = end.min(gauge.stopped.unwrap_or(end));
            for time in (from..until).step_by(step_or_longer as usize) {
                let point = gauge.point(metric, time, step_or_longer / 1000);
                json.element(|json| point.write(json, metric, time, &statistics));
            }
        });
    }))
}

impl Point {
    /// Only the statistics that were asked for.
    fn write(&self, json: &mut Json, metric: &Metric, time: u64, statistics: &[&str]) {
        for (key, statistic, value) in [
            ("average", "Average", self.average),
            ("maximum", "Maximum", self.maximum),
            ("minimum", "Minimum", self.minimum),
            ("sampleCount", "SampleCount", self.samples),
            ("sum", "Sum", self.average * self.samples),
        ] {
            if statistics.contains(&statistic) {
                json.float(key, (value * 10_000.0).round() / 10_000.0);
            }
        }
        json.time("timestamp", time);
        json.text("unit", metric.unit);
    }
}
