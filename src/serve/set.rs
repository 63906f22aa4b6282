//! SET, RESET and SHOW: our settings and Postgres', as far as the server lets a client set them.

use std::sync::{Arc, MutexGuard, PoisonError};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use pgwire::error::{PgWireError, PgWireResult};

use super::conversation::Conversation;
use super::errors::{of_engine, state};
use super::settings::{Settings, called, defaults, is_known};
use super::{SQL, Server};
use datafusion_lightsail::error::Error;
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::settings::{SETTINGS, Setting};

/// One of our settings, by its whole name.
pub(super) fn own(name: &str) -> Option<&'static Setting> {
    let own = name.strip_prefix("lightsail.")?;
    SETTINGS.iter().find(|setting| setting.name == own)
}

/// Refuses settings of ours with which a client would take more memory than its share.
///
/// # Errors
/// 22023, with what it may have.
pub(super) fn check_share(options: &LightsailOptions, server: &Server) -> PgWireResult<()> {
    let shown = |name| own(name).map_or_else(String::new, |setting| setting.show(&server.options));
    if options.memory_limit > server.options.memory_limit {
        let most = shown("lightsail.memory_limit");
        return Err(state(
            "22023",
            format!("a client's statements may hold {most} at most here (--max-memory)"),
        ));
    }
    if options.page_memory != server.options.page_memory {
        let is = shown("lightsail.page_memory");
        return Err(state("22023", format!("lightsail.page_memory is {is} for all clients of this server")));
    }
    Ok(())
}

impl Conversation {
    /// Sets one of our settings or one of Postgres'; `None` is what the connection began with.
    pub(super) async fn set(&mut self, name: &str, value: Option<&str>) -> PgWireResult<()> {
        let name = name.to_ascii_lowercase();
        if !name.starts_with("lightsail.") || is_known(&name) {
            let began_with = self.begun_with.settings.get(&name)?;
            return self.settings().set(&name, Some(value.unwrap_or(&began_with)));
        }
        if let (Some(setting), Some(value)) = (own(&name), value) {
            let mut wanted = self.options();
            // What it cannot be the engine says.
            if setting.set(&mut wanted, value).is_ok() {
                check_share(&wanted, &self.server)?;
            }
        }
        let sql = match value {
            Some(value) => format!("SET {name} = '{}'", value.replace('\'', "''")),
            None => format!("RESET {name}"),
        };
        let text = Arc::clone(&self.text);
        let wrong = |error: &Error| of_engine(error, &text);
        let mut statements = parse(SQL, &sql).map_err(|error| wrong(&error))?;
        let Some(statement) = statements.pop() else { return Ok(()) };
        let answer = self.session.ask(statement.ast, &Parameters::new()).await;
        // The place would be one in a text that nobody has written.
        answer.map(drop).map_err(|error| wrong(&Error::from(error)))?;
        let strays = [self.session.stray_regions(), self.session.stray_profiles()].concat();
        for warning in strays {
            self.warn(&warning).await?;
        }
        Ok(())
    }

    /// Sets everything as the connection began.
    pub(super) fn begin_again(&mut self) -> PgWireResult<()> {
        let session = self.server.session(self.begun_with.options.clone(), &self.memory);
        self.session = session.map_err(|error| of_engine(&error, &self.text))?;
        *self.settings() = self.begun_with.settings.clone();
        Ok(())
    }

    /// What a setting is.
    pub(super) fn shown(&self, name: &str) -> Result<String, PgWireError> {
        match own(name) {
            Some(setting) => Ok(setting.show(&self.options())),
            None => self.settings().get(name),
        }
    }

    /// What all settings are.
    pub(super) fn all_shown(&self) -> Result<RecordBatch, PgWireError> {
        let (options, settings) = (self.options(), self.settings());
        let ours = SETTINGS.iter().map(|setting| {
            Ok((format!("lightsail.{}", setting.name), setting.show(&options), setting.description))
        });
        let others = defaults()
            .map(|(name, _)| Ok((name.to_owned(), settings.get(name)?, "one of Postgres, for its clients")));
        let mut rows = ours.chain(others).collect::<Result<Vec<_>, PgWireError>>()?;
        rows.sort_unstable_by_key(|(name, ..)| name.to_ascii_lowercase());
        let column = |text: fn(&(String, String, &'static str)) -> String| {
            Arc::new(StringArray::from_iter_values(rows.iter().map(text))) as ArrayRef
        };
        let columns = vec![
            column(|(name, ..)| name.clone()),
            column(|(_, value, _)| value.clone()),
            column(|(.., description)| (*description).to_owned()),
        ];
        let batch = RecordBatch::try_new(all_schema(), columns);
        batch.map_err(|error| of_engine(&Error::from(error), &self.text))
    }

    pub(super) fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Our settings.
    fn options(&self) -> LightsailOptions {
        let config = self.session.context().copied_config();
        config.options().extensions.get().cloned().unwrap_or_default()
    }
}

/// The one column of SHOW.
pub(super) fn shown_schema(name: &str) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(called(name), DataType::Utf8, false)]))
}

/// The columns of SHOW ALL.
pub(super) fn all_schema() -> SchemaRef {
    let columns = ["name", "setting", "description"].map(|name| Field::new(name, DataType::Utf8, false));
    Arc::new(Schema::new(columns.to_vec()))
}
