//! Ctrl-C, SIGTERM and SIGHUP, heard on a thread of their own: however busy the workers are, a run can be ended.

use std::io;
use std::sync::LazyLock;

use tokio::sync::watch;

use datafusion_lightsail::error::{Error, Kind};

/// What a signal wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM or SIGHUP.
    Terminate,
}

impl Signal {
    /// What a run says that it has ended.
    pub fn error(self) -> Error {
        match self {
            Self::Interrupt => Error::new(Kind::Interrupted, "interrupted"),
            Self::Terminate => Error::new(Kind::Terminated, "terminated"),
        }
    }
}

/// Whether this process has been asked to end, for what ends by itself then.
static ENDING: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::channel(false).0);

/// Turns true when this process is asked to end.
pub fn ending() -> watch::Receiver<bool> {
    ENDING.subscribe()
}

/// Asks what listens to [`ending`] to end.
pub fn ask_to_end() {
    ENDING.send_replace(true);
}

/// Calls `told` at every signal, until it returns false.
///
/// # Errors
/// When there is no thread for it.
pub fn listen(mut told: impl FnMut(Signal) -> bool + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listening = move || runtime.block_on(async { while told(next().await) {} });
    std::thread::Builder::new().name("signals".into()).spawn(listening).map(drop)
}

async fn next() -> Signal {
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = (signal(SignalKind::terminate()), signal(SignalKind::hangup()));
        let (Ok(mut terminate), Ok(mut hangup)) = signals else { return std::future::pending().await };
        tokio::select! { told = terminate.recv() => told, told = hangup.recv() => told }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    tokio::select! {
        Ok(()) = tokio::signal::ctrl_c() => Signal::Interrupt,
        Some(()) = terminated => Signal::Terminate,
    }
}
