//! `--log`: what the program and the AWS SDK do, on standard error.

use clap::ValueEnum;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How much is said.
///
/// No level is the SDK's own trace: there it writes whole requests and responses, signatures, session tokens and the secret
/// keys that STS answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Level {
    /// What failed
    Error,
    /// What may fail
    Warn,
    /// Each API call too
    Info,
    /// What the AWS SDK does for it too; no secrets
    Debug,
    /// How connections are made too; no secrets
    Trace,
}

/// Those whose lines are about connections and bytes, not about what is asked.
const TRANSPORT: [&str; 4] = ["hyper", "hyper_util", "h2", "rustls"];

impl Level {
    fn filter(self) -> LevelFilter {
        match self {
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug | Self::Trace => LevelFilter::DEBUG,
        }
    }

    /// Begins to write; once in a process.
    pub(super) fn begin(self) {
        let level = self.filter();
        let connections = if matches!(self, Self::Trace) { level } else { level.min(LevelFilter::INFO) };
        let transport = TRANSPORT.map(|name| (name, connections));
        let targets = Targets::new().with_default(level).with_targets(transport);
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        // Somebody else's subscriber would be as good.
        let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
    }
}
