//! Block storage disks: those that instances list, and those that are attached to none.

use crate::call::Operation;
use crate::error::Error;
use crate::fleet::{AddOn, DAY, Disk, Instance, Tag, before, support_code};
use crate::input::text;
use crate::instance;
use crate::json::Json;
use crate::page::{self, numbered};
use crate::place::{Place, named};
use crate::resource::{USES, arn};

/// Positions that belong to one instance in a listing of its disks: more than it can have.
pub(super) const STRIDE: u64 = 4;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetDisks",
        members: &[text("pageToken")],
        answer: |call| {
            page::list(
                call,
                "disks",
                |start| blocks(call.place, start),
                |json, block| block.write(json, &call.place),
            )
        },
    },
    Operation {
        name: "GetDisk",
        members: &[text("diskName").required()],
        answer: |call| {
            let name = call.required("diskName");
            let block = block_named(&call.place, name).ok_or_else(|| Error::not_found("Disk", name))?;
            page::one("disk", block, |json, block| block.write(json, &call.place))
        },
    },
];

/// A disk and where it is.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) disk: Disk,
    pub(super) zone: String,
    /// The name of the instance that it is attached to.
    attached_to: Option<String>,
}

impl Block {
    pub(super) fn attached(instance: &Instance, disk: Disk) -> Self {
        Self { disk, zone: instance.zone.clone(), attached_to: Some(instance.name.clone()) }
    }

    pub(super) fn arn(&self, place: &Place<'_>) -> String {
        arn(place, "Disk", &self.disk.id)
    }

    fn write(&self, json: &mut Json, place: &Place<'_>) {
        instance::disk(json, place, &self.disk, &self.zone, self.attached_to.as_deref());
    }
}

/// All disks from a position on: instance by instance, then the detached ones.
pub(super) fn blocks(place: Place<'_>, start: u64) -> impl Iterator<Item = (u64, Block)> {
    let attached = place.instances(start / STRIDE).flat_map(|(index, mut instance)| {
        let disks = std::mem::take(&mut instance.disks);
        let blocks = disks.into_iter().map(move |disk| Block::attached(&instance, disk));
        (index * STRIDE..).zip(blocks)
    });
    let first = place.size() * STRIDE;
    let detached =
        numbered(start.saturating_sub(first), place.detached_disks(), move |number| detached(&place, number));
    attached
        .skip_while(move |(position, _)| *position < start)
        .chain(detached.map(move |(number, block)| (first + number, block)))
}

/// The disk of this name.
pub(super) fn block_named(place: &Place<'_>, name: &str) -> Option<Block> {
    if let Some((instance, _)) = name.rsplit_once("-data-") {
        let (_, mut instance) = place.instance_named(instance)?;
        let disk = std::mem::take(&mut instance.disks).into_iter().find(|disk| disk.name == name)?;
        return Some(Block::attached(&instance, disk));
    }
    let make = |number| detached(place, number);
    named(name, place.detached_disks(), make, |block| &block.disk.name).map(|(_, block)| block)
}

/// Detached disk `number`. Those beyond the count are disks that are gone.
pub(super) fn detached(place: &Place<'_>, number: u64) -> Block {
    let mut random = place.random("Disk", number);
    let usage = random.pick(&USES);
    let size = random.pick(&[8, 32, 64, 128, 500, 1024]);
    Block {
        zone: place.region().zone(random.next()),
        attached_to: None,
        disk: Disk {
            name: format!("{usage}-volume-{:02}", number + 1),
            id: random.uuid(),
            support_code: support_code(place.account, "vol", &mut random),
            created: before(&mut random, place.today(), 1400 * DAY),
            tags: match random.below(4) {
                0 => Some(Vec::new()),
                1 => None,
                2 => Some(vec![Tag { key: "keep-until", value: Some("2026-03-31") }]),
                _ => Some(vec![Tag { key: "app", value: Some(usage) }, Tag { key: "restored", value: None }]),
            },
            add_ons: match random.below(5) {
                0 => Some(vec![AddOn::Snapshots { hour: 3, next_hour: 3 }]),
                1 => Some(vec![AddOn::NoSnapshots]),
                2 => None,
                _ => Some(Vec::new()),
            },
            size,
            path: "/dev/xvdf",
            state: match number % 12 {
                5 => "error",
                9 => "pending",
                11 => "unknown",
                _ => "available",
            },
            gb_in_use: random.percent(20).then(|| random.below(u64::from(size)) as u32),
            auto_mount: None,
        },
    }
}
