//! Alarms: on the work and the health of instances, on the hosts of load balancers, on the storage of databases.

use crate::call::{Answer, Call, Operation};
use crate::error::Error;
use crate::fleet::{Instance, before};
use crate::input::text;
use crate::json::Json;
use crate::page::{self, numbered};
use crate::place::Place;
use crate::random::hash;
use crate::resource::{Head, arn, location, tags};

use super::contact_methods::contact_methods;
use super::databases::{database, database_named};
use super::load_balancers::{LoadBalancer, load_balancer, load_balancer_named};

/// Positions that belong to one instance in a listing of alarms: the kinds that it can have.
const STRIDE: u64 = 2;

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "GetAlarms",
    members: &[text("alarmName"), text("pageToken"), text("monitoredResourceName")],
    answer: get_alarms,
}];

fn get_alarms(call: &Call<'_>) -> Answer {
    let place = call.place;
    let (name, resource) = (call.text("alarmName"), call.text("monitoredResourceName"));
    let write = |json: &mut Json, alarm: &Alarm| alarm.write(json, &place);
    if name.is_none() && resource.is_none() {
        return page::list(call, "alarms", |start| alarms(place, start), write);
    }
    let mut found = match (name, resource) {
        (Some(name), _) => vec![alarm_named(&place, name).ok_or_else(|| Error::not_found("Alarm", name))?],
        (None, resource) => {
            let resource = resource.unwrap_or_default();
            alarms_of(&place, resource).ok_or_else(|| Error::not_found("Resource", resource))?
        }
    };
    found.retain(|alarm| resource.is_none_or(|resource| alarm.on.name == resource));
    page::list(call, "alarms", |start| (0..).zip(found).skip(start as usize), write)
}

/// What an alarm looks at, and from when on it is alarmed.
struct Kind {
    /// The end of the alarm's name.
    suffix: &'static str,
    metric: &'static str,
    comparison: &'static str,
    threshold: f64,
    statistic: &'static str,
    unit: &'static str,
    missing: &'static str,
}

static BUSY: Kind = Kind {
    suffix: "-cpu-high",
    metric: "CPUUtilization",
    comparison: "GreaterThanOrEqualToThreshold",
    threshold: 80.0,
    statistic: "Average",
    unit: "Percent",
    missing: "missing",
};
static FAILS: Kind = Kind {
    suffix: "-status-check",
    metric: "StatusCheckFailed",
    comparison: "GreaterThanThreshold",
    threshold: 0.0,
    statistic: "Maximum",
    unit: "Count",
    missing: "breaching",
};
static HOSTS: Kind = Kind {
    suffix: "-hosts-down",
    metric: "HealthyHostCount",
    comparison: "LessThanThreshold",
    threshold: 2.0,
    statistic: "Minimum",
    unit: "Count",
    missing: "notBreaching",
};
static STORAGE: Kind = Kind {
    suffix: "-storage-low",
    metric: "FreeStorageSpace",
    comparison: "LessThanOrEqualToThreshold",
    threshold: 5_368_709_120.0,
    statistic: "Average",
    unit: "Bytes",
    missing: "ignore",
};
static KINDS: [&Kind; 4] = [&BUSY, &FAILS, &HOSTS, &STORAGE];

/// What is watched.
struct Resource {
    name: String,
    kind: &'static str,
    arn: String,
    created: u64,
}

/// An alarm.
pub(super) struct Alarm {
    pub(super) head: Head,
    kind: &'static Kind,
    on: Resource,
    state: &'static str,
    /// Whether there is somebody to tell.
    notifies: bool,
    periods: u32,
    protocols: Vec<String>,
    /// The states that somebody is told of; without a word on that there is none on protocols either.
    triggers: Option<&'static [&'static str]>,
}

/// All alarms from a position on: instances', load balancers', databases'.
pub(super) fn alarms(place: Place<'_>, start: u64) -> impl Iterator<Item = (u64, Alarm)> {
    let of_instances = place.instances(start / STRIDE).flat_map(move |(index, instance)| {
        (index * STRIDE..)
            .zip(on_instance(&place, index, &instance))
            .filter_map(|(at, alarm)| Some((at, alarm?)))
    });
    let first = place.size() * STRIDE;
    let balancers = place.load_balancers();
    let others = numbered(start.saturating_sub(first), balancers + place.databases(), move |number| {
        match number.checked_sub(balancers) {
            None => on_load_balancer(&place, load_balancer(&place, number)),
            Some(number) => on_database(&place, database(&place, number).head),
        }
    });
    of_instances
        .skip_while(move |(position, _)| *position < start)
        .chain(others.map(move |(number, alarm)| (first + number, alarm)))
}

