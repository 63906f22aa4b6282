//! The rows of an answer, sent as they come, and what is to be said behind them.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::future::FutureExt as _;
use futures::{SinkExt, StreamExt, stream};
use pgwire::api::results::{DataRowEncoder, FieldFormat, FieldInfo};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::copy::{CopyData, CopyDone, CopyOutResponse};
use pgwire::messages::data::RowDescription;
use pgwire::messages::extendedquery::PortalSuspended;
use pgwire::tokio::server::MaybeTls;
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::catalog::names::{called, with_schema};
use super::conversation::{Asked, Client, Conversation, no_cursor};
use super::copy::{CopyOut, Look, Row};
use super::errors::{notice, of_engine, state, state_with_hint};
use super::extended::Portal;
use super::request::Request;
use super::set::shown_schema;
use super::wire::{columns, encode, shaped};
use crate::apart::on_its_thread;
use datafusion_lightsail::error::Error;
use datafusion_lightsail::scan::{Record, RowOrder};
use datafusion_lightsail::script::{Parameters, Place, located};
use datafusion_lightsail::session::Answer;

/// How often a client is looked after that waits for rows.
const LOOK: Duration = Duration::from_millis(200);

/// An answer that is being sent.
pub(super) struct Running {
    pub(super) schema: SchemaRef,
    stream: SendableRecordBatchStream,
    /// Where the statement stands.
    place: Option<Place>,
    /// How its rows come to be; none of what the fleet is not asked for.
    record: Option<Arc<Record>>,
    /// Rows that are here already, and the number of the next one.
    batch: Option<(RecordBatch, usize)>,
    /// Rows and bytes that were sent.
    rows: u64,
    bytes: u64,
    tag: &'static str,
}

/// How far the rows have come.
pub(super) struct Sent {
    pub(super) rows: usize,
    pub(super) is_all: bool,
}

/// The end of an answer.
struct End {
    record: Option<Arc<Record>>,
    /// Rows that were sent.
    rows: u64,
    tag: &'static str,
}

enum Writer {
    Rows(DataRowEncoder),
    Copy(Row),
    /// Rows that are passed over.
    Nobody,
}

impl Running {
    fn new(schema: SchemaRef, stream: SendableRecordBatchStream, tag: &'static str) -> Self {
        Self { schema, stream, place: None, record: None, batch: None, rows: 0, bytes: 0, tag }
    }

    /// An answer that is there already.
    fn of(batch: RecordBatch, tag: &'static str) -> Self {
        let schema = batch.schema();
        let stream = RecordBatchStreamAdapter::new(Arc::clone(&schema), stream::iter([Ok(batch)]));
        Self::new(schema, Box::pin(stream), tag)
    }

    /// What is to be said behind its rows.
    fn end(&self) -> End {
        End { record: self.record.clone(), rows: self.rows, tag: self.tag }
    }

    /// The error of its stream, at its place in `text`.
    fn error(&self, error: DataFusionError, text: &str) -> PgWireError {
        let error = match &self.place {
            Some(place) => located(error, place),
            None => Error::from(error),
        };
        of_engine(&error, text)
    }
}

