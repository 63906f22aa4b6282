//! What makes rows of two times the same thing, so that it can be told what became of it.

use super::Table;

/// The column that names a resource for ever.
const ARN: &str = "arn";

/// The columns that tell the rows of a table apart where that is not their arn.
const IDENTITIES: &[(&str, &[&str])] = &[
    ("disks", &["instance_arn", "path"]),
    ("ports", &["instance_arn", "protocol", "from_port", "to_port"]),
    ("instance_port_states", &["profile", "region", "instance_name", "protocol", "from_port", "to_port"]),
    ("instance_snapshot_disks", &["instance_snapshot_arn", "path"]),
    ("auto_snapshots", &["profile", "region", "resource_name", "date"]),
    ("load_balancer_instances", &["load_balancer_arn", "instance_name"]),
    ("load_balancer_tls_certificate_summaries", &["load_balancer_arn", "name"]),
    ("load_balancer_tls_policies", &["profile", "region", "name"]),
    ("certificate_validation_records", &["certificate_arn", "domain_name"]),
    ("certificate_renewal_validation_records", &["certificate_arn", "domain_name"]),
    ("distribution_cache_behaviors", &["distribution_arn", "path"]),
    ("distribution_error_responses", &["distribution_arn", "error_code"]),
    ("distribution_waf_rules", &["distribution_arn", "name"]),
    ("distribution_bundles", &["profile", "bundle_id"]),
    ("domain_entries", &["domain_arn", "id"]),
    ("bucket_access_grants", &["bucket_arn", "name"]),
    ("bucket_cors_rules", &["bucket_arn", "id"]),
    ("bucket_access_keys", &["profile", "bucket_name", "access_key_id"]),
    ("bucket_bundles", &["profile", "region", "bundle_id"]),
    ("container_service_deployments", &["profile", "region", "container_service_name", "version"]),
    (
        "container_service_containers",
        &["profile", "region", "container_service_name", "deployment_version", "container_name"],
    ),
    ("container_images", &["profile", "region", "container_service_name", "image"]),
    ("container_service_powers", &["profile", "region", "power_id"]),
    ("relational_database_maintenance_actions", &["relational_database_arn", "action"]),
    ("relational_database_parameters", &["profile", "region", "relational_database_name", "parameter_name"]),
    ("relational_database_blueprints", &["profile", "region", "blueprint_id"]),
    ("relational_database_bundles", &["profile", "region", "bundle_id"]),
    ("blueprints", &["profile", "region", "blueprint_id"]),
    ("bundles", &["profile", "region", "bundle_id"]),
    ("regions", &["profile", "name"]),
    ("availability_zones", &["profile", "zone_name"]),
    ("relational_database_availability_zones", &["profile", "zone_name"]),
    ("operations", &["id"]),
    ("export_snapshot_record_disks", &["export_snapshot_record_arn", "path"]),
    ("cloud_formation_stack_record_sources", &["cloud_formation_stack_record_arn", "arn"]),
    ("setup_history", &["operation_id"]),
    ("tags", &["resource_arn", "key"]),
    ("add_ons", &["resource_arn", "name"]),
];

/// The columns that tell the rows of a table apart, in two captures as in one: its arn or those that are declared. Without
/// either it is all columns, so that a row is there or is not, and never changes.
pub fn identity(table: &dyn Table) -> Vec<String> {
    if let Some((_, columns)) = IDENTITIES.iter().find(|(name, _)| *name == table.name()) {
        return columns.iter().map(|column| (*column).to_owned()).collect();
    }
    let columns = table.columns().into_iter().map(|column| column.field.name().clone());
    let columns: Vec<String> = columns.collect();
    match columns.iter().any(|column| column == ARN) {
        true => vec![ARN.to_owned()],
        false => columns,
    }
}

#[cfg(test)]
mod tests {
    use super::super::TABLES;
    use super::*;

    #[test]
    fn every_declared_column_is_there() {
        for (name, _) in IDENTITIES {
            let table = TABLES.iter().find(|table| table.name() == *name);
            let schema = table.unwrap_or_else(|| panic!("there is no table {name}")).schema();
            for column in identity(*table.unwrap()) {
                assert!(schema.column_with_name(&column).is_some(), "{name}.{column}");
            }
        }
    }
}
