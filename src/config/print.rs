//! What is in force, and who says so.

use std::fmt;

use super::{Config, Key, Source, Value, keys};

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "--{flag}"),
            Self::Target(name, line) => write!(f, "--target {name}, line {line}"),
            Self::Variable(name) => f.write_str(name),
            Self::File(line) => write!(f, "line {line}"),
        }
    }
}

impl Config {
    /// Every key with its value and who says so, a line each; `flag` knows the flags that are given.
    pub fn report(&self, target: Option<&str>, flag: impl Fn(&Key) -> Option<String>) -> String {
        let mut text = format!("{}\n", self.place());
        if let Some(rc) = self.rc() {
            text += &format!("{} (the shell runs it)\n", rc.display());
        }
        let rows: Vec<[String; 3]> = keys().map(|key| self.row(&key, target, flag(&key))).collect();
        let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default();
        let (names, sources) = (width(0), width(1));
        text.push('\n');
        for [name, source, value] in &rows {
            text += format!("{name:names$}  {source:sources$}  {value}").trim_end();
            text.push('\n');
        }
        for (name, values) in &self.targets {
            text += &format!("\n--target {name}\n");
            for (key, (value, line)) in values {
                text += &format!("  {key} = {value} (line {line})\n");
            }
        }
        text
    }

    fn row(&self, key: &Key, target: Option<&str>, flag: Option<String>) -> [String; 3] {
        let flag = flag.zip(key.flag).map(|(text, flag)| Value { text, source: Source::Flag(flag) });
        let (value, source) = match (flag.or_else(|| self.value(key, target)), self.of_aws(key)) {
            (Some(Value { text, source }), _) => (text, source.to_string()),
            // The id of a key is nobody's business.
            (None, Some(name)) if name.contains("KEY") => {
                ("the environment's keys".to_owned(), name.to_owned())
            }
            (None, Some(name)) => (super::variable(name).unwrap_or_default(), name.to_owned()),
            (None, None) => (key.default.to_owned(), "default".to_owned()),
        };
        [key.name.to_owned(), source, value]
    }
}