impl Conversation {
    /// Plans a statement and starts it.
    pub(super) async fn start(
        &mut self,
        request: &Request,
        parameters: &Parameters,
    ) -> PgWireResult<Running> {
        let text = Arc::clone(&self.text);
        match request {
            Request::Rows(statement) => {
                if let Some(name) = statement.parameters.first().filter(|_| parameters.is_empty()) {
                    return Err(state("42P02", format!("there is no parameter ${name}")));
                }
                let record = self.session.begin();
                let (ast, place) = (statement.ast.clone(), statement.place.clone());
                let wrong = |error| of_engine(&located(error, &place), &text);
                let (session, asked, values) =
                    (self.session.clone(), Arc::clone(&record), parameters.clone());
                let ask = async move { session.ask_with(asked, ast, &values, RowOrder::Arrival).await };
                let answer = on_its_thread(ask).await.map_err(|bug| of_engine(&Error::bug(bug), &text))?;
                let Answer { schema, stream, .. } = answer.map_err(wrong)?;
                let schema = called(&statement.ast, &schema);
                let stream = with_schema(stream, Arc::clone(&schema));
                let tag = match &statement.ast {
                    datafusion::sql::parser::Statement::Explain(_) => "EXPLAIN",
                    _ => "SELECT",
                };
                let (place, record) = (Some(place), Some(record));
                Ok(Running { place, record, ..Running::new(schema, stream, tag) })
            }
            Request::Catalog { sql, place } => {
                let stream = self.catalog().await?.ask(sql, place, parameters).await;
                let stream = stream.map_err(|error| of_engine(&error, &text))?;
                Ok(Running { place: Some(place.clone()), ..Running::new(stream.schema(), stream, "SELECT") })
            }
            Request::Show(name) => {
                let column = Arc::new(arrow::array::StringArray::from(vec![self.shown(name)?]));
                let batch = RecordBatch::try_new(shown_schema(name), vec![column]);
                Ok(Running::of(batch.map_err(|error| of_engine(&Error::from(error), &text))?, "SHOW"))
            }
            Request::ShowAll => Ok(Running::of(self.all_shown()?, "SHOW")),
            _ => Err(state("0A000", "this has no rows")),
        }
    }

    /// A statement that has rows: its columns where they are wanted, its rows, its notes.
    pub(super) async fn query(&mut self, request: &Request, asked: Asked<'_>) -> PgWireResult<()> {
        let mut running = self.start(request, asked.parameters()).await?;
        let columns = self.columns(&running.schema, asked).await?;
        let sent = self.send(&mut running, &columns, None).await?;
        self.end(&running.end(), sent.rows).await
    }

    /// The columns of an answer, told to a client that has not asked for them before.
    async fn columns(&mut self, schema: &Schema, asked: Asked<'_>) -> PgWireResult<Arc<Vec<FieldInfo>>> {
        match asked {
            Asked::Prepared { formats, .. } => columns(schema, |at| formats.of(at)),
            Asked::Simple => {
                let columns = columns(schema, |_| FieldFormat::Text)?;
                let described = RowDescription::new(columns.iter().map(Into::into).collect());
                self.client.feed(PgWireBackendMessage::RowDescription(described)).await?;
                Ok(columns)
            }
        }
    }

    /// Sends rows, at most so many of them.
    pub(super) async fn send(
        &mut self,
        running: &mut Running,
        columns: &Arc<Vec<FieldInfo>>,
        most: Option<usize>,
    ) -> PgWireResult<Sent> {
        let writer = Writer::Rows(DataRowEncoder::new(Arc::clone(columns)));
        self.pass(running, columns, writer, most).await
    }

    async fn pass(
        &mut self,
        running: &mut Running,
        columns: &[FieldInfo],
        mut writer: Writer,
        most: Option<usize>,
    ) -> PgWireResult<Sent> {
        let (limits, text) = (self.server.limits, Arc::clone(&self.text));
        let mut rows = 0;
        while most.is_none_or(|most| rows < most) {
            let Some((batch, at)) = running.batch.take().filter(|(batch, at)| *at < batch.num_rows()) else {
                match self.next(running).await? {
                    None => return Ok(Sent { rows, is_all: true }),
                    Some(Err(error)) => return Err(running.error(error, &text)),
                    Some(Ok(batch)) => {
                        let batch = shaped(&batch).map_err(|error| running.error(error.into(), &text))?;
                        running.batch = Some((batch, 0));
                    }
                }
                continue;
            };
            let message = match &mut writer {
                Writer::Rows(encoder) => {
                    let row = encode(encoder, &batch, at, columns)?;
                    running.bytes += size(row.data.len());
                    Some(PgWireBackendMessage::DataRow(row))
                }
                Writer::Copy(encoder) => {
                    let row = encode(encoder, &batch, at, columns)?;
                    running.bytes += size(row.len());
                    Some(PgWireBackendMessage::CopyData(CopyData::new(row)))
                }
                Writer::Nobody => None,
            };
            running.batch = Some((batch, at + 1));
            running.rows += 1;
            rows += 1;
            let too_long = |what: String| Err(state_with_hint("54000", what, "LIMIT, or fewer columns"));
            if running.rows > limits.rows {
                return too_long(format!("the result has more than {} rows (--max-rows)", limits.rows));
            }
            if running.bytes > limits.bytes {
                return too_long(format!("the result has more than {} bytes (--max-bytes)", limits.bytes));
            }
            if let Some(message) = message {
                self.client.feed(message).await?;
            }
        }
        Ok(Sent { rows, is_all: false })
    }

