//! `cloud_formation_stack_records`: stacks that make EC2 instances of exported snapshots, and their sources.

use aws_sdk_lightsail::types::{CloudFormationStackRecord, CloudFormationStackRecordSourceInfo};

use super::common::{arn, created_at, zone};
use crate::catalog::column::text;
use crate::catalog::operation::{Items, Operation, call};
use crate::catalog::rows::{Plain, each, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetCloudFormationStackRecords.
pub static GET_CLOUD_FORMATION_STACK_RECORDS: Operation = Operation::new(
    "GetCloudFormationStackRecords",
    call!(|request| get_cloud_formation_stack_records.set_page_token(request.token)
        => |output| output.cloud_formation_stack_records.map(Items::new), output.next_page_token),
);

resource!(CloudFormationStackRecord: name, arn, location);

/// `cloud_formation_stack_records`.
pub static CLOUD_FORMATION_STACK_RECORDS: TableSpec<Plain<CloudFormationStackRecord>> = TableSpec {
    name: "cloud_formation_stack_records",
    group: Group::Storage,
    description: "CloudFormation stacks that were made of exported snapshots, one row each.",
    feeds: &[Feed::of::<CloudFormationStackRecord>(&GET_CLOUD_FORMATION_STACK_RECORDS)],
    key: None,
    examples: &["SELECT created_at, name, state, destination_info_id FROM cloud_formation_stack_records \
         ORDER BY created_at DESC"],
    columns: &[
        text("name", "The name that Lightsail gave the record.", |c| c.name()),
        arn(|c| c.arn()),
        created_at(|c| c.created_at()),
        zone(|c| c.location()?.availability_zone()),
        text("resource_type", "Always CloudFormationStackRecord.", |c| Some(c.resource_type()?.as_str())),
        text("state", "Whether the stack is Started, Succeeded or Failed.", |c| Some(c.state()?.as_str())),
        text("destination_info_id", "The id of the stack.", |c| c.destination_info()?.id()),
        text("destination_info_service", "The service that it is in.", |c| c.destination_info()?.service()),
    ],
};

each! {
    /// One row for each export that a stack was made of.
    pub SourceRows: CloudFormationStackRecord => &'a CloudFormationStackRecordSourceInfo,
    |record| record.source_info()
}

/// `cloud_formation_stack_record_sources`.
pub static CLOUD_FORMATION_STACK_RECORD_SOURCES: TableSpec<SourceRows> = TableSpec {
    name: "cloud_formation_stack_record_sources",
    group: Group::Storage,
    description: "Exports that CloudFormation stacks were made of, one row each.",
    feeds: &[Feed::of::<CloudFormationStackRecord>(&GET_CLOUD_FORMATION_STACK_RECORDS)],
    key: None,
    examples: &["SELECT s.cloud_formation_stack_record_name, e.source_info_name, e.created_at \
         FROM cloud_formation_stack_record_sources AS s JOIN export_snapshot_records AS e ON e.arn = s.arn \
         ORDER BY e.created_at DESC"],
    columns: &[
        text("cloud_formation_stack_record_name", "The name of the stack's record.", |(c, _)| c.name()),
        text(
            "cloud_formation_stack_record_arn",
            "The arn of that record, to join with cloud_formation_stack_records.arn.",
            |(c, _)| c.arn(),
        ),
        text("resource_type", "What it was made of: ExportSnapshotRecord.", |(_, s)| {
            Some(s.resource_type()?.as_str())
        }),
        text("name", "The name of the export's record.", |(_, s)| s.name()),
        text("arn", "The arn of the export's record, to join with export_snapshot_records.arn.", |(_, s)| {
            s.arn()
        }),
    ],
};
