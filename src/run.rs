//! One statement: SQL → rows at a destination. What the shell and batch runs share.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{DateTime, SecondsFormat, Utc};
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::sql::parser::{CopyToSource, CopyToStatement, Statement as Ast};
use datafusion::sql::sqlparser::ast::Statement as Sql;
use futures::StreamExt;

use crate::error::{Error, Kind, Result};
use crate::output::{Destination, Format, Options, RowWriter, is_standard};
use crate::progress::Progress;
use crate::scan::{Notes, Query, missing};
use crate::script::{Parameters, Statement, located, parse};
use crate::session::Session;

/// What came of a statement.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Rows of its result; none if it is a statement without one.
    pub rows: Option<usize>,
    /// From the start of planning to the last row written.
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
        let age = self.told.oldest?.elapsed().ok()?;
        Some(format!("from pages up to {} old", brief(age)))
    }

    /// Says on standard error what the rows cannot: warnings and where to go on always, notes unless `quiet`, the account
    /// if `timing`.
    pub fn tell(&self, quiet: bool, timing: bool) {
        let mut lines: Vec<String> = self.missing.iter().map(|error| format!("warning: {error}")).collect();
        lines.extend(self.told.warnings());
        if !quiet {
            lines.extend(self.wrote.as_ref().map(|file| {
                let rows = self.rows.unwrap_or_default();
                format!("wrote {file}, {rows} row{}", if rows == 1 { "" } else { "s" })
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

/// A time as machines and people read it, in UTC.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A line on standard error. Who has closed it does not want to hear of that either, and `eprintln!` would panic.
pub fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Runs a statement and writes its rows, each batch as it comes.
///
/// # Errors
/// What is wrong with the statement, with its place; a failed call; a failed write. Whatever was at the destination
/// before is then still there.
pub async fn run(
    session: &Session,
    statement: &Statement,
    parameters: &Parameters,
    out: Destination,
    format: Format,
    options: &Options,
) -> Result<Outcome> {
    let (started, calls, begun) = (Instant::now(), session.calls(), session.queries().count());
    let mut outcome = match &statement.ast {
        Ast::CopyTo(copy) => {
            Box::pin(copy_to(session, statement, copy, parameters, (out, format), options)).await?
        }
        _ => write_rows(session, statement, parameters, out, format, options).await?,
    };
    outcome.elapsed = started.elapsed();
    outcome.calls = session.calls() - calls;
    let queries = session.queries().since(begun);
    let sources = [&queries[..], &session.origins(&statement.ast)].concat();
    session.note_origins(&statement.ast, &sources);
    (outcome.missing, outcome.targets) = missing(&sources);
    outcome.told = queries.iter().map(|query| query.notes()).fold(Notes::default(), Notes::and);
    match &statement.ast {
        Ast::Explain(explain) if !explain.options.analyze => {
            let foreseen = queries.iter().map(|query| query.foreseen());
            outcome.told = foreseen.fold(outcome.told, Notes::and);
        }
        Ast::Statement(sql) if matches!(**sql, Sql::Set(_)) => {
            outcome.told.unasked.extend(session.stray_regions());
        }
        _ => {}
    }
    Ok(outcome)
}

async fn write_rows(
    session: &Session,
    statement: &Statement,
    parameters: &Parameters,
    out: Destination,
    format: Format,
    options: &Options,
) -> Result<Outcome> {
    let located = |error: DataFusionError| located(error, &statement.place);
    let begun = session.queries().count();
    // A person sees rows as they come. Whatever is kept has them in an order that is the same the next time.
    let mut stream = match statement.has_rows() && out.is_terminal() {
        true => session.run(statement.ast.clone(), parameters).await,
        false => session.run_in_order(statement.ast.clone(), parameters).await,
    }
    .map_err(located)?;
    if !statement.has_rows() {
        while let Some(batch) = stream.next().await {
            batch.map_err(located)?;
        }
        let notes = session.take_notes();
        return Ok(Outcome { note: (!notes.is_empty()).then(|| notes.join("\n")), ..Outcome::default() });
    }
    if matches!((&statement.ast, format), (Ast::Explain(_), Format::Table)) {
        return write_plans(stream, out).await.map_err(|error| error.at(&statement.place));
    }
    let mut writer = RowWriter::new(format, stream.schema(), out, options)?;
    let mut rows = 0;
    let progress = Progress::begin(session, begun, options.progress);
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(located)?;
        rows += batch.num_rows();
        progress.hidden(|| writer.write(&batch))?;
    }
    drop(progress);
    let queries = session.queries().since(begun);
    // A partial answer of which nothing is left is none.
    if !queries.is_empty() && queries.iter().all(|query| query.has_nothing()) {
        return Err(missing(&queries).0.remove(0));
    }
    let sources = [queries, session.origins(&statement.ast)].concat();
    let finished = writer.finish(&metadata(&sources))?;
    let wrote = finished.out.file().map(ToOwned::to_owned);
    finished.out.commit()?;
    Ok(Outcome { rows: Some(rows), note: finished.note, wrote, ..Outcome::default() })
}

/// What Parquet's footer says of where the rows come from: whether all are there, and as of when.
fn metadata(queries: &[Arc<Query>]) -> Vec<(String, String)> {
    let told = queries.iter().map(|query| query.notes()).fold(Notes::default(), Notes::and);
    let begun_at = queries.iter().map(|query| query.begun_at).min();
    let Some(taken_at) = told.oldest.or(begun_at) else { return Vec::new() };
    let gaps = told.gaps();
    let is_whole = told.next_token.is_none() && !told.is_cut && told.cut_logs.is_empty() && gaps.is_empty();
    let (missing, _) = missing(queries);
    let mut metadata = vec![
        ("lightsail_sql.complete".to_owned(), (missing.is_empty() && is_whole).to_string()),
        ("lightsail_sql.snapshot_time".to_owned(), rfc3339(taken_at)),
    ];
    metadata.extend(told.next_token.map(|token| ("lightsail_sql.next_token".to_owned(), token)));
    if !gaps.is_empty() {
        metadata.push(("lightsail_sql.not_asked".to_owned(), gaps.join("\n")));
    }
    if !missing.is_empty() {
        let targets: Vec<&str> = missing.iter().map(Error::message).collect();
        metadata.push(("lightsail_sql.missing".to_owned(), targets.join("\n")));
    }
    metadata
}

/// Plans for people: as they are, with their own line breaks, and not in the cells of a table.
async fn write_plans(mut stream: SendableRecordBatchStream, mut out: Destination) -> Result<Outcome> {
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        rows += batch.num_rows();
        let texts =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &FormatOptions::new()));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let lines: Vec<String> = texts.iter().map(|text| text.value(row).to_string()).collect();
            out.send(format!("{}\n", lines.join(":\n").trim_end()).as_bytes())?;
        }
    }
    let wrote = out.file().map(ToOwned::to_owned);
    out.commit()?;
    Ok(Outcome { rows: Some(rows), wrote, ..Outcome::default() })
}

