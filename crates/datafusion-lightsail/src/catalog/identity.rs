//! What makes rows of two times the same thing, so that it can be told what became of it.

use super::Table;

/// The column that names a resource for ever.
const ARN: &str = "arn";

/// Arns of what is not of Lightsail: roles and services that may be of any account.
#[cfg(feature = "cluster")]
const PRINCIPALS: [&str; 2] =
    ["principal_arn", "private_registry_access_ecr_image_puller_role_principal_arn"];

/// Whether a column names a resource of Lightsail by its arn. What one of them is part of, was made of or watches is of its
/// own account: the API copies, attaches and restores within an account alone.
#[cfg(feature = "cluster")]
pub(crate) fn names_resource(column: &str) -> bool {
    (column == ARN || column.ends_with("_arn")) && !PRINCIPALS.contains(&column)
}

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

    /// A new column that ends so is looked at: is what it names of the row's own account?
    #[cfg(feature = "cluster")]
    #[test]
    fn every_arn_is_known_to_be_of_the_rows_own_account_or_not() {
        let columns = TABLES.iter().flat_map(|table| table.columns());
        let names = columns.map(|column| column.field.name().clone()).filter(|name| name.contains("arn"));
        let names: std::collections::BTreeSet<String> = names.collect();
        let own: Vec<&str> = names.iter().map(String::as_str).filter(|name| names_resource(name)).collect();
        insta::assert_snapshot!(own.join(" "), @"arn bucket_arn certificate_arn cloud_formation_stack_record_arn distribution_arn domain_arn export_snapshot_record_arn from_disk_arn from_instance_arn from_relational_database_arn instance_arn instance_snapshot_arn load_balancer_arn monitored_resource_info_arn relational_database_arn resource_arn source_info_arn source_info_from_resource_arn");
        assert!(PRINCIPALS.iter().all(|name| names.contains(*name)));
    }

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
