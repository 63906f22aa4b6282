//! Saved queries: the ones that ship inside the binary, and one's own, which are the files of folders.

mod finding;
mod list;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::header::Header;
use datafusion_lightsail::nearest::nearest;
use datafusion_lightsail::script::{Parameters, parameter};
pub use finding::{LEVELS, Level};
use lightsail_queries::{SHIPPED, Shipped};

use crate::config;
use crate::script::Script;

/// The suffix of the files that are queries.
const SUFFIX: &str = "sql";

/// One saved query.
#[derive(Debug, Clone)]
pub struct SavedQuery {
    /// What it is run by: the name of its file without `.sql`.
    pub name: String,
    /// What it is about: the name of its folder.
    pub theme: String,
    /// The file of one's own; `None` if it ships inside the binary.
    pub path: Option<PathBuf>,
    sql: Cow<'static, str>,
}

impl SavedQuery {
    fn header(&self) -> Header {
        Header::read(&self.sql)
    }

    /// What it asks, in a few words; its name if its header does not say.
    pub fn title(&self) -> String {
        self.header().field("title").unwrap_or(&self.name).to_owned()
    }

    /// Its parameters as its header declares them: their names, what they mean, and their defaults if they have one.
    pub fn declared(&self) -> Vec<(String, String, Option<String>)> {
        let header = self.header();
        let parameters = header.parameters().map(|parameter| {
            let default = parameter.default.map(str::to_owned);
            (parameter.name.to_owned(), parameter.meaning.to_owned(), default)
        });
        parameters.collect()
    }

    /// Parses it.
    ///
    /// # Errors
    /// As [`Script::new`].
    pub fn script(&self) -> Result<Script> {
        let place = self.path.as_ref().map_or(self.name.clone(), |path| path.display().to_string());
        Ok(Script::new(place, &self.sql)?.of_file())
    }

    /// Parses it, and reads the values `name=value` that its parameters are given.
    ///
    /// # Errors
    /// As [`Script::new`]; [`Kind::Usage`] when it has no such parameter or takes no such value.
    pub fn with(&self, values: &[impl AsRef<str>]) -> Result<(Script, Parameters)> {
        let script = self.script()?;
        let given = values.iter().map(|value| parameter(value.as_ref())).collect::<Result<Parameters>>()?;
        script.check_names(given.keys(), &self.name)?;
        script.values(&given)?;
        Ok((script, given))
    }
}

/// The names of the queries that ship.
pub fn shipped_names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|query| query.name)
}

/// All saved queries.
#[derive(Debug)]
pub struct Library(Vec<SavedQuery>);

impl Library {
    /// Those of the folders that the configuration file names, and those that ship.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of_config() -> Result<Self> {
        Self::open(&config::current().folders())
    }

    /// Those of these folders and of the folders in them, and those that ship. One's own goes before one of the same
    /// name that ships.
    ///
    /// # Errors
    /// [`Kind::Usage`] when a folder or a file in it cannot be read.
    pub fn open(folders: &[PathBuf]) -> Result<Self> {
        let mut queries = Vec::new();
        for folder in folders {
            for path in files(folder)? {
                queries.push(SavedQuery::read(path)?);
            }
        }
        let shipped = SHIPPED.iter().map(|Shipped { theme, name, sql }| SavedQuery {
            name: (*name).to_owned(),
            theme: (*theme).to_owned(),
            path: None,
            sql: Cow::Borrowed(sql),
        });
        queries.extend(shipped);
        let mut names = std::collections::HashSet::new();
        queries.retain(|query| names.insert(query.name.clone()));
        Ok(Self(queries))
    }

    /// The queries whose name, theme or title has this in it; all of them if it is empty.
    pub fn matching(&self, pattern: &str) -> Vec<&SavedQuery> {
        let pattern = pattern.trim_matches('*').to_lowercase();
        let is_in = |text: &str| text.to_lowercase().contains(&pattern);
        let matches =
            |query: &&SavedQuery| is_in(&query.name) || is_in(&query.theme) || is_in(&query.title());
        self.0.iter().filter(matches).collect()
    }

    /// The query of this name, or `theme/name`.
    ///
    /// # Errors
    /// [`Kind::Usage`] when there is none.
    pub fn find(&self, name: &str) -> Result<&SavedQuery> {
        let (theme, bare) = name.rsplit_once('/').map_or((None, name), |(theme, bare)| (Some(theme), bare));
        let bare = bare.strip_suffix(".sql").unwrap_or(bare);
        let is_it = |query: &&SavedQuery| {
            query.name == bare && theme.is_none_or(|theme| Path::new(theme).ends_with(&query.theme))
        };
        self.0.iter().find(is_it).ok_or_else(|| {
            let hint = match nearest(bare, self.names()) {
                Some(meant) => format!("did you mean {meant}?"),
                None => "lightsail-sql queries lists them; \\queries does in the shell".to_owned(),
            };
            Error::new(Kind::Usage, format!("there is no saved query {name}")).with_hint(hint)
        })
    }

    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|query| query.name.as_str())
    }
}

