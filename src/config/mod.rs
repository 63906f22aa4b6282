//! The configuration file, `~/.config/lightsail-sql/config.toml`: what holds where neither a flag nor the environment says
//! otherwise.

mod keys;
mod print;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use keys::{Key, keys};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use datafusion_lightsail::aws::room_for_files;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::nearest::nearest;

/// The variable that names another file, or `/dev/null` for none.
const VARIABLE: &str = "LIGHTSAIL_SQL_CONFIG";

/// The table of the named groups of targets.
const TARGETS: &str = "targets";

/// The table of the users of a server, each with the hash of its password.
const USERS: &str = "users";

/// What the configuration file says.
#[derive(Debug, Default)]
pub struct Config {
    /// Where it is, or would be; `None` if there is no home directory.
    path: Option<PathBuf>,
    exists: bool,
    values: Values,
    targets: BTreeMap<String, Values>,
    users: BTreeMap<String, String>,
}

/// Values by key, each with its line.
type Values = BTreeMap<&'static str, (String, usize)>;

/// A value in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As the flag takes it.
    pub text: String,
    /// Who says so.
    pub source: Source,
}

/// Who says what a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The flag of this name.
    Flag(&'static str),
    /// The group of targets of this name, at this line of the file.
    Target(String, usize),
    /// A variable of the environment.
    Variable(String),
    /// This line of the file.
    File(usize),
}

/// Read once, before anything else happens.
static CURRENT: OnceLock<Config> = OnceLock::new();

/// Reads the configuration file of this process.
///
/// # Errors
/// [`Kind::Usage`] with the line when it cannot be read or makes no sense.
pub fn load() -> Result<()> {
    let config = Config::of_environment()?;
    let _ = CURRENT.set(config);
    Ok(())
}

/// What the configuration file of this process says; nothing before it is read.
pub fn current() -> &'static Config {
    static NOTHING: OnceLock<Config> = OnceLock::new();
    CURRENT.get().unwrap_or_else(|| NOTHING.get_or_init(Config::default))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn directory() -> Option<PathBuf> {
    if cfg!(windows) {
        return dirs::config_dir();
    }
    // The same on every Unix, as the documents say it.
    let xdg = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    xdg.or_else(|| Some(dirs::home_dir()?.join(".config")))
}

impl Config {
    fn of_environment() -> Result<Self> {
        let named = variable(VARIABLE).map(PathBuf::from);
        let path = named.clone().or_else(|| Some(directory()?.join("lightsail-sql").join("config.toml")));
        let Some(path) = path else { return Ok(Self::default()) };
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self { exists: true, ..Self::parse(&path, &text)? }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
                Ok(Self { path: Some(path), ..Self::default() })
            }
            Err(error) => {
                let error = Error::new(Kind::Usage, format!("cannot read {}: {error}", path.display()));
                Err(match named {
                    _ if let Some(more) = room_for_files() => error.with_hint(more),
                    Some(_) => error.with_hint(format!("{VARIABLE} names it; /dev/null is no file at all")),
                    None => error,
                })
            }
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self> {
        let line = |span: Range<usize>| text[..span.start.min(text.len())].matches('\n').count() + 1;
        let at = |error: Error, line: usize| error.at(format_args!("{}, line {line}", path.display()));
        let table = DeTable::parse(text).map_err(|error| {
            at(Error::new(Kind::Usage, error.message().trim_end()), error.span().map_or(1, line))
        })?;
        let mut config = Self { path: Some(path.to_owned()), ..Self::default() };
        for (name, value) in table.get_ref() {
            match value.get_ref() {
                DeValue::Table(groups) if name.get_ref() == TARGETS => {
                    for (group, values) in groups {
                        let DeValue::Table(values) = values.get_ref() else {
                            let name = group.get_ref();
                            let error = Error::new(Kind::Usage, format!("{TARGETS}.{name} is no table"))
                                .with_hint(format!("a group begins with [{TARGETS}.{name}]"));
                            return Err(at(error, line(group.span())));
                        };
                        let mut known = Values::new();
                        for (name, value) in values {
                            let line = line(name.span());
                            let (key, text) =
                                entry(name, value, Key::is_setting).map_err(|error| at(error, line))?;
                            known.insert(key.name, (text, line));
                        }
                        config.targets.insert(group.get_ref().to_string(), known);
                    }
                }
                DeValue::Table(users) if name.get_ref() == USERS => {
                    for (user, hash) in users {
                        let DeValue::String(hash) = hash.get_ref() else {
                            let error =
                                Error::new(Kind::Usage, format!("{USERS}.{} is no text", user.get_ref()))
                                    .with_hint("lightsail-sql serve --hash-password makes it");
                            return Err(at(error, line(user.span())));
                        };
                        config.users.insert(user.get_ref().to_string(), hash.to_string());
                    }
                }
                _ => {
                    let line = line(name.span());
                    let (key, text) = entry(name, value, |_| true).map_err(|error| at(error, line))?;
                    config.values.insert(key.name, (text, line));
                }
            }
        }
        Ok(config)
    }

