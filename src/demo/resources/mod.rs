//! The resources, one file for each kind: what it is made of, and the operations that tell of it.

use crate::demo::call::Operation;

mod auto_snapshots;
mod blueprints;
mod buckets;
mod bundles;
mod cache;
mod certificates;
mod container_logs;
mod container_services;
mod database_logs;
mod database_parameters;
mod database_snapshots;
mod databases;
mod deployments;
mod disk_snapshots;
mod disks;
mod distributions;
mod domains;
mod instance_snapshots;
mod instances;
mod key_pairs;
mod load_balancer_certificates;
mod load_balancers;
mod logs;
mod metric_data;
mod metrics;
mod origins;
mod static_ips;
mod tls;
mod waf;

/// Every operation, by what it is about.
pub(super) const OPERATIONS: &[&[Operation]] = &[
    auto_snapshots::OPERATIONS,
    blueprints::OPERATIONS,
    buckets::OPERATIONS,
    bundles::OPERATIONS,
    certificates::OPERATIONS,
    container_logs::OPERATIONS,
    container_services::OPERATIONS,
    database_logs::OPERATIONS,
    database_parameters::OPERATIONS,
    database_snapshots::OPERATIONS,
    databases::OPERATIONS,
    disk_snapshots::OPERATIONS,
    disks::OPERATIONS,
    distributions::OPERATIONS,
    domains::OPERATIONS,
    instance_snapshots::OPERATIONS,
    instances::OPERATIONS,
    key_pairs::OPERATIONS,
    load_balancers::OPERATIONS,
    metric_data::OPERATIONS,
    static_ips::OPERATIONS,
];
