//! `tags`: the tags of instances and of the disks attached to them, one row each.

use aws_sdk_lightsail::types::{Instance, Tag};

use super::instances::{GET_INSTANCES, disks};
use crate::catalog::column::text;
use crate::catalog::rows::{FromItem, Resource, Rows};
use crate::catalog::table::{Feed, TableSpec};

/// Whom a tag or an add-on belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub(super) resource_type: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    pub(super) arn: Option<&'a str>,
    pub(super) region: Option<&'a str>,
    /// Whose arn names the account: a disk without an arn is its instance's.
    pub(super) account_arn: Option<&'a str>,
}

impl<'a> Owner<'a> {
    pub(super) fn of_instance(instance: &'a Instance) -> Self {
        Self {
            resource_type: instance.resource_type().map(|kind| kind.as_str()),
            name: instance.name(),
            arn: instance.arn(),
            region: instance.region(),
            account_arn: instance.arn(),
        }
    }

    /// The disks of an instance, each with the owner that its tags and add-ons name.
    pub(super) fn disks_of(
        instance: &'a Instance,
    ) -> impl Iterator<Item = (Self, &'a aws_sdk_lightsail::types::Disk)> {
        disks(instance).iter().map(move |disk| {
            let owner = Self {
                resource_type: disk.resource_type().map(|kind| kind.as_str()),
                name: disk.name(),
                arn: disk.arn(),
                region: disk.region().or_else(|| instance.region()),
                account_arn: instance.arn(),
            };
            (owner, disk)
        })
    }
}

/// One row for each tag.
#[derive(Debug)]
pub struct TagRows;

/// A tag and its owner.
#[derive(Debug, Clone, Copy)]
pub struct TagRow<'a> {
    owner: Owner<'a>,
    tag: &'a Tag,
}

impl Rows for TagRows {
    type Row<'a> = TagRow<'a>;

    fn arn<'r>(row: &'r TagRow<'_>) -> Option<&'r str> {
        row.owner.account_arn
    }

    fn region<'r>(row: &'r TagRow<'_>) -> Option<&'r str> {
        row.owner.region
    }
}

impl FromItem<Instance> for TagRows {
    fn rows(instance: &Instance) -> impl Iterator<Item = TagRow<'_>> {
        let owner = Owner::of_instance(instance);
        let own = instance.tags().iter().map(move |tag| TagRow { owner, tag });
        let of_disks = Owner::disks_of(instance)
            .flat_map(|(owner, disk)| disk.tags().iter().map(move |tag| TagRow { owner, tag }));
        own.chain(of_disks)
    }
}

/// `tags`.
pub static TAGS: TableSpec<TagRows> = TableSpec {
    name: "tags",
    description: "Tags of instances and of the disks attached to them, one row each.",
    feeds: &[Feed::of::<Instance>(&GET_INSTANCES)],
    key: None,
    examples: &["SELECT key, count(*) AS resources, count(value) AS with_value FROM tags GROUP BY key \
         ORDER BY resources DESC"],
    columns: &[
        text("resource_type", "What is tagged: Instance or Disk.", |t| t.owner.resource_type),
        text("resource_name", "The name of what is tagged.", |t| t.owner.name),
        text("resource_arn", "The arn of what is tagged.", |t| t.owner.arn),
        text("key", "The key of the tag.", |t| t.tag.key()),
        text("value", "The value of the tag; NULL if it is a key alone.", |t| t.tag.value()),
    ],
};
