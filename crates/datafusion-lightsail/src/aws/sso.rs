//! Logins of SSO as the AWS CLI keeps them.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use sha1::{Digest, Sha1};

/// Why a profile has no credentials of SSO.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Its section lacks something.
    Section(String),
    /// Nobody has logged in, or too long ago.
    Login(String),
}

impl From<String> for Flaw {
    fn from(what: String) -> Self {
        Self::Section(what)
    }
}

/// Finds out whether a login of the old form, without an sso-session, still holds: it has its date in the file.
///
/// # Errors
/// [`Flaw::Login`] when there is none, or it has expired.
pub(super) fn check_login(start_url: &str, now: SystemTime) -> Result<(), Flaw> {
    let Some(home) = std::env::home_dir() else { return Ok(()) };
    check(&file(&home, start_url), now)
}

/// The file of a login: the AWS CLI names it by the SHA-1 of the start URL.
fn file(home: &Path, start_url: &str) -> PathBuf {
    let name: String = Sha1::digest(start_url.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    home.join(".aws/sso/cache").join(format!("{name}.json"))
}

fn check(file: &Path, now: SystemTime) -> Result<(), Flaw> {
    let Ok(text) = std::fs::read_to_string(file) else {
        return Err(Flaw::Login("nobody has logged in to SSO".to_owned()));
    };
    let login: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    // Older versions of the CLI write `2020-06-17T10:02:08UTC`.
    let expiry = login["expiresAt"].as_str().map(|text| text.replace("UTC", "Z"));
    let expiry = expiry.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
    match expiry {
        Some(expiry) if SystemTime::from(expiry) <= now => {
            let at = expiry.with_timezone(&Utc).format("%Y-%m-%d %H:%M UTC");
            Err(Flaw::Login(format!("the SSO login expired at {at}")))
        }
        // What cannot be read here may be to the SDK.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_has_its_date() {
        // As botocore's own tests have it.
        let path = file(Path::new("/h"), "https://d-92671207e4.awsapps.com/start");
        assert_eq!(path, Path::new("/h/.aws/sso/cache/13f9d35043871d073ab260e020f0ffde092cb14b.json"));
        let directory = std::env::temp_dir().join(format!("lightsail-sql-sso-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let file = directory.join("login.json");
        let now = SystemTime::from(DateTime::parse_from_rfc3339("2026-01-01T00:00:00Z").unwrap());
        let check_at = |expiry: &str| {
            std::fs::write(&file, format!("{{\"accessToken\": \"x\", \"expiresAt\": \"{expiry}\"}}"))
                .unwrap();
            check(&file, now)
        };
        assert_eq!(check_at("2026-01-01T00:00:01Z"), Ok(()));
        let expired = |at: &str| Err(Flaw::Login(format!("the SSO login expired at {at} UTC")));
        assert_eq!(check_at("2025-12-31T10:02:08UTC"), expired("2025-12-31 10:02"));
        assert_eq!(check_at("2025-12-31T10:02:08Z"), expired("2025-12-31 10:02"));
        assert_eq!(check_at("soon"), Ok(()));
        std::fs::remove_dir_all(&directory).unwrap();
        assert_eq!(check(&file, now), Err(Flaw::Login("nobody has logged in to SSO".to_owned())));
    }
}
