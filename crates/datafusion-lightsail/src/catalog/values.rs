//! The values that the API says a column has: of a filter that wants another one a person is told, and Tab offers them.

use aws_sdk_lightsail::types::{
    AlarmState, AutoSnapshotStatus, BehaviorEnum, CertificateDomainValidationStatus, CertificateStatus,
    ContactMethodStatus, ContactProtocol, ContainerServiceDeploymentState, ContainerServiceState,
    DiskSnapshotState, DiskState, InstanceSnapshotState, IpAddressType, LoadBalancerState,
    LoadBalancerTlsCertificateDomainStatus, LoadBalancerTlsCertificateStatus, OperationStatus, PortState,
    RecordState, SetupStatus, StatusType,
};

/// The power states of an instance, which the SDK has no enum for.
const POWER: &[&str] = &["pending", "running", "stopping", "stopped", "shutting-down", "terminated"];

/// Tables, a column, and its values.
type Declared = (&'static [&'static str], &'static str, &'static [&'static str]);

/// Every column whose values the API enumerates and a person may well mistake.
const VALUES: &[Declared] = &[
    (&["instances"], "state", POWER),
    (&["disks", "block_disks", "instance_snapshot_disks"], "state", DiskState::values()),
    (&["instances", "load_balancers"], "ip_address_type", IpAddressType::values()),
    (&["instance_snapshots"], "state", InstanceSnapshotState::values()),
    (&["disk_snapshots"], "state", DiskSnapshotState::values()),
    (&["auto_snapshots"], "status", AutoSnapshotStatus::values()),
    (&["instance_port_states"], "state", PortState::values()),
    (&["load_balancers"], "state", LoadBalancerState::values()),
    (&["load_balancer_tls_certificates"], "status", LoadBalancerTlsCertificateStatus::values()),
    (
        &["load_balancer_tls_certificate_validation_records"],
        "validation_status",
        LoadBalancerTlsCertificateDomainStatus::values(),
    ),
    (&["certificates"], "status", CertificateStatus::values()),
    (&["certificate_validation_records"], "validation_status", CertificateDomainValidationStatus::values()),
    (&["distribution_cache_behaviors"], "behavior", BehaviorEnum::values()),
    (&["bucket_access_keys"], "status", StatusType::values()),
    (&["container_services"], "state", ContainerServiceState::values()),
    (&["container_service_deployments"], "state", ContainerServiceDeploymentState::values()),
    (&["alarms"], "state", AlarmState::values()),
    (&["contact_methods"], "status", ContactMethodStatus::values()),
    (&["contact_methods"], "protocol", ContactProtocol::values()),
    (&["operations"], "status", OperationStatus::values()),
    (&["export_snapshot_records", "cloud_formation_stack_records"], "state", RecordState::values()),
    (&["setup_history"], "status", SetupStatus::values()),
];

/// The values that a column of a table has; empty if nobody says which there are.
pub fn values(table: &str, column: &str) -> &'static [&'static str] {
    let is_it = |declared: &&Declared| declared.0.contains(&table) && declared.1 == column;
    VALUES.iter().find(is_it).map(|declared| declared.2).unwrap_or_default()
}

/// The columns of a table that have such values.
pub(crate) fn columns(table: &str) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    VALUES.iter().filter(move |declared| declared.0.contains(&table)).map(|declared| (declared.1, declared.2))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::super::TABLES;
    use super::*;

    #[test]
    fn values_are_of_columns_of_text_that_there_are() {
        for (tables, column, values) in VALUES {
            assert!(values.len() > 1, "{column}");
            for name in *tables {
                let table = TABLES.iter().find(|table| table.name() == *name).unwrap();
                let columns = table.columns();
                let field = columns.iter().map(|known| &known.field).find(|field| field.name() == column);
                assert_eq!(field.unwrap().data_type(), &DataType::Utf8, "{name}.{column}");
            }
        }
        assert_eq!(values("instances", "state")[1], "running");
        assert!(values("instances", "name").is_empty());
    }
}
