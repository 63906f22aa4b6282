//! `relational_database_log_events`: asked for one log of one database each.

use aws_sdk_lightsail::types::{LogEvent, RelationalDatabase};

use super::relational_databases::GET_RELATIONAL_DATABASES;
use crate::aws::NULL_TEXT;
use crate::catalog::asks::between;
use crate::catalog::column::{text, time};
use crate::catalog::operation::{Asked, Items, Operation, Parameters, Parent, call};
use crate::catalog::rows::{Plain, named, resource};
use crate::catalog::shortfall::kept_alone;
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetRelationalDatabaseLogStreams: the names of one database's logs. No table of its own.
pub static GET_RELATIONAL_DATABASE_LOG_STREAMS: Operation = Operation::about(
    "GetRelationalDatabaseLogStreams",
    &[("relational_database_name", "relationalDatabaseName")],
    &[Parent {
        operation: &GET_RELATIONAL_DATABASES,
        subjects: |items| named::<RelationalDatabase>(items, "relationalDatabaseName"),
    }],
    call!(|request| get_relational_database_log_streams
        .set_relational_database_name(request.text("relationalDatabaseName"))
        => |output| output.log_streams.map(|items| Items::asked(&request.parameters, items)), None),
);

/// GetRelationalDatabaseLogEvents: pages of one log, from its end backwards, which is the only way that the logs of
/// PostgreSQL can be read. The first line has been reached where the token does not change any more.
pub static GET_RELATIONAL_DATABASE_LOG_EVENTS: Operation = Operation {
    range: Some("created_at"),
    asks: |known| between(known, "created_at"),
    is_log: true,
    falls_short_of: |known| kept_alone(known, "created_at").into_iter().collect(),
    ..Operation::about(
        "GetRelationalDatabaseLogEvents",
        &[("relational_database_name", "relationalDatabaseName"), ("log_stream_name", "logStreamName")],
        &[Parent { operation: &GET_RELATIONAL_DATABASE_LOG_STREAMS, subjects: streams }],
        call!(|request| get_relational_database_log_events
            .set_relational_database_name(request.text("relationalDatabaseName"))
            .set_log_stream_name(request.text("logStreamName"))
            .set_start_time(request.parameters.time("startTime"))
            .set_end_time(request.parameters.time("endTime"))
            .set_page_token(request.token.clone())
            => |output| output.resource_log_events.map(|items| Items::asked(&request.parameters, items)),
            output.next_backward_token.filter(|next| request.token.as_ref() != Some(next))),
    )
};

fn streams(items: &Items) -> Vec<Parameters> {
    let streams = items.of::<Asked<String>>().unwrap_or_default().iter();
    streams
        .filter(|stream| stream.item != NULL_TEXT)
        .map(|stream| (*stream.parameters).clone().with_text("logStreamName", stream.item.as_str()))
        .collect()
}

resource!(LogEvent);

/// `relational_database_log_events`.
pub static RELATIONAL_DATABASE_LOG_EVENTS: TableSpec<Plain<Asked<LogEvent>>> = TableSpec {
    name: "relational_database_log_events",
    group: Group::Databases,
    description: "What managed databases wrote to their logs, one row for each line; at least one call for \
                  each log.",
    feeds: &[Feed::of::<Asked<LogEvent>>(&GET_RELATIONAL_DATABASE_LOG_EVENTS)],
    key: None,
    examples: &["SELECT created_at, relational_database_name, log_stream_name, message \
         FROM relational_database_log_events ORDER BY created_at DESC LIMIT 20"],
    columns: &[
        text(
            "relational_database_name",
            "The name of the database; a predicate on it saves the other calls.",
            |e| e.parameters.text("relationalDatabaseName"),
        ),
        text(
            "log_stream_name",
            "The name of the log, such as error; a predicate on it saves the calls for the others.",
            |e| e.parameters.text("logStreamName"),
        ),
        time(
            "created_at",
            "When the line was written; a range in a predicate is asked of the API, by default all that is \
             kept, with a note.",
            |e| e.item.created_at(),
        ),
        text("message", "The line.", |e| e.item.message()),
    ],
};
