//! The patterns that the service model gives for texts which name something, as it writes them.

use std::sync::LazyLock;

use regex::Regex;

/// A pattern of the service model (botocore, lightsail 2016-11-28).
struct Pattern {
    /// Which request members it is for.
    is_for: fn(&str) -> bool,
    /// What the service says of it.
    text: &'static str,
    /// What it comes to.
    accepts: &'static str,
}

/// The first one that is for a member holds.
const PATTERNS: &[Pattern] = &[
    Pattern {
        is_for: |member| member == "bucketName",
        text: "^[a-z0-9][a-z0-9-]{1,52}[a-z0-9]$",
        accepts: "^[a-z0-9][a-z0-9-]{1,52}[a-z0-9]$",
    },
    Pattern {
        is_for: |member| member == "serviceName",
        text: "^[a-z0-9]{1,2}|[a-z0-9][a-z0-9-]+[a-z0-9]$",
        accepts: "^([a-z0-9]{1,2}|[a-z0-9][a-z0-9-]+[a-z0-9])$",
    },
    Pattern {
        is_for: |member| {
            ["certificateName", "containerName", "domainName", "logStreamName", "operationId"]
                .contains(&member)
        },
        text: r".*\S.*",
        accepts: r".*\S.*",
    },
    // It has no dot; the service's own text says that names are letters, digits, `-`, `_` and `.`.
    Pattern {
        is_for: |member| member.ends_with("Name"),
        text: r"\w[\w\-]*\w",
        accepts: r"^(?-u:\w)(?-u:[\w\-.])*(?-u:\w)$",
    },
];

static COMPILED: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| PATTERNS.iter().map(|pattern| Regex::new(pattern.accepts).ok()).collect());

/// The pattern that a text for a request member breaks; `None` if it breaks none.
pub(super) fn refusal(member: &str, text: &str) -> Option<&'static str> {
    let place = PATTERNS.iter().position(|pattern| (pattern.is_for)(member))?;
    let is_match = COMPILED[place].as_ref().is_some_and(|pattern| pattern.is_match(text));
    (!is_match).then_some(PATTERNS[place].text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_against_the_service_model() {
        for (member, name, is_accepted) in [
            ("instanceName", "web-1", true),
            ("instanceName", "_a", true),
            ("instanceName", "a", false),
            ("instanceName", "", false),
            ("instanceName", "web 1", false),
            ("instanceName", "web-", false),
            ("instanceName", "web.example", true),
            ("instanceName", "wéb", false),
            ("domainName", "example.com", true),
            ("domainName", " ", false),
            ("bucketName", "logs-2025", true),
            ("bucketName", "Logs", false),
            ("bucketName", "ab", false),
            ("serviceName", "a", true),
            ("serviceName", "api_v2", false),
            ("operationId", "", false),
            ("pageToken", "", true),
            ("logStreamName", "error/postgresql.log", true),
        ] {
            assert_eq!(refusal(member, name).is_none(), is_accepted, "{member} {name:?}");
        }
    }
}
