//! `block_disks`: disks that can be attached and detached. A system disk is listed by its instance alone, in `disks`.

use aws_sdk_lightsail::types::Disk;

use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetDisks: all block storage disks, attached or not.
pub static GET_DISKS: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetDisk",
        member: "diskName",
        get: call!(|request| get_disk.set_disk_name(request.text("diskName"))
            => |output| output.disk.map(Items::one), None),
    }),
    ..Operation::new(
        "GetDisks",
        call!(|request| get_disks.set_page_token(request.token)
            => |output| output.disks.map(Items::new), output.next_page_token),
    )
};

resource!(Disk: name, arn, location);

/// The columns of a disk, after those of what lists it: `disk_columns!(text(…); (_, disk) => disk)`.
macro_rules! disk_columns {
    ($($first:expr),* ; $row:pat_param => $disk:expr) => {{
        use $crate::catalog::column::{flag, int, tags, text, time};
        &[
            $($first,)*
            text("name", "The name of the disk; a system disk has none.", |$row| $disk.name()),
            text("arn", "The Amazon Resource Name of the disk; a system disk has none.", |$row| $disk.arn()),
            text("support_code", "The code to quote to AWS support about this disk.", |$row| {
                $disk.support_code()
            }),
            time("created_at", "When the disk was created.", |$row| $disk.created_at()),
            text("availability_zone", "The zone of the region that it is in.", |$row| {
                $disk.location()?.availability_zone()
            }),
            text("resource_type", "Disk, where the API says it.", |$row| {
                Some($disk.resource_type()?.as_str())
            }),
            tags("tags", "The tags by key; a tag without a value is NULL.", |$row| $disk.tags.as_deref()),
            int("size_in_gb", "Its size in GB.", |$row| $disk.size_in_gb()),
            flag("is_system_disk", "Whether the operating system is on it.", |$row| $disk.is_system_disk()),
            int("iops", "The input and output operations that it allows per second.", |$row| $disk.iops()),
            text("path", "The device path on the instance, such as /dev/xvda.", |$row| $disk.path()),
            text("state", "The state of the disk, such as in-use.", |$row| Some($disk.state()?.as_str())),
            text("attached_to", "The name of the instance that it is attached to.", |$row| {
                $disk.attached_to()
            }),
            flag("is_attached", "Whether it is attached.", |$row| $disk.is_attached()),
            text("attachment_state", "Discontinued by AWS, but still sent for some disks.", |$row| {
                $disk.attachment_state()
            }),
            $crate::catalog::column::volatile(int("gb_in_use", "Discontinued by AWS, but still sent for some disks.", |$row| $disk.gb_in_use())),
            text("auto_mount_status", "Whether Lightsail for Research mounts it by itself.", |$row| {
                Some($disk.auto_mount_status()?.as_str())
            }),
        ]
    }};
    ($row:pat_param => $disk:expr) => {
        disk_columns!(; $row => $disk)
    };
}
pub(super) use disk_columns;

/// `block_disks`.
#[expect(deprecated, reason = "two members are discontinued but still come over the wire")]
pub static BLOCK_DISKS: TableSpec<Plain<Disk>> = TableSpec {
    name: "block_disks",
    group: Group::Storage,
    description: "Block storage disks, attached or not, one row each; system disks are in disks alone.",
    feeds: &[Feed::of::<Disk>(&GET_DISKS)],
    key: Some("name"),
    examples: &[
        "SELECT region, name, size_in_gb, created_at FROM block_disks WHERE NOT is_attached \
         ORDER BY size_in_gb DESC",
        "SELECT state, count(*) AS disks, sum(size_in_gb) AS gb FROM block_disks GROUP BY state \
         ORDER BY gb DESC",
    ],
    columns: disk_columns!(disk => disk),
};
