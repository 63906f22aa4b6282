//! What can be asked: declarations only, no I/O.
//!
//! [`TABLES`] is the one slice that everything else is derived from: the SQL schema, `\d`, completion, and the
//! tests that hold each table against the SDK's own model of the API.

mod arrays;
pub(crate) mod asks;
pub mod column;
pub mod everything;
mod group;
pub mod identity;
pub mod meaning;
pub(crate) mod names;
pub mod operation;
pub mod request;
pub mod resources;
pub mod rows;
pub mod shortfall;
pub mod table;
pub mod values;

pub use table::Table;

/// Every table, in the order in which they are listed.
pub static TABLES: &[&dyn Table] = &[
    &resources::instances::INSTANCES,
    &resources::instances::DISKS,
    &resources::instances::PORTS,
    &resources::block_disks::BLOCK_DISKS,
    &resources::instance_snapshots::INSTANCE_SNAPSHOTS,
    &resources::instance_snapshots::INSTANCE_SNAPSHOT_DISKS,
    &resources::disk_snapshots::DISK_SNAPSHOTS,
    &resources::auto_snapshots::AUTO_SNAPSHOTS,
    &resources::auto_snapshots::AUTO_SNAPSHOT_DISKS,
    &resources::static_ips::STATIC_IPS,
    &resources::key_pairs::KEY_PAIRS,
    &resources::instance_port_states::INSTANCE_PORT_STATES,
    &resources::load_balancers::LOAD_BALANCERS,
    &resources::load_balancers::LOAD_BALANCER_INSTANCES,
    &resources::load_balancers::LOAD_BALANCER_TLS_CERTIFICATE_SUMMARIES,
    &resources::load_balancer_tls_certificates::LOAD_BALANCER_TLS_CERTIFICATES,
    &resources::load_balancer_tls_certificates::LOAD_BALANCER_TLS_CERTIFICATE_VALIDATION_RECORDS,
    &resources::load_balancer_tls_certificates::LOAD_BALANCER_TLS_CERTIFICATE_RENEWAL_VALIDATIONS,
    &resources::load_balancer_tls_policies::LOAD_BALANCER_TLS_POLICIES,
    &resources::certificates::CERTIFICATES,
    &resources::certificates::CERTIFICATE_VALIDATION_RECORDS,
    &resources::certificates::CERTIFICATE_RENEWAL_VALIDATION_RECORDS,
    &resources::distributions::DISTRIBUTIONS,
    &resources::distributions::DISTRIBUTION_CACHE_BEHAVIORS,
    &resources::distributions::DISTRIBUTION_ERROR_RESPONSES,
    &resources::distributions::DISTRIBUTION_WAF_RULES,
    &resources::distribution_bundles::DISTRIBUTION_BUNDLES,
    &resources::domains::DOMAINS,
    &resources::domains::DOMAIN_ENTRIES,
    &resources::buckets::BUCKETS,
    &resources::buckets::BUCKET_ACCESS_GRANTS,
    &resources::buckets::BUCKET_CORS_RULES,
    &resources::bucket_access_keys::BUCKET_ACCESS_KEYS,
    &resources::bucket_bundles::BUCKET_BUNDLES,
    &resources::container_services::CONTAINER_SERVICES,
    &resources::container_service_deployments::CONTAINER_SERVICE_DEPLOYMENTS,
    &resources::container_service_deployments::CONTAINER_SERVICE_CONTAINERS,
    &resources::container_images::CONTAINER_IMAGES,
    &resources::container_service_powers::CONTAINER_SERVICE_POWERS,
    &resources::container_logs::CONTAINER_LOGS,
    &resources::relational_databases::RELATIONAL_DATABASES,
    &resources::relational_databases::RELATIONAL_DATABASE_MAINTENANCE_ACTIONS,
    &resources::relational_database_snapshots::RELATIONAL_DATABASE_SNAPSHOTS,
    &resources::relational_database_events::RELATIONAL_DATABASE_EVENTS,
    &resources::relational_database_parameters::RELATIONAL_DATABASE_PARAMETERS,
    &resources::relational_database_log_events::RELATIONAL_DATABASE_LOG_EVENTS,
    &resources::relational_database_blueprints::RELATIONAL_DATABASE_BLUEPRINTS,
    &resources::relational_database_bundles::RELATIONAL_DATABASE_BUNDLES,
    &resources::alarms::ALARMS,
    &resources::contact_methods::CONTACT_METHODS,
    &resources::blueprints::BLUEPRINTS,
    &resources::bundles::BUNDLES,
    &resources::regions::REGIONS,
    &resources::regions::AVAILABILITY_ZONES,
    &resources::regions::RELATIONAL_DATABASE_AVAILABILITY_ZONES,
    &resources::operations::OPERATIONS,
    &resources::export_snapshot_records::EXPORT_SNAPSHOT_RECORDS,
    &resources::export_snapshot_records::EXPORT_SNAPSHOT_RECORD_DISKS,
    &resources::cloud_formation_stack_records::CLOUD_FORMATION_STACK_RECORDS,
    &resources::cloud_formation_stack_records::CLOUD_FORMATION_STACK_RECORD_SOURCES,
    &resources::setup_history::SETUP_HISTORY,
    &resources::setup_history::SETUP_HISTORY_STEPS,
    &resources::cost_estimates::COST_ESTIMATES,
    &resources::metrics::INSTANCE_METRICS,
    &resources::metrics::BUCKET_METRICS,
    &resources::metrics::CONTAINER_SERVICE_METRICS,
    &resources::metrics::DISTRIBUTION_METRICS,
    &resources::metrics::LOAD_BALANCER_METRICS,
    &resources::metrics::RELATIONAL_DATABASE_METRICS,
    &resources::tags::TAGS,
    &resources::add_ons::ADD_ONS,
];

#[cfg(test)]
mod tests;