/// COPY … TO a file, written by our own formats: as whole or not at all as with `-o`, and with lists and maps in CSV.
async fn copy_to(
    session: &Session,
    statement: &Statement,
    copy: &CopyToStatement,
    parameters: &Parameters,
    (stdout, screen): (Destination, Format),
    options: &Options,
) -> Result<Outcome> {
    let path = Path::new(&copy.target);
    let (query, format) = copied(statement, copy, screen)?;
    let (out, options) = match is_standard(path) {
        true => {
            format.check_terminal()?;
            (stdout, options.clone())
        }
        false => (Destination::create(path)?, options.for_file()),
    };
    write_rows(session, &query, parameters, out, format, &options).await
}

/// The query whose rows COPY writes, and their format: that of STORED AS or of the suffix; of `-` that of the `screen`.
///
/// # Errors
/// When it asks for a format or for options that there are not.
pub(crate) fn copied(
    statement: &Statement,
    copy: &CopyToStatement,
    screen: Format,
) -> Result<(Statement, Format)> {
    let place = &statement.place;
    if !copy.partitioned_by.is_empty() || !copy.options.is_empty() {
        return Err(Error::new(
            Kind::Sql,
            "COPY writes one file and takes neither PARTITIONED BY nor OPTIONS",
        )
        .at(place));
    }
    let path = Path::new(&copy.target);
    let format = match &copy.stored_as {
        Some(name) => Format::from_name(name)
            .ok_or_else(|| Error::new(Kind::Sql, format!("there is no format {name}")).at(place))?,
        None if is_standard(path) => screen,
        None => format_of(path).map_err(|error| error.at(place))?,
    };
    let ast = match &copy.source {
        CopyToSource::Query(query) => Ast::Statement(Box::new(Sql::Query(query.clone()))),
        CopyToSource::Relation(table) => {
            let mut query = parse("COPY", &format!("SELECT * FROM {table}"))?;
            query
                .pop()
                .map(|statement| statement.ast)
                .ok_or_else(|| Error::new(Kind::Internal, "COPY of nothing"))?
        }
    };
    Ok((Statement { ast, ..statement.clone() }, format))
}

/// The format that a file's suffix asks for.
///
/// # Errors
/// [`Kind::Usage`] when it asks for none that we know.
pub fn format_of(path: &Path) -> Result<Format> {
    Format::from_path(path).ok_or_else(|| {
        Error::new(Kind::Usage, format!("{}: its suffix names no format", path.display()))
            .with_hint(format!("use {}, or say --format", Format::suffixes(" or ")))
    })
}
