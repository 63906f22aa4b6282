//! `relational_database_blueprints`.

use aws_sdk_lightsail::types::RelationalDatabaseBlueprint;

use crate::catalog::column::{flag, text};
use crate::catalog::operation::{Items, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetRelationalDatabaseBlueprints: asked in each region, for what is offered differs among them.
pub static GET_RELATIONAL_DATABASE_BLUEPRINTS: Operation = Operation::new(
    "GetRelationalDatabaseBlueprints",
    call!(|request| get_relational_database_blueprints.set_page_token(request.token)
        => |output| output.blueprints.map(Items::new), output.next_page_token),
);

resource!(RelationalDatabaseBlueprint);

/// `relational_database_blueprints`.
pub static RELATIONAL_DATABASE_BLUEPRINTS: TableSpec<Plain<RelationalDatabaseBlueprint>> = TableSpec {
    name: "relational_database_blueprints",
    group: Group::Databases,
    description: "Engines that managed databases can run, one row for each in each region.",
    feeds: &[Feed::of::<RelationalDatabaseBlueprint>(&GET_RELATIONAL_DATABASE_BLUEPRINTS)],
    key: None,
    examples: &["SELECT DISTINCT engine, engine_version, engine_version_description \
         FROM relational_database_blueprints \
         ORDER BY engine, engine_version"],
    columns: &[
        text(
            "blueprint_id",
            "The id of the engine version, to join with \
             relational_databases.relational_database_blueprint_id.",
            |b| b.blueprint_id(),
        ),
        text("engine", "The database software, such as mysql.", |b| Some(b.engine()?.as_str())),
        text("engine_version", "Its version.", |b| b.engine_version()),
        text("engine_description", "The database software for people.", |b| b.engine_description()),
        text("engine_version_description", "Its version for people.", |b| b.engine_version_description()),
        flag("is_engine_default", "Whether it is what a new database of that engine gets.", |b| {
            b.is_engine_default()
        }),
    ],
};
