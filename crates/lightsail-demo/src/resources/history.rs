//! The history of operations. It goes back only so far, and tells also of what is gone.

use crate::call::Operation;
use crate::error::Error;
use crate::fleet::{DAY, Instance};
use crate::input::text;
use crate::json::Json;
use crate::page::{self, numbered};
use crate::place::Place;
use crate::random::Random;
use crate::resource::{Head, location};

use super::alarms::alarms;
use super::buckets::bucket;
use super::container_services::service;
use super::databases::database;
use super::directory;
use super::disks::detached;
use super::load_balancers::load_balancer;
use super::static_ips::attached;

/// How far the entries of the history lie apart, in ms.
const APART: u64 = DAY / 4;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetOperations",
        members: &[text("pageToken")],
        answer: |call| {
            page::list(
                call,
                "operations",
                |start| history(call.place, start),
                |json, entry| entry.write(json, &call.place),
            )
        },
    },
    Operation {
        name: "GetOperationsForResource",
        members: &[text("resourceName").required(), text("pageToken")],
        answer: |call| {
            let (place, name) = (call.place, call.required("resourceName"));
            let of = |start| history(place, start).filter(|(_, entry)| entry.subject.name == name);
            // The history knows resources that are gone.
            if directory::find(&place, name).is_none() && of(0).next().is_none() {
                return Err(Error::not_found("Resource", name));
            }
            page::list(call, "operations", of, |json, entry| entry.write(json, &place))
        },
    },
    Operation {
        name: "GetOperation",
        members: &[text("operationId").required()],
        answer: |call| {
            let id = call.required("operationId");
            let found = history(call.place, 0).find(|(_, entry)| entry.id == id);
            let (_, entry) = found.ok_or_else(|| Error::not_found("Operation", id))?;
            page::one("operation", entry, |json, entry| entry.write(json, &call.place))
        },
    },
];

/// What something was done to.
struct Subject {
    name: String,
    kind: &'static str,
    created: u64,
    zone: String,
}

/// Something that was done.
struct Entry {
    id: String,
    subject: Subject,
    kind: &'static str,
    details: Option<String>,
    created: u64,
    /// In ms.
    took: u64,
    status: &'static str,
}

/// The history from an entry on, the newest first.
fn history(place: Place<'_>, start: u64) -> impl Iterator<Item = (u64, Entry)> {
    numbered(start, place.operations(), move |number| entry(&place, number))
}

fn entry(place: &Place<'_>, number: u64) -> Entry {
    let mut random = place.random("Operation", number);
    let time = place.today() - number * APART - random.below(APART);
    let (subject, creation, [change, details]) = subject(place, number, &mut random);
    // What was not there yet at that time was created later, and that is what there is to tell.
    let created = subject.created > time;
    let (kind, details) = if created { (creation, "") } else { (change, details) };
    Entry {
        id: random.uuid(),
        details: (!details.is_empty()).then(|| details.to_owned()),
        kind,
        created: time.max(subject.created),
        took: 1_000 + random.below(90_000),
        status: match random.below(30) {
            _ if number == 0 => "NotStarted",
            _ if number < 3 => "Started",
            0 | 1 => "Failed",
            2..10 => "Completed",
            _ => "Succeeded",
        },
        subject,
    }
}

/// A resource, the operation that creates such, and another one with its details.
fn subject(
    place: &Place<'_>,
    number: u64,
    random: &mut Random,
) -> (Subject, &'static str, [&'static str; 2]) {
    let some = |count: u64, random: &mut Random| (count > 0).then(|| random.below(count));
    let found = match number % 16 {
        1 => {
            let start = random.below(place.size());
            let ip = place.instances(start).find_map(|(index, one)| attached(place, index, &one));
            ip.map(|ip| (of(ip.head), "AllocateStaticIp", ["AttachStaticIp", "an instance"]))
        }
        3 => some(place.detached_disks(), random).map(|number| {
            let block = detached(place, number);
            let subject = Subject {
                name: block.disk.name,
                kind: "Disk",
                created: block.disk.created,
                zone: block.zone,
            };
            (subject, "CreateDisk", ["DetachDisk", "an instance that is gone"])
        }),
        5 => some(place.buckets(), random)
            .map(|number| (of(bucket(place, number).head), "CreateBucket", ["UpdateBucket", ""])),
        7 => some(place.load_balancers(), random).map(|number| {
            let head = load_balancer(place, number).head;
            (of(head), "CreateLoadBalancer", ["AttachInstancesToLoadBalancer", "web instances"])
        }),
        9 => some(place.databases(), random).map(|number| {
            let head = database(place, number).head;
            (of(head), "CreateRelationalDatabase", ["UpdateRelationalDatabaseParameters", "max_connections"])
        }),
        11 => some(place.container_services(), random).map(|number| {
            let head = service(place, number).head;
            (of(head), "CreateContainerService", ["CreateContainerServiceDeployment", ""])
        }),
        13 => alarms(*place, random.below(place.size()))
            .next()
            .map(|(_, alarm)| (of(alarm.head), "PutAlarm", ["PutAlarm", ""])),
        // Something that is gone.
        15 => {
            let gone = place.instance(place.size() + random.below(20));
            let gone = Subject { created: 0, ..of_instance(gone) };
            Some((gone, "CreateInstance", ["DeleteInstance", ""]))
        }
        _ => None,
    };
    found.unwrap_or_else(|| {
        let change = random.pick(&[
            ["RebootInstance", ""],
            ["StartInstance", ""],
            ["PutInstancePublicPorts", "22/tcp(203.0.113.0/24)"],
            ["CreateInstanceSnapshot", "a snapshot"],
            ["EnableAddOn", "AutoSnapshot"],
        ]);
        let one = place.instance(random.below(place.size()));
        (of_instance(one), "CreateInstance", change)
    })
}

fn of(head: Head) -> Subject {
    Subject { name: head.name, kind: head.kind, created: head.created, zone: head.zone }
}

fn of_instance(one: Instance) -> Subject {
    Subject { name: one.name, kind: "Instance", created: one.created, zone: one.zone }
}

impl Entry {
    fn write(&self, json: &mut Json, place: &Place<'_>) {
        let terminal = !matches!(self.status, "NotStarted" | "Started");
        json.text("id", &self.id);
        json.text("resourceName", &self.subject.name);
        json.text("resourceType", self.subject.kind);
        json.time("createdAt", self.created);
        location(json, place, self.subject.kind, &self.subject.zone);
        json.plain("isTerminal", terminal);
        json.some_text("operationDetails", self.details.as_deref());
        json.text("operationType", self.kind);
        json.text("status", self.status);
        let changed = self.created + if terminal { self.took } else { 0 };
        json.time("statusChangedAt", changed.min(place.today()));
        if self.status == "Failed" {
            json.text("errorCode", "OperationFailure");
            json.text("errorDetails", "The resource was in a state that does not allow the operation.");
        }
    }
}
