//! `add_ons`: what is switched on beside instances and the disks attached to them, such as automatic snapshots.

use aws_sdk_lightsail::types::{AddOn, Instance};

use super::instances::GET_INSTANCES;
use super::tags::Owner;
use crate::catalog::column::text;
use crate::catalog::rows::{FromItem, Rows};
use crate::catalog::table::{Feed, TableSpec};

/// One row for each add-on.
#[derive(Debug)]
pub struct AddOnRows;

/// An add-on and its owner.
#[derive(Debug, Clone, Copy)]
pub struct AddOnRow<'a> {
    owner: Owner<'a>,
    add_on: &'a AddOn,
}

impl Rows for AddOnRows {
    type Row<'a> = AddOnRow<'a>;

    fn arn<'r>(row: &'r AddOnRow<'_>) -> Option<&'r str> {
        row.owner.account_arn
    }

    fn region<'r>(row: &'r AddOnRow<'_>) -> Option<&'r str> {
        row.owner.region
    }
}

impl FromItem<Instance> for AddOnRows {
    fn rows(instance: &Instance) -> impl Iterator<Item = AddOnRow<'_>> {
        let owner = Owner::of_instance(instance);
        let own = instance.add_ons().iter().map(move |add_on| AddOnRow { owner, add_on });
        let of_disks = Owner::disks_of(instance)
            .flat_map(|(owner, disk)| disk.add_ons().iter().map(move |add_on| AddOnRow { owner, add_on }));
        own.chain(of_disks)
    }
}

/// `add_ons`.
pub static ADD_ONS: TableSpec<AddOnRows> = TableSpec {
    name: "add_ons",
    description: "Add-ons of instances and of the disks attached to them, one row each.",
    feeds: &[Feed::of::<Instance>(&GET_INSTANCES)],
    key: None,
    examples: &["SELECT name, status, count(*) AS resources FROM add_ons GROUP BY name, status \
         ORDER BY resources DESC"],
    columns: &[
        text("resource_type", "What it is added on: Instance or Disk.", |a| a.owner.resource_type),
        text("resource_name", "The name of what it is added on.", |a| a.owner.name),
        text("resource_arn", "The arn of what it is added on.", |a| a.owner.arn),
        text("name", "The add-on, such as AutoSnapshot.", |a| a.add_on.name()),
        text("status", "Whether it is Enabled, Disabled or on the way there.", |a| a.add_on.status()),
        text("snapshot_time_of_day", "The hour (UTC) at which a snapshot is taken each day.", |a| {
            a.add_on.snapshot_time_of_day()
        }),
        text("next_snapshot_time_of_day", "The hour (UTC) from the next day on, if it was changed.", |a| {
            a.add_on.next_snapshot_time_of_day()
        }),
        text("threshold", "Lightsail for Research: the load below which the instance is idle.", |a| {
            a.add_on.threshold()
        }),
        text("duration", "Lightsail for Research: the idle minutes after which the instance stops.", |a| {
            a.add_on.duration()
        }),
    ],
};
