//! One statement: SQL → rows at a destination. What the shell and batch runs share.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::sql::parser::{CopyToStatement, Statement as Ast};
use datafusion::sql::sqlparser::ast::Statement as Sql;
use futures::StreamExt;

use crate::copy::{self, copied};
use crate::kept::Kept;
use crate::output::{About, Destination, Format, Options, RowWriter, folded, reading_time};
use crate::progress::Progress;
use crate::say::say;
use crate::shell::see;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::scan::{Completeness, Notes, Record, RowOrder};
use datafusion_lightsail::script::{Parameters, Statement, located, parse};
use datafusion_lightsail::session::stored::metadata;
use datafusion_lightsail::session::{Answer, Session};
use datafusion_lightsail::visible::visible;

/// How long the first rows wait for others on a terminal, so that a table is laid out once for all of them.
const MOMENT: Duration = Duration::from_millis(150);

/// What came of a statement.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Rows of its result; none if it is a statement without one.
    pub rows: Option<usize>,
    /// From the start of planning to the last row written, without the time that a reader took in the pager.
    pub elapsed: Duration,
    /// API calls that it made.
    pub calls: u64,
    /// What a person should know about the result, such as that not all rows are shown.
    pub note: Option<String>,
    /// The file that its rows were written to.
    pub wrote: Option<String>,
    /// Why rows of some targets are missing, where that was allowed: one error for each.
    pub missing: Vec<Error>,
    /// How many targets there were.
    pub targets: usize,
    /// What its scans tell.
    pub told: Notes,
}

impl Outcome {
    /// How old what it read is, if it was there before: `from pages up to 42.00 s old`.
    pub fn age(&self) -> Option<String> {
        let age = self.told.oldest?.age();
        Some(format!("from pages up to {} old", brief(age)))
    }

    /// Says on standard error what the rows cannot: warnings and where to go on always, notes unless `quiet`, the account
    /// if `timing`.
    pub fn tell(&self, quiet: bool, timing: bool) {
        let mut lines = warnings(&self.missing);
        lines.extend(self.told.warnings());
        if !quiet {
            lines.extend(self.wrote.as_ref().map(|file| {
                let rows = self.rows.unwrap_or_default();
                format!("wrote {}, {rows} row{}", visible(file), if rows == 1 { "" } else { "s" })
            }));
            lines.extend(self.note.clone());
            lines.extend(self.told.lines());
        }
        lines.extend(self.told.next_token.as_ref().map(|token| format!("NextToken: {token}")));
        lines.extend(timing.then(|| self.to_string()));
        lines.into_iter().for_each(say);
    }
}

impl std::fmt::Display for Outcome {
    /// `412 rows in 1.20 s, 21 API calls`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        match self.rows {
            Some(rows) => write!(f, "{rows} row{} in ", plural(rows as u64))?,
            None => write!(f, "done in ")?,
        }
        write!(f, "{}, {} API call{}", brief(self.elapsed), self.calls, plural(self.calls))?;
        if self.told.asked_about > 1 {
            write!(f, ", {} of them about one item each", self.told.asked_about)?;
        }
        if let Some(age) = self.age() {
            write!(f, ", {age}")?;
        }
        match self.missing.len() {
            0 => Ok(()),
            missing => write!(f, ", {}", partial(missing, self.targets)),
        }
    }
}

/// What is missing, a line each; what to do about several of them is said behind the last.
fn warnings(missing: &[Error]) -> Vec<String> {
    let line = |(number, error): (usize, &Error)| {
        let is_last = missing.get(number + 1).is_none_or(|next| next.hint() != error.hint());
        let text = error.to_string();
        let hint = error.hint().filter(|_| !is_last).map(|hint| format!("\nhint: {hint}"));
        let short = hint.and_then(|hint| text.strip_suffix(&hint));
        format!("warning: {}", short.unwrap_or(&text))
    };
    missing.iter().enumerate().map(line).collect()
}

/// What a partial answer says of itself.
pub(crate) fn partial(missing: usize, targets: usize) -> String {
    format!("PARTIAL: {missing} of {targets} targets are missing or cut short")
}

/// `120 ms` or `1.20 s`
fn brief(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{:.0} ms", seconds * 1000.0),
        seconds => format!("{seconds:.2} s"),
    }
}

