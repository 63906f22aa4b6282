//! `relational_database_events`: asked for one database each.

use aws_sdk_lightsail::types::{RelationalDatabase, RelationalDatabaseEvent};

use super::relational_databases::GET_RELATIONAL_DATABASES;
use crate::catalog::asks::MINUTE;
use crate::catalog::column::{text, text_list, time};
use crate::catalog::operation::{Asked, Items, Known, Operation, Parameters, Parent, Value, call};
use crate::catalog::rows::{Plain, named, resource};
use crate::catalog::shortfall::{Shortfall, without_start};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetRelationalDatabaseEvents: the events of one database, of the last hour if it is not told how far to go back.
pub static GET_RELATIONAL_DATABASE_EVENTS: Operation = Operation {
    range: Some("created_at"),
    asks: minutes,
    falls_short_of: |known| {
        let since = known.now().saturating_sub(MAX_MINUTES * MINUTE);
        let is_before = known.range("created_at").0.is_some_and(|from| from < since);
        let before =
            || Shortfall::new("created_at", "events are kept for 14 days: there are none from before");
        let all = without_start(known, "created_at", "the last 14 days are asked, all that the service has");
        is_before.then(before).into_iter().chain(all.map(Shortfall::of_nothing)).collect()
    },
    ..Operation::about(
        "GetRelationalDatabaseEvents",
        &[("relational_database_name", "relationalDatabaseName")],
        &[Parent {
            operation: &GET_RELATIONAL_DATABASES,
            subjects: |items| named::<RelationalDatabase>(items, "relationalDatabaseName"),
        }],
        call!(|request| get_relational_database_events
            .set_relational_database_name(request.text("relationalDatabaseName"))
            .set_duration_in_minutes(request.parameters.int("durationInMinutes"))
            .set_page_token(request.token)
            => |output| output
                .relational_database_events
                .map(|items| Items::asked(&request.parameters, items)),
            output.next_page_token),
    )
};

/// The most that the API goes back: 14 days.
const MAX_MINUTES: i64 = 20_160;
/// The API counts from when it is asked, which is later than the query began; its clock may be ahead, too.
const SLACK: i64 = 5;

fn minutes(known: &dyn Known) -> Vec<Parameters> {
    let minutes = match known.range("created_at").0 {
        Some(from) => known.now().saturating_sub(from).div_euclid(MINUTE).saturating_add(1 + SLACK),
        None => MAX_MINUTES,
    };
    let minutes = Value::Int(minutes.clamp(1, MAX_MINUTES));
    vec![Parameters::default().with("durationInMinutes", minutes)]
}

resource!(RelationalDatabaseEvent);

/// `relational_database_events`.
pub static RELATIONAL_DATABASE_EVENTS: TableSpec<Plain<Asked<RelationalDatabaseEvent>>> = TableSpec {
    name: "relational_database_events",
    group: Group::Databases,
    description: "What happened to managed databases in the last 14 days, one row each; one call for each \
                  database.",
    feeds: &[Feed::of::<Asked<RelationalDatabaseEvent>>(&GET_RELATIONAL_DATABASE_EVENTS)],
    key: None,
    examples: &["SELECT created_at, relational_database_name, message FROM relational_database_events \
         ORDER BY created_at DESC LIMIT 20"],
    columns: &[
        text(
            "relational_database_name",
            "The name of the database; a predicate on it saves the other calls.",
            |e| e.parameters.text("relationalDatabaseName"),
        ),
        text("resource", "The name of the database as the event tells it.", |e| e.item.resource()),
        time(
            "created_at",
            "When it happened; the API goes back as far as a predicate does, by default and at most 14 days.",
            |e| e.item.created_at(),
        ),
        text("message", "What happened.", |e| e.item.message()),
        text_list("event_categories", "The kinds of event, such as backup or notification.", |e| {
            e.item.event_categories.as_deref()
        }),
    ],
};

#[cfg(test)]
mod tests {
    use super::minutes;
    use crate::catalog::asks::MINUTE;
    use crate::catalog::asks::tests::{Facts, NOW, shown};

    #[test]
    fn a_lower_bound_says_how_far_to_go_back() {
        let ask = |from| shown(&minutes(&Facts::default().range("created_at", from, None)));
        assert_eq!(ask(None), ["durationInMinutes=20160"]);
        assert_eq!(ask(Some(NOW - 60 * MINUTE)), ["durationInMinutes=66"]);
        assert_eq!(ask(Some(NOW - 59 * MINUTE - 1)), ["durationInMinutes=65"]);
        assert_eq!(ask(Some(0)), ["durationInMinutes=20160"]);
        assert_eq!(ask(Some(NOW + 60 * MINUTE)), ["durationInMinutes=1"]);
    }
}
