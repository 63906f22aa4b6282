//! `export_snapshot_records`: exports of snapshots to Amazon EC2, and the disks in them.

use aws_sdk_lightsail::types::{
    DiskInfo, ExportSnapshotRecord, ExportSnapshotRecordSourceInfo, InstanceSnapshotInfo,
};

use super::common::{arn, created_at, zone};
use crate::catalog::column::{flag, int, text, time};
use crate::catalog::operation::{Items, Operation, call};
use crate::catalog::rows::{Plain, each, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetExportSnapshotRecords.
pub static GET_EXPORT_SNAPSHOT_RECORDS: Operation = Operation::new(
    "GetExportSnapshotRecords",
    call!(|request| get_export_snapshot_records.set_page_token(request.token)
        => |output| output.export_snapshot_records.map(Items::new), output.next_page_token),
);

resource!(ExportSnapshotRecord: name, arn, location);

/// `export_snapshot_records`.
pub static EXPORT_SNAPSHOT_RECORDS: TableSpec<Plain<ExportSnapshotRecord>> = TableSpec {
    name: "export_snapshot_records",
    group: Group::Storage,
    description: "Exports of snapshots to Amazon EC2, one row each.",
    feeds: &[Feed::of::<ExportSnapshotRecord>(&GET_EXPORT_SNAPSHOT_RECORDS)],
    key: None,
    examples: &[
        "SELECT created_at, source_info_name, state, destination_info_id FROM export_snapshot_records \
                 ORDER BY created_at DESC",
    ],
    columns: &[
        text("name", "The name that Lightsail gave the record.", |e| e.name()),
        arn(|e| e.arn()),
        created_at(|e| e.created_at()),
        zone(|e| e.location()?.availability_zone()),
        text("resource_type", "Always ExportSnapshotRecord.", |e| Some(e.resource_type()?.as_str())),
        text("state", "Whether the export Started, Succeeded or Failed.", |e| Some(e.state()?.as_str())),
        text("source_info_resource_type", "What was exported: InstanceSnapshot or DiskSnapshot.", |e| {
            Some(e.source_info()?.resource_type()?.as_str())
        }),
        time("source_info_created_at", "When the snapshot was taken.", |e| e.source_info()?.created_at()),
        text("source_info_name", "The name of the snapshot.", |e| e.source_info()?.name()),
        text(
            "source_info_arn",
            "The arn of the snapshot, to join with instance_snapshots.arn or disk_snapshots.arn.",
            |e| e.source_info()?.arn(),
        ),
        text(
            "source_info_from_resource_name",
            "The name of the instance or disk that the snapshot was taken of.",
            |e| e.source_info()?.from_resource_name(),
        ),
        text("source_info_from_resource_arn", "The arn of that instance or disk.", |e| {
            e.source_info()?.from_resource_arn()
        }),
        text("source_info_instance_snapshot_info_from_bundle_id", "The plan of that instance.", |e| {
            e.source_info()?.instance_snapshot_info()?.from_bundle_id()
        }),
        text("source_info_instance_snapshot_info_from_blueprint_id", "The image of that instance.", |e| {
            e.source_info()?.instance_snapshot_info()?.from_blueprint_id()
        }),
        int("source_info_disk_snapshot_info_size_in_gb", "The size of that disk in GB.", |e| {
            e.source_info()?.disk_snapshot_info()?.size_in_gb()
        }),
        text("destination_info_id", "The id of what came of it, such as an AMI or an EBS snapshot.", |e| {
            e.destination_info()?.id()
        }),
        text("destination_info_service", "The service that it went to.", |e| e.destination_info()?.service()),
    ],
};

each! {
    /// One row for each disk in an exported snapshot.
    pub ExportedDiskRows: ExportSnapshotRecord => &'a DiskInfo,
    |record| record
        .source_info()
        .and_then(ExportSnapshotRecordSourceInfo::instance_snapshot_info)
        .map(InstanceSnapshotInfo::from_disk_info)
        .unwrap_or_default()
}

/// `export_snapshot_record_disks`.
pub static EXPORT_SNAPSHOT_RECORD_DISKS: TableSpec<ExportedDiskRows> = TableSpec {
    name: "export_snapshot_record_disks",
    group: Group::Storage,
    description: "Disks in snapshots that were exported to Amazon EC2, one row each.",
    feeds: &[Feed::of::<ExportSnapshotRecord>(&GET_EXPORT_SNAPSHOT_RECORDS)],
    key: None,
    examples: &["SELECT export_snapshot_record_name, count(*) AS disks, sum(size_in_gb) AS gb \
         FROM export_snapshot_record_disks GROUP BY export_snapshot_record_name ORDER BY gb DESC"],
    columns: &[
        text("export_snapshot_record_name", "The name of the record.", |(e, _)| e.name()),
        text(
            "export_snapshot_record_arn",
            "The arn of the record, to join with export_snapshot_records.arn.",
            |(e, _)| e.arn(),
        ),
        text("name", "The name of the disk.", |(_, d)| d.name()),
        text("path", "The device path of the disk.", |(_, d)| d.path()),
        int("size_in_gb", "Its size in GB.", |(_, d)| d.size_in_gb()),
        flag("is_system_disk", "Whether the operating system is on it.", |(_, d)| d.is_system_disk()),
    ],
};