/// What a statement is asked of, and with.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The session that answers.
    pub session: &'a Session,
    /// The record of the statement.
    pub record: &'a Arc<Record>,
    /// The values of its parameters.
    pub parameters: &'a Parameters,
}

/// Runs a statement and writes its rows, each batch as it comes.
///
/// # Errors
/// What is wrong with the statement, with its place; a failed call; a failed write. Whatever was at the destination
/// before is then still there.
pub async fn run(
    asked: Asked<'_>,
    statement: &Statement,
    out: Destination,
    format: Format,
    options: &Options,
) -> Result<Outcome> {
    let (started, read_before) = (Instant::now(), reading_time());
    let Asked { session, record, .. } = asked;
    let mut outcome = match &statement.ast {
        Ast::CopyTo(copy) => Box::pin(copy_to(asked, statement, copy, (out, format), options)).await?,
        _ => write_rows(asked, statement, out, format, options).await?,
    };
    outcome.elapsed = started.elapsed().saturating_sub(reading_time().saturating_sub(read_before));
    outcome.calls = record.calls();
    outcome.told = record.notes();
    let Completeness { missing, targets, gaps, next_token, is_cut, .. } = record.completeness();
    (outcome.missing, outcome.targets) = (missing, targets);
    // What only the tables and files that it read know: its own is among its notes.
    let own = outcome.told.gaps();
    outcome.told.unasked.extend(gaps.into_iter().filter(|gap| !own.contains(gap)));
    let is_cut_itself = outcome.told.is_cut || !outcome.told.cut_logs.is_empty();
    if next_token.is_some() && outcome.told.next_token.is_none() || is_cut && !is_cut_itself {
        let what = "a table that it reads was made of an answer that --max-items, or a log without an end, cut short";
        outcome.told.unasked.insert(what.to_owned());
    }
    match &statement.ast {
        Ast::Explain(explain) if !explain.options.analyze => {
            outcome.told = outcome.told.and(record.foreseen());
        }
        Ast::Statement(sql) if matches!(**sql, Sql::Set(_)) => {
            outcome.told.unasked.extend(session.stray_regions());
            outcome.told.unasked.extend(session.stray_profiles());
        }
        _ => {}
    }
    Ok(outcome)
}

async fn write_rows(
    asked: Asked<'_>,
    statement: &Statement,
    out: Destination,
    format: Format,
    options: &Options,
) -> Result<Outcome> {
    let located = |error: DataFusionError| located(error, &statement.place);
    let Asked { session, record, parameters } = asked;
    // A person sees rows as they come. Whatever is kept has them in an order that is the same the next time.
    let is_seen = statement.has_rows() && out.is_terminal();
    let order = if is_seen { RowOrder::Arrival } else { RowOrder::Target };
    let answer = session.ask_with(Arc::clone(record), statement.ast.clone(), parameters, order).await;
    let Answer { schema, mut stream, .. } = answer.map_err(located)?;
    if !statement.has_rows() {
        while let Some(batch) = stream.next().await {
            batch.map_err(located)?;
        }
        return Ok(Outcome::default());
    }
    if matches!((&statement.ast, format), (Ast::Explain(_), Format::Table)) {
        return write_plans(stream, out, options.width).await.map_err(|error| error.at(&statement.place));
    }
    let is_query = matches!(&statement.ast, Ast::Statement(sql) if matches!(**sql, Sql::Query(_)));
    let mut kept = (options.keeps_answer && is_query).then(Kept::new);
    let about = About { query: Some(statement.text.clone()), ..options.about.clone() };
    let options = &Options { about, ..options.clone() };
    let mut writer = RowWriter::new(format, Arc::clone(&schema), out, options)?;
    let mut rows = 0;
    let mut progress = Some(Progress::begin(record, options.progress));
    let moment = tokio::time::sleep(MOMENT);
    tokio::pin!(moment);
    loop {
        let was_holding = writer.is_holding();
        let batch = tokio::select! {
            batch = stream.next() => match batch.transpose().map_err(located)? {
                Some(batch) => Some(batch),
                None => break,
            },
            () = &mut moment, if was_holding => None,
        };
        if let Some(batch) = &batch {
            rows += batch.num_rows();
            kept.iter_mut().for_each(|kept| kept.push(batch));
            if is_seen {
                see(batch);
            }
        }
        let mut write = || match &batch {
            Some(batch) => writer.write(batch),
            None => writer.release(),
        };
        match &progress {
            Some(progress) => progress.hidden(write)?,
            None => write()?,
        }
        if !was_holding {
            moment.as_mut().reset(tokio::time::Instant::now() + MOMENT);
        }
        if writer.is_paged() {
            progress = None;
        }
        if writer.is_left() {
            // What was not asked yet is not asked any more.
            let note =
                Some(format!("the pager was left; what comes after the first {rows} rows is not read"));
            return Ok(Outcome { rows: Some(rows), note, ..Outcome::default() });
        }
    }
    drop(progress);
    let finished = writer.finish(&metadata(&record.completeness()))?;
    let wrote = finished.out.file().map(ToOwned::to_owned);
    finished.out.commit()?;
    let is_too_large = kept.map(|kept| kept.end(session, &schema, record)).transpose()?.flatten();
    let notes: Vec<String> = finished.note.into_iter().chain(is_too_large).collect();
    let note = (!notes.is_empty()).then(|| notes.join("\n"));
    Ok(Outcome { rows: Some(rows), note, wrote, ..Outcome::default() })
}

