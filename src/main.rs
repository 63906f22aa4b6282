//! Parse, run, exit code; nothing else.

use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use datafusion_lightsail::aws::room_for_files;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::STACK;
use datafusion_lightsail::session::remove_spilled;
use lightsail_sql::cli::Cli;
use lightsail_sql::output::{is_paging, remove_unfinished};
use lightsail_sql::panics;
use lightsail_sql::progress::wipe;
use lightsail_sql::say::say;
use lightsail_sql::signals::{Signal, ask_to_end, listen};
use tokio::task::AbortHandle;

/// Pages are a great many short texts, and this one keeps them in less memory, and faster, than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long an interrupted run may take to clean up: a person sees it end at once. What it has written aside by then is removed
/// in any case.
const GRACE: Duration = Duration::from_millis(100);

/// How long the shell may take: it stops its statement, and puts the terminal in order.
const GRACE_OF_SHELL: Duration = Duration::from_secs(2);

/// What the thread of `main` waits for.
enum Event {
    Finished(Result<()>),
    Signal(Signal),
}

fn main() -> ExitCode {
    panics::tell();
    panics::leave_no_core();
    match start(Cli::of_arguments()) {
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

/// Runs on workers, and ends with the run or with a signal, after which nothing half-written is left.
fn start(cli: Cli) -> Result<()> {
    let cannot_start = |error| {
        let error = Error::new(Kind::Internal, format!("cannot start: {error}"));
        match room_for_files() {
            Some(more) => error.with_hint(more),
            None => error,
        }
    };
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .map_err(cannot_start)?;
    let ends_by = match (cli.is_shell(), cli.drains()) {
        (true, _) => Ending::Shell,
        (_, true) => Ending::Drain,
        _ => Ending::Abort,
    };
    let (sender, events) = std::sync::mpsc::channel();
    let finished = sender.clone();
    listen(move |signal| sender.send(Event::Signal(signal)).is_ok()).map_err(cannot_start)?;
    let work = runtime.spawn(cli.run());
    let abort = work.abort_handle();
    runtime.spawn(async move {
        let result = work.await;
        let bug = |panic| Err(Error::bug(panic));
        finished.send(Event::Finished(result.unwrap_or_else(bug)))
    });
    let result = wait(&events, &abort, ends_by);
    wipe();
    // Whatever still waits for the network is of no use to anybody.
    runtime.shutdown_background();
    // A query that computes without a pause may still have its file open.
    remove_unfinished();
    remove_spilled(|folders| {
        let mut rm = Command::new("rm");
        rm.args(["-rf", "--"]).args(folders);
        rm.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
    });
    result
}

/// What a signal does to a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It ends at once.
    Abort,
    /// The shell takes Ctrl-C for itself, and has its own way to end.
    Shell,
    /// A server ends what it is doing; a second signal ends it at once.
    Drain,
}

/// Waits for the end of the work.
fn wait(events: &Receiver<Event>, abort: &AbortHandle, ends_by: Ending) -> Result<()> {
    let gone = || Error::bug("nobody works any more");
    let is_shell = ends_by == Ending::Shell;
    let mut is_draining = false;
    let signal = loop {
        match events.recv().map_err(|_| gone())? {
            Event::Finished(result) => return result,
            // While a pager has the terminal, Ctrl-C is for the pager.
            Event::Signal(Signal::Interrupt) if is_shell || is_paging() => {}
            Event::Signal(_) if ends_by == Ending::Drain && !is_draining => {
                is_draining = true;
                ask_to_end();
            }
            Event::Signal(signal) => break signal,
        }
    };
    if !is_shell {
        // Dropping the work drops its files.
        abort.abort();
    }
    // A query that computes without a pause does not hear of it; it is not waited for, and not at all at a second signal.
    match events.recv_timeout(if is_shell { GRACE_OF_SHELL } else { GRACE }) {
        Ok(Event::Finished(Err(error))) if error.kind() != Kind::Internal => Err(error),
        Ok(Event::Finished(Ok(()))) => Ok(()),
        _ => Err(signal.error()),
    }
}
