//! The resources, one file for each kind: what it is made of, and the operations that tell of it.

use crate::call::Operation;

mod alarms;
mod auto_snapshots;
mod blueprints;
mod buckets;
mod bundles;
mod cache;
mod certificates;
mod contact_methods;
mod container_logs;
mod container_services;
mod costs;
mod database_logs;
mod database_parameters;
mod database_snapshots;
mod databases;
mod deployments;
mod directory;
mod disk_snapshots;
mod disks;
mod distributions;
mod domains;
mod exports;
mod history;
mod instance_snapshots;
mod instances;
mod key_pairs;
mod load_balancer_certificates;
mod load_balancers;
mod logs;
mod metric_data;
mod metrics;
mod origins;
mod regions;
mod setup_history;
mod static_ips;
mod tls;
mod waf;

/// Every operation, by what it is about.
pub(super) const OPERATIONS: &[&[Operation]] = &[
    alarms::OPERATIONS,
    auto_snapshots::OPERATIONS,
    blueprints::OPERATIONS,
    buckets::OPERATIONS,
    bundles::OPERATIONS,
    certificates::OPERATIONS,
    contact_methods::OPERATIONS,
    container_logs::OPERATIONS,
    container_services::OPERATIONS,
    costs::OPERATIONS,
    database_logs::OPERATIONS,
    database_parameters::OPERATIONS,
    database_snapshots::OPERATIONS,
    databases::OPERATIONS,
    disk_snapshots::OPERATIONS,
    disks::OPERATIONS,
    distributions::OPERATIONS,
    domains::OPERATIONS,
    exports::OPERATIONS,
    history::OPERATIONS,
    instance_snapshots::OPERATIONS,
    instances::OPERATIONS,
    key_pairs::OPERATIONS,
    load_balancers::OPERATIONS,
    metric_data::OPERATIONS,
    regions::OPERATIONS,
    setup_history::OPERATIONS,
    static_ips::OPERATIONS,
];
