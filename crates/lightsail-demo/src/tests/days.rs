//! A fleet of another day: the same, and everything in it has moved by as many days.

use std::time::{Duration, SystemTime};

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::super::Config;
use super::super::fleet::{DAY, TODAY};
use super::super::place::Extent;
use super::fleet::STANDARD;
use super::support::{AT_HOME, CHILDREN, LISTINGS, answers, everything, pages, regions};

/// Numbers in this range are times: no size, threshold or count of the fleet is.
const TIMES: std::ops::Range<f64> = 1.3e9..2.1e9;

/// What differs but for times that are so many days later. Gives how many of these there are.
fn moved(before: &Value, after: &Value, days: u64, path: &str) -> usize {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            assert!(a.keys().eq(b.keys()), "{path}: {before} {after}");
            a.iter().zip(b.values()).map(|((key, a), b)| moved(a, b, days, &format!("{path}.{key}"))).sum()
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{path}");
            a.iter().zip(b).map(|(a, b)| moved(a, b, days, path)).sum()
        }
        (Value::Number(a), Value::Number(b)) if TIMES.contains(&a.as_f64().unwrap()) => {
            let ms = |number: &serde_json::Number| (number.as_f64().unwrap() * 1000.0).round() as u64;
            assert_eq!(ms(a) + days * DAY, ms(b), "{path}");
            1
        }
        (Value::String(a), Value::String(b)) if path.ends_with(".date") => {
            let date = a.parse::<NaiveDate>().unwrap() + Days::new(days);
            assert_eq!(date.to_string(), *b, "{path}");
            1
        }
        _ => {
            assert_eq!(before, after, "{path}");
            0
        }
    }
}

#[test]
fn on_another_day_everything_has_moved_and_nothing_else_has_changed() {
    const DAYS: u64 = 327;
    let later = Extent { today: TODAY + DAYS * DAY, ..STANDARD };
    let compare = |region: &str, operation: &str, body: &Value| {
        let [before, after] = [STANDARD, later].map(|extent| pages(extent, region, operation, body));
        moved(&before.into(), &after.into(), DAYS, operation)
    };
    for region in regions() {
        for (operation, body) in LISTINGS {
            if region == "us-east-1" || !AT_HOME.contains(operation) {
                compare(region, operation, &body());
            }
        }
        // Estimates are of the days that are asked for.
        for (parents, name, operation, member, body) in
            CHILDREN.iter().filter(|(_, _, operation, ..)| *operation != "GetCostEstimate")
        {
            for parent in everything(region, parents) {
                let mut body = body();
                body[member] = parent[name].clone();
                compare(region, operation, &body);
            }
        }
        for service in everything(region, "GetContainerServices") {
            let body = json!({"serviceName": service["containerServiceName"], "containerName": "web"});
            if service.get("currentDeployment").is_some() {
                assert_eq!(compare(region, "GetContainerLog", &body), 144);
            }
        }
    }
}

/// What is to come is told of an end alone.
#[test]
fn nothing_has_happened_after_the_day_began() {
    fn check(of: &Value, key: &str, operation: &str) {
        match of {
            Value::Object(members) => members.iter().for_each(|(key, value)| check(value, key, operation)),
            Value::Array(items) => items.iter().for_each(|item| check(item, key, operation)),
            Value::Number(number) if !matches!(key, "notAfter" | "currentApplyDate") => {
                let number = number.as_f64().unwrap();
                assert!(
                    !TIMES.contains(&number) || number * 1000.0 <= TODAY as f64,
                    "{operation}: {key} {of}"
                );
            }
            _ => (),
        }
    }
    for (operation, answer) in answers() {
        check(&answer, "", operation);
    }
}

#[test]
fn a_day_begins_at_midnight_and_is_one_that_can_be() {
    let today = |seconds: u64| {
        let today = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        Config { today, ..Config::default() }.today()
    };
    assert_eq!(Config::default().today(), TODAY);
    assert_eq!((today(TODAY / 1000 + 86_399), today(TODAY / 1000 + 86_400)), (TODAY, TODAY + DAY));
    assert_eq!((today(0), today(u64::from(u32::MAX) * 100)), (946_684_800_000, 32_503_593_600_000));
    let earliest = Extent { today: today(0), ..STANDARD };
    for (operation, body) in LISTINGS {
        pages(earliest, "us-east-1", operation, &body());
    }
}
