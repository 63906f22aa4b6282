//! `add_ons`: what is switched on beside instances and block storage disks, such as automatic snapshots.

use aws_sdk_lightsail::types::{AddOn, Disk, Instance};

use super::block_disks::GET_DISKS;
use super::instances::GET_INSTANCES;
use super::tags::Tagged;
use crate::catalog::column::text;
use crate::catalog::rows::{FromItem, Rows};
use crate::catalog::table::{Feed, Group, TableSpec};

/// One row for each add-on.
#[derive(Debug)]
pub struct AddOnRows;

impl Rows for AddOnRows {
    type Row<'a> = (&'a dyn Tagged, &'a AddOn);

    fn arn<'r>((owner, _): &'r Self::Row<'_>) -> Option<&'r str> {
        owner.arn()
    }

    fn region<'r>((owner, _): &'r Self::Row<'_>) -> Option<&'r str> {
        owner.region()
    }
}

impl FromItem<Instance> for AddOnRows {
    fn rows(instance: &Instance) -> impl Iterator<Item = Self::Row<'_>> {
        instance.add_ons().iter().map(move |add_on| (instance as &dyn Tagged, add_on))
    }
}

impl FromItem<Disk> for AddOnRows {
    fn rows(disk: &Disk) -> impl Iterator<Item = Self::Row<'_>> {
        disk.add_ons().iter().map(move |add_on| (disk as &dyn Tagged, add_on))
    }
}

/// `add_ons`. Those of a disk that is attached come from GetDisks alone, so that none comes twice; a system disk has
/// none of its own.
pub static ADD_ONS: TableSpec<AddOnRows> = TableSpec {
    name: "add_ons",
    group: Group::Servers,
    description: "Add-ons of instances and of block storage disks, one row each.",
    feeds: &[
        Feed::of::<Instance>(&GET_INSTANCES).with("resource_type", &["Instance"]),
        Feed::of::<Disk>(&GET_DISKS).with("resource_type", &["Disk"]),
    ],
    key: None,
    examples: &[
        "SELECT name, status, count(*) AS resources FROM add_ons GROUP BY name, status ORDER BY resources DESC",
    ],
    columns: &[
        text("resource_type", "What it is added on: Instance or Disk.", |(owner, _)| owner.resource_type()),
        text("resource_name", "The name of what it is added on.", |(owner, _)| owner.name()),
        text("resource_arn", "The arn of what it is added on.", |(owner, _)| owner.arn()),
        text("name", "The add-on, such as AutoSnapshot.", |(_, a)| a.name()),
        text("status", "Whether it is Enabled, Disabled or on the way there.", |(_, a)| a.status()),
        text("snapshot_time_of_day", "The hour (UTC) at which a snapshot is taken each day.", |(_, a)| {
            a.snapshot_time_of_day()
        }),
        text(
            "next_snapshot_time_of_day",
            "The hour (UTC) from the next day on, if it was changed.",
            |(_, a)| a.next_snapshot_time_of_day(),
        ),
        text("threshold", "Lightsail for Research: the load below which the instance is idle.", |(_, a)| {
            a.threshold()
        }),
        text(
            "duration",
            "Lightsail for Research: the idle minutes after which the instance stops.",
            |(_, a)| a.duration(),
        ),
    ],
};
