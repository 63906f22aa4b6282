//! A client that is in: its messages one after the other, each answered before the next is read.

use datafusion::execution::runtime_env::RuntimeEnv;
use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Mutex};

use futures::{FutureExt, SinkExt};
use pgwire::api::ClientInfo;
use pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use pgwire::messages::response::{CommandComplete, EmptyQueryResponse, ReadyForQuery, TransactionStatus};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use pgwire::tokio::server::{MaybeTls, PgWireMessageServerCodec};
use tokio::time::Instant;
use tokio_util::codec::Framed;

use super::catalog::Catalog;
use super::errors::{CANCELED, code, fatal, of_engine, protocol, state, state_with_hint};
use super::extended::{Formats, Portal, Prepared};
use super::request::Request;
use super::settings::Settings;
use super::startup::{Beginning, end, message};
use super::transactions::Block;
use super::{Backend, Ender, SQL, Server, catalog};
use datafusion_lightsail::error::Error;
use datafusion_lightsail::script::{Parameters, split};
use datafusion_lightsail::session::Session;

/// The other side of a conversation.
pub(super) type Client = Framed<MaybeTls, PgWireMessageServerCodec<()>>;

/// A client, and what it has said so far.
pub(super) struct Conversation {
    pub(super) client: Client,
    pub(super) server: Arc<Server>,
    pub(super) session: Session,
    pub(super) begun_with: Beginning,
    /// The part of all memory that all of its sessions have together: a limit that is set later counts what is held.
    pub(super) memory: Arc<RuntimeEnv>,
    /// Shared with the functions that say what they are.
    pub(super) settings: Arc<Mutex<Settings>>,
    pub(super) statements: HashMap<String, Arc<Prepared>>,
    /// Cursors among them: FETCH and Execute read the same.
    pub(super) portals: HashMap<String, Portal>,
    pub(super) status: TransactionStatus,
    pub(super) block: Block,
    backend: Arc<Backend>,
    catalog: Option<Catalog>,
    /// The text of what is asked, which places of errors count in.
    pub(super) text: Arc<str>,
    /// Whether messages are passed over until the client asks where it is.
    is_lost: bool,
}

impl Conversation {
    /// # Errors
    /// When there is no session for it; the client is given back.
    pub(super) fn new(
        client: Client,
        server: Arc<Server>,
        begun_with: Beginning,
        backend: Arc<Backend>,
    ) -> std::result::Result<Self, Box<(Client, Error)>> {
        let memory = server.share();
        let session =
            memory.and_then(|memory| Ok((server.session(begun_with.options.clone(), &memory)?, memory)));
        let (session, memory) = match session {
            Ok(found) => found,
            Err(error) => return Err(Box::new((client, error))),
        };
        let settings = Arc::new(Mutex::new(begun_with.settings.clone()));
        Ok(Self {
            client,
            server,
            session,
            begun_with,
            memory,
            settings,
            statements: HashMap::new(),
            portals: HashMap::new(),
            status: TransactionStatus::Idle,
            block: Block::default(),
            backend,
            catalog: None,
            text: Arc::from(""),
            is_lost: false,
        })
    }

