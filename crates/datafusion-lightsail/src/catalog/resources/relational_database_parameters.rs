//! `relational_database_parameters`: asked for one database each.

use aws_sdk_lightsail::types::{RelationalDatabase, RelationalDatabaseParameter};

use super::relational_databases::GET_RELATIONAL_DATABASES;
use crate::catalog::column::{flag, text};
use crate::catalog::operation::{Asked, Items, Operation, Parent, call};
use crate::catalog::rows::{Plain, named, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetRelationalDatabaseParameters: all settings of one database's software, several hundred of them.
pub static GET_RELATIONAL_DATABASE_PARAMETERS: Operation = Operation::about(
    "GetRelationalDatabaseParameters",
    &[("relational_database_name", "relationalDatabaseName")],
    &[Parent {
        operation: &GET_RELATIONAL_DATABASES,
        subjects: |items| named::<RelationalDatabase>(items, "relationalDatabaseName"),
    }],
    call!(|request| get_relational_database_parameters
        .set_relational_database_name(request.text("relationalDatabaseName"))
        .set_page_token(request.token)
        => |output| output.parameters.map(|items| Items::asked(&request.parameters, items)),
        output.next_page_token),
);

resource!(RelationalDatabaseParameter);

/// `relational_database_parameters`.
pub static RELATIONAL_DATABASE_PARAMETERS: TableSpec<Plain<Asked<RelationalDatabaseParameter>>> = TableSpec {
    name: "relational_database_parameters",
    group: Group::Databases,
    description: "Settings of managed databases' software, one row each; at least one call for each \
                  database.",
    feeds: &[Feed::of::<Asked<RelationalDatabaseParameter>>(&GET_RELATIONAL_DATABASE_PARAMETERS)],
    key: None,
    examples: &["SELECT parameter_name, count(DISTINCT parameter_value) AS settings, count(*) AS databases \
         FROM relational_database_parameters GROUP BY parameter_name \
         ORDER BY settings DESC, parameter_name"],
    columns: &[
        text(
            "relational_database_name",
            "The name of the database; a predicate on it saves the other calls.",
            |p| p.parameters.text("relationalDatabaseName"),
        ),
        text("allowed_values", "The values that it can have, as text such as 0-100 or ON,OFF.", |p| {
            p.item.allowed_values()
        }),
        text("apply_method", "When a change takes effect: immediate or pending-reboot.", |p| {
            p.item.apply_method()
        }),
        text("apply_type", "Whether it can change while the software runs: dynamic or static.", |p| {
            p.item.apply_type()
        }),
        text("data_type", "The type of its values, such as integer or boolean.", |p| p.item.data_type()),
        text("description", "What it is for.", |p| p.item.description()),
        flag("is_modifiable", "Whether it can be changed at all.", |p| p.item.is_modifiable()),
        text("parameter_name", "The name of the setting.", |p| p.item.parameter_name()),
        text("parameter_value", "Its value.", |p| p.item.parameter_value()),
    ],
};
