//! The server of the Postgres wire protocol: psql, dashboards and drivers ask the same engine and get the same promises.
//!
//! A client has a session of its own over pages, memory and limits that all share. What it hears beside the rows, notes and
//! what is missing of a partial answer, comes as notices. Everything that does more than read is refused, twice: by what
//! statements there are (`request.rs`), and by the plan (`Policy::Queries`).

mod bind;
mod casts;
mod catalog;
mod conversation;
mod copy;
mod errors;
mod extended;
mod formats;
mod metrics;
mod request;
mod route;
mod rows;
mod set;
mod settings;
mod startup;
mod tls;
mod transactions;
mod users;
mod wire;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use datafusion::execution::runtime_env::RuntimeEnv;
use pgwire::api::RandomPidSecretKeyGenerator;
use pgwire::tokio::TlsAcceptor;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OnceCell, Semaphore, oneshot, watch};
use tokio::task::JoinSet;

use crate::say::say;
use datafusion_lightsail::aws::Clients;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::scan::PageCache;
use datafusion_lightsail::session::{Archive, Policy, Session, SessionBuilder, part, runtime};
use metrics::Counts;

pub use tls::Tls;
pub use users::{Users, hashed};

/// What errors call the statement that a client sends.
const SQL: &str = "sql";

/// What clients call the database; any other name is as good.
const DATABASE: &str = "lightsail";

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// At an address of the network.
    Tcp(SocketAddr),
    /// At a socket in the file system.
    Unix(PathBuf),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

/// What clients may ask for at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Clients at the same time.
    pub connections: usize,
    /// Statements at the same time; others wait.
    pub statements: usize,
    /// Rows of a result.
    pub rows: u64,
    /// Bytes of a result, as they are sent.
    pub bytes: u64,
    /// What the statements of a client hold in memory; `None` is a quarter of what all may.
    pub memory: Option<usize>,
    /// How long a client may say nothing.
    pub idle: Duration,
    /// How long a statement may take.
    pub timeout: Duration,
    /// How long statements that run have when the server is asked to end.
    pub drain: Duration,
}

/// How a server is set up.
#[derive(Debug)]
pub struct Setup {
    /// Where it listens.
    pub listen: Address,
    /// Where it tells how it is.
    pub metrics: Option<SocketAddr>,
    /// Who may ask.
    pub users: Users,
    /// With what it proves who it is; none where nothing is encrypted.
    pub tls: Option<Tls>,
    /// What answers instead of the service.
    pub archive: Option<Archive>,
    /// What clients may ask for.
    pub limits: Limits,
}

/// What all connections share.
struct Server {
    clients: Arc<Clients>,
    cache: Arc<PageCache>,
    /// The memory of all clients; of it each has a share.
    runtime: Arc<RuntimeEnv>,
    /// What a client begins with.
    options: LightsailOptions,
    archive: Option<Archive>,
    limits: Limits,
    users: Arc<Users>,
    tls: Option<TlsAcceptor>,
    /// Whether clients are on this machine.
    is_local: bool,
    keys: Arc<RandomPidSecretKeyGenerator>,
    backends: Arc<Backends>,
    statements: Semaphore,
    counts: Counts,
    catalog: OnceCell<catalog::Shared>,
    ending: watch::Receiver<bool>,
    begun: SystemTime,
}

/// Who ends a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ender {
    /// Who has asked it.
    Client,
    /// The server, which ends itself.
    Server,
}

/// The connections that are in, by their number and the key with which others end their statements.
type Backends = Mutex<HashMap<(i32, Bytes), Arc<Backend>>>;

/// A connection, as others see it.
#[derive(Debug)]
struct Backend {
    user: String,
    since: SystemTime,
    /// Ends the statement that it runs, if it runs one.
    running: Mutex<Option<oneshot::Sender<Ender>>>,
}

impl Backend {
    fn new(user: &str) -> Self {
        Self { user: user.to_owned(), since: SystemTime::now(), running: Mutex::default() }
    }

    fn running(&self) -> MutexGuard<'_, Option<oneshot::Sender<Ender>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a statement. What comes before it does not end it.
    fn begin(&self) -> oneshot::Receiver<Ender> {
        let (sender, receiver) = oneshot::channel();
        *self.running() = Some(sender);
        receiver
    }

    fn end(&self) {
        *self.running() = None;
    }

    /// Ends the statement that runs; false if none does.
    fn interrupt(&self, by: Ender) -> bool {
        // It may end by itself meanwhile.
        self.running().take().is_some_and(|sender| sender.send(by).is_ok())
    }
}

fn locked(backends: &Backends) -> MutexGuard<'_, HashMap<(i32, Bytes), Arc<Backend>>> {
    backends.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the statement that a connection of a user runs; false if there is no such connection, or it runs none.
fn end_of(backends: &Backends, pid: i32, user: &str, by: Ender) -> bool {
    let of_user = |((number, _), backend): (&(i32, Bytes), &Arc<Backend>)| {
        (*number == pid && backend.user == user).then(|| Arc::clone(backend))
    };
    let backend = locked(backends).iter().find_map(of_user);
    backend.is_some_and(|backend| backend.interrupt(by))
}

