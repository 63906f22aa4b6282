//! The names that the API lets a request ask for. It refuses all others with an InvalidInputException, so that nothing
//! can be looked up by them: whether something has such a name after all, its listing says.

/// A pattern of the service model, and what it says.
struct Pattern {
    text: &'static str,
    accepts: fn(&str) -> bool,
}

/// The model's pattern has no dot and is held against a part of the name: the service says itself that names are made
/// of letters, digits, `-`, `_` and `.`.
const RESOURCE: Pattern = Pattern {
    text: r"\w[\w\-]*\w",
    accepts: |name| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        name.len() >= 2
            && name.starts_with(is_word)
            && name.ends_with(is_word)
            && name.chars().all(|c| is_word(c) || c == '-' || c == '.')
    },
};
const BUCKET: Pattern = Pattern {
    text: "^[a-z0-9][a-z0-9-]{1,52}[a-z0-9]$",
    accepts: |name| (3..=54).contains(&name.len()) && is_label(name),
};
const CONTAINER_SERVICE: Pattern =
    Pattern { text: "^[a-z0-9]{1,2}|[a-z0-9][a-z0-9-]+[a-z0-9]$", accepts: is_label };
const ANYTHING: Pattern = Pattern { text: r".*\S.*", accepts: |name| !name.trim().is_empty() };

/// Lower-case letters and digits, and hyphens between them.
fn is_label(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(is_word) && name.ends_with(is_word) && name.chars().all(|c| is_word(c) || c == '-')
}

impl Pattern {
    fn of(member: &str) -> Option<Self> {
        Some(match member {
            "bucketName" => BUCKET,
            "serviceName" => CONTAINER_SERVICE,
            "certificateName" | "containerName" | "domainName" | "logStreamName" | "operationId" => ANYTHING,
            _ if member.ends_with("Name") => RESOURCE,
            _ => return None,
        })
    }
}

/// Whether the API takes a text for a request member that names something.
pub(crate) fn can_ask_for(member: &str, name: &str) -> bool {
    refusal(member, name).is_none()
}

/// The pattern of the service model that a text for a request member breaks; none if it breaks none.
pub(crate) fn refusal(member: &str, name: &str) -> Option<&'static str> {
    let pattern = Pattern::of(member)?;
    (!(pattern.accepts)(name)).then_some(pattern.text)
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
            ("instanceName", "web.", false),
            ("instanceName", ".web", false),
            ("resourceName", "example.com", true),
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
            assert_eq!(can_ask_for(member, name), is_accepted, "{member} {name:?}");
        }
    }
}