impl SavedQuery {
    fn read(path: PathBuf) -> Result<Self> {
        let sql = std::fs::read_to_string(&path)
            .map_err(|error| Error::new(Kind::Usage, format!("cannot read {}: {error}", path.display())))?;
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self {
            name: name(&path.with_extension("")),
            theme: path.parent().map(name).unwrap_or_default(),
            path: Some(path),
            sql: Cow::Owned(sql),
        })
    }
}

/// The `.sql` files in a folder and in the folders in it, in the order of their paths; what begins with a dot is passed over.
///
/// # Errors
/// [`Kind::Usage`] when a folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let wrong = |error: std::io::Error| {
        Error::new(Kind::Usage, format!("cannot read the queries in {}: {error}", folder.display()))
    };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        entries.push(entry.map_err(wrong)?.path());
    }
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if is_hidden {
            continue;
        }
        match path.is_dir() {
            true => found.extend(files(&path)?),
            false if path.extension().is_some_and(|extension| extension == SUFFIX) => found.push(path),
            false => {}
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_those_that_ship_is_the_folder() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let there: Vec<_> = files(&root)
            .unwrap()
            .iter()
            .map(|path| (name(path.parent().unwrap()), name(&path.with_extension(""))))
            .collect();
        let listed: Vec<_> =
            SHIPPED.iter().map(|query| (query.theme.to_owned(), query.name.to_owned())).collect();
        assert_eq!(listed, there, "crates/lightsail-queries is not what queries/ holds");
    }

    #[test]
    fn ones_own_are_found_too_and_go_first() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("nightly/.git")).unwrap();
        let write = |name: &str, sql: &str| std::fs::write(folder.path().join(name), sql).unwrap();
        write("nightly/mine.sql", "-- title: Mine\nSELECT 1");
        write("nightly/.git/not.sql", "SELECT 1");
        write("alarms.sql", "-- title: Own alarms\nSELECT 2");
        write("notes.txt", "");
        let library = Library::open(&[folder.path().to_owned()]).unwrap();
        assert_eq!(library.names().count(), SHIPPED.len() + 1);
        let mine = library.find("mine").unwrap();
        assert_eq!((mine.theme.as_str(), mine.title().as_str()), ("nightly", "Mine"));
        assert_eq!(library.find("alarms").unwrap().title(), "Own alarms");
        assert_eq!(library.find("nightly/mine.sql").unwrap().name, "mine");
        assert_eq!(library.matching("MINE").len(), 1);
        assert!(Library::open(&[folder.path().join("nowhere")]).is_err());
    }

    #[test]
    fn what_was_meant_is_named() {
        let library = Library::open(&[]).unwrap();
        let error = library.find("stoped_instances").unwrap_err();
        assert_eq!(error.hint(), Some("did you mean stopped_instances?"));
        let query = library.find("instances_by_age").unwrap();
        let error = |values: &[&str]| query.with(values).unwrap_err().to_string();
        assert_eq!(error(&["dais=3"]), "instances_by_age has no parameter dais\nhint: did you mean days?");
        assert_eq!(error(&["x=3"]), "instances_by_age has no parameter x\nhint: it has days, as_of");
        assert!(error(&["days=soon"]).starts_with("instances_by_age: $days is not an integer: soon\nhint: "));
        let (_, values) = query.with(&["days=3"]).unwrap();
        assert_eq!(values["days"].to_string(), "3");
    }
}
