//! `report`: what is asked, where it is written, and what the exit code says of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{Args, CommandFactory};

use super::capture::Past;
use super::look::Screen;
use super::{Ask, Cli, flags, nobody};
use crate::output::{Destination, Format, Options, is_standard};
use crate::report::{self, Request, Status};
use crate::run::format_of;
use crate::saved::{LEVELS, Level, Library};
use crate::say::say;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::session::{Archive, SessionBuilder};

#[derive(Debug, Args)]
pub(super) struct Report {
    /// Only the questions and totals of these themes, such as security,cost [default: all of them]
    #[arg(long, value_name = "THEMES", value_delimiter = ',')]
    only: Vec<String>,
    /// Ask about metrics too: a call or more for each instance
    #[arg(long)]
    metrics: bool,
    /// Ask what this month has cost so far, where the API tells it: a call for each instance and disk
    #[arg(long)]
    actuals: bool,
    /// How many captures the trend is of, with --from; 0 shows none
    #[arg(long, value_name = "N", default_value_t = 14)]
    trend: usize,
    /// Exit with 4 if there are findings of this level, or of a worse one
    #[arg(long, value_name = "LEVEL", value_parser = level())]
    fail_on_findings: Option<Level>,
    /// Write to a file: .html, .md or .json; to - as without it
    #[arg(short = 'o', long = "output", value_name = "FILE|-")]
    path: Option<PathBuf>,
    /// The format: table, html, markdown or json [default: table, or the suffix of -o]
    #[arg(long, value_parser = flags::format(), hide_possible_values = true)]
    format: Option<Format>,
    /// No notes on standard error
    #[arg(short = 'q', long)]
    quiet: bool,
    #[command(flatten)]
    ask: Ask,
    #[command(flatten)]
    past: Past,
    #[command(flatten)]
    screen: Screen,
}

fn level() -> impl TypedValueParser<Value = Level> {
    let named = |name: String| LEVELS.iter().find(|(known, _)| *known == name).map(|(_, level)| *level);
    PossibleValuesParser::new(LEVELS.map(|(name, _)| name))
        .try_map(move |name| named(name).ok_or("there is no such level"))
}

impl Report {
    /// Asks, and writes what came of it.
    ///
    /// # Errors
    /// The worst of what could not be asked; [`Kind::Partial`] where rows are missing, as was allowed; [`Kind::Found`]
    /// where there are findings that there should not be.
    pub(super) async fn run(self) -> Result<()> {
        let format = self.format()?;
        let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
        let options = Options { width, progress: !self.quiet, ..self.screen.options()? };
        let path = self.path.as_deref().filter(|path| !is_standard(path));
        let out = match (path, format) {
            (Some(path), _) => Destination::create(path)?,
            (None, Format::Table) => Destination::screen(&options),
            (None, _) => Destination::stdout(),
        };
        let library = Library::of_config()?;
        let archive = self.past.archive()?;
        let whom = whom();
        let folder = archive.as_ref().map(|archive| archive.captures.folder().display().to_string());
        let request = Request {
            library: &library,
            themes: &self.only,
            taken_at: archive
                .as_ref()
                .map_or_else(|| self.ask.begun_at(), |archive| Ok(archive.at.time()))?,
            capture: archive.as_ref().map(|archive| archive.at.as_ref()),
            folder: folder.as_deref(),
            has_metrics: self.metrics,
            has_actuals: self.actuals,
            whom: &whom,
            has_progress: !self.quiet,
        };
        let (session, _server) = self.ask.session(self.quiet, None, &self.past).await?;
        let strays = session.stray_regions();
        strays.iter().for_each(|warning| say(format_args!("warning: {warning}")));
        let mut report = Box::pin(report::ask(&session, &request)).await?;
        if let Some(Archive { captures, .. }) = archive.as_ref().filter(|_| self.trend > 1) {
            let open = |capture: &_| {
                let archive = Archive::new(captures.clone(), std::sync::Arc::clone(capture));
                SessionBuilder::new(nobody()).with_archive(archive).build()
            };
            report.trends = report::trends((&report, &session), &request, captures, self.trend, open).await?;
        }
        write(&report, out, format, &options, &whom)?;
        let gaps = report.missing.iter().chain(&report.gaps).filter(|gap| !strays.contains(gap));
        gaps.for_each(|gap| say(format_args!("warning: {gap}")));
        if let (Some(path), false) = (path, self.quiet) {
            say(format_args!("wrote {}, {} questions", path.display(), report.questions.len()));
        }
        judge(&report, self.fail_on_findings)
    }

