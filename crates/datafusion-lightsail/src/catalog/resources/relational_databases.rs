//! `relational_databases` and the maintenance that they wait for.

use aws_sdk_lightsail::types::{PendingMaintenanceAction, RelationalDatabase};

use super::common::{arn, created_at, support_code, tag_map, zone};
use crate::catalog::column::{flag, int, single, text, time, volatile};
use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, each, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetRelationalDatabases.
pub static GET_RELATIONAL_DATABASES: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetRelationalDatabase",
        member: "relationalDatabaseName",
        get: call!(|request| get_relational_database
            .set_relational_database_name(request.text("relationalDatabaseName"))
            => |output| output.relational_database.map(Items::one), None),
    }),
    ..Operation::new(
        "GetRelationalDatabases",
        call!(|request| get_relational_databases.set_page_token(request.token)
            => |output| output.relational_databases.map(Items::new), output.next_page_token),
    )
};

resource!(RelationalDatabase: name, arn, location);

/// `relational_databases`.
pub static RELATIONAL_DATABASES: TableSpec<Plain<RelationalDatabase>> = TableSpec {
    name: "relational_databases",
    group: Group::Databases,
    description: "Managed databases, one row each.",
    feeds: &[Feed::of::<RelationalDatabase>(&GET_RELATIONAL_DATABASES)],
    key: Some("name"),
    examples: &[
        "SELECT region, name, engine, engine_version, state, publicly_accessible \
         FROM relational_databases ORDER BY region, name",
        "SELECT region, name, master_endpoint_address FROM relational_databases \
         WHERE publicly_accessible OR NOT backup_retention_enabled ORDER BY region, name",
    ],
    columns: &[
        text("name", "The name that its owner gave the database, unique in its region.", |d| d.name()),
        arn(|d| d.arn()),
        support_code(|d| d.support_code()),
        created_at(|d| d.created_at()),
        zone(|d| d.location()?.availability_zone()),
        text("resource_type", "Always RelationalDatabase.", |d| Some(d.resource_type()?.as_str())),
        tag_map(|d| d.tags.as_deref()),
        text(
            "relational_database_blueprint_id",
            "The engine version that it was made of, such as mysql_8_0.",
            |d| d.relational_database_blueprint_id(),
        ),
        text("relational_database_bundle_id", "The plan that it is billed by, such as micro_2_0.", |d| {
            d.relational_database_bundle_id()
        }),
        text("master_database_name", "The name of the database that was made inside of it.", |d| {
            d.master_database_name()
        }),
        int("cpu_count", "How many virtual CPUs it has.", |d| d.hardware()?.cpu_count()),
        int("disk_size_in_gb", "Its storage in GB.", |d| d.hardware()?.disk_size_in_gb()),
        single("ram_size_in_gb", "Its memory in GB.", |d| d.hardware()?.ram_size_in_gb()),
        text("state", "The state of the database, such as available.", |d| d.state()),
        text("secondary_availability_zone", "The zone of its standby, if it is highly available.", |d| {
            d.secondary_availability_zone()
        }),
        flag("backup_retention_enabled", "Whether it is backed up by itself each day.", |d| {
            d.backup_retention_enabled()
        }),
        text("pending_modified_values_engine_version", "The engine version that it is about to get.", |d| {
            d.pending_modified_values()?.engine_version()
        }),
        flag(
            "pending_modified_values_backup_retention_enabled",
            "Whether backups are about to be switched on or off.",
            |d| d.pending_modified_values()?.backup_retention_enabled(),
        ),
        text("engine", "The database software, such as mysql.", |d| d.engine()),
        text("engine_version", "Its version.", |d| d.engine_version()),
        volatile(time("latest_restorable_time", "The latest moment that it can be restored to.", |d| {
            d.latest_restorable_time()
        })),
        text("master_username", "The user that owns all in it.", |d| d.master_username()),
        text(
            "parameter_apply_status",
            "Whether changed parameters are in effect, such as in-sync or pending-reboot.",
            |d| d.parameter_apply_status(),
        ),
        text("preferred_backup_window", "When it is backed up each day (UTC), such as 16:00-16:30.", |d| {
            d.preferred_backup_window()
        }),
        text(
            "preferred_maintenance_window",
            "When it is maintained each week (UTC), such as Tue:17:00-Tue:17:30.",
            |d| d.preferred_maintenance_window(),
        ),
        flag("publicly_accessible", "Whether the internet can reach it.", |d| d.publicly_accessible()),
        int("master_endpoint_port", "The port to connect to.", |d| d.master_endpoint()?.port()),
        text("master_endpoint_address", "The name to connect to.", |d| d.master_endpoint()?.address()),
        text("ca_certificate_identifier", "The certificate authority of its TLS certificate.", |d| {
            d.ca_certificate_identifier()
        }),
    ],
};

each! {
    /// One row for each maintenance action that a database waits for.
    pub MaintenanceRows: RelationalDatabase => &'a PendingMaintenanceAction,
    |database| database.pending_maintenance_actions()
}

/// `relational_database_maintenance_actions`.
pub static RELATIONAL_DATABASE_MAINTENANCE_ACTIONS: TableSpec<MaintenanceRows> = TableSpec {
    name: "relational_database_maintenance_actions",
    group: Group::Databases,
    description: "Maintenance that managed databases wait for, one row each.",
    feeds: &[Feed::of::<RelationalDatabase>(&GET_RELATIONAL_DATABASES)],
    key: Some("relational_database_name"),
    examples: &["SELECT current_apply_date, relational_database_name, action, description \
         FROM relational_database_maintenance_actions ORDER BY current_apply_date"],
    columns: &[
        text("relational_database_name", "The name of the database.", |(d, _)| d.name()),
        text(
            "relational_database_arn",
            "The arn of the database, to join with relational_databases.arn.",
            |(d, _)| d.arn(),
        ),
        text("action", "What is to be done, such as system-update.", |(_, a)| a.action()),
        text("description", "What that means.", |(_, a)| a.description()),
        time("current_apply_date", "When it will be done.", |(_, a)| a.current_apply_date()),
    ],
};
