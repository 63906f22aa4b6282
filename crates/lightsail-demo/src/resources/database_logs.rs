//! What happens to databases, and what they write into their logs.

use crate::call::{Answer, Call, Operation};
use crate::error::Error;
use crate::input::{flag, number, text, time};
use crate::json::Json;
use crate::page::{self, PAGE};
use crate::random::hash;
use crate::token;

use super::databases::{Database, database_named};
use super::logs::Log;

const HOUR: u64 = 3_600_000;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetRelationalDatabaseEvents",
        members: &[
            text("relationalDatabaseName").required(),
            // Up to 14 days.
            number("durationInMinutes", 1, 20_160),
            text("pageToken"),
        ],
        answer: get_events,
    },
    Operation {
        name: "GetRelationalDatabaseLogStreams",
        members: &[text("relationalDatabaseName").required()],
        answer: |call| {
            let one = database_named(&call.place, call.required("relationalDatabaseName"))?;
            let names: Vec<&str> = streams(&one).iter().map(|(name, _)| *name).collect();
            Ok(Json::object(|json| json.texts("logStreams", &names)))
        },
    },
    Operation {
        name: "GetRelationalDatabaseLogEvents",
        members: &[
            text("relationalDatabaseName").required(),
            text("logStreamName").required(),
            time("startTime"),
            time("endTime"),
            flag("startFromHead"),
            text("pageToken"),
        ],
        answer: get_log_events,
    },
];

/// Events from the newest back: one every four hours or so.
fn get_events(call: &Call<'_>) -> Answer {
    const KINDS: [(&str, &[&str]); 5] = [
        ("Backing up DB instance", &["backup"]),
        ("Finished DB Instance backup", &["backup"]),
        ("DB instance restarted", &["availability"]),
        ("Finished applying modification to parameters", &["configuration change", "maintenance"]),
        ("Free storage capacity is low", &["low storage", "notification"]),
    ];
    let one = database_named(&call.place, call.required("relationalDatabaseName"))?;
    let since = call.place.today() - call.number("durationInMinutes").unwrap_or(60) * 60_000;
    let event = |number: u64| {
        let mut random = call.place.random("RelationalDatabaseEvent", hash(&one.head.name) ^ number);
        (call.place.today() - number * 4 * HOUR - random.below(HOUR), random.pick(&KINDS))
    };
    page::list(
        call,
        "relationalDatabaseEvents",
        |start| (start..).map(|number| (number, event(number))).take_while(|(_, (time, _))| *time >= since),
        |json, (time, (message, categories))| {
            json.text("resource", &one.head.name);
            json.time("createdAt", *time);
            json.text("message", message);
            json.texts("eventCategories", categories);
        },
    )
}

type Stream = (&'static str, &'static [&'static str]);

/// The names of a database's log streams, each with what may stand in it.
fn streams(database: &Database) -> &'static [Stream] {
    const MYSQL: &[Stream] = &[
        (
            "error",
            &[
                "[Note] Aborted connection {} to db: 'dbmaster' user: 'dbmasteruser' (Got timeout reading communication packets)",
                "[Warning] IP address '172.26.14.{}' could not be resolved: Name or service not known",
                "[Note] InnoDB: page_cleaner: 1000ms intended loop took {}ms",
            ],
        ),
        ("general", &["{} Query SELECT 1", "{} Connect dbmasteruser on dbmaster using TCP/IP", "{} Quit"]),
        ("slowquery", &["# Query_time: 2.{}  Lock_time: 0.000  Rows_sent: 1  Rows_examined: 120000"]),
    ];
    const POSTGRES: &[Stream] = &[(
        "postgresql",
        &[
            "LOG:  checkpoint starting: time",
            "LOG:  checkpoint complete: wrote {} buffers",
            "LOG:  connection authorized: user=dbmasteruser database=dbmaster",
            "ERROR:  duplicate key value violates unique constraint \"orders_pkey\" (id)=({})",
        ],
    )];
    if database.is_mysql() { MYSQL } else { POSTGRES }
}

/// A page of a log and the tokens of its neighbours. A log has no last page: who has come to an end gets back the token
/// that he gave, as from AWS.
fn get_log_events(call: &Call<'_>) -> Answer {
    let (name, stream) = (call.required("relationalDatabaseName"), call.required("logStreamName"));
    let one = database_named(&call.place, name)?;
    let lines = streams(&one).iter().find(|(name, _)| *name == stream).map(|(_, lines)| *lines);
    let lines = lines.ok_or_else(|| Error::not_found("LogStream", stream))?;
    let log = Log::of(call, &format!("{name}/{stream}"), lines)?;
    let all = log.numbers();
    let (forward, backward) = (Direction::new(call, "forward"), Direction::new(call, "backward"));
    let after = |from: u64| from..all.end.min(from + PAGE);
    let until = |end: u64| all.start.max(end.saturating_sub(PAGE))..end;
    let page = match call.text("pageToken") {
        None if call.flag("startFromHead") => after(all.start),
        None => until(all.end),
        Some(token) => match (forward.start(token), backward.start(token)) {
            (Some(from), _) if (all.start..=all.end).contains(&from) => after(from),
            (_, Some(end)) if (all.start..=all.end).contains(&end) => until(end),
            _ => return Err(page::invalid()),
        },
    };
    Ok(Json::object(|json| {
        json.array("resourceLogEvents", |json| {
            page.clone().for_each(|number| json.element(|json| log.event(number).write(json)));
        });
        json.text("nextBackwardToken", &backward.token(page.start));
        json.text("nextForwardToken", &forward.token(page.end));
    }))
}

/// Tokens that lead one way through one log.
struct Direction<'a> {
    scope: String,
    region: &'a str,
}

impl Direction<'static> {
    fn new(call: &Call<'_>, way: &str) -> Self {
        let scope = format!("{} {} {way}", call.place.account, call.listing());
        Self { scope, region: call.place.region().name }
    }
}

impl Direction<'_> {
    fn token(&self, start: u64) -> String {
        token::encode(&self.scope, self.region, start)
    }

    fn start(&self, token: &str) -> Option<u64> {
        token::decode(&self.scope, self.region, token)
    }
}