    /// The users of a server, each with the hash of its password.
    ///
    /// # Errors
    /// [`Kind::Usage`] when others may read the file: who has a hash may come in.
    pub fn users(&self) -> Result<BTreeMap<&str, &str>> {
        #[cfg(unix)]
        if let (false, Some(path)) = (self.users.is_empty(), &self.path) {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path).map(|metadata| metadata.permissions().mode());
            if mode.is_ok_and(|mode| mode & 0o077 != 0) {
                let what = format!("others may read {}, which has users in it", path.display());
                return Err(Error::new(Kind::Usage, what).with_hint(format!("chmod 600 {}", path.display())));
            }
        }
        Ok(self.users.iter().map(|(name, hash)| (name.as_str(), hash.as_str())).collect())
    }

    /// The group of targets of a name.
    ///
    /// # Errors
    /// [`Kind::Usage`] when there is none; the hint names the nearest.
    pub fn target(&self, name: &str) -> Result<()> {
        if self.targets.contains_key(name) {
            return Ok(());
        }
        let names: Vec<&str> = self.targets.keys().map(String::as_str).collect();
        let file = self.path.as_ref().map_or_else(String::new, |path| format!(" in {}", path.display()));
        let hint = match nearest(name, names.iter().copied()) {
            Some(meant) => format!("did you mean {meant}?"),
            None if names.is_empty() => format!("a group is a table [{TARGETS}.{name}]{file}"),
            None => format!("there are {}", names.join(", ")),
        };
        Err(Error::new(Kind::Usage, format!("there is no group of targets {name}")).with_hint(hint))
    }

    /// The value of a key that no flag says: that of the group of targets, the environment or the file; `None` where none
    /// of them has one, or a variable of AWS's own says it.
    pub fn value(&self, key: &Key, target: Option<&str>) -> Option<Value> {
        let of = |values: &Values| values.get(key.name).cloned();
        if let Some((name, (text, line))) = target.and_then(|name| Some((name, of(self.targets.get(name)?)?)))
        {
            return Some(Value { text, source: Source::Target(name.to_owned(), line) });
        }
        let own = key.variable();
        if let Some(text) = variable(&own) {
            return Some(Value { text, source: Source::Variable(own) });
        }
        if self.of_aws(key).is_some() {
            return None;
        }
        of(&self.values).map(|(text, line)| Value { text, source: Source::File(line) })
    }

    /// The variable of AWS's own that says what a key would.
    fn of_aws(&self, key: &Key) -> Option<&'static str> {
        key.variables.iter().copied().find(|name| variable(name).is_some())
    }

    /// The value of the key of this name, checked.
    ///
    /// # Errors
    /// [`Kind::Usage`] when a variable has a value that makes no sense; those of the file were checked when it was read.
    pub fn text(&self, name: &str, target: Option<&str>) -> Result<Option<String>> {
        let Some(key) = keys().find(|key| key.name == name) else { return Ok(None) };
        let Some(Value { text, source }) = self.value(&key, target) else { return Ok(None) };
        match (key.check(&text), source) {
            (Err(what), Source::Variable(variable)) => Err(Error::new(Kind::Usage, what).at(variable)),
            _ => Ok(Some(text)),
        }
    }

    /// The folders of saved queries; those that the file names are beside it if they are not absolute.
    pub fn folders(&self) -> Vec<PathBuf> {
        let list = self.text("queries", None).ok().flatten().unwrap_or_default();
        let home = self.path.as_deref().and_then(Path::parent).unwrap_or_else(|| Path::new(""));
        let folder = |text: &str| match (text.strip_prefix("~/"), dirs::home_dir()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => home.join(text),
        };
        list.split(',').map(str::trim).filter(|part| !part.is_empty()).map(folder).collect()
    }

    /// Where it is, in words.
    pub fn place(&self) -> String {
        match &self.path {
            Some(path) if self.exists => path.display().to_string(),
            Some(path) => format!("{} (there is no such file)", path.display()),
            None => "none: there is no home directory".to_owned(),
        }
    }

    /// A folder of saved queries that is not there.
    pub fn missing_folder(&self) -> Option<PathBuf> {
        self.folders().into_iter().find(|folder| !folder.is_dir())
    }

    /// The statements that the shell begins with, if there are any.
    pub fn rc(&self) -> Option<PathBuf> {
        Some(self.path.as_ref()?.with_file_name("rc.sql")).filter(|path| path.is_file())
    }
}

