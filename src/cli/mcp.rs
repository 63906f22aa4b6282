//! `mcp`: an agent's tools on standard input and output.

use std::time::Duration;

use clap::Args;

use super::capture::Past;
use super::{Ask, SHELL_CACHE, seconds};
use crate::mcp::{self, Limits};
use datafusion_lightsail::error::Result;

#[derive(Debug, Args)]
pub(super) struct Mcp {
    /// How many rows an answer has at most, whatever is asked for
    #[arg(long, value_name = "N", default_value_t = 1000)]
    max_rows: usize,
    /// How many bytes the rows of an answer come to at most
    #[arg(long, value_name = "N", default_value_t = 60_000)]
    max_bytes: usize,
    /// How many API calls a statement may be about to make
    #[arg(long, value_name = "N", default_value_t = 500)]
    max_calls: usize,
    /// Seconds that an answer may take
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    ask: Ask,
    #[command(flatten)]
    past: Past,
}

impl Mcp {
    pub(super) async fn serve(self) -> Result<()> {
        let limits = Limits {
            rows: self.max_rows,
            bytes: self.max_bytes,
            calls: self.max_calls,
            timeout: self.timeout,
        };
        let archive = self.past.archive()?;
        let (clients, options, _server) = self.ask.clients(true, Some(SHELL_CACHE)).await?;
        mcp::serve(clients, options, archive, limits).await
    }
}
