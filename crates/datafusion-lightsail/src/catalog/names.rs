//! The names that the API lets a request ask for. It refuses all others with an InvalidInputException, so that nothing
//! can be looked up by them: whether something has such a name after all, its listing says.

/// Whether the API takes a text for a request member that names something.
pub(crate) fn can_ask_for(member: &str, name: &str) -> bool {
    match member {
        "bucketName" => (3..=54).contains(&name.len()) && is_label(name),
        "serviceName" => is_label(name),
        "certificateName" | "containerName" | "domainName" | "logStreamName" | "operationId" => {
            !name.trim().is_empty()
        }
        _ if member.ends_with("Name") => is_resource_name(name),
        _ => true,
    }
}

/// Lower-case letters and digits, and hyphens between them.
fn is_label(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(is_word) && name.ends_with(is_word) && name.chars().all(|c| is_word(c) || c == '-')
}

/// Letters, digits and `_`, with `-` and `.` between them. The service model's pattern has no dot, but AWS's own text says
/// that names may have dots.
fn is_resource_name(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() >= 2
        && name.starts_with(is_word)
        && name.ends_with(is_word)
        && name.chars().all(|c| is_word(c) || c == '-' || c == '.')
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
