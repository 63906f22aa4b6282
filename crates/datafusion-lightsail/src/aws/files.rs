//! The AWS configuration files: read once, and what they say of each profile.
//!
//! The SDK's own reader parses both files anew for each profile that is named, keeps a copy for each, and refuses names
//! and lines that the AWS CLI takes. So they are read here, as botocore reads them; what the SDK itself is to know of a
//! profile is handed to it as a small file in memory ([`Files::settings`]).

mod file;

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

use aws_config::retry::RetryConfig;

use super::ini::{self, Entry, Section};
use super::word::word;
use crate::error::{Error, Kind, Result};
use crate::nearest::nearest;
use file::{File, expand};

/// What the two files say.
#[derive(Debug, Default)]
pub(super) struct Files {
    config: File,
    credentials: File,
    /// In the order in which the files have them.
    profiles: Vec<FileProfile>,
    places: HashMap<String, usize>,
    sessions: HashMap<String, Section>,
    services: HashMap<String, Section>,
    /// Sections that name no profile, and why: their header, line and what is wrong.
    nameless: Vec<(String, usize, String)>,
}

/// What the files say of a profile.
#[derive(Debug, Default)]
pub(super) struct FileProfile {
    pub(super) name: String,
    config: Option<Section>,
    credentials: Option<Section>,
}

/// A key id and its secret, as a section has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys<'a> {
    pub(super) id: &'a str,
    pub(super) secret: &'a str,
    pub(super) token: Option<&'a str>,
}

impl FileProfile {
    /// The value of a key; the credentials file goes before the other.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.sections().find_map(|section| section.get(key))
    }

    /// What one of the files says of it.
    pub(super) fn of(&self, origin: Origin) -> Option<&Section> {
        match origin {
            Origin::Config => self.config.as_ref(),
            Origin::Credentials => self.credentials.as_ref(),
        }
    }

    fn sections(&self) -> impl Iterator<Item = &Section> {
        self.credentials.iter().chain(&self.config)
    }

    /// Whether it has a part of a pair of keys.
    pub(super) fn has_keys(&self) -> bool {
        self.get("aws_access_key_id").is_some() || self.get("aws_secret_access_key").is_some()
    }
}

impl Files {
    /// Reads the files that the environment names, or else those of the home directory.
    pub(super) fn of_environment() -> Self {
        let path = |variable: &str, name: &str| match std::env::var(variable) {
            Ok(path) if !path.is_empty() => expand(&path),
            _ => std::env::home_dir().unwrap_or_default().join(".aws").join(name),
        };
        Self::read(&path("AWS_CONFIG_FILE", "config"), &path("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
    }

    /// Reads two files; one that is not there is empty.
    fn read(config: &Path, credentials: &Path) -> Self {
        let mut files = Self::default();
        let (file, sections) = File::read(config);
        files.config = file;
        for section in sections {
            files.add_config(section);
        }
        let (file, sections) = File::read(credentials);
        files.credentials = file;
        for section in sections {
            let name = section.header.clone();
            files.profile_mut(&name).credentials = Some(section);
        }
        files
    }

    fn add_config(&mut self, section: Section) {
        let header = section.header.clone();
        if header == "default" {
            self.profile_mut(&header).config = Some(section);
            return;
        }
        let kinds = ["profile", "sso-session", "services"];
        let Some(kind) = kinds.into_iter().find(|kind| header.starts_with(kind)) else {
            self.nameless.push((header, section.line, "is no [profile …]".to_owned()));
            return;
        };
        let name = match ini::words(&header) {
            Ok(words) if words.len() == 2 => words.into_iter().nth(1).unwrap_or_default(),
            Ok(_) => {
                let what = "is not one name: a name with spaces wants quotation marks";
                return self.nameless.push((header, section.line, what.to_owned()));
            }
            Err(what) => return self.nameless.push((header, section.line, format!("has {what}"))),
        };
        match kind {
            "profile" => self.profile_mut(&name).config = Some(section),
            "services" => drop(self.services.insert(name, section)),
            _ => drop(self.sessions.insert(name, section)),
        }
    }

    fn profile_mut(&mut self, name: &str) -> &mut FileProfile {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => {
                self.profiles.push(FileProfile { name: name.to_owned(), ..FileProfile::default() });
                self.places.insert(name.to_owned(), self.profiles.len() - 1);
                self.profiles.len() - 1
            }
        };
        &mut self.profiles[place]
    }

    /// The names of all profiles, in the order in which the files have them.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.profiles.iter().map(|profile| profile.name.as_str())
    }