/// The key of a name, among those that may stand here, and the text of its value.
fn entry(
    name: &Spanned<std::borrow::Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
    may_stand: impl Fn(&Key) -> bool,
) -> Result<(Key, String)> {
    let name = name.get_ref();
    let known: Vec<Key> = keys().filter(may_stand).collect();
    let Some(key) = known.iter().find(|key| key.name == name) else {
        let error = Error::new(Kind::Usage, format!("there is no key {name}"));
        let names = known.iter().map(|key| key.name).chain([TARGETS]);
        // A flag is what people know it by.
        let of_flag = known.iter().find(|key| key.flag == Some(name.as_ref())).map(|key| key.name);
        return Err(error.with_hint(match of_flag.or_else(|| nearest(name, names)) {
            Some(meant) => format!("did you mean {meant}?"),
            None => "lightsail-sql config lists the keys".to_owned(),
        }));
    };
    let text = text(value.get_ref())
        .ok_or_else(|| Error::new(Kind::Usage, format!("{name} is a {}", value.get_ref().type_str())))?;
    key.check(&text).map_err(|what| Error::new(Kind::Usage, what).at(name))?;
    Ok((*key, text))
}

/// A value as its flag takes it: of a list its parts, separated by commas.
fn text(value: &DeValue<'_>) -> Option<String> {
    Some(match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().replace('_', ""),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(switch) => switch.to_string(),
        DeValue::Array(parts) => {
            let parts: Option<Vec<String>> = parts.iter().map(|part| text(part.get_ref())).collect();
            parts?.join(",")
        }
        DeValue::Datetime(_) | DeValue::Table(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Config> {
        Config::parse(Path::new("/c/config.toml"), text)
    }

    fn source(config: &Config, name: &str, target: Option<&str>) -> Option<(String, Source)> {
        let key = keys().find(|key| key.name == name).unwrap();
        config.value(&key, target).map(|value| (value.text, value.source))
    }

    #[test]
    fn values_have_their_lines_and_lists_their_commas() {
        let config = parsed(
            "concurrency = 8\nallow_partial = true\ncache_ttl = \"5m\"\nqueries = [\"mine\", \"/srv/q\"]\n\n\
             [targets.prod]\nprofiles = \"prod-*\"\nconcurrency = 16\n",
        )
        .unwrap();
        assert_eq!(source(&config, "concurrency", None), Some(("8".into(), Source::File(1))));
        let of_target = Source::Target("prod".into(), 8);
        assert_eq!(source(&config, "concurrency", Some("prod")), Some(("16".into(), of_target)));
        assert_eq!(source(&config, "allow_partial", Some("prod")), Some(("true".into(), Source::File(2))));
        assert_eq!(config.folders(), [PathBuf::from("/c/mine"), PathBuf::from("/srv/q")]);
        assert!(config.target("prod").is_ok());
        assert_eq!(config.target("prdo").unwrap_err().hint(), Some("did you mean prod?"));
    }

    #[test]
    fn fuzz_config() {
        crate::fuzz::fuzz("config", 2000, |bytes| {
            let text = String::from_utf8_lossy(bytes);
            match parsed(&text) {
                Ok(config) => drop(config.report(None, |_| None)),
                Err(error) => {
                    let line = error.message().strip_prefix("/c/config.toml, line ").unwrap();
                    let line: usize = line.split(':').next().unwrap().parse().unwrap();
                    assert!((1..=text.matches('\n').count() + 1).contains(&line), "{error}");
                    assert_eq!(error.kind(), Kind::Usage);
                }
            }
        });
    }

    #[test]
    fn a_slip_is_named_with_its_line() {
        for (text, message, hint) in [
            (
                "\nregoins = \"all\"",
                "/c/config.toml, line 2: there is no key regoins",
                "did you mean regions?",
            ),
            ("profile = \"a\"", "/c/config.toml, line 1: there is no key profile", "did you mean profiles?"),
            (
                "voice = 1",
                "/c/config.toml, line 1: there is no key voice",
                "lightsail-sql config lists the keys",
            ),
            ("concurrency = \"many\"", "/c/config.toml, line 1: concurrency: not a number from 1", ""),
            ("format = \"xls\"", "/c/config.toml, line 1: format: there is no format \"xls\"", ""),
            ("regions = 2026-01-01", "/c/config.toml, line 1: regions is a datetime", ""),
            (
                "[targets.prod]\nformat = \"csv\"",
                "/c/config.toml, line 2: there is no key format",
                "lightsail-sql config lists the keys",
            ),
            (
                "[targets]\nprod = 1",
                "/c/config.toml, line 2: targets.prod is no table",
                "a group begins with [targets.prod]",
            ),
            ("[target.prod]\n", "/c/config.toml, line 1: there is no key target", "did you mean targets?"),
        ] {
            let error = parsed(text).unwrap_err();
            assert_eq!((error.message(), error.hint().unwrap_or_default()), (message, hint));
            assert_eq!(error.kind(), Kind::Usage);
        }
        let error = parsed("a = 1\nb = [").unwrap_err();
        assert!(error.message().starts_with("/c/config.toml, line "), "{error}");
    }
}
