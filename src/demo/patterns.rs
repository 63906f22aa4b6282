//! The patterns that the service model gives for texts which name something, as it writes them.

use std::sync::LazyLock;

use regex::Regex;

/// What a pattern is for, and its text in the service model (botocore, lightsail 2016-11-28).
///
/// The model's `ResourceName` has no dot; the service's own text says that names are letters, digits, `-`, `_` and `.`.
const PATTERNS: &[(fn(&str) -> bool, &str, &str)] = &[
    (
        |member| member == "bucketName",
        "^[a-z0-9][a-z0-9-]{1,52}[a-z0-9]$",
        "^[a-z0-9][a-z0-9-]{1,52}[a-z0-9]$",
    ),
    (
        |member| member == "serviceName",
        "^[a-z0-9]{1,2}|[a-z0-9][a-z0-9-]+[a-z0-9]$",
        "^([a-z0-9]{1,2}|[a-z0-9][a-z0-9-]+[a-z0-9])$",
    ),
    (
        |member| {
            ["certificateName", "containerName", "domainName", "logStreamName", "operationId"]
                .contains(&member)
        },
        r".*\S.*",
        r".*\S.*",
    ),
    (|member| member.ends_with("Name"), r"\w[\w\-]*\w", r"^(?-u:\w)(?-u:[\w\-.])*(?-u:\w)$"),
];

static COMPILED: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| PATTERNS.iter().map(|(_, _, accepts)| Regex::new(accepts).ok()).collect());

/// The pattern that a text for a request member breaks; `None` if it breaks none.
pub(super) fn refusal(member: &str, text: &str) -> Option<&'static str> {
    let place = PATTERNS.iter().position(|(is_for, ..)| is_for(member))?;
    let is_match = COMPILED[place].as_ref().is_some_and(|pattern| pattern.is_match(text));
    (!is_match).then_some(PATTERNS[place].1)
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
