//! `config`: what is in force, and who says so.

use clap::Args;

use super::flags::SettingFlags;
use crate::config;
use crate::output::Destination;
use datafusion_lightsail::error::Result;

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The targets that the configuration file has a name for
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    #[command(flatten)]
    settings: SettingFlags,
}

impl Show {
    pub(super) fn print(&self) -> Result<()> {
        let config = config::current();
        let target = self.target.as_deref();
        target.map_or(Ok(()), |name| config.target(name))?;
        // What makes no sense is said as it is to a query.
        config::keys().try_for_each(|key| config.text(key.name, target).map(drop))?;
        let report = config.report(target, |key| self.settings.value(key.name).map(ToOwned::to_owned));
        Destination::stdout().send(report.as_bytes())
    }
}