impl Server {
    /// The memory of one client.
    fn share(&self) -> Result<Arc<RuntimeEnv>> {
        part(&self.runtime, self.options.memory_limit).map_err(Error::from)
    }

    fn session(&self, options: LightsailOptions, memory: &Arc<RuntimeEnv>) -> Result<Session> {
        let builder = SessionBuilder::new(Arc::clone(&self.clients))
            .with_cache(Arc::clone(&self.cache))
            .with_runtime(Arc::clone(memory))
            .with_options(options)
            .with_policy(Policy::Queries);
        let session = self.archive.clone().into_iter().fold(builder, SessionBuilder::with_archive).build()?;
        formats::register(session.context());
        Ok(session)
    }

    fn backends(&self) -> MutexGuard<'_, HashMap<(i32, Bytes), Arc<Backend>>> {
        locked(&self.backends)
    }

    /// Resolves when the server has been asked to end.
    async fn ending(&self) {
        let mut ending = self.ending.clone();
        // If nobody can ask any more, it goes on.
        if ending.wait_for(|ending| *ending).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Where connections come from.
enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener, #[expect(dead_code, reason = "it goes with the listener")] RemovedFile),
}

/// A client that has just come.
enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

/// A file that goes with its owner.
struct RemovedFile(PathBuf);

impl Drop for RemovedFile {
    fn drop(&mut self) {
        // Who has removed it already has done no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Listener {
    async fn at(address: &Address) -> Result<Self> {
        let refused = |error: std::io::Error| {
            Error::new(Kind::Usage, format!("cannot listen at {address}: {error}"))
                .with_hint("--listen 127.0.0.1:5433 is another port")
        };
        match address {
            Address::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp).map_err(refused),
            #[cfg(unix)]
            Address::Unix(path) => {
                use std::os::unix::fs::{FileTypeExt, PermissionsExt};
                let is_socket = std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
                // That of a server that was killed; one that lives answers.
                if is_socket && tokio::net::UnixStream::connect(path).await.is_err() {
                    std::fs::remove_file(path).map_err(refused)?;
                }
                let listener = tokio::net::UnixListener::bind(path).map_err(refused)?;
                let removed = RemovedFile(path.clone());
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(refused)?;
                Ok(Self::Unix(listener, removed))
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err(Error::new(Kind::Usage, "there are no such sockets on this system")),
        }
    }

    async fn accept(&self) -> std::io::Result<Socket> {
        match self {
            Self::Tcp(listener) => listener.accept().await.map(|(stream, _)| Socket::Tcp(stream)),
            #[cfg(unix)]
            Self::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Socket::Unix(stream)),
        }
    }

    fn address(&self, asked: &Address) -> Address {
        match self {
            Self::Tcp(listener) => listener.local_addr().map_or_else(|_| asked.clone(), Address::Tcp),
            #[cfg(unix)]
            Self::Unix(..) => asked.clone(),
        }
    }
}

/// Serves until `ending` turns true; statements that run then have a while to end. `ready` hears where it listens.
///
/// # Errors
/// When it cannot listen, or what it needs cannot be made.
pub async fn serve(
    clients: Arc<Clients>,
    options: LightsailOptions,
    setup: Setup,
    ending: watch::Receiver<bool>,
    ready: impl FnOnce(&Address, Option<SocketAddr>) -> Result<()>,
) -> Result<()> {
    let Setup { listen, metrics, users, tls, archive, limits } = setup;
    let runtime = runtime(options.memory_limit)?;
    let share = limits.memory.unwrap_or(options.memory_limit / 4).min(options.memory_limit);
    let options = options.with_memory_limit(share);
    let listener = Listener::at(&listen).await?;
    let server = Arc::new(Server {
        cache: Arc::new(PageCache::new(Arc::clone(&clients))),
        clients,
        runtime,
        options,
        archive,
        limits,
        users: Arc::new(users),
        tls: tls.map(Tls::acceptor),
        is_local: match &listen {
            Address::Tcp(address) => address.ip().is_loopback(),
            Address::Unix(_) => true,
        },
        keys: Arc::default(),
        backends: Arc::default(),
        statements: Semaphore::new(limits.statements),
        counts: Counts::default(),
        catalog: OnceCell::new(),
        ending,
        begun: SystemTime::now(),
    });
    let mut conversations = JoinSet::new();
    let told = match metrics {
        Some(address) => Some(metrics::listen(address, &server, &mut conversations).await?),
        None => None,
    };
    ready(&listener.address(&listen), told)?;
    loop {
        let socket = tokio::select! {
            socket = listener.accept() => socket,
            () = server.ending() => break,
            Some(_) = conversations.join_next() => continue,
        };
        match socket {
            Ok(socket) => {
                let server = Arc::clone(&server);
                conversations.spawn(startup::meet(socket, server));
            }
            // Without descriptors there is nothing to do but wait until some are free again.
            Err(error) => {
                say(format_args!("warning: cannot take a connection: {error}"));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let drained = async { while conversations.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.drain, drained).await.is_err() {
        for backend in server.backends().values() {
            backend.interrupt(Ender::Server);
        }
        let drained = async { while conversations.join_next().await.is_some() {} };
        // Who does not take the error is not waited for.
        let _ = tokio::time::timeout(Duration::from_secs(1), drained).await;
    }
    Ok(())
}
