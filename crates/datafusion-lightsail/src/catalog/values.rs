//! The values that the API says a column has: of a filter that wants another one a person is told, and Tab offers them.

use aws_sdk_lightsail::types::{
    AccessDirection, AccessType, AlarmState, AppCategory, AutoMountStatus, AutoSnapshotStatus, BehaviorEnum,
    BlueprintType, BucketMetricName, CertificateDomainValidationStatus, CertificateProvider,
    CertificateStatus, CloudFormationStackRecordSourceType, ComparisonOperator, ContactMethodStatus,
    ContactProtocol, ContainerServiceDeploymentState, ContainerServiceMetricName, ContainerServicePowerName,
    ContainerServiceState, ContainerServiceStateDetailCode, DiskSnapshotState, DiskState,
    DistributionMetricName, DnsRecordCreationStateCode, ExportSnapshotRecordSourceType, ForwardValues,
    HttpEndpoint, HttpProtocolIpv6, HttpTokens, InstanceHealthReason, InstanceHealthState,
    InstanceHealthStatusValue, InstanceMetadataState, InstanceMetricName, InstancePlatform,
    InstanceSnapshotState, IpAddressType, LoadBalancerMetricName, LoadBalancerProtocol, LoadBalancerState,
    LoadBalancerTlsCertificateDnsRecordCreationStateCode, LoadBalancerTlsCertificateDomainStatus,
    LoadBalancerTlsCertificateFailureReason, LoadBalancerTlsCertificateRenewalStatus,
    LoadBalancerTlsCertificateRevocationReason, LoadBalancerTlsCertificateStatus, MetricName,
    MetricStatistic, MetricUnit, NameServersUpdateStateCode, NetworkProtocol, OperationStatus, OperationType,
    OriginIpAddressTypeEnum, OriginProtocolPolicyEnum, PortState, PricingUnit,
    R53HostedZoneDeletionStateCode, RecordState, RelationalDatabaseEngine, RelationalDatabaseMetricName,
    RenewalStatus, ResourceType, SetupStatus, StatusType, TreatMissingData, WafInspectionLevelEnum,
    WafPayloadTypeEnum,
};

/// The power states of an instance, which the SDK has no enum for.
const POWER: &[&str] = &["pending", "running", "stopping", "stopped", "shutting-down", "terminated"];

/// The kinds of access to a port: the wire has them in lower case, where the SDK's names begin with a capital.
const PORT_ACCESS: &[&str] = &["public", "private", "Public", "Private"];

/// The types of DNS entries, as the documentation of DomainEntry lists them.
const DNS_TYPES: &[&str] = &["A", "AAAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT"];

