//! How a client comes in: encryption, what it wants to begin with, and who it is.
//!
//! Nothing of it is asked before SCRAM has ended well. A message that is wrong ends the connection: pgwire's own loop would go
//! on with it as if it were ready.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use pgwire::api::auth::sasl::SASLAuthStartupHandler;
use pgwire::api::auth::sasl::scram::ScramAuth;
use pgwire::api::auth::{DefaultServerParameterProvider, StartupHandler};
use pgwire::api::{ClientInfo, DefaultClient, PgWireConnectionState};
use pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use pgwire::messages::startup::Startup;
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use pgwire::tokio::server::{MaybeTls, PgWireMessageServerCodec, negotiate_tls};
use tokio_util::codec::Framed;

use super::conversation::{Client, Conversation};
use super::errors::{fatal, of_engine, protocol};
use super::set::{check_share, own};
use super::settings::{Settings, VERSION, options};
use super::{Backend, Ender, SQL, Server, Socket};
use crate::panics::quietly;
use datafusion_lightsail::options::LightsailOptions;

/// How long a client has to say who it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a connection begins with.
#[derive(Clone)]
pub(super) struct Beginning {
    pub(super) user: String,
    pub(super) settings: Settings,
    pub(super) options: LightsailOptions,
}

/// Lets a client in, and answers it until it goes.
pub(super) async fn meet(socket: Socket, server: Arc<Server>) {
    let (mut guest, open) = Guest::new(&server);
    let is_full = open > u64::try_from(server.limits.connections).unwrap_or(u64::MAX);
    // Who goes away in the middle is nobody's fault.
    let _ = talk(socket, Arc::clone(&server), &mut guest, is_full).await;
}

/// A client that has come; it has gone when this is dropped, also where a panic ends it.
struct Guest<'a> {
    server: &'a Server,
    /// What others find it by once it is in.
    key: Option<(i32, Bytes)>,
}

impl<'a> Guest<'a> {
    /// The client, and how many there are with it.
    fn new(server: &'a Server) -> (Self, u64) {
        let open = server.counts.connections.fetch_add(1, Ordering::Relaxed) + 1;
        server.counts.connected.fetch_add(1, Ordering::Relaxed);
        (Self { server, key: None }, open)
    }

    /// Lets others find it.
    fn enter(&mut self, key: (i32, Bytes), backend: &Arc<Backend>) {
        self.server.backends().insert(key.clone(), Arc::clone(backend));
        self.key = Some(key);
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            self.server.backends().remove(key);
        }
        self.server.counts.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn talk(socket: Socket, server: Arc<Server>, guest: &mut Guest<'_>, is_full: bool) -> io::Result<()> {
    let coming = async {
        let mut client = match socket {
            Socket::Tcp(stream) => {
                keep_alive(&stream)?;
                match negotiate_tls(stream, server.tls.clone()).await? {
                    Some(client) => client,
                    None => return Ok(None),
                }
            }
            #[cfg(unix)]
            Socket::Unix(stream) => {
                let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
                let codec = PgWireMessageServerCodec::new(DefaultClient::new(loopback, false));
                let mut client = Framed::new(MaybeTls::Unix(stream), codec);
                client.set_state(PgWireConnectionState::AwaitingStartup);
                client
            }
        };
        let beginning = identify(&mut client, &server, is_full).await?;
        Ok::<_, io::Error>(beginning.map(|beginning| (client, beginning)))
    };
    let Ok(come) = tokio::time::timeout(PATIENCE, coming).await else { return Ok(()) };
    let Some((client, beginning)) = come? else { return Ok(()) };
    let (pid, key) = client.pid_and_secret_key();
    let backend = Arc::new(Backend::new(&beginning.user));
    guest.enter((pid, key.to_bytes()), &backend);
    match Conversation::new(client, Arc::clone(&server), beginning, backend) {
        Ok(conversation) => conversation.run().await,
        Err(refused) => {
            let (mut client, error) = *refused;
            end(&mut client, of_engine(&error, SQL)).await
        }
    }
}

/// A machine that has vanished says nothing; whatever it asked for ends then.
fn keep_alive(stream: &tokio::net::TcpStream) -> io::Result<()> {
    let keep = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(30))
        .with_interval(Duration::from_secs(10));
    socket2::SockRef::from(stream).set_tcp_keepalive(&keep)
}

/// The next message of a client; `None` if it has gone. pgwire panics at one that is shorter than it should be.
pub(super) async fn message(client: &mut Client) -> Option<PgWireResult<PgWireFrontendMessage>> {
    let read = |context: &mut Context<'_>| match quietly(|| client.poll_next_unpin(context)) {
        Ok(read) => read,
        Err(_) => Poll::Ready(Some(Err(protocol("a message has less in it than it should")))),
    };
    poll_fn(read).await
}

