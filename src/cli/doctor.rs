//! `doctor`: whom it examines, and what it says.

use clap::Args;

use super::Ask;
use crate::config;
use crate::doctor::Examination;
use crate::output::Destination;
use datafusion_lightsail::error::Result;

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    ask: Ask,
}

impl Doctor {
    pub(super) async fn run(self) -> Result<()> {
        let mut out = Destination::stdout();
        let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
        let mut examination = Examination::new(move |line| out.send(line.as_bytes()), width);
        examination.surroundings(config::load())?;
        match self.ask.clients(true, None).await {
            Ok((clients, options, _server)) => examination.targets(&clients, &options).await?,
            Err(error) => examination.failed("settings", &error)?,
        }
        examination.end()
    }
}