    /// Answers until the client goes, is silent for too long, or the server ends.
    pub(super) async fn run(mut self) -> io::Result<()> {
        let idle = self.server.limits.idle;
        loop {
            let message = tokio::select! {
                message = message(&mut self.client) => message,
                () = tokio::time::sleep(idle) => {
                    let error = format!("nothing was asked for {} s (--idle-timeout)", idle.as_secs());
                    return end(&mut self.client, fatal("57P05", error)).await;
                }
                () = self.server.ending() => {
                    let error = fatal("57P01", "the server is ending");
                    return end(&mut self.client, error).await;
                }
            };
            match message {
                None => return Ok(()),
                Some(Err(error)) => return end(&mut self.client, error).await,
                Some(Ok(message)) => {
                    let Ok(answered) = AssertUnwindSafe(self.answer(message)).catch_unwind().await else {
                        // It is told of already; others go on.
                        let error = fatal("XX000", "the server has made a mistake, and ends this connection");
                        return end(&mut self.client, error).await;
                    };
                    if answered?.is_break() {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn answer(&mut self, message: PgWireFrontendMessage) -> io::Result<ControlFlow<()>> {
        use PgWireFrontendMessage as Message;
        let answered = match message {
            Message::Terminate(_) => return Ok(ControlFlow::Break(())),
            Message::Sync(_) => {
                self.is_lost = false;
                if self.status == TransactionStatus::Idle {
                    self.portals.retain(|_, portal| portal.is_held);
                }
                return self.ready().await.map(|()| ControlFlow::Continue(()));
            }
            _ if self.is_lost => return Ok(ControlFlow::Continue(())),
            Message::Query(query) => {
                let answered = self.simple(&query.query).await;
                if let Err(error) = answered {
                    self.fail(error).await?;
                }
                return self.ready().await.map(|()| ControlFlow::Continue(()));
            }
            Message::Parse(parse) => self.parse(parse).await,
            Message::Bind(bind) => self.bind(bind).await,
            Message::Describe(describe) => self.describe(&describe).await,
            Message::Execute(execute) => self.execute(&execute).await,
            Message::Close(close) => self.close(&close).await,
            Message::Flush(_) => self.client.flush().await.map_err(PgWireError::from),
            // The rest of what a client sends that has been told that its COPY has failed.
            Message::CopyData(_) | Message::CopyDone(_) | Message::CopyFail(_) => Ok(()),
            _ => {
                let error = protocol("this is no message of a client that is in");
                return end(&mut self.client, error).await.map(|()| ControlFlow::Break(()));
            }
        };
        if let Err(error) = answered {
            self.fail(error).await?;
            self.is_lost = true;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Tells an error; a broken connection is one of its own.
    async fn fail(&mut self, error: PgWireError) -> io::Result<()> {
        if let PgWireError::IoError(error) = error {
            return Err(error);
        }
        self.server.counts.failed(&code(&error));
        if self.status != TransactionStatus::Idle {
            self.status = TransactionStatus::Error;
        }
        self.portals.retain(|_, portal| portal.is_held);
        self.client.send(PgWireBackendMessage::ErrorResponse(ErrorInfo::from(error).into())).await
    }

    async fn ready(&mut self) -> io::Result<()> {
        let status = self.status;
        self.client.set_transaction_status(status);
        self.client.send(PgWireBackendMessage::ReadyForQuery(ReadyForQuery::new(status))).await
    }

    /// The statements of one text, one after the other. One that is no SQL keeps all of them from being run.
    async fn simple(&mut self, text: &str) -> PgWireResult<()> {
        self.text = read(text)?;
        self.portals.remove("");
        let mut requests = Vec::new();
        let split = split(SQL, text, |statement| {
            requests.push(Request::of(statement)?);
            Ok(())
        });
        split.map_err(|error| of_engine(&error, text))?;
        if requests.is_empty() {
            return Ok(self
                .client
                .feed(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new()))
                .await?);
        }
        for request in requests {
            self.in_time(&request, Work::Once(Asked::Simple)).await?;
        }
        Ok(())
    }

    /// Does what is wanted unless it is cancelled, takes too long, or the transaction that it is in has failed.
    pub(super) async fn in_time(&mut self, request: &Request, work: Work<'_>) -> PgWireResult<()> {
        if self.status == TransactionStatus::Error && !request.ends_failed_transaction() {
            let what = "current transaction is aborted, commands ignored until end of transaction block";
            return Err(state("25P02", what));
        }
        let counts = &self.server.counts;
        counts.statements.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let timeout = self.settings().statement_timeout();
        let mut interrupted = self.backend.begin();
        let (server, backend) = (Arc::clone(&self.server), Arc::clone(&self.backend));
        let done = async {
            // Others wait here, as long as a statement may take.
            let _permit = match request.is_work() {
                true => Some(
                    server.statements.acquire().await.map_err(|_| state("57P03", "the server is ending"))?,
                ),
                false => None,
            };
            let _running = server.counts.running();
            match work {
                Work::Once(asked) => Box::pin(self.do_it(request, asked)).await,
                Work::Portal { name, portal, most } => {
                    Box::pin(self.go_on(request, name, *portal, most)).await
                }
            }
        };
        let done = tokio::select! {
            done = done => done,
            Ok(by) = &mut interrupted => Err(match by {
                Ender::Client => state(CANCELED, "canceling statement due to user request"),
                Ender::Server => fatal("57P01", "the server is ending"),
            }),
            () = tokio::time::sleep(timeout) => Err(state_with_hint(
                CANCELED,
                format!("canceling statement due to statement timeout: it takes longer than {} s", timeout.as_secs_f64()),
                "SET statement_timeout raises it, up to what the server lets (--timeout)",
            )),
        };
        backend.end();
        server.counts.took(begun.elapsed());
        done
    }

    async fn do_it(&mut self, request: &Request, asked: Asked<'_>) -> PgWireResult<()> {
        match request {
            Request::Rows(_) | Request::Catalog { .. } | Request::Show(_) | Request::ShowAll => {
                self.query(request, asked).await
            }
            Request::Set { name, value, is_local } => {
                self.change(name, value.as_deref(), *is_local).await?;
                self.done("SET").await
            }
            Request::Reset(name) => {
                self.change(name, None, false).await?;
                self.done("RESET").await
            }
            Request::ResetAll => {
                if self.status != TransactionStatus::Idle {
                    // ROLLBACK could not take it back.
                    return Err(state("25001", "RESET ALL cannot run inside a transaction block"));
                }
                self.begin_again()?;
                self.done("RESET").await
            }
            Request::DiscardAll => {
                if self.status != TransactionStatus::Idle {
                    return Err(state("25001", "DISCARD ALL cannot run inside a transaction block"));
                }
                self.begin_again()?;
                self.statements.clear();
                self.portals.clear();
                self.done("DISCARD ALL").await
            }
            Request::Transaction(step) => self.transaction(step).await,
            Request::Nothing(tag) => self.done(tag).await,
            Request::Deallocate(name) => {
                let Some(name) = name else {
                    self.statements.clear();
                    return self.done("DEALLOCATE ALL").await;
                };
                let known = self.statements.remove(name);
                known
                    .ok_or_else(|| state("26000", format!("prepared statement \"{name}\" does not exist")))?;
                self.done("DEALLOCATE").await
            }
            Request::Declare { name, query, is_held } => {
                if self.status == TransactionStatus::Idle && !is_held {
                    return Err(state_with_hint(
                        "25P01",
                        "DECLARE CURSOR can only be used in transaction blocks",
                        "BEGIN first, or declare it WITH HOLD",
                    ));
                }
                if self.portals.contains_key(name) {
                    return Err(state("42P03", format!("cursor \"{name}\" already exists")));
                }
                let running = self.start(query, asked.parameters()).await?;
                self.portals.insert(name.clone(), Portal::cursor(running, *is_held));
                self.done("DECLARE CURSOR").await
            }
            Request::Fetch { name, rows, is_move } => self.fetch(name, *rows, *is_move, asked).await,
            Request::Close(name) => {
                let Some(name) = name else {
                    self.portals.clear();
                    return self.done("CLOSE CURSOR ALL").await;
                };
                self.portals.remove(name).ok_or_else(|| no_cursor(name))?;
                self.done("CLOSE CURSOR").await
            }
            Request::Copy { query, out } => self.copy(query, out, asked).await,
        }
    }

    /// What answers questions about the system catalog, made when the first is asked.
    pub(super) async fn catalog(&mut self) -> PgWireResult<&Catalog> {
        if self.catalog.is_none() {
            let server = &self.server;
            let new = || catalog::Shared::new(&self.session, &server.backends, server.begun);
            let shared = server.catalog.get_or_try_init(new).await;
            let shared = shared.map_err(|error| of_engine(&Error::from(error), &self.text))?;
            let (user, (pid, _)) = (&self.begun_with.user, self.client.pid_and_secret_key());
            self.catalog = Some(Catalog::new(shared, user, pid, Arc::clone(&self.settings)));
        }
        self.catalog.as_ref().ok_or_else(|| state("XX000", "there is no system catalog"))
    }

    pub(super) async fn done(&mut self, tag: &str) -> PgWireResult<()> {
        let complete = CommandComplete::new(tag.to_owned());
        Ok(self.client.feed(PgWireBackendMessage::CommandComplete(complete)).await?)
    }
}

/// The text of a statement. pgwire has put the character U+FFFD where it was no UTF-8, which would be asked for.
pub(super) fn read(text: &str) -> PgWireResult<Arc<str>> {
    match text.contains(char::REPLACEMENT_CHARACTER) {
        true => Err(state_with_hint(
            "22021",
            "the statement has bytes that are no UTF-8, or the character U+FFFD that stands for such",
            "texts are sent in UTF-8, whatever the locale of the client is; chr(65533) is that character",
        )),
        false => Ok(Arc::from(text)),
    }
}

pub(super) fn no_cursor(name: &str) -> PgWireError {
    state("34000", format!("cursor \"{name}\" does not exist"))
}

/// How a statement is asked.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    /// As a text: its columns are told, and all its rows are wanted, as text.
    Simple,
    /// Prepared: its columns have been told.
    Prepared { parameters: &'a Parameters, formats: &'a Formats },
}

/// What is to be done in time.
pub(super) enum Work<'a> {
    /// A statement, from its beginning to its end.
    Once(Asked<'a>),
    /// The next rows of a portal, at most so many.
    Portal { name: String, portal: Box<Portal>, most: Option<usize> },
}

impl Asked<'_> {
    pub(super) fn parameters(&self) -> &Parameters {
        static NONE: LazyLock<Parameters> = LazyLock::new(Parameters::new);
        match self {
            Self::Simple => &NONE,
            Self::Prepared { parameters, .. } => parameters,
        }
    }
}

impl Request {
    /// Whether it asks for rows, which takes a place among those that do.
    fn is_work(&self) -> bool {
        matches!(
            self,
            Self::Rows(_)
                | Self::Catalog { .. }
                | Self::Declare { .. }
                | Self::Fetch { .. }
                | Self::Copy { .. }
        )
    }
}
