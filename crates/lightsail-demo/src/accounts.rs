//! The organization: which accounts there are (Organizations ListAccounts), and keys for each of them (STS AssumeRole).

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use super::error::Error;
use super::json::Json;
use super::{ACCESS_KEY, Config, auth};

/// How many accounts a page has at most, and unless it is asked for fewer.
const PAGE: u64 = 20;

/// The id of the first account after the management account.
const FIRST: usize = 210_000_000_000;

/// The id, name and status of an account of the organization.
fn account(number: usize) -> (String, String, &'static str) {
    match number {
        0 => (auth::account(ACCESS_KEY), "management".to_owned(), "ACTIVE"),
        _ if number % 10 == 7 => ((FIRST + number).to_string(), format!("team-{number:04}"), "SUSPENDED"),
        _ => ((FIRST + number).to_string(), format!("team-{number:04}"), "ACTIVE"),
    }
}

/// Answers an operation of AWS Organizations.
pub(super) fn organizations(config: &Config, operation: &str, body: &Value) -> Result<String, Error> {
    if operation != "ListAccounts" {
        return Err(Error::unknown_operation(operation));
    }
    let invalid = |message: &str| Error::common(400, "InvalidInputException", message);
    let most = match body.get("MaxResults") {
        None => PAGE,
        Some(number) => number
            .as_u64()
            .filter(|number| (1..=PAGE).contains(number))
            .ok_or_else(|| invalid("You specified an invalid value: MaxResults."))?,
    };
    let start = match body.get("NextToken") {
        None => 0,
        Some(token) => {
            let number = token.as_str().and_then(|token| token.strip_prefix("from-")?.parse::<usize>().ok());
            number.ok_or_else(|| invalid("You specified an invalid value: NextToken."))?
        }
    };
    let end = config.accounts.min(start.saturating_add(usize::try_from(most).unwrap_or(usize::MAX)));
    let management = auth::account(ACCESS_KEY);
    Ok(Json::object(|json| {
        json.array("Accounts", |json| {
            for (id, name, status) in (start..end).map(account) {
                json.element(|json| {
                    json.text("Id", &id);
                    json.text("Arn", &format!("arn:aws:organizations::{management}:account/o-demo/{id}"));
                    json.text("Email", &format!("{name}@example.com"));
                    json.text("Name", &name);
                    json.text("Status", status);
                    json.text("State", status);
                    json.text("JoinedMethod", "CREATED");
                });
            }
        });
        if end < config.accounts {
            json.text("NextToken", &format!("from-{end}"));
        }
    }))
}

/// Answers an action of STS, whose parameters are these.
pub(super) fn sts(config: &Config, parameters: &Value) -> Result<String, Error> {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let action = text("Action").unwrap_or_default();
    if action != "AssumeRole" {
        return Err(Error::common(400, "InvalidAction", format!("Could not find operation {action}")));
    }
    let required = |name: &'static str| {
        let missing = || {
            Error::common(400, "ValidationError", format!("{name} failed to satisfy constraint: not null"))
        };
        text(name).ok_or_else(missing)
    };
    let (role, session) = (required("RoleArn")?, required("RoleSessionName")?);
    let parts: Vec<&str> = role.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, name] = parts[..] else {
        return Err(Error::common(400, "ValidationError", format!("{role} is invalid")));
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let Some(name) = name.strip_prefix("role/").filter(|_| is_account) else {
        return Err(Error::common(400, "ValidationError", format!("{role} is invalid")));
    };
    let life = text("DurationSeconds").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    let expiry = SystemTime::now() + life.unwrap_or(config.session);
    let (key, token) = auth::temporary(account, expiry);
    let expiration = DateTime::<Utc>::from(expiry).to_rfc3339_opts(SecondsFormat::Millis, true);
    Ok(format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser>\
         <Arn>arn:aws:sts::{account}:assumed-role/{name}/{session}</Arn><AssumedRoleId>AROADEMO:{session}</AssumedRoleId>\
         </AssumedRoleUser><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>demo</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials></AssumeRoleResult>\
         </AssumeRoleResponse>"
    ))
}

/// The parameters of a body of the query protocol: `Action=AssumeRole&…`
pub(super) fn parameters(body: &[u8]) -> Value {
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let mut half = || decoded(halves.next().unwrap_or_default());
        (half(), Value::String(half()))
    });
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// Percent-encoded text as it was.
fn decoded(text: &[u8]) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &behind[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
        rest = behind;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
