//! What a saved query says of its rows in its header: how bad it is that there are any, and what to do about them.

use std::fmt;

use super::SavedQuery;
use datafusion_lightsail::error::{Error, Kind, Result};

/// How bad it is that a question has rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is good to know.
    Info,
    /// It is to be put right.
    Yellow,
    /// It is to be put right now.
    Red,
}

/// All levels by name, the worst first.
pub const LEVELS: [(&str, Level); 3] =
    [("red", Level::Red), ("yellow", Level::Yellow), ("info", Level::Info)];

impl Level {
    /// Its name, as headers and flags have it.
    pub fn name(self) -> &'static str {
        LEVELS.iter().find(|(_, level)| *level == self).map_or("", |(name, _)| name)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl SavedQuery {
    /// How bad it is that it has rows, as its header says: `-- level: red`. `None` if its rows are no finding.
    ///
    /// # Errors
    /// [`Kind::Usage`] when there is no such level.
    pub fn level(&self) -> Result<Option<Level>> {
        let header = self.header();
        let Some(text) = header.field("level") else { return Ok(None) };
        match LEVELS.iter().find(|(name, _)| *name == text.trim()) {
            Some((_, level)) => Ok(Some(*level)),
            None => {
                let names = LEVELS.map(|(name, _)| name).join(", ");
                let what = format!("{text:?} is no level");
                Err(Error::new(Kind::Usage, what).with_hint(format!("there are {names}")).at(&self.name))
            }
        }
    }

    /// What to do about its rows, as its header says: `-- advice: …`.
    pub fn advice(&self) -> Option<String> {
        self.header().field("advice").map(ToOwned::to_owned)
    }

    /// The values of its parameters in a report, as its header says: `-- report: days=30 percent=5`.
    pub fn report_values(&self) -> Vec<String> {
        let header = self.header();
        let values = header.field("report").unwrap_or_default();
        values.split_whitespace().map(ToOwned::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Library;
    use super::*;

    #[test]
    fn a_header_says_how_bad_its_rows_are() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, sql: &str| std::fs::write(folder.path().join(name), sql).unwrap();
        write("bad.sql", "-- level: red\n-- advice: Run.\n--   Far.\n-- report: days=3\n\nSELECT 1");
        write("plain.sql", "SELECT 1");
        write("odd.sql", "-- level: purple\nSELECT 1");
        let library = Library::open(&[folder.path().to_owned()]).unwrap();
        let find = |name: &str| library.find(name).unwrap();
        assert_eq!(find("bad").level().unwrap(), Some(Level::Red));
        assert_eq!(find("bad").advice().as_deref(), Some("Run. Far."));
        assert_eq!(find("bad").report_values(), ["days=3"]);
        assert_eq!((find("plain").level().unwrap(), find("plain").advice()), (None, None));
        let error = find("odd").level().unwrap_err().to_string();
        assert!(error.contains("\"purple\" is no level") && error.contains("red, yellow, info"), "{error}");
        assert!(Level::Red > Level::Yellow && Level::Yellow > Level::Info);
    }

    #[test]
    fn what_ships_and_is_a_finding_has_advice_and_values_that_it_takes() {
        let library = Library::open(&[]).unwrap();
        for query in library.matching("") {
            let level = query.level().unwrap();
            assert_eq!(level.is_some(), query.advice().is_some(), "{}", query.name);
            query.with(&query.report_values()).unwrap();
        }
    }
}