/// Who a client is and what it begins with; `None` if it may not come in, or only wanted to end a statement.
async fn identify(client: &mut Client, server: &Server, is_full: bool) -> io::Result<Option<Beginning>> {
    let mut told = DefaultServerParameterProvider::default();
    VERSION.clone_into(&mut told.server_version);
    (told.is_superuser, told.default_transaction_read_only) = (false, true);
    "UTC".clone_into(&mut told.time_zone);
    "ISO, MDY".clone_into(&mut told.date_style);
    let scram = ScramAuth::new(Arc::clone(&server.users) as _);
    let sasl = SASLAuthStartupHandler::new(Arc::new(told))
        .with_scram(scram)
        .with_pid_secret_key_generator(Arc::clone(&server.keys) as _);
    let mut beginning = None;
    while let Some(message) = message(client).await {
        let message = match message {
            Ok(PgWireFrontendMessage::CancelRequest(request)) => {
                let key = (request.pid, request.secret_key.to_bytes());
                let backend = server.backends().get(&key).map(Arc::clone);
                if let Some(backend) = backend {
                    backend.interrupt(Ender::Client);
                }
                return client.close().await.map(|()| None);
            }
            Ok(message) => message,
            Err(error) => return refuse(client, error).await,
        };
        match &message {
            PgWireFrontendMessage::Startup(startup) if beginning.is_none() => {
                if is_full {
                    let most = server.limits.connections;
                    let error =
                        fatal("53300", format!("there are {most} clients already (--max-connections)"));
                    return refuse(client, error).await;
                }
                if server.tls.is_some() && !server.is_local && !client.is_secure() {
                    let error = fatal("28000", "this server wants TLS: sslmode=require");
                    return refuse(client, error).await;
                }
                match begin(startup, server) {
                    Ok(found) => beginning = Some(found),
                    Err(error) => return refuse(client, error).await,
                }
            }
            PgWireFrontendMessage::PasswordMessageFamily(_) if beginning.is_some() => {}
            _ => return refuse(client, protocol("who are you?")).await,
        }
        if let Err(error) = sasl.on_startup(client, message).await {
            // What checks the password knows no name.
            let error = match (error, &beginning) {
                (PgWireError::InvalidPassword(_), Some(found)) => {
                    PgWireError::InvalidPassword(found.user.clone())
                }
                (error, _) => error,
            };
            return refuse(client, error).await;
        }
        if matches!(client.state(), PgWireConnectionState::ReadyForQuery) {
            return Ok(beginning);
        }
    }
    Ok(None)
}

/// Tells a client why it may not come in. Whether there is no such user or the password is another sounds the same.
async fn refuse(client: &mut Client, error: PgWireError) -> io::Result<Option<Beginning>> {
    let error = match error {
        PgWireError::InvalidPassword(user) => {
            fatal("28P01", format!("password authentication failed for user \"{user}\""))
        }
        error => error,
    };
    end(client, error).await.map(|()| None)
}

/// Says an error and ends the connection.
pub(super) async fn end(client: &mut Client, error: PgWireError) -> io::Result<()> {
    let mut info = ErrorInfo::from(error);
    "FATAL".clone_into(&mut info.severity);
    client.send(PgWireBackendMessage::ErrorResponse(info.into())).await?;
    client.close().await
}

/// The settings and options that a client wants to begin with.
fn begin(startup: &Startup, server: &Server) -> Result<Beginning, PgWireError> {
    let mut beginning = Beginning {
        user: startup.parameters.get("user").cloned().unwrap_or_default(),
        settings: Settings::new(server.limits.timeout),
        options: server.options.clone(),
    };
    for (name, value) in &startup.parameters {
        match name.as_str() {
            // Those of protocol extensions begin so.
            "user" | "database" => {}
            name if name.starts_with("_pq_.") => {}
            "replication" if matches!(value.as_str(), "false" | "off" | "no" | "0") => {}
            "replication" => return Err(fatal("0A000", "there is no replication here")),
            "options" => {
                for (name, value) in options(value)? {
                    beginning.apply(&name, &value)?;
                }
                check_share(&beginning.options, server)?;
            }
            name => beginning.settings.begin_with(name, value)?,
        }
    }
    Ok(beginning)
}

impl Beginning {
    fn apply(&mut self, name: &str, value: &str) -> Result<(), PgWireError> {
        let Some(setting) = own(name) else { return self.settings.set(name, Some(value)) };
        check_profiles(name, value)?;
        setting.set(&mut self.options, value).map_err(|what| fatal("22023", format!("{name}: {what}")))
    }
}

/// The words of a file would stand in the error that there are no such profiles.
fn check_profiles(name: &str, value: &str) -> Result<(), PgWireError> {
    if name == "lightsail.profiles" && value.contains('@') {
        return Err(fatal("0A000", "lightsail.profiles reads no file here"));
    }
    Ok(())
}
