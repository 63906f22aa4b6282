//! `instance_snapshots` and the disks that they hold.

use aws_sdk_lightsail::types::{Disk, InstanceSnapshot};

use super::block_disks::disk_columns;
use super::common::{arn, created_at, support_code, tag_map, zone};
use crate::catalog::column::{flag, int, text};
use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, Resource, each, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetInstanceSnapshots.
pub static GET_INSTANCE_SNAPSHOTS: Operation = Operation {
    reaches: &["from_instance_arn", "from_instance_name"],
    lookup: Some(Lookup {
        name: "GetInstanceSnapshot",
        member: "instanceSnapshotName",
        get: call!(|request| get_instance_snapshot
            .set_instance_snapshot_name(request.text("instanceSnapshotName"))
            => |output| output.instance_snapshot.map(Items::one), None),
    }),
    ..Operation::new(
        "GetInstanceSnapshots",
        call!(|request| get_instance_snapshots.set_page_token(request.token)
            => |output| output.instance_snapshots.map(Items::new), output.next_page_token),
    )
};

resource!(InstanceSnapshot: name, arn, location);

/// `instance_snapshots`.
pub static INSTANCE_SNAPSHOTS: TableSpec<Plain<InstanceSnapshot>> = TableSpec {
    name: "instance_snapshots",
    group: Group::Storage,
    description: "Snapshots of instances, taken by hand or copied from automatic ones, one row each.",
    feeds: &[Feed::of::<InstanceSnapshot>(&GET_INSTANCE_SNAPSHOTS)],
    key: Some("name"),
    examples: &[
        "SELECT from_instance_name, max(created_at) AS newest, count(*) AS snapshots, sum(size_in_gb) AS gb \
         FROM instance_snapshots GROUP BY from_instance_name ORDER BY newest",
        "SELECT s.region, s.name, s.from_instance_name, s.size_in_gb FROM instance_snapshots AS s \
         LEFT JOIN instances AS i ON i.arn = s.from_instance_arn WHERE i.arn IS NULL \
         ORDER BY s.size_in_gb DESC",
    ],
    columns: &[
        text("name", "The name that its owner gave the snapshot, unique in its region.", |s| s.name()),
        arn(|s| s.arn()),
        support_code(|s| s.support_code()),
        created_at(|s| s.created_at()),
        zone(|s| s.location()?.availability_zone()),
        text("resource_type", "Always InstanceSnapshot.", |s| Some(s.resource_type()?.as_str())),
        tag_map(|s| s.tags.as_deref()),
        text("state", "Whether it is pending, available or in error.", |s| Some(s.state()?.as_str())),
        text("progress", "How much of it is taken, as text such as 100%.", |s| s.progress()),
        text(
            "from_instance_name",
            "The name of the instance that it was taken of, which may be gone.",
            |s| s.from_instance_name(),
        ),
        text("from_instance_arn", "The arn of that instance, to join with instances.arn.", |s| {
            s.from_instance_arn()
        }),
        text("from_blueprint_id", "The image of that instance, such as ubuntu_24_04.", |s| {
            s.from_blueprint_id()
        }),
        text("from_bundle_id", "The plan of that instance, such as micro_3_0.", |s| s.from_bundle_id()),
        flag("is_from_auto_snapshot", "Whether it was copied from an automatic snapshot.", |s| {
            s.is_from_auto_snapshot()
        }),
        int("size_in_gb", "The size of the system disk in GB.", |s| s.size_in_gb()),
    ],
};

each! {
    /// One row for each disk in a snapshot.
    pub SnapshotDiskRows: InstanceSnapshot => &'a Disk, |snapshot| snapshot.from_attached_disks(),
    at |disk| disk.region()
}

/// `instance_snapshot_disks`.
#[expect(deprecated, reason = "two members are discontinued but still come over the wire")]
pub static INSTANCE_SNAPSHOT_DISKS: TableSpec<SnapshotDiskRows> = TableSpec {
    name: "instance_snapshot_disks",
    group: Group::Storage,
    description: "Disks that instance snapshots hold, as they were when the snapshot was taken, one row \
                  each.",
    feeds: &[Feed::of::<InstanceSnapshot>(&GET_INSTANCE_SNAPSHOTS)],
    key: Some("instance_snapshot_name"),
    examples: &["SELECT instance_snapshot_name, count(*) AS disks, sum(size_in_gb) AS gb \
         FROM instance_snapshot_disks GROUP BY instance_snapshot_name ORDER BY gb DESC"],
    columns: disk_columns!(
        text("instance_snapshot_name", "The name of the snapshot.", |(s, _)| s.name()),
        text("instance_snapshot_arn", "The arn of the snapshot, to join with instance_snapshots.arn.", |(s, _)| {
            s.arn()
        });
        (_, disk) => disk
    ),
};