    /// The format: as the flag or the suffix says.
    ///
    /// # Errors
    /// [`Kind::Usage`] when a report cannot be written so.
    fn format(&self) -> Result<Format> {
        let path = self.path.as_deref().filter(|path| !is_standard(path));
        let format = match (self.format, path) {
            (Some(format), _) => format,
            (None, Some(path)) => format_of(path)?,
            (None, None) => Format::Table,
        };
        match format {
            Format::Table | Format::Html | Format::Markdown | Format::Json => Ok(format),
            other => Err(Error::new(Kind::Usage, format!("a report is no {}", other.spec().name)).with_hint(
                "it is written as table, html, markdown or json; --from and SQL write all other formats",
            )),
        }
    }
}

/// What the exit code says.
fn judge(report: &report::Report, fails_on: Option<Level>) -> Result<()> {
    let mut errors: BTreeMap<String, (Kind, usize)> = BTreeMap::new();
    for error in report.errors() {
        errors.entry(error.to_string()).or_insert((error.kind(), 0)).1 += 1;
    }
    let mut worst: Option<Kind> = None;
    for (text, (kind, count)) in &errors {
        let of = if *count > 1 { format!("{count} parts of the report: ") } else { String::new() };
        say(format_args!("error: {of}{text}"));
        worst = worst.filter(|worst| !kind.is_worse_than(*worst)).or(Some(*kind));
    }
    if let Some(kind) = worst {
        let parts: usize = errors.values().map(|(_, count)| count).sum();
        return Err(Error::new(kind, format!("{parts} parts of the report could not be asked")));
    }
    if !report.missing.is_empty() {
        let what = format!("PARTIAL: of {} targets not everything was seen", report.targets);
        return Err(Error::new(Kind::Partial, what));
    }
    let Some(level) = fails_on else { return Ok(()) };
    let is_bad = |status| matches!(status, Status::Found(found) if found >= level);
    let found = report.questions.iter().filter(|question| is_bad(question.status()));
    let found: Vec<String> = found
        .map(|question| format!("{} {} in {}", question.count(), question.level, question.name))
        .collect();
    match found.is_empty() {
        true => Ok(()),
        false => Err(Error::new(Kind::Found, format!("check failed: {}", found.join(", ")))),
    }
}

fn write(
    report: &report::Report,
    mut out: Destination,
    format: Format,
    options: &Options,
    whom: &str,
) -> Result<()> {
    let text = match format {
        Format::Html => report::html(report)?,
        Format::Markdown => report::markdown(report)?,
        Format::Json => report::json(report)?,
        _ => return report::screen(report, out, options, whom),
    };
    out.send(text.as_bytes())?;
    out.commit()
}

/// The flags of this command line that say whom to ask: what shows the rows of a question asks the same.
fn whom() -> String {
    let command = Cli::command();
    let Ok(matches) = command.clone().try_get_matches() else { return String::new() };
    let Some((name, matches)) = matches.subcommand() else { return String::new() };
    let flags = command.find_subcommand(name).into_iter().flat_map(clap::Command::get_arguments);
    let mut words = Vec::new();
    for flag in flags.filter(|flag| flag.get_help_heading() == Some(WHOM)) {
        let id = flag.get_id().as_str();
        let is_given = matches.value_source(id) == Some(ValueSource::CommandLine);
        let Some(long) = flag.get_long().filter(|_| is_given) else { continue };
        if !flag.get_action().takes_values() {
            words.push(format!("--{long}"));
            continue;
        }
        for value in matches.get_raw(id).into_iter().flatten() {
            words.push(format!("--{long} {}", quoted(&value.to_string_lossy())));
        }
    }
    words.join(" ")
}

/// The heading of the flags that say whom to ask.
const WHOM: &str = "Whom to ask";

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:,=@+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, expected) in [
            ("us-east-1,eu-west-1", "us-east-1,eu-west-1"),
            ("us-*", "'us-*'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
