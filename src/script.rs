//! Scripts as the application reads them: SQL statements, and the shell's commands among them.

use std::ops::Deref;
use std::path::Path;

use crate::shell::command::{Command, Placed, Step, Text, steps};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::{self as engine, Parameters};

/// A script of statements, with the commands that stand among them.
#[derive(Debug, Clone)]
pub struct Script {
    script: engine::Script,
    pub(crate) commands: Vec<Placed>,
}

impl Deref for Script {
    type Target = engine::Script;

    fn deref(&self) -> &engine::Script {
        &self.script
    }
}

impl Script {
    /// Parses a text: `-c`'s, or that of standard input.
    ///
    /// # Errors
    /// When it is no SQL, or has a command that is none.
    pub fn new(name: impl Into<String>, text: &str) -> Result<Self> {
        let name = name.into();
        let Text { sql, commands, .. } = Text::split(&name, text)?;
        Ok(Self { script: engine::Script::new(name, &sql)?, commands })
    }

    /// Reads and parses a file.
    ///
    /// # Errors
    /// When it cannot be read, is not UTF-8, or as [`new`](Self::new).
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::new(Kind::Usage, format!("cannot read {}: {error}", path.display())))?;
        Ok(Self::new(path.display().to_string(), &text)?.of_file())
    }

    /// The script as one that is a file.
    #[must_use]
    pub fn of_file(mut self) -> Self {
        self.script.is_file = true;
        self
    }

    /// The values that the parameters of each statement will have once the commands before it have set theirs.
    pub(crate) fn foreseen(&self, values: &Parameters) -> Vec<Parameters> {
        let mut values = values.clone();
        let mut foreseen = Vec::with_capacity(self.statements.len());
        for step in steps(&self.statements, &self.commands) {
            match step {
                Step::Statement(_) | Step::Run(..) => foreseen.push(values.clone()),
                Step::Command(placed) => {
                    if let Command::Parameter(Some(name), Some(value)) = &placed.command
                        && let Ok((name, value)) = engine::parameter(&format!("{name}={value}"))
                    {
                        values.insert(name, value);
                    }
                }
            }
        }
        foreseen
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.commands.is_empty()
    }
}
