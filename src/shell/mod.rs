//! The shell: asks for statements and commands, one entry at a time, and stays whatever comes of them.

mod banner;
mod calls;
mod chart;
pub(crate) mod command;
mod complete;
mod confirm;
pub(crate) mod console;
mod describe;
mod display;
mod echo;
mod editor;
mod gutter;
mod helper;
mod highlight;
mod history;
mod keys;
mod lex;
mod listing;
mod names;
mod paste;
mod prompt;
mod saved;
mod sources;
mod targets;
mod values;
mod watch;

pub(crate) use command::is_command;
use command::{Command, Text};
use console::{Console, Flow};
use echo::Quiet;
use futures::FutureExt;
use prompt::Prompt;

pub use banner::Door;
pub(crate) use describe::described;
pub(crate) use listing::Paper;
pub(crate) use values::see;

use crate::batch::Output;
use crate::config;
use crate::say::say;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::Session;

/// What to do here about a region that is missing.
const REGIONS: &str = "SET lightsail.regions = 'all' asks all regions, \\region us-east-1 only that one";

/// Runs the shell until the person leaves, nobody reads the results any more, or SIGTERM.
///
/// # Errors
/// When `output` makes no sense here, the terminal cannot be read, or SIGTERM came ([`Kind::Terminated`]).
/// Whatever goes wrong with an entry is said, and the shell stays.
pub async fn run(session: &Session, parameters: &Parameters, output: Output, door: &Door) -> Result<()> {
    let mut console = Console::of_shell(session, parameters, output)?;
    let prompt = Prompt::start(session.context().clone(), session.policy())?;
    // Listened to once, Ctrl-C does not end the shell in a moment when nothing runs.
    let _ = tokio::signal::ctrl_c().now_or_never();
    console.note(banner::banner(session, door));
    let context = session.context().clone();
    tokio::task::spawn_blocking(move || complete::prepare(&context));
    begin(&mut console).await;
    tokio::select! {
        left = converse(&mut console, prompt, door) => left,
        () = terminated() => {
            console.stop().await;
            restore_terminal();
            Err(Error::new(Kind::Terminated, "terminated"))
        }
    }
}

/// The commands, a line each, as `\?` lists them.
///
/// # Errors
/// None: all of them are asked for.
pub fn help() -> Result<String> {
    command::commands(None)
}

/// Runs the statements that the configuration has for the beginning; what is wrong with them is said.
async fn begin(console: &mut Console<'_>) {
    let Some(rc) = config::current().rc() else { return };
    if !console.session.policy().allows_files() {
        return console.note(format_args!("note: {} is not run: it is a file", rc.display()));
    }
    let timing = std::mem::replace(&mut console.display.timing, false);
    if let Err(error) = console.obey(&Command::Include(rc), "").await {
        say(format_args!("error: {error}"));
    }
    console.display.timing |= timing;
}

async fn converse(console: &mut Console<'_>, mut prompt: Prompt, door: &Door) -> Result<()> {
    let mut begun = String::new();
    loop {
        let asked = banner::prompt(console.session, door);
        let Some(entry) = prompt.next(asked, std::mem::take(&mut begun)).await else { return Ok(()) };
        let entry = entry?;
        // Commands write as statements do: what is typed meanwhile must not land among their lines.
        let _quiet = Quiet::begin();
        match enter(console, &entry).await {
            Ok(Flow::Continue) => {}
            Ok(Flow::Edit(text)) => begun = text,
            Ok(Flow::Leave) => return Ok(()),
            Err(error) if error.kind() == Kind::ClosedPipe && !console.has_file() => return Err(error),
            Err(error) if error.kind() == Kind::Interrupted => say(&error),
            Err(error) if error.setting() == Some("regions") => {
                say(format_args!("error: {}", error.with_hint(REGIONS)))
            }
            Err(error) => say(format_args!("error: {error}")),
        }
    }
}

/// Runs what was entered. A statement that is not complete, because a command stands in it, comes back to be gone on with.
async fn enter(console: &mut Console<'_>, entry: &str) -> Result<Flow> {
    let text = Text::split("input", entry)?;
    let statements = parse("input", text.complete())?;
    let flow = console.run_all(&statements, &text.commands, &Parameters::new()).await?;
    Ok(match flow {
        Flow::Continue if !text.rest().is_empty() => Flow::Edit(format!("{}\n", text.rest())),
        flow => flow,
    })
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// Makes the terminal usable for the next program: the prompt's thread may be in the middle of a line, and nothing
/// ends its reading.
fn restore_terminal() {
    let _ = std::process::Command::new("stty").arg("sane").status();
    say("");
}