    /// The next rows; while there are none, what was written goes out, and somebody looks whether the client is still there.
    async fn next(
        &mut self,
        running: &mut Running,
    ) -> PgWireResult<Option<Result<RecordBatch, DataFusionError>>> {
        if let Some(next) = running.stream.next().now_or_never() {
            // Rows that are always there must not keep others from their turn.
            tokio::task::yield_now().await;
            return Ok(next);
        }
        self.client.flush().await?;
        let gone = pin!(gone(&self.client));
        tokio::select! {
            next = running.stream.next() => Ok(next),
            () = gone => Err(PgWireError::IoError(std::io::ErrorKind::ConnectionAborted.into())),
        }
    }

    /// What is to be said behind the rows.
    async fn end(&mut self, end: &End, rows: usize) -> PgWireResult<()> {
        self.tell(end).await?;
        match end.tag {
            tag @ ("SHOW" | "EXPLAIN") => self.done(tag).await,
            tag => self.done(&format!("{tag} {rows}")).await,
        }
    }

    /// The notes of an answer, and what it has cost.
    async fn tell(&mut self, end: &End) -> PgWireResult<()> {
        let Some(record) = &end.record else { return Ok(()) };
        let mut told = record.notes();
        if end.tag == "EXPLAIN" {
            told = told.and(record.foreseen());
        }
        let completeness = record.completeness();
        self.server.counts.read(record, end.rows);
        if !completeness.missing.is_empty() {
            let (missing, targets) = (completeness.missing.len(), completeness.targets);
            self.warn(&format!("PARTIAL: {missing} of {targets} targets are missing or cut short")).await?;
            for error in &completeness.missing {
                self.warn(&format!("missing: {}", error.message())).await?;
            }
        }
        let own = told.gaps();
        let warnings: Vec<String> = told.warnings().collect();
        for text in warnings {
            self.warn(text.strip_prefix("warning: ").unwrap_or(&text)).await?;
        }
        for gap in completeness.gaps.iter().filter(|gap| !own.contains(gap)) {
            self.warn(gap).await?;
        }
        for line in told.lines() {
            self.note(line.strip_prefix("note: ").unwrap_or(&line)).await?;
        }
        // What is said of every answer nobody reads.
        if let Some(oldest) = told.oldest.filter(|oldest| oldest.age() >= Duration::from_secs(1)) {
            self.note(&format!("from pages up to {} s old", oldest.age().as_secs())).await?;
        }
        Ok(())
    }

    pub(super) async fn warn(&mut self, text: &str) -> PgWireResult<()> {
        let notice = notice("WARNING", "01000", text);
        Ok(self.client.feed(PgWireBackendMessage::NoticeResponse(notice.into())).await?)
    }

    async fn note(&mut self, text: &str) -> PgWireResult<()> {
        let notice = notice("NOTICE", "00000", text);
        Ok(self.client.feed(PgWireBackendMessage::NoticeResponse(notice.into())).await?)
    }

