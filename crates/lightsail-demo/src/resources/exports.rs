//! Snapshots that were exported to EC2, and the stacks that were made from them.

use crate::call::Operation;
use crate::fleet::before;
use crate::input::text;
use crate::instance::system_path;
use crate::json::Json;
use crate::names::hex;
use crate::page;
use crate::place::Place;
use crate::random::hash;
use crate::resource::{Head, arn, location};

use super::disk_snapshots::{DiskSnapshot, disk_snapshots};
use super::instance_snapshots::{InstanceSnapshot, instance_snapshots};

/// Where the positions of exported disk snapshots begin.
const DISKS: u64 = 1 << 60;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetExportSnapshotRecords",
        members: &[text("pageToken")],
        answer: |call| {
            page::list(
                call,
                "exportSnapshotRecords",
                |start| exports(call.place, start),
                |json, one| one.write(json, &call.place),
            )
        },
    },
    Operation {
        name: "GetCloudFormationStackRecords",
        members: &[text("pageToken")],
        answer: |call| {
            page::list(
                call,
                "cloudFormationStackRecords",
                |start| stacks(call.place, start),
                |json, one| one.write(json, &call.place),
            )
        },
    },
];

/// What happened to a snapshot or to what came of it.
struct Record {
    head: Head,
    state: &'static str,
    /// What it led to; while it is under way and where it failed, nothing.
    destination: Option<(String, &'static str)>,
}

impl Record {
    fn draw(place: &Place<'_>, kind: &'static str, of: &Head, state: &'static str) -> Self {
        let mut random = place.random(kind, hash(&of.id));
        let name = format!("{kind}-{}", random.uuid());
        let mut head = Head::draw(place, kind, name, "", &mut random);
        head.created = before(&mut random, place.today(), place.today() - of.created);
        Self { head, state, destination: None }
    }

    /// The members that the two kinds of records begin with.
    fn begin(&self, json: &mut Json, place: &Place<'_>) {
        json.text("name", &self.head.name);
        json.text("arn", &self.head.arn(place));
        json.time("createdAt", self.head.created);
        location(json, place, self.head.kind, &self.head.zone);
        json.text("resourceType", self.head.kind);
        json.text("state", self.state);
    }