/// The types of resources that have add-ons.
const WITH_ADD_ONS: &[&str] = &["Instance", "Disk"];

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
    (&["setup_history", "setup_history_steps"], "status", SetupStatus::values()),
    (&["setup_history"], "resource_resource_type", ResourceType::values()),
    (&["setup_history"], "request_certificate_provider", CertificateProvider::values()),
    (
        &[
            "alarms",
            "block_disks",
            "cloud_formation_stack_records",
            "contact_methods",
            "container_services",
            "cost_estimates",
            "disk_snapshots",
            "distributions",
            "domains",
            "export_snapshot_records",
            "instance_snapshots",
            "instances",
            "key_pairs",
            "load_balancer_tls_certificates",
            "load_balancers",
            "operations",
            "relational_database_snapshots",
            "relational_databases",
            "static_ips",
            "tags",
        ],
        "resource_type",
        ResourceType::values(),
    ),
    (&["add_ons"], "resource_type", WITH_ADD_ONS),
    (
        &["cloud_formation_stack_record_sources"],
        "resource_type",
        CloudFormationStackRecordSourceType::values(),
    ),
    (&["alarms"], "monitored_resource_info_resource_type", ResourceType::values()),
    (&["alarms"], "comparison_operator", ComparisonOperator::values()),
    (&["alarms"], "treat_missing_data", TreatMissingData::values()),
    (&["alarms"], "statistic", MetricStatistic::values()),
    (&["alarms"], "metric_name", MetricName::values()),
    (&["alarms"], "unit", MetricUnit::values()),
    (&["bucket_metrics"], "metric_name", BucketMetricName::values()),
    (&["container_service_metrics"], "metric_name", ContainerServiceMetricName::values()),
    (&["distribution_metrics"], "metric_name", DistributionMetricName::values()),
    (&["instance_metrics"], "metric_name", InstanceMetricName::values()),
    (&["load_balancer_metrics"], "metric_name", LoadBalancerMetricName::values()),
    (&["relational_database_metrics"], "metric_name", RelationalDatabaseMetricName::values()),
    (&["block_disks"], "auto_mount_status", AutoMountStatus::values()),
    (&["blueprints"], "type", BlueprintType::values()),
    (&["blueprints"], "platform", InstancePlatform::values()),
    (&["blueprints"], "app_category", AppCategory::values()),
    (&["buckets"], "access_rules_get_object", AccessType::values()),
    (&["certificates"], "renewal_summary_renewal_status", RenewalStatus::values()),
    (
        &["certificate_validation_records", "certificate_renewal_validation_records"],
        "dns_record_creation_state_code",
        DnsRecordCreationStateCode::values(),
    ),
    (
        &["certificate_renewal_validation_records"],
        "validation_status",
        CertificateDomainValidationStatus::values(),
    ),
    (&["container_services"], "power", ContainerServicePowerName::values()),
    (&["container_services"], "state_detail_code", ContainerServiceStateDetailCode::values()),
    (&["cost_estimates"], "pricing_unit", PricingUnit::values()),
    (&["distributions"], "origin_resource_type", ResourceType::values()),
    (&["distributions"], "origin_protocol_policy", OriginProtocolPolicyEnum::values()),
    (&["distributions"], "origin_ip_address_type", OriginIpAddressTypeEnum::values()),
    (&["distributions"], "ip_address_type", IpAddressType::values()),
    (&["distributions"], "default_cache_behavior_behavior", BehaviorEnum::values()),
    (&["distributions"], "cache_behavior_settings_forwarded_cookies_option", ForwardValues::values()),
    (&["distributions"], "cache_behavior_settings_forwarded_headers_option", ForwardValues::values()),
    (&["distribution_waf_rules"], "atp_config_payload_type", WafPayloadTypeEnum::values()),
    (&["distribution_waf_rules"], "acfp_config_payload_type", WafPayloadTypeEnum::values()),
    (&["distribution_waf_rules"], "bot_control_config_inspection_level", WafInspectionLevelEnum::values()),
    (
        &["domains"],
        "registered_domain_delegation_info_name_servers_update_state_code",
        NameServersUpdateStateCode::values(),
    ),
    (
        &["domains"],
        "registered_domain_delegation_info_r53_hosted_zone_deletion_state_code",
        R53HostedZoneDeletionStateCode::values(),
    ),
    (&["domain_entries"], "type", DNS_TYPES),
    (&["export_snapshot_records"], "source_info_resource_type", ExportSnapshotRecordSourceType::values()),
    (&["instances"], "metadata_options_state", InstanceMetadataState::values()),
    (&["instances"], "metadata_options_http_tokens", HttpTokens::values()),
    (&["instances"], "metadata_options_http_endpoint", HttpEndpoint::values()),
    (&["instances"], "metadata_options_http_protocol_ipv6", HttpProtocolIpv6::values()),
    (&["instances"], "instance_status", InstanceHealthStatusValue::values()),
    (&["instances"], "system_status", InstanceHealthStatusValue::values()),
    (&["ports", "instance_port_states"], "protocol", NetworkProtocol::values()),
    (&["ports"], "access_type", PORT_ACCESS),
    (&["ports"], "access_direction", AccessDirection::values()),
    (
        &["load_balancer_tls_certificates"],
        "failure_reason",
        LoadBalancerTlsCertificateFailureReason::values(),
    ),
    (
        &["load_balancer_tls_certificates"],
        "renewal_summary_renewal_status",
        LoadBalancerTlsCertificateRenewalStatus::values(),
    ),
    (
        &["load_balancer_tls_certificates"],
        "revocation_reason",
        LoadBalancerTlsCertificateRevocationReason::values(),
    ),
    (
        &["load_balancer_tls_certificate_validation_records"],
        "dns_record_creation_state_code",
        LoadBalancerTlsCertificateDnsRecordCreationStateCode::values(),
    ),
    (
        &["load_balancer_tls_certificate_renewal_validations"],
        "validation_status",
        LoadBalancerTlsCertificateDomainStatus::values(),
    ),
    (&["load_balancers"], "protocol", LoadBalancerProtocol::values()),
    (&["load_balancer_instances"], "instance_health", InstanceHealthState::values()),
    (&["load_balancer_instances"], "instance_health_reason", InstanceHealthReason::values()),
    (&["operations"], "operation_type", OperationType::values()),
    (&["relational_database_blueprints"], "engine", RelationalDatabaseEngine::values()),
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

    /// Columns of enums of the SDK that are not declared, and why.
    const OMITTED: &[(&str, &str)] = &[
        ("regions.name", "a new region comes before an SDK that knows it"),
        ("availability_zones.region_name", "a new region comes before an SDK that knows it"),
        (
            "relational_database_availability_zones.region_name",
            "a new region comes before an SDK that knows it",
        ),
        ("distributions.origin_region_name", "a new region comes before an SDK that knows it"),
        ("cost_estimates.currency", "there is one"),
    ];

    /// A text of the SDK needs no `as_str`; an enum does.
    #[test]
    fn every_column_of_an_enum_of_the_sdk_has_its_values() {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/resources");
        let (mut missing, mut found) = (Vec::new(), 0);
        for entry in std::fs::read_dir(directory).unwrap() {
            let source = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let names = |text: &str| -> Vec<String> {
                let names = text.split("\n    name: \"").skip(1).filter_map(|rest| rest.split('"').next());
                names.map(ToOwned::to_owned).collect()
            };
            for (end, _) in source.match_indices("?.as_str()") {
                let before = &source[..end];
                let Some((_, column)) = before.rsplit_once("text(") else { continue };
                let Some(column) = column.split('"').nth(1) else { continue };
                // A macro's columns are of all tables below it that have them.
                let above = names(before);
                let tables = above.last().map_or_else(|| names(&source), |name| vec![name.clone()]);
                for table in TABLES.iter().filter(|table| tables.iter().any(|name| name == table.name())) {
                    let has = table.columns().iter().any(|known| known.field.name() == column);
                    let at = format!("{}.{column}", table.name());
                    if has && !OMITTED.iter().any(|(omitted, _)| *omitted == at) {
                        found += 1;
                        missing.extend(values(table.name(), column).is_empty().then_some(at));
                    }
                }
            }
        }
        assert!(found > 80, "{found}");
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn values_are_of_columns_of_text_that_there_are() {
        for (tables, column, values) in VALUES {
            assert!(!values.is_empty(), "{column}");
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
