//! `\chart`: the last answer as a picture, without a call.

use std::path::Path;

use super::console::Console;
use crate::output::{Destination, Format, Options};
use crate::run::{self, Asked, format_of};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::LAST_ANSWER;

impl Console<'_> {
    /// Draws the last answer on the screen, or writes it to a file in the format of its suffix.
    ///
    /// # Errors
    /// [`Kind::Usage`] when there is no answer; when nothing can be drawn of it.
    pub(super) async fn chart(&self, file: Option<&Path>) -> Result<()> {
        let is_there = self.session.context().table_exist(LAST_ANSWER).unwrap_or(false);
        if !is_there {
            return Err(Error::new(Kind::Usage, "there is no answer to draw yet").with_hint(
                "ask for a label or a time, and a number: SELECT region, count(*) FROM instances GROUP BY 1",
            ));
        }
        let options = Options { keeps_answer: false, ..self.screen_options() };
        let (out, format, options) = match file {
            Some(path) => (Destination::create(path)?, format_of(path)?, options.for_file()),
            None => (Destination::screen(&options), Format::Chart, options),
        };
        let (record, parameters) = (self.session.begin(), Parameters::new());
        let asked = Asked { session: self.session, record: &record, parameters: &parameters };
        let statements = parse("\\chart", &format!("SELECT * FROM {LAST_ANSWER}"))?;
        let Some(statement) = statements.first() else { return Ok(()) };
        run::run(asked, statement, out, format, &options).await?.tell(self.quiet, false);
        Ok(())
    }
}
