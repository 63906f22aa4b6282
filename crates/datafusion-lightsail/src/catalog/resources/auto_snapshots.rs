//! `auto_snapshots` and the disks in them: what the AutoSnapshot add-on took, asked for one instance or disk each.

use aws_sdk_lightsail::types::{AttachedDisk, AutoSnapshotDetails, Disk, Instance};

use super::block_disks::GET_DISKS;
use super::instances::GET_INSTANCES;
use crate::catalog::column::{int, text, time};
use crate::catalog::operation::{Asked, Items, Operation, Parent, call};
use crate::catalog::rows::{Plain, each, named, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetAutoSnapshots: of an instance or a block storage disk, without pages.
pub static GET_AUTO_SNAPSHOTS: Operation = Operation::about(
    "GetAutoSnapshots",
    &[("resource_name", "resourceName")],
    &[
        Parent { operation: &GET_INSTANCES, subjects: |items| named::<Instance>(items, "resourceName") },
        Parent { operation: &GET_DISKS, subjects: |items| named::<Disk>(items, "resourceName") },
    ],
    call!(|request| get_auto_snapshots.set_resource_name(request.text("resourceName"))
        => |output| output.auto_snapshots.map(|items| Items::asked(&request.parameters, items)), None),
);

resource!(AutoSnapshotDetails);

/// `auto_snapshots`.
pub static AUTO_SNAPSHOTS: TableSpec<Plain<Asked<AutoSnapshotDetails>>> = TableSpec {
    name: "auto_snapshots",
    group: Group::Storage,
    description: "Automatic snapshots of instances and disks, one row each; one call for each instance and \
                  disk.",
    feeds: &[Feed::of::<Asked<AutoSnapshotDetails>>(&GET_AUTO_SNAPSHOTS)],
    key: None,
    examples: &["SELECT resource_name, count(*) AS snapshots, max(date) AS newest FROM auto_snapshots \
         GROUP BY resource_name ORDER BY newest"],
    columns: &[
        text(
            "resource_name",
            "The name of the instance or disk; a predicate on it saves the other calls.",
            |s| s.parameters.text("resourceName"),
        ),
        text(
            "date",
            "The day on which it was taken, as text such as 2025-05-31: what CopySnapshot knows it by.",
            |s| s.item.date(),
        ),
        time("created_at", "When it was taken.", |s| s.item.created_at()),
        text("status", "Whether it is there: Success, Failed, InProgress or NotFound.", |s| {
            Some(s.item.status()?.as_str())
        }),
    ],
};

each! {
    /// One row for each disk in an automatic snapshot.
    pub AutoSnapshotDiskRows: Asked<AutoSnapshotDetails> => &'a AttachedDisk,
    |snapshot| snapshot.item.from_attached_disks()
}

/// `auto_snapshot_disks`.
pub static AUTO_SNAPSHOT_DISKS: TableSpec<AutoSnapshotDiskRows> = TableSpec {
    name: "auto_snapshot_disks",
    group: Group::Storage,
    description: "Disks that automatic snapshots hold beside the system disk, one row each.",
    feeds: &[Feed::of::<Asked<AutoSnapshotDetails>>(&GET_AUTO_SNAPSHOTS)],
    key: None,
    examples: &["SELECT resource_name, path, max(size_in_gb) AS gb FROM auto_snapshot_disks \
         GROUP BY resource_name, path ORDER BY gb DESC"],
    columns: &[
        text(
            "resource_name",
            "The name of the instance or disk; a predicate on it saves the other calls.",
            |(s, _)| s.parameters.text("resourceName"),
        ),
        text("path", "The device path of the disk, such as /dev/xvdf.", |(_, d)| d.path()),
        int("size_in_gb", "Its size in GB.", |(_, d)| d.size_in_gb()),
    ],
};