    /// The next rows of a cursor.
    pub(super) async fn fetch(
        &mut self,
        name: &str,
        rows: Option<usize>,
        is_move: bool,
        asked: Asked<'_>,
    ) -> PgWireResult<()> {
        // If this fails the cursor is gone, as after any error.
        let mut portal = self.portals.remove(name).ok_or_else(|| no_cursor(name))?;
        let Some(running) = &mut portal.running else { return Err(no_cursor(name)) };
        let columns = match is_move {
            true => Arc::default(),
            false => self.columns(&Arc::clone(&running.schema), asked).await?,
        };
        let sent = if portal.is_done {
            Sent { rows: 0, is_all: true }
        } else if is_move {
            self.pass(running, &columns, Writer::Nobody, rows).await?
        } else {
            self.send(running, &columns, rows).await?
        };
        if sent.is_all && !portal.is_done {
            portal.is_done = true;
            let end = running.end();
            self.tell(&end).await?;
        }
        self.portals.insert(name.to_owned(), portal);
        self.done(&format!("{} {}", if is_move { "MOVE" } else { "FETCH" }, sent.rows)).await
    }

    /// The next rows of a prepared statement, at most so many.
    pub(super) async fn resume(&mut self, mut portal: Portal, most: Option<usize>) -> PgWireResult<Portal> {
        let Some(running) = &mut portal.running else { return Ok(portal) };
        let columns = columns(&running.schema, |at| portal.formats.of(at))?;
        let sent = match portal.is_done {
            true => Sent { rows: 0, is_all: true },
            false => self.send(running, &columns, most).await?,
        };
        match (sent.is_all, portal.is_done) {
            (false, _) => {
                self.client.feed(PgWireBackendMessage::PortalSuspended(PortalSuspended::new())).await?
            }
            (true, false) => {
                let end = running.end();
                self.end(&end, sent.rows).await?;
            }
            (true, true) => self.done(&format!("{} 0", running.tag)).await?,
        }
        portal.is_done |= sent.is_all;
        Ok(portal)
    }

    /// Rows as a file.
    pub(super) async fn copy(
        &mut self,
        query: &Request,
        out: &CopyOut,
        asked: Asked<'_>,
    ) -> PgWireResult<()> {
        let mut running = self.start(query, asked.parameters()).await?;
        let (format, code) = match out.look {
            Look::Binary => (FieldFormat::Binary, 1),
            Look::Text | Look::Csv => (FieldFormat::Text, 0),
        };
        let columns = columns(&running.schema, |_| format)?;
        let count = i16::try_from(columns.len()).map_err(|_| state("54011", "there are too many columns"))?;
        let begin = CopyOutResponse::new(code, count, vec![i16::from(code); columns.len()]);
        self.client.feed(PgWireBackendMessage::CopyOutResponse(begin)).await?;
        if let Some(header) = out.header(&columns) {
            self.client.feed(PgWireBackendMessage::CopyData(CopyData::new(header))).await?;
        }
        let sent = self.pass(&mut running, &columns, Writer::Copy(Row::new(out.clone())), None).await?;
        if let Some(tail) = out.tail(sent.rows == 0) {
            self.client.feed(PgWireBackendMessage::CopyData(CopyData::new(tail))).await?;
        }
        self.client.feed(PgWireBackendMessage::CopyDone(CopyDone::new())).await?;
        self.tell(&running.end()).await?;
        self.done(&format!("COPY {}", sent.rows)).await
    }
}

fn size(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Resolves when the other side has closed the connection.
async fn gone(client: &Client) {
    loop {
        let interest = Interest::READABLE;
        let state = match client.get_ref() {
            MaybeTls::Plain(stream) => stream.ready(interest).await,
            MaybeTls::Tls(stream) => {
                let (stream, _): (&TcpStream, _) = stream.get_ref();
                stream.ready(interest).await
            }
            #[cfg(unix)]
            MaybeTls::Unix(stream) => stream.ready(interest).await,
            _ => return std::future::pending().await,
        };
        match state {
            Ok(state) if state.is_read_closed() || state.is_error() => return,
            // It has sent the next message already.
            Ok(_) => tokio::time::sleep(LOOK).await,
            Err(_) => return,
        }
    }
}
