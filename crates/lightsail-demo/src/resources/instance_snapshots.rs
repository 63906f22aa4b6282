//! Snapshots of instances: manual ones and kept automatic ones, of instances that are there and of some that are gone.

use crate::call::Operation;
use crate::error::Error;
use crate::fleet::{Instance, before};
use crate::input::text;
use crate::instance;
use crate::json::Json;
use crate::page::{self, numbered};
use crate::place::Place;
use crate::resource::{Head, arn};

/// Positions that belong to one instance in a listing of its snapshots, and the most that it has.
const STRIDE: u64 = 2;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetInstanceSnapshots",
        members: &[text("pageToken")],
        answer: |call| {
            page::list(
                call,
                "instanceSnapshots",
                |start| instance_snapshots(call.place, start),
                |json, snapshot| snapshot.write(json, &call.place),
            )
        },
    },
    Operation {
        name: "GetInstanceSnapshot",
        members: &[text("instanceSnapshotName").required()],
        answer: |call| {
            let name = call.required("instanceSnapshotName");
            let snapshot = instance_snapshot_named(&call.place, name)
                .ok_or_else(|| Error::not_found("InstanceSnapshot", name))?;
            page::one("instanceSnapshot", snapshot, |json, snapshot| snapshot.write(json, &call.place))
        },
    },
];

/// A snapshot of an instance with its disks.
#[derive(Debug)]
pub(super) struct InstanceSnapshot {
    pub(super) head: Head,
    pub(super) state: &'static str,
    progress: Option<&'static str>,
    automatic: bool,
    /// The instance as it was.
    pub(super) of: Instance,
}

impl InstanceSnapshot {
    /// In GB: the system disk's.
    pub(super) fn size(&self) -> u32 {
        self.of.bundle.disk
    }

    fn write(&self, json: &mut Json, place: &Place<'_>) {
        self.head.write(json, place);
        json.text("state", self.state);
        json.some_text("progress", self.progress);
        json.array("fromAttachedDisks", |json| instance::disks(json, &self.of, place));
        json.text("fromInstanceName", &self.of.name);
        json.text("fromInstanceArn", &arn(place, "Instance", &self.of.id));
        json.text("fromBlueprintId", self.of.blueprint.id);
        json.text("fromBundleId", self.of.bundle.id);
        json.plain("isFromAutoSnapshot", self.automatic);
        json.plain("sizeInGb", self.size());
    }
}

/// All snapshots from a position on: instance by instance, then the orphans.
pub(super) fn instance_snapshots(
    place: Place<'_>,
    start: u64,
) -> impl Iterator<Item = (u64, InstanceSnapshot)> {
    let kept = (start / STRIDE..place.size()).flat_map(move |index| {
        let numbers = start.saturating_sub(index * STRIDE)..count(&place, index);
        numbers.map(move |number| (index * STRIDE + number, snapshot(&place, index, number)))
    });
    let first = place.size() * STRIDE;
    let orphans = numbered(start.saturating_sub(first), place.orphaned_instance_snapshots(), move |number| {
        snapshot(&place, place.size() + number, 0)
    });
    kept.chain(orphans.map(move |(number, snapshot)| (first + number, snapshot)))
}

/// The snapshot of this name.
pub(super) fn instance_snapshot_named(place: &Place<'_>, name: &str) -> Option<InstanceSnapshot> {
    let (instance, number) = name.rsplit_once("-snap-")?;
    let index = crate::place::index_of(instance)?;
    let number = number.parse::<u64>().ok()?.checked_sub(1)?;
    let there = match index.checked_sub(place.size()) {
        None => number < count(place, index),
        Some(gone) => gone < place.orphaned_instance_snapshots() && number == 0,
    };
    Some(snapshot(place, index, number)).filter(|snapshot| there && snapshot.head.name == name)
}

/// How many snapshots instance `index` has.
fn count(place: &Place<'_>, index: u64) -> u64 {
    match place.random("InstanceSnapshot count", index).below(100) {
        0..84 => 0,
        84..96 => 1,
        _ => STRIDE,
    }
}

fn snapshot(place: &Place<'_>, index: u64, number: u64) -> InstanceSnapshot {
    let of = place.instance(index);
    let mut random = place.random("InstanceSnapshot", index * STRIDE + number);
    let name = format!("{}-snap-{}", of.name, number + 1);
    let mut head = Head::draw(place, "InstanceSnapshot", name, of.blueprint.id, &mut random);
    head.created = before(&mut random, place.today(), place.today() - of.created);
    let (state, progress) = match random.below(16) {
        0 => ("pending", Some("37%")),
        1 => ("error", None),
        _ => ("available", Some("100%")),
    };
    InstanceSnapshot { head, state, progress, automatic: random.percent(20), of }
}
