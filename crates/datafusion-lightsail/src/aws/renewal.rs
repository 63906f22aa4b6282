//! What a person does about credentials that have expired: it depends on where they come from.

use super::files::FileProfile;
use super::profiles::Profiles;
use super::source::{Source, kind_as_source, kind_of};
use super::target::{Profile, has_keys, named_profile};
use super::word::word;

impl Profiles {
    /// What a person does about credentials of a profile that have expired.
    pub(super) fn renewal(&self, profile: &Profile) -> String {
        if !profile.is_explicit && has_keys() {
            return "the keys in the environment have expired: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and \
                    AWS_SESSION_TOKEN anew, or unset them"
                .to_owned();
        }
        let named = named_profile().filter(|_| !profile.is_explicit).map(|(_, name)| name);
        let section = self.files.profile(named.as_deref().unwrap_or(&profile.name)).ok().flatten();
        section.map_or_else(of_machine, |section| self.renewal_of(section, false, 0))
    }

    fn renewal_of(&self, section: &FileProfile, is_source: bool, depth: usize) -> String {
        let name = &section.name;
        let pasted = word(name);
        let kind = if is_source { kind_as_source(section) } else { kind_of(section) };
        match kind {
            Some(Source::Sso) => {
                format!("the SSO session has expired; run: aws sso login --profile {pasted}")
            }
            Some(Source::Login) => {
                format!("the login session has expired; run: aws login --profile {pasted}")
            }
            Some(Source::Keys(_)) => {
                let at = self.files.at(section, "aws_session_token");
                format!(
                    "the session token of profile {name} has expired: write new keys and a new token to {at}"
                )
            }
            Some(Source::Process) => format!(
                "credential_process of profile {name} gives credentials that have expired; see what it runs: \
                 aws configure get credential_process --profile {pasted}"
            ),
            Some(Source::WebIdentity) => {
                let at = self.files.at(section, "web_identity_token_file");
                format!("the token has expired that is in the file that web_identity_token_file names: {at}")
            }
            Some(Source::Role) => {
                let source = section.get("source_profile");
                let source = source.and_then(|source| self.files.profile(source).ok().flatten());
                match source {
                    // A chain in a circle has no credentials that could expire.
                    Some(source) if depth < DEEPEST => self.renewal_of(source, true, depth + 1),
                    _ => of_machine(),
                }
            }
            None => of_machine(),
        }
    }
}

/// How many profiles a chain of roles may go through.
const DEEPEST: usize = 10;

fn of_machine() -> String {
    "the credentials that this machine or container has been given have expired: it gets new ones by itself, if its \
     clock is right"
        .to_owned()
}