    /// Whether there is a profile of this name, well or not.
    pub(super) fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// What the files say of a profile; `None` if there is none of this name.
    ///
    /// # Errors
    /// [`Kind::Credentials`] when a file, or what stands there about this profile, cannot be read.
    pub(super) fn profile(&self, name: &str) -> Result<Option<&FileProfile>> {
        for file in [&self.config, &self.credentials] {
            if let Some(why) = &file.unreadable {
                return Err(wrong(format!("cannot read profile {name}: {}: {why}", file.path.display()))
                    .with_hint("nobody knows which profiles stand there: it costs them all"));
            }
        }
        let Some(profile) = self.places.get(name).map(|place| &self.profiles[*place]) else {
            return Ok(None);
        };
        for (file, section) in [(&self.config, &profile.config), (&self.credentials, &profile.credentials)] {
            let Some(section) = section else { continue };
            if let Some(stray) = &file.stray {
                let costs = self.names_in(file);
                let at = file.at(stray.line);
                return Err(wrong(format!("cannot read profile {name}: {at}: {}", stray.what))
                    .with_hint(format!("the line stands before all sections and costs them all: {costs}")));
            }
            if let Some(problem) = &section.problem {
                let at = file.at(problem.line);
                return Err(wrong(format!("cannot read profile {name}: {at}: {}", problem.what))
                    .with_hint("mend the line: the AWS CLI reads nothing of a file that has such a one"));
            }
        }
        Ok(Some(profile))
    }

    /// The profiles that stand in a file, for an error that costs them all.
    fn names_in(&self, file: &File) -> String {
        let is_config = std::ptr::eq(file, &self.config);
        let section = |profile: &FileProfile| match is_config {
            true => profile.config.is_some(),
            false => profile.credentials.is_some(),
        };
        listed(self.profiles.iter().filter(|profile| section(profile)).map(|profile| &*profile.name))
    }

    /// Why there is no profile of a name.
    pub(super) fn no_such(&self, name: &str) -> Error {
        let mut what =
            format!("no credentials for profile {name}: the AWS configuration files have no such profile");
        let path = self.config.path.display();
        for (header, line, why) in &self.nameless {
            // One that is far from it says nothing about it.
            if header == name || header.starts_with("profile") {
                let _ = write!(what, "; {path}, line {line}: [{header}] {why}");
            }
        }
        for unknown in self.unknown() {
            let _ = write!(what, "; {unknown}");
        }
        let meant = self.meant(name).map(|meant| format!("did you mean {meant}? ")).unwrap_or_default();
        let names = listed(self.names());
        wrong(what).with_hint(format!(
            "{meant}the profiles there are: {names}; to set it up: aws configure --profile {}",
            word(name)
        ))
    }

    /// The profile that was meant by a name with a slip of the pen.
    pub(super) fn meant(&self, name: &str) -> Option<&str> {
        nearest(name, self.names())
    }

    /// How often a call of a profile is tried and in which way, where the files or the environment say so; the AWS CLI's
    /// legacy mode is the standard one here.
    ///
    /// # Errors
    /// [`Kind::Credentials`] when that is no mode or no number.
    pub(super) fn retries(&self, profile: Option<&FileProfile>) -> Result<Option<RetryConfig>> {
        let said = |variable: &str, key: &str| {
            let of_environment = std::env::var(variable).ok().filter(|value| !value.is_empty());
            match (of_environment, profile) {
                (Some(value), _) => Some((value, variable.to_owned())),
                (None, Some(profile)) => {
                    let value = profile.get(key)?.to_owned();
                    Some((value, format!("{key} of profile {}, {}", profile.name, self.at(profile, key))))
                }
                (None, None) => None,
            }
        };
        let (mode, attempts) =
            (said("AWS_RETRY_MODE", "retry_mode"), said("AWS_MAX_ATTEMPTS", "max_attempts"));
        if mode.is_none() && attempts.is_none() {
            return Ok(None);
        }
        let config = match mode.as_ref().map(|(mode, _)| mode.to_lowercase()).as_deref() {
            None | Some("legacy" | "standard") => RetryConfig::standard(),
            Some("adaptive") => RetryConfig::adaptive(),
            Some(other) => {
                let place = mode.map(|(_, place)| place).unwrap_or_default();
                return Err(wrong(format!("there is no retry mode {other}: {place}"))
                    .with_hint("the modes are standard, adaptive and legacy, which is standard here"));
            }
        };
        let Some((attempts, place)) = attempts else { return Ok(Some(config)) };
        match attempts.parse().ok().filter(|attempts| *attempts > 0) {
            Some(attempts) => Ok(Some(config.with_max_attempts(attempts))),
            None => Err(wrong(format!("{attempts} is no number of attempts: {place}"))
                .with_hint("a call is tried once at least: 1, 2, 3, …")),
        }
    }

    /// Where the files may have profiles whose names nobody can read, as those that the AWS CLI refuses whole.
    pub(super) fn unknown(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        for file in [&self.config, &self.credentials] {
            let path = file.path.display();
            unknown.extend(file.unreadable.iter().map(|why| format!("{path}: {why}")));
            unknown.extend(file.stray.iter().map(|stray| format!("{}: {}", file.at(stray.line), stray.what)));
        }
        let sections = self.profiles.iter().flat_map(|profile| {
            let files = [(&self.config, &profile.config), (&self.credentials, &profile.credentials)];
            files.into_iter().filter_map(|(file, section)| Some((file, section.as_ref()?)))
        });
        unknown.extend(sections.filter_map(|(file, section)| {
            let problem = section.problem.as_ref().filter(|problem| problem.what == ini::UNCLOSED)?;
            Some(format!("{}: {}", file.at(problem.line), problem.what))
        }));
        unknown
    }