    fn destination(&self, json: &mut Json) {
        let Some((id, service)) = &self.destination else { return };
        json.nested("destinationInfo", |json| {
            json.text("id", id);
            json.text("service", service);
        });
    }
}

/// A snapshot of either kind.
enum Source {
    Instance(Box<InstanceSnapshot>),
    Disk(Box<DiskSnapshot>),
}

/// The export of a snapshot.
struct Export {
    record: Record,
    of: Source,
}

/// All exports from a position on: instance snapshots', then disk snapshots'.
fn exports(place: Place<'_>, start: u64) -> impl Iterator<Item = (u64, Export)> {
    let instances = instance_snapshots(place, start).filter(|(_, one)| one.state == "available").filter_map(
        move |(position, one)| Some((position, export(&place, Source::Instance(Box::new(one)))?)),
    );
    let disks = disk_snapshots(place, start.saturating_sub(DISKS))
        .filter(|(_, one)| one.state == "completed")
        .filter_map(move |(position, one)| {
            Some((DISKS + position, export(&place, Source::Disk(Box::new(one)))?))
        });
    instances.chain(disks)
}

/// The export of a snapshot, if it was ever exported.
fn export(place: &Place<'_>, of: Source) -> Option<Export> {
    let (head, service, id) = match &of {
        Source::Instance(one) => (&one.head, "Aws::EC2::Image", "ami"),
        Source::Disk(one) => (&one.head, "Aws::EC2::Snapshot", "snap"),
    };
    let mut random = place.random("export", hash(&head.id));
    if !random.percent(35) {
        return None;
    }
    let state = ["Succeeded", "Succeeded", "Succeeded", "Failed", "Started"][random.below(5) as usize];
    let mut record = Record::draw(place, "ExportSnapshotRecord", head, state);
    record.destination = (state == "Succeeded").then(|| (format!("{id}-0{}", hex(&mut random, 16)), service));
    Some(Export { record, of })
}

impl Export {
    fn write(&self, json: &mut Json, place: &Place<'_>) {
        self.record.begin(json, place);
        json.nested("sourceInfo", |json| match &self.of {
            Source::Instance(one) => of_instance(json, place, one),
            Source::Disk(one) => of_disk(json, place, one),
        });
        self.record.destination(json);
    }
}

/// The snapshot, and name and arn of what it was taken of.
fn source(json: &mut Json, place: &Place<'_>, head: &Head, of: (&str, &str)) {
    json.text("resourceType", head.kind);
    json.time("createdAt", head.created);
    json.text("name", &head.name);
    json.text("arn", &head.arn(place));
    json.text("fromResourceName", of.0);
    json.text("fromResourceArn", of.1);
}

fn of_instance(json: &mut Json, place: &Place<'_>, one: &InstanceSnapshot) {
    source(json, place, &one.head, (&one.of.name, &arn(place, "Instance", &one.of.id)));
    json.nested("instanceSnapshotInfo", |json| {
        json.text("fromBundleId", one.of.bundle.id);
        json.text("fromBlueprintId", one.of.blueprint.id);
        json.array("fromDiskInfo", |json| {
            let system = (None, system_path(one.of.blueprint.platform), one.size());
            let others = one.of.disks.iter().map(|disk| (Some(disk.name.as_str()), disk.path, disk.size));
            for (name, path, size) in [system].into_iter().chain(others) {
                json.element(|json| {
                    json.some_text("name", name);
                    json.text("path", path);
                    json.plain("sizeInGb", size);
                    json.plain("isSystemDisk", name.is_none());
                });
            }
        });
    });
}

fn of_disk(json: &mut Json, place: &Place<'_>, one: &DiskSnapshot) {
    let (name, arn) = one.source(place);
    source(json, place, &one.head, (name, &arn));
    json.nested("diskSnapshotInfo", |json| json.plain("sizeInGb", one.size()));
}

/// A CloudFormation stack that was made from exports.
struct Stack {
    record: Record,
    /// The export that it was made from.
    of: Head,
}

/// All stacks from a position on; a stack has the position of its export.
fn stacks(place: Place<'_>, start: u64) -> impl Iterator<Item = (u64, Stack)> {
    exports(place, start)
        .take_while(|(position, _)| *position < DISKS)
        .filter(|(_, export)| export.record.state == "Succeeded")
        .filter_map(move |(position, export)| Some((position, stack(&place, export.record.head)?)))
}

/// The stack that was made from an export, if there is one.
fn stack(place: &Place<'_>, of: Head) -> Option<Stack> {
    let mut random = place.random("stack", hash(&of.id));
    if !random.percent(70) {
        return None;
    }
    let state = random.pick(&["Succeeded", "Succeeded", "Failed", "Started"]);
    let mut record = Record::draw(place, "CloudFormationStackRecord", &of, state);
    record.destination = (state == "Succeeded").then(|| {
        let (region, account) = (place.region().name, place.account);
        let id = format!(
            "arn:aws:cloudformation:{region}:{account}:stack/Lightsail-Stack-{}/{}",
            random.uuid(),
            random.uuid()
        );
        (id, "Aws::CloudFormation::Stack")
    });
    Some(Stack { record, of })
}

impl Stack {
    fn write(&self, json: &mut Json, place: &Place<'_>) {
        self.record.begin(json, place);
        json.array("sourceInfo", |json| {
            json.element(|json| {
                json.text("resourceType", self.of.kind);
                json.text("name", &self.of.name);
                json.text("arn", &self.of.arn(place));
            });
        });
        self.record.destination(json);
    }
}
