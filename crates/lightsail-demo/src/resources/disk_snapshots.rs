//! Snapshots of disks: of block storage disks, of instances' system disks, and of disks that are gone.

use crate::call::Operation;
use crate::error::Error;
use crate::fleet::{Instance, before};
use crate::input::text;
use crate::json::Json;
use crate::page::{self, numbered};
use crate::place::Place;
use crate::random::hash;
use crate::resource::{Head, arn};

use super::disks::{self, Block, STRIDE};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetDiskSnapshots",
        members: &[text("pageToken")],
        answer: |call| {
            page::list(
                call,
                "diskSnapshots",
                |start| disk_snapshots(call.place, start),
                |json, snapshot| snapshot.write(json, &call.place),
            )
        },
    },
    Operation {
        name: "GetDiskSnapshot",
        members: &[text("diskSnapshotName").required()],
        answer: |call| {
            let name = call.required("diskSnapshotName");
            let snapshot = disk_snapshot_named(&call.place, name)
                .ok_or_else(|| Error::not_found("DiskSnapshot", name))?;
            page::one("diskSnapshot", snapshot, |json, snapshot| snapshot.write(json, &call.place))
        },
    },
];

/// What a disk snapshot was taken of.
#[derive(Debug)]
pub(super) enum Source {
    Block(Box<Block>),
    /// The system disk of this instance.
    System(Box<Instance>),
}

impl Source {
    fn name(&self) -> &str {
        match self {
            Self::Block(block) => &block.disk.name,
            Self::System(instance) => &instance.name,
        }
    }

    fn created(&self) -> u64 {
        match self {
            Self::Block(block) => block.disk.created,
            Self::System(instance) => instance.created,
        }
    }

    /// The arn of the disk or, for a system disk, which has none, of the instance.
    fn arn(&self, place: &Place<'_>) -> String {
        match self {
            Self::Block(block) => block.arn(place),
            Self::System(instance) => arn(place, "Instance", &instance.id),
        }
    }

    fn size(&self) -> u32 {
        match self {
            Self::Block(block) => block.disk.size,
            Self::System(instance) => instance.bundle.disk,
        }
    }
}

/// A snapshot of a disk.
#[derive(Debug)]
pub(super) struct DiskSnapshot {
    pub(super) head: Head,
    pub(super) state: &'static str,
    progress: Option<&'static str>,
    automatic: bool,
    of: Source,
}

impl DiskSnapshot {
    /// In GB.
    pub(super) fn size(&self) -> u32 {
        self.of.size()
    }

    /// Name and arn of what it was taken of.
    pub(super) fn source(&self, place: &Place<'_>) -> (&str, String) {
        (self.of.name(), self.of.arn(place))
    }

    fn write(&self, json: &mut Json, place: &Place<'_>) {
        self.head.write(json, place);
        json.plain("sizeInGb", self.size());
        json.text("state", self.state);
        json.some_text("progress", self.progress);
        let (name, arn) = self.source(place);
        let [name_key, arn_key] = match self.of {
            Source::Block(_) => ["fromDiskName", "fromDiskArn"],
            Source::System(_) => ["fromInstanceName", "fromInstanceArn"],
        };
        json.text(name_key, name);
        json.text(arn_key, &arn);
        json.plain("isFromAutoSnapshot", self.automatic);
    }
}

/// All snapshots from a position on: in the order of the disks, with the system disk as its instance's last, then the
/// orphans.
pub(super) fn disk_snapshots(place: Place<'_>, start: u64) -> impl Iterator<Item = (u64, DiskSnapshot)> {
    let attached = place.instances(start / STRIDE).flat_map(move |(index, mut instance)| {
        let system = (index * STRIDE + STRIDE - 1, system_snapshot(&place, index));
        let disks = std::mem::take(&mut instance.disks);
        let of_disks = disks.into_iter().map(move |disk| Block::attached(&instance, disk));
        let snapshots = of_disks.map(move |block| block_snapshot(&place, block));
        (index * STRIDE..).zip(snapshots).chain([system])
    });
    let first = place.size() * STRIDE;
    let (spare, orphans) = (place.detached_disks(), place.orphaned_disk_snapshots());
    let detached = numbered(start.saturating_sub(first), spare + orphans, move |number| {
        let block = disks::detached(&place, number);
        if number < spare {
            block_snapshot(&place, block)
        } else {
            Some(snapshot(&place, Source::Block(Box::new(block))))
        }
    });
    attached
        .skip_while(move |(position, _)| *position < start)
        .chain(detached.map(move |(number, snapshot)| (first + number, snapshot)))
        .filter_map(|(position, snapshot)| Some((position, snapshot?)))
}

/// The snapshot of this name.
pub(super) fn disk_snapshot_named(place: &Place<'_>, name: &str) -> Option<DiskSnapshot> {
    let source = name.strip_suffix("-snap-1")?;
    if let Some(instance) = source.strip_suffix("-system") {
        return system_snapshot(place, place.instance_named(instance)?.0);
    }
    if let Some(block) = disks::block_named(place, source) {
        return block_snapshot(place, block);
    }
    let spare = place.detached_disks();
    let number = crate::place::index_of(source)?;
    let gone = (spare..spare + place.orphaned_disk_snapshots()).contains(&number);
    let block = disks::detached(place, number);
    (gone && block.disk.name == source).then(|| snapshot(place, Source::Block(Box::new(block))))
}

/// The snapshot of a disk, if there is one.
fn block_snapshot(place: &Place<'_>, block: Block) -> Option<DiskSnapshot> {
    let taken = place.random("DiskSnapshot count", hash(&block.disk.id)).percent(35);
    taken.then(|| snapshot(place, Source::Block(Box::new(block))))
}

/// The snapshot of the system disk of instance `index`, if there is one.
fn system_snapshot(place: &Place<'_>, index: u64) -> Option<DiskSnapshot> {
    let taken = place.random("DiskSnapshot of system disk", index).percent(5);
    taken.then(|| snapshot(place, Source::System(Box::new(place.instance(index)))))
}

fn snapshot(place: &Place<'_>, of: Source) -> DiskSnapshot {
    let mut random = place.random("DiskSnapshot", hash(of.name()));
    let name = match of {
        Source::Block(_) => format!("{}-snap-1", of.name()),
        Source::System(_) => format!("{}-system-snap-1", of.name()),
    };
    let mut head = Head::draw(place, "DiskSnapshot", name, "backup", &mut random);
    head.created = before(&mut random, place.today(), place.today() - of.created());
    let (state, progress) = match random.below(20) {
        0 => ("pending", Some("81%")),
        1 => ("error", None),
        2 => ("unknown", None),
        _ => ("completed", Some("100%")),
    };
    DiskSnapshot { head, state, progress, automatic: random.percent(20), of }
}