    /// The section that `sso_session` of a profile names.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub(super) fn session(&self, profile: &FileProfile, name: &str) -> Result<&Section> {
        let at = self.at(profile, "sso_session");
        let session = self.sessions.get(name);
        let session = session.ok_or_else(|| {
            let owner = &profile.name;
            wrong(format!("no credentials for profile {owner}: {at}: there is no [sso-session {name}]"))
        })?;
        match &session.problem {
            Some(problem) => Err(wrong(format!(
                "cannot read sso-session {name}: {}: {}",
                self.config.at(problem.line),
                problem.what
            ))),
            None => Ok(session),
        }
    }

    /// The keys of a profile: those of the credentials file, or else those of the other.
    ///
    /// # Errors
    /// When there is a key id without a secret.
    pub(super) fn keys<'a>(&self, profile: &'a FileProfile, section: Origin) -> Result<Option<Keys<'a>>> {
        let (file, section) = match section {
            Origin::Config => (&self.config, &profile.config),
            Origin::Credentials => (&self.credentials, &profile.credentials),
        };
        let Some(section) = section else { return Ok(None) };
        let Some(Entry { value: id, line, .. }) = section.entry("aws_access_key_id") else { return Ok(None) };
        let secret = section.get("aws_secret_access_key").filter(|secret| !secret.is_empty());
        let secret = secret.filter(|_| !id.is_empty()).ok_or_else(|| {
            let at = file.at(*line);
            wrong(format!("profile {} has half a pair of keys: {at}", profile.name))
                .with_hint("aws_access_key_id and aws_secret_access_key belong together, in one file")
        })?;
        let token = section.get("aws_security_token").or_else(|| section.get("aws_session_token"));
        Ok(Some(Keys { id, secret, token }))
    }

    /// Where a key of a profile stands, or its section if it has none: file and line.
    pub(super) fn at(&self, profile: &FileProfile, key: &str) -> String {
        let places = [(&self.credentials, &profile.credentials), (&self.config, &profile.config)];
        let mut place = String::new();
        for (file, section) in places {
            let Some(section) = section else { continue };
            if let Some(entry) = section.entry(key) {
                return file.at(entry.line);
            }
            place = file.at(section.line);
        }
        place
    }

    /// What the SDK itself is to know of a profile: a file with that one profile, which it calls [`ALIAS`].
    ///
    /// Profiles that differ in nothing but their credentials, region and name have the same.
    pub(super) fn settings(&self, profile: &FileProfile) -> String {
        let mut entries: Vec<&Entry> = Vec::new();
        for entry in profile.sections().flat_map(|section| &section.entries) {
            let is_new = !entries.iter().any(|known| known.key == entry.key);
            if is_new && is_setting(&entry.key) && !entry.value.is_empty() && !entry.value.contains('\n') {
                entries.push(entry);
            }
        }
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        let mut text = format!("[profile {ALIAS}]\n");
        let services = entries.iter().find(|entry| entry.key == "services");
        for entry in &entries {
            let value = if entry.key == "services" { ALIAS } else { &entry.value };
            let _ = writeln!(text, "{} = {value}", entry.key);
        }
        if let Some(services) = services.and_then(|entry| self.services.get(&entry.value)) {
            let _ = writeln!(text, "[services {ALIAS}]");
            for entry in &services.entries {
                let _ = writeln!(text, "{} =", entry.key);
                for (key, value) in ini::nested(&entry.value).unwrap_or_default() {
                    let _ = writeln!(text, "  {key} = {value}");
                }
            }
        }
        text
    }
}

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Config,
    Credentials,
}

/// The name of the only profile of [`Files::settings`].
pub(super) const ALIAS: &str = "p";

/// Whether a key says how calls are made, and not by whom.
fn is_setting(key: &str) -> bool {
    let of_credentials = ["aws_", "sso_", "role_", "credential_", "web_identity_"];
    let others = [
        "source_profile",
        "external_id",
        "mfa_serial",
        "duration_seconds",
        "login_session",
        "region",
        "output",
        // The SDK panics at values that the AWS CLI takes: they are read by `retries`.
        "retry_mode",
        "max_attempts",
    ];
    !of_credentials.iter().any(|prefix| key.starts_with(prefix)) && !others.contains(&key)
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(Kind::Credentials, what)
}

/// How many names an error lists.
const LISTED: usize = 20;

/// `a, b, c`, and how many more there are.
pub(crate) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.len() {
        0 => "none".to_owned(),
        count if count > LISTED => format!("{} and {} more", names[..LISTED].join(", "), count - LISTED),
        _ => names.join(", "),
    }
}
