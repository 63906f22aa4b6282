//! The question before a statement that makes many calls.

use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::time::Duration;

use crate::output::wrap;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::scan::Estimate;
use datafusion_lightsail::script::{Parameters, Statement};
use datafusion_lightsail::session::Session;

use super::echo::Raw;

/// How long a call takes where none was made yet.
const LATENCY: Duration = Duration::from_millis(300);

/// The most calls that one profile has in flight.
const IN_FLIGHT: usize = 32;

/// What a person wants of a statement that costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    Run,
    Edit,
}

/// What is asked before a statement makes more calls than `lightsail.confirm_calls`, if it does and there is a terminal.
pub(super) async fn question_of(
    session: &Session,
    statement: &Statement,
    values: &Parameters,
) -> Option<String> {
    let most = session.options().confirm_calls;
    let is_asked = most > 0 && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if !is_asked || !statement.may_read() {
        return None;
    }
    // What is wrong with it is said when it is run.
    let estimate = session.estimate(&statement.ast, values).await.ok()?;
    (estimate.calls > most).then(|| question(estimate, latency(session)))
}

/// Asks it.
///
/// # Errors
/// [`Kind::Interrupted`] when the person leaves it.
pub(super) async fn ask(question: String) -> Result<Choice> {
    let key = tokio::task::spawn_blocking(move || key(&question)).await;
    match key.ok().flatten() {
        Some(b'\r' | b'\n' | b'y' | b'Y') => Ok(Choice::Run),
        Some(b'e' | b'E') => Ok(Choice::Edit),
        _ => Err(Error::new(Kind::Interrupted, "cancelled")),
    }
}

/// `about 6,000 calls, 3 min: [Enter] run, [e] edit; metric_name = 'CPUUtilization' → 400 calls`
fn question(estimate: Estimate, latency: Duration) -> String {
    let Estimate { calls, is_limited, narrower } = estimate;
    let seconds = latency.as_secs_f64() * calls as f64 / IN_FLIGHT as f64;
    let time = if seconds < 90.0 {
        format!("{:.0} s", seconds.max(1.0))
    } else {
        format!("{:.0} min", seconds / 60.0)
    };
    let narrower =
        narrower.map(|(fewer, (column, value))| format!("; {column} = '{value}' → {} calls", grouped(fewer)));
    let about = if is_limited { "at most about" } else { "about" };
    format!("{about} {} calls, {time}: [Enter] run, [e] edit{}", grouped(calls), narrower.unwrap_or_default())
}

/// A number with commas.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How long a call took so far.
fn latency(session: &Session) -> Duration {
    let calls = session.call_log();
    let number = u32::try_from(calls.len()).unwrap_or(u32::MAX);
    let all: Duration = calls.iter().map(|call| call.latency).sum();
    all.checked_div(number).unwrap_or(LATENCY)
}

/// Asks for a key.
fn key(question: &str) -> Option<u8> {
    let mut screen = std::io::stderr();
    let width =
        terminal_size::terminal_size_of(&screen).map_or(usize::MAX, |(width, _)| usize::from(width.0));
    // The cursor stands behind it.
    let question = wrap(question, width.saturating_sub(1).max(1)).join("\n");
    write!(screen, "{question} ").and_then(|()| screen.flush()).ok()?;
    let raw = Raw::begin();
    let mut key = [0];
    // Past the buffer of standard input, which would keep what is typed ahead from the prompt.
    let read = terminal().and_then(|mut terminal| terminal.read_exact(&mut key).ok());
    drop(raw);
    writeln!(screen).ok()?;
    read.map(|()| key[0])
}

#[cfg(unix)]
fn terminal() -> Option<File> {
    use std::os::fd::AsFd;
    std::io::stdin().as_fd().try_clone_to_owned().ok().map(File::from)
}

#[cfg(windows)]
fn terminal() -> Option<File> {
    use std::os::windows::io::AsHandle;
    std::io::stdin().as_handle().try_clone_to_owned().ok().map(File::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_says_what_it_costs_and_what_costs_less() {
        let metric = ("metric_name", "CPUUtilization");
        let estimate = Estimate { calls: 6000, is_limited: false, narrower: Some((400, metric)) };
        assert_eq!(
            question(estimate, Duration::from_secs(1)),
            "about 6,000 calls, 3 min: [Enter] run, [e] edit; metric_name = 'CPUUtilization' → 400 calls"
        );
        for (is_limited, about) in [(false, "about"), (true, "at most about")] {
            let estimate = Estimate { calls: 501, is_limited, narrower: None };
            assert_eq!(
                question(estimate, Duration::from_millis(100)),
                format!("{about} 501 calls, 2 s: [Enter] run, [e] edit")
            );
        }
        assert_eq!((grouped(12), grouped(1_234_567)), ("12".into(), "1,234,567".into()));
    }
}
