//! What can be asked: declarations only, no I/O.
//!
//! [`TABLES`] is the one slice that everything else is derived from: the SQL schema, `\d`, completion, and the
//! tests that hold each table against the SDK's own model of the API.

mod arrays;
mod asks;
pub mod column;
pub mod operation;
pub mod resources;
pub mod rows;
pub mod table;

use resources::{
    add_ons, alarms, auto_snapshots, block_disks, blueprints, bucket_access_keys, bucket_bundles, buckets,
    bundles, certificates, cloud_formation_stack_records, contact_methods, container_images, container_logs,
    container_service_deployments, container_service_powers, container_services, cost_estimates,
    disk_snapshots, distribution_bundles, distributions, domains, export_snapshot_records,
    instance_port_states, instance_snapshots, instances, key_pairs, load_balancer_tls_certificates,
    load_balancer_tls_policies, load_balancers, metrics, operations, regions, relational_database_blueprints,
    relational_database_bundles, relational_database_events, relational_database_log_events,
    relational_database_parameters, relational_database_snapshots, relational_databases, setup_history,
    static_ips, tags,
};
pub use table::Table;

/// Every table, in the order in which they are listed.
pub static TABLES: &[&dyn Table] = &[
    &instances::INSTANCES,
    &instances::DISKS,
    &instances::PORTS,
    &block_disks::BLOCK_DISKS,
    &instance_snapshots::INSTANCE_SNAPSHOTS,
    &instance_snapshots::INSTANCE_SNAPSHOT_DISKS,
    &disk_snapshots::DISK_SNAPSHOTS,
    &auto_snapshots::AUTO_SNAPSHOTS,
    &auto_snapshots::AUTO_SNAPSHOT_DISKS,
    &static_ips::STATIC_IPS,
    &key_pairs::KEY_PAIRS,
    &instance_port_states::INSTANCE_PORT_STATES,
    &load_balancers::LOAD_BALANCERS,
    &load_balancers::LOAD_BALANCER_INSTANCES,
    &load_balancers::LOAD_BALANCER_TLS_CERTIFICATE_SUMMARIES,
    &load_balancer_tls_certificates::LOAD_BALANCER_TLS_CERTIFICATES,
    &load_balancer_tls_certificates::LOAD_BALANCER_TLS_CERTIFICATE_VALIDATION_RECORDS,
    &load_balancer_tls_certificates::LOAD_BALANCER_TLS_CERTIFICATE_RENEWAL_VALIDATIONS,
    &load_balancer_tls_policies::LOAD_BALANCER_TLS_POLICIES,
    &certificates::CERTIFICATES,
    &certificates::CERTIFICATE_VALIDATION_RECORDS,
    &certificates::CERTIFICATE_RENEWAL_VALIDATION_RECORDS,
    &distributions::DISTRIBUTIONS,
    &distributions::DISTRIBUTION_CACHE_BEHAVIORS,
    &distributions::DISTRIBUTION_ERROR_RESPONSES,
    &distributions::DISTRIBUTION_WAF_RULES,
    &distribution_bundles::DISTRIBUTION_BUNDLES,
    &domains::DOMAINS,
    &domains::DOMAIN_ENTRIES,
    &buckets::BUCKETS,
    &buckets::BUCKET_ACCESS_GRANTS,
    &buckets::BUCKET_CORS_RULES,
    &bucket_access_keys::BUCKET_ACCESS_KEYS,
    &bucket_bundles::BUCKET_BUNDLES,
    &container_services::CONTAINER_SERVICES,
    &container_service_deployments::CONTAINER_SERVICE_DEPLOYMENTS,
    &container_service_deployments::CONTAINER_SERVICE_CONTAINERS,
    &container_images::CONTAINER_IMAGES,
    &container_service_powers::CONTAINER_SERVICE_POWERS,
    &container_logs::CONTAINER_LOGS,
    &relational_databases::RELATIONAL_DATABASES,
    &relational_databases::RELATIONAL_DATABASE_MAINTENANCE_ACTIONS,
    &relational_database_snapshots::RELATIONAL_DATABASE_SNAPSHOTS,
    &relational_database_events::RELATIONAL_DATABASE_EVENTS,
    &relational_database_parameters::RELATIONAL_DATABASE_PARAMETERS,
    &relational_database_log_events::RELATIONAL_DATABASE_LOG_EVENTS,
    &relational_database_blueprints::RELATIONAL_DATABASE_BLUEPRINTS,
    &relational_database_bundles::RELATIONAL_DATABASE_BUNDLES,
    &alarms::ALARMS,
    &contact_methods::CONTACT_METHODS,
    &blueprints::BLUEPRINTS,
    &bundles::BUNDLES,
    &regions::REGIONS,
    &regions::AVAILABILITY_ZONES,
    &regions::RELATIONAL_DATABASE_AVAILABILITY_ZONES,
    &operations::OPERATIONS,
    &export_snapshot_records::EXPORT_SNAPSHOT_RECORDS,
    &export_snapshot_records::EXPORT_SNAPSHOT_RECORD_DISKS,
    &cloud_formation_stack_records::CLOUD_FORMATION_STACK_RECORDS,
    &cloud_formation_stack_records::CLOUD_FORMATION_STACK_RECORD_SOURCES,
    &setup_history::SETUP_HISTORY,
    &setup_history::SETUP_HISTORY_STEPS,
    &cost_estimates::COST_ESTIMATES,
    &metrics::INSTANCE_METRICS,
    &metrics::BUCKET_METRICS,
    &metrics::CONTAINER_SERVICE_METRICS,
    &metrics::DISTRIBUTION_METRICS,
    &metrics::LOAD_BALANCER_METRICS,
    &metrics::RELATIONAL_DATABASE_METRICS,
    &tags::TAGS,
    &add_ons::ADD_ONS,
];

#[cfg(test)]
mod tests;
