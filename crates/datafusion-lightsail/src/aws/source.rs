//! Where a profile's credentials come from: which of the things that its section says goes before the others.
//!
//! The order is botocore's.

use super::files::{FileProfile, Origin};

/// Where the credentials of a profile come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Role,
    WebIdentity,
    Sso,
    Login,
    Process,
    Keys(Origin),
}

/// Which of the things that a section says goes before the others.
pub(super) fn kind_of(section: &FileProfile) -> Option<Source> {
    let has = |key| section.get(key).is_some();
    if has("role_arn") && !has("web_identity_token_file") {
        return Some(Source::Role);
    }
    base_of(section)
}

/// What a section is as the `source_profile` of another: one that has keys does not take on a role.
pub(super) fn kind_as_source(section: &FileProfile) -> Option<Source> {
    match section.has_keys() {
        true => base_of(section),
        false => kind_of(section),
    }
}

/// What a section is that takes on no role.
fn base_of(section: &FileProfile) -> Option<Source> {
    let has = |key| section.get(key).is_some();
    let has_keys = |origin| section.of(origin).is_some_and(|it| it.get("aws_access_key_id").is_some());
    if has("web_identity_token_file") {
        Some(Source::WebIdentity)
    } else if has("sso_account_id") || has("sso_role_name") {
        Some(Source::Sso)
    } else if has_keys(Origin::Credentials) {
        Some(Source::Keys(Origin::Credentials))
    } else if has("login_session") {
        Some(Source::Login)
    } else if has("credential_process") {
        Some(Source::Process)
    } else if has_keys(Origin::Config) {
        Some(Source::Keys(Origin::Config))
    } else {
        None
    }
}
