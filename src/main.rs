//! Parse, run, exit code; nothing else.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use datafusion_lightsail::error::{Error, Kind, Result};
use lightsail_sql::cli::Cli;
use lightsail_sql::output::{is_paging, remove_unfinished};
use lightsail_sql::run::say;

/// Pages are a great many short texts, and this one keeps them in less memory, and faster, than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long an interrupted run may take to clean up.
const GRACE: Duration = Duration::from_secs(1);

/// A stack that holds the deepest statement that the parser lets through, in bytes; memory is used only as it is touched.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Two at least: a query that computes must not keep signals from being heard.
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    let result = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let result = runtime.block_on(run(cli));
            // Whatever still waits for the network is of no use to anybody.
            runtime.shutdown_background();
            // A query that computes without a pause may still have its file open.
            remove_unfinished();
            result
        }
        Err(error) => Err(Error::new(Kind::Internal, format!("cannot start: {error}"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            match error.kind() {
                Kind::ClosedPipe => {}
                Kind::Partial | Kind::Found => say(&error),
                _ => say(format_args!("error: {error}")),
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Runs until the end or Ctrl-C, after which nothing half-written is left: dropping the work drops its files.
async fn run(cli: Cli) -> Result<()> {
    let is_shell = cli.is_shell();
    let mut work = tokio::spawn(cli.run());
    let outcome = tokio::select! {
        outcome = &mut work => outcome,
        signal = interrupted(), if !is_shell => {
            // A second Ctrl-C is for whoever cannot wait for the clean way.
            tokio::spawn(async {
                if tokio::signal::ctrl_c().await.is_ok() {
                    remove_unfinished();
                    std::process::exit(130);
                }
            });
            work.abort();
            // A query that computes without a pause does not hear of it; it is not waited for.
            match tokio::time::timeout(GRACE, work).await {
                Ok(Ok(finished)) => Ok(finished),
                _ => return Err(Error::new(Kind::Interrupted, signal)),
            }
        }
    };
    outcome.unwrap_or_else(|panic| Err(Error::new(Kind::Internal, format!("this is a bug: {panic}"))))
}

/// Waits for Ctrl-C, SIGTERM or SIGHUP and says which it was.
async fn interrupted() -> &'static str {
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = (signal(SignalKind::terminate()), signal(SignalKind::hangup()));
        let (Ok(mut terminate), Ok(mut hangup)) = signals else { return std::future::pending().await };
        tokio::select! { told = terminate.recv() => told, told = hangup.recv() => told }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    // While a pager has the terminal, Ctrl-C is for the pager.
    let interrupted = async { while tokio::signal::ctrl_c().await.is_ok() && is_paging() {} };
    tokio::select! {
        () = interrupted => "interrupted",
        Some(()) = terminated => "terminated",
    }
}