/// The alarms on the resource of this name, if there is one that can have alarms.
fn alarms_of(place: &Place<'_>, resource: &str) -> Option<Vec<Alarm>> {
    if let Some((index, instance)) = place.instance_named(resource) {
        return Some(on_instance(place, index, &instance).into_iter().flatten().collect());
    }
    if let Ok(balancer) = load_balancer_named(place, resource) {
        return Some(vec![on_load_balancer(place, balancer)]);
    }
    Some(vec![on_database(place, database_named(place, resource).ok()?.head)])
}

/// The alarm of this name.
pub(super) fn alarm_named(place: &Place<'_>, name: &str) -> Option<Alarm> {
    let resource = KINDS.iter().find_map(|kind| name.strip_suffix(kind.suffix))?;
    alarms_of(place, resource)?.into_iter().find(|alarm| alarm.head.name == name)
}

fn on_instance(place: &Place<'_>, index: u64, instance: &Instance) -> [Option<Alarm>; STRIDE as usize] {
    let chance = place.random("Alarm count", index).below(100);
    let running = instance.state.1 == "running";
    let resource = || Resource {
        name: instance.name.clone(),
        kind: "Instance",
        arn: arn(place, "Instance", &instance.id),
        created: instance.created,
    };
    let fails = instance.impaired.0.is_some();
    let busy = match chance {
        _ if !running => "INSUFFICIENT_DATA",
        0..3 => "ALARM",
        _ => "OK",
    };
    [
        (chance < 20).then(|| alarm(place, &BUSY, resource(), busy)),
        // Whoever looks after instances that fail is told so.
        (fails || (20..24).contains(&chance)).then(|| {
            let state = if !running {
                "INSUFFICIENT_DATA"
            } else if fails {
                "ALARM"
            } else {
                "OK"
            };
            alarm(place, &FAILS, resource(), state)
        }),
    ]
}

fn on_load_balancer(place: &Place<'_>, one: LoadBalancer) -> Alarm {
    let state = if one.healthy().0 < HOSTS.threshold as usize { "ALARM" } else { "OK" };
    alarm(place, &HOSTS, on(place, one.head), state)
}

fn on_database(place: &Place<'_>, head: Head) -> Alarm {
    alarm(place, &STORAGE, on(place, head), "OK")
}

fn on(place: &Place<'_>, head: Head) -> Resource {
    Resource { arn: head.arn(place), kind: head.kind, created: head.created, name: head.name }
}

fn alarm(place: &Place<'_>, kind: &'static Kind, on: Resource, state: &'static str) -> Alarm {
    let name = format!("{}{}", on.name, kind.suffix);
    let mut random = place.random("Alarm", hash(&name));
    let mut head = Head::draw(place, "Alarm", name, "monitoring", &mut random);
    head.created = before(&mut random, place.today(), place.today() - on.created);
    let notifies = random.percent(80);
    let methods = contact_methods(place).into_iter().filter(|_| notifies);
    Alarm {
        protocols: methods.map(|method| method.protocol().to_owned()).collect(),
        triggers: match (notifies, random.below(3)) {
            (false, 0) => Some(&[]),
            (false, _) => None,
            (true, 0) => Some(&["ALARM", "OK", "INSUFFICIENT_DATA"]),
            (true, _) => Some(&["ALARM"]),
        },
        periods: random.pick(&[1, 2, 3, 6]),
        head,
        kind,
        on,
        state,
        notifies,
    }
}

impl Alarm {
    fn write(&self, json: &mut Json, place: &Place<'_>) {
        let kind = self.kind;
        json.text("name", &self.head.name);
        json.text("arn", &self.head.arn(place));
        json.time("createdAt", self.head.created);
        location(json, place, self.head.kind, &self.head.zone);
        json.text("resourceType", self.head.kind);
        json.text("supportCode", &self.head.support_code);
        json.nested("monitoredResourceInfo", |json| {
            json.text("arn", &self.on.arn);
            json.text("name", &self.on.name);
            json.text("resourceType", self.on.kind);
        });
        json.text("comparisonOperator", kind.comparison);
        json.plain("evaluationPeriods", self.periods);
        json.plain("period", 300);
        json.float("threshold", kind.threshold);
        json.plain("datapointsToAlarm", self.periods.div_ceil(2));
        json.text("treatMissingData", kind.missing);
        json.text("statistic", kind.statistic);
        json.text("metricName", kind.metric);
        json.text("state", self.state);
        json.text("unit", kind.unit);
        if let Some(triggers) = self.triggers {
            json.texts("contactProtocols", &self.protocols);
            json.texts("notificationTriggers", triggers);
        }
        json.plain("notificationEnabled", self.notifies);
        tags(json, self.head.tags.as_deref());
    }
}
