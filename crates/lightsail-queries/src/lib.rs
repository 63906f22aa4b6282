//! The saved queries that ship with whatever asks the engine: those under `queries/`. A test of the application compares
//! this list with that folder.

/// A saved query that ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// What it is about: the name of its folder.
    pub theme: &'static str,
    /// What it is run by: the name of its file without `.sql`.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

/// The texts of files below `queries/`, each with its theme and its name.
macro_rules! shipped {
    ($($theme:literal / $name:literal),* $(,)?) => {
        &[$(Shipped {
            theme: $theme,
            name: $name,
            sql: include_str!(concat!("../../../queries/", $theme, "/", $name, ".sql")),
        }),*]
    };
}

/// Each of them, by theme and name.
pub static SHIPPED: &[Shipped] = shipped![
    "backup" / "databases_without_backups",
    "backup" / "instances_without_auto_snapshots",
    "backup" / "newest_snapshots",
    "backup" / "unprotected",
    "cost" / "cost_of_what_is_idle",
    "cost" / "disks_not_in_use",
    "cost" / "fleet_by_bundle",
    "cost" / "idle_instances",
    "cost" / "monthly_costs_by_region",
    "cost" / "storage_by_region",
    "cost" / "transfer_used_this_month",
    "cost" / "unused_resources",
    "health" / "alarms",
    "health" / "burst_capacity_running_out",
    "health" / "failed_auto_mounts",
    "health" / "failed_health_checks",
    "health" / "failed_operations",
    "health" / "stopped_instances",
    "health" / "unhealthy_targets",
    "inventory" / "duplicate_names",
    "inventory" / "everything_by_region",
    "inventory" / "fleet_by_blueprint",
    "inventory" / "fleet_by_zone",
    "inventory" / "instances_by_age",
    "inventory" / "instances_on_retired_images",
    "inventory" / "tag_coverage",
    "inventory" / "tag_keys",
    "inventory" / "untagged_resources",
    "network" / "dangling_dns_entries",
    "network" / "dns_entries_by_target",
    "network" / "public_ipv4_without_static_ip",
    "network" / "unattached_static_ips",
    "security" / "certificates_expiring",
    "security" / "certificates_pending",
    "security" / "distributions_without_certificate",
    "security" / "imdsv1_allowed",
    "security" / "instances_by_ssh_key",
    "security" / "ipv6_exposure",
    "security" / "ipv6_open_ipv4_closed",
    "security" / "open_ports_by_service",
    "security" / "public_buckets",
    "security" / "public_databases",
    "security" / "sensitive_ports_open_to_world",
    "security" / "unjudged_port_rules",
    "security" / "unused_bucket_access_keys",
    "security" / "wide_open_rules",
];
