//! `relational_database_snapshots`.

use aws_sdk_lightsail::types::RelationalDatabaseSnapshot;

use super::common::{arn, created_at, support_code, tag_map, zone};
use crate::catalog::column::{int, text};
use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetRelationalDatabaseSnapshots.
pub static GET_RELATIONAL_DATABASE_SNAPSHOTS: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetRelationalDatabaseSnapshot",
        member: "relationalDatabaseSnapshotName",
        get: call!(|request| get_relational_database_snapshot
            .set_relational_database_snapshot_name(request.text("relationalDatabaseSnapshotName"))
            => |output| output.relational_database_snapshot.map(Items::one), None),
    }),
    ..Operation::new(
        "GetRelationalDatabaseSnapshots",
        call!(|request| get_relational_database_snapshots.set_page_token(request.token)
            => |output| output.relational_database_snapshots.map(Items::new), output.next_page_token),
    )
};

resource!(RelationalDatabaseSnapshot: name, arn, location);

/// `relational_database_snapshots`.
pub static RELATIONAL_DATABASE_SNAPSHOTS: TableSpec<Plain<RelationalDatabaseSnapshot>> = TableSpec {
    name: "relational_database_snapshots",
    group: Group::Databases,
    description: "Snapshots of managed databases that were taken by hand, one row each.",
    feeds: &[Feed::of::<RelationalDatabaseSnapshot>(&GET_RELATIONAL_DATABASE_SNAPSHOTS)],
    key: Some("name"),
    examples: &["SELECT from_relational_database_name, count(*) AS snapshots, max(created_at) AS newest, \
         sum(size_in_gb) AS gb FROM relational_database_snapshots \
         GROUP BY from_relational_database_name ORDER BY newest"],
    columns: &[
        text("name", "The name that its owner gave the snapshot, unique in its region.", |s| s.name()),
        arn(|s| s.arn()),
        support_code(|s| s.support_code()),
        created_at(|s| s.created_at()),
        zone(|s| s.location()?.availability_zone()),
        text("resource_type", "Always RelationalDatabaseSnapshot.", |s| Some(s.resource_type()?.as_str())),
        tag_map(|s| s.tags.as_deref()),
        text("engine", "The database software, such as mysql.", |s| s.engine()),
        text("engine_version", "Its version.", |s| s.engine_version()),
        int("size_in_gb", "The size of the database's storage in GB.", |s| s.size_in_gb()),
        text("state", "Whether it is available or on the way there.", |s| s.state()),
        text(
            "from_relational_database_name",
            "The name of the database that it was taken of, which may be gone.",
            |s| s.from_relational_database_name(),
        ),
        text(
            "from_relational_database_arn",
            "The arn of that database, to join with relational_databases.arn.",
            |s| s.from_relational_database_arn(),
        ),
        text("from_relational_database_bundle_id", "The plan of that database.", |s| {
            s.from_relational_database_bundle_id()
        }),
        text(
            "from_relational_database_blueprint_id",
            "The engine version that that database was made of.",
            |s| s.from_relational_database_blueprint_id(),
        ),
    ],
};