/// Plans for people: with their own line breaks, and not in the cells of a table. A line that is longer than the screen goes on
/// in the next one.
async fn write_plans(
    mut stream: SendableRecordBatchStream,
    mut out: Destination,
    width: Option<usize>,
) -> Result<Outcome> {
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        rows += batch.num_rows();
        let texts =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &FormatOptions::new()));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let lines: Vec<String> = texts.iter().map(|text| text.value(row).to_string()).collect();
            let text = lines.join(":\n");
            let shown = text.trim_end().split('\n').flat_map(|line| folded(&visible(line), width));
            let shown: Vec<String> = shown.collect();
            out.send(format!("{}\n", shown.join("\n")).as_bytes())?;
        }
    }
    let wrote = out.file().map(ToOwned::to_owned);
    out.commit()?;
    Ok(Outcome { rows: Some(rows), wrote, ..Outcome::default() })
}

/// COPY … TO a file.
async fn copy_to(
    asked: Asked<'_>,
    statement: &Statement,
    copy: &CopyToStatement,
    (stdout, screen): (Destination, Format),
    options: &Options,
) -> Result<Outcome> {
    asked.session.policy().check_files("COPY writes them").map_err(|error| error.at(&statement.place))?;
    let copied = copied(statement, copy, screen, options)?;
    let out = copy::destination(copy, &copied, stdout)?;
    write_rows(asked, &copied.query, out, copied.format, &copied.options).await
}

/// The suffixes of pictures that other programs make of SVG. What draws PNG (resvg) adds 2.4 MB to the binary, and it wants
/// fonts, which a server has none of.
const PICTURES: [&str; 4] = ["png", "pdf", "jpg", "jpeg"];

/// The format that a file's suffix asks for.
///
/// # Errors
/// [`Kind::Usage`] when it asks for none that we know.
pub fn format_of(path: &Path) -> Result<Format> {
    Format::from_path(path).ok_or_else(|| {
        if let Some(format) = path.to_str().and_then(Format::from_name) {
            let spec = format.spec();
            let (name, suffix) = (spec.name, spec.suffixes.first().unwrap_or(&spec.name));
            return Error::new(Kind::Usage, format!("{name} is a format, not a file"))
                .with_hint(format!("--format {name} writes it to the screen, -o FILE.{suffix} to a file"));
        }
        let suffix = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if PICTURES.contains(&suffix.as_str()) {
            let (file, svg) = (path.display(), path.with_extension("svg"));
            return Error::new(Kind::Usage, format!("{file}: pictures are written as SVG")).with_hint(
                format!("write {svg}, and then: rsvg-convert -o {file} {svg}", svg = svg.display()),
            );
        }
        // A path has no spaces before its suffix so often that a statement is not what was meant.
        let text = path.to_string_lossy();
        if text.contains(' ') && parse("", &text).is_ok_and(|statements| !statements.is_empty()) {
            return Error::new(Kind::Usage, format!("{text}: that is SQL, not a file")).with_hint(
                "the statement goes before the command: SELECT …; and then \\chart, \\g or \\once",
            );
        }
        Error::new(Kind::Usage, format!("{}: its suffix names no format", path.display()))
            .with_hint(format!("use {}, or say --format", Format::suffixes(" or ")))
    })
}
