//! `disk_snapshots`.

use aws_sdk_lightsail::types::DiskSnapshot;

use super::common::{arn, created_at, support_code, tag_map, zone};
use crate::catalog::column::{flag, int, text};
use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetDiskSnapshots.
pub static GET_DISK_SNAPSHOTS: Operation = Operation {
    reaches: &["from_disk_arn", "from_disk_name", "from_instance_arn", "from_instance_name"],
    lookup: Some(Lookup {
        name: "GetDiskSnapshot",
        member: "diskSnapshotName",
        get: call!(|request| get_disk_snapshot.set_disk_snapshot_name(request.text("diskSnapshotName"))
            => |output| output.disk_snapshot.map(Items::one), None),
    }),
    ..Operation::new(
        "GetDiskSnapshots",
        call!(|request| get_disk_snapshots.set_page_token(request.token)
            => |output| output.disk_snapshots.map(Items::new), output.next_page_token),
    )
};

resource!(DiskSnapshot: name, arn, location);

/// `disk_snapshots`.
pub static DISK_SNAPSHOTS: TableSpec<Plain<DiskSnapshot>> = TableSpec {
    name: "disk_snapshots",
    group: Group::Storage,
    description: "Snapshots of block storage disks and of system disks, one row each.",
    feeds: &[Feed::of::<DiskSnapshot>(&GET_DISK_SNAPSHOTS)],
    key: Some("name"),
    examples: &["SELECT coalesce(from_disk_name, from_instance_name) AS source, max(created_at) AS newest, \
         sum(size_in_gb) AS gb FROM disk_snapshots GROUP BY 1 ORDER BY gb DESC"],
    columns: &[
        text("name", "The name that its owner gave the snapshot, unique in its region.", |s| s.name()),
        arn(|s| s.arn()),
        support_code(|s| s.support_code()),
        created_at(|s| s.created_at()),
        zone(|s| s.location()?.availability_zone()),
        text("resource_type", "Always DiskSnapshot.", |s| Some(s.resource_type()?.as_str())),
        tag_map(|s| s.tags.as_deref()),
        int("size_in_gb", "The size of the disk in GB.", |s| s.size_in_gb()),
        text("state", "Whether it is pending, completed, in error or unknown.", |s| {
            Some(s.state()?.as_str())
        }),
        text("progress", "How much of it is taken, as text such as 100%.", |s| s.progress()),
        text("from_disk_name", "The name of the disk that it was taken of; NULL for a system disk.", |s| {
            s.from_disk_name()
        }),
        text("from_disk_arn", "The arn of that disk, to join with block_disks.arn.", |s| s.from_disk_arn()),
        text("from_instance_name", "The name of the instance whose system disk it was taken of.", |s| {
            s.from_instance_name()
        }),
        text("from_instance_arn", "The arn of that instance, to join with instances.arn.", |s| {
            s.from_instance_arn()
        }),
        flag("is_from_auto_snapshot", "Whether it was copied from an automatic snapshot.", |s| {
            s.is_from_auto_snapshot()
        }),
    ],
};
